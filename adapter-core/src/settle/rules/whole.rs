//! An item that lacks a member ends the answer: left out, it would read as if there were none. So does a code that is too
//! long for anybody to ask for it again.

use crate::contract::{At, MOST_CODE, Member};
use crate::problem::Code;
use crate::settle::draft::{Draft, Fault, noted, value};
use crate::value::Value;

pub(super) fn keep(list: At, code: Member, draft: &mut Draft<'_>) -> Result<(), Fault> {
    let (level, arena) = draft.list(list)?;
    for item in level.live() {
        let row = level.row(item);
        let members = (0..).map(Member).zip(row).take(list.items.fields.len());
        let lacking = members.filter(|(_, value)| value.is_null()).map(|(member, _)| member).next();
        let long = match value(row, code) {
            Value::Text(text) => arena.text(text).chars().nth(MOST_CODE).map(|_| code),
            _ => None,
        };
        if let Some(member) = lacking.or(long) {
            let spot = Some(noted(list.level, item, Some(member)));
            return Err(Fault { code: Code::LegacyMissing, spot });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::contract::OperationId;
    use crate::problem::Code;
    use crate::settle::rules::tests::settled;

    /// One of a student's requests with this state, code and message, as JSON.
    fn listed(state: &str, code: &str, message: &str) -> String {
        format!(r#"{{"file_status":{state},"file_code":{code},"message":{message}}}"#)
    }

    /// T-31: a request that is half known is no request that is not there.
    #[test]
    fn a_request_that_lacks_something_ends_the_answer() {
        let long = format!("\"{}\"", "9".repeat(65));
        let whole = listed("\"acquired\"", "\"A 1\"", "\"m\"");
        for id in [OperationId::Ifs04_2, OperationId::Ifs05_2] {
            let (sent, _) = settled(id, "null", &format!("[{whole}]"));
            assert!(sent.unwrap().ends_with(&format!(":[{whole}]}}")), "{}", id.name());
            for broken in [
                listed("\"lost\"", "\"A2\"", "\"m\""),
                listed("null", "\"A2\"", "\"m\""),
                listed("\"acquired\"", "null", "\"m\""),
                listed("\"acquired\"", "\"\"", "\"m\""),
                listed("\"acquired\"", &long, "\"m\""),
                listed("\"acquired\"", "\"A2\"", "null"),
            ] {
                let (sent, _) = settled(id, "null", &format!("[{whole},{broken}]"));
                assert_eq!(sent.unwrap_err().code, Code::LegacyMissing, "{broken}");
            }
        }
    }
}
