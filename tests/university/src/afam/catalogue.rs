//! What the conservatory teaches and where, and the Ministry's rows about it. Constant, so that a pack's tables can be
//! committed.

use std::sync::OnceLock;

use crate::CONSERVATORY_CODE;
use crate::catalogue::{Access, MinistryRow};
use crate::classes::DegreeClass;

/// First and last cohort that the Ministry has rows for.
pub const COHORTS: std::ops::RangeInclusive<u16> = 2018..=2026;

/// Indices of the courses that are there to show something.
pub mod course {
    /// Taught in both towns: its parent code and year alone are ambiguous.
    pub const TWO_TOWNS: usize = 4;
    /// An experimental second-level course without degree class.
    pub const NO_CLASS: usize = 14;
    /// Admits nobody any more.
    pub const CLOSED: usize = 8;
    /// A preparatory course, unknown to the Ministry.
    pub const NOT_LISTED: usize = 15;
    /// A diploma of the system before the law of 1999, unknown to the Ministry.
    pub const OLD: usize = 16;
    /// First-level courses, three years each.
    pub const FIRST_LEVEL: std::ops::Range<usize> = 0..9;
    /// Second-level courses of two years, with a class.
    pub const SECOND_LEVEL: std::ops::Range<usize> = 9..14;
}

/// Programme types and their names, as `tipologia_corso.csv` has them.
pub const PROGRAMME_TYPES: &[(&str, &str)] =
    &[("A1", "Diploma Accademico di Primo Livello"), ("A2", "Diploma Accademico di Secondo Livello")];

/// The towns, by ISTAT code; the main one first.
pub const TOWNS: [(&str, &str); 2] = [("040012", "Forlì"), ("001272", "Torino")];

/// A course as the conservatory knows it.
#[derive(Clone, Debug)]
pub struct Course {
    /// The conservatory's code; the name of the degree class where it has one.
    pub code: &'static str,
    /// Its name.
    pub name: &'static str,
    /// `T` for three years, `B` for two, `P` for preparatory, `V` for the old system.
    pub level: &'static str,
    /// Normal duration in years.
    pub duration: u8,
    /// Degree class.
    pub class: Option<&'static DegreeClass>,
    /// DEGREE_COURSE_PARENT_CODE, 16 characters.
    pub parent_code: Option<String>,
    /// Positions in [`TOWNS`].
    pub towns: &'static [usize],
    /// Yearly fee in hundredths of a euro.
    pub fee: u32,
    /// Who may enrol.
    pub access: Option<Access>,
    /// Languages it is taught in (ISO 639-1), the main one first.
    pub languages: &'static [&'static str],
    /// Whether new cohorts are admitted.
    pub admits: bool,
}

/// Everything above.
#[derive(Debug)]
pub struct Catalogue {
    /// The courses.
    pub courses: Vec<Course>,
    /// The Ministry's rows.
    pub ministry: Vec<MinistryRow>,
}

const fn class(code: &'static str, class: &'static str, name: &'static str, a: &'static str) -> DegreeClass {
    DegreeClass { code, class, name, programme_type: a }
}

/// The classes in use, as the Ministry codes them (open data `codifiche-mur`, AFAM, June 2025).
pub const CLASSES: &[DegreeClass] = &[
    class("100101", "DCPL01", "Diploma Accademico di Primo Livello in ARPA", "A1"),
    class("100106", "DCPL06", "Diploma Accademico di Primo Livello in CANTO", "A1"),
    class("100115", "DCPL15", "Diploma Accademico di Primo Livello in COMPOSIZIONE", "A1"),
    class("100122", "DCPL22", "Diploma Accademico di Primo Livello in DIREZIONE D'ORCHESTRA", "A1"),
    class("100139", "DCPL39", "Diploma Accademico di Primo Livello in PIANOFORTE", "A1"),
    class("100138", "DCPL38", "Diploma Accademico di Primo Livello in ORGANO", "A1"),
    class("100154", "DCPL54", "Diploma Accademico di Primo Livello in VIOLINO", "A1"),
    class("100157", "DCPL57", "Diploma Accademico di Primo Livello in VIOLONCELLO", "A1"),
    class("100167", "DCPL67", "Diploma Accademico di Primo Livello in POPULAR MUSIC", "A1"),
    class("101002", "DCSL01", "Diploma Accademico di Secondo Livello in ARPA", "A2"),
    class("101007", "DCSL06", "Diploma Accademico di Secondo Livello in CANTO", "A2"),
    class("101039", "DCSL39", "Diploma Accademico di Secondo Livello in PIANOFORTE", "A2"),
    class("101054", "DCSL54", "Diploma Accademico di Secondo Livello in VIOLINO", "A2"),
    class("101057", "DCSL57", "Diploma Accademico di Secondo Livello in VIOLONCELLO", "A2"),
];

