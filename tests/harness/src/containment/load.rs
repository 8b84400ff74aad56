//! Requests, many at one time, each with the answers that would be right.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;
use university::oracle::{self, Expected};
use university::{DEFAULT_TODAY, Population};

use crate::expect::show;
use crate::http::{self, Answer, Failure, Request};
use crate::population::by_tax_code;

/// Longer than any timer of these gateways: a request that is not over by then hangs.
const PATIENCE: Duration = Duration::from_secs(25);
/// Wrong answers shown of one load.
const SHOWN: usize = 5;

/// A request and the bodies that would be right for it.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) request: Request,
    pub(super) right: Vec<Vec<u8>>,
    /// Sent so long after the others.
    pub(super) after: Duration,
}

impl Asked {
    /// Sent at once.
    pub(super) fn new(request: Request, right: Vec<Vec<u8>>) -> Self {
        Self { request, right, after: Duration::ZERO }
    }
}

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// With the right body of this place.
    Right(usize),
    /// With a problem document, whole and consistent.
    Problem(u16, String),
    /// In another way; what was seen.
    Wrong(String),
}

/// An end, and when it came.
#[derive(Clone, Debug)]
pub(super) struct Ended {
    pub(super) end: End,
    pub(super) took: Duration,
}

impl Ended {
    /// What is wrong with it, unless it is right or one of these problems.
    pub(super) fn unless(&self, problems: &[(u16, &str)]) -> Option<String> {
        match &self.end {
            End::Right(_) => None,
            End::Problem(status, code) if problems.contains(&(*status, code.as_str())) => None,
            End::Problem(status, code) => Some(format!("{status} {code} after {:?}", self.took)),
            End::Wrong(what) => Some(format!("{what} after {:?}", self.took)),
        }
    }

    /// What is wrong with it, unless it is this problem.
    pub(super) fn unless_problem(&self, status: u16, code: &str) -> Option<String> {
        if self.is_problem(status, code) { None } else { Some(format!("{:?}, not {status} {code}", self.end)) }
    }

    /// Whether it is this problem.
    pub(super) fn is_problem(&self, status: u16, code: &str) -> bool {
        matches!(&self.end, End::Problem(s, c) if *s == status && c == code)
    }

    /// Whether it is one of the right bodies.
    pub(super) fn is_right(&self) -> bool {
        matches!(self.end, End::Right(_))
    }
}

/// IFS02.1 for people of a population, with what the oracle says.
pub(super) fn people(population: &Population, most: usize) -> Vec<Asked> {
    let codes = population.students().iter().map(university::Student::tax_code);
    let asked = codes.filter_map(|code| match oracle::ifs02_1(population, code, DEFAULT_TODAY) {
        Expected::Answer(body) => Some(Asked::new(by_tax_code(code), vec![body])),
        _ => None,
    });
    asked.take(most).collect()
}

/// Sends one request and waits for its end.
pub(super) fn send(addr: SocketAddr, asked: &Asked) -> Ended {
    std::thread::sleep(asked.after);
    let before = Instant::now();
    let result = http::send(addr, &asked.request, PATIENCE, usize::MAX);
    Ended { end: end(&result, &asked.right), took: before.elapsed() }
}

/// Sends all at one time; ends in their order.
pub(super) fn together(addr: SocketAddr, all: &[Asked]) -> Vec<Ended> {
    std::thread::scope(|scope| {
        let handles: Vec<_> = all.iter().map(|asked| scope.spawn(move || send(addr, asked))).collect();
        let lost = || Ended { end: End::Wrong("the client itself failed".to_owned()), took: Duration::ZERO };
        handles.into_iter().map(|handle| handle.join().unwrap_or_else(|_| lost())).collect()
    })
}

/// What became of a load.
#[derive(Clone, Debug, Default)]
pub(super) struct Tale {
    /// Right bodies, by their place.
    pub(super) right: BTreeMap<usize, usize>,
    /// Problems, by status and code.
    pub(super) problems: BTreeMap<(u16, String), usize>,
    /// How many others.
    pub(super) wrong: usize,
    /// Some of the others.
    pub(super) shown: Vec<String>,
    /// The longest wait.
    pub(super) slowest: Duration,
}

