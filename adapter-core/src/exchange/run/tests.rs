//! Several runs in one pool, as nothing that is served has them yet.

use std::rc::Rc;

use super::*;
use crate::bundle::Blank as _;
use crate::bundle::SortedMap;
use crate::bundle::{Bundle, Call, Expr, Institute, Name, PathPart, Recipe, Session, System, Var, seal};
use crate::contract;
use crate::contract::OperationId;
use crate::eval::memory::Base;
use crate::limits::Limits;
use crate::outbox::{CallIds, Calling, Outbox};
use crate::store::MemoryStore;
use crate::trace_context::Headers;
use crate::value::Decoder;
use crate::wire::{CallResult, ExchangeId};

/// Everybody's courses, and each student's careers.
fn plan(session: bool, parallel: u16) -> Plan {
    let call = |name: &str, query: Vec<(String, Expr)>| Call {
        name: name.to_owned(),
        path: vec![PathPart::Text(format!("/{name}"))],
        query,
        session,
        headers: if session { vec![("x-session".to_owned(), Expr::Var(Var::Session))] } else { Vec::new() },
        ..Call::blank()
    };
    let mut calls =
        vec![call("courses", Vec::new()), call("careers", vec![("tax".to_owned(), Expr::Var(Var::StudentTaxCode))])];
    calls.push(Call { session: false, headers: Vec::new(), ..call("login", Vec::new()) });
    let system = System {
        name: "s".to_owned(),
        cluster: "s".to_owned(),
        authority: "s".to_owned(),
        timeout_ms: 1_000,
        parallel,
        session: session.then_some(Session { open: CallIndex(2), close: None, lasts_ms: 60_000, next: None }),
        probe: None,
        ..System::blank()
    };
    let recipe = Recipe {
        calls: vec![CallIndex(0), CallIndex(1)],
        guards: Vec::new(),
        person: None,
        answer: Expr::Call(CallIndex(1)),
    };
    let bundle = Bundle {
        contract: contract::VERSION.to_owned(),
        institute: Institute { code: "9901".to_owned(), academic_year_starts: (10, 1), ..Institute::default() },
        names: vec![Name { text: "id".to_owned(), deep: false }],
        texts: vec!["-".to_owned()],
        systems: vec![system],
        calls,
        operations: SortedMap::from([("IFS02.1".to_owned(), recipe)]),
        limits: Limits { calls: 4, ..Limits::default() },
        ..Bundle::default()
    };
    Plan::load(&seal(&bundle).unwrap()).unwrap()
}

/// An exchange's pool and what its runs stand on, played by hand.
struct Bench {
    plan: Plan,
    store: MemoryStore,
    ids: CallIds,
    out: Outbox,
    pool: Pool,
    base: Rc<Base>,
}

