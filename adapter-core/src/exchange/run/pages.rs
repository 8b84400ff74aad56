//! Lists that come page by page.

use super::Run;
use super::invocation::CallState;
use crate::bundle::{Call, PageBy, Pages, Paging};
use crate::eval::memory::{AnswerVars, Eval, Page};
use crate::exchange::pool::Waiter;
use crate::failure::Stop;
use crate::plan::Plan;
use crate::problem::Code;
use crate::value::{Value, equal};

/// The page a call begins with.
pub(crate) fn first(call: &Call) -> Page {
    match &call.pages {
        Pages::Many(Paging { by, size, first, .. }) => {
            let first = i64::from(*first);
            let (start, number) = match by {
                PageBy::Offset => (first, 0),
                PageBy::Number => (0, first),
                PageBy::Token => (0, 0),
            };
            Page { start, number, size: i64::from(*size), token: Value::Null }
        }
        _ => Page::default(),
    }
}

/// The page behind a page.
fn after(page: Page, paging: &Paging, token: Value) -> Page {
    Page {
        token,
        start: page.start.saturating_add(i64::from(paging.size)),
        number: page.number.saturating_add(1),
        size: page.size,
    }
}

/// What a page left.
pub(super) enum PageStep {
    /// It was the last; all rows.
    Last(Vec<Value>),
    /// The next page is queued.
    Next,
}

impl Run {
    /// Adds a page's rows, and queues the next page or gives all rows.
    ///
    /// # Errors
    /// Why the list cannot go on.
    pub(super) fn take_page(
        &mut self,
        plan: &Plan,
        waiter: Waiter,
        paging: &Paging,
        value: Value,
        (vars, document): (AnswerVars, Option<u16>),
    ) -> Result<PageStep, Stop> {
        let limits = &plan.limits();
        let rows = match self.memory.arena.rows(value) {
            Some(rows) => rows,
            // Null too: "no list" taken for "an empty list" would tell consumers that everything was deleted. A mapping
            // whose system means that says so: `take: list(…)`, or a rule with `is: empty`.
            None => return Err(Stop::call(Code::LegacyShape)),
        };
        let last = self.invocation(waiter.call, waiter.at).and_then(|i| i.document);
        // A server that ignores the offset gives the same page for ever.
        if !rows.is_empty() && last.zip(document).is_some_and(|(a, b)| self.memory.arena.same_document(a, b)) {
            return Err(Stop::call(Code::LegacyPaging));
        }
        let token = match &paging.next {
            Some(next) => {
                self.memory.provided.answer = Some(vars);
                let token = Eval { plan, memory: &mut self.memory }.eval(next);
                self.memory.provided.answer = None;
                match token? {
                    token if self.memory.arena.is_null(token) => Value::Null,
                    token => token,
                }
            }
            None => Value::Null,
        };
        let more = match (&paging.more, paging.by) {
            (Some(more), _) => {
                self.memory.provided.answer = Some(vars);
                let more = Eval { plan, memory: &mut self.memory }.condition(more);
                self.memory.provided.answer = None;
                more?
            }
            (None, PageBy::Token) => !token.is_null(),
            (None, PageBy::Offset | PageBy::Number) => rows.len() >= usize::try_from(paging.size).unwrap_or(usize::MAX),
        };
        let known = self.invocation(waiter.call, waiter.at).map(|i| i.tokens.as_slice()).unwrap_or_default();
        if !token.is_null() && known.iter().any(|t| equal(&self.memory.arena, *t, token)) {
            return Err(Stop::call(Code::LegacyPaging));
        }
        let running = self.states.iter_mut().find(|(index, _)| *index == waiter.call).map(|(_, state)| state);
        let Some(CallState::Running(running)) = running else { return Ok(PageStep::Next) };
        let Some(invocation) = running.invocations.get_mut(waiter.at) else { return Ok(PageStep::Next) };
        invocation.rows.extend(rows);
        invocation.pages = invocation.pages.saturating_add(1);
        invocation.document = document;
        invocation.resent = false;
        if u64::try_from(invocation.rows.len()).unwrap_or(u64::MAX) > limits.rows {
            return Err(Stop::call(Code::LimitRows));
        }
        if let Some(paged) = self.paged.as_mut().filter(|paged| paged.call == waiter.call) {
            paged.document = document;
            paged.then = more.then(|| after(invocation.page, paging, token));
            return Ok(PageStep::Last(std::mem::take(&mut invocation.rows)));
        }
        if !more {
            return Ok(PageStep::Last(std::mem::take(&mut invocation.rows)));
        }
        if invocation.pages >= paging.max.map_or(limits.pages, |m| u64::from(m).min(limits.pages)) {
            return Err(Stop::call(Code::LimitPages));
        }
        invocation.tokens.push(token);
        invocation.page = after(invocation.page, paging, token);
        // The rest of a list that has begun goes before lists that have not.
        running.queue.push_front(waiter.at);
        Ok(PageStep::Next)
    }
}
