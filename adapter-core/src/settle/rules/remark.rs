//! What is odd about a member is noted; the item is sent all the same.

use crate::contract::{At, Member, Odd};
use crate::settle::Log;
use crate::settle::draft::{Draft, Fate, Fault, value};
use crate::value::Value;

/// It is odd.
const ODD: u8 = 0;

pub(super) fn keep(list: At, member: Member, odd: Odd, draft: &mut Draft<'_>, log: &mut Log) -> Result<(), Fault> {
    draft.judge(list, log, &mut |arena, row| {
        let is = match (odd, value(row, member)) {
            (Odd::Null, value) => value.is_null(),
            (Odd::NoIstatCode, Value::Text(text)) => !is_istat(arena.text(text)),
            (Odd::NoIstatCode, _) => false,
        };
        if is { Fate::Note(ODD) } else { Fate::Keep }
    })
}

/// Municipalities by ISTAT code, as `\d{6}(,\d{6})*`.
fn is_istat(text: &str) -> bool {
    text.as_bytes().split(|b| *b == b',').all(|code| code.len() == 6 && code.iter().all(u8::is_ascii_digit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settle::rules::tests::{OFFER, of_institute};

    #[test]
    fn an_istat_code_has_six_digits() {
        for (text, is) in
            [("015146", true), ("015146,015211", true), ("015146,", false), ("Milano", false), ("", false)]
        {
            assert_eq!(is_istat(text), is, "{text}");
        }
    }

    #[test]
    fn what_is_odd_is_sent_all_the_same() {
        let (sent, log) = of_institute(OFFER, r#"[{"course_location":"Milano"},{"total_credits":1}]"#);
        assert!(sent.unwrap().contains(r#"{"course_location":"Milano"}"#));
        assert_eq!(log, ["IFS01.1-F3.no_istat_code"]);
    }
}
