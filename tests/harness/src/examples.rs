//! The Ministry's own examples, where they are at hand beside the workspace: what it shows as a
//! request must be taken, and what it shows as an answer must keep the schema, but for what is listed here with its reason.
//!
//! The files are written for people: comments stand in the JSON, several documents in a file, and not each is one.

use std::path::Path;
use std::sync::Arc;

use adapter_core::contract::{OPERATIONS, Operation, api_name};
use serde_json::Value;

use crate::configure::shipped;
use crate::native::Native;
use crate::population::post;
use crate::stand;
use crate::suite::Suite;
use crate::systems::Systems;

/// What a file shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Request,
    Answer,
}

/// A document that is not what the contract says, by operation, side and place in its file, with the rule or trap that decides
/// against it.
struct Known {
    operation: &'static str,
    side: Side,
    /// Counted from 1.
    document: usize,
    rule: &'static str,
    why: &'static str,
}

const fn known(operation: &'static str, side: Side, document: usize, rule: &'static str, why: &'static str) -> Known {
    Known { operation, side, document, rule, why }
}

use Side::{Answer, Request};

/// Where an example and its schema differ, the schema wins; each entry must be met.
const KNOWN: &[Known] = &[
    known("IFS01.1", Request, 2, "GEN-6", "a comma is missing: this is no JSON"),
    known("IFS01.1", Answer, 1, "T-56", "the last page's cursor is an empty text; null is sent"),
    known("IFS01.1", Answer, 2, "T-56", "the last page's cursor is an empty text; null is sent"),
    known("IFS01.2", Answer, 1, "T-19", "empty texts, where a member without a value is null or left out"),
    known("IFS01.2", Answer, 2, "T-19", "empty texts, where a member without a value is null or left out"),
    known("IFS02.1", Answer, 3, "GEN-7", "in words, that an unknown student is 400"),
    known("IFS03.1", Answer, 3, "GEN-7", "in words, that an unknown student is 400"),
    known("IFS03.4", Answer, 1, "T-51", "credits are whole numbers and no texts, and who is fit is QUALIFIED"),
    known("IFS04.3", Answer, 1, "T-48", "`response_code` is required"),
    known("IFS04.4", Answer, 1, "T-48", "a file is rejected or acquired, never approved"),
    known("IFS05.1", Request, 1, "T-48", "an empty `person_id` is none of nine characters"),
    known("IFS05.3", Answer, 1, "T-48", "`response_code` is required"),
    known("IFS05.4", Answer, 1, "T-48", "a file is rejected or acquired, never approved"),
    known("IFS06.1", Answer, 1, "T-40", "keys have 64 characters"),
    known("IFS07.1", Answer, 1, "T-40", "keys have 64 characters"),
    known("IFS08.1", Request, 1, "T-35", "an academic year is written with a slash"),
    known("IFS09.1", Request, 1, "T-35", "an academic year is written with a slash"),
    known("IFS09.1", Answer, 1, "T-44", "the answer is the list itself"),
];

/// Refusals that are none of the shape: nobody here is called as in the examples, the pack resolves no keys, and no cursor
/// of theirs is ours.
const OTHERWISE: [(u16, &str); 4] = [
    (400, "request.unknown-student"),
    (400, "request.unknown-course"),
    (400, "request.cursor-altered"),
    (503, "request.key-unresolved"),
];

/// A document of a file: what it is, or why it is none.
type Document = Result<Value, String>;

/// Judges every example; says so where there are none.
pub fn run(suite: &mut Suite) {
    let folder = xtask::paths::root().join("..").join("shared").join("examples");
    if !folder.is_dir() {
        println!("examples: the Ministry's are not at hand");
        return;
    }
    let outcome = shipped_engine(suite).map(|mut native| all(suite, &mut native, &folder));
    match outcome {
        Ok(wrong) => {
            suite.tally.verdict("the Ministry's examples are taken, or refused for a reason that is listed", wrong)
        }
        Err(error) => suite.tally.fail("the Ministry's examples", [error]),
    }
}

fn shipped_engine(suite: &mut Suite) -> Result<Native, String> {
    let setting = shipped();
    let bundle = suite.bundles.bundle(&setting)?;
    suite.world.server(&setting.university).map_err(|e| e.to_string())?.set_rules(Vec::new());
    let clusters = suite.world.clusters(&setting).map_err(|e| e.to_string())?;
    let now_ms = i64::try_from(setting.moment()?.unix_timestamp_nanos() / 1_000_000).map_err(|e| e.to_string())?;
    Native::new(stand::plugin(&setting, &bundle)?.as_bytes(), now_ms, Arc::new(Systems::new(clusters)))
}

