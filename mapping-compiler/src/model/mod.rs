//! The mapping as written: keys checked, scalars read as what their place needs, expressions still text.

mod call;
mod definitions;
mod index;
mod keys;
mod offered;
mod pages;
mod probe;
mod published;
mod scalars;
mod session;
mod settings;
mod soap;
mod system;
mod table;
mod walk;

use std::rc::Rc;

use crate::diagnostic::{Code, Diagnostic, Report};
use crate::openapi::Published;
use crate::yaml::{Node, Text};

pub use call::{Cache, Call, PagesChoice, Verb};
pub use definitions::{BlockText, LetText, OperationText, Student, block, is_block};
pub use keys::Keys;
pub use offered::Offered;
pub use pages::PageBlock;
pub use probe::ProbeBy;
pub use session::Session;
pub use settings::Setting;
pub use soap::Soap;
pub(crate) use soap::is_local_name;
pub use system::{Clean, FailureText, System};
pub use table::{Charset as TableCharset, DefaultText as TableDefault, Source as TableSource, Table};
pub use walk::{Deleted, Walk};

use adapter_core::bundle::{Institute, InstituteKind};
use adapter_core::limits::{LIMITS, Limits};

/// A whole mapping.
#[derive(Debug, Default)]
pub struct Mapping {
    /// Whose data.
    pub institute: Institute,
    /// What it writes into the files that it publishes.
    pub published: Published,
    /// Which APIs it answers, and must.
    pub offered: Offered,
    /// Constants of the pack.
    pub settings: Vec<(Text, Setting)>,
    /// Systems.
    pub systems: Vec<System>,
    /// Code tables.
    pub tables: Vec<Table>,
    /// Names of tables, calls and values of the whole file that could not be read.
    pub broken: Vec<Text>,
    /// Calls of the whole file.
    pub calls: Vec<Rc<Call>>,
    /// Values of the whole file.
    pub lets: Vec<Rc<LetText>>,
    /// The student scope.
    pub student: Option<Student>,
    /// Walks.
    pub walks: Vec<Rc<Walk>>,
    /// Operations.
    pub operations: Vec<OperationText>,
    /// Limits.
    pub limits: Limits,
}

const TOP: &[&str] = &[
    "version",
    "institute",
    "settings",
    "systems",
    "tables",
    "calls",
    "let",
    "student",
    "walks",
    "operations",
    "limits",
];

/// Reads a mapping's tree.
pub fn read(report: &mut Report, root: &Node) -> Mapping {
    let mut mapping = Mapping::default();
    let Some(keys) = Keys::open(report, root, "a mapping", TOP) else { return mapping };
    if let Some(version) = keys.need(report, "version")
        && let Some(scalar) = scalars::text(report, version, "version")
        && scalar.text != "1"
    {
        let message = format!("This is version {}; this compiler reads version 1.", scalar.text);
        report.push(Diagnostic::new(Code::ValueInvalid, scalar.span, message));
    }
    if let Some(node) = keys.need(report, "institute") {
        mapping.institute = institute(report, node);
        mapping.published = published::read(report, node);
        mapping.offered = offered::read(report, node);
    }
    if let Some(node) = keys.get("settings") {
        mapping.settings = settings::read(report, node);
    }
    if let Some(node) = keys.need(report, "systems") {
        mapping.systems = named(report, node, "systems").into_iter().map(|(n, v)| system::read(report, n, v)).collect();
    }
    if let Some(node) = keys.get("tables") {
        for (name, value) in named(report, node, "tables") {
            match table::read(report, name, value) {
                Some(table) => mapping.tables.push(table),
                None => mapping.broken.push(name.clone()),
            }
        }
    }
    if let Some(node) = keys.get("calls") {
        mapping.calls = call::read_all(report, node, &mut mapping.broken);
    }
    if let Some(node) = keys.get("let") {
        mapping.lets = definitions::lets(report, node, &mut mapping.broken);
    }
    if let Some(node) = keys.get("student") {
        mapping.student = definitions::student(report, node);
    }
    if let Some(node) = keys.get("walks") {
        mapping.walks = walk::read_all(report, node, &mut mapping.broken);
    }
    if let Some(node) = keys.need(report, "operations") {
        mapping.operations = named(report, node, "operations")
            .into_iter()
            .filter_map(|(n, v)| definitions::operation(report, n, v))
            .collect();
    }
    if let Some(node) = keys.get("limits") {
        mapping.limits = limits(report, node);
    }
    mapping
}

