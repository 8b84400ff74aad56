//! `cargo xtask up` as another program uses it: wait for `ready`, call, interrupt; and whatever happens, nothing is left
//! running.

// Test code: a wrong index or a missing value is a failed test.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test"
)]

use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use university::oracle::{Expected, conservatory, ifs02_1};
use university::{DEFAULT_TODAY, Population, Server};
use xtask::{http, paths};

const WAIT: Duration = Duration::from_secs(20);

/// A running `up`; killed if a test fails before it stopped it.
struct Up {
    child: Child,
    lines: Vec<String>,
}

impl Up {
    fn start(arguments: &[&str]) -> Self {
        let child = command(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut up = Self { child, lines: Vec::new() };
        let mut out = BufReader::new(up.child.stdout.take().unwrap());
        while !up.lines.last().is_some_and(|line| line.starts_with("ready ")) {
            let mut line = String::new();
            assert_ne!(out.read_line(&mut line).unwrap(), 0, "it ended before it was ready: {:?}", up.lines);
            up.lines.push(line.trim_end().to_owned());
        }
        up
    }

    /// The rest of the line that begins with `word`.
    fn said(&self, word: &str) -> &str {
        let line = self.lines.iter().find_map(|line| line.strip_prefix(word));
        line.unwrap_or_else(|| panic!("no line {word}: {:?}", self.lines)).trim()
    }

    fn addr(&self) -> SocketAddr {
        self.said("ready http://").parse().unwrap()
    }

    fn signal(&self, name: &str) {
        assert!(Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap().success());
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.arg("up").args(arguments).stdin(Stdio::null());
    command
}

fn ask(addr: SocketAddr, tax_code: &str) -> http::Answer {
    let body = serde_json::json!({ "tax_code": tax_code }).to_string();
    let headers = [("content-type", "application/json")];
    http::send(addr, "POST", "/ifs02/academic-enrollments", &headers, body.as_bytes(), WAIT).unwrap()
}

fn closes(addr: SocketAddr) -> bool {
    let until = Instant::now() + Duration::from_secs(10);
    while Instant::now() < until {
        if TcpStream::connect(addr).is_err() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    false
}

fn secrets(up: &Up) -> Vec<PathBuf> {
    let files = std::fs::read_dir(up.said("logs")).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "secret")).collect()
}

#[test]
fn a_student_of_the_list_is_answered_as_the_oracle_says() {
    let mut up = Up::start(&["--port", "0", "--students", "40", "--seed", "11"]);
    assert_eq!(up.lines.last().unwrap(), &format!("ready http://127.0.0.1:{}", up.addr().port()));
    let listed = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["students", "--students", "40", "--seed", "11"])
        .output()
        .unwrap();
    let population = Population::generate(11, 40, DEFAULT_TODAY);
    let mut known = 0;
    for line in String::from_utf8(listed.stdout).unwrap().lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let tax_code = line["tax_code"].as_str().unwrap();
        let answer = ask(up.addr(), tax_code);
        match ifs02_1(&population, tax_code, DEFAULT_TODAY) {
            Expected::Answer(bytes) => {
                known += 1;
                assert_eq!((answer.status, &answer.body, &line["known"]), (200, &bytes, &true.into()), "{line}");
            }
            _ => assert_eq!((answer.status, &line["known"]), (400, &false.into()), "{line}"),
        }
    }
    assert_eq!(known, 40);
    assert_eq!(secrets(&up).len(), 1);
    let addr = up.addr();
    up.signal("-TERM");
    assert!(up.child.wait().unwrap().success(), "an interrupted `up` has done what it should");
    assert!(closes(addr));
    assert_eq!(secrets(&up), Vec::<PathBuf>::new());
}

#[test]
fn every_pack_is_served_over_its_face_of_the_simulator() {
    let population = Population::generate(3, 20, DEFAULT_TODAY);
    let tax_code = population.students()[0].tax_code();
    for (pack, operations, expected) in [
        ("esse3-soap", ["IFS01.1", "IFS02.1", "IFS02.3"].as_slice(), ifs02_1(&population, tax_code, DEFAULT_TODAY)),
        ("afam-table", &["IFS01.1", "IFS02.1"], conservatory::ifs02_1(&population, tax_code, DEFAULT_TODAY)),
    ] {
        let up = Up::start(&["--port", "0", "--students", "20", "--seed", "3", "--pack", pack]);
        for operation in operations {
            assert!(up.said(operation).starts_with("curl -i http://127.0.0.1:"), "{:?}", up.lines);
        }
        let answer = ask(up.addr(), tax_code);
        let Expected::Answer(bytes) = expected else { panic!("unknown student") };
        assert_eq!((answer.status, answer.text()), (200, String::from_utf8(bytes).unwrap()), "{pack}");
    }
}

#[test]
fn killed_outright_it_leaves_nothing_running() {
    let mut up = Up::start(&["--port", "0", "--students", "10", "--trust", "none"]);
    assert_eq!(ask(up.addr(), "RSSMRA80A01F205X").status, 401);
    let addr = up.addr();
    up.signal("-KILL");
    up.child.wait().unwrap();
    assert!(closes(addr));
}

