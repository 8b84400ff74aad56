//! Checks that a bundle's indices point at something and that its order is one: no expression, call or let can reach
//! itself, so evaluation ends.

use crate::expr::Expr;
use crate::index::{CallIndex, LetIndex, Slot};
use crate::{
    Bundle, Call, Change, Decode, Failure, Feed, Likeness, PageBy, Pages, PathPart, Pattern, Probe, Step, System, Walk,
};
use values::{is_separator, sorted_places};

/// Headers of a request's trace (W3C Trace Context), which the engine hands on by itself.
pub const TRACE_HEADERS: [&str; 2] = ["traceparent", "tracestate"];

type Checked = Result<(), String>;

/// Checks a bundle.
pub fn verify(bundle: &Bundle) -> Checked {
    let limit = bundle.limits.out_of_range();
    ensure(limit.is_none(), || format!("limit {} is out of range", limit.map_or("", |l| l.name)))?;
    let (month, day) = bundle.institute.academic_year_starts;
    ensure(values::date::Date::new(2001, month, day).is_some(), || {
        "the academic year's first day is no date".to_owned()
    })?;
    let all = Verifier { bundle, lets: bundle.lets.len() };
    let name = |at: usize| bundle.names.get(at).map(|n| n.text.as_str());
    let names = sorted_places(bundle.names.len(), &mut |a, b| name(a).cmp(&name(b)));
    let twice = names.windows(2).any(|w| matches!(w, [a, b] if name(*a) == name(*b)));
    ensure(!twice, || "a name stands twice".to_owned())?;
    for table in &bundle.tables {
        for name in &table.columns {
            all.name(*name)?;
        }
    }
    for (index, named) in bundle.lets.iter().enumerate() {
        Verifier { bundle, lets: index }.expr(&named.value).map_err(|e| format!("let {}: {e}", named.name))?;
    }
    for pattern in &bundle.patterns {
        verify_pattern(pattern)?;
    }
    for system in &bundle.systems {
        let path = |s: &str| s.is_empty() || (s.starts_with('/') && !s.ends_with('/'));
        ensure(
            path(&system.base) && !system.cluster.is_empty() && system.timeout_ms > 0 && system.parallel > 0,
            || format!("system {} has a setting out of range", system.name),
        )?;
        system.headers.iter().try_for_each(|(name, value)| header(name).and_then(|()| all.expr(value)))?;
        system.failures.iter().flat_map(Failure::exprs).try_for_each(|e| all.expr(e))?;
        system.clean.unwrap.iter().try_for_each(|name| all.name(*name))?;
        system.soap.iter().flat_map(|s| &s.header).try_for_each(|e| all.expr(e))?;
        if let Some(session) = &system.session {
            all.call_index(session.open)?;
            session.close.iter().try_for_each(|c| all.call_index(*c))?;
            session.next.iter().try_for_each(|e| all.expr(e))?;
            ensure(session.lasts_ms > 0, || format!("system {}: its session has no length", system.name))?;
        }
        if let Some(probe) = &system.probe {
            all.probe(system, probe).map_err(|e| format!("system {}: {e}", system.name))?;
        }
    }
    for (index, call) in bundle.calls.iter().enumerate() {
        all.call(index, call).map_err(|e| format!("call {}: {e}", call.name))?;
    }
    for (id, _) in bundle.operations.iter() {
        ensure(contract::operation(id).is_some(), || format!("this engine has no operation {id}"))?;
    }
    let by_key = bundle.by_key.iter().map(|operation| ("by_key", operation));
    let confirms = bundle.changes.iter().filter_map(|(id, change)| Some((id.as_str(), change.confirm.as_ref()?)));
    let operations = bundle.operations.iter().map(|(id, operation)| (id.as_str(), operation));
    for (id, operation) in operations.chain(by_key).chain(confirms) {
        let in_range = |calls: &[CallIndex]| calls.iter().all(|c| c.at() < bundle.calls.len()) && ascending(calls);
        ensure(in_range(&operation.calls), || format!("{id}: a call is out of range"))?;
        for guard in &operation.guards {
            ensure(in_range(&guard.needs), || format!("{id}: a guard needs a call out of range"))?;
            all.expr(&guard.when)?;
            guard.message.iter().try_for_each(|e| all.expr(e))?;
        }
        for needed in operation.calls.iter().filter_map(|c| bundle.calls.get(c.at())).flat_map(|c| &c.needs) {
            ensure(operation.calls.contains(needed), || format!("{id}: a call it needs is missing"))?;
        }
        all.expr(&operation.answer)?;
        operation.person.iter().try_for_each(|p| all.expr(p))?;
    }
    for (id, change) in &bundle.changes {
        all.change(id, change).map_err(|e| format!("{id}: {e}"))?;
    }
    for (id, _) in bundle.operations.iter() {
        let changed = bundle.changes.iter().any(|(known, _)| known == id);
        let changes = contract::operation(id).is_some_and(|o| o.does.writes());
        ensure(changed == changes, || format!("{id}: what it changes, and what it must, are not the same"))?;
    }
    if let Some(index) = &bundle.key_index {
        ensure(index.pace > 0 && index.fresh_ms > 0, || "the index has a setting out of range".to_owned())?;
        ensure(bundle.by_key.is_none(), || "a student is found by key in two ways".to_owned())?;
        if let Some(everybody) = &index.everybody {
            ensure(everybody.digest.len() == 64, || "the index's list has no digest".to_owned())?;
            all.feed(&everybody.feed)?;
        }
        let by_walks = |o: &&contract::Operation| index.everybody.is_none() && o.is_by_key();
        for asked in contract::operations().filter(|o| by_walks(o) && bundle.operations.contains_key(o.name)) {
            let lists = |id: &str| contract::operation(id).and_then(|o| o.does.answer_of()) == Some(asked.id);
            ensure(bundle.walks.iter().any(|(id, _)| lists(id)), || {
                format!("the index has no list of those whom {} is asked for", asked.name)
            })?;
        }
    }
    for (id, walk) in &bundle.walks {
        all.walk(id, walk).map_err(|e| format!("{id}: {e}"))?;
    }
    for (id, walk) in &bundle.rows {
        all.rows(id, walk).map_err(|e| format!("{id}: {e}"))?;
    }
    Ok(())
}

