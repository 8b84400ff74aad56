//! The calls of a test: what was asked, what was answered, what that meant.

use std::fmt::Write as _;

use adapter_core::bundle::CallIndex;
use adapter_core::explain::{End, Event, Rule, Unmade};
use adapter_core::problem::Code;

use super::Told;

/// Most characters of a body.
const BODY: usize = 600;

pub(super) fn write(told: Told<'_>, out: &mut String) {
    let mut order: Vec<CallIndex> = Vec::new();
    for call in told.events.iter().filter_map(of) {
        if !order.contains(&call) {
            order.push(call);
        }
    }
    let mentioned = told.bundle.operations.get(told.operation.name).map(|o| o.calls.as_slice()).unwrap_or_default();
    let by_key = told.bundle.by_key.iter().flat_map(|o| o.calls.iter().copied());
    // What no operation mentions by a name of its own.
    let systems = told.bundle.systems.iter();
    let others: Vec<CallIndex> = systems
        .flat_map(|system| {
            let session = system.session.iter().flat_map(|s| s.close.into_iter().chain([s.open]));
            session.chain(system.probe.as_ref().and_then(|probe| probe.call))
        })
        .chain(by_key)
        .collect();
    let _ = writeln!(out, "calls:");
    for call in order {
        let Some(named) = told.bundle.calls.get(call.at()) else { continue };
        let _ = writeln!(out, "  {}{}", named.name, told.line(told.places.calls.get(&call).map(|c| &c.name)));
        for event in told.events.iter().filter(|e| of(e) == Some(call)) {
            one(told, event, out);
        }
    }
    for event in told.events {
        if let Event::Session { system, what } = event {
            let name = told.bundle.systems.get(system.at()).map(|s| s.name.as_str()).unwrap_or_default();
            let _ = writeln!(out, "  the session with `{name}`: {what}");
        }
    }
    let unasked: Vec<&str> = told
        .bundle
        .calls
        .iter()
        .enumerate()
        .filter(|(at, _)| {
            CallIndex::try_from(*at).is_ok_and(|index| !mentioned.contains(&index) && !others.contains(&index))
        })
        .map(|(_, call)| call.name.as_str())
        .collect();
    if !unasked.is_empty() {
        let _ = writeln!(out, "  not mentioned by {}: {}", told.operation.name, unasked.join(", "));
    }
}

/// The call an event is about.
fn of(event: &Event) -> Option<CallIndex> {
    match event {
        Event::Sent { call, .. }
        | Event::Shared { call, .. }
        | Event::NotMade { call, .. }
        | Event::Understood { call, .. }
        | Event::Undecoded { call, .. }
        | Event::Undecided { call, .. }
        | Event::Refused { call, .. }
        | Event::Unwritten { call, .. }
        | Event::TakeFailed { call, .. }
        | Event::Other { call, .. } => Some(*call),
        _ => None,
    }
}

