//! A mapping written by hand, and a bench that plays the shell.

#![allow(dead_code, reason = "each test uses a part of it")]

use adapter_core::counter::Counter;
use adapter_core::{
    Action, Admission, CallId, CallRequest, CallResult, Caller, Clock, CursorKeys, Engine, Event, ExchangeId, Head,
    MemoryStore, Plan, Resources, Response, STEWARD, SortedMap, Trust, Verdict,
};

use adapter_core::bundle::seal;
use adapter_core::bundle::{BinaryOp, Block, Expr, Loop, Var};
use adapter_core::bundle::{
    Bundle, Call, Clean, Decode, Encode, Failure, FailureKind, Guard, GuardKind, Institute, Method, Name, PageBy,
    Pages, Paging, PathPart, Recipe, System,
};
use adapter_core::bundle::{CallIndex, Function, Slot, SystemIndex, TextId};
use shell::Dispatched;

/// What cursors are sealed with, and changes known by.
const KEY: &str = "8f3c1a97d204be5560e7f1983c4a2bd96e10754cfa82b3d7195e0c66a1f84d2b";

/// The keys of cursors.
pub fn cursor_keys() -> CursorKeys {
    CursorKeys { seals: Some(KEY.to_owned()), opens: None }
}

/// 2026-03-01T09:00:00Z: academic year 2025/2026.
const NOW: i64 = 1_772_355_600_000;

const NAMES: [&str; 16] = [
    "id",
    "course",
    "year",
    "status",
    "n",
    "error",
    "tax_code",
    "enrollments",
    "institute_code",
    "programme_type_code",
    "degree_course_code",
    "degree_class_code",
    "academic_year",
    "degree_course_year",
    "class",
    "type",
];

pub fn name(text: &str) -> u32 {
    u32::try_from(NAMES.iter().position(|n| *n == text).unwrap()).unwrap()
}

pub fn member(of: Expr, text: &str) -> Expr {
    Expr::Member { of: Box::new(of), name: name(text) }
}

pub fn empty(call: u16) -> Expr {
    let size = Expr::Function { function: Function::Size, args: vec![Expr::Call(CallIndex(call))] };
    Expr::Binary { op: BinaryOp::Equal, left: Box::new(size), right: Box::new(Expr::Int(0)) }
}

pub fn call(name: &str, path: &str) -> Call {
    Call {
        name: name.to_owned(),
        system: SystemIndex(0),
        needs: vec![],
        each: None,
        when: None,
        binds: Vec::new(),
        method: Method::Get,
        soap: None,
        path: vec![PathPart::Text(path.to_owned())],
        query: vec![],
        headers: vec![],
        body: None,
        encode: Encode::Json,
        decode: Decode::Json,
        csv: None,
        charset: None,
        roots: Vec::new(),
        like: None,
        returns: None,
        pages: Pages::Unstated { cut: Some(5) },
        take: Vec::new(),
        failures: vec![],
        deep: false,
        session: false,
        cache_ms: None,
        null_if_failed: false,
    }
}