fn ensure(holds: bool, fault: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(fault()) }
}

fn ascending(calls: &[CallIndex]) -> bool {
    calls.windows(2).all(|w| w.first() < w.last())
}

/// Headers a mapping may set: lower-case names that are not the gateway's (`x-envoy-*` would switch on retries) and not
/// those of the request's trace.
fn header(name: &str) -> Checked {
    let forbidden = name.starts_with(':')
        || name.starts_with("x-envoy-")
        || TRACE_HEADERS.contains(&name)
        || matches!(name, "host" | "content-length" | "transfer-encoding" | "connection" | "te" | "upgrade")
        || name.is_empty()
        || !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.'));
    ensure(!forbidden, || format!("header {name} may not be set by a mapping"))
}

/// Calls `f` for every expression of a call.
fn each_of_call(call: &Call, f: &mut impl FnMut(&Expr)) {
    call.each.iter().for_each(|l| f(&l.list));
    call.when.iter().for_each(&mut *f);
    for part in &call.path {
        if let PathPart::Value(e) = part {
            f(e);
        }
    }
    call.query.iter().chain(&call.headers).for_each(|(_, e)| f(e));
    call.binds.iter().for_each(|(_, e)| f(e));
    call.body.iter().chain(&call.take).for_each(&mut *f);
    if let Pages::Many(paging) = &call.pages {
        paging.query.iter().for_each(|(_, e)| f(e));
        paging.body.iter().for_each(|(_, e)| f(e));
        paging.next.iter().chain(&paging.more).for_each(&mut *f);
    }
    call.failures.iter().flat_map(Failure::exprs).for_each(f);
}

/// A pattern's targets point into it. Rings are harmless: the machine enters each instruction once per character.
fn verify_pattern(pattern: &Pattern) -> Checked {
    let inside = |at: u32| (at as usize) < pattern.code.len();
    let last = pattern.code.len().saturating_sub(1);
    for (at, step) in pattern.code.iter().enumerate() {
        let holds = match step {
            Step::Split(a, b) => inside(*a) && inside(*b),
            Step::Jump(to) => inside(*to),
            Step::Save(slot) => *slot < 4 && at < last,
            Step::Chars(_) | Step::At(_) => at < last,
            Step::Match => true,
        };
        ensure(holds, || "a pattern points outside itself".to_owned())?;
    }
    ensure(!pattern.code.is_empty(), || "a pattern is empty".to_owned())
}

struct Verifier<'b> {
    bundle: &'b Bundle,
    /// Lets that may be mentioned: those of smaller index.
    lets: usize,
}

