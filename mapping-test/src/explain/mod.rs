//! Says what happened in a test, in its order: calls, guards, values, leaves without a value, what the contract's rules
//! did with the items.

mod calls;
mod settled;
mod words;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use adapter_core::bundle::{Bundle, GuardKind};
use adapter_core::contract::Operation;
use adapter_core::explain::{Event, Root, Site};
use mapping_compiler::places::{OperationPlaces, Place, Places, TreePlaces};

use crate::run::{Exchanged, secret};

pub use calls::shortened;

/// What an explanation is made of.
#[derive(Clone, Copy, Debug)]
pub struct Told<'t> {
    /// The folder that the mapping stands in.
    pub home: &'t Path,
    /// The mapping.
    pub bundle: &'t Bundle,
    /// Where its parts are written.
    pub places: &'t Places,
    /// The operation that was asked for.
    pub operation: &'static Operation,
    /// What happened.
    pub events: &'t [Event],
    /// The calls as they went out, and what came back.
    pub exchanged: &'t [Exchanged],
    /// The request's body.
    pub asked: &'t [u8],
}

/// What of it is told.
#[derive(Clone, Debug)]
pub enum Scope {
    /// All.
    All,
    /// What led to another answer than was expected: calls, guards, leaves and rules.
    Wrong,
    /// What led to other values of these members: leaves and rules.
    Members(BTreeSet<String>),
}

/// The explanation, in lines.
pub fn write(told: Told<'_>, scope: &Scope) -> String {
    let mut out = String::new();
    if !matches!(scope, Scope::Members(_)) {
        calls::write(told, &mut out);
        guards(told, &mut out);
    }
    if matches!(scope, Scope::All) {
        values(told, &mut out);
    }
    leaves(told, scope, &mut out);
    settled::write(told, &mut out);
    without_secrets(told.bundle, words::without(told.operation, told.asked, out))
}

/// No secret of a test is real, but how it is called says more than what it is.
pub fn without_secrets(bundle: &Bundle, text: String) -> String {
    let mut names: Vec<&String> = bundle.secrets.iter().collect();
    // A name may begin like another.
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    names.into_iter().fold(text, |text, name| text.replace(&secret(name), &format!("secret.{name}")))
}

impl<'t> Told<'t> {
    fn of_operation(self) -> Option<&'t OperationPlaces> {
        self.places.operations.get(self.operation.name)
    }

    /// The tree a place belongs to: what it is called, and where its parts are written.
    fn tree(self, root: Root) -> (String, Option<&'t TreePlaces>) {
        match root {
            Root::Answer => (String::new(), self.of_operation().map(|o| &o.answer)),
            Root::Person => ("person".to_owned(), self.of_operation().map(|o| &o.person)),
            Root::Let(index) => {
                let name = self.bundle.lets.get(index.at()).map(|l| l.name.clone()).unwrap_or_default();
                (name, self.places.lets.get(&index).map(|(_, tree)| tree))
            }
        }
    }

    /// Where something is written: ` (mapping.yaml:71)`; nothing if that is not known.
    fn line(self, place: Option<&Place>) -> String {
        let Some(place) = place else { return String::new() };
        let path = Path::new(&place.file);
        let shown = path.strip_prefix(self.home).map(Path::to_owned).unwrap_or_else(|_| {
            // Of another pack: most files of packs are named alike.
            let mut last: Vec<_> = path.components().rev().take(2).collect();
            last.reverse();
            last.into_iter().collect()
        });
        format!(" ({}:{})", shown.display(), place.line)
    }

    /// A place in a tree, with its line: `/enrollments/*/status (mapping.yaml:71)`.
    fn site(self, site: &Site) -> String {
        let (name, places) = self.tree(site.root);
        // What an expression gives as a whole is written where that stands.
        let mut path = site.path.as_str();
        let mut place = None;
        while let Some(places) = places {
            place = places.get(path);
            match path.rsplit_once('/') {
                Some((above, _)) if place.is_none() => path = above,
                _ => break,
            }
        }
        format!("{name}{}{}", site.path, self.line(place))
    }
}

