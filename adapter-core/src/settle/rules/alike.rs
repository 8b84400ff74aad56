//! Items that share a key which should tell them apart are noted, once for each beyond the first; all are sent.

use crate::contract::{At, Member};
use crate::settle::Log;
use crate::settle::draft::{ALL, Draft, Fault, Spot};
use crate::value::{Value, sorted_places};

/// There is another one with its key.
const AGAIN: u8 = 0;

pub(super) fn keep(list: At, key: Member, draft: &mut Draft<'_>, log: &mut Log) -> Result<(), Fault> {
    let (level, arena) = draft.list(list)?;
    let of = |item: usize| match level.value(item, key) {
        Value::Text(text) => Some((level.parent_of(item), arena.text(text))),
        _ => None,
    };
    let keys: Vec<(u32, &str)> = level.live().filter_map(of).collect();
    let order = sorted_places(keys.len(), &mut |a, b| keys.get(a).cmp(&keys.get(b)));
    let again = order.windows(2).filter(|pair| match pair {
        [a, b] => keys.get(*a) == keys.get(*b),
        _ => false,
    });
    for _ in again {
        log.note(AGAIN, Spot { level: list.level, item: ALL, member: None });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::settle::rules::tests::{OFFER, of_institute};

    #[test]
    fn what_shares_a_key_is_noted_and_sent() {
        let course =
            |code: &str, credits: u32| format!(r#"{{"degree_course_code":"{code}","total_credits":{credits}}}"#);
        let items =
            [course("1", 1), course("2", 1), course("1", 2), course("1", 3), r#"{"total_credits":9}"#.to_owned()];
        let (sent, log) = of_institute(OFFER, &format!("[{}]", items.join(",")));
        assert_eq!(sent.unwrap().matches("total_credits").count(), 5);
        assert_eq!(log, ["IFS01.1-F4.code_again"; 2]);
    }
}
