//! Why an answer is not like what its call reads, in words.

use crate::bundle::{Call, Likeness};
use crate::value::{Misfit, NameId, Names, Unlike};

/// Why an answer is not taken.
pub(super) fn words(names: &Names, call: &Call, misfit: Misfit<'_>) -> String {
    let listed = |ids: &[NameId]| {
        let names: Vec<String> = ids.iter().map(|id| format!("`{}`", names.get(*id))).collect();
        names.join(", ")
    };
    let (body, returns) =
        (call.like.as_ref().map(|like| ("body", like)), call.returns.as_ref().map(|like| ("result", like)));
    let path = body.into_iter().chain(returns).find_map(|(part, like)| {
        let mut path = part.to_owned();
        leads(like, misfit.like, names, &mut path).then_some(path)
    });
    let path = path.unwrap_or_default();
    let of = match path.strip_suffix("[]") {
        Some(list) => format!("a row of `{list}`"),
        None => format!("`{path}`"),
    };
    match misfit.why {
        Unlike::None => format!(
            "{of} has none of what the mapping reads of it ({}): it reports an error, or its members have other names now",
            listed(&misfit.like.any)
        ),
        Unlike::Lacks(name) => format!("{of} lacks {}, which the mapping reads of it", listed(&[name])),
        Unlike::Text => format!("{of} is a text where the mapping reads {}", listed(&misfit.like.any)),
        Unlike::Nulls => format!("`{path}` is a list of nothing but nulls: whether it has no rows does not show"),
        Unlike::Null => format!("`{path}` has a null among its rows, and its length says whether more rows follow"),
    }
}

/// Writes the path to a part of a likeness behind what is written; false if it is no part of it.
fn leads(like: &Likeness, to: &Likeness, names: &Names, path: &mut String) -> bool {
    if std::ptr::eq(like, to) {
        return true;
    }
    let written = path.len();
    for (name, inner) in &like.members {
        path.push('.');
        path.push_str(names.get(*name));
        if leads(inner, to, names, path) {
            return true;
        }
        path.truncate(written);
    }
    let Some(rows) = &like.rows else { return false };
    path.push_str("[]");
    let found = leads(rows, to, names, path);
    if !found {
        path.truncate(written);
    }
    found
}
