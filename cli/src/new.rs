//! `ifs new`: a mapping to begin with.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use crate::Ended;

/// Files of a mapping to begin with: path and text.
type Files = &'static [(&'static str, &'static str)];

const REST: Files = &[
    ("mapping.yaml", include_str!("../templates/rest/mapping.yaml")),
    ("tables/courses.csv", include_str!("../templates/rest/tables/courses.csv")),
    ("samples/careers.json", include_str!("../templates/rest/samples/careers.json")),
    ("samples/enrolments.json", include_str!("../templates/rest/samples/enrolments.json")),
    ("tests/enrolled.yaml", include_str!("../templates/rest/tests/enrolled.yaml")),
    ("tests/unknown.yaml", include_str!("../templates/rest/tests/unknown.yaml")),
];

const SOAP: Files = &[
    ("mapping.yaml", include_str!("../templates/soap/mapping.yaml")),
    ("tables/courses.csv", include_str!("../templates/rest/tables/courses.csv")),
    ("samples/enrolments.xml", include_str!("../templates/soap/samples/enrolments.xml")),
    ("tests/enrolled.yaml", include_str!("../templates/soap/tests/enrolled.yaml")),
    ("tests/unknown.yaml", include_str!("../templates/soap/tests/unknown.yaml")),
];

const CSV: Files = &[
    ("mapping.yaml", include_str!("../templates/csv/mapping.yaml")),
    ("tables/courses.csv", include_str!("../templates/rest/tables/courses.csv")),
    ("samples/enrolments.csv", include_str!("../templates/csv/samples/enrolments.csv")),
    ("tests/enrolled.yaml", include_str!("../templates/csv/tests/enrolled.yaml")),
    ("tests/unknown.yaml", include_str!("../templates/csv/tests/unknown.yaml")),
    ("tests/page.yaml", include_str!("../templates/csv/tests/page.yaml")),
];

pub(crate) fn run(folder: &Path, soap: bool, csv: bool) -> Ended {
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
    let files = match (soap, csv) {
        (true, _) => SOAP,
        (_, true) => CSV,
        _ => REST,
    };
    for (name, text) in files {
        if let Err(error) = write(&folder.join(name), text) {
            eprintln!("ifs: {} cannot be written: {error}", folder.join(name).display());
            return Ended::Impossible;
        }
        println!("{}", folder.join(name).display());
    }
    println!(
        "\nNow: ifs check {0}; ifs test {0}. Then change mapping.yaml to what your system answers.",
        folder.display()
    );
    Ended::Well
}

/// Writes a file that is not there yet: nobody's work is overwritten.
fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::OpenOptions::new().write(true).create_new(true).open(path)?.write_all(text.as_bytes())
}
