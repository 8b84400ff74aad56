//! Reading a test file.

use std::fmt;
use std::path::Path;

use serde_json::Value;

use super::story::{Story, Test};
use super::{Repeat, Request, TestFile, form};
use crate::diagnostic::Report;
use crate::schema::For;
use crate::yaml;
use crate::{Files, Folder};

/// Why a test file cannot be read: one or more lines for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError(pub String);

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ReadError {}

/// Reads a pack's test file, of one request or of several: keys that only the project's scenarios have are unknown there.
///
/// # Errors
/// If the file cannot be read, is not YAML as mappings write it, or has a member that test files do not have.
pub fn read(path: &Path, files: &dyn Files) -> Result<Test, ReadError> {
    let name = path.display().to_string();
    let bytes = files.read(path).map_err(|e| ReadError(format!("{name}: {e}")))?;
    let text = String::from_utf8(bytes).map_err(|_| ReadError(format!("{name}: it is not UTF-8")))?;
    let json = formed(&name, &text, For::Users)?;
    let wrong = |e: serde_json::Error| ReadError(format!("{name}: {e}"));
    Ok(if json.get("steps").is_some() {
        Test::Story(Box::new(serde_json::from_value::<Story>(json).map_err(wrong)?))
    } else {
        Test::One(Box::new(serde_json::from_value(json).map_err(wrong)?))
    })
}

/// Says everything that is wrong with the form of a pack's test; whether it passes is another question.
pub fn check(report: &mut Report, path: &Path, files: &dyn Files) {
    if let Some(node) = yaml::load(report, path, files, None) {
        form::check(report, &node, For::Users);
    }
}

/// As [`read`], from text, which may have what only the project's scenarios have.
///
/// # Errors
/// As [`read`].
pub fn read_str(name: &str, text: &str) -> Result<TestFile, ReadError> {
    serde_json::from_value(formed(name, text, For::Scenarios)?).map_err(|e| ReadError(format!("{name}: {e}")))
}

/// The file's tree, if it has the form.
fn formed(name: &str, text: &str, whom: For) -> Result<Value, ReadError> {
    let mut report = Report::default();
    let node = yaml::read(&mut report, name, text);
    if let Some(node) = &node {
        form::check(&mut report, node, whom);
    }
    let Some(node) = node.filter(|_| !report.has_errors()) else {
        return Err(ReadError(report.human()));
    };
    Ok(yaml::to_json(&node))
}

impl Request {
    /// The body's bytes; files are relative to `folder`.
    ///
    /// # Errors
    /// If a file cannot be read, or the body is said in two ways.
    pub fn bytes(&self, folder: Folder<'_>) -> Result<Vec<u8>, String> {
        match (&self.body, &self.body_file, &self.repeat) {
            (None, None, None) => Ok(Vec::new()),
            (Some(Value::String(text)), None, None) => Ok(text.clone().into_bytes()),
            (Some(tree), None, None) => Ok(tree.to_string().into_bytes()),
            (None, Some(file), None) => folder.read(file),
            (None, None, Some(Repeat { before, text, times, after })) => {
                Ok(format!("{before}{}{after}", text.repeat(*times)).into_bytes())
            }
            _ => Err("a request has one of `body`, `body_file` and `repeat`".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Bomb, BombKind, Charset, Fault, SoapShape};
    use super::*;

    fn with(more: &str) -> Result<TestFile, ReadError> {
        let text = format!(
            "now: 2026-03-01T12:00:00Z\nrequest: {{ path: /ifs02/academic-enrollments }}\nexpect: {{ status: 200 }}\n{more}\n"
        );
        read_str("a.yaml", &text)
    }

    fn fault(written: &str) -> Result<Fault, ReadError> {
        let file = with(&format!("legacy: [ {{ answer: {{ fault: {written} }} }} ]"))?;
        file.legacy.first().and_then(|entry| entry.answer.fault).ok_or_else(|| ReadError("no fault".to_owned()))
    }

    #[test]
    fn faults() {
        for (written, expected) in [
            ("soap_fault", Fault::SoapFault),
            ("{ soap_code: -1 }", Fault::SoapCode(-1)),
            ("session_lost", Fault::SessionLost),
            ("cut_document", Fault::CutDocument),
            ("wrong_charset", Fault::WrongCharset),
            (
                "{ xml_bomb: { kind: depth, size: 5000, embedded: true } }",
                Fault::XmlBomb(Bomb { kind: BombKind::Depth, size: 5000, embedded: true }),
            ),
            (
                "{ xml_bomb: { kind: entities } }",
                Fault::XmlBomb(Bomb { kind: BombKind::Entities, size: 100_000, embedded: false }),
            ),
        ] {
            assert_eq!(fault(written), Ok(expected), "{written}");
        }
        for wrong in ["explode", "{ soap_code: x }", "{ xml_bomb: { kind: big } }", "{ xml_bomb: { sort: depth } }"] {
            assert!(fault(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn bodies_of_faults() {
        let fault = |call: &str| String::from_utf8(Fault::SoapFault.body(b"", call).unwrap()).unwrap();
        assert!(fault("text/xml; charset=utf-8").contains("http://schemas.xmlsoap.org/soap/envelope/"));
        assert!(fault("application/soap+xml; charset=utf-8").contains("http://www.w3.org/2003/05/soap-envelope"));
        assert_eq!(Fault::CutDocument.body(b"<a></a>", "").unwrap(), b"<a>");
        assert_eq!(Fault::WrongCharset.body("è€".as_bytes(), "").unwrap(), b"\xe8?");
        assert_eq!(Fault::Trickle.body(b"x", ""), None);
    }

    #[test]
    fn universities() {
        let file = with(
            "university:\n  students: 40\n  today: 2025-10-01\n  session_lasts: 0\n  session_expired_code: 1116\n  \
             soap: { prefix: \"\", cdata: true, charset: windows-1252 }\n  conservatory: true",
        );
        let university = file.unwrap().university.unwrap();
        let soap = SoapShape {
            prefix: Some(String::new()),
            cdata: true,
            charset: Charset::Windows1252,
            ..SoapShape::default()
        };
        assert_eq!((university.students, university.seed), (Some(40), None));
        assert_eq!(university.today.as_deref(), Some("2025-10-01"));
        assert_eq!((university.session_lasts, university.session_expired_code), (Some(0), Some(1116)));
        assert!(university.soap == soap && university.conservatory);
        for wrong in ["{ soap: { encoding: utf-8 } }", "{ soap: { charset: latin1 } }", "{ sessions: 3 }"] {
            assert!(with(&format!("university: {wrong}")).is_err(), "{wrong}");
        }
    }
}