/// careers (paged by three) → years of each; people only if there are no careers.
pub fn bundle() -> Bundle {
    let careers = Call {
        query: vec![("tax".to_owned(), Expr::Var(Var::StudentTaxCode))],
        pages: Pages::Many(Paging {
            more: None,
            body: vec![],
            next: None,
            by: PageBy::Offset,
            size: 3,
            first: 0,
            query: vec![
                ("start".to_owned(), Expr::Var(Var::PageStart)),
                ("limit".to_owned(), Expr::Var(Var::PageSize)),
            ],
            max: None,
        }),
        ..call("careers", "/careers")
    };
    let people = Call { needs: vec![CallIndex(0)], when: Some(empty(0)), ..call("people", "/people") };
    let years = Call {
        needs: vec![CallIndex(0)],
        each: Some(Loop { slot: Slot(0), list: Expr::Call(CallIndex(0)) }),
        path: vec![
            PathPart::Text("/careers/".to_owned()),
            PathPart::Value(member(Expr::Local(Slot(0)), "id")),
            PathPart::Text("/years".to_owned()),
        ],
        ..call("years", "")
    };
    let of_year = |text: &str| member(Expr::Local(Slot(2)), text);
    let year = Expr::Function { function: Function::AcademicYear, args: vec![of_year("year")] };
    let each = Expr::Record(vec![
        (name("status"), of_year("status")),
        (name("institute_code"), Expr::Var(Var::InstituteCode)),
        (name("programme_type_code"), Expr::Text(TextId(0))),
        (name("degree_course_code"), of_year("course")),
        (name("degree_class_code"), of_year("class")),
        (name("academic_year"), year),
        (name("degree_course_year"), of_year("n")),
    ]);
    let block = Block {
        loops: vec![
            Loop { slot: Slot(1), list: Expr::Call(CallIndex(0)) },
            Loop { slot: Slot(2), list: Expr::Hung { call: CallIndex(2), of: Box::new(Expr::Local(Slot(1))) } },
        ],
        lets: vec![],
        filter: None,
        each,
    };
    let unknown = Expr::And(Box::new(empty(0)), Box::new(empty(1)));
    let operation = Recipe {
        calls: vec![CallIndex(0), CallIndex(1), CallIndex(2)],
        guards: vec![Guard {
            is: GuardKind::Unknown,
            message: None,
            when: unknown,
            needs: vec![CallIndex(0), CallIndex(1)],
        }],
        person: Some(Expr::Record(vec![(name("tax_code"), Expr::Var(Var::StudentTaxCode))])),
        answer: Expr::Record(vec![(name("enrollments"), Expr::Block(Box::new(block)))]),
    };
    Bundle {
        patterns: Vec::new(),
        secrets: Vec::new(),
        contract: "2.1.0".to_owned(),
        institute: Institute { code: "9901".to_owned(), academic_year_starts: (10, 1), ..Institute::default() },
        names: NAMES.iter().map(|n| Name { text: (*n).to_owned(), deep: false }).collect(),
        texts: vec!["MT".to_owned()],
        slots: 3,
        systems: vec![System {
            name: "s".to_owned(),
            cluster: "s".to_owned(),
            authority: "s".to_owned(),
            base: "/api".to_owned(),
            headers: vec![],
            timeout_ms: 5_000,
            parallel: 8,
            charset: None,
            soap: None,
            session: None,
            probe: None,
            clean: Clean::default(),
            failures: vec![Failure {
                when: Expr::Binary {
                    op: BinaryOp::NotEqual,
                    left: Box::new(member(Expr::Var(Var::AnswerBody), "error")),
                    right: Box::new(Expr::Null),
                },
                is: FailureKind::Broken,
                message: None,
            }],
        }],
        calls: vec![careers, people, years],
        operations: SortedMap::from([("IFS02.1".to_owned(), operation)]),
        ..Bundle::default()
    }
}

pub fn answer(body: &str) -> CallResult {
    CallResult::Answer {
        status: 200,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: body.as_bytes().to_vec(),
    }
}

/// The code in a problem document's type.
pub fn code_of(body: &str) -> String {
    let rest = body.split("urn:ifs-adapter:problem:").nth(1).unwrap_or_else(|| panic!("no problem: {body}"));
    rest.split('"').next().unwrap().to_owned()
}

/// Plays the shell: keeps calls in flight and the answer.
pub struct Bench {
    engine: Engine,
    open: Vec<(CallId, CallRequest)>,
    sent: usize,
    reply: Option<Response>,
    counted: Vec<(String, u64)>,
    tick: u64,
    /// The steward's calls.
    cared: Vec<(CallId, CallRequest)>,
}

impl Bench {
    pub fn new(bundle: Bundle) -> Self {
        Self::trusting(bundle, Trust::Development)
    }

    pub fn trusting(bundle: Bundle, trust: Trust) -> Self {
        Self::over(bundle, trust, MemoryStore::default(), 1)
    }

    /// An engine over a store that others have too.
    pub fn over(bundle: Bundle, trust: Trust, store: MemoryStore, seed: u64) -> Self {
        Self::made(bundle, trust, store, seed, 0)
    }

    /// The same, made at a tick.
    pub fn made(bundle: Bundle, trust: Trust, store: MemoryStore, seed: u64, made: u64) -> Self {
        let plan = Plan::load(&seal(&bundle).unwrap()).unwrap();
        let resources = Resources {
            reference_key: Some(KEY.to_owned()),
            store: Box::new(store),
            seed,
            tick_ms: made,
            secret: &|name| Some(format!("secret-{name}")),
            cursor_keys: cursor_keys(),
        };
        let engine = Engine::new(plan, trust, resources).unwrap();
        Self { engine, open: vec![], sent: 0, reply: None, counted: vec![], tick: made, cared: vec![] }
    }

    fn clock(&self) -> Clock {
        Clock { now_ms: NOW, tick_ms: self.tick }
    }