impl Tale {
    /// Adds an end.
    pub(super) fn tell(&mut self, ended: Ended) {
        self.slowest = self.slowest.max(ended.took);
        match ended.end {
            End::Right(place) => *self.right.entry(place).or_default() += 1,
            End::Problem(status, code) => *self.problems.entry((status, code)).or_default() += 1,
            End::Wrong(what) => {
                self.wrong += 1;
                if self.shown.len() < SHOWN {
                    self.shown.push(format!("{what} after {:?}", ended.took));
                }
            }
        }
    }

    fn join(&mut self, other: Self) {
        other.right.into_iter().for_each(|(place, count)| *self.right.entry(place).or_default() += count);
        other.problems.into_iter().for_each(|(problem, count)| *self.problems.entry(problem).or_default() += count);
        self.wrong += other.wrong;
        self.shown.extend(other.shown);
        self.shown.truncate(SHOWN);
        self.slowest = self.slowest.max(other.slowest);
    }

    /// How many were right.
    pub(super) fn rights(&self) -> usize {
        self.right.values().sum()
    }

    /// What is wrong with it, where only right answers and these problems are expected.
    pub(super) fn unless(&self, problems: &[(u16, &str)]) -> Vec<String> {
        let known = |(status, code): &(u16, String)| problems.contains(&(*status, code.as_str()));
        let others = self.problems.iter().filter(|(problem, _)| !known(problem));
        let mut wrong: Vec<String> =
            others.map(|((status, code), count)| format!("{count} times {status} {code}")).collect();
        if self.wrong > 0 {
            wrong.push(format!("{} answers were neither right nor a problem, such as:", self.wrong));
            wrong.extend(self.shown.iter().cloned());
        }
        if self.rights() == 0 {
            wrong.push("not one answer was right".to_owned());
        }
        wrong
    }
}

/// Keeps so many clients asking, each one request after another, while `work` is done.
pub(super) fn during<T>(addr: SocketAddr, asked: &[Asked], clients: usize, work: impl FnOnce() -> T) -> (T, Tale) {
    let (over, next) = (AtomicBool::new(false), AtomicUsize::new(0));
    let client = || {
        let mut tale = Tale::default();
        while !over.load(Ordering::Relaxed) {
            match asked.get(next.fetch_add(1, Ordering::Relaxed) % asked.len().max(1)) {
                Some(one) => tale.tell(send(addr, one)),
                None => break,
            }
        }
        tale
    };
    std::thread::scope(|scope| {
        let handles: Vec<_> = (0..clients).map(|_| scope.spawn(client)).collect();
        let done = work();
        over.store(true, Ordering::Relaxed);
        let mut tale = Tale::default();
        handles.into_iter().filter_map(|handle| handle.join().ok()).for_each(|part| tale.join(part));
        (done, tale)
    })
}

fn end(result: &Result<Answer, Failure>, right: &[Vec<u8>]) -> End {
    let answer = match result {
        Ok(answer) => answer,
        Err(failure) => return End::Wrong(format!("no whole answer ({failure:?})")),
    };
    if answer.status == 200
        && let Some(place) = right.iter().position(|body| *body == answer.body)
    {
        return End::Right(place);
    }
    match problem(answer) {
        Some(code) => End::Problem(answer.status, code),
        None => End::Wrong(format!("{} {:?} {}", answer.status, answer.header("content-type"), show(&answer.body))),
    }
}

/// The code of a problem document that is one in every respect: media type, status, and when to come back.
pub(super) fn problem(answer: &Answer) -> Option<String> {
    let document: Value = serde_json::from_slice(&answer.body).ok()?;
    let code = document.get("type")?.as_str()?.strip_prefix("urn:ifs-adapter:problem:")?;
    let consistent = answer.header("content-type") == Some("application/problem+json")
        && document.get("status").and_then(Value::as_u64) == Some(u64::from(answer.status))
        && matches!(answer.status, 503 | 504) == answer.header("retry-after").is_some();
    consistent.then(|| code.to_owned())
}
