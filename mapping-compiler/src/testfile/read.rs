//! Reading a test file.

use std::fmt;
use std::path::Path;

use super::TestFile;
use crate::diagnostic::Report;
use crate::yaml;

/// Why a test file cannot be read: one or more lines for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError(pub String);

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ReadError {}

/// Reads a test file.
///
/// # Errors
/// If the file cannot be read, is not YAML as mappings write it, or has a member that test files do not have.
pub fn read(path: &Path) -> Result<TestFile, ReadError> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|e| ReadError(format!("{name}: {e}")))?;
    read_str(&name, &text)
}

/// As [`read`], from text.
///
/// # Errors
/// As [`read`].
pub fn read_str(name: &str, text: &str) -> Result<TestFile, ReadError> {
    let mut report = Report::default();
    let node = yaml::read(&mut report, name, text);
    let Some(node) = node.filter(|_| !report.has_errors()) else {
        return Err(ReadError(report.human()));
    };
    serde_json::from_value(yaml::to_json(&node)).map_err(|e| ReadError(format!("{name}: {e}")))
}
