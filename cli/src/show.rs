//! `ifs show`

use std::path::Path;

use crate::check::{complain, summary};
use crate::{Ended, contract, print};

pub(crate) fn run(what: Option<&Path>, origin: bool) -> Ended {
    let Some(file) = what else {
        print(&contract::operations());
        return Ended::Well;
    };
    let name = file.to_str().filter(|name| !file.exists() && contract::is_name(name));
    if let Some(name) = name {
        let Some(text) = contract::named(name) else {
            eprintln!("ifs: the contract has no operation and no rule {name}; `ifs show` lists the operations");
            return Ended::Impossible;
        };
        print(&text);
        return Ended::Well;
    }
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
