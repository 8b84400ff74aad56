//! The bench's mapping: each row of one call is an enrolment, its course found in a code table by a composite key.

use adapter_core::expr::functions::Function;
use adapter_core::expr::{BinaryOp, Block, Expr, Loop, Var};
use adapter_core::mapping::bundle::{
    Bundle, Call, Clean, Decode, Encode, Institute, Method, Name, Operation, Pages, PathPart, System, Table,
};
use adapter_core::sorted::SortedMap;

use crate::page::ROWS;

const NAMES: [&str; 18] = [
    "value",
    "aaIscrId",
    "cdsId",
    "aaRegId",
    "claMurstCod",
    "annoCorso",
    "condFlg",
    "staIscrCod",
    "PROGRAMME_TYPE_CODE",
    "DEGREE_COURSE_CODE",
    "DEGREE_CLASS_CODE",
    "institute_code",
    "programme_type_code",
    "degree_course_code",
    "degree_class_code",
    "academic_year",
    "degree_course_year",
    "status",
];

fn name(text: &str) -> u32 {
    NAMES.iter().position(|n| *n == text).and_then(|at| u32::try_from(at).ok()).expect("the name is listed")
}

fn of(slot: u16, text: &str) -> Expr {
    Expr::Member { of: Box::new(Expr::Local(slot)), name: name(text) }
}

/// The compiled mapping.
pub fn bundle() -> Bundle {
    let names = ["tax_code", "enrollments"].iter().chain(&NAMES).map(|n| Name { text: (*n).to_owned(), deep: false });
    let mut names: Vec<Name> = names.collect();
    names.rotate_left(2);
    let tax_code = u32::try_from(NAMES.len()).expect("few names");
    let text = |t: &str| Some(t.to_owned());
    let mut rows: Vec<Vec<Option<String>>> = (0..ROWS)
        .map(|row| {
            vec![
                text(&(10_000 + row).to_string()),
                text("2024"),
                text("L-8"),
                text("MT"),
                text(&format!("15{row:05}")),
                text("2008"),
            ]
        })
        .collect();
    rows.sort();
    let courses = Table {
        name: "mur_course".to_owned(),
        keys: 3,
        columns: vec![name("PROGRAMME_TYPE_CODE"), name("DEGREE_COURSE_CODE"), name("DEGREE_CLASS_CODE")],
        single: false,
        rows,
        default: None,
    };
    let status_of = Table {
        name: "status_of".to_owned(),
        keys: 1,
        columns: vec![name("value")],
        single: true,
        rows: [("A", "active"), ("S", "wait"), ("X", "inactive")].iter().map(|(k, v)| vec![text(k), text(v)]).collect(),
        default: None,
    };
    let status = Expr::If {
        when: Box::new(Expr::Binary {
            op: BinaryOp::Equal,
            left: Box::new(of(0, "condFlg")),
            right: Box::new(Expr::Int(1)),
        }),
        then: Box::new(Expr::Text(0)),
        otherwise: Box::new(Expr::Table { table: 1, keys: vec![of(0, "staIscrCod")] }),
    };
    let block = Block {
        loops: vec![Loop { slot: 0, list: Expr::Call(0) }],
        lets: vec![(1, Expr::Table { table: 0, keys: vec![of(0, "cdsId"), of(0, "aaRegId"), of(0, "claMurstCod")] })],
        filter: None,
        each: Expr::Record(vec![
            (name("institute_code"), Expr::Var(Var::InstituteCode)),
            (name("programme_type_code"), of(1, "PROGRAMME_TYPE_CODE")),
            (name("degree_course_code"), of(1, "DEGREE_COURSE_CODE")),
            (name("degree_class_code"), of(1, "DEGREE_CLASS_CODE")),
            (name("academic_year"), Expr::Function { function: Function::AcademicYear, args: vec![of(0, "aaIscrId")] }),
            (name("degree_course_year"), of(0, "annoCorso")),
            (name("status"), status),
        ]),
    };
    let years = Call {
        name: "years".to_owned(),
        system: 0,
        needs: vec![],
        each: None,
        when: None,
        binds: Vec::new(),
        method: Method::Get,
        soap: None,
        path: vec![PathPart::Text("/years".to_owned())],
        query: vec![("codFis".to_owned(), Expr::Var(Var::StudentTaxCode))],
        headers: vec![],
        body: None,
        encode: Encode::Json,
        decode: Decode::Json,
        charset: None,
        pages: Pages::One,
        take: Vec::new(),
        failures: vec![],
        deep: false,
        session: false,
        cache_ms: None,
        null_if_failed: false,
    };
    let operation = Operation {
        calls: vec![0],
        guards: vec![],
        person: Some(Expr::Record(vec![(tax_code, Expr::Var(Var::StudentTaxCode))])),
        answer: Expr::Record(vec![(tax_code + 1, Expr::Block(Box::new(block)))]),
    };
    Bundle {
        patterns: Vec::new(),
        secrets: Vec::new(),
        contract: adapter_core::contract::VERSION.to_owned(),
        institute: Institute { code: "9901".to_owned(), academic_year_starts: (10, 1), ..Institute::default() },
        names,
        texts: vec!["wait".to_owned()],
        slots: 2,
        systems: vec![System {
            name: "legacy".to_owned(),
            cluster: "legacy".to_owned(),
            authority: "legacy".to_owned(),
            base: String::new(),
            headers: vec![],
            timeout_ms: 5_000,
            parallel: 8,
            charset: None,
            soap: None,
            session: None,
            clean: Clean {
                blank_to_null: true,
                unwrap: Some(name("value")),
                none: vec!["null".to_owned(), "01/01/1900 00:00:00".to_owned()],
            },
            failures: vec![],
        }],
        tables: vec![courses, status_of],
        calls: vec![years],
        operations: SortedMap::from([("IFS02.1".to_owned(), operation)]),
        ..Bundle::default()
    }
}
