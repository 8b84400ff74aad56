//! Runs what the documentation shows: every block of a page is written, checked, run or compared.
//!
//! Blocks say what they are in their info string; nothing but `text` blocks may stand without one:
//!
//! | block | what happens |
//! |---|---|
//! | `LANG file=PATH` | is written to the page's folder (`charset=latin1`: in that charset) |
//! | `LANG add=PATH` | is added to the end of a file |
//! | `diff file=PATH` | changes a file: the lines of context and `-` must stand in it exactly once |
//! | `console` | lines `$ ifs …` are run, `$ cd …` changes the folder; what follows is what is printed, `…` stands for anything |
//! | `yaml over=PATH` | a mapping that extends PATH, in a folder of its own (`as=NAME`); must be without a complaint, or `warns=CODE`, `fails=CODE` |
//! | `text says` | what `ifs check` prints about the mapping before it |
//! | `LANG call=TARGET` | what a system answers to that call (`status=`, `times=`, `type=`, `charset=latin1`; `has=`: a text in the call's body) |
//! | `json request=OPERATION` | what the consumer sends, where it is not just the tax code |
//! | `json usual=OPERATION` | an item of the operation's list; later items are shown as far as they differ |
//! | `json answer=OPERATION` | the list that must come out of the mapping and the calls before it; a call after it begins anew |
//! | `text problem=OPERATION` | status and problem code that must come out |
//!
//! `UPDATE_DOCS=1 cargo test -p ifs-cli --test docs` writes what `console` and `text says` show anew; read what changed.

// Test tooling over data of its own: a panic is a failing test.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used
)]

mod blocks;
mod expressions;
mod keys;
mod links;
mod page;
mod recipe;

use std::path::{Path, PathBuf};

/// The repository's folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

#[test]
fn the_tutorial_runs() {
    page::run("docs/mapping/tutorial.md", 20);
}

#[test]
fn soap_and_csv_run() {
    page::run("docs/mapping/soap-csv.md", 10);
}

#[test]
fn the_reference_runs() {
    page::run("docs/mapping/reference.md", 6);
}

#[test]
fn the_recipes_run() {
    page::run("docs/mapping/recipes.md", 40);
}

#[test]
fn the_recipes_about_calls_run() {
    page::run_after("docs/mapping/recipes.md", "docs/mapping/recipes-calls.md", 30);
}

#[test]
fn the_recipes_about_forms_run() {
    page::run_after("docs/mapping/recipes.md", "docs/mapping/recipes-forms.md", 30);
}

#[test]
fn the_answers_run() {
    page::run_after("docs/mapping/recipes.md", "docs/mapping/answers.md", 8);
}

#[test]
fn the_entrance_and_the_italian_page_run() {
    page::run("docs/mapping.md", 1);
    page::run("docs/it/mappatura.md", 1);
}