impl Verifier<'_> {
    fn name(&self, id: u32) -> Checked {
        ensure((id as usize) < self.bundle.names.len(), || "a name is out of range".to_owned())
    }

    fn like(&self, like: &Likeness) -> Checked {
        let mut checked = Ok(());
        like.names(&mut |name| {
            if checked.is_ok() {
                checked = self.name(name);
            }
        });
        checked
    }

    fn slot(&self, slot: Slot) -> Checked {
        ensure(slot.0 < self.bundle.slots, || "a variable is out of range".to_owned())
    }

    fn call_index(&self, call: CallIndex) -> Checked {
        ensure(call.at() < self.bundle.calls.len(), || "a call is out of range".to_owned())
    }

    fn let_index(&self, index: LetIndex) -> Checked {
        ensure(index.at() < self.lets, || "a let is out of order".to_owned())
    }

    fn call(&self, index: usize, call: &Call) -> Checked {
        ensure(call.system.at() < self.bundle.systems.len(), || "its system is out of range".to_owned())?;
        ensure(ascending(&call.needs) && call.needs.iter().all(|n| n.at() < index), || {
            "it needs a call that does not come before it".to_owned()
        })?;
        if let Some(each) = &call.each {
            self.slot(each.slot)?;
        }
        call.headers.iter().try_for_each(|(name, _)| header(name))?;
        if let Pages::Many(paging) = &call.pages {
            ensure(paging.size > 0 && paging.max != Some(0), || "its pages have no size".to_owned())?;
            ensure((paging.by == PageBy::Token) == paging.next.is_some(), || {
                "its pages have no token, or one too many".to_owned()
            })?;
            ensure(paging.by != PageBy::Token || paging.more.is_none(), || "its pages end in two ways".to_owned())?;
            paging.body.iter().try_for_each(|(name, _)| self.name(*name))?;
        }
        ensure((call.decode == Decode::Csv) == call.csv.is_some(), || "it is CSV by half".to_owned())?;
        if let Some(csv) = &call.csv {
            csv.must.iter().chain(&csv.may).chain(&csv.failing).try_for_each(|name| self.name(*name))?;
            ensure(csv.separator.is_none_or(is_separator), || "its fields have no separator".to_owned())?;
        }
        call.like.iter().chain(&call.returns).try_for_each(|like| self.like(like))?;
        call.binds.iter().try_for_each(|(slot, _)| self.slot(*slot))?;
        let system = self.bundle.systems.get(call.system.at());
        ensure(!call.session || system.is_some_and(|s| s.session.is_some()), || {
            "its system has no session".to_owned()
        })?;
        ensure(call.soap.is_none() || system.is_some_and(|s| s.soap.is_some()), || {
            "its system does not speak SOAP".to_owned()
        })?;
        let mut checked = Ok(());
        each_of_call(call, &mut |e| {
            if checked.is_ok() {
                checked = self.expr(e);
            }
        });
        checked
    }

    /// A change is made last, by one call that reads nothing but what was read before.
    fn change(&self, id: &str, change: &Change) -> Checked {
        let recipe = self.bundle.operations.get(id);
        let call = self.bundle.calls.get(change.call.at());
        let fits = recipe.zip(call).is_some_and(|(recipe, call)| {
            let alone = call.each.is_none() && call.cache_ms.is_none() && !call.null_if_failed;
            let made = recipe.calls.iter().chain(change.confirm.iter().flat_map(|c| &c.calls));
            let before = recipe.guards.iter().flat_map(|guard| &guard.needs);
            let once = !made.chain(before).any(|index| *index == change.call);
            alone && once && call.needs.iter().all(|need| recipe.calls.contains(need))
        });
        ensure(fits, || "its change is not made once, and last".to_owned())
    }

    /// A walk lists students for an operation that does, and its calls are all there.
    fn walk(&self, id: &str, walk: &Walk) -> Checked {
        let listed = contract::operation(id).and_then(|o| o.does.answer_of());
        let listed = listed.and_then(|listed| self.bundle.operations.get(listed.name()));
        ensure(listed.is_some(), || "it lists nothing that is answered".to_owned())?;
        self.feeds(walk)?;
        self.together(&walk.shared)?;
        walk.lets.iter().try_for_each(|index| self.let_index(*index))?;
        let Some(once) = &walk.once else { return Ok(()) };
        self.together(&once.calls)?;
        self.expr(&once.when)
    }

    /// A walk has the rows that an operation answers, page by page.
    fn rows(&self, id: &str, walk: &Walk) -> Checked {
        let paged = contract::operation(id).filter(|o| o.is_paged() && o.does.answer_of().is_none());
        let answered = paged.and_then(|_| self.bundle.operations.get(id));
        let rows = answered.filter(|recipe| recipe.calls.contains(&walk.feed.call));
        ensure(rows.is_some(), || "it answers no rows of its walk".to_owned())?;
        ensure(walk.deleted.is_none() && walk.once.is_none() && !walk.mark, || "it lists no students".to_owned())?;
        self.feeds(walk)
    }

    /// The lists of a walk.
    fn feeds(&self, walk: &Walk) -> Checked {
        ensure(walk.page > 0 && walk.digest.len() == 64, || "its pages have no size, or it has no digest".to_owned())?;
        walk.feeds().try_for_each(|feed| self.feed(feed))
    }

    fn feed(&self, feed: &Feed) -> Checked {
        self.together(&feed.calls)?;
        self.slot(feed.row)?;
        let rows = self.bundle.calls.get(feed.call.at()).filter(|_| feed.calls.contains(&feed.call));
        ensure(rows.is_some_and(|call| call.each.is_none() && call.when.is_none()), || {
            "a list of it has no call".to_owned()
        })?;
        feed.exprs().try_for_each(|e| self.expr(e))
    }

    /// Calls that are made together: none lacks what it needs.
    fn together(&self, calls: &[CallIndex]) -> Checked {
        let known = calls.iter().all(|c| c.at() < self.bundle.calls.len());
        ensure(known && ascending(calls), || "a call is out of range".to_owned())?;
        let mut needed = calls.iter().filter_map(|c| self.bundle.calls.get(c.at())).flat_map(|c| &c.needs);
        ensure(needed.all(|n| calls.contains(n)), || "a call it needs is missing".to_owned())
    }

    /// A probe is of its system, stands alone, and can be made between requests.
    fn probe(&self, system: &System, probe: &Probe) -> Checked {
        ensure(probe.every_ms > 0, || "its probe has no period".to_owned())?;
        let Some(index) = probe.call else {
            return ensure(system.session.is_some(), || "its probe is a login, and it has none".to_owned());
        };
        self.call_index(index)?;
        let fits = self.bundle.calls.get(index.at()).is_some_and(|call| {
            let own = self.bundle.systems.get(call.system.at()).is_some_and(|s| std::ptr::eq(s, system));
            let shared = !call.session || system.session.as_ref().is_some_and(|s| s.next.is_none());
            own && shared && call.needs.is_empty() && call.each.is_none() && call.when.is_none()
        });
        ensure(fits, || "its probe does not stand alone".to_owned())
    }

    fn expr(&self, expr: &Expr) -> Checked {
        match expr {
            Expr::Text(id) => ensure(id.at() < self.bundle.texts.len(), || "a text is out of range".to_owned())?,
            Expr::Dec { scale, .. } => ensure(*scale <= 18, || "a decimal has too many digits".to_owned())?,
            Expr::Table { table, keys } | Expr::TableRows { table, keys } => {
                let known = self.bundle.tables.get(table.at()).map(|t| usize::from(t.keys));
                ensure(known == Some(keys.len()), || "a table is looked up with the wrong number of keys".to_owned())?;
            }
            Expr::Local(slot) | Expr::Macro { slot, .. } | Expr::Latest { slot, .. } => self.slot(*slot)?,
            Expr::Secret(secret) => {
                ensure(secret.at() < self.bundle.secrets.len(), || "a secret is out of range".to_owned())?;
            }
            Expr::Match { pattern, .. } => {
                ensure(pattern.at() < self.bundle.patterns.len(), || "a pattern is out of range".to_owned())?;
            }
            Expr::Call(call) | Expr::Hung { call, .. } => self.call_index(*call)?,
            Expr::Let(index) => self.let_index(*index)?,
            Expr::Member { name, .. } | Expr::Has { name, .. } => self.name(*name)?,
            Expr::Rows { must, may, .. } => must.iter().chain(may).try_for_each(|name| self.name(*name))?,
            Expr::Parse { roots, like, .. } => {
                roots.iter().try_for_each(|name| self.name(*name))?;
                like.iter().try_for_each(|like| self.like(like))?;
            }
            Expr::Record(entries) => entries.iter().try_for_each(|(name, _)| self.name(*name))?,
            Expr::With { binds, .. } => binds.iter().try_for_each(|(slot, _)| self.slot(*slot))?,
            Expr::Block(block) => {
                block.loops.iter().try_for_each(|l| self.slot(l.slot))?;
                block.lets.iter().try_for_each(|(slot, _)| self.slot(*slot))?;
            }
            _ => {}
        }
        let mut checked = Ok(());
        expr.children(&mut |child| {
            if checked.is_ok() {
                checked = self.expr(child);
            }
        });
        checked
    }
}
