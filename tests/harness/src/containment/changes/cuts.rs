//! A proxy between Envoy and the office breaks the one exchange that writes, at each place, over both packs.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use university::{Charset, Cut, Population, Proxy, Server, Student};
use xtask::envoy::Envoy;

use super::{Kind, SECRET, ask, received, told, words};
use crate::configure::of_pack;
use crate::containment::gate;
use crate::http::Answer;
use crate::suite::Suite;

/// How long a call may take here, and how long an answer is held that comes too late.
const TIMEOUT_MS: u32 = 900;
const HELD: Duration = Duration::from_millis(1_800);

/// Where the exchange breaks, and whether the office has got the write by then.
const CUTS: [(Cut, bool); 9] = [
    (Cut::CloseBefore, false),
    (Cut::ResetBefore, false),
    (Cut::HalfRequest, false),
    (Cut::UnavailableBefore, false),
    (Cut::CloseAfter, true),
    (Cut::ResetAfter, true),
    (Cut::HalfAnswer, true),
    (Cut::UnavailableAfter, true),
    (Cut::Hold(HELD), true),
];

/// Tries until a call went over the connection that is closed as it is used.
const TRIES: usize = 12;

const UNKNOWN: (u16, &str) = (503, "legacy.outcome-unknown");

/// Runs it.
pub(in crate::containment) fn run(suite: &mut Suite) -> Result<(), String> {
    suite.forbidden.text(SECRET);
    for pack in ["esse3-rest", "esse3-soap"] {
        let mut bench = Bench::open(suite, pack)?;
        for kind in Kind::ALL {
            let mut wrong = Vec::new();
            for (cut, arrives) in CUTS {
                bench.cut(kind, cut, arrives, &mut wrong)?;
            }
            let name = format!("containment: a change that is cut off at each place is sent once: {pack}, {kind:?}");
            suite.tally.verdict(&name, wrong);
        }
        let name = format!("containment: what people write arrives as they wrote it: {pack}");
        suite.tally.verdict(&name, bench.whole());
        let name =
            format!("containment: a change over a connection that is closed just then is not sent again: {pack}");
        let wrong = bench.stale()?;
        suite.tally.verdict(&name, wrong);
        let name = format!("containment: a change that could not be sent is sent when it is asked for again: {pack}");
        let wrong = bench.away()?;
        suite.tally.verdict(&name, wrong);
        suite.logs.push(bench.envoy.stop());
    }
    Ok(())
}

struct Bench {
    pack: &'static str,
    envoy: Envoy,
    proxy: Proxy,
    office: Arc<Server>,
    population: Arc<Population>,
    /// Each change is somebody else's.
    next: usize,
}

impl Bench {
    fn open(suite: &mut Suite, pack: &'static str) -> Result<Self, String> {
        let mut setting = of_pack(pack);
        setting.gateway.timeout_ms = Some(TIMEOUT_MS);
        // Not all that is written here has a place in it.
        setting.university.soap.charset = Charset::Latin1;
        let office = suite.world.server(&setting.university).map_err(|e| e.to_string())?;
        let proxy = Proxy::start(office.addr()).map_err(|e| e.to_string())?;
        let module = gate::shipped_module(suite)?;
        let mut config = gate::config(suite, &setting, &module)?;
        config.clusters.iter_mut().for_each(|cluster| cluster.port = proxy.addr().port());
        office.forget_writes();
        let population = suite.world.population(&setting.university);
        Ok(Self { pack, envoy: gate::start(config)?, proxy, office, population, next: 0 })
    }

    fn to(&self) -> SocketAddr {
        self.envoy.addr()
    }

    fn student(&mut self) -> Result<String, String> {
        let student = self.population.students().get(self.next).map(Student::tax_code);
        self.next += 1;
        student.map(str::to_owned).ok_or_else(|| "there are too few students".to_owned())
    }

