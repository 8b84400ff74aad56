//! An item without any value says nothing: it is left out. Facts are no values, and an empty list is none.

use crate::contract::At;
use crate::settle::Log;
use crate::settle::draft::{Draft, Fate, Fault};

/// It has no value.
const EMPTY: u8 = 0;

pub(super) fn keep(list: At, draft: &mut Draft<'_>, log: &mut Log) -> Result<(), Fault> {
    draft.count(list);
    draft.judge(list, log, &mut |_, row| {
        let mut members = row.iter().take(list.items.fields.len());
        if members.all(|value| value.is_null()) { Fate::Drop(EMPTY, None) } else { Fate::Keep }
    })
}

#[cfg(test)]
mod tests {
    use crate::settle::rules::tests::{OFFER, SUPPLEMENTS, TRANSCRIPT, of_institute, of_student};

    #[test]
    fn what_has_no_value_is_left_out() {
        let (sent, log) = of_institute(OFFER, r#"[{},{"total_credits":180},{"total_credits":1000}]"#);
        assert_eq!(sent.unwrap(), r#"{"degree_courses":[{"total_credits":180}],"meta":{"cursor":null}}"#);
        assert_eq!(log, ["IFS01.1.invalid", "IFS01.1.empty", "IFS01.1.empty"]);
    }

    #[test]
    fn a_fact_is_no_value() {
        let (_, log) = of_student(TRANSCRIPT, r#"[{"learnings":[{"_academic_year":2025}]}]"#);
        assert_eq!(log[1..], ["IFS02.3.empty", "IFS02.3-S1.no_learning"]);
    }

    /// T-23: credits that are no whole number are null, and the teaching stays for its name.
    #[test]
    fn a_teaching_of_a_supplement_stays_while_it_says_anything() {
        let rows = r#"{"learning_name":"Canto","learning_cfu":4.5},{"learning_cfu":0,"_id":"1"}"#;
        let (sent, log) = of_student(SUPPLEMENTS, &format!(r#"[{{"attended_learnings":[{rows}]}}]"#));
        let sent = sent.unwrap();
        assert!(sent.contains(r#""attended_learnings":[{"learning_cfu":null,"#), "{sent}");
        assert_eq!(sent.matches("learning_cfu").count(), 1);
        assert_eq!(log[1..], ["IFS03.4.invalid", "IFS03.4.invalid", "IFS03.4.empty"]);
    }
}
