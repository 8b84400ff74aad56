//! `fields`: which members of each record are sent, `a,b.c,d.*,e.**`; `ALL`, or nothing, is all of them.

use serde_json::Value;

use super::{Call, Reply};

/// An answer with the members that the call asks for.
pub(crate) fn projected(call: &Call<'_>, reply: Reply) -> Reply {
    let asked = call.query("fields").map(str::trim).filter(|fields| !fields.is_empty() && *fields != "ALL");
    let (Some(fields), 200) = (asked, reply.status) else { return reply };
    let Ok(mut document) = serde_json::from_slice::<Value>(&reply.body) else { return reply };
    let fields: Vec<Vec<&str>> = fields.split(',').map(|field| field.trim().split('.').collect()).collect();
    let fields: Vec<&[&str]> = fields.iter().map(Vec::as_slice).collect();
    match &mut document {
        Value::Array(records) => records.iter_mut().for_each(|record| keep(record, &fields)),
        record => keep(record, &fields),
    }
    Reply { body: document.to_string().into_bytes(), ..reply }
}

/// Keeps what some pattern names. A name alone takes the whole member; `*` all members of one level, `**` of all.
fn keep(record: &mut Value, fields: &[&[&str]]) {
    if let Value::Array(items) = record {
        items.iter_mut().for_each(|item| keep(item, fields));
        return;
    }
    let Value::Object(members) = record else { return };
    members.retain(|name, value| {
        let within: Vec<&[&str]> = fields
            .iter()
            .filter_map(|field| field.split_first())
            .filter(|(first, _)| [name.as_str(), "*", "**"].contains(first))
            .map(|(first, rest)| if *first == "**" { &[][..] } else { rest })
            .collect();
        // An enumeration is a value, whatever it is wrapped in.
        if !within.is_empty() && within.iter().all(|rest| !rest.is_empty()) {
            keep(value, &within);
        }
        !within.is_empty()
    });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn patterns() {
        let record = json!({ "a": 1, "b": { "c": 2, "d": { "e": 3 } }, "f": [{ "g": 4, "h": 5 }] });
        let of = |fields: &str| {
            let mut record = record.clone();
            let fields: Vec<Vec<&str>> = fields.split(',').map(|field| field.split('.').collect()).collect();
            keep(&mut record, &fields.iter().map(Vec::as_slice).collect::<Vec<_>>());
            record
        };
        assert_eq!(of("a"), json!({ "a": 1 }));
        assert_eq!(of("b.c,f.h"), json!({ "b": { "c": 2 }, "f": [{ "h": 5 }] }));
        assert_eq!(of("b"), json!({ "b": { "c": 2, "d": { "e": 3 } } }));
        assert_eq!((of("b.*"), of("**")), (json!({ "b": { "c": 2, "d": { "e": 3 } } }), record.clone()));
        assert_eq!(of("none"), json!({}));
    }
}
