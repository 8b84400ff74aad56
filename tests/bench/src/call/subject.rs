//! What is compared: the filter, other builds of it, and what others would have written instead.

use std::path::{Path, PathBuf};
use std::str::FromStr;

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
    /// The hand-written sidecar behind an Envoy without our filter.
    Sidecar,
}

/// A build of our filter: the module, and where they differ from today's, its bundles and the gateway's configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Build {
    /// The module.
    pub wasm: PathBuf,
    /// A folder with `MAPPING.bundle.json` and `development.yaml`; what is not there is today's.
    pub dir: Option<PathBuf>,
}

/// The module's name in a folder.
pub const MODULE: &str = "ifs_filter.wasm";

impl Build {
    /// A module or a folder with one.
    fn at(path: &Path) -> Result<Self> {
        let build = if path.is_dir() {
            Self { wasm: path.join(MODULE), dir: Some(path.to_owned()) }
        } else {
            Self { wasm: path.to_owned(), dir: None }
        };
        // Envoy has another working folder.
        let wasm = std::path::absolute(&build.wasm).context(path.display())?;
        if wasm.is_file() {
            Ok(Self { wasm, ..build })
        } else {
            Err(Error::new(format!("no module at {}", wasm.display())))
        }
    }

    /// A file of its own beside it, if there is one.
    pub fn own(&self, name: &str) -> Option<PathBuf> {
        let file = std::path::absolute(self.dir.as_ref()?.join(name)).ok()?;
        file.is_file().then_some(file)
    }
}

/// `NAME=PATH`, another build of our filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// As it is printed.
    pub name: String,
    /// The build.
    pub build: Build,
}

impl FromStr for Named {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (name, path) = text.split_once('=').filter(|(name, _)| !name.is_empty()).context("NAME=PATH is wanted")?;
        Ok(Self { name: name.to_owned(), build: Build::at(Path::new(path))? })
    }
}

impl Subject {
    /// A build of our filter.
    pub fn filter(name: &str, build: Build) -> Self {
        Self { name: name.to_owned(), kind: Kind::Filter(build) }
    }

    /// The sidecar.
    pub fn sidecar() -> Self {
        Self { name: SIDECAR.to_owned(), kind: Kind::Sidecar }
    }

    /// Bytes of its wasm module, if it has one.
    pub fn module(&self) -> Option<&Path> {
        match &self.kind {
            Kind::Filter(build) => Some(&build.wasm),
            Kind::Sidecar => None,
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
        assert!(format!("old={}", file.display()).parse::<Named>().is_err(), "there is none yet");
        std::fs::write(&file, b"").unwrap();
        let module: Named = format!("old={}", file.display()).parse().unwrap();
        assert_eq!((module.name.as_str(), &module.build.dir), ("old", &None));
        let folder: Named = format!("old={}", dir.display()).parse().unwrap();
        assert_eq!(folder.build.wasm, module.build.wasm);
        assert!(folder.build.own("development.yaml").is_none());
        std::fs::write(dir.join("development.yaml"), b"").unwrap();
        assert!(folder.build.own("development.yaml").is_some());
        assert!("=x".parse::<Named>().is_err());
        std::fs::remove_dir_all(dir).unwrap();
    }
}
