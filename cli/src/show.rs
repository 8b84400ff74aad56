//! `ifs show`

use std::path::Path;

use crate::check::{complain, summary};
use crate::{Ended, print};

pub(crate) fn run(file: &Path, origin: bool) -> Ended {
    if !file.exists() {
        eprintln!("ifs: there is no file {}", file.display());
        return Ended::Impossible;
    }
    match mapping_compiler::show(file, origin) {
        Ok(text) => {
            print(&text);
            Ended::Well
        }
        Err(report) => {
            complain(&report);
            eprintln!("{}: {}; nothing is shown", file.display(), summary(&report));
            Ended::WithFindings
        }
    }
}
