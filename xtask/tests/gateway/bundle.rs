//! A bundle by hand: IFS02.1 with one call and no enrolments, so that these tests need no compiler and no pack.

use adapter_core::bundle::{BinaryOp, CallIndex, Expr, SystemIndex, Var};
use adapter_core::bundle::{
    Bundle, Call, Clean, Csv, Decode, Encode, Guard, GuardKind, Institute, InstituteKind, Method, Name, Pages,
    PathPart, Recipe, System,
};

/// `GET /careers` on `cluster`, waiting `timeout_ms` at most. An empty list means an unknown student.
pub(crate) fn one_call(cluster: &str, timeout_ms: u32) -> Vec<u8> {
    read_as(cluster, timeout_ms, Decode::Json, None)
}

/// The same, of a system that answers with a table in CSV.
pub(crate) fn one_table(cluster: &str) -> Vec<u8> {
    read_as(cluster, 2_000, Decode::Csv, Some(Csv::default()))
}

fn read_as(cluster: &str, timeout_ms: u32, decode: Decode, csv: Option<Csv>) -> Vec<u8> {
    let name = |text: &str| Name { text: text.to_owned(), deep: false };
    let system = System {
        name: "esse3".to_owned(),
        cluster: cluster.to_owned(),
        authority: "esse3.example.it".to_owned(),
        base: String::new(),
        headers: Vec::new(),
        timeout_ms,
        parallel: 4,
        clean: Clean::default(),
        failures: Vec::new(),
        charset: None,
        soap: None,
        session: None,
        probe: None,
    };
    let call = Call {
        name: "careers".to_owned(),
        system: SystemIndex(0),
        needs: Vec::new(),
        each: None,
        when: None,
        binds: Vec::new(),
        method: Method::Get,
        soap: None,
        path: vec![PathPart::Text("/careers".to_owned())],
        query: Vec::new(),
        headers: Vec::new(),
        body: None,
        encode: Encode::Json,
        decode,
        csv,
        charset: None,
        roots: Vec::new(),
        like: None,
        returns: None,
        pages: Pages::One,
        take: Vec::new(),
        failures: Vec::new(),
        deep: true,
        session: false,
        cache_ms: None,
        null_if_failed: false,
    };
    let none = Box::new(Expr::List(Vec::new()));
    let unknown = Expr::Binary { op: BinaryOp::Equal, left: Box::new(Expr::Call(CallIndex(0))), right: none };
    let operation = Recipe {
        calls: vec![CallIndex(0)],
        guards: vec![Guard { is: GuardKind::Unknown, message: None, when: unknown, needs: vec![CallIndex(0)] }],
        person: Some(Expr::Record(vec![(0, Expr::Var(Var::StudentTaxCode))])),
        answer: Expr::Record(vec![(1, Expr::List(Vec::new()))]),
    };
    let bundle = Bundle {
        contract: "2.1.0".to_owned(),
        institute: Institute {
            code: "9901".to_owned(),
            kind: InstituteKind::University,
            academic_year_starts: (10, 1),
        },
        names: vec![name("tax_code"), name("enrollments")],
        systems: vec![system],
        calls: vec![call],
        operations: [("IFS02.1".to_owned(), operation)].into(),
        ..Bundle::default()
    };
    adapter_core::bundle::seal(&bundle).unwrap()
}
