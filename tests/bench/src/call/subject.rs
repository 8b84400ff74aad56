//! What is compared: the filter, other builds of it, and what others would have written instead.

use std::path::{Path, PathBuf};

use xtask::{Context, Error, Result};

/// Something that answers the requests, with an Envoy of its own.
#[derive(Clone, Debug)]
pub struct Subject {
    /// As it is printed.
    pub name: String,
    /// What it is.
    pub kind: Kind,
}

/// What a subject is.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Our filter, or another build of it.
    Filter(Build),
    /// The hand-written filter's module.
    Floor(PathBuf),
    /// A service behind an Envoy without our filter.
    Service(Service),
}

/// A program that answers the requests itself. It is told `--legacy`, `--current`, `--workers`, `--year` and `--soap`,
/// and says `listening ADDRESS`.
#[derive(Clone, Debug)]
pub struct Service {
    /// The program.
    pub program: PathBuf,
    /// What comes before the rest of its command line.
    pub arguments: Vec<String>,
    /// Variables of its environment.
    pub environment: Vec<(String, String)>,
}

/// A build of ours: a module, and where they differ from today's, its bundles and the gateway's configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Build {
    /// The module.
    pub wasm: PathBuf,
    /// A folder with `MAPPING.bundle.json` and `development.yaml`; what is not there is today's.
    pub dir: Option<PathBuf>,
}

/// The filter's name in a folder of another build.
pub const MODULE: &str = "ifs_filter.wasm";

impl Build {
    /// A module, or a folder with one of this name.
    pub fn at(path: &Path, module: &str) -> Result<Self> {
        // Envoy has another working folder.
        let path = std::path::absolute(path).context(path.display())?;
        let build = if path.is_dir() {
            Self { wasm: path.join(module), dir: Some(path) }
        } else {
            Self { wasm: path, dir: None }
        };
        if build.wasm.is_file() { Ok(build) } else { Err(Error::new(format!("no module at {}", build.wasm.display()))) }
    }

    /// A file of its own beside it, if there is one.
    pub fn own(&self, name: &str) -> Option<PathBuf> {
        let file = self.dir.as_ref()?.join(name);
        file.is_file().then_some(file)
    }

    /// Its own bundle of a mapping, if it has one.
    pub fn bundle(&self, mapping: &str) -> Result<Option<Vec<u8>>> {
        let read = |file: PathBuf| std::fs::read(&file).context(file.display());
        self.own(&format!("{mapping}.bundle.json")).map(read).transpose()
    }
}

/// `NAME=PATH`, another build of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// As it is printed.
    pub name: String,
    /// The build.
    pub build: Build,
}

impl Named {
    /// Reads `NAME=PATH`, where a folder has a module of this name.
    pub fn read(text: &str, module: &str) -> Result<Self> {
        let (name, path) = text.split_once('=').filter(|(name, _)| !name.is_empty()).context("NAME=PATH is wanted")?;
        Ok(Self { name: name.to_owned(), build: Build::at(Path::new(path), module)? })
    }
}

impl Named {
    /// The same build's other module of this name, if its folder has one.
    pub fn beside(&self, module: &str) -> Option<Self> {
        let wasm = self.build.own(module)?;
        Some(Self { name: self.name.clone(), build: Build { wasm, ..self.build.clone() } })
    }
}

impl Subject {
    /// A build of our filter.
    pub fn filter(name: &str, build: Build) -> Self {
        Self { name: name.to_owned(), kind: Kind::Filter(build) }
    }

    /// The hand-written filter.
    pub fn floor(module: PathBuf) -> Self {
        Self { name: FLOOR.to_owned(), kind: Kind::Floor(module) }
    }

    /// The sidecar.
    pub fn sidecar(program: PathBuf) -> Self {
        Self::service(SIDECAR, Service { program, arguments: Vec::new(), environment: Vec::new() })
    }

    /// Another service.
    pub fn service(name: &str, service: Service) -> Self {
        Self { name: name.to_owned(), kind: Kind::Service(service) }
    }

    /// Its wasm module, if it has one.
    pub fn module(&self) -> Option<&Path> {
        match &self.kind {
            Kind::Filter(build) => Some(&build.wasm),
            Kind::Floor(module) => Some(module),
            Kind::Service(_) => None,
        }
    }
}

/// Our filter as it stands.
pub const FILTER: &str = "filter";
/// The same once more, with processes of its own: by how much its ratio to the first is off 1 is the noise of the run.
pub const AGAIN: &str = "filter again";
/// The hand-written filter.
pub const FLOOR: &str = "by hand";
/// The hand-written sidecar.
pub const SIDECAR: &str = "sidecar";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_build_is_a_module_or_a_folder() {
        let dir = xtask::paths::run_dir("bench-build").unwrap();
        let file = dir.join(MODULE);
        assert!(Named::read(&format!("old={}", file.display()), MODULE).is_err(), "there is none yet");
        std::fs::write(&file, b"").unwrap();
        let module = Named::read(&format!("old={}", file.display()), MODULE).unwrap();
        assert_eq!((module.name.as_str(), &module.build.dir), ("old", &None));
        let folder = Named::read(&format!("old={}", dir.display()), MODULE).unwrap();
        assert_eq!(folder.build.wasm, module.build.wasm);
        assert!(folder.build.own("development.yaml").is_none());
        std::fs::write(dir.join("development.yaml"), b"").unwrap();
        assert!(folder.build.own("development.yaml").is_some());
        assert_eq!(folder.build.bundle("one-page").unwrap(), None);
        std::fs::write(dir.join("one-page.bundle.json"), b"{}").unwrap();
        assert_eq!(folder.build.bundle("one-page").unwrap().unwrap(), b"{}");
        assert!(Named::read("=x", MODULE).is_err());
        std::fs::remove_dir_all(dir).unwrap();
    }
}
