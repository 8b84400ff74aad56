//! What the operator's pages name is there: commands and their flags, files, problems, metrics, variables.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use adapter_core::problem::CODES;

/// The pages that are looked at.
pub(crate) fn pages() -> Vec<(String, String)> {
    let mut names: Vec<String> = [
        "README.md",
        "SECURITY.md",
        "docs/gateway-development.md",
        "docs/gateways.md",
        "docs/it/dati-personali.md",
        "docs/limits.md",
        "docs/metrics.md",
        "docs/operations.md",
        "docs/runbook.md",
        "docs/trust.md",
        "docs/where.md",
    ]
    .map(str::to_owned)
    .to_vec();
    for entry in std::fs::read_dir(crate::file("envoy")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".md") {
            names.push(format!("envoy/{name}"));
        }
    }
    names.sort();
    names.into_iter().map(|name| (crate::text(&name), name)).map(|(text, name)| (name, text)).collect()
}

/// Fails with everything that is wrong on any page.
fn all(look: impl Fn(&str, &str) -> Vec<String>) {
    let wrong: Vec<String> = pages()
        .iter()
        .flat_map(|(name, text)| look(name, text).into_iter().map(move |what| format!("{name}: {what}")))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What stands between backticks.
pub(crate) fn quoted(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.starts_with("    ")).flat_map(|line| line.split('`').skip(1).step_by(2)).collect()
}

/// Lines, those that end in a backslash joined to the next.
fn commands(text: &str) -> Vec<String> {
    text.replace("\\\n", " ").lines().map(str::to_owned).collect()
}

#[test]
fn links_lead_somewhere() {
    all(|name, text| {
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
        let here = crate::file(name);
        targets
            .filter(|target| !target.starts_with("http"))
            .filter(|target| {
                let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
                let to = if file.is_empty() { here.clone() } else { here.parent().unwrap().join(file) };
                !to.exists() || (!anchor.is_empty() && !has_anchor(&to, anchor))
            })
            .map(|target| format!("no {target}"))
            .collect()
    });
}

fn has_anchor(page: &Path, anchor: &str) -> bool {
    let slug = |heading: &str| {
        let kept: String =
            heading.to_lowercase().chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c)).collect();
        kept.replace(' ', "-")
    };
    let text = std::fs::read_to_string(page).unwrap_or_default();
    text.lines().filter(|l| l.starts_with('#')).any(|l| slug(l.trim_start_matches('#').trim()) == anchor)
}