#[test]
fn your_own_system_is_asked_with_your_own_credentials() {
    let population = Arc::new(Population::generate(5, 20, DEFAULT_TODAY));
    let options = university::Options { user: "own".to_owned(), password: "own".to_owned(), ..Default::default() };
    let server = Server::start(Arc::clone(&population), options).unwrap();
    let dir = paths::run_dir("up-test").unwrap();
    let file = dir.join("authorization.txt");
    // Basic, of `own:own`.
    std::fs::write(&file, "Basic b3duOm93bg==\n").unwrap();
    let mapping = paths::root().join("mappings/esse3-rest/mapping.yaml");
    let (mapping, legacy) = (mapping.to_str().unwrap(), format!("esse3=localhost:{}", server.addr().port()));
    let credentials = format!("esse3={}", file.display());
    let common = ["--port", "0", "--now", "2026-03-01T09:00:00Z", "--mapping", mapping, "--legacy", &legacy];
    let tax_code = population.students()[0].tax_code();

    let up = Up::start(&[&common[..], &["--credentials", &credentials]].concat());
    let Expected::Answer(bytes) = ifs02_1(&population, tax_code, DEFAULT_TODAY) else { panic!("unknown student") };
    let answer = ask(up.addr(), tax_code);
    assert_eq!((answer.status, answer.text()), (200, String::from_utf8(bytes).unwrap()));
    drop(up);

    let up = Up::start(&common);
    let answer = ask(up.addr(), tax_code);
    // Which failure it is, the mapping says; the system's 401 is never the consumer's.
    assert!(answer.status >= 500 && answer.text().contains("problem:legacy."), "{}", answer.text());
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn what_cannot_work_is_said_and_fails() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let mapping = paths::root().join("mappings/esse3-rest/mapping.yaml");
    let mapping = mapping.to_str().unwrap();
    for (arguments, told) in [
        (vec!["--port", &port], "in use"),
        (vec!["--port", "0", "--pack", "no-such-pack"], "no-such-pack"),
        (vec!["--port", "0", "--mapping", mapping, "--legacy", "other=localhost:1"], "no such cluster"),
        (vec!["--port", "0", "--mapping", mapping, "--legacy", "esse3"], "NAME=HOST:PORT"),
        (vec!["--port", "0", "--trust", "none", "--now", "2026-03-01T09:00:00Z"], "configuration refused"),
        (vec!["--port", "0", "--students", "9"], "from 10 to 200000"),
        (vec!["--port", "0", "--pack", "esse3-soap", "--legacy", "esse3=localhost:1"], "IFS_SECRET_ESSE3_USER"),
    ] {
        let mut child = command(&arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert!(!child.wait().unwrap().success(), "{arguments:?}");
        assert!(said.contains(told), "{arguments:?}: {said}");
    }
}

#[test]
fn behind_vouchers_today_is_answered_as_the_oracle_says() {
    let up = Up::start(&["--port", "0", "--students", "40", "--seed", "11", "--trust", "edge"]);
    let port: u16 = up.said("ready https://localhost:").parse().unwrap();
    let said = up.lines.join("\n");
    assert!(said.contains("--cacert") && said.contains("$(cargo xtask voucher --api IFS02)"), "{said}");
    let day = up.said("people   cargo xtask students --students 40 --seed 11 --today ").to_owned();
    let mut day = day.split('-').map(|part| part.parse::<u16>().unwrap());
    let mut next = || day.next().unwrap();
    let (year, month, day) = (i32::from(next()), u8::try_from(next()).unwrap(), u8::try_from(next()).unwrap());
    let today = university::Date::from_calendar_date(year, month.try_into().unwrap(), day).unwrap();
    let made = Command::new(env!("CARGO_BIN_EXE_xtask")).args(["voucher", "--api", "IFS02"]).output().unwrap();
    let bearer = format!("Bearer {}", String::from_utf8(made.stdout).unwrap().trim());
    let population = Population::generate(11, 40, today);
    let standin = pdnd::Standin::open(&paths::pdnd()).unwrap();
    let student = population.students()[0].tax_code().to_owned();
    let send = |headers: &[(&str, &str)]| {
        let addr = SocketAddr::from(([127, 0, 0, 1], port));
        let mut stream = pdnd::connect(addr, standin.authority(), None, WAIT).unwrap();
        let body = serde_json::json!({ "tax_code": student }).to_string();
        http::over(&mut stream, "localhost", "POST", "/ifs02/academic-enrollments", headers, body.as_bytes()).unwrap()
    };
    let json = ("content-type", "application/json");
    assert_eq!(send(&[json]).status, 401);
    let answer = send(&[json, ("authorization", &bearer)]);
    let Expected::Answer(bytes) = ifs02_1(&population, &student, today) else { panic!("{student} is known") };
    assert_eq!((answer.status, answer.text()), (200, String::from_utf8(bytes).unwrap()));
}

#[test]
fn a_fixed_clock_is_for_development_alone() {
    let output = command(&["--trust", "edge", "--now", "2026-03-01T09:00:00Z"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--now is for --trust development"));
}

#[test]
fn a_misspelt_name_does_not_mean_plain_http() {
    let output = command(&["--legacy", "esse3=127.0.0.1:9", "--tls", "ese3=/etc/hostname"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("ese3: the mapping has no such cluster"));
}
