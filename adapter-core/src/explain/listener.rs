//! Making events of facts.

use std::cell::RefCell;
use std::rc::Rc;

use super::event::{End, Event, Rule, Unmade};
use super::fault::unwritten;
use super::reason::Explainer;
use super::text::{self, Words};
use super::walk::walk;
use crate::bundle::{Call, CallIndex, Expr, Guard, Recipe};
use crate::eval::memory::{Listener, Memory};
use crate::note::{Ending, Fact};
use crate::plan::Plan;
use crate::value::{Root, Value};

/// Most events of one exchange; what comes after them is not kept.
const MOST: usize = 20_000;

/// Most characters of a value.
const LONGEST: usize = 160;

/// What happens in an exchange, while it does.
#[derive(Clone, Debug, Default)]
pub struct Explanation(Rc<RefCell<Vec<Event>>>);

impl Explanation {
    /// What has happened, in order.
    pub fn events(self) -> Vec<Event> {
        self.0.take()
    }

    /// Who listens for it.
    pub(super) fn listener(&self, words: Words) -> Box<dyn Listener> {
        Box::new(Ear { events: Rc::clone(&self.0), words, rule: None })
    }
}

/// Who listens.
#[derive(Debug)]
struct Ear {
    events: Rc<RefCell<Vec<Event>>>,
    /// Names that are not in the bundle.
    words: Words,
    /// The failure rule that matched last.
    rule: Option<Rule>,
}

impl Listener for Ear {
    fn told(&mut self, plan: &Plan, memory: &mut Memory, fact: Fact<'_>) {
        if self.events.borrow().len() >= MOST {
            return;
        }
        // The place in a loop; none of a call that has none.
        let place = |call: CallIndex, at: usize| plan.call(call).each.as_ref().map(|_| at);
        let unmade = |call, at, why| vec![Event::NotMade { call, at, why }];
        let events = match fact {
            Fact::Begun(operation) => {
                self.words.request = operation.request.fields.iter().map(|f| f.name).collect();
                Vec::new()
            }
            Fact::Sent { call, at, page, id } => vec![Event::Sent { call, at: place(call, at), page, id }],
            Fact::Shared { call, at, kept } => vec![Event::Shared { call, at: place(call, at), kept }],
            Fact::Unmet { call, at } => match &plan.call(call).when {
                Some(when) => {
                    let why = Unmade::When(self.explain(plan, memory, |explainer| explainer.unmet(when)));
                    unmade(call, place(call, at), why)
                }
                None => Vec::new(),
            },
            Fact::NoSession { call, at, code } => unmade(call, place(call, at), Unmade::Session(code)),
            Fact::Needs { call, failed } => unmade(call, None, Unmade::Needs(failed)),
            Fact::Decided { call, at } => unmade(call, at, Unmade::Decided),
            Fact::Unwritten { call, at, code } => {
                let found = self.explain(plan, memory, |explainer| unwritten(explainer, plan.call(call)));
                let at = at.and_then(|at| place(call, at));
                found.into_iter().map(|(part, why)| Event::Unwritten { call, at, part, code, why }).collect()
            }
            Fact::Matched { call, rule } => {
                self.rule = rule.map(|at| rule_of(call, at));
                Vec::new()
            }
            Fact::Undecided { call, rule, when } => {
                self.undecided(plan, memory, call, rule, when).into_iter().collect()
            }
            Fact::Undecoded { call, undecoded, headers, body } => {
                let why = super::undecoded::of_answer(plan, plan.call(call), undecoded, headers, body);
                vec![Event::Undecoded { call, why }]
            }
            Fact::TakeFailed { call, take } => self.take(plan, memory, call, take).into_iter().collect(),
            Fact::Other { call, root } => other(plan, memory, call, root).into_iter().collect(),
            Fact::Misfit { call, misfit } => {
                let why = super::likeness::words(memory.arena.names(), call, misfit);
                place_of(plan, call).map(|call| Event::Other { call, why }).into_iter().collect()
            }
            Fact::Understood { call, at, end } => {
                let rule = self.rule.take();
                let end = end.map(|end| match end {
                    Ending::Taken(value) => End::Taken(text::value(plan, &memory.arena, value, LONGEST)),
                    Ending::Opened(sid) => End::Taken(sid),
                    Ending::Empty => End::Empty,
                    Ending::Rejected(words) => End::Rejected(text::value(plan, &memory.arena, words, LONGEST)),
                    Ending::Expired => End::Expired,
                    Ending::Failed(code) => End::Failed(code),
                });
                let at = place(call, at);
                end.into_iter().map(|end| Event::Understood { call, at, rule, end }).collect()
            }
            Fact::Refused { call, at, code } => vec![Event::Refused { call, at: place(call, at), code }],
            Fact::Session { system, what } => vec![Event::Session { system, what }],
            Fact::Guard { recipe, guard, holds } => vec![self.guard(plan, memory, recipe, guard, holds)],
            Fact::Made(recipe) => walk(plan, memory, &self.words, recipe),
            Fact::Settled(remark) => vec![Event::Settled(remark)],
            // Said where the value is looked at that is null for it; of walks nothing is told.
            Fact::Missed { .. } | Fact::Broken(_) => Vec::new(),
        };
        let mut all = self.events.borrow_mut();
        for event in events.into_iter().take(MOST.saturating_sub(all.len())) {
            // An open guard is asked again with every answer.
            if !matches!(event, Event::Guard { .. }) || !all.contains(&event) {
                all.push(event);
            }
        }
    }