#[test]
fn commands_and_their_flags_exist() {
    let mut help: BTreeMap<String, String> = BTreeMap::new();
    let mut of = |command: &str| -> String {
        let known = help.entry(command.to_owned()).or_insert_with(|| {
            let output = Command::new(env!("CARGO_BIN_EXE_xtask")).args([command, "--help"]).output().unwrap();
            if output.status.success() { String::from_utf8(output.stdout).unwrap() } else { String::new() }
        });
        known.clone()
    };
    let mut seen = 0;
    let mut wrong = Vec::new();
    let integrator = crate::text("cli/src/main.rs");
    for (name, text) in pages() {
        for line in commands(&text) {
            for rest in line.split("cargo xtask ").skip(1) {
                let Some(command) = word(rest) else { continue };
                seen += 1;
                let known = of(command);
                if known.is_empty() {
                    wrong.push(format!("{name}: cargo xtask {command}"));
                }
                let own = rest.split(['`', '|', ')', '"', '#']).next().unwrap();
                let flags = own.split_whitespace().map(|flag| flag.trim_matches(['[', ']', '…', ',', ';', '.']));
                for flag in flags.filter(|flag| flag.starts_with("--")) {
                    let flag = flag.split(['=', ']']).next().unwrap();
                    if !known.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').any(|said| said == flag) {
                        wrong.push(format!("{name}: cargo xtask {command} {flag}"));
                    }
                }
            }
            for start in ["release/ifs ", "`ifs "] {
                for command in line.split(start).skip(1).filter_map(word) {
                    let (first, rest) = command.split_at(1);
                    let variant = format!("    {}{rest}", first.to_uppercase());
                    let ends = [" {", "(", ","];
                    if !ends.iter().any(|end| integrator.contains(&[&variant, *end].concat())) {
                        wrong.push(format!("{name}: ifs {command}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen > 20, "{seen} commands");
}

/// The command that a text begins with.
fn word(text: &str) -> Option<&str> {
    let word = text.split(|c: char| !c.is_ascii_lowercase() && c != '-').next()?;
    (!word.is_empty()).then_some(word)
}

#[test]
fn files_exist() {
    let roots = [
        "adapter-core/",
        "cli/",
        "docs/",
        "envoy/",
        "filter/",
        "mapping-compiler/",
        "mapping-test/",
        "mappings/",
        "shell/",
        "tests/",
        "values/",
        "xtask/",
    ];
    all(|_, text| {
        quoted(text)
            .into_iter()
            .filter(|path| roots.iter().any(|root| path.starts_with(root)) && !path.contains([' ', '*', '{', '…']))
            .filter(|path| !crate::file(path.split(['#', ':']).next().unwrap()).exists())
            .map(|path| format!("no {path}"))
            .collect()
    });
}

/// The gateway's own codes, as its configurations write them.
fn codes() -> BTreeSet<String> {
    let mut codes: BTreeSet<String> = CODES.iter().map(|code| code.as_str().to_owned()).collect();
    for entry in std::fs::read_dir(crate::file("envoy")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            let text = std::fs::read_to_string(path).unwrap();
            let said = text.split("urn:ifs-adapter:problem:").skip(1);
            codes.extend(said.map(|rest| rest.split(['\n', ' ', '"']).next().unwrap().to_owned()));
        }
    }
    codes
}

#[test]
fn problems_exist() {
    let codes = codes();
    all(|_, text| {
        quoted(text)
            .into_iter()
            .filter(|code| is_code(code))
            .filter(|code| match code.strip_suffix('*') {
                Some(family) => !codes.iter().any(|known| known.starts_with(family)),
                None => !codes.contains(*code),
            })
            .map(|code| format!("no problem {code}"))
            .collect()
    });
}

fn is_code(text: &str) -> bool {
    let Some((family, rest)) = text.split_once('.') else { return false };
    let files = ["yaml", "json", "md", "rs"];
    ["request", "legacy", "mapping", "limit", "gateway"].contains(&family)
        && !rest.is_empty()
        && !files.contains(&rest)
        && rest.bytes().all(|b| b.is_ascii_lowercase() || b == b'-' || b == b'*')
}

#[test]
fn the_runbook_has_every_problem() {
    let text = crate::text("docs/runbook.md");
    let named: BTreeSet<&str> = quoted(&text).into_iter().collect();
    let missing: Vec<String> = codes().into_iter().filter(|code| !named.contains(code.as_str())).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn metrics_exist() {
    let source = crate::text("adapter-core/src/counter.rs");
    all(|_, text| {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        words
            .filter_map(|word| Some((word, word.strip_prefix("ifs_adapter_").filter(|family| !family.is_empty())?)))
            .filter(|(_, family)| {
                let plain =
                    ["_bucket", "_sum", "_count"].iter().find_map(|end| family.strip_suffix(end)).unwrap_or(family);
                !source.contains(&format!("\"{plain}\""))
            })
            .map(|(word, _)| format!("no metric {word}"))
            .collect()
    });
}

#[test]
fn variables_exist() {
    let mut known = String::new();
    for folder in ["envoy", "envoy/secrets", "xtask/src", "xtask/src/envoy", "filter/src", "shell/src"] {
        for entry in std::fs::read_dir(crate::file(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "rs" || extension == "yaml") {
                known.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }
    all(|_, text| {
        let words = text.split(|c: char| !c.is_ascii_uppercase() && !c.is_ascii_digit() && c != '_');
        words
            .filter(|word| word.starts_with("IFS_") && word.len() > 4 && !word.starts_with("IFS_SECRET_"))
            .filter(|word| !known.contains(word))
            .map(|word| format!("no variable {word}"))
            .collect()
    });
}
