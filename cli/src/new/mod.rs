//! `ifs new`: a mapping to begin with.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use adapter_core::value::date::parse_instant;
use adapter_core::{CallRequest, CallResult, contract};
use mapping_test::live::{self, Desk};

use crate::Ended;

mod of_contract;

/// Files of a mapping to begin with: path and text.
type Files = &'static [(&'static str, &'static str)];

const REST: Files = &[
    ("mapping.yaml", include_str!("../../templates/rest/mapping.yaml")),
    ("tables/courses.csv", include_str!("../../templates/rest/tables/courses.csv")),
    ("samples/careers.json", include_str!("../../templates/rest/samples/careers.json")),
    ("samples/enrolments.json", include_str!("../../templates/rest/samples/enrolments.json")),
    ("tests/enrolled.yaml", include_str!("../../templates/rest/tests/enrolled.yaml")),
    ("tests/unknown.yaml", include_str!("../../templates/rest/tests/unknown.yaml")),
];

const SOAP: Files = &[
    ("mapping.yaml", include_str!("../../templates/soap/mapping.yaml")),
    ("tables/courses.csv", include_str!("../../templates/rest/tables/courses.csv")),
    ("samples/enrolments.xml", include_str!("../../templates/soap/samples/enrolments.xml")),
    ("tests/enrolled.yaml", include_str!("../../templates/soap/tests/enrolled.yaml")),
    ("tests/unknown.yaml", include_str!("../../templates/soap/tests/unknown.yaml")),
];

const CSV: Files = &[
    ("mapping.yaml", include_str!("../../templates/csv/mapping.yaml")),
    ("tables/courses.csv", include_str!("../../templates/rest/tables/courses.csv")),
    ("samples/enrolments.csv", include_str!("../../templates/csv/samples/enrolments.csv")),
    ("tests/enrolled.yaml", include_str!("../../templates/csv/tests/enrolled.yaml")),
    ("tests/unknown.yaml", include_str!("../../templates/csv/tests/unknown.yaml")),
    ("tests/page.yaml", include_str!("../../templates/csv/tests/page.yaml")),
];

/// What a mapping is to begin with.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind<'n> {
    /// One of the written ones: IFS02.1.
    Rest,
    Soap,
    Csv,
    /// These operations, by the contract's tables; all that are served if none is named.
    Operations(&'n [String]),
}

pub(crate) fn run(folder: &Path, kind: Kind<'_>) -> Ended {
    match fs::read_dir(folder).map(|mut entries| entries.next().is_some()) {
        Ok(true) => {
            eprintln!("ifs: {} is not empty; choose a folder that does not exist", folder.display());
            return Ended::Impossible;
        }
        Ok(false) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => {
            eprintln!("ifs: {} cannot be used: {error}", folder.display());
            return Ended::Impossible;
        }
    }
    let made = match kind {
        Kind::Rest => all(folder, REST),
        Kind::Soap => all(folder, SOAP),
        Kind::Csv => all(folder, CSV),
        Kind::Operations(names) => operations(folder, names),
    };
    if let Err(why) = made {
        eprintln!("ifs: {why}");
        return Ended::Impossible;
    }
    println!(
        "\nNow: ifs check {0}; ifs test {0}. Then change mapping.yaml to what your system answers.",
        folder.display()
    );
    Ended::Well
}

fn all(folder: &Path, files: Files) -> Result<(), String> {
    files.iter().try_for_each(|(name, text)| told(folder, name, text))
}

/// Mapping and samples from the tables; then each operation is answered over its sample, and the test expects that.
fn operations(folder: &Path, names: &[String]) -> Result<(), String> {
    let mut chosen = Vec::new();
    for name in names {
        let found = contract::operations().find(|o| o.name.eq_ignore_ascii_case(name));
        chosen.push(found.ok_or_else(|| format!("{name} is not served; `ifs show` lists the operations"))?);
    }
    if names.is_empty() {
        // What writes or walks asks for more than an answer's shape.
        chosen.extend(contract::operations().filter(|o| matches!(o.does, contract::Does::Reads)));
    }
    if let Some(other) = chosen.iter().find(|o| !matches!(o.does, contract::Does::Reads)) {
        let (does, page) = match other.does.writes() {
            true => ("changes something", "docs/mapping/recipes-calls.md#changes"),
            false => ("lists students", "docs/mapping/reference.md#walks"),
        };
        return Err(format!("{} {does}: {page} has mappings to begin with", other.name));
    }
    let files = of_contract::files(&chosen);
    for (name, text) in &files {
        told(folder, name, text)?;
    }
    let outcome = mapping_compiler::compile(folder);
    let Some(bundle) = &outcome.bundle else { return Err(outcome.report.human()) };
    let now_ms = parse_instant(of_contract::NOW).unwrap_or_default();
    for operation in chosen {
        let desk = Desk { home: folder, bundle, places: &outcome.places, operation, now_ms };
        let request = of_contract::request(operation).to_string();
        let exchange = live::exchange(desk, request.as_bytes(), &|_| None, &mut |call| answered(&files, call))?;
        let body = serde_json::from_slice(&exchange.response.body).map_err(|e| e.to_string())?;
        let (name, text) = of_contract::test(operation, &body);
        told(folder, &name, &text)?;
    }
    Ok(())
}

/// The sample of the name that the call's path ends with.
fn answered(files: &[(String, String)], call: &CallRequest) -> CallResult {
    let path = call.path.split('?').next().unwrap_or_default();
    let name = format!("samples/{}.json", path.rsplit('/').next().unwrap_or_default());
    let Some((_, text)) = files.iter().find(|(file, _)| *file == name) else { return CallResult::Unreachable };
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    CallResult::Answer { status: 200, headers, body: text.clone().into_bytes() }
}

/// Writes a file, and says so.
fn told(folder: &Path, name: &str, text: &str) -> Result<(), String> {
    let path = folder.join(name);
    write(&path, text).map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
    println!("{}", path.display());
    Ok(())
}

/// Writes a file that is not there yet: nobody's work is overwritten.
fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::OpenOptions::new().write(true).create_new(true).open(path)?.write_all(text.as_bytes())
}
