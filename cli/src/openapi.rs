//! `ifs openapi`

use std::path::Path;

use mapping_compiler::openapi::{self, Published};

use crate::check::{complain, summary};
use crate::{Ended, print};

pub(crate) fn run(name: &str, mapping: Option<&Path>, upstream: Option<&Path>) -> Ended {
    let Some(api) = openapi::api(name) else {
        eprintln!("ifs: there is no API {name}; they are called IFS01 to IFS09");
        return Ended::Impossible;
    };
    let published = match mapping.map(|file| (file, mapping_compiler::published(file))) {
        None => Published::default(),
        Some((_, Ok(published))) => published,
        Some((file, Err(report))) => {
            complain(&report);
            eprintln!("{}: {}; nothing is printed", file.display(), summary(&report));
            return Ended::WithFindings;
        }
    };
    let Some(file) = upstream else {
        print(&openapi::document(api, &published));
        return Ended::Well;
    };
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("ifs: {} cannot be read: {error}", file.display());
            return Ended::Impossible;
        }
    };
    match openapi::hold(api, &text) {
        Ok(held) => {
            if mapping.is_some() && published.servers.is_empty() {
                eprintln!("ifs: the mapping names no `institute.servers`; the file's own stay, which nobody can call");
            }
            print(&held.published(&published));
            Ended::Well
        }
        Err(differences) => {
            for difference in &differences {
                eprintln!("{difference}");
            }
            let many = differences.len();
            eprintln!("{}: {many} differences from what this version keeps; nothing is printed", file.display());
            Ended::WithFindings
        }
    }
}
