//! Times that a student spent at another institution. They follow from the seed and the person, so they are made when
//! asked for.

use time::{Date, Month};

use crate::academic_year_of;
use crate::population::{Population, Student};
use crate::rng::{Rng, mix};

/// How long a period is meant to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// A quarter of a year.
    Quarter,
    /// Half a year.
    Half,
    /// A year.
    Year,
    /// Short.
    Short,
    /// Long.
    Long,
    /// A word of the office that nobody translated.
    Other,
}

/// A host institution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Host {
    /// Its name.
    pub name: &'static str,
    /// Its Erasmus code.
    pub erasmus: Option<&'static str>,
    /// Its department.
    pub department: Option<&'static str>,
    /// Its country.
    pub country: Option<&'static str>,
}

/// A period elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// PROGRAMME_TYPE_CODE of the course it belongs to.
    pub programme_type: Option<&'static str>,
    /// First day.
    pub start: Option<Date>,
    /// Last day.
    pub end: Option<Date>,
    /// How long.
    pub length: Length,
    /// Where.
    pub host: Host,
    /// The department that sent the student.
    pub department: Option<&'static str>,
}

/// The university's own Erasmus code.
pub const ERASMUS_CODE: &str = "I ESEMPIO01";

const HOSTS: &[Host] = &[
    Host {
        name: "Universität Beispielstadt",
        erasmus: Some("D BEISPIE01"),
        department: Some("Philosophie"),
        country: Some("Germania"),
    },
    Host {
        name: "Université d'Exempleville",
        erasmus: Some("F EXEMPLE01"),
        department: None,
        country: Some("Francia"),
    },
    Host { name: "Example College", erasmus: None, department: Some("Physics"), country: Some("Regno Unito") },
    Host { name: "Universidad de Ejemplo", erasmus: Some("E EJEMPLO01"), department: Some("Letras"), country: None },
];

const LENGTHS: [Length; 6] = [Length::Quarter, Length::Half, Length::Year, Length::Short, Length::Long, Length::Other];

/// The periods of a student, as they were recorded: one student in six has been away, and now and then a period is
/// recorded twice.
#[must_use]
pub fn periods(population: &Population, student: &Student) -> Vec<Period> {
    let mut rng = Rng::new(mix(population.seed() ^ 0x0E05), u64::from(student.person_id));
    if student.careers.is_empty() || !rng.percent(17) {
        return Vec::new();
    }
    let now = i32::from(academic_year_of(population.today()));
    let mut periods = Vec::new();
    for nth in 0..=rng.below(2) {
        let year = now - 1 - rng.below(3) as i32;
        let day = 1 + rng.below(28) as u8;
        let start = Date::from_calendar_date(year, *rng.pick(&[Month::February, Month::September]), day).ok();
        let days = 90 + i64::from(rng.below(200));
        let case = rng.below(12);
        let end = start.and_then(|start| start.checked_add(time::Duration::days(days)));
        periods.push(Period {
            programme_type: match case {
                0 => None,
                1 => Some("DR"),
                2..=4 => Some("MS"),
                _ => Some("MT"),
            },
            start: start.filter(|_| case != 5),
            end: match case {
                // Still away, or nobody wrote it down.
                6 | 7 => None,
                8 => start.and_then(|start| start.checked_sub(time::Duration::days(days))),
                _ => end,
            },
            length: *rng.pick(&LENGTHS),
            host: *rng.pick(HOSTS),
            department: rng.percent(60).then_some("Dipartimento unico"),
        });
        if nth == 0 && rng.percent(10) {
            periods.extend(periods.last().copied());
        }
    }
    periods
}
