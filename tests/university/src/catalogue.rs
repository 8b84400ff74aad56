//! What the university teaches and where: courses, sites, and the Ministry's rows about them. Constant: it depends
//! neither on seed nor on size, so the pack's tables can be committed.

use std::sync::OnceLock;

use crate::INSTITUTE_CODE;
use crate::classes::{CLASSES, DegreeClass};

/// How many courses there are; more than one page of 100.
pub const COURSES: usize = OFFERED + 7;

/// How many of them stand first: those of the university's offer. Behind them come some that admit nobody any more.
const OFFERED: usize = 128;

/// DEGREE_COURSE_PARENT_CODE of a course that the Ministry lists as ours, and the university has no more.
pub const GONE: &str = "0700106299900001";

/// How many sites there are: exactly one full page, so that paging ends with an empty one.
pub const SITES: usize = 100;

/// First and last cohort (year of matriculation) that the Ministry has rows for.
pub const COHORTS: std::ops::RangeInclusive<u16> = 2016..=2026;

/// The other institute in `corsi.csv`, whose rows have the same keys as ours.
pub const OTHER_INSTITUTE: &str = "9902";

/// Indices of the courses that are there to show something.
pub mod course {
    /// Shares town with a second site: enrolments at either are of one course of the Ministry's.
    pub const TWO_SITES_ONE_TOWN: usize = 0;
    /// Its DEGREE_COURSE_CODE has leading zeros.
    pub const LEADING_ZEROS: usize = 5;
    /// Two degree classes, two codes.
    pub const TWO_CLASSES: [usize; 2] = [10, 11];
    /// Two courses of the university with one `codicione`: one course for the Ministry.
    pub const ONE_PARENT_CODE: [usize; 2] = [40, 41];
    /// Its DEGREE_COURSE_CODE is longer than the contract's 20 characters.
    pub const CODE_TOO_LONG: usize = 56;
    /// Has a `codicione`, but the Ministry has no row for it.
    pub const NOT_LISTED: usize = 57;
    /// An ordinary degree whose `codicione` was never filled in.
    pub const NO_PARENT_CODE: usize = 58;
    /// The Ministry's rows lack the programme type.
    pub const NO_PROGRAMME_TYPE: usize = 59;
    /// A master with a second site whose town was never filled in.
    pub const SITE_NOT_PLACED: usize = 121;
    /// Joint degrees: led by this university, and by another.
    pub const JOINT: [usize; 2] = [70, 71];
    /// First-level courses without peculiarities.
    pub const FIRST_LEVEL: std::ops::Range<usize> = 0..56;
    /// Second-level courses.
    pub const SECOND_LEVEL: std::ops::Range<usize> = 60..100;
    /// Courses of five and six years.
    pub const SINGLE_CYCLE: std::ops::Range<usize> = 100..108;
    /// Doctorates, which have no degree class.
    pub const DOCTORATES: std::ops::Range<usize> = 114..120;
    /// Containers for single examinations, unknown to the Ministry.
    pub const SINGLE_EXAMS: std::ops::Range<usize> = 124..128;
    /// A degree of the old system that has a substitute code.
    pub const OLD_CODED: usize = 128;
    /// A degree of the old system that has none.
    pub const OLD_UNCODED: usize = 129;
    /// An old diploma that is of no programme type.
    pub const OLD_UNTYPED: usize = 130;
    /// A Master that has no name, neither here nor with the Ministry.
    pub const UNNAMED: usize = 131;
    /// A specialisation whose class has a name of more than 99 characters.
    pub const LONG_CLASS: usize = 132;
    /// A joint degree of which nobody says who leads it.
    pub const JOINT_UNSAID: usize = 133;
    /// A Master that hardly anybody takes.
    pub const LONELY: usize = 134;
}

/// Identifier of the site in the same town as site 1.
pub const TWIN_SITE: u16 = 99;

/// Identifier of the site whose ISTAT code was never filled in.
pub const SITE_WITHOUT_TOWN: u16 = 100;

/// A place of teaching.
#[derive(Clone, Debug)]
pub struct Site {
    /// 1 to 100.
    pub id: u16,
    /// Its name.
    pub name: String,
    /// Six-digit ISTAT code of the municipality.
    pub town: Option<String>,
}