    /// Breaks one exchange, and asks for the same again where nobody knows what became of it.
    fn cut(&mut self, kind: Kind, cut: Cut, arrives: bool, wrong: &mut Vec<String>) -> Result<(), String> {
        let student = self.student()?;
        let mut code = String::new();
        if kind == Kind::TakeBack {
            let answer = ask(self.to(), Kind::Ask, &student, "")?;
            let tree: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            code = tree.get("file_code").and_then(Value::as_str).unwrap_or_default().to_owned();
        }
        let before = received(&self.office);
        self.proxy.clear();
        self.proxy.cut(kind.write(self.pack), cut);
        let answer = ask(self.to(), kind, &student, &code)?;
        let mut say = |what: String| wrong.push(format!("{cut:?}: {what}"));
        if self.proxy.cuts() != 1 {
            say(format!("{} exchanges were cut", self.proxy.cuts()));
        }
        // What arrived is found; of what did not nobody knows that it will not.
        let expected = match (arrives, kind) {
            (true, Kind::Report) => (200, "acquired"),
            (true, _) => (200, "approved"),
            (false, _) => UNKNOWN,
        };
        unless(&answer, expected).into_iter().for_each(&mut say);
        if answer.header("retry-after").is_some() {
            say("it says when to come back".to_owned());
        }
        let once = received(&self.office) - before;
        if once != u64::from(arrives) {
            say(format!("{once} writes were received"));
        }
        if !arrives {
            let again = ask(self.to(), kind, &student, &code)?;
            unless(&again, UNKNOWN).into_iter().for_each(|what| say(format!("asked for again: {what}")));
            let twice = received(&self.office) - before;
            if twice != once {
                say(format!("asked for again: {twice} writes were received"));
            }
        }
        Ok(())
    }

    /// All texts that the office has, whole.
    fn whole(&self) -> Vec<String> {
        let filed = self.office.filed();
        let lost = filed.iter().filter(|filed| !filed.text.contains(&words())).count();
        if lost == 0 && filed.len() > CUTS.len() { Vec::new() } else { vec![format!("{lost} of {}", filed.len())] }
    }

    /// The system closes an idle connection just as the write comes over it.
    fn stale(&mut self) -> Result<Vec<String>, String> {
        for _ in 0..TRIES {
            // Both workers have connections that were used.
            for _ in 0..4 {
                let warm = self.student()?;
                ask(self.to(), Kind::Report, &warm, "")?;
            }
            let (student, before) = (self.student()?, received(&self.office));
            self.proxy.clear();
            self.proxy.close_next_kept();
            let answer = ask(self.to(), Kind::Report, &student, "")?;
            if self.proxy.cuts() == 0 {
                continue;
            }
            // Over a session system that is the login for the change: nothing else was sent.
            let expected = if self.pack == "esse3-soap" { (503, "legacy.reset") } else { UNKNOWN };
            let mut wrong: Vec<String> = unless(&answer, expected).into_iter().collect();
            if received(&self.office) != before {
                wrong.push("it was received all the same".to_owned());
            }
            return Ok(wrong);
        }
        Ok(vec![format!("in {TRIES} tries no connection was used again")])
    }

    /// Nothing listens: nothing was sent, and that is known.
    fn away(&mut self) -> Result<Vec<String>, String> {
        let (student, before) = (self.student()?, received(&self.office));
        let port = self.proxy.addr().port();
        let other = Proxy::start(self.office.addr()).map_err(|e| e.to_string())?;
        drop(std::mem::replace(&mut self.proxy, other));
        let answer = ask(self.to(), Kind::Report, &student, "")?;
        let mut wrong: Vec<String> = unless(&answer, (503, "legacy.down")).into_iter().collect();
        if answer.header("retry-after").is_none() {
            wrong.push("it does not say when to come back".to_owned());
        }
        self.proxy = Proxy::at(port, self.office.addr()).map_err(|e| e.to_string())?;
        let again = ask(self.to(), Kind::Report, &student, "")?;
        wrong.extend(unless(&again, (200, "acquired")));
        let writes = received(&self.office) - before;
        if writes != 1 {
            wrong.push(format!("{writes} writes were received"));
        }
        Ok(wrong)
    }
}

/// What is wrong with an answer that must have this status and outcome.
fn unless(answer: &Answer, expected: (u16, &str)) -> Option<String> {
    let told = told(answer);
    ((answer.status, told.as_str()) != expected).then(|| format!("{} {told}", answer.status))
}
