//! A joint degree is answered for by its reference institute alone (IFS03.1-S3). Where nobody is named it is this one.

use crate::contract::{At, Member};
use crate::settle::draft::{Draft, Fate, Fault, value};
use crate::settle::{Log, Setting};
use crate::value::Value;

/// Another institute answers for it.
const ANOTHER: u8 = 0;

pub(super) fn keep(
    list: At,
    institute: Member,
    draft: &mut Draft<'_>,
    setting: Setting<'_>,
    log: &mut Log,
) -> Result<(), Fault> {
    draft.judge(list, log, &mut |arena, row| match value(row, institute) {
        Value::Text(code) if arena.text(code) != setting.institute => Fate::Drop(ANOTHER, None),
        _ => Fate::Keep,
    })
}

#[cfg(test)]
mod tests {
    use crate::settle::rules::tests::{QUALIFICATION_PROOFS, of_student};

    #[test]
    fn what_another_leads_is_left_out() {
        let degree =
            |name: &str, leads: &str| format!(r#"{{"qualification_name":"{name}","_reference_institute":{leads}}}"#);
        let rows = [degree("ours", "\"9901\""), degree("not said", "null"), degree("theirs", "\"0101\"")];
        let (sent, log) = of_student(QUALIFICATION_PROOFS, &format!("[{}]", rows.join(",")));
        let sent = sent.unwrap();
        assert!(sent.contains("ours") && sent.contains("not said") && !sent.contains("theirs"), "{sent}");
        assert_eq!(log[1..], ["IFS03.2-S1.another"]);
    }
}
