//! What `--mode validate` would not look at, or would touch: files that Envoy reads while it runs are put in their
//! places, and logs go to another folder.

use std::path::Path;

use serde_json::Value;

use super::is;
use crate::envoy::{dynamic, files, template};
use crate::{Context, Error, Result};

const FILE_LOG: &str = "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog";

/// Makes a configuration one that shows all its mistakes and changes nothing: the filter, the certificate and the
/// clients' authorities stand in it, and what Envoy would write goes into `dir`.
///
/// # Errors
/// A file that it names cannot be read, or does not hold what is asked of it.
pub(super) fn put_in(tree: &mut Value, dir: &Path) -> Result<()> {
    dynamic::put_in(tree)?;
    let mut failed = None;
    each(tree, &mut |node| {
        if let Err(error) = own(node).and_then(|()| clients(node)) {
            failed.get_or_insert(error);
        }
        if is(node, "@type", FILE_LOG)
            && let Some(path) = node.get_mut("path")
        {
            *path = files::text(&dir.join("access.log"));
        }
    });
    failed.map_or(Ok(()), Err)
}

/// The gateway's own certificates: a context for TLS has them in files that Envoy finds out about later.
fn own(context: &mut Value) -> Result<()> {
    let Some(sources) = context.get("tls_certificate_sds_secret_configs").and_then(Value::as_array) else {
        return Ok(());
    };
    let all: Result<Vec<Value>> =
        sources.iter().filter_map(|source| secret(source, "tls_certificate").transpose()).collect();
    let all = all?;
    if let Some(members) = context.as_object_mut()
        && !all.is_empty()
    {
        members.remove("tls_certificate_sds_secret_configs");
        members.insert("tls_certificates".to_owned(), Value::Array(all));
    }
    Ok(())
}

/// Whose certificates are trusted, with what stands in the configuration itself.
fn clients(context: &mut Value) -> Result<()> {
    let Some(combined) = context.get("combined_validation_context") else { return Ok(()) };
    let Some(source) = combined.get("validation_context_sds_secret_config") else { return Ok(()) };
    let Some(mut found) = secret(source, "validation_context")? else { return Ok(()) };
    if let (Some(found), Some(stated)) =
        (found.as_object_mut(), combined.get("default_validation_context").and_then(Value::as_object))
    {
        stated.iter().for_each(|(name, value)| {
            found.entry(name.as_str()).or_insert_with(|| value.clone());
        });
    }
    if let Some(members) = context.as_object_mut() {
        members.remove("combined_validation_context");
        members.insert("validation_context".to_owned(), found);
    }
    Ok(())
}

/// What a secret's file holds; none if it does not come from a file.
pub(super) fn secret(source: &Value, member: &str) -> Result<Option<Value>> {
    let path = source.pointer("/sds_config/path_config_source/path").and_then(Value::as_str);
    let (Some(path), Some(name)) = (path, source.get("name").and_then(Value::as_str)) else { return Ok(None) };
    let tree = template::read(Path::new(path))?;
    let resources = tree.get("resources").and_then(Value::as_array).context(format!("{path}: no resources"))?;
    let wanted = resources.iter().find(|one| is(one, "name", name)).and_then(|one| one.get(member));
    let mut wanted = wanted.cloned().ok_or_else(|| Error::new(format!("{path}: no {member} named `{name}`")))?;
    if let Some(members) = wanted.as_object_mut() {
        // It says when the file is read again, and may stand in such a file alone.
        members.remove("watched_directory");
    }
    Ok(Some(wanted))
}

fn each(node: &mut Value, change: &mut dyn FnMut(&mut Value)) {
    change(node);
    match node {
        Value::Array(items) => items.iter_mut().for_each(|item| each(item, change)),
        Value::Object(members) => members.values_mut().for_each(|member| each(member, change)),
        _ => {}
    }
}
