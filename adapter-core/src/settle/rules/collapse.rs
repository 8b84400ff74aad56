//! Items without a code are one for each of what they share (IFS09.1-R3): their counts are added up, a count that nobody
//! has stays null.

use super::shared;
use crate::contract::{At, Member};
use crate::problem::Code;
use crate::settle::Log;
use crate::settle::draft::{Draft, Fault, noted};
use crate::value::{Value, sorted_places};

/// It was added up with others.
const ADDED: u8 = 0;

/// What is made one, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct By {
    /// The code that they lack.
    pub code: Member,
    /// What they share.
    pub per: Member,
    /// What is added up.
    pub sums: &'static [Member],
    /// What the one item has not.
    pub nulls: &'static [Member],
}

pub(super) fn keep(list: At, by: By, draft: &mut Draft<'_>, log: &mut Log) -> Result<(), Fault> {
    let (level, arena) = draft.list(list)?;
    let items: Vec<usize> = level.live().filter(|item| level.value(*item, by.code).is_null()).collect();
    let per = [by.per];
    let of = |at: usize| items.get(at).map(|item| (level.parent_of(*item), shared(arena, level.row(*item), &per)));
    let order = sorted_places(items.len(), &mut |a, b| of(a).cmp(&of(b)));
    let mut runs: Vec<Vec<usize>> = Vec::new();
    for run in order.chunk_by(|a, b| of(*a) == of(*b)) {
        runs.push(run.iter().filter_map(|at| items.get(*at).copied()).collect());
    }
    for run in runs {
        let Some((first, others)) = run.split_first() else { continue };
        let (level, _) = draft.list(list)?;
        for member in by.sums {
            let mut sum: Option<i64> = None;
            for item in &run {
                if let Value::Int(count) = level.value(*item, *member) {
                    // Beyond what can be counted there is no count, and nothing smaller is said.
                    sum = Some(sum.unwrap_or(0).checked_add(count).ok_or(Code::MappingAnswer)?);
                }
            }
            level.set(*first, usize::from(member.0), sum.map_or(Value::Null, Value::Int));
        }
        for member in by.nulls {
            level.set(*first, usize::from(member.0), Value::Null);
        }
        for item in others {
            level.drop(*item);
            log.note(ADDED, noted(list.level, *item, None));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::settle::rules::tests::{COUNTS, of_institute};

    fn count(kind: &str, code: &str, women: &str, men: &str) -> String {
        format!(
            r#"{{"programme_type_code":"{kind}","degree_course_code":{code},"degree_class_code":"9","female_enrollment_count":{women},"male_enrollment_count":{men}}}"#
        )
    }

    #[test]
    fn those_without_code_are_one_of_each_type() {
        let rows = [
            count("LV", "null", "1", "null"),
            count("LT", "\"7\"", "5", "6"),
            count("LV", "null", "2", "null"),
            count("DV", "null", "4", "4"),
        ];
        let (sent, log) = of_institute(COUNTS, &format!("[{}]", rows.join(",")));
        let known = [
            count("DV", "null", "4", "4").replace("\"9\"", "null"),
            count("LT", "\"7\"", "5", "6"),
            count("LV", "null", "3", "null").replace("\"9\"", "null"),
        ];
        assert_eq!(sent.unwrap(), format!("[{}]", known.join(",")));
        assert_eq!(log, ["IFS09.1-R3.added_up"]);
    }

    #[test]
    fn without_a_type_nothing_is_sent_and_nobody_is_an_empty_list() {
        let (sent, log) = of_institute(COUNTS, r#"[{"degree_course_code":"7"}]"#);
        assert_eq!(sent.unwrap(), "[]");
        assert_eq!(log, ["IFS09.1.programme_type_code", "IFS09.1.all_dropped"]);
        assert_eq!(of_institute(COUNTS, "[]"), (Ok("[]".to_owned()), vec![]));
        assert_eq!(of_institute(COUNTS, "null"), (Ok("[]".to_owned()), vec![]));
        assert!(of_institute(COUNTS, "{}").0.is_err());
    }
}
