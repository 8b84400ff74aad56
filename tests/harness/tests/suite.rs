//! `cargo test -p harness --test suite [-- [--layer L] [--skip PART] [PART_OF_A_NAME]]`.

use std::process::ExitCode;

use harness::suite::{Choice, run};

fn main() -> ExitCode {
    let result = Choice::parse(std::env::args().skip(1)).and_then(|choice| run(&choice));
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}
