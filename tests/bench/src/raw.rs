//! What was measured, as JSON lines for whoever wants to compute something else from it.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use serde::Serialize;
use xtask::{Context, Result};

/// Where the lines go: a file, or nowhere.
#[derive(Debug)]
pub struct Raw(Option<BufWriter<File>>);

impl Raw {
    /// To a file, which is made anew, or nowhere.
    pub fn to(file: Option<&Path>) -> Result<Self> {
        let open = |file: &Path| File::create(file).map(BufWriter::new).context(file.display());
        Ok(Self(file.map(open).transpose()?))
    }

    /// One line.
    pub fn line(&mut self, line: &impl Serialize) -> Result<()> {
        let Some(out) = &mut self.0 else { return Ok(()) };
        serde_json::to_writer(&mut *out, line).context("a line of the raw data")?;
        // Whole lines, should the run be broken off.
        out.write_all(b"\n").and_then(|()| out.flush()).context("writing the raw data")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_line() {
        let dir = xtask::paths::run_dir("bench-raw").unwrap();
        let file = dir.join("raw.jsonl");
        let mut raw = Raw::to(Some(&file)).unwrap();
        raw.line(&serde_json::json!({ "case": "a\nb" })).unwrap();
        raw.line(&serde_json::json!({ "round": 1 })).unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "{\"case\":\"a\\nb\"}\n{\"round\":1}\n");
        Raw::to(None).unwrap().line(&1).unwrap();
        std::fs::remove_dir_all(dir).unwrap();
    }
}
