//! Of the items that share a member, the one of the greatest year, then of the least bytes: the order of the system's
//! rows must not show. One without any of the members shares nothing with anybody.

use super::{shared, year_of};
use crate::contract::{At, Member};
use crate::settle::Log;
use crate::settle::draft::{Draft, Fault, noted};
use crate::value::sorted_places;

/// A later year is sent.
const LATER: u8 = 0;
/// Another one of the same year is sent.
const TIE: u8 = 1;
/// It stands twice.
const DUPLICATE: u8 = 2;

/// What an item is told by: the item outside, what is shared, and the year.
type Key<'a> = (u32, (usize, &'a str), i64);

pub(super) fn keep(list: At, year: Member, per: &[Member], draft: &mut Draft<'_>, log: &mut Log) -> Result<(), Fault> {
    let (level, arena) = draft.list(list)?;
    if level.live().nth(1).is_none() {
        return Ok(());
    }
    let of = |item: usize| {
        let what = shared(arena, level.row(item), per)?;
        let year = year_of(arena, level.value(item, year)).unwrap_or(i64::MIN);
        Some((item, (level.parent_of(item), what, year)))
    };
    let items: Vec<(usize, Key<'_>)> = level.live().filter_map(of).collect();
    let key = |at: usize| items.get(at).map(|(_, key)| *key).unwrap_or_default();
    let order = sorted_places(items.len(), &mut |a, b| {
        let (a, b) = (key(a), key(b));
        (a.0, a.1, b.2).cmp(&(b.0, b.1, a.2))
    });
    let mut arranged: Vec<usize> = order.iter().filter_map(|at| items.get(*at)).map(|(item, _)| *item).collect();
    arranged.extend(level.live().filter(|item| of(*item).is_none()));
    // Items of one group and year follow each other; which of them is the first their bytes say.
    let mut left: Vec<(usize, u8)> = Vec::new();
    let mut ties: Vec<Vec<usize>> = Vec::new();
    let mut last: Option<Key<'_>> = None;
    for run in order.chunk_by(|a, b| key(*a) == key(*b)) {
        let Some(own) = run.first().map(|at| key(*at)) else { continue };
        let items = run.iter().filter_map(|at| items.get(*at)).map(|(item, _)| *item);
        if last.is_some_and(|last| (last.0, last.1) == (own.0, own.1)) {
            left.extend(items.map(|item| (item, LATER)));
        } else {
            last = Some(own);
            if run.len() > 1 {
                ties.push(items.collect());
            }
        }
    }
    for tie in ties {
        for item in &tie {
            draft.write_item(usize::from(list.level), *item)?;
        }
        let (level, _) = draft.list(list)?;
        let bytes = |at: usize| tie.get(at).map(|item| level.bytes(*item));
        let mut order = sorted_places(tie.len(), &mut |a, b| bytes(a).cmp(&bytes(b))).into_iter();
        let first = order.next().unwrap_or_default();
        for at in order {
            let what = if bytes(at) == bytes(first) { DUPLICATE } else { TIE };
            left.extend(tie.get(at).map(|item| (*item, what)));
        }
    }
    let (level, _) = draft.list(list)?;
    level.arranged = arranged;
    for (item, what) in left {
        level.drop(item);
        log.note(what, noted(list.level, item, None));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::settle::rules::tests::{ENROLLMENTS, enrollment, of_student};

    fn last(rows: &[(&str, &str, &str)]) -> (String, Vec<String>) {
        let rows: Vec<String> = rows.iter().map(|(course, year, status)| enrollment(course, year, status)).collect();
        let (sent, log) = of_student(ENROLLMENTS, &format!("[{}]", rows.join(",")));
        let rest = log.into_iter().filter(|l| l.starts_with("IFS02.1-S1")).collect();
        (sent.unwrap(), rest)
    }

    #[test]
    fn the_greatest_year_is_sent_whatever_came_first() {
        for rows in [[2023, 2025, 2024], [2025, 2024, 2023]] {
            let years = rows.map(|year| format!("{year}/{}", year + 1));
            let (sent, log) = last(&years.each_ref().map(|year| ("\"A\"", year.as_str(), "active")));
            assert!(sent.contains("2025/2026") && sent.matches("status").count() == 1, "{sent}");
            assert_eq!(log, ["IFS02.1-S1.latest"; 2]);
        }
    }

    #[test]
    fn of_one_year_the_least_bytes_are_sent() {
        let (year, a) = ("2025/2026", "\"A\"");
        let (sent, log) = last(&[(a, year, "wait"), (a, year, "active"), (a, year, "wait"), (a, year, "active")]);
        assert!(sent.contains("active") && sent.matches("status").count() == 1, "{sent}");
        assert_eq!(log, ["IFS02.1-S1.duplicate", "IFS02.1-S1.tie", "IFS02.1-S1.tie"]);
    }
}
