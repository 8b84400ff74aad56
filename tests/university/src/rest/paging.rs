//! Lists: bare arrays cut by `start` and `limit`, sorted by `order`, with neither total nor link.

use super::row::{Row, list};
use super::{Call, Reply};

/// What a list can be sorted by.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    /// Nothing, or a number.
    Number(Option<i64>),
    /// A text.
    Text(String),
}

/// A member's name and how to read it from a record.
pub(crate) type Sortable<T> = (&'static str, fn(&T) -> Key);

/// Rows of a list without `limit`.
pub(crate) const DEFAULT_LIMIT: usize = 50;

/// The greatest `limit`; a greater one is taken for this.
pub(crate) const GREATEST_LIMIT: usize = 100;

/// Answers one page of `items`, which stand in the endpoint's own order.
pub(crate) fn page<T>(
    call: &Call<'_>,
    mut items: Vec<T>,
    sortable: &[Sortable<T>],
    fill: impl Fn(&T, &mut Row<'_>),
) -> Reply {
    if let Err(reply) = sort(call, &mut items, sortable) {
        return reply;
    }
    match cut(call, &items) {
        Ok(items) => {
            let mut body = String::with_capacity(2048 * items.len() + 2);
            list(&mut body, items, fill);
            Reply::json(200, body)
        }
        Err(reply) => reply,
    }
}

/// The page of `items` that the call asks for.
pub(crate) fn cut<'a, T>(call: &Call<'_>, items: &'a [T]) -> Result<&'a [T], Reply> {
    let start = number(call, "start", 0)?;
    let limit = number(call, "limit", DEFAULT_LIMIT)?.min(GREATEST_LIMIT);
    let rest = items.get(start..).unwrap_or_default();
    Ok(&rest[..limit.min(rest.len())])
}

/// Sorts by `order=+a,-b`. The plus may have arrived as a blank, or not at all.
pub(crate) fn sort<T>(call: &Call<'_>, items: &mut [T], sortable: &[Sortable<T>]) -> Result<(), Reply> {
    let Some(order) = call.query("order").filter(|order| !order.trim().is_empty()) else { return Ok(()) };
    let mut by = Vec::new();
    for part in order.split(',') {
        let part = part.trim();
        let name = part.trim_start_matches(['+', '-', ' ']);
        let Some((_, key)) = sortable.iter().find(|(known, _)| *known == name) else {
            return Err(Reply::invalid("order"));
        };
        by.push((*key, part.starts_with('-')));
    }
    items.sort_by(|a, b| {
        let mut orders = by.iter().map(|(key, down)| {
            let order = key(a).cmp(&key(b));
            if *down { order.reverse() } else { order }
        });
        orders.find(|order| order.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
    });
    Ok(())
}

/// A parameter that must be a whole number, not negative.
pub(crate) fn number(call: &Call<'_>, name: &str, default: usize) -> Result<usize, Reply> {
    match call.query(name) {
        None => Ok(default),
        Some(text) => text.parse().map_err(|_| Reply::invalid(name)),
    }
}

/// A parameter that may be missing and must be a whole number where it stands.
pub(crate) fn optional(call: &Call<'_>, name: &str) -> Result<Option<u32>, Reply> {
    call.query(name).map(|text| text.parse().map_err(|_| Reply::invalid(name))).transpose()
}
