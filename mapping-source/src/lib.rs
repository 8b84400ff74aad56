//! The files of a mapping as they are written: where they are read from ([`Files`]), YAML that knows where each of its
//! nodes stands ([`yaml`]), and what is said about a place ([`diagnostic`]). Knows nothing of what a mapping means.

pub mod diagnostic;
pub mod source;
pub mod yaml;

use std::io;
use std::path::Path;

/// Where the compiler reads files from.
pub trait Files {
    /// The whole file.
    ///
    /// # Errors
    /// What the file system says.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;
}

/// The files that stand in a folder.
#[derive(Clone, Copy)]
pub struct Folder<'f> {
    /// The folder.
    pub path: &'f Path,
    /// What they are read from.
    pub files: &'f dyn Files,
}

impl Folder<'_> {
    /// The whole of a file that is named from here.
    ///
    /// # Errors
    /// That it cannot be read, with its path.
    pub fn read(&self, file: &Path) -> Result<Vec<u8>, String> {
        let path = self.path.join(file);
        self.files.read(&path).map_err(|e| format!("{}: {e}", path.display()))
    }
}

/// The file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct Disk;

impl Files for Disk {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        std::fs::read(path)
    }
}