    /// What is explained is one run.
    fn of_copy(&self) -> Option<Box<dyn Listener>> {
        None
    }
}

/// That an answer is another thing than its call reads.
fn other(plan: &Plan, memory: &Memory, call: &Call, root: Root) -> Option<Event> {
    let at = plan.calls().iter().position(|c| std::ptr::eq(c, call))?;
    let spaced = |name: &str| match name.strip_prefix('{').and_then(|name| name.split_once('}')) {
        Some((uri, local)) => format!("`{local}` of `{uri}`"),
        None => format!("`{name}`"),
    };
    let wanted: Vec<String> = call.roots.iter().map(|name| spaced(name)).collect();
    let place = if call.soap.is_some() { "the element in its body" } else { "its root" };
    let why = match root.name {
        Value::Text(name) => {
            let name = memory.arena.text(name);
            // Only where a name alone would not tell them apart does it matter of which namespace it is.
            let is_alike = call.roots.iter().any(|known| known.ends_with(&format!("}}{name}")));
            let found = match root.space {
                Value::Text(space) if is_alike => format!("`{name}` of `{}`", memory.arena.text(space)),
                _ if is_alike => format!("`{name}` of no namespace"),
                _ => format!("`{name}`"),
            };
            format!("{place} is {found}, and {} is read: if that is right, write `root: {name}`", wanted.join(" or "))
        }
        _ => format!("there is nothing in its body, and {} is read", wanted.join(" or ")),
    };
    Some(Event::Other { call: CallIndex::try_from(at).ok()?, why })
}

impl Ear {
    fn explain<'e, T>(
        &'e self,
        plan: &'e Plan,
        memory: &'e mut Memory,
        ask: impl FnOnce(&mut Explainer<'e>) -> T,
    ) -> T {
        let mut explainer = Explainer::new(plan, memory, &self.words);
        let said = ask(&mut explainer);
        explainer.end();
        said
    }

    fn undecided<'e>(
        &'e self,
        plan: &'e Plan,
        memory: &'e mut Memory,
        call: &Call,
        rule: usize,
        when: &'e Expr,
    ) -> Option<Event> {
        let why = self.explain(plan, memory, |explainer| explainer.undecided(when));
        let rules = call.failures.iter().chain(&plan.system(call.system).failures);
        let holds = rules.into_iter().nth(rule).is_some_and(|rule| rule.is.is_feared());
        Some(Event::Undecided { call: place_of(plan, call)?, rule: rule_of(call, rule), holds, why })
    }

    fn take<'e>(&'e self, plan: &'e Plan, memory: &'e mut Memory, call: &Call, take: &'e Expr) -> Option<Event> {
        let why = self.explain(plan, memory, |explainer| {
            let lacks = "leads nowhere: the answer lacks a member on the way, or has a text where elements are read";
            explainer.fault(take, 0).unwrap_or_else(|| format!("{} {lacks}", explainer.written(take)))
        });
        Some(Event::TakeFailed { call: place_of(plan, call)?, why })
    }

    fn guard<'e>(
        &'e self,
        plan: &'e Plan,
        memory: &'e mut Memory,
        recipe: &Recipe,
        guard: &'e Guard,
        holds: Option<bool>,
    ) -> Event {
        let at = recipe.guards.iter().position(|g| std::ptr::eq(g, guard)).unwrap_or_default();
        let why = self.explain(plan, memory, |explainer| match holds {
            Some(true) => [&explainer.written(&guard.when), " is true"].concat(),
            Some(false) => explainer.unmet(&guard.when),
            None => explainer.fault(&guard.when, 0).unwrap_or_default(),
        });
        Event::Guard { at, holds, why }
    }
}

/// A failure rule, counted over the call's and then the system's.
fn rule_of(call: &Call, at: usize) -> Rule {
    match at.checked_sub(call.failures.len()) {
        Some(at) => Rule { of_system: true, at },
        None => Rule { of_system: false, at },
    }
}

/// Where a call stands in the bundle.
fn place_of(plan: &Plan, call: &Call) -> Option<CallIndex> {
    let at = plan.calls().iter().position(|c| std::ptr::eq(c, call))?;
    CallIndex::try_from(at).ok()
}
