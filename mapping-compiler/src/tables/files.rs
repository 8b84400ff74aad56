//! CSV files of tables, each read once however many tables it has.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::csv::{self, Csv};
use crate::Files;
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::extends::plain;
use crate::model::TableCharset;
use crate::yaml::Scalar;

/// Most bytes of a CSV file.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// What is wrong with a file.
type Wrong = (Code, String, Option<String>);

/// The files read so far.
pub(super) struct CsvFiles<'a> {
    files: &'a dyn Files,
    read: BTreeMap<(PathBuf, char, TableCharset), Result<Rc<Csv>, Wrong>>,
}

impl<'a> CsvFiles<'a> {
    pub(super) fn new(files: &'a dyn Files) -> Self {
        Self { files, read: BTreeMap::new() }
    }

    /// The cells of a file; none if it cannot be read, which is reported at each table.
    pub(super) fn get(
        &mut self,
        report: &mut Report,
        file: &Scalar,
        separator: char,
        charset: TableCharset,
    ) -> Option<Rc<Csv>> {
        let path = plain(&report.sources.folder(file.span).join(&file.text));
        let read = if Path::new(&file.text).is_absolute() {
            let message = format!("`{}` is an absolute path; paths are relative to the mapping.", file.text);
            Err((Code::FileRead, message, None))
        } else {
            let files = self.files;
            let key = (path.clone(), separator, charset);
            self.read.entry(key).or_insert_with(|| read(files, &path, &file.text, separator, charset)).clone()
        };
        match read {
            Ok(csv) => Some(csv),
            Err((code, message, help)) => {
                report.push(Diagnostic::new(code, file.span, message).maybe_help(help));
                None
            }
        }
    }
}

fn read(files: &dyn Files, path: &Path, name: &str, separator: char, charset: TableCharset) -> Result<Rc<Csv>, Wrong> {
    let bytes =
        files.read(path).map_err(|error| (Code::FileRead, format!("`{name}` cannot be read: {error}."), None))?;
    if bytes.len() > MAX_BYTES {
        return Err((Code::FileRead, format!("`{name}` has more than {MAX_BYTES} bytes."), None));
    }
    let text = decode(bytes, charset).map_err(|line| {
        let message = format!("{name}, line {line}: this is not UTF-8 text.");
        let help =
            "Old files are often Latin-1: write `charset: windows-1252` at the table, or save the file as UTF-8.";
        (Code::TableFile, message, Some(help.to_owned()))
    })?;
    csv::parse(&text, separator).map(Rc::new).map_err(|malformed| {
        (Code::TableFile, format!("{name}, line {}: {}", malformed.line, malformed.message), malformed.help)
    })
}

/// The text, or the first line that is none.
fn decode(bytes: Vec<u8>, charset: TableCharset) -> Result<String, usize> {
    match charset {
        TableCharset::Utf8 => String::from_utf8(bytes).map_err(|error| {
            let valid = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
            valid.iter().filter(|b| **b == b'\n').count().saturating_add(1)
        }),
        TableCharset::Latin1 => Ok(bytes.into_iter().map(char::from).collect()),
        TableCharset::Windows1252 => Ok(bytes.into_iter().map(windows_1252).collect()),
    }
}

/// Where Windows-1252 has letters and Latin-1 has controls; what it leaves open stays as it is.
const WINDOWS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

fn windows_1252(byte: u8) -> char {
    byte.checked_sub(0x80).and_then(|at| WINDOWS.get(usize::from(at))).copied().unwrap_or(char::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_charsets() {
        assert_eq!(decode(b"Universit\xe0 \x80".to_vec(), TableCharset::Windows1252).unwrap(), "Università €");
        assert_eq!(decode(b"Universit\xe0".to_vec(), TableCharset::Latin1).unwrap(), "Università");
        assert_eq!(decode(b"a;b\nUniversit\xe0".to_vec(), TableCharset::Utf8), Err(2));
        assert_eq!(decode("è".as_bytes().to_vec(), TableCharset::Utf8).unwrap(), "è");
    }
}