/// The entries of a map of names.
fn named<'a>(report: &mut Report, node: &'a Node, what: &str) -> Vec<(&'a Text, &'a Node)> {
    match node.as_map() {
        Some(entries) => entries.iter().map(|e| (&e.key, &e.value)).collect(),
        None => {
            let message = format!("`{what}` must be a map of names, not {}.", node.kind());
            report.push(Diagnostic::new(Code::ValueKind, node.span, message));
            Vec::new()
        }
    }
}

fn institute(report: &mut Report, node: &Node) -> Institute {
    let mut institute = Institute { academic_year_starts: (10, 1), ..Institute::default() };
    let known = &[
        "code",
        "kind",
        "timezone",
        "academic_year_starts",
        "students",
        "apis",
        "title",
        "contact",
        "terms",
        "servers",
    ];
    let Some(keys) = Keys::open(report, node, "`institute`", known) else { return institute };
    if let Some(code) = keys.need(report, "code").and_then(|n| scalars::text(report, n, "code")) {
        if !(1..=256).contains(&code.text.chars().count()) {
            let message = "The institute's code must have 1 to 256 characters.";
            report.push(Diagnostic::new(Code::ValueRange, code.span, message));
        }
        institute.code.clone_from(&code.text);
    }
    if let Some(node) = keys.get("kind")
        && let Some(kind) = scalars::choice(report, node, "kind", &["university", "afam"])
    {
        institute.kind = if kind == "afam" { InstituteKind::Afam } else { InstituteKind::University };
    }
    if let Some(zone) = keys.get("timezone").and_then(|n| scalars::text(report, n, "timezone"))
        && zone.text != "Europe/Rome"
    {
        let message = "The contract's dates are those of Rome; only `Europe/Rome` is possible.";
        report.push(Diagnostic::new(Code::ValueInvalid, zone.span, message));
    }
    if let Some(day) = keys.get("academic_year_starts").and_then(|n| scalars::text(report, n, "academic_year_starts")) {
        match month_day(&day.text) {
            Some(day) => institute.academic_year_starts = day,
            None => {
                let message = format!("`{}` is not a day of the year as MM-DD.", day.text);
                report.push(Diagnostic::new(Code::ValueInvalid, day.span, message).help("For example 10-01."));
            }
        }
    }
    institute
}

fn month_day(text: &str) -> Option<(u8, u8)> {
    let (month, day) = text.split_once('-')?;
    let digits = |s: &str| s.len() == 2 && s.bytes().all(|b| b.is_ascii_digit());
    if !digits(month) || !digits(day) {
        return None;
    }
    let (month, day): (u8, u8) = (month.parse().ok()?, day.parse().ok()?);
    let longest = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        // The 29th would not exist every year.
        2 => 28,
        _ => return None,
    };
    (1..=longest).contains(&day).then_some((month, day))
}

fn limits(report: &mut Report, node: &Node) -> Limits {
    let mut limits = Limits::default();
    let names: Vec<&str> = LIMITS.iter().map(|l| l.name).collect();
    let Some(keys) = Keys::open(report, node, "`limits`", &names) else { return limits };
    for limit in LIMITS {
        let Some(node) = keys.get(limit.name) else { continue };
        let value = if limit.unit == "milliseconds" && node.as_scalar().is_some_and(|s| s.text.ends_with(['s', 'm'])) {
            scalars::duration_ms(report, node, limit.name)
        } else {
            scalars::int(report, node, limit.name, 1, limit.ceiling)
        };
        let Some(value) = value else { continue };
        if value == 0 || value > limit.ceiling {
            let message = format!("`{}` must lie between 1 and {} {}.", limit.name, limit.ceiling, limit.unit);
            report.push(Diagnostic::new(Code::ValueRange, node.span, message).help(limit.about));
        } else {
            limits.set(limit.name, value);
        }
    }
    limits
}
