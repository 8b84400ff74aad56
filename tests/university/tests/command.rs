//! The command line.

// A test fails by panicking.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use serde_json::Value;

fn university(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_university"));
    command.args(words);
    command
}

fn lines(words: &[&str]) -> Vec<Value> {
    let output = university(words).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty());
    String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn students_and_oracle_list_the_same_people() {
    let students = lines(&["students", "--students", "12", "--seed", "3"]);
    let answers = lines(&["oracle", "--students", "12", "--seed", "3"]);
    assert_eq!((students.len(), answers.len()), (24, 24), "12 known and 12 unknown");
    for (student, answer) in students.iter().zip(&answers) {
        assert_eq!(student["tax_code"], answer["tax_code"]);
        assert_eq!(student["kind"] == "unknown", answer["status"] == 400);
        let body = answer["body"].as_str().map(|body| serde_json::from_str::<Value>(body).unwrap());
        assert!(body.is_none_or(|body| body["personal_data"]["tax_code"] == student["tax_code"]));
    }
    assert_eq!(students[1]["kind"], "no_careers");
    assert!(students[1]["special"].is_string());
}

#[test]
fn afam_is_the_conservatory() {
    let answers = |more: &[&str]| lines(&[&["oracle", "--students", "12"], more].concat());
    for (ours, theirs) in answers(&[]).iter().zip(answers(&["--afam"])) {
        assert_eq!(ours["tax_code"], theirs["tax_code"]);
        assert!(!theirs["body"].as_str().unwrap_or("").contains("9901"));
    }
    let folder = std::env::temp_dir().join(format!("university-afam-{}", std::process::id()));
    let words = ["tables", "--afam", "--out", folder.to_str().unwrap()];
    assert!(university(&words).output().unwrap().status.success());
    let classes = std::fs::read_to_string(folder.join("classi.csv")).unwrap();
    let courses = std::fs::read_to_string(folder.join("corsi.csv")).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(classes.contains("\n100101;DCPL01;Diploma Accademico di Primo Livello in ARPA;A1;\n"));
    assert!(courses.contains(";9902;A1CO9902N0000051;100101;040012;2025;A1;ARPA;\n"));
}

#[test]
fn other_operations() {
    let transcripts = lines(&["oracle", "--students", "12", "--of", "IFS02.3"]);
    assert_eq!(transcripts.len(), lines(&["oracle", "--students", "12"]).len());
    assert!(transcripts.iter().any(|line| line["body"].as_str().unwrap_or("").contains("learnings")));
    for (more, institute_course, first) in
        [(&[][..], "\"programme_type_code\":\"MT\"", "2015/2016"), (&["--afam"], "\"A1\"", "2017/2018")]
    {
        let offers = lines(&[&["oracle", "--of", "IFS01.1"], more].concat());
        assert_eq!(offers[0]["academic_year"], first);
        let within = &offers[1..offers.len() - 1];
        assert!(within.iter().all(|line| line["body"].as_str().unwrap().contains(institute_course)));
    }
    for of in ["IFS01.1", "IFS02.3"] {
        let fired = university(&["oracle", "--of", of, "--fired"]).output().unwrap();
        assert!(String::from_utf8(fired.stdout).unwrap().contains(of));
    }
}

#[test]
fn the_day_is_an_option() {
    let at = |day| lines(&["oracle", "--students", "10", "--today", day]);
    assert_eq!(at("2026-03-01"), at("2026-09-30"), "same academic year");
    assert_ne!(at("2026-03-01"), at("2025-03-01"));
}

#[test]
fn serve_prints_its_address_and_nothing_else() {
    let mut child = university(&["serve", "--students", "10", "--port", "0"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut line).unwrap();
    let addr = line.trim().strip_prefix("listening http://").unwrap();
    assert!(addr.starts_with("127.0.0.1:") && TcpStream::connect(addr).is_ok());
    child.kill().unwrap();
    child.wait().unwrap();
    line.clear();
    assert_eq!(out.read_line(&mut line).unwrap(), 0, "{line}");
}

#[test]
fn wrong_words_are_refused() {
    let wrong: [&[&str]; 8] = [
        &["oracle", "--of", "IFS10.1"],
        &["oracle", "--of", "IFS02.5", "--afam"],
        &[],
        &["dance"],
        &["tables"],
        &["serve", "--port"],
        &["students", "--students", "many"],
        &["oracle", "--today", "2026-13-01"],
    ];
    for words in wrong {
        assert_eq!(university(words).output().unwrap().status.code(), Some(2), "{words:?}");
    }
}
