//! `ifs test`

use std::path::{Path, PathBuf};

use mapping_compiler::Disk;
use mapping_test::pack;

use crate::screen::escaped;
use crate::{Ended, print};

pub(crate) fn run(home: &Path, filter: Option<&str>, explain: bool) -> Ended {
    let folder = home.join("tests");
    let files = match pack::tests(&folder) {
        Ok(files) => files,
        Err(error) => {
            eprintln!("ifs: {}: {error}", folder.display());
            return Ended::Impossible;
        }
    };
    let chosen: Vec<PathBuf> = files
        .into_iter()
        .filter(|f| filter.is_none_or(|text| f.file_name().is_some_and(|n| n.to_string_lossy().contains(text))))
        .collect();
    if chosen.is_empty() {
        eprintln!("ifs: no test is in {}", folder.display());
        return Ended::Impossible;
    }
    let mut failed = 0_usize;
    let mut compiled = pack::Compiled::from(&Disk);
    for file in &chosen {
        let name = file.file_stem().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let shown = match pack::one(file, home, &mut compiled, explain) {
            Ok(pack::Passed { about, explanation }) => {
                print(&format!("ok    {name}{}\n", about.map(|a| format!(": {a}")).unwrap_or_default()));
                explanation
            }
            Err(why) => {
                failed = failed.saturating_add(1);
                print(&format!("FAIL  {name}\n"));
                why
            }
        };
        for line in shown.lines() {
            print(&format!("    {}\n", escaped(line)));
        }
    }
    print(&format!("{} passed, {failed} failed\n", chosen.len().saturating_sub(failed)));
    if failed == 0 { Ended::Well } else { Ended::WithFindings }
}