fn one(told: Told<'_>, event: &Event, out: &mut String) {
    let element = |at: &Option<usize>| at.map(|at| format!("element {}: ", at.saturating_add(1))).unwrap_or_default();
    let words = match event {
        Event::Sent { at, page, id, .. } => {
            let Some(exchanged) = told.exchanged.iter().find(|e| e.id == *id) else { return };
            let page = page.map(|page| format!("page {page}: ")).unwrap_or_default();
            let _ = writeln!(out, "    {}{page}{}", element(at), exchanged.line);
            if !exchanged.body.is_empty() {
                let _ = writeln!(out, "      {}", shortened(&exchanged.body));
            }
            format!("  {}", exchanged.result)
        }
        Event::Shared { at, kept: true, .. } => format!("{}answered by the cache", element(at)),
        Event::Shared { at, kept: false, .. } => {
            format!("{}asks what has been asked before: the same answer", element(at))
        }
        Event::NotMade { call, at, why } => {
            let why = match why {
                Unmade::When(why) => {
                    let place = told.places.calls.get(call).and_then(|c| c.when.as_ref());
                    format!("its `when`{} does not hold: {why}", told.line(place))
                }
                Unmade::Needs(other) => {
                    let other = told.bundle.calls.get(other.at()).map(|c| c.name.as_str());
                    format!("it needs `{}`, which failed", other.unwrap_or_default())
                }
                Unmade::Session(code) => format!("no session could be opened: `{}`", code.as_str()),
                Unmade::Decided => "the answer was decided before".to_owned(),
            };
            format!("{}not made: {why}", element(at))
        }
        Event::Understood { call, at, rule, end } => {
            let by = rule.map_or(String::new(), |rule| format!(", by {}", written(told, *call, rule)));
            let end = match end {
                End::Taken(value) => format!("taken: {value}"),
                End::Empty => format!("nothing there{by}"),
                End::Rejected(words) => format!("the change is refused{by}, with {words}"),
                End::Expired => format!("the session has expired{by}"),
                End::Failed(code) if rule.is_some() => format!("failed: `{}`{by}", code.as_str()),
                End::Failed(code) => {
                    let head = head(told, *call, *code);
                    format!("failed: `{}` (no failure rule matches): {}{head}", code.as_str(), code.title())
                }
            };
            format!("  {}{end}", element(at))
        }
        Event::Undecoded { why, .. } => format!("  its body cannot be read: {why}"),
        Event::Undecided { call, rule, holds, why } => {
            let fate = if *holds {
                "it counts as holding, unless another says a failure"
            } else {
                "nothing good is said of the answer"
            };
            format!("  {} cannot be decided: {why}: {fate}", written(told, *call, *rule))
        }
        Event::Refused { at, code, .. } => format!("  {}refused: {}: {}", element(at), problem(*code), code.title()),
        Event::Unwritten { at, part, code, why, .. } => {
            format!("{}cannot be made: its {part}: {why}: {}", element(at), problem(*code))
        }
        Event::TakeFailed { call, why } => {
            let place = told.places.calls.get(call).and_then(|c| c.take.as_ref());
            format!("  `take`{} fails: {why}", told.line(place))
        }
        Event::Other { why, .. } => format!("  {why}"),
        _ => return,
    };
    let _ = writeln!(out, "    {}", words.replace('\n', "\n        "));
}

/// The columns that an answer in CSV must have, where one was not taken for it.
fn head(told: Told<'_>, call: CallIndex, code: Code) -> String {
    let taken = told.events.iter().any(|e| matches!(e, Event::TakeFailed { call: failed, .. } if *failed == call));
    let csv = told.bundle.calls.get(call.at()).and_then(|c| c.csv.as_ref());
    let Some(csv) = csv.filter(|_| !taken && matches!(code, Code::LegacyShape | Code::LegacyMalformed)) else {
        return String::new();
    };
    let (wanted, columns) = if csv.must.is_empty() { ("one of", &csv.may) } else { ("all of", &csv.must) };
    let name = |id: &u32| usize::try_from(*id).ok().and_then(|at| told.bundle.names.get(at)).map(|n| n.text.as_str());
    let columns: Vec<&str> = columns.iter().filter_map(name).collect();
    if columns.is_empty() {
        return String::new();
    }
    format!("\nthe head of its table must have {wanted} the columns {}", columns.join(", "))
}

fn problem(code: Code) -> String {
    format!("`{}`", code.as_str())
}

/// Which failure rule, and where it is written.
fn written(told: Told<'_>, call: CallIndex, rule: Rule) -> String {
    let system = told.bundle.calls.get(call.at()).map_or(0, |c| c.system.at());
    let (whose, place) = if rule.of_system {
        ("the system's", told.places.systems.get(system).and_then(|rules| rules.get(rule.at)))
    } else {
        ("its", told.places.calls.get(&call).and_then(|c| c.failures.get(rule.at)))
    };
    format!("{whose} failure rule {}{}", rule.at.saturating_add(1), told.line(place))
}

/// A body in one line; of a SOAP envelope what stands in its body.
pub fn shortened(body: &str) -> String {
    let inside = || {
        let (before, rest) = body.split_once("Body>")?;
        let (inside, _) = rest.rsplit_once("</").filter(|_| before.contains("Envelope"))?;
        inside.rsplit_once("</").map(|(inside, _)| inside)
    };
    let one: String = inside().unwrap_or(body).split_whitespace().collect::<Vec<_>>().join(" ");
    match one.char_indices().nth(BODY) {
        Some((end, _)) => format!("{}…", one.get(..end).unwrap_or_default()),
        None => one,
    }
}
