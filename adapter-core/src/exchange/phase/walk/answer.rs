//! A page of a walk as it is sent: the contract's members in their order.

use crate::contract::{Kind, Object, Operation};
use crate::value::JsonWriter;
use crate::value::date::write_instant;

/// The answer: the institute, when the walk began, keys with fingerprints, and the cursor of the next page.
pub(super) fn page(
    operation: &Operation,
    institute: &str,
    began: i64,
    listed: &[(String, String)],
    cursor: Option<&str>,
) -> Vec<u8> {
    let mut instant = String::new();
    write_instant(began.saturating_mul(1_000), &mut instant);
    let mut w = JsonWriter::default();
    w.object(|w| {
        w.member("data");
        w.object(|w| {
            w.member("institute_code");
            w.text(institute);
            w.member("last_update");
            w.text(&instant);
            w.member(list(operation.answer.object()));
            w.array(|w| {
                for (key, hash) in listed {
                    w.object(|w| {
                        w.member("key");
                        w.text(key);
                        w.member("hash");
                        w.text(hash);
                    });
                }
            });
        });
        w.member("meta");
        w.object(|w| {
            w.member("cursor");
            match cursor {
                Some(cursor) => w.text(cursor),
                None => w.null(),
            }
        });
    });
    w.into_bytes()
}

/// What the list of students is called.
fn list(answer: &'static Object) -> &'static str {
    let data = answer.fields.iter().find_map(|field| match field.kind {
        Kind::Object(data) if field.name == "data" => Some(data),
        _ => None,
    });
    let list = data.and_then(|data| data.fields.iter().find(|field| matches!(field.kind, Kind::List(_))));
    list.map_or("", |list| list.name)
}
