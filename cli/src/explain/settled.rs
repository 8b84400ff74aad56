//! What the contract's rules did with what the mapping made.

use std::fmt::Write as _;

use adapter_core::explain::{Event, Remark, Root};

use super::{Told, head};

pub(super) fn write(told: Told<'_>, out: &mut String) {
    let mut begun = false;
    let remarks = told.events.iter().filter_map(|event| match event {
        Event::Settled(remark) => Some(remark),
        _ => None,
    });
    let mut remarks: Vec<&Remark> = remarks.collect();
    // Rules hold in an order of their own; people look for items.
    remarks.sort_by(|a, b| a.items.cmp(&b.items));
    for remark in remarks {
        let Some(words) = words(told, remark) else { continue };
        head(out, "the contract's rules", &mut begun);
        let _ = writeln!(out, "  {}{words}", subject(remark));
    }
}

/// What a remark is about: `enrollments item 2: `.
fn subject(remark: &Remark) -> String {
    if remark.items.is_empty() {
        return "personal_data: ".to_owned();
    }
    let parts: Vec<String> = remark
        .items
        .iter()
        .map(|(name, at)| match at {
            Some(at) => format!("{name} item {}", at.saturating_add(1)),
            None => (*name).to_owned(),
        })
        .collect();
    format!("{}: ", parts.join(", "))
}

/// What happened; none of what always does.
fn words(told: Told<'_>, remark: &Remark) -> Option<String> {
    let (rule, what) = remark.rule.rsplit_once('.').unwrap_or((remark.rule, ""));
    if let Some(member) = &remark.member {
        let is = format!("`{}` is {}, and must be {}", member.name, member.value, member.must);
        return Some(match what {
            "invalid" | "invalid_identity" => format!("{rule}: {is}: it counts as null"),
            _ => format!("{is}: the answer fails with `{}`", remark.rule),
        });
    }
    let said = match what {
        "tax_code" => return None,
        "fallback" => "there is no tax code: names, date and place of birth are sent".to_owned(),
        "incomplete_identity" => "names, date or place of birth are missing: nothing of the student is sent".to_owned(),
        "all_dropped" => "no item is left".to_owned(),
        "not_begun" => "its academic year has not begun: dropped".to_owned(),
        "window" => "its academic year is before the last three: dropped".to_owned(),
        "latest" => "a later year of the same course is sent: dropped".to_owned(),
        "tie" => "another of the same course and year is sent: dropped".to_owned(),
        "duplicate" => "it stands twice: sent once".to_owned(),
        "empty" => "no member has a value: dropped".to_owned(),
        "no_year" => format!("`_academic_year` has no value: dropped{}", since(told, remark, "_academic_year")),
        "no_learning" => "none of its activities is sent: dropped".to_owned(),
        "class_null" => "`degree_class_code` has no value: sent as null".to_owned(),
        "code_again" | "course_again" => "several have the same `degree_course_code`: all are sent".to_owned(),
        "no_istat_code" => "`course_location` is no ISTAT code: sent all the same".to_owned(),
        member if rule.ends_with("-R4") => {
            format!("`{member}` has no value: dropped{}", since(told, remark, member))
        }
        other => other.replace('_', " "),
    };
    Some(format!("{rule}: {said}"))
}

/// Where the mapping says nothing of a member that an item needs.
fn since(told: Told<'_>, remark: &Remark, member: &str) -> String {
    let items: Vec<usize> = remark.items.iter().filter_map(|(_, at)| *at).collect();
    let leaf = told.events.iter().find_map(|event| match event {
        Event::Leaf { site, .. } if site.items == items && site.path.rsplit('/').next() == Some(member) => Some(site),
        _ => None,
    });
    match leaf {
        Some(site) => format!("; see {}", told.site(site)),
        None => {
            // Nothing was null there: either it is not written, or its value was not what it must be.
            let broken = told.events.iter().any(|event| {
                matches!(event, Event::Settled(other) if other.items == remark.items
                    && other.member.as_ref().is_some_and(|m| m.name == member))
            });
            let mapped =
                told.tree(Root::Answer).1.is_some_and(|t| t.keys().any(|p| p.ends_with(&format!("/{member}"))));
            let unwritten = !broken && !mapped;
            if unwritten { format!("; the mapping does not write `{member}`") } else { String::new() }
        }
    }
}
