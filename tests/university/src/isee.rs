//! What students declared of their families' income (ISEE). It follows from the seed, the person and the year, so it is
//! made when asked for.

use time::{Date, Month};

use crate::population::{Population, Student};
use crate::rng::{Rng, mix};

/// What a declaration says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// Hundredths of a euro, also less than none.
    Cents(i64),
    /// A word in the place of a number.
    Word(&'static str),
}

/// A declaration for an academic year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Declaration {
    /// What it says.
    pub amount: Amount,
    /// When it was presented.
    pub presented: Date,
    /// Whether it was found to be wrong, and so does not count.
    pub wrong: bool,
}

/// Amounts at the edges of the Ministry's bands, and some that are none.
const EDGES: &[Amount] = &[
    Amount::Cents(1_300_000),
    Amount::Cents(1_300_001),
    Amount::Cents(4_000_000),
    Amount::Cents(4_000_001),
    Amount::Cents(10_000_000),
    Amount::Cents(10_000_001),
    Amount::Cents(0),
    Amount::Cents(-100),
    Amount::Word("ND"),
];

/// A person's declarations for an academic year: mostly one; none; two; a wrong one after a good one.
#[must_use]
pub fn declarations(population: &Population, student: &Student, year: u16) -> Vec<Declaration> {
    let mut rng = Rng::new(mix(population.seed() ^ 0x15EE) ^ u64::from(year), u64::from(student.person_id));
    let case = rng.below(100);
    let amount = |rng: &mut Rng| {
        if rng.percent(12) {
            *rng.pick(EDGES)
        } else {
            // More of the small ones.
            let most = 1 + rng.below(11_000);
            Amount::Cents(i64::from(rng.below(most)) * 1000 + i64::from(rng.below(100)))
        }
    };
    let day = |month, day| Date::from_calendar_date(i32::from(year), month, day).unwrap_or(Date::MIN);
    let first = Declaration { amount: amount(&mut rng), presented: day(Month::September, 10), wrong: false };
    let second = Declaration { amount: amount(&mut rng), presented: day(Month::November, 20), wrong: false };
    match case {
        0..20 => Vec::new(),
        // The later one counts, wherever it stands.
        20..26 => vec![second, first],
        26..30 => vec![first, Declaration { wrong: true, ..second }],
        30..32 => vec![Declaration { wrong: true, ..first }],
        _ => vec![first],
    }
}
