//! The Ministry's bands (IFS08.1-R1): each item is one of them by its bounds, each stands once, in their order and under
//! their labels. What is none of them is no band of fees or of a survey that could be meant: it ends the answer. A band
//! that is missing is one that the institute does not show (R2).

use crate::contract::{At, BANDS, Member};
use crate::problem::Code;
use crate::settle::Log;
use crate::settle::draft::{ALL, Draft, Fault, Spot, noted};
use crate::value::{Value, sorted_places};

/// One band alone is not shown.
const HIDDEN: u8 = 0;
/// The bands count more than the total.
const SUM: u8 = 1;

pub(super) fn keep(
    list: At,
    (least, most): (Member, Member),
    label: Member,
    draft: &mut Draft<'_>,
) -> Result<(), Fault> {
    let bound = |value: Value| match value {
        Value::Int(bound) => Some(bound),
        _ => None,
    };
    let (level, _) = draft.list(list)?;
    let mut found: Vec<(usize, usize)> = Vec::new();
    for item in level.live() {
        let bounds = (bound(level.value(item, least)), bound(level.value(item, most)));
        let band = BANDS.iter().position(|band| (band.least, band.most) == bounds);
        match band.filter(|band| found.iter().all(|(known, _)| known != band)) {
            Some(band) => found.push((band, item)),
            None => {
                let spot = noted(list.level, item, Some(least));
                return Err(Fault { code: Code::MappingAnswer, spot: Some(spot) });
            }
        }
    }
    let order = sorted_places(found.len(), &mut |a, b| found.get(a).cmp(&found.get(b)));
    let sorted: Vec<(usize, usize)> = order.into_iter().filter_map(|at| found.get(at).copied()).collect();
    for (band, item) in &sorted {
        let name = BANDS.get(*band).map_or("", |band| band.label);
        let name = draft.arena.make_text(name).map_err(|_| Code::LimitLegacyTotal)?;
        draft.list(list)?.0.set(*item, usize::from(label.0), Value::Text(name));
    }
    draft.list(list)?.0.arranged = sorted.into_iter().map(|(_, item)| item).collect();
    Ok(())
}

pub(super) fn total(list: At, total: Member, count: Member, draft: &mut Draft<'_>, log: &mut Log) -> Result<(), Fault> {
    let (level, _) = draft.list(list)?;
    let shown = level.live().count();
    let counts = level.live().map(|item| match level.value(item, count) {
        Value::Int(count) => count,
        _ => 0,
    });
    let sum = counts.fold(0_i64, i64::saturating_add);
    let whole = draft.levels.first_mut().ok_or(Code::MappingAnswer)?;
    let all = Spot { level: list.level, item: ALL, member: None };
    if let Value::Int(known) = whole.value(0, total) {
        if shown.saturating_add(1) == BANDS.len() {
            whole.set(0, usize::from(total.0), Value::Null);
            log.note(HIDDEN, all);
        } else if sum > known {
            log.note(SUM, all);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settle::rules::tests::{ISEE, made_of_institute};

    fn bands(skip: &[usize], label: &str) -> String {
        let number = |n: Option<i64>| n.map_or("null".to_owned(), |n| n.to_string());
        let bands = BANDS.iter().enumerate().filter(|(at, _)| !skip.contains(at)).map(|(_, band)| {
            let (least, most) = (number(band.least), number(band.most));
            let label = if label.is_empty() { band.label } else { label };
            format!(
                r#"{{"isee_min_value":{least},"isee_max_value":{most},"enrollment_count":1,"range_description":"{label}"}}"#
            )
        });
        bands.rev().collect::<Vec<_>>().join(",")
    }

    fn sent(total: &str, skip: &[usize], label: &str) -> (Result<String, Fault>, Vec<String>) {
        made_of_institute(ISEE, &format!(r#"{{"tot_enrollment_count":{total},"ranges":[{}]}}"#, bands(skip, label)))
    }

    #[test]
    fn bands_are_in_the_ministrys_order_under_its_labels() {
        let (whole, log) = sent("24", &[], "mine");
        let whole = whole.unwrap();
        let places: Vec<usize> = BANDS.iter().map(|band| whole.find(&format!("\"{}\"", band.label)).unwrap()).collect();
        assert!(places.is_sorted() && whole.starts_with(r#"{"tot_enrollment_count":24,"#), "{whole}");
        assert_eq!(log, [""; 0]);
    }

    #[test]
    fn one_band_that_is_not_shown_would_be_told_by_the_total() {
        let (one, log) = sent("24", &[3], "");
        assert!(one.unwrap().starts_with(r#"{"tot_enrollment_count":null,"#));
        assert_eq!(log, ["IFS08.1-R2.total_hidden"]);
        let (two, log) = sent("24", &[3, 4], "");
        assert!(two.unwrap().starts_with(r#"{"tot_enrollment_count":24,"#));
        assert_eq!(log, [""; 0]);
        assert_eq!(sent("null", &[3], "").1, [""; 0]);
    }

    #[test]
    fn a_sum_above_the_total_is_noted() {
        assert_eq!(sent("23", &[], "").1, ["IFS08.1-R2.sum"]);
    }

    #[test]
    fn what_is_no_band_or_stands_twice_ends_the_answer() {
        for range in [r#""isee_min_value":0,"isee_max_value":15000"#, r#""isee_min_value":1"#] {
            let made = format!(r#"{{"ranges":[{{{range},"enrollment_count":1,"range_description":"x"}}]}}"#);
            assert_eq!(made_of_institute(ISEE, &made).0.unwrap_err().code, Code::MappingAnswer, "{range}");
        }
        let twice = r#"{"isee_min_value":null,"isee_max_value":null,"enrollment_count":1,"range_description":"x"}"#;
        let made = format!(r#"{{"ranges":[{twice},{twice}]}}"#);
        assert_eq!(made_of_institute(ISEE, &made).0.unwrap_err().code, Code::MappingAnswer);
    }
}
