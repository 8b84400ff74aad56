//! Everything the suite logs, and the search through it for what must not be there.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use sha2::{Digest, Sha256};

/// A log file that several threads write to.
#[derive(Debug)]
pub struct Sink {
    file: Mutex<File>,
}

impl Sink {
    /// Makes the file, and its folder where missing.
    ///
    /// # Errors
    /// What the file system says.
    pub fn create(path: &Path) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        Ok(Self { file: Mutex::new(File::create(path)?) })
    }

    /// Writes one line.
    pub fn line(&self, text: &str) {
        if let Ok(mut file) = self.file.lock() {
            let _ = writeln!(file, "{text}");
        }
    }
}

/// What no log may hold. A hit is reported by kind and place, never by value.
#[derive(Clone, Debug, Default)]
pub struct Forbidden {
    /// Lower-case texts, all of them ASCII.
    texts: BTreeSet<Vec<u8>>,
    lengths: BTreeSet<usize>,
}

/// A forbidden text found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The file.
    pub file: PathBuf,
    /// Line, from 1.
    pub line: usize,
    /// Length of the text found.
    pub length: usize,
}

impl Forbidden {
    /// Adds a tax code, and the key made of it (lower-hex SHA-256 of its upper-case form).
    pub fn tax_code(&mut self, code: &str) {
        self.text(code);
        let mut key = String::new();
        for byte in Sha256::digest(code.to_ascii_uppercase().as_bytes()) {
            let _ = write!(key, "{byte:02x}");
        }
        self.text(&key);
    }

    /// Adds any text: a password, a token.
    pub fn text(&mut self, text: &str) {
        // Anything shorter would be found by chance.
        if text.len() >= 8 {
            self.lengths.insert(text.len());
            self.texts.insert(text.to_ascii_lowercase().into_bytes());
        }
    }

    /// How many texts are looked for.
    #[must_use]
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether nothing is looked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Searches every file under a folder, whatever the letters' case. Gives the hits and the number of bytes read.
    ///
    /// # Errors
    /// What the file system says.
    pub fn search(&self, folder: &Path) -> io::Result<(Vec<Hit>, u64)> {
        let (mut hits, mut read) = (Vec::new(), 0);
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                let (inner, bytes) = self.search(&path)?;
                hits.extend(inner);
                read += bytes;
            } else {
                let mut bytes = std::fs::read(&path)?;
                bytes.make_ascii_lowercase();
                read += bytes.len() as u64;
                self.search_bytes(&path, &bytes, &mut hits);
            }
        }
        Ok((hits, read))
    }

    fn search_bytes(&self, file: &Path, bytes: &[u8], hits: &mut Vec<Hit>) {
        for (number, line) in bytes.split(|b| *b == b'\n').enumerate() {
            for &length in &self.lengths {
                if line.windows(length).any(|window| self.texts.contains(window)) {
                    hits.push(Hit { file: file.to_owned(), line: number + 1, length });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_planted_code_its_key_and_a_password_are_found() {
        let folder = std::env::temp_dir().join(format!("harness-logs-{}", std::process::id()));
        let log = Sink::create(&folder.join("inner").join("a.log")).unwrap();
        log.line("nothing here");
        log.line("asked for rssmra80a01f205x, found");
        // SHA-256 of RSSMRA80A01F205X, computed with coreutils' sha256sum.
        log.line("key=37b3be4a8aea05157ef0507123eaf17249051dc6bc0b2c37538f75f901b0e4f1");
        log.line("authorization: Basic s3cret-password");
        let mut forbidden = Forbidden::default();
        forbidden.tax_code("RSSMRA80A01F205X");
        forbidden.text("s3cret-password");
        let (hits, read) = forbidden.search(&folder).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        let found: Vec<_> = hits.iter().map(|h| (h.line, h.length)).collect();
        assert_eq!(found, [(2, 16), (3, 64), (4, 15)]);
        assert!(read > 100);
    }
}