fn head(out: &mut String, words: &str, begun: &mut bool) {
    if !std::mem::replace(begun, true) {
        let _ = writeln!(out, "{words}:");
    }
}

fn guards(told: Told<'_>, out: &mut String) {
    let mut begun = false;
    for event in told.events {
        let Event::Guard { at, holds, why } = event else { continue };
        head(out, "guards", &mut begun);
        let place = told.of_operation().and_then(|o| o.guards.get(*at));
        let recipe = told.bundle.operations.get(told.operation.name);
        let is = recipe.and_then(|recipe| recipe.guards.get(*at)).map(|guard| guard.is);
        let (key, then) = match is {
            Some(GuardKind::Reject) => ("reject", ": the change is rejected, and nothing is sent"),
            Some(GuardKind::Unknown) | None => ("unknown", ": the answer is `request.unknown-student`"),
        };
        let fate = match holds {
            Some(true) => then,
            Some(false) => "",
            None => ": it cannot be decided, and the answer fails",
        };
        let _ = writeln!(out, "  {key}{}: {}{fate}", told.line(place), why.replace('\n', "\n    "));
    }
}

fn values(told: Told<'_>, out: &mut String) {
    let mut begun = false;
    for event in told.events {
        let Event::Let { index, value } = event else { continue };
        head(out, "values", &mut begun);
        let name = told.bundle.lets.get(index.at()).map(|l| l.name.as_str()).unwrap_or_default();
        let place = told.places.lets.get(index).map(|(place, _)| place);
        let _ = writeln!(out, "  {name}{} = {value}", told.line(place));
    }
}

/// A place in a tree, with its items.
type Where = (String, Vec<String>);

/// Leaves without a value, and turns that give nothing; the same reason is said once.
fn leaves(told: Told<'_>, scope: &Scope, out: &mut String) {
    let wanted = |site: &Site| match scope {
        Scope::Members(members) => site.path.rsplit('/').next().is_some_and(|member| members.contains(member)),
        Scope::All | Scope::Wrong => true,
    };
    // Reasons, with the places they hold for.
    let mut said: Vec<(&str, Vec<Where>)> = Vec::new();
    for event in told.events {
        let (place, item, why) = match event {
            Event::Leaf { site, failed, why } if *failed || wanted(site) => {
                let what = if *failed { " fails" } else { "" };
                (format!("{}{what}", told.site(site)), items(&site.items), why)
            }
            Event::Left { site, turn: 0, why } => (format!("{}: no items", told.site(site)), items(&site.items), why),
            Event::Left { site, turn, why } => {
                let turns: Vec<usize> = site.items.iter().copied().chain([turn.saturating_sub(1)]).collect();
                (format!("{}: no item", told.site(site)), format!("turn {}", numbers(&turns)), why)
            }
            _ => continue,
        };
        let places = match said.iter_mut().find(|(known, _)| known == why) {
            Some((_, places)) => places,
            None => {
                said.push((why, Vec::new()));
                let Some((_, places)) = said.last_mut() else { continue };
                places
            }
        };
        match places.iter_mut().find(|(known, _)| *known == place) {
            Some((_, all)) => all.push(item),
            None => places.push((place, vec![item])),
        }
    }
    let mut begun = false;
    for (why, places) in said {
        head(out, "without a value", &mut begun);
        for (place, items) in places {
            let of: Vec<&str> = items.iter().map(String::as_str).filter(|i| !i.is_empty()).take(6).collect();
            let more = items.len().saturating_sub(6);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let of = if of.is_empty() { String::new() } else { format!(" [{}{more}]", of.join(", ")) };
            let _ = writeln!(out, "  {place}{of}");
        }
        for line in why.lines() {
            let _ = writeln!(out, "      {line}");
        }
    }
}

/// Which item of each list: `item 2`, `item 2.1`.
fn items(places: &[usize]) -> String {
    if places.is_empty() { String::new() } else { format!("item {}", numbers(places)) }
}

fn numbers(places: &[usize]) -> String {
    let all: Vec<String> = places.iter().map(|at| at.saturating_add(1).to_string()).collect();
    all.join(".")
}
