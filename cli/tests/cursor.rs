//! `ifs cursor show`: where a walk is, without anybody's number, or why the cursor is refused.

// Test tooling over data of its own: a panic is a failing test.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use std::path::Path;
use std::process::{Command, Output};

/// What the cursors of the scenarios are sealed with.
const KEY: &str = "8f3c1a97d204be5560e7f1983c4a2bd96e10754cfa82b3d7195e0c66a1f84d2b";
const OTHER: &str = "27b1e04fd98a6c3512f7709be8c5d34a16903fbe5da28c7741e6b05f93d8c21a";

fn show(arguments: &[&str], variables: &[(&str, &str)]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ifs"));
    command.args(["cursor", "show"]).args(arguments);
    command.env_remove("IFS_CURSOR_KEY").env_remove("IFS_CURSOR_KEY_OTHER").envs(variables.iter().copied());
    let Output { status, stdout, stderr } = command.output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

fn scenarios() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/scenarios")
}

fn mapping() -> String {
    scenarios().join("mappings/students.yaml").display().to_string()
}

/// The cursor that a scenario asks with.
fn cursor(scenario: &str) -> String {
    let text = std::fs::read_to_string(scenarios().join("walk").join(scenario).with_extension("yaml")).unwrap();
    let rest = text.split_once("cursor: ").unwrap().1;
    rest.split([' ', '}']).next().unwrap().trim_matches('"').to_owned()
}

#[test]
fn it_says_where_a_walk_is_without_anybodys_number() {
    let (cursor, mapping) = (cursor("cursor-expired"), mapping());
    let keys = [("IFS_CURSOR_KEY", OTHER), ("IFS_CURSOR_KEY_OTHER", KEY)];
    let (code, told, _) = show(&[&cursor, &mapping], &keys);
    // The scenario says that it began 96 hours and a second before 2026-03-01T09:00:00Z.
    for there in [
        "operation  IFS07.1\n",
        "filters    academic_system both, sync_mode full\n",
        "institute  9901\n",
        "walk       `graduates`\n",
        "began      2026-02-25T08:59:59Z\n",
        "good until 2026-03-01T08:59:59Z\n",
        "up to the unit that is a number\n",
        "request.cursor-expired: The cursor's walk began too long ago.\n",
    ] {
        assert!(told.contains(there), "{there}: {told}");
    }
    assert_eq!(code, Some(1));
    // The number of the last student is printed only where that is asked for.
    let (_, with_values, _) = show(&[&cursor, &mapping, "--show-values"], &keys);
    let differ: Vec<_> = told.lines().zip(with_values.lines()).filter(|(a, b)| a != b).collect();
    assert!(!differ.is_empty() && differ.iter().all(|(a, b)| a.contains("a number") && !b.contains("a number")));
    assert!(!with_values.contains(KEY) && !told.contains(KEY));
}

#[test]
fn each_refusal_is_said_with_its_code() {
    let key = [("IFS_CURSOR_KEY", KEY)];
    for (scenario, problem) in [
        ("cursor-altered", "request.cursor-altered"),
        ("cursor-cut", "request.cursor-cut"),
        ("cursor-form", "request.cursor-form"),
        ("cursor-key", "request.cursor-key"),
        ("cursor-institute", "request.cursor-institute"),
        ("cursor-walk", "request.cursor-walk"),
    ] {
        let (code, told, _) = show(&[&cursor(scenario), &mapping()], &key);
        assert!(code == Some(1) && told.contains(&format!("{problem}: ")), "{scenario}: {told}");
    }
}

#[test]
fn keys_are_read_of_a_file_or_the_environment_and_named_where_they_lack() {
    let cursor = cursor("students-on");
    let file = std::env::temp_dir().join(format!("ifs-cursor-{}", std::process::id()));
    let path = file.display().to_string();
    std::fs::write(&file, format!("{OTHER}\n{KEY}\n")).unwrap();
    let (code, told, _) = show(&[&cursor, "--key", &path], &[]);
    assert!(code == Some(1) && told.contains("request.cursor-expired"), "{told}");
    std::fs::write(&file, format!("{OTHER}\n00\n")).unwrap();
    let (code, _, why) = show(&[&cursor, "--key", &path], &[]);
    assert!(code == Some(2) && why.contains("the second line is not 64 hex digits"), "{why}");
    std::fs::remove_file(&file).unwrap();
    let (code, _, why) = show(&[&cursor], &[]);
    assert!(code == Some(2) && why.contains("IFS_CURSOR_KEY is not set"), "{why}");
    let (code, _, why) = show(&[&cursor, "nowhere.yaml"], &[("IFS_CURSOR_KEY", KEY)]);
    assert!(code == Some(2) && why.contains("there is no file nowhere.yaml"), "{why}");
}
