//! Which students a request's filters take, by an answer that has been settled. They never change what is answered.

use crate::contract::{Operation, Picks};
use crate::cursor::Chosen;
use crate::settle::Draft;
use crate::value::date::Date;
use crate::value::{Arena, Value};

/// The filters of a request.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Filters {
    /// Before the reform (false) or after; none: both.
    new_system: Option<bool>,
    /// Only what was made or changed since then.
    since: Option<Date>,
}

impl Filters {
    /// The filters that a request names, on the walk's day: absent, null and what is meant without them are one
    /// (IFS07.1-F1 to F3).
    pub fn of(operation: &Operation, arena: &Arena, members: &[Value], today: Option<Date>) -> Self {
        let word = |name: &str| match operation.request.field(name).and_then(|(place, _)| members.get(place)) {
            Some(Value::Text(text)) => arena.text(*text),
            _ => "",
        };
        let new_system = match word("academic_system") {
            "old" => Some(false),
            "new" => Some(true),
            _ => None,
        };
        let incremental = word("sync_mode") == "incremental";
        // Two calendar years, read as widely as they can be.
        let begin = today.and_then(|today| Date::new(today.year().saturating_sub(2), 1, 1));
        Self { new_system, since: begin.filter(|_| incremental) }
    }

    /// What a cursor holds of them.
    pub fn chosen(self) -> Chosen {
        Chosen { new_system: self.new_system, incremental: self.incremental(), year: 0 }
    }

    /// Whether only changes are asked for.
    pub fn incremental(self) -> bool {
        self.since.is_some()
    }

    /// Whether a settled answer has an item that they take. What is not known of an item takes it: a list may have too
    /// many students, and never too few.
    pub fn take(self, picks: &Picks, draft: &Draft<'_>) -> bool {
        let Some(level) = draft.levels.get(usize::from(picks.level)) else { return false };
        let taken = |item: usize| {
            let Some(filters) = &picks.filters else { return true };
            let system = match (self.new_system, level.value(item, filters.system)) {
                (Some(new), Value::Text(word)) => (draft.arena.text(word) == "new") == new,
                _ => true,
            };
            let dated = |since: Date| {
                filters.dates.iter().any(|date| match level.value(item, *date) {
                    Value::Date(date) => date >= since,
                    _ => false,
                })
            };
            system && self.since.is_none_or(dated)
        };
        level.live().any(taken)
    }
}

/// Whether a settled answer has any item.
pub(super) fn any(picks: &Picks, draft: &Draft<'_>) -> bool {
    Filters::default().take(picks, draft)
}