impl Bench {
    fn new(session: bool) -> Self {
        let plan = plan(session, 8);
        let mut memory = Memory::new(&plan);
        let request = Decoder::whole(9).decode(&mut memory.arena, br#"["of the request"]"#.to_vec()).unwrap();
        memory.provided.request = vec![request];
        Self {
            plan,
            store: MemoryStore::default(),
            ids: CallIds::default(),
            out: Outbox::default(),
            pool: Pool::new(Headers::default(), 9_000),
            base: memory.freeze(),
        }
    }

    fn run(&mut self, tax_code: &str) -> Run {
        let recipe = self.plan.operation(OperationId::Ifs02_1).unwrap();
        let subject = Subject::Student { tax_code: tax_code.to_owned(), key: String::new() };
        let memory = Memory::over(&self.plan, Rc::clone(&self.base));
        Run::new(self.pool.begin(), &self.plan, recipe, memory, &subject)
    }

    fn turn<T>(&mut self, event: impl FnOnce(&mut Pool, &mut Turn<'_>) -> T) -> T {
        let (id, tick_ms) = (ExchangeId(1), 0);
        let (plan, store) = (&self.plan, &self.store);
        event(
            &mut self.pool,
            &mut Turn {
                id,
                plan,
                store,
                keys: None,
                references: None,
                tick_ms,
                ids: &mut self.ids,
                out: &mut self.out,
            },
        )
    }

    /// Goes as far as a run can; the paths of what it sends.
    fn advance(&mut self, run: &mut Run) -> (Progress, Vec<Calling>) {
        let progress = self.turn(|pool, turn| run.advance(pool, turn)).unwrap();
        (progress, std::mem::take(&mut self.out.calls))
    }

    fn arrive(&mut self, runs: &mut [Run], call: &Calling, body: &str) {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        let result = CallResult::Answer { status: 200, headers, body: body.as_bytes().to_vec() };
        self.turn(|pool, turn| arrived(runs, pool, turn, call.id, result)).unwrap();
    }
}

fn paths(calls: &[Calling]) -> Vec<&str> {
    calls.iter().map(|call| call.request.path.as_str()).collect()
}

/// What a call gave a run, as JSON, with what the request says.
fn given(run: &Run, call: u16) -> String {
    let mut out = Vec::new();
    crate::value::write_value(&run.memory.arena, run.memory.provided.request[0], &mut out);
    let value = run.memory.calls[usize::from(call)].as_ref().unwrap().value;
    crate::value::write_value(&run.memory.arena, value, &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn runs_ask_alike_once_and_differ_otherwise() {
    let mut bench = Bench::new(false);
    let (mut first, mut second) = (bench.run("A"), bench.run("B"));
    let (_, of_first) = bench.advance(&mut first);
    assert_eq!(paths(&of_first), ["/courses", "/careers?tax=A"]);
    let (_, of_second) = bench.advance(&mut second);
    assert_eq!(paths(&of_second), ["/careers?tax=B"], "courses are in flight");
    let mut runs = [first, second];
    bench.arrive(&mut runs, &of_second[0], r#"[{"id":"b"}]"#);
    bench.arrive(&mut runs, &of_first[1], r#"[{"id":"a"}]"#);
    bench.arrive(&mut runs, &of_first[0], r#"[{"id":"course"}]"#);
    for run in &mut runs {
        let (progress, sent) = bench.advance(run);
        assert!(matches!(progress, Progress::Done) && sent.is_empty(), "{progress:?}");
    }
    let [first, second] = runs;
    assert_eq!(given(&first, 0), r#"["of the request"][{"id":"course"}]"#);
    assert_eq!(given(&first, 1), r#"["of the request"][{"id":"a"}]"#);
    // A run takes with it what is its own, and nothing else.
    drop(first);
    assert_eq!(given(&second, 0), r#"["of the request"][{"id":"course"}]"#);
    assert_eq!(given(&second, 1), r#"["of the request"][{"id":"b"}]"#);
    // One that begins later is given what was answered before.
    let mut third = bench.run("C");
    let (_, sent) = bench.advance(&mut third);
    assert_eq!(paths(&sent), ["/careers?tax=C"]);
    assert_eq!(given(&third, 0), r#"["of the request"][{"id":"course"}]"#);
}

#[test]
fn an_answer_finds_those_that_are_left() {
    let mut bench = Bench::new(false);
    let (mut first, mut second) = (bench.run("A"), bench.run("B"));
    let (_, sent) = bench.advance(&mut first);
    bench.advance(&mut second);
    drop(first);
    let mut left = [second];
    bench.arrive(&mut left, &sent[0], r#"[{"id":"course"}]"#);
    // Nobody is left who wanted it.
    bench.arrive(&mut left, &sent[1], r#"[{"id":"a"}]"#);
    assert_eq!(given(&left[0], 0), r#"["of the request"][{"id":"course"}]"#);
    assert!(left[0].memory.calls[1].is_none());
}

#[test]
fn budgets_of_evaluation_are_a_runs_own_and_those_of_calls_the_pools() {
    let mut bench = Bench::new(false);
    let (mut first, second) = (bench.run("A"), bench.run("B"));
    first.memory.steps = 0;
    assert_eq!(second.memory.steps, bench.plan.limits().steps);
    drop((first, second));
    // Courses are asked once, so the fourth run's careers are the fifth call.
    for at in 1..4 {
        let mut run = bench.run(&at.to_string());
        bench.advance(&mut run);
    }
    let mut fourth = bench.run("4");
    let ended = bench.turn(|pool, turn| fourth.advance(pool, turn));
    assert_eq!(ended.unwrap_err().code, Code::LimitCalls);
}

#[test]
fn a_system_takes_so_many_requests_at_once_whosever_they_are() {
    let mut bench = Bench::new(false);
    bench.plan = plan(false, 2);
    let (mut first, mut second) = (bench.run("A"), bench.run("B"));
    let (_, of_first) = bench.advance(&mut first);
    assert_eq!(paths(&of_first), ["/courses", "/careers?tax=A"]);
    let (_, of_second) = bench.advance(&mut second);
    assert_eq!(paths(&of_second), [""; 0]);
    let mut runs = [first, second];
    bench.arrive(&mut runs, &of_first[1], "[]");
    let (_, of_second) = bench.advance(&mut runs[1]);
    // One that waits for another's answer is in flight too.
    assert_eq!(paths(&of_second), [""; 0]);
    bench.arrive(&mut runs, &of_first[0], "[]");
    let (_, of_second) = bench.advance(&mut runs[1]);
    assert_eq!(paths(&of_second), ["/careers?tax=B"]);
}

#[test]
fn runs_share_a_session() {
    let mut bench = Bench::new(true);
    let (mut first, mut second) = (bench.run("A"), bench.run("B"));
    let (_, login) = bench.advance(&mut first);
    assert_eq!(paths(&login), ["/login"]);
    let (progress, sent) = bench.advance(&mut second);
    assert!(matches!(progress, Progress::Waiting) && sent.is_empty());
    // Who began it may be gone when it has ended.
    drop(first);
    let mut left = [second];
    bench.arrive(&mut left, &login[0], r#""sid""#);
    let (_, sent) = bench.advance(&mut left[0]);
    assert_eq!(paths(&sent), ["/courses", "/careers?tax=B"]);
    for call in &sent {
        assert!(call.request.headers.contains(&("x-session".to_owned(), "sid".to_owned())));
    }
}

#[test]
fn failures_of_an_earlier_run_come_first() {
    let mut bench = Bench::new(false);
    let (first, second) = (bench.run("A"), bench.run("B"));
    let rank = |run: &Run, call: &str, at| Rank { run: run.id, call: call.to_owned(), at };
    assert!(rank(&first, "z", 9) < rank(&second, "a", 0));
    assert!(rank(&first, "a", 9) < rank(&first, "b", 0));
    assert!(rank(&first, "a", 0) < rank(&first, "a", 1));
}
