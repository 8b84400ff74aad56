//! Files that Envoy reads: written whole, never half there.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use serde_json::Value;

use crate::{Context, Result};

/// Writes a file that only its owner can read, and puts it in place by a rename: Envoy, which watches for renames, reads
/// the old one or the new one.
///
/// # Errors
/// It cannot be written.
pub fn replace(file: &Path, tree: &Value) -> Result<()> {
    let doing = format!("writing {}", file.display());
    let fresh = file.with_extension("new");
    let text = serde_json::to_vec_pretty(tree).context(&doing)?;
    // One left behind may be open to others.
    let _ = std::fs::remove_file(&fresh);
    let mut options = std::fs::OpenOptions::new();
    let mut out = options.write(true).create_new(true).mode(0o600).open(&fresh).context(&doing)?;
    out.write_all(&text).and_then(|()| out.sync_all()).context(&doing)?;
    std::fs::rename(&fresh, file).context(&doing)
}

/// A path as a value of a template.
#[must_use]
pub fn text(path: &Path) -> Value {
    Value::from(path.to_string_lossy())
}