fn all(suite: &Suite, native: &mut Native, folder: &Path) -> Vec<String> {
    let (mut wrong, mut met) = (Vec::new(), vec![false; KNOWN.len()]);
    let (mut sent, mut answers) = (0, 0);
    for operation in OPERATIONS {
        let target = format!("/{}{}", api_name(operation.id.api()).to_ascii_lowercase(), operation.path);
        for (side, ending) in [(Request, "request"), (Answer, "response")] {
            let file = folder.join(format!("{}-{ending}.json", operation.name));
            let documents = match std::fs::read_to_string(&file) {
                Ok(text) => documents(&text),
                Err(error) => {
                    wrong.push(format!("{}: {error}", file.display()));
                    continue;
                }
            };
            for (place, document) in documents.into_iter().enumerate() {
                let against = document.and_then(|body| match side {
                    Answer => {
                        answers += 1;
                        suite.documents.good(&target, &body).map_or(Ok(()), Err)
                    }
                    // Our document is the Ministry's and asks no more, but where a list says so.
                    Request => {
                        sent += 1;
                        let by_schema = suite.documents.request(&target, &body).map_or(Ok(()), Err);
                        by_schema.and_then(|()| taken(native, &target, &body))
                    }
                });
                let listed = listed(operation, side, place + 1);
                match (against, listed) {
                    (Ok(()), None) => {}
                    (Err(_), Some(at)) => met[at] = true,
                    (Ok(()), Some(at)) => {
                        met[at] = true;
                        wrong.push(format!("{} {side:?} {} is taken, and listed", operation.name, place + 1));
                    }
                    (Err(why), None) => wrong.push(format!("{} {side:?} {}: {why}", operation.name, place + 1)),
                }
            }
        }
    }
    let never = KNOWN.iter().zip(&met).filter(|(_, met)| !**met);
    wrong.extend(
        never.map(|(known, _)| {
            format!("{} {:?} {} is listed, and not there", known.operation, known.side, known.document)
        }),
    );
    for known in KNOWN {
        println!("example: {} {:?} {}: {}: {}", known.operation, known.side, known.document, known.rule, known.why);
    }
    println!("examples: {sent} requests sent, {answers} answers held against their schemas");
    wrong
}

fn listed(operation: &Operation, side: Side, document: usize) -> Option<usize> {
    KNOWN.iter().position(|k| k.operation == operation.name && k.side == side && k.document == document)
}

/// Sends a request; an error where it is refused for its shape, or fails.
fn taken(native: &mut Native, target: &str, body: &Value) -> Result<(), String> {
    let answer = native.exchange(&post(target, body))?;
    if answer.status == 200 {
        return Ok(());
    }
    let problem: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let code = problem["type"].as_str().and_then(|kind| kind.rsplit(':').next()).unwrap_or_default();
    if OTHERWISE.contains(&(answer.status, code)) {
        return Ok(());
    }
    Err(format!("{} {problem}", answer.status))
}

/// The documents of a file, in order; text between them that is none is an error in its place.
fn documents(text: &str) -> Vec<Document> {
    let text = uncommented(text);
    let mut found = Vec::new();
    let mut rest = text.as_str();
    loop {
        let start = rest.find(['{', '[']).unwrap_or(rest.len());
        let between = rest[..start].trim();
        if !between.is_empty() {
            found.push(Err(format!("this is no JSON: {between}")));
        }
        rest = &rest[start..];
        if rest.is_empty() {
            return found;
        }
        let (document, after) = rest.split_at(length(rest));
        found.push(serde_json::from_str(document).map_err(|error| format!("this is no JSON: {error}")));
        rest = after;
    }
}

/// The length of the document at the beginning of a text: up to where its first bracket closes.
fn length(text: &str) -> usize {
    let mut depth = 0_usize;
    for (at, mark, quoted) in marks(text) {
        match mark {
            _ if quoted => {}
            '{' | '[' => depth += 1,
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    text.len()
}

/// The characters of a text, and whether each stands in a JSON string.
fn marks(text: &str) -> impl Iterator<Item = (usize, char, bool)> {
    let (mut quoted, mut escaped) = (false, false);
    text.char_indices().map(move |(at, mark)| {
        let inside = quoted;
        match mark {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => {}
        }
        (at, mark, inside)
    })
}

/// A text without its comments, `//` and `/* */`.
fn uncommented(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    loop {
        let comment = marks(rest).find(|(at, mark, quoted)| {
            *mark == '/' && !quoted && (rest[at + 1..].starts_with('/') || rest[at + 1..].starts_with('*'))
        });
        let Some((at, ..)) = comment else {
            out.push_str(rest);
            return out;
        };
        out.push_str(&rest[..at]);
        let comment = &rest[at..];
        let end = match comment.starts_with("//") {
            true => comment.find('\n').unwrap_or(comment.len()),
            false => comment.find("*/").map_or(comment.len(), |end| end + 2),
        };
        rest = &comment[end..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn files_for_people_are_read() {
        let text =
            "/* one */\n{ \"a\": \"x // \\\" /* y\" /* { */ } // [\n{\"b\": [1, {}]}\nHTTP Error 400\n{ \"c\" 1 }\n";
        let found = documents(text);
        assert_eq!(found[0], Ok(json!({ "a": "x // \" /* y" })));
        assert_eq!(found[1], Ok(json!({ "b": [1, {}] })));
        assert!(found[2].as_ref().is_err_and(|why| why.contains("HTTP Error 400")));
        assert!(found[3].is_err());
        assert_eq!(found.len(), 4);
    }
}
