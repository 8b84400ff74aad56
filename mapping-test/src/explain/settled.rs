//! What the contract's rules did with what the mapping made.

use std::fmt::Write as _;

use adapter_core::explain::{Did, Event, Remark, Root};

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

/// What happened, in the words of the contract's table; none of what always does.
fn words(told: Told<'_>, remark: &Remark) -> Option<String> {
    let name = remark.member.unwrap_or_default();
    let is = remark.broken.as_ref().map(|b| format!("`{name}` is {}, and must be {}", b.value, b.must));
    let effect = match remark.did {
        Did::Failed(code) => return Some(format!("{}: the answer fails with `{}`", is?, code.as_str())),
        Did::Rule(effect) if effect.always() => return None,
        Did::Rule(effect) => effect,
    };
    let rule = effect.rule()?.code(effect.operation().operation());
    let said = match is {
        Some(is) => format!("{is}: it counts as null"),
        None => effect.words(),
    };
    let lacks = effect.member().filter(|_| effect.lacks());
    Some(format!("{rule}: {said}{}", lacks.map(|member| since(told, remark, member)).unwrap_or_default()))
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
                    && other.member == Some(member) && other.broken.is_some())
            });
            let mapped =
                told.tree(Root::Answer).1.is_some_and(|t| t.keys().any(|p| p.ends_with(&format!("/{member}"))));
            let unwritten = !broken && !mapped;
            if unwritten { format!("; the mapping does not write `{member}`") } else { String::new() }
        }
    }
}
