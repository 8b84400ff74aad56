//! `cargo xtask students`: the population that a try needs.

use std::io::Write;

use clap::Args;
use serde::Serialize;
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
}

fn students(text: &str) -> std::result::Result<usize, String> {
    text.parse().ok().filter(|n| (10..=200_000).contains(n)).ok_or_else(|| "must be from 10 to 200000".to_owned())
}

impl University {
    /// The population. It does not depend on the clock: it is that of one day, 2026-03-01.
    pub fn population(&self) -> Population {
        Population::generate(self.seed, self.students, university::DEFAULT_TODAY)
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
    let population = arguments.population();
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