/// Code and name of each course; the first fourteen have the class of their position.
const NAMES: [(&str, &str); 17] = [
    ("DCPL01", "Arpa"),
    ("DCPL06", "Canto: vocalità e scena"),
    ("DCPL15", "Composizione"),
    ("DCPL22", "Direzione d'orchestra"),
    ("DCPL39", "Pianoforte"),
    ("DCPL38", "Organo"),
    ("DCPL54", "Violino"),
    ("DCPL57", "Violoncello"),
    ("DCPL67", "Popular music"),
    ("DCSL01", "Arpa"),
    ("DCSL06", "Canto: vocalità e scena"),
    ("DCSL39", "Pianoforte"),
    ("DCSL54", "Violino"),
    ("DCSL57", "Violoncello"),
    ("BSMJ", "Musica jazz - biennio sperimentale"),
    ("PROP", "Propedeutico: teoria e attività corali"),
    ("VOPF", "Pianoforte (vecchio ordinamento)"),
];

impl Course {
    /// Credits of the whole course; the old system had none.
    #[must_use]
    pub fn credits(&self) -> Option<u16> {
        (self.level != "V").then(|| u16::from(self.duration) * 60)
    }
}

/// A line of the plan of studies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lesson {
    /// Course, by position in the catalogue.
    pub course: usize,
    /// The branch of the course, where it has several.
    pub branch: Option<&'static str>,
    /// Year of the course; 0 for one to choose in any.
    pub year: Option<u8>,
    /// Artistic sector.
    pub sector: Option<&'static str>,
    /// Its name.
    pub name: &'static str,
    /// Its code within the course.
    pub number: u8,
    /// Tenths of a credit.
    pub tenths: u16,
    /// Hours.
    pub hours: Option<u16>,
}

const SUBJECTS: &[(&str, &str)] = &[
    ("CODI/21", "PIANOFORTE"),
    ("COTP/06", "TEORIA, RITMICA E PERCEZIONE MUSICALE"),
    ("CODM/04", "STORIA DELLA MUSICA"),
    ("COTP/01", "TEORIA DELL'ARMONIA E ANALISI"),
    ("COMI/03", "MUSICA DA CAMERA"),
    ("COMI/01", "ESERCITAZIONI CORALI"),
];

/// The code of a lesson: of its course, and its number there.
#[must_use]
pub fn lesson_code(lesson: &Lesson) -> String {
    format!("{}-{:03}", Catalogue::get().courses[lesson.course].code, lesson.number)
}

/// The lessons of a course: as many a year, one to choose, and what is odd in some.
#[must_use]
pub fn lessons(index: usize, course: &Course) -> Vec<Lesson> {
    let branches: &[Option<&str>] =
        if index == course::TWO_TOWNS { &[Some("Interpretativo"), Some("Compositivo")] } else { &[None] };
    let mut lessons = Vec::new();
    for branch in branches {
        for year in 1..=course.duration {
            for place in 0..3_u8 {
                let at = (index + usize::from(year) + usize::from(place)) % SUBJECTS.len();
                let (sector, name) = SUBJECTS[at];
                let number = u8::try_from(lessons.len() + 1).unwrap_or(u8::MAX);
                lessons.push(Lesson {
                    course: index,
                    branch: *branch,
                    year: Some(year),
                    sector: Some(sector).filter(|_| !(index + usize::from(number)).is_multiple_of(11)),
                    name,
                    number,
                    tenths: [60, 120, 90, 45, 0][(index + usize::from(number)) % 5],
                    hours: [Some(30), Some(0), None][(index + usize::from(number)) % 3],
                });
            }
        }
        let odd = Lesson {
            course: index,
            branch: *branch,
            year: Some(0),
            sector: None,
            name: "A SCELTA",
            number: 200,
            tenths: 60,
            hours: None,
        };
        lessons.extend([odd, Lesson { year: None, number: 201, ..odd }]);
    }
    lessons
}

