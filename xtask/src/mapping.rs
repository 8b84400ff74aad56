//! Mapping files to bundles, by the project's compiler.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use adapter_core::Plan;
use adapter_core::contract::{self, Operation};
use shell::{CURSOR_KEYS, keys_of, secret_variable};

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
    /// The variables with the keys that the gateway needs besides.
    pub keys: Vec<&'static str>,
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

    /// The variables of Envoy's environment that hold its secrets, with what `value` gives for each; and the keys of cursors
    /// and of changes that it needs, out of our own environment. Without one a key is made that nobody else has: cursors
    /// are then good, and changes known again, for as long as this gateway runs.
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
        let mut all: Vec<(String, String)> = self.secrets.iter().map(one).collect::<Result<_>>()?;
        for key in &self.keys {
            let own = std::env::var(key).ok().filter(|value| !value.is_empty());
            all.push(((*key).to_owned(), own.map_or_else(random_key, Ok)?));
        }
        let [key, other] = CURSOR_KEYS;
        let opens = std::env::var(other).ok().filter(|_| self.keys.contains(&key));
        all.extend(opens.map(|value| (other.to_owned(), value)));
        Ok(all)
    }
}

/// 64 hex digits that nobody can guess.
///
/// # Errors
/// The machine gives no random numbers.
pub fn random_key() -> Result<String> {
    let mut bytes = [0; 32];
    let read = std::fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes));
    read.context("reading /dev/urandom")?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
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
    let operations = contract::operations().filter(|o| bundle.answers(o.name)).collect();
    let bundle = adapter_core::bundle::seal(&bundle).context("writing the bundle")?;
    let keys = keys_of(&Plan::load(&bundle).map_err(|e| Error::new(e.to_string()))?);
    Ok(Compiled { bundle, clusters, bases, secrets, keys, operations })
}
