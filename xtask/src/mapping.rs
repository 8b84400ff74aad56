//! Mapping files to bundles, by the project's compiler.

use std::path::{Path, PathBuf};

use adapter_core::contract::{self, Operation};
use shell::secret_variable;

use crate::{Context, Error, Result, paths};

/// The pack that is used where none is named.
pub const DEFAULT_PACK: &str = "esse3-rest";

/// A mapping ready for the filter.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The bundle file's bytes.
    pub bundle: Vec<u8>,
    /// The clusters it calls, each once, in alphabetical order.
    pub clusters: Vec<String>,
    /// Where its systems' services begin, as paths.
    pub bases: Vec<String>,
    /// The secrets it needs of the host, by their names in the mapping.
    pub secrets: Vec<String>,
    /// The operations it answers.
    pub operations: Vec<&'static Operation>,
}

impl Compiled {
    /// The APIs it answers, 1 for IFS01, each once.
    #[must_use]
    pub fn apis(&self) -> Vec<u8> {
        let mut apis: Vec<u8> = self.operations.iter().map(|operation| operation.id.api()).collect();
        apis.sort_unstable();
        apis.dedup();
        apis
    }

    /// The variables of Envoy's environment that hold its secrets, with what `value` gives for each.
    ///
    /// # Errors
    /// Names the variable for which there is no value.
    pub fn secrets(&self, value: impl Fn(&str, &str) -> Option<String>) -> Result<Vec<(String, String)>> {
        let one = |name: &String| {
            let variable = secret_variable(name);
            let given = value(name, &variable).filter(|value| !value.is_empty());
            let given = given.context(format!("the mapping needs secret.{name}: set {variable}"))?;
            Ok((variable, given))
        };
        self.secrets.iter().map(one).collect()
    }
}

/// The mapping file of a pack: a name under `mappings/`, or a folder.
#[must_use]
pub fn of_pack(pack: &str) -> PathBuf {
    let folder = if pack.contains('/') { PathBuf::from(pack) } else { paths::root().join("mappings").join(pack) };
    folder.join("mapping.yaml")
}

/// Compiles a mapping file. Warnings go to our error stream.
///
/// # Errors
/// The file cannot be read, or the mapping is wrong: the message has every diagnostic.
pub fn compile(file: &Path) -> Result<Compiled> {
    let outcome = mapping_compiler::compile(file);
    let said = outcome.report.human();
    let Some(bundle) = outcome.bundle else {
        return Err(Error::new(format!("{} does not compile\n{}", file.display(), said.trim_end())));
    };
    if !said.trim().is_empty() {
        eprintln!("{}", said.trim_end());
    }
    let mut clusters: Vec<String> = bundle.systems.iter().map(|system| system.cluster.clone()).collect();
    clusters.sort();
    clusters.dedup();
    let bases = bundle.systems.iter().map(|system| system.base.clone()).collect();
    let secrets = bundle.secrets.clone();
    let operations = contract::served().filter(|o| bundle.operations.contains_key(o.name)).collect();
    let bundle = adapter_core::bundle::seal(&bundle).context("writing the bundle")?;
    Ok(Compiled { bundle, clusters, bases, secrets, operations })
}