impl Catalogue {
    /// The one catalogue.
    pub fn get() -> &'static Self {
        static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
        CATALOGUE.get_or_init(|| {
            let courses: Vec<Course> = (0..NAMES.len()).map(course_at).collect();
            let ministry = ministry(&courses);
            Self { courses, ministry }
        })
    }
}

fn course_at(index: usize) -> Course {
    let (code, name) = NAMES[index];
    let (level, duration) = match index {
        0..9 => ("T", 3),
        course::NOT_LISTED => ("P", 1),
        course::OLD => ("V", 10),
        _ => ("B", 2),
    };
    let number = 51 + index;
    let parent_code = match (index, level) {
        (course::NOT_LISTED | course::OLD, _) => None,
        (course::NO_CLASS, _) => Some(format!("A0XX{CONSERVATORY_CODE}V{number:07}")),
        (_, "T") => Some(format!("A1CO{CONSERVATORY_CODE}N{number:07}")),
        _ => Some(format!("A2CO{CONSERVATORY_CODE}N{number:07}")),
    };
    Course {
        code,
        name,
        level,
        duration,
        class: CLASSES.get(index),
        parent_code,
        towns: if index == course::TWO_TOWNS { &[0, 1] } else { &[0] },
        fee: 98_050 + 4_525 * u32::try_from(index).unwrap_or(0),
        access: match index {
            2 => Some(Access::Free),
            6 => None,
            _ => Some(Access::Planned),
        },
        languages: match index {
            7 => &[],
            12 => &["it", "en"],
            _ => &["it"],
        },
        admits: index != course::CLOSED && index != course::OLD,
    }
}

fn ministry(courses: &[Course]) -> Vec<MinistryRow> {
    let mut rows = Vec::new();
    for cohort in COHORTS {
        for course in courses {
            let Some(parent_code) = &course.parent_code else { continue };
            for town in course.towns {
                rows.push(MinistryRow {
                    course_code: (2_290_101 + rows.len()).to_string(),
                    institute: CONSERVATORY_CODE,
                    parent_code: parent_code.clone(),
                    class: course.class,
                    town: TOWNS[*town].0.to_owned(),
                    cohort,
                    programme_type: Some(if course.level == "T" { "A1" } else { "A2" }),
                    name: course.name.to_uppercase(),
                });
            }
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn codes_have_the_ministrys_form() {
        let catalogue = Catalogue::get();
        for (index, course) in catalogue.courses.iter().enumerate() {
            assert_eq!(course.class.map(|class| class.class), (index < CLASSES.len()).then_some(course.code));
            assert!(course.parent_code.as_ref().is_none_or(|code| code.len() == 16), "{}", course.code);
        }
        let keys = |town: bool| -> HashSet<_> {
            let rows = catalogue.ministry.iter();
            rows.map(|row| (&row.parent_code, row.cohort, if town { row.town.as_str() } else { "" })).collect()
        };
        assert_eq!(keys(true).len(), catalogue.ministry.len());
        assert!(keys(false).len() < catalogue.ministry.len(), "without the town some are ambiguous");
        for row in &catalogue.ministry {
            assert!(row.course_code.len() == 7 && row.town.len() == 6);
            let level = row.class.map_or("A2", |class| class.programme_type);
            assert_eq!(row.programme_type, Some(level));
        }
    }
}