    /// What `GET /status` of an API answers at a tick: its status, the problem, and `retry-after`.
    pub fn status_at(&self, api: u8, tick: u64) -> (u16, String, Option<u64>) {
        let head = Self::request("GET", &format!("/ifs0{api}/status"), &[], true);
        let clock = Clock { now_ms: NOW, tick_ms: tick };
        let Verdict::Answered { actions, .. } = self.engine.head(ExchangeId(1), head, &clock) else {
            panic!("it wants a body")
        };
        let Some(Action::Reply { response, .. }) = actions.last() else { panic!("{actions:?}") };
        let body = String::from_utf8(response.body.clone()).unwrap();
        let header = |name: &str| response.headers.iter().find(|(n, _)| *n == name).map(|(_, v)| v.clone());
        let code = if body.is_empty() { String::new() } else { code_of(&body) };
        if !body.is_empty() {
            assert_eq!(header("content-type").as_deref(), Some("application/problem+json"));
        }
        assert_eq!(header("cache-control").as_deref(), Some("no-store"));
        (response.status, code, header("retry-after").map(|v| v.parse().unwrap()))
    }

    fn drive(&mut self, event: Event) {
        shell::drive(self, event);
    }

    fn request(method: &str, path: &str, headers: &[(&str, &str)], loopback: bool) -> Head {
        Head {
            method: method.to_owned(),
            path: path.to_owned(),
            headers: headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
            instance: "request-1".to_owned(),
            loopback,
            caller: Caller::Nobody,
        }
    }

    /// Most bytes of a body, or the status of what is answered without one.
    pub fn head(&self, method: &str, path: &str, headers: &[(&str, &str)], loopback: bool) -> Result<usize, u16> {
        match self.engine.head(ExchangeId(1), Self::request(method, path, headers, loopback), &self.clock()) {
            Verdict::Admitted(admission) => Ok(admission.limit()),
            Verdict::Answered { actions, .. } => match actions.last() {
                Some(Action::Reply { response, .. }) => Err(response.status),
                other => panic!("no answer: {other:?}"),
            },
        }
    }

    /// The head of a request that is let in.
    pub fn admitted(&self, id: u32, path: &str) -> Admission {
        let head = Self::request("POST", path, &[("content-type", "application/json")], true);
        match self.engine.head(ExchangeId(id), head, &self.clock()) {
            Verdict::Admitted(admission) => admission,
            Verdict::Answered { actions, .. } => panic!("not admitted: {actions:?}"),
        }
    }

    pub fn ask(&mut self, body: &str) {
        self.ask_as(1, body);
    }

    pub fn ask_as(&mut self, id: u32, body: &str) {
        self.ask_at("/ifs02/academic-enrollments", id, body);
    }

    pub fn ask_at(&mut self, path: &str, id: u32, body: &str) {
        let head = Self::request("POST", path, &[("content-type", "application/json")], true);
        let id = ExchangeId(id);
        match self.engine.head(id, head, &self.clock()) {
            Verdict::Admitted(admission) => self.drive(Event::Request { admission, body: body.as_bytes().to_vec() }),
            Verdict::Answered { actions, .. } => shell::carry_out(self, Some(id), actions),
        }
    }

    pub fn paths(&self, name: &str) -> Vec<&str> {
        self.open.iter().filter(|(_, r)| r.name == name).map(|(_, r)| r.path.as_str()).collect()
    }

    pub fn only_call(&self, name: &str) -> &CallRequest {
        assert_eq!(self.open.len(), 1, "{:?}", self.open);
        assert_eq!(self.open[0].1.name, name);
        &self.open[0].1
    }

    fn finish(&mut self, at: usize, result: &CallResult) {
        let (call, _) = self.open.remove(at);
        self.drive(Event::Ended { call, result: result.clone() });
    }

    pub fn answer(&mut self, name: &str, result: &CallResult) {
        let at =
            self.open.iter().position(|(_, r)| r.name == name).unwrap_or_else(|| panic!("no call {name} in flight"));
        self.finish(at, result);
    }

    pub fn answer_path(&mut self, path: &str, result: &CallResult) {
        let at =
            self.open.iter().position(|(_, r)| r.path == path).unwrap_or_else(|| panic!("no call {path} in flight"));
        self.finish(at, result);
    }

    pub fn answer_next(&mut self, result: &CallResult) {
        self.finish(0, result);
    }

