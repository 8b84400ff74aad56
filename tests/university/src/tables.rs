//! The pack's copies of the Ministry's code sets, as CSV in the Ministry's form: `;` between and after all cells, no
//! quotes, UTF-8, codes as text with their leading zeros.

use std::fmt::Write as _;
use std::io;
use std::path::Path;

use crate::afam;
use crate::catalogue::{Catalogue, Course, LEVELS, MinistryRow, PROGRAMME_TYPES, institute_name};
use crate::classes::{CLASSES, DegreeClass};
use crate::{CONSERVATORY_CODE, INSTITUTE_CODE};

/// `corsi.csv`: the courses of [`Catalogue::ministry`].
#[must_use]
pub fn courses_csv() -> String {
    courses(&Catalogue::get().ministry)
}

/// The conservatory's `corsi.csv`.
#[must_use]
pub fn afam_courses_csv() -> String {
    courses(&afam::catalogue::Catalogue::get().ministry)
}

fn courses(rows: &[MinistryRow]) -> String {
    let mut csv = String::from(
        "DEGREE_COURSE_CODE;INSTITUTE_CODE;DEGREE_COURSE_PARENT_CODE;DEGREE_CLASS_CODE;COURSE_LOCATION;VALIDITY_YEAR;\
         PROGRAMME_TYPE_CODE;DEGREE_COURSE_NAME;\n",
    );
    for row in rows {
        let class = row.class.map_or("", |class| class.code);
        let programme_type = row.programme_type.unwrap_or("");
        // Writing to a string cannot fail.
        let _ = writeln!(
            csv,
            "{};{};{};{class};{};{};{programme_type};{};",
            row.course_code, row.institute, row.parent_code, row.town, row.cohort, row.name
        );
    }
    csv
}

/// `classi.csv`: the degree classes in use.
#[must_use]
pub fn classes_csv() -> String {
    classes(CLASSES)
}

/// The conservatory's `classi.csv`.
#[must_use]
pub fn afam_classes_csv() -> String {
    classes(afam::catalogue::CLASSES)
}

fn classes(classes: &[DegreeClass]) -> String {
    let mut csv = String::from("DEGREE_CLASS_CODE;DEGREE_CLASS;DEGREE_CLASS_NAME;PROGRAMME_TYPE_CODE;\n");
    for class in classes {
        let _ = writeln!(csv, "{};{};{};{};", class.code, class.class, class.name, class.programme_type);
    }
    csv
}

/// `tipologia_corso.csv`: the programme types in use.
#[must_use]
pub fn programme_types_csv() -> String {
    programme_types(PROGRAMME_TYPES)
}

/// The conservatory's `tipologia_corso.csv`.
#[must_use]
pub fn afam_programme_types_csv() -> String {
    programme_types(afam::catalogue::PROGRAMME_TYPES)
}

fn programme_types(types: &[(&str, &str)]) -> String {
    let mut csv = String::from("PROGRAMME_TYPE_CODE;PROGRAMME_TYPE_NAME;\n");
    for (code, name) in types {
        let _ = writeln!(csv, "{code};{name};");
    }
    csv
}

/// `istituti_formazione_superiore.csv`: the two institutes.
#[must_use]
pub fn institutes_csv() -> String {
    let mut csv = String::from("INSTITUTE_CODE;INSTITUTE_NAME;INSTITUTE_TYPE;FLAG_TELEMATIC;\n");
    for code in [INSTITUTE_CODE, CONSERVATORY_CODE] {
        let _ = writeln!(csv, "{code};{};1;0;", institute_name(code));
    }
    csv
}

/// `levels.csv`: the institute's own table of the levels of programme types.
#[must_use]
pub fn levels_csv() -> String {
    let mut csv = String::from("PROGRAMME_TYPE_CODE;EQF;NQF;\n");
    for (code, eqf, nqf) in LEVELS {
        let _ = writeln!(csv, "{code};{eqf};{nqf};");
    }
    csv
}

/// `joint-degrees.csv`: the institute's own list of joint degrees and of who manages them, as far as it says.
#[must_use]
pub fn joint_degrees_csv() -> String {
    own("LEAD_INSTITUTE", |course| course.joint.map(Option::unwrap_or_default))
}

/// `old-courses.csv`: the institute's own list of courses of the old system, with the codes that stand for the
/// Ministry's.
#[must_use]
pub fn old_courses_csv() -> String {
    own("CODE", |course| course.old.and_then(|old| old.code))
}

/// `professions.csv`: the institute's own list of what its degrees open the way to.
#[must_use]
pub fn professions_csv() -> String {
    own("DS_5_2", |course| course.profession)
}

/// A list by the university's code of a course.
fn own(column: &str, value: impl Fn(&Course) -> Option<&'static str>) -> String {
    let mut csv = format!("CDS_COD;{column};\n");
    for course in &Catalogue::get().courses {
        if let Some(value) = value(course) {
            let _ = writeln!(csv, "{};{value};", course.code);
        }
    }
    csv
}

/// Writes the lists that the university keeps itself into a folder, which is made where missing.
///
/// # Errors
/// What the file system says.
pub fn write_own(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    for (name, csv) in OWN {
        std::fs::write(folder.join(name), csv())?;
    }
    Ok(())
}

/// What makes a table.
pub type Made = fn() -> String;

/// Names of the lists that the university keeps itself, and what is in them.
pub const OWN: [(&str, Made); 4] = [
    ("levels.csv", levels_csv),
    ("joint-degrees.csv", joint_degrees_csv),
    ("old-courses.csv", old_courses_csv),
    ("professions.csv", professions_csv),
];

/// Writes the four files into a folder, which is made where missing.
///
/// # Errors
/// What the file system says.
pub fn write(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    for (name, csv) in [
        ("corsi.csv", courses_csv()),
        ("classi.csv", classes_csv()),
        ("tipologia_corso.csv", programme_types_csv()),
        ("istituti_formazione_superiore.csv", institutes_csv()),
    ] {
        std::fs::write(folder.join(name), csv)?;
    }
    Ok(())
}

/// Writes the conservatory's four files into a folder, which is made where missing.
///
/// # Errors
/// What the file system says.
pub fn write_afam(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    for (name, csv) in [
        ("corsi.csv", afam_courses_csv()),
        ("classi.csv", afam_classes_csv()),
        ("tipologia_corso.csv", afam_programme_types_csv()),
        ("istituti_formazione_superiore.csv", institutes_csv()),
    ] {
        std::fs::write(folder.join(name), csv)?;
    }
    Ok(())
}