/// A course of study as the university knows it.
#[derive(Clone, Debug)]
pub struct Course {
    /// Position in [`Catalogue::courses`].
    pub index: usize,
    /// The legacy identifier.
    pub id: u32,
    /// The university's code.
    pub code: String,
    /// Italian name.
    pub name: String,
    /// The legacy course type, e.g. `L2`, `LM`, `D1`.
    pub kind: &'static str,
    /// The norm, e.g. `DM270`.
    pub norm: &'static str,
    /// DEGREE_COURSE_PARENT_CODE, 16 characters.
    pub parent_code: Option<String>,
    /// Positions in [`CLASSES`]; the first is the main one; none for doctorates, masters and single examinations.
    pub classes: Vec<usize>,
    /// Identifiers of its sites, the main one first.
    pub sites: Vec<u16>,
    /// Normal duration in years.
    pub duration: u8,
    /// PROGRAMME_TYPE_CODE; none where the Ministry does not count it as a course.
    pub programme_type: Option<&'static str>,
    /// The university that leads, for a joint degree; none where nobody says which.
    pub joint: Option<Option<&'static str>>,
    /// What is known of a course of the system before the reform of 1999.
    pub old: Option<Old>,
    /// What the degree opens the way to (Diploma Supplement 5.2).
    pub profession: Option<&'static str>,
    /// Who may enrol.
    pub access: Option<Access>,
    /// Languages it is taught in (ISO 639-1), the main one first.
    pub languages: &'static [&'static str],
    /// Credits of the whole course.
    pub credits: Option<u16>,
    /// How it is taught, as far as that is recorded.
    pub mode: Option<Mode>,
    /// Its pages on the web.
    pub website: Option<String>,
    /// Whether new cohorts are admitted; old-system courses only see their students out.
    pub admits: bool,
}

/// A course of the system before the reform of 1999. The Ministry's list of courses does not have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Old {
    /// PROGRAMME_TYPE_CODE, as far as there is one for it.
    pub programme_type: Option<&'static str>,
    /// The code that stands for the Ministry's.
    pub code: Option<&'static str>,
}

/// How a course is taught.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// In rooms.
    OnSite,
    /// From afar.
    Remote,
    /// Both.
    Mixed,
}

/// The university's pages on the web.
pub const WEBSITE: &str = "https://www.universita.example";

/// Who may enrol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everybody.
    Free,
    /// A number planned by the university.
    Planned,
    /// A number set by the State.
    Restricted,
}

/// A row of the Ministry's `corsi.csv`.
#[derive(Clone, Debug)]
pub struct MinistryRow {
    /// DEGREE_COURSE_CODE: course, class, cohort and town together.
    pub course_code: String,
    /// INSTITUTE_CODE.
    pub institute: &'static str,
    /// DEGREE_COURSE_PARENT_CODE.
    pub parent_code: String,
    /// The class; its cell is empty for courses without one.
    pub class: Option<&'static DegreeClass>,
    /// COURSE_LOCATION, the ISTAT code.
    pub town: String,
    /// VALIDITY_YEAR, the cohort.
    pub cohort: u16,
    /// PROGRAMME_TYPE_CODE; empty in some rows.
    pub programme_type: Option<&'static str>,
    /// DEGREE_COURSE_NAME.
    pub name: String,
}

/// Everything above.
#[derive(Debug)]
pub struct Catalogue {
    /// [`COURSES`] of them.
    pub courses: Vec<Course>,
    /// [`SITES`] of them, by identifier.
    pub sites: Vec<Site>,
    /// The Ministry's rows, those of [`OTHER_INSTITUTE`] among them.
    pub ministry: Vec<MinistryRow>,
}

impl Catalogue {
    /// The one catalogue.
    pub fn get() -> &'static Self {
        static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
        CATALOGUE.get_or_init(|| {
            let sites = sites();
            let courses: Vec<Course> = (0..COURSES).map(course_at).collect();
            let ministry = ministry(&courses, &sites);
            Self { courses, sites, ministry }
        })
    }

    /// A site by its identifier.
    #[must_use]
    pub fn site(&self, id: u16) -> Option<&Site> {
        self.sites.get(usize::from(id).checked_sub(1)?)
    }

    /// A course by the legacy identifier.
    #[must_use]
    pub fn course_by_id(&self, id: u32) -> Option<&Course> {
        self.courses.iter().find(|course| course.id == id)
    }
}

