//! Good answers get out first; nothing of Envoy's own gets out with them.

use super::*;

const MAPPERS: &str = "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/local_reply_config/mappers";

fn all() -> Vec<(&'static str, Value)> {
    let gateways = Kind::ALL.map(|kind| (kind.file(), gateway(kind)));
    gateways.into_iter().chain([("development.yaml", development())]).collect()
}

/// A mapper that lets out what has such a status.
fn status(op: &str, value: u64) -> Value {
    let value = json!({ "default_value": value, "runtime_key": "x" });
    json!({ "filter": { "status_code_filter": { "comparison": { "op": op, "value": value } } } })
}

/// What is told of the mappers with one more at a place.
fn inserted(good: &Value, place: usize, mapper: Value) -> Vec<String> {
    let mut tree = good.clone();
    tree.pointer_mut(MAPPERS).unwrap().as_array_mut().unwrap().insert(place, mapper);
    rules(&tree)
}

#[test]
fn a_good_answer_gets_out_first() {
    const TOLD: &str = "must take status 200";
    for (file, good) in all() {
        let first = format!("{MAPPERS}/0");
        breaks(&good, &first, Value::Null, TOLD);
        breaks(&good, MAPPERS, json!([]), TOLD);
        breaks(&good, MAPPERS.strip_suffix("/mappers").unwrap(), Value::Null, TOLD);
        let list = good.pointer(MAPPERS).unwrap().as_array().unwrap();
        let refusal = list.last().unwrap();
        for before in [refusal.clone(), status("EQ", 401), status("NE", 429)] {
            let told = inserted(&good, 0, before);
            assert!(told.iter().any(|one| one.contains(TOLD)), "{file}: {told:?}");
        }
        // What takes other replies too, or changes what it takes, is none that lets good answers out.
        let mut others = vec![status("EQ", 401), status("NE", 200), status("GE", 200), status("LE", 299)];
        for (member, value) in [
            ("status_code", json!(503)),
            ("headers_to_add", json!([])),
            ("body", json!({ "inline_string": "x" })),
            ("body_format_override", refusal["body_format_override"].clone()),
        ] {
            let mut changed = list[0].clone();
            changed.as_object_mut().unwrap().insert(member.to_owned(), value);
            others.push(changed);
        }
        for other in others {
            let mut tree = good.clone();
            set(&mut tree, &first, other.clone());
            let told = rules(&tree);
            assert!(told.iter().any(|one| one.contains(TOLD)), "{file}: {other}: {told:?}");
        }
    }
}

#[test]
fn no_refusal_gets_out_with_it() {
    for (file, good) in all() {
        let list = good.pointer(MAPPERS).unwrap().as_array().unwrap();
        let last = list.len() - 1;
        for open in [
            status("EQ", 401),
            status("GE", 400),
            status("EQ", 200),
            json!({ "filter": { "not_health_check_filter": {} } }),
            json!({ "filter": { "or_filter": { "filters": [status("EQ", 200)["filter"], status("EQ", 403)["filter"]] } } }),
        ] {
            for place in [1, last, last + 1] {
                let told = inserted(&good, place, open.clone());
                assert!(told.len() == 1 && told[0].contains("gets out without a problem"), "{file}: {told:?}");
            }
        }
        breaks(&good, &format!("{MAPPERS}/{last}/body_format_override"), Value::Null, "without a problem");
        breaks(
            &good,
            &format!("{MAPPERS}/{last}/body_format_override/content_type"),
            "text/html".into(),
            "problem+json",
        );
        breaks(&good, &format!("{MAPPERS}/{last}/status_code"), 200.into(), "look like an answer");
        let own = list.iter().position(|one| one.to_string().contains("code_details == ''")).unwrap();
        let expression = format!("{MAPPERS}/{own}/filter/extension_filter/typed_config/expression");
        for wider in ["true", "response.code_details != ''", "response.code_details == '' || response.code == 401"] {
            breaks(&good, &expression, wider.into(), "without a problem");
        }
    }
}

/// A gateway that sends declared answers alone.
fn declared(kind: Kind) -> Value {
    let plugin = declared::plugin(&plugin_with(b"{}", Some(&kind.trust(&[1, 2])), None).unwrap());
    Config::gateway(kind.file(), gate(), "/f.wasm".into(), plugin, clusters()).whole(Path::new("/run")).unwrap()
}

#[test]
fn where_declared_answers_are_wanted_envoys_own_are_declared_too() {
    const TOLD: &str = "must answer 400 or 500 without a body";
    for kind in Kind::ALL {
        let (good, shipped) = (declared(kind), gateway(kind));
        assert_eq!(rules(&good), Vec::<String>::new(), "{}", kind.file());
        let mappers = |tree: &Value| tree.pointer(MAPPERS).unwrap().as_array().unwrap().clone();
        let (bare, full) = (mappers(&good), mappers(&shipped));
        assert_eq!(bare.len(), full.len());
        for (at, (bare, full)) in bare.iter().zip(&full).enumerate() {
            assert_eq!((&bare["filter"], bare.get("headers_to_add")), (&full["filter"], full.get("headers_to_add")));
            let Some(format) = full.get("body_format_override") else { continue };
            let at = format!("{MAPPERS}/{at}");
            for (member, value) in [
                ("status_code", Value::Null),
                ("status_code", json!(403)),
                ("body", Value::Null),
                ("body", json!({ "inline_string": "x" })),
                ("body_format_override", format.clone()),
            ] {
                let mut tree = good.clone();
                let mapper = tree.pointer_mut(&at).unwrap().as_object_mut().unwrap();
                mapper.remove(member);
                if !value.is_null() {
                    mapper.insert(member.to_owned(), value);
                }
                let told = rules(&tree);
                assert!(told.len() == 1 && told[0].contains(TOLD), "{at}/{member}: {told:?}");
            }
        }
        // One without the other.
        let mut tree = good.clone();
        set(&mut tree, MAPPERS, full.into());
        assert!(rules(&tree).iter().all(|told| told.contains(TOLD)) && !rules(&tree).is_empty());
        let mut tree = shipped.clone();
        set(&mut tree, MAPPERS, bare.into());
        let told = rules(&tree);
        assert!(told.iter().all(|told| told.contains("without a problem")) && !told.is_empty(), "{told:?}");
    }
}

#[test]
fn a_filter_that_is_not_there_is_told_before() {
    for good in Kind::ALL.map(gateway) {
        let list = good.pointer(MAPPERS).unwrap().as_array().unwrap();
        let flag = list.iter().position(|one| one.pointer("/filter/response_flag_filter").is_some()).unwrap();
        let mut swapped = list.clone();
        swapped.swap(flag, flag + 1);
        let mut tree = good.clone();
        set(&mut tree, MAPPERS, swapped.into());
        let told = rules(&tree);
        assert!(told.len() == 1 && told[0].contains("must stand before"), "{told:?}");
    }
}

#[test]
fn a_route_that_answers_refuses() {
    for (file, good) in all() {
        let route = format!("{MANAGER}/route_config/virtual_hosts/0/routes/0/direct_response");
        for status in [json!(200), json!(204), json!(302), Value::Null] {
            breaks(&good, &format!("{route}/status"), status, "400 or more");
        }
        let mut tree = good.clone();
        set(&mut tree, &format!("{route}/status"), 404.into());
        assert_eq!(rules(&tree), Vec::<String>::new(), "{file}");
    }
}
