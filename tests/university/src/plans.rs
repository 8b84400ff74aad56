//! What each course teaches a cohort. Constant, as the catalogue is.

use crate::catalogue::Course;
use crate::rng::{Rng, mix};

/// A part of a teaching with a sector of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Scientific sector.
    pub sector: Option<&'static str>,
    /// Tenths of a credit.
    pub tenths: u16,
    /// Hours of teaching.
    pub hours: Option<u16>,
}

/// A teaching.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Teaching {
    /// Number, unique in the course.
    pub id: u32,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// The year of the course it belongs to; 0 for one that may be chosen in any.
    pub year: Option<u8>,
    /// Its parts.
    pub segments: Vec<Segment>,
    /// The language it is given in.
    pub language: Option<&'static str>,
    /// Its page on the web.
    pub page: Option<String>,
}

/// A way through a course.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Curriculum {
    /// Number.
    pub id: u32,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// What is taught.
    pub teachings: Vec<Teaching>,
}

/// What a course teaches a cohort.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Whether there is a regulation that says in which year each teaching is given.
    pub regulated: bool,
    /// The ways through it.
    pub curricula: Vec<Curriculum>,
}

const SECTORS: &[&str] = &["MAT/05", "FIS/01", "INF/01", "CHIM/03", "IUS/01", "SECS-P/01", "L-LIN/12", "M-PSI/01"];

const NAMES: &[&str] = &[
    "Analisi matematica",
    "Fisica generale",
    "Informatica",
    "Chimica",
    "Diritto privato",
    "Economia politica",
    "Lingua inglese",
    "Psicologia generale",
    "Società e comunicazione",
];

/// The plan of a course for a cohort.
#[must_use]
pub fn plan(course: &Course, cohort: u16) -> Plan {
    let mut rng = Rng::new(mix(u64::from(cohort)), u64::from(course.id));
    let several = course.index % 7 == 3;
    let ways: &[(u32, &str)] = if several { &[(1, "Metodologico"), (2, "Applicativo")] } else { &[(9999, "comune")] };
    let mut next = course.id * 100;
    let curricula = ways.iter().map(|(id, name)| {
        // Longer than the contract's 100 characters.
        let long = several && course.index % 2 == 1 && *id == 2;
        let name =
            if long { format!("{name} {}", "e interdisciplinare ".repeat(6).trim_end()) } else { (*name).to_owned() };
        let code = if *id == 9999 { "PDS0-2020".to_owned() } else { format!("PDS{id}-2020") };
        let mut teachings = Vec::new();
        for nth in 1..=course.duration {
            for place in 0..2 + rng.below(2) {
                let subject = (course.index + usize::from(nth) * 3 + place as usize) % NAMES.len();
                teachings.push(teaching(&mut next, NAMES[subject], Some(nth), &mut rng));
            }
        }
        // To choose freely, and of no year that anybody wrote down.
        teachings.push(teaching(&mut next, "A scelta dello studente", Some(0), &mut rng));
        teachings.push(teaching(&mut next, "Ulteriori attività", None, &mut rng));
        // Recorded twice, under one code.
        if course.index % 10 == 2 {
            let again = Teaching { id: next, ..teachings[0].clone() };
            next += 1;
            teachings.push(again);
        }
        if course.index % 9 == 4 {
            let name = "Laboratorio interdisciplinare di metodi e strumenti ".repeat(6);
            teachings.push(teaching(&mut next, name.trim_end(), Some(1), &mut rng));
        }
        Curriculum { id: *id, code, name, teachings }
    });
    let curricula = curricula.collect();
    Plan { regulated: course.index % 11 != 6, curricula }
}

fn teaching(next: &mut u32, name: &str, year: Option<u8>, rng: &mut Rng) -> Teaching {
    let id = *next;
    *next += 1;
    let sector = |rng: &mut Rng| Some(*rng.pick(SECTORS));
    let one = |sector, tenths, hours| vec![Segment { sector, tenths, hours }];
    let segments = match rng.below(20) {
        0 => [sector(rng), sector(rng)].map(|sector| Segment { sector, tenths: 45, hours: Some(30) }).into(),
        1 => {
            let sector = sector(rng);
            vec![Segment { sector, tenths: 30, hours: Some(20) }, Segment { sector, tenths: 60, hours: None }]
        }
        2 => one(sector(rng), 45, Some(36)),
        3 => one(sector(rng), 0, Some(12)),
        4 => one(sector(rng), 60, Some(0)),
        5 => one(sector(rng), 60, None),
        6 => one(None, 120, Some(96)),
        _ => one(sector(rng), *rng.pick(&[60, 90, 120]), Some(*rng.pick(&[48, 72, 96]))),
    };
    Teaching {
        id,
        code: format!("{:05}", id % 100_000),
        name: name.to_uppercase(),
        year,
        segments,
        language: match rng.below(10) {
            0 => None,
            1 | 2 => Some("Inglese"),
            _ => Some("Italiano"),
        },
        page: rng.percent(20).then(|| format!("https://www.universita.example/insegnamenti/{id}")),
    }
}
