//! `ifs bundle`

use std::path::Path;

use adapter_core::Plan;
use adapter_core::bundle::seal;

use crate::Ended;
use crate::check::{complain, summary};

pub(crate) fn run(file: &Path, out: &Path) -> Ended {
    if !file.exists() {
        eprintln!("ifs: there is no file {}", file.display());
        return Ended::Impossible;
    }
    let outcome = mapping_compiler::compile(file);
    complain(&outcome.report);
    let Some(bundle) = outcome.bundle else {
        eprintln!("{}: {}; no bundle is written", file.display(), summary(&outcome.report));
        return Ended::WithFindings;
    };
    let sealed = seal(&bundle).and_then(|bytes| Plan::load(&bytes).map(|plan| (bytes, plan.digest().to_owned())));
    let (bytes, digest) = match sealed {
        Ok(sealed) => sealed,
        Err(error) => {
            eprintln!("ifs: the bundle cannot be sealed: {error}");
            return Ended::Impossible;
        }
    };
    // Written beside and renamed, so that a gateway that watches the file never reads half of it.
    let mut beside = out.as_os_str().to_owned();
    beside.push(".part");
    let written = std::fs::write(&beside, &bytes).and_then(|()| std::fs::rename(&beside, out));
    if let Err(error) = written {
        let _ = std::fs::remove_file(&beside);
        eprintln!("ifs: {} cannot be written: {error}", out.display());
        return Ended::Impossible;
    }
    println!("{}: {} bytes, digest {digest}", out.display(), bytes.len());
    Ended::Well
}