fn sites() -> Vec<Site> {
    (1..=100)
        .map(|id| {
            // Most codes begin with a zero, as those of the country's first hundred provinces do.
            let town_of = if id == TWIN_SITE { 1 } else { id };
            let town = format!("{:03}{:03}", 1 + (town_of * 7) % 110, 1 + (town_of * 13) % 290);
            Site { id, name: format!("Sede n. {id}"), town: (id != SITE_WITHOUT_TOWN).then_some(town) }
        })
        .collect()
}

fn classes_of(programme_type: &str) -> Vec<usize> {
    (0..CLASSES.len()).filter(|index| CLASSES[*index].programme_type == programme_type).collect()
}

fn course_at(index: usize) -> Course {
    let (kind, norm, programme_type, duration, first) = match index {
        0..60 => ("L2", "DM270", Some("MT"), 3, 0),
        60..100 => ("LM", "DM270", Some("MS"), 2, 60),
        100..104 => ("LM5", "DM270", Some("LM"), 5, 100),
        104..108 => ("LM6", "DM270", Some("LM"), 6, 103),
        108..112 => ("L2", "DM509", Some("LT"), 3, 108),
        112..114 => ("LS", "DM509", Some("LS"), 2, 112),
        114..120 => ("D1", "DM45", Some("DR"), 3, 114),
        120..122 => ("M1", "DM270", Some("M1"), 1, 120),
        122..124 => ("M2", "DM270", Some("M2"), 1, 122),
        124..128 => ("CS", "NN", None, 1, 124),
        course::OLD_CODED | course::OLD_UNCODED => ("L1", "ANTE", None, 4, 128),
        course::OLD_UNTYPED => ("DU", "ANTE", None, 3, 130),
        course::LONG_CLASS => ("SP4", "DM270", Some("SV"), 3, 132),
        course::JOINT_UNSAID => ("LM", "DM270", Some("MS"), 2, 100),
        _ => ("M2", "DM270", Some("M2"), 1, 131),
    };
    let known = programme_type.map(classes_of).unwrap_or_default();
    let mut classes = Vec::new();
    if !known.is_empty() {
        classes.push(known[(index - first) % known.len()]);
        if course::TWO_CLASSES.contains(&index) {
            classes.push(known[(index - first + 7) % known.len()]);
        }
    }
    if index == course::ONE_PARENT_CODE[1] {
        classes = course_at(course::ONE_PARENT_CODE[0]).classes;
    }
    let place = if index == course::ONE_PARENT_CODE[1] { course::ONE_PARENT_CODE[0] } else { index };
    let number = u16::try_from(place).unwrap_or(0);
    let mut sites = vec![1 + number % 90];
    if index == course::TWO_SITES_ONE_TOWN {
        sites.push(TWIN_SITE);
    } else if index == course::SITE_NOT_PLACED {
        sites.push(SITE_WITHOUT_TOWN);
    } else if index.is_multiple_of(5) {
        sites.push(1 + (number + 45) % 90);
    }
    let subject = match (classes.first(), kind) {
        (Some(class), _) => CLASSES[*class].name.to_owned(),
        (None, "D1") => format!("Dottorato in scienze e società {}", index - 113),
        (None, "CS") => format!("Corsi singoli {}", index - 123),
        (None, "L1") => ["Lettere", "Giurisprudenza"][index - course::OLD_CODED].to_owned(),
        (None, "DU") => "Diploma universitario in statistica".to_owned(),
        (None, _) if index == course::UNNAMED => String::new(),
        (None, _) => format!("Master in qualità e innovazione {}", index - 119),
    };
    let repeated = index >= first + known.len().max(1) && !known.is_empty();
    let name = if repeated { format!("{subject} (percorso {index})") } else { subject };
    let parent_code = match index {
        course::NO_PARENT_CODE => None,
        _ if programme_type.is_none() => None,
        _ => Some(format!("07001062{:03}{:05}", 200 + place, 1)),
    };
    Course {
        index,
        // Not in the order of the codes, and with gaps.
        id: 10_001 + u32::try_from(if index < OFFERED { (index * 37) % OFFERED } else { index }).unwrap_or(0) * 3,
        code: format!("{kind}{:03}", 100 + index),
        name,
        kind,
        norm,
        parent_code,
        classes,
        sites,
        duration,
        programme_type: programme_type.filter(|_| index != course::NO_PROGRAMME_TYPE),
        joint: match index {
            course::JOINT_UNSAID => Some(None),
            _ if index == course::JOINT[0] => Some(Some(INSTITUTE_CODE)),
            _ if index == course::JOINT[1] => Some(Some("16")),
            _ => None,
        },
        old: (norm == "ANTE").then_some(Old {
            programme_type: (kind == "L1").then_some("LV"),
            code: (index == course::OLD_CODED).then_some("V0042"),
        }),
        profession: match index {
            17 => Some("Architetto iunior"),
            // More than 32 characters.
            18 => Some("Dottore commercialista ed esperto contabile (sezione B)"),
            103 => Some("Medico chirurgo"),
            _ => None,
        },
        access: match index % 23 {
            7 => None,
            1 | 9 | 13 => Some(Access::Planned),
            4 => Some(Access::Restricted),
            _ => Some(Access::Free),
        },
        languages: match index % 29 {
            11 => &[],
            2 | 8 => &["it", "en"],
            5 => &["en", "it"],
            3 => &["en"],
            _ => &["it"],
        },
        credits: (kind != "D1").then(|| u16::from(duration) * 60),
        mode: match index % 13 {
            5 => Some(Mode::Remote),
            9 => Some(Mode::Mixed),
            12 => None,
            _ => Some(Mode::OnSite),
        },
        website: (index % 4 == 1).then(|| format!("{WEBSITE}/corsi/{}", 100 + index)),
        admits: norm != "DM509" && index < OFFERED,
    }
}

