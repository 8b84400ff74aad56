//! What is not wrong by itself, and yet seldom meant.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::Value;

use super::is;
use super::whole::secret;
use crate::envoy::template::visit;

const GENERIC: &str = "type.googleapis.com/envoy.extensions.http.injected_credentials.generic.v3.Generic";
const FILE_LOG: &str = "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog";

/// Sentences about a configuration with the filter in its place; they name files and members, and no value.
#[must_use]
pub fn warnings(tree: &Value) -> Vec<String> {
    let mut said = Vec::new();
    visit(tree, "", &mut |_, node| {
        if is(node, "@type", GENERIC)
            && let Some(source) = node.get("credential")
            && let Ok(Some(found)) = secret(source, "generic_secret")
            && let Some(value) = found.pointer("/secret/inline_string").and_then(Value::as_str)
        {
            said.extend(scheme(source.get("name").and_then(Value::as_str).unwrap_or_default(), value));
        }
        if let Some(path) = node.pointer("/sds_config/path_config_source/path").and_then(Value::as_str) {
            said.extend(open(Path::new(path)));
        }
        for source in node.get("tls_certificate_sds_secret_configs").and_then(Value::as_array).into_iter().flatten() {
            if let Ok(Some(found)) = secret(source, "tls_certificate")
                && let Some(key) = found.pointer("/private_key/filename").and_then(Value::as_str)
            {
                said.extend(open(Path::new(key)));
            }
        }
        if is(node, "@type", FILE_LOG)
            && let Some(path) = node.get("path").and_then(Value::as_str)
            && let Some(folder) = Path::new(path).parent().filter(|folder| !folder.is_dir())
        {
            said.push(format!("{} is not there: Envoy does not start without the folder of its log", folder.display()));
        }
    });
    said.sort();
    said.dedup();
    said
}

/// A value of `Authorization` begins with its scheme (RFC 9110 §11.4).
#[must_use]
pub fn scheme(name: &str, value: &str) -> Option<String> {
    let has = value.trim().split_once(' ').is_some_and(|(scheme, rest)| !scheme.is_empty() && !rest.trim().is_empty());
    (!has).then(|| format!("{name}: the value has no scheme before it, such as `Basic …` or `Bearer …`"))
}

/// Credentials and keys are for their owner, and at most for a group.
#[must_use]
pub fn open(file: &Path) -> Option<String> {
    let mode = std::fs::metadata(file).ok()?.permissions().mode();
    (mode & 0o007 != 0).then(|| format!("{} can be read by everybody on this machine (chmod o= …)", file.display()))
}
