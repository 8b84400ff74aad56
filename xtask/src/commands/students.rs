//! `cargo xtask students`: the population that a try needs.

use std::io::Write;

use clap::Args;
use serde::Serialize;
use time::{Date, Month};
use university::Population;
use xtask::{Context, Result};

/// Which population.
#[derive(Args, Clone)]
pub struct University {
    /// How many students the university has, 10 to 200,000.
    #[arg(long, default_value_t = university::DEFAULT_STUDENTS, value_parser = students)]
    pub students: usize,
    /// What the population is made from; the same seed gives the same people.
    #[arg(long, default_value_t = university::DEFAULT_SEED)]
    pub seed: u64,
    /// The day the population is that of: which academic year is the current one.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    pub today: Option<Date>,
}

fn day(text: &str) -> std::result::Result<Date, String> {
    let mut parts = text.splitn(3, '-').map(|part| part.parse::<u16>().ok());
    let mut next = || parts.next().flatten();
    let date = (|| {
        let (year, month, day) = (next()?, next()?, next()?);
        let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
        Date::from_calendar_date(i32::from(year), month, u8::try_from(day).ok()?).ok()
    })();
    date.ok_or_else(|| "must be a day such as 2026-03-01".to_owned())
}

fn students(text: &str) -> std::result::Result<usize, String> {
    text.parse().ok().filter(|n| (10..=200_000).contains(n)).ok_or_else(|| "must be from 10 to 200000".to_owned())
}

impl University {
    /// The population: of the day that was asked for, else of `day`.
    pub fn population(&self, day: Date) -> Population {
        Population::generate(self.seed, self.students, self.today.unwrap_or(day))
    }

    /// The flags that list the population of `day`.
    pub fn flags(&self, day: Date) -> String {
        format!("--students {} --seed {} --today {day}", self.students, self.seed)
    }
}

#[derive(Serialize)]
struct Line<'a> {
    tax_code: &'a str,
    kind: &'a str,
    known: bool,
    special: Option<String>,
}

/// Prints everybody, and the tax codes of people the university does not know.
pub fn run(arguments: &University) -> Result<()> {
    let population = arguments.population(university::DEFAULT_TODAY);
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let known = population.students().iter().map(|student| Line {
        tax_code: student.tax_code(),
        kind: student.kind.name(),
        known: true,
        special: student.special(),
    });
    let unknown = population.unknown().iter().map(|tax_code| Line {
        tax_code,
        kind: "unknown",
        known: false,
        special: Some("A valid tax code of somebody the university does not know.".to_owned()),
    });
    for line in known.chain(unknown) {
        let text = serde_json::to_string(&line).context("writing a line")?;
        // Whoever reads may stop early, as `head` does.
        if writeln!(out, "{text}").is_err() {
            return Ok(());
        }
    }
    let _ = out.flush();
    Ok(())
}
