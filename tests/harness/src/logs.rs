//! Everything the suite logs, and the search through it for what must not be there.

use std::collections::{BTreeMap, BTreeSet};
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
    /// Lower-case texts, all of them ASCII, by their first bytes.
    texts: BTreeMap<[u8; START], BTreeSet<Vec<u8>>>,
}

/// The least a text may have: anything shorter would be found by chance.
const START: usize = 8;

/// Which starts there may be, by a few of their bits: most places in a log are none, and a search reads every one.
struct Starts(Vec<bool>);

impl Starts {
    fn place(start: &[u8]) -> usize {
        let (bits, _) = start.split_at_checked(4).unwrap_or_default();
        bits.iter().fold(0, |place, byte| ((place << 5) ^ usize::from(*byte)) & 0xffff)
    }

    fn of<'a>(starts: impl Iterator<Item = &'a [u8; START]>) -> Self {
        let mut table = vec![false; 0x1_0000];
        starts.for_each(|start| table[Self::place(start)] = true);
        Self(table)
    }
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

    /// Adds any text: a password, a session.
    pub fn text(&mut self, text: &str) {
        let text = text.to_ascii_lowercase().into_bytes();
        if let Some(start) = text.first_chunk::<START>().copied() {
            self.texts.entry(start).or_default().insert(text);
        }
    }

    /// Adds a token, and each of its parts.
    pub fn token(&mut self, token: &str) {
        self.text(token);
        token.split('.').for_each(|part| self.text(part));
    }

    /// Adds a private key in PEM: each line of it, as a log may have it in one line or several.
    pub fn key(&mut self, pem: &str) {
        pem.lines().filter(|line| !line.starts_with("-----")).for_each(|line| self.text(line));
    }

    /// How many texts are looked for.
    #[must_use]
    pub fn len(&self) -> usize {
        self.texts.values().map(BTreeSet::len).sum()
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
        let (mut hits, starts) = (Vec::new(), Starts::of(self.texts.keys()));
        let read = self.search_folder(folder, &starts, &mut hits)?;
        Ok((hits, read))
    }

    fn search_folder(&self, folder: &Path, starts: &Starts, hits: &mut Vec<Hit>) -> io::Result<u64> {
        let mut read = 0;
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                read += self.search_folder(&path, starts, hits)?;
            } else {
                let mut bytes = std::fs::read(&path)?;
                bytes.make_ascii_lowercase();
                read += bytes.len() as u64;
                self.search_bytes(&path, &bytes, starts, hits);
            }
        }
        Ok(read)
    }

    fn search_bytes(&self, file: &Path, bytes: &[u8], starts: &Starts, hits: &mut Vec<Hit>) {
        for (number, line) in bytes.split(|b| *b == b'\n').enumerate() {
            let mut lengths = BTreeSet::new();
            for (at, start) in line.windows(START).enumerate() {
                if !starts.0[Starts::place(start)] {
                    continue;
                }
                let texts = start.first_chunk::<START>().and_then(|start| self.texts.get(start));
                let found = texts.into_iter().flatten().filter(|text| line[at..].starts_with(text));
                lengths.extend(found.map(Vec::len));
            }
            hits.extend(lengths.into_iter().map(|length| Hit { file: file.to_owned(), line: number + 1, length }));
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

    #[test]
    fn a_planted_token_and_each_part_of_it_and_a_key_are_found() {
        let folder = std::env::temp_dir().join(format!("harness-tokens-{}", std::process::id()));
        let log = Sink::create(&folder.join("a.log")).unwrap();
        let lines = [
            // The token of RFC 7515 §A.1, and its parts.
            "jwt: Parse Jwt eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UifQ.dBjftJeZ4CVP",
            "{\"typ\"} eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9",
            "payload=eyJpc3MiOiJqb2UifQ;",
            "dBjftJeZ4CVP",
            "eyJpc3MiOiJqb2",
            "-----BEGIN PRIVATE KEY-----\\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49\\n",
        ];
        lines.iter().for_each(|line| log.line(line));
        let mut forbidden = Forbidden::default();
        forbidden.token("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UifQ.dBjftJeZ4CVP");
        forbidden
            .key("-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49\nshort\n-----END PRIVATE KEY-----\n");
        assert_eq!(forbidden.len(), 5);
        let (hits, _) = forbidden.search(&folder).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        let found: Vec<_> = hits.iter().map(|h| (h.line, h.length)).collect();
        assert_eq!(found, [(1, 12), (1, 18), (1, 40), (1, 72), (2, 40), (3, 18), (4, 12), (6, 32)]);
    }
}
