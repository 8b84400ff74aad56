//! The pack's committed tables are the generated ones, in the Ministry's form.

// A test fails by panicking.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used
)]

use std::fs;
use std::path::Path;

use university::tables::{
    OWN, afam_classes_csv, afam_courses_csv, afam_programme_types_csv, classes_csv, courses_csv, institutes_csv,
    programme_types_csv,
};

#[test]
fn committed_tables_are_the_generated_ones() {
    let university = [
        ("corsi.csv", courses_csv()),
        ("classi.csv", classes_csv()),
        ("tipologia_corso.csv", programme_types_csv()),
        ("istituti_formazione_superiore.csv", institutes_csv()),
    ];
    let conservatory = [
        ("corsi.csv", afam_courses_csv()),
        ("classi.csv", afam_classes_csv()),
        ("tipologia_corso.csv", afam_programme_types_csv()),
        ("istituti_formazione_superiore.csv", institutes_csv()),
    ];
    for (pack, option, tables) in
        [("esse3-rest", "", &university), ("esse3-soap", "", &university), ("afam-table", "--afam ", &conservatory)]
    {
        let folder = format!("mappings/{pack}/tables/mur");
        for (name, generated) in tables {
            let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(&folder).join(name);
            assert!(
                fs::read_to_string(file).unwrap() == *generated,
                "{folder}/{name} differs: `cargo run -p university -- tables {option}--out {folder}` writes it"
            );
        }
    }
}

/// A pack that has the lists which the university keeps itself has them as generated.
#[test]
fn committed_own_lists_are_the_generated_ones() {
    for pack in ["common", "esse3-rest", "esse3-soap", "afam-table", "."] {
        for (name, generated) in OWN {
            let file = format!("mappings/{pack}/tables/{name}");
            if let Ok(found) = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(&file)) {
                assert!(
                    found == generated(),
                    "{file} differs: `cargo run -p university -- tables --own --out mappings/{pack}/tables` writes it"
                );
            }
        }
    }
}

#[test]
fn every_row_has_its_cells_and_a_trailing_separator() {
    for (csv, cells) in [
        (courses_csv(), 8),
        (classes_csv(), 4),
        (afam_courses_csv(), 8),
        (afam_classes_csv(), 4),
        (programme_types_csv(), 2),
        (afam_programme_types_csv(), 2),
        (institutes_csv(), 4),
    ] {
        for line in csv.lines() {
            assert!(line.ends_with(';') && line.split(';').count() == cells + 1, "{line}");
            assert!(!line.contains('"'));
        }
    }
    assert!(courses_csv().len() < 300_000, "{} bytes", courses_csv().len());
    let both = |csv: &str, institute: &str| csv.lines().any(|line| line.split(';').nth(1) == Some(institute));
    assert!(both(&courses_csv(), "9901") && both(&courses_csv(), "9902"));
}
