//! A recording as files of a pack: what each call was answered under `samples`, the test under `tests`.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use adapter_core::CallResult;
use adapter_core::value::date::write_instant;
use mapping_compiler::testfile::Match;
use serde_json::Value;

use super::Recording;
use crate::live::{Desk, path};
use crate::yaml::behind_key;

/// Where a recording is kept.
#[derive(Clone, Copy, Debug)]
pub struct Place<'p> {
    /// The folder of a pack; it need not be the mapping's own.
    pub folder: &'p Path,
    /// What the test and the samples are called.
    pub name: &'p str,
    /// The mapping, as the test names it where the folder is another's.
    pub mapping: Option<&'p Path>,
}

/// Writes the files; what is there already is not overwritten. Gives what was written.
///
/// # Errors
/// If there is such a test already, a file cannot be written, or a call has an end that no test file can say.
pub fn write(place: Place<'_>, desk: Desk<'_>, recording: &Recording) -> Result<Vec<PathBuf>, String> {
    let mut files: Vec<(PathBuf, Vec<u8>)> = Vec::new();
    let mut entries = String::new();
    for (at, (call, result)) in recording.exchange.calls.iter().enumerate() {
        let number = at.saturating_add(1);
        let when = Match::of_call(call.method, &call.path);
        let query: Vec<String> =
            when.query.iter().map(|(name, value)| format!("{}: {}", quoted(name), quoted(&value.text()))).collect();
        let query = if query.is_empty() { String::new() } else { format!(", query: {{ {} }}", query.join(", ")) };
        let target = when.path.unwrap_or_default();
        let _ = writeln!(entries, "  # {}", call.name);
        let _ = writeln!(entries, "  - match: {{ method: {}, path: {}{query} }}", call.method, quoted(&target));
        match result {
            CallResult::Answer { status, headers, body } => {
                let file = format!("{}-{number}-{}.{}", place.name, plain(&call.name), ending(headers, body));
                let _ = writeln!(entries, "    answer:");
                let _ = writeln!(entries, "      times: 1");
                let _ = writeln!(entries, "      status: {status}");
                let lines = lines(headers);
                if !lines.is_empty() {
                    let _ = writeln!(entries, "      headers: {{ {lines} }}");
                }
                if !body.is_empty() {
                    let _ = writeln!(entries, "      file: ../samples/{file}");
                    files.push((place.folder.join("samples").join(file), body.clone()));
                }
            }
            other => {
                let fault = fault(other).ok_or_else(|| format!("`{}` had no answer that can be kept", call.name))?;
                let _ = writeln!(entries, "    answer: {{ times: 1, fault: {fault} }}");
            }
        }
    }
    let test = place.folder.join("tests").join(format!("{}.yaml", place.name));
    files.push((test, text(place, desk, recording, &entries)?.into_bytes()));
    for (path, _) in &files {
        if path.exists() {
            return Err(format!("{} is there already; give another --name", path.display()));
        }
    }
    for (path, bytes) in &files {
        new(path, bytes).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    Ok(files.into_iter().map(|(path, _)| path).collect())
}

fn text(place: Place<'_>, desk: Desk<'_>, recording: &Recording, entries: &str) -> Result<String, String> {
    let mut now = String::new();
    write_instant(desk.now_ms, &mut now);
    let mut out =
        format!("about: Recorded; all values are replaced but codes that the mapping compares\nnow: \"{now}\"\n");
    if let Some(mapping) = place.mapping {
        let _ = writeln!(out, "mapping: {}", quoted(&mapping.display().to_string()));
    }
    let _ = writeln!(out, "request: {{ path: {}, body: {} }}", path(desk.operation), recording.request);
    if !entries.is_empty() {
        let _ = write!(out, "legacy:\n{entries}");
    }
    let response = &recording.exchange.response;
    let body = std::str::from_utf8(&response.body).map_err(|e| e.to_string())?;
    let _ = writeln!(out, "expect:\n  status: {}\n  calls: {}", response.status, recording.exchange.calls.len());
    let tree: Value = serde_json::from_str(body).unwrap_or_default();
    if response.status == 200 {
        let _ = write!(out, "  body:{}", behind_key(&tree, 4));
    } else if let Some(problem) = tree.get("type").and_then(Value::as_str) {
        let _ = writeln!(out, "  problem: {}", problem.trim_start_matches("urn:ifs-adapter:problem:"));
    }
    Ok(out)
}

/// The lines of headers, each name once.
fn lines(headers: &[(String, String)]) -> String {
    let mut names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let shown = names.into_iter().map(|name| {
        let all: Vec<String> = headers.iter().filter(|(n, _)| n == name).map(|(_, value)| quoted(value)).collect();
        match all.as_slice() {
            [one] => format!("{}: {one}", quoted(name)),
            several => format!("{}: [{}]", quoted(name), several.join(", ")),
        }
    });
    shown.collect::<Vec<_>>().join(", ")
}

fn fault(result: &CallResult) -> Option<&'static str> {
    match result {
        CallResult::Reset => Some("reset"),
        CallResult::Protocol => Some("garbage"),
        CallResult::TimedOut => Some("hang"),
        CallResult::Truncated => Some("truncate"),
        _ => None,
    }
}

fn ending(headers: &[(String, String)], body: &[u8]) -> &'static str {
    if headers.iter().any(|(name, value)| name == "content-type" && value.contains("csv")) {
        return "csv";
    }
    match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{' | b'[') => "json",
        Some(b'<') => "xml",
        _ => "txt",
    }
}

/// A name as part of a file's.
fn plain(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect()
}

/// A text as YAML and JSON both write it.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::OpenOptions::new().write(true).create_new(true).open(path)?.write_all(bytes)
}