    pub fn at(&mut self, tick: u64) {
        self.tick = tick;
    }

    pub fn tick(&mut self, tick: u64) {
        self.tick = tick;
        self.drive(Event::Timer);
    }

    pub fn abandon(&mut self) {
        self.drive(Event::Abandoned(ExchangeId(1)));
    }

    /// Lets the engine be steward at a tick.
    pub fn steward(&mut self, tick: u64) {
        self.tick = tick;
        self.drive(Event::Steward);
    }

    /// The steward's calls in flight.
    pub fn cared(&self) -> Vec<&CallRequest> {
        self.cared.iter().map(|(_, request)| request).collect()
    }

    /// Answers the steward's oldest call.
    pub fn answer_cared(&mut self, result: &CallResult) {
        let (call, _) = self.cared.remove(0);
        self.drive(Event::Ended { call, result: result.clone() });
    }

    /// The call of that name in flight; there is one.
    pub fn call(&self, name: &str) -> &CallRequest {
        let found: Vec<&CallRequest> = self.open.iter().map(|(_, r)| r).filter(|r| r.name == name).collect();
        assert_eq!(found.len(), 1, "{name}: {:?}", self.open);
        found[0]
    }

    /// All calls in flight, oldest first.
    pub fn calls(&self) -> Vec<&CallRequest> {
        self.open.iter().map(|(_, request)| request).collect()
    }

    /// How often something was counted: a family, with the labels that matter, `settled_total;rule=IFS02.1-S1.window`.
    pub fn count_of(&self, name: &str) -> usize {
        self.counted.iter().filter(|(c, _)| is(c, name)).count()
    }

    /// What something was last set to.
    pub fn last(&self, name: &str) -> Option<u64> {
        self.counted.iter().rev().find(|(counter, _)| is(counter, name)).map(|(_, value)| *value)
    }

    pub fn open(&self) -> usize {
        self.open.len()
    }

    pub fn sent(&self) -> usize {
        self.sent
    }

    pub fn is_over(&self) -> bool {
        self.reply.is_some()
    }

    pub fn counted(&self, name: &str) -> bool {
        self.counts(name) > 0
    }

    pub fn counts(&self, name: &str) -> u64 {
        self.counted.iter().filter(|(counter, _)| is(counter, name)).map(|(_, by)| by).sum()
    }

    pub fn status(&self) -> u16 {
        self.reply.as_ref().expect("no answer yet").status
    }

    pub fn body(&self, status: u16) -> String {
        let reply = self.reply.as_ref().expect("no answer yet");
        let body = String::from_utf8(reply.body.clone()).unwrap();
        assert_eq!(reply.status, status, "{body}");
        body
    }

    pub fn header(&self, name: &str) -> Option<String> {
        self.reply.as_ref().unwrap().headers.iter().find(|(n, _)| *n == name).map(|(_, v)| v.clone())
    }

    pub fn pointers(&self) -> Vec<String> {
        let body = String::from_utf8(self.reply.as_ref().unwrap().body.clone()).unwrap();
        body.split("\"pointer\":\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
    }
}

impl shell::Host for Bench {
    fn handle(&mut self, event: Event) -> Vec<Action> {
        self.engine.handle(event, &self.clock())
    }

    /// Nothing ends before the test says so.
    fn dispatch(&mut self, call: CallId, request: CallRequest) -> Dispatched {
        if call.owner() == STEWARD {
            self.cared.push((call, request));
        } else {
            self.sent += 1;
            self.open.push((call, request));
        }
        Dispatched::Sent
    }

    fn reply(&mut self, _: ExchangeId, response: Response) {
        assert!(self.reply.replace(response).is_none(), "answered twice");
    }

    fn count(&mut self, counter: Counter, by: u64) {
        self.counted.push((counter.name(self.engine.plan()), by));
    }

    /// No event of an exchange's yields a call of the steward's, none of the steward's an answer, none anything of another
    /// exchange: every test holds that.
    fn astray(&mut self, action: &Action) {
        panic!("it is another's: {action:?}");
    }
}

/// Whether a metric's name is of a family and has these labels: `family;key=value;…`, the prefix left out.
pub fn is(name: &str, wanted: &str) -> bool {
    let mut parts = name.strip_prefix("ifs_adapter_").unwrap_or_default().split(';');
    let (family, labels) = (parts.next(), parts.collect::<Vec<_>>());
    let mut wanted = wanted.split(';');
    wanted.next() == family && wanted.all(|label| labels.contains(&label))
}