/// The name of an institute in `istituti_formazione_superiore.csv`; no real institute has it.
#[must_use]
pub fn institute_name(code: &str) -> &'static str {
    if code == INSTITUTE_CODE { "Università degli Studi dell'Esempio" } else { "CONSERVATORIO DI MUSICA DELL'ESEMPIO" }
}

/// Programme types and their names, as `tipologia_corso.csv` has them: those that the courses use.
pub const PROGRAMME_TYPES: &[(&str, &str)] = &[
    ("MT", "Laurea Triennale (DM 270/04)"),
    ("MS", "Laurea Magistrale (DM 270/04)"),
    ("LM", "Laurea Magistrale a Ciclo Unico (DM 270/04)"),
    ("LT", "Laurea Triennale (DM 509/99)"),
    ("LS", "Laurea Specialistica (DM 509/99)"),
    ("DR", "Dottorato di Ricerca"),
    ("M1", "Master di Primo Livello"),
    ("M2", "Master di Secondo Livello"),
    ("LV", "Laurea Vecchio Ordinamento"),
    ("SV", "Scuola di Specializzazione Veterinaria"),
];

/// The level of a programme type in the European and in the Italian framework of qualifications: the institute's own
/// table.
pub const LEVELS: &[(&str, &str, &str)] = &[
    ("MT", "6° livello", "I ciclo QF-EHEA"),
    ("LT", "6° livello", "I ciclo QF-EHEA"),
    ("MS", "7° livello", "II ciclo QF-EHEA"),
    ("LS", "7° livello", "II ciclo QF-EHEA"),
    ("LM", "7° livello", "II ciclo QF-EHEA"),
    ("LV", "7° livello", "II ciclo QF-EHEA"),
    ("M1", "7° livello", "II ciclo QF-EHEA"),
    ("DR", "8° livello", "III ciclo QF-EHEA"),
    ("M2", "8° livello", "III ciclo QF-EHEA"),
    ("A1", "6° livello", "I ciclo QF-EHEA"),
    ("A2", "7° livello", "II ciclo QF-EHEA"),
];

/// The name of a programme type.
#[must_use]
pub fn programme_type_name(code: &str) -> &'static str {
    PROGRAMME_TYPES.iter().find(|(known, _)| *known == code).map_or("", |(_, name)| name)
}

