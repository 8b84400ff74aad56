//! IFS01.1: the courses of an academic year, one page of them.

use super::Fired;
use super::list::{List, Rules, Settler, made};
use crate::contract::Operation;
use crate::eval::memory::Memory;
use crate::problem::Code;
use crate::value::{JsonWriter, Value};

/// Settles an IFS01.1 answer. More courses than one page holds are an error: nothing gives the next page yet.
pub(super) fn offer(
    operation: &Operation,
    memory: &mut Memory,
    answer: Value,
    fired: &mut Fired,
) -> Result<Vec<u8>, Code> {
    let list = List::of(operation.answer, "degree_courses")?;
    let value = made(&memory.arena, answer, "degree_courses")?;
    let rules = Rules {
        invalid: "IFS01.1.invalid",
        empty: "IFS01.1.empty",
        duplicate: "IFS01.1-F4.duplicate",
        key: "degree_course_code",
        again: "IFS01.1-F4.code_again",
        admits: &|item, fired| {
            if item.text("course_location").is_some_and(|l| !is_istat(l)) {
                fired.fire("IFS01.1-F3.no_istat_code");
            }
            true
        },
    };
    let mut w = JsonWriter::default();
    let mut settled = Ok(0);
    w.object(|w| {
        w.name(list.name);
        settled = Settler { arena: &mut memory.arena, fired, rules }.list(list, value, w);
        // The last page's cursor is null, never "" (T-56).
        w.name("meta");
        w.object(|w| {
            w.name("cursor");
            w.null();
        });
    });
    settled.map(|_| w.into_bytes())
}

/// Municipalities by ISTAT code, as `\d{6}(,\d{6})*`. A lint: what is something else is sent all the same (IFS01.1-F3).
fn is_istat(text: &str) -> bool {
    text.as_bytes().split(|b| *b == b',').all(|code| code.len() == 6 && code.iter().all(u8::is_ascii_digit))
}
