//! The gateway configurations are written in parts that several of them share, joined to files that stand alone.
//!
//! A line `#@ NAME` in `envoy/parts/files/FILE` stands for `envoy/parts/NAME.yaml`, comments and all, indented as the
//! line is. `#@ NAME a=b` puts `b` for each `@a@` in it. A part may have parts.

use std::path::{Path, PathBuf};

use crate::{Context, Error, Result, paths};

/// Parts in parts in parts end somewhere.
const DEPTH: u32 = 8;

/// The files that are joined: the configurations, and the filter's own that they find out at run time.
///
/// # Errors
/// Their folder cannot be read.
pub fn files() -> Result<Vec<PathBuf>> {
    let dir = folder().join("parts").join("files");
    let entries = std::fs::read_dir(&dir).context(format!("reading {}", dir.display()))?;
    let names = entries.filter_map(|entry| Some(folder().join(entry.ok()?.file_name())));
    let mut files: Vec<PathBuf> = names.filter(|file| file.extension().is_some_and(|e| e == "yaml")).collect();
    files.sort();
    Ok(files)
}

/// What one of [`files`] must hold.
///
/// # Errors
/// A part is missing, or a line that asks for one is not of the form.
pub fn join(file: &Path) -> Result<String> {
    let parts = folder().join("parts");
    let name = file.file_name().context("a file")?;
    let mut out = String::new();
    expand(&parts, &parts.join("files").join(name), &[], "", DEPTH, &mut out)?;
    Ok(out)
}

fn folder() -> PathBuf {
    paths::root().join("envoy")
}

fn expand(
    parts: &Path,
    file: &Path,
    given: &[(String, String)],
    indent: &str,
    depth: u32,
    out: &mut String,
) -> Result<()> {
    let name = file.display();
    let text = std::fs::read_to_string(file).context(format!("reading {name}"))?;
    let deeper = depth.checked_sub(1).context(format!("{name}: parts contain one another"))?;
    for line in text.lines() {
        let line = given.iter().fold(line.to_owned(), |line, (key, value)| line.replace(&format!("@{key}@"), value));
        let bare = line.trim_start();
        if let Some(wanted) = bare.strip_prefix("#@ ") {
            let mut words = wanted.split_whitespace();
            let part = words.next().context(format!("{name}: `#@` names no part"))?;
            let with = words.map(|word| word.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned())));
            let with: Option<Vec<_>> = with.collect();
            let with = with.context(format!("{name}: `{bare}` must be `#@ NAME key=value …`"))?;
            let inner = format!("{indent}{}", &line[..line.len() - bare.len()]);
            expand(parts, &parts.join(format!("{part}.yaml")), &with, &inner, deeper, out)?;
        } else if line.is_empty() {
            out.push('\n');
        } else {
            out.push_str(indent);
            out.push_str(&line);
            out.push('\n');
        }
    }
    Ok(())
}

/// Refuses a file that is not what its parts make.
///
/// # Errors
/// It is stale, or a part is missing.
pub fn fresh(file: &Path) -> Result<()> {
    let name = file.display();
    let is = std::fs::read_to_string(file).context(format!("reading {name}"))?;
    if is == join(file)? {
        Ok(())
    } else {
        Err(Error::new(format!("{name} is stale: run `cargo xtask gateway-files`")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_are_what_their_parts_make() {
        let files = files().unwrap();
        assert!(files.iter().any(|file| file.ends_with("development.yaml")));
        files.iter().for_each(|file| fresh(file).unwrap());
    }

    #[test]
    fn parts_are_indented_and_filled() {
        let dir = paths::run_dir("parts").unwrap();
        let write = |name: &str, text: &str| std::fs::write(dir.join(name), text).unwrap();
        write("whole.yaml", "a:\n  #@ piece x=1\nb: 2\n");
        write("piece.yaml", "# Why.\nc: @x@\n\nd:\n  #@ leaf\n");
        write("leaf.yaml", "- e\n");
        write("loop.yaml", "#@ loop\n");
        let joined = |name: &str| {
            let mut out = String::new();
            expand(&dir, &dir.join(name), &[], "", DEPTH, &mut out).map(|()| out)
        };
        assert_eq!(joined("whole.yaml").unwrap(), "a:\n  # Why.\n  c: 1\n\n  d:\n    - e\nb: 2\n");
        assert!(joined("loop.yaml").is_err());
    }
}