fn ministry(courses: &[Course], sites: &[Site]) -> Vec<MinistryRow> {
    let mut rows = Vec::new();
    // From six digits to seven: codes are text, and sorted as text.
    let mut number = 999_200_u32;
    let (offered, others) = courses.split_at(OFFERED);
    for (cohort, courses) in COHORTS.map(|cohort| (cohort, offered)).chain(COHORTS.map(|cohort| (cohort, others))) {
        for course in courses {
            let Some(parent_code) = &course.parent_code else { continue };
            if course.index == course::NOT_LISTED || course.index == course::ONE_PARENT_CODE[1] {
                continue;
            }
            let classes: Vec<Option<&'static DegreeClass>> = if course.classes.is_empty() {
                vec![None]
            } else {
                course.classes.iter().map(|index| CLASSES.get(*index)).collect()
            };
            let mut towns: Vec<&String> = Vec::new();
            for town in course.sites.iter().filter_map(|id| sites[usize::from(*id) - 1].town.as_ref()) {
                if !towns.contains(&town) {
                    towns.push(town);
                }
            }
            for class in &classes {
                for town in &towns {
                    let row = MinistryRow {
                        course_code: course_code(course.index, number),
                        institute: INSTITUTE_CODE,
                        parent_code: parent_code.clone(),
                        class: *class,
                        town: (*town).clone(),
                        cohort,
                        programme_type: course.programme_type,
                        name: course.name.clone(),
                    };
                    number += 1;
                    // The other institute's rows stand first: a lookup that forgets the institute finds them.
                    if course.index < 12 && cohort >= 2023 {
                        rows.push(MinistryRow {
                            course_code: format!("77{}", row.course_code),
                            institute: OTHER_INSTITUTE,
                            ..row.clone()
                        });
                    }
                    rows.push(row);
                }
            }
        }
    }
    rows.push(MinistryRow {
        course_code: number.to_string(),
        institute: INSTITUTE_CODE,
        parent_code: GONE.to_owned(),
        class: None,
        town: sites[0].town.clone().unwrap_or_default(),
        cohort: 2023,
        programme_type: Some("M1"),
        name: "Master che non c'è più".to_owned(),
    });
    rows
}

fn course_code(index: usize, number: u32) -> String {
    match index {
        course::LEADING_ZEROS => format!("00{number}"),
        course::CODE_TOO_LONG => format!("{number:024}"),
        _ => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn sizes_and_keys() {
        let catalogue = Catalogue::get();
        assert_eq!((catalogue.courses.len(), catalogue.sites.len()), (COURSES, 100));
        let ids: HashSet<u32> = catalogue.courses.iter().map(|course| course.id).collect();
        assert_eq!(ids.len(), COURSES, "legacy identifiers are unique");
        let towns: HashSet<_> = catalogue.sites.iter().map(|site| &site.town).collect();
        assert_eq!(towns.len(), 99, "only the twin sites share a town");
        for (site, id) in catalogue.sites.iter().zip(1..) {
            assert_eq!(site.id, id);
            assert!(site.town.as_ref().is_none_or(|town| town.len() == 6));
        }
        for course in &catalogue.courses {
            assert!(course.parent_code.as_ref().is_none_or(|code| code.len() == 16), "{}", course.code);
        }
    }

    #[test]
    fn ministry_rows_are_unambiguous_within_an_institute() {
        let rows = &Catalogue::get().ministry;
        let mut keys = HashSet::new();
        let mut codes = HashSet::new();
        for row in rows {
            let class = row.class.map(|class| class.code);
            assert!(keys.insert((row.institute, &row.parent_code, row.cohort, &row.town, class)));
            assert!(codes.insert(&row.course_code), "DEGREE_COURSE_CODE is unique per row");
        }
        assert!(rows.iter().any(|row| row.course_code.starts_with("00")));
        let lengths: HashSet<usize> = rows.iter().map(|row| row.course_code.len()).collect();
        assert!(lengths.contains(&6) && lengths.contains(&7) && lengths.contains(&24));
        assert!(rows.iter().any(|row| row.class.is_none() && row.programme_type.is_some()));
        assert!(rows.iter().any(|row| row.programme_type.is_none()));
    }
}
