//! Samples are joined whatever the order in which records come.

use super::*;

/// Every order of these.
fn orders(parts: &[&str]) -> Vec<Vec<String>> {
    let Some((first, rest)) = parts.split_first() else { return vec![Vec::new()] };
    let mut all = Vec::new();
    for order in orders(rest) {
        for at in 0..=order.len() {
            let mut order = order.clone();
            order.insert(at, (*first).to_owned());
            all.push(order);
        }
    }
    all
}

fn names(shape: &Shape) -> Vec<&str> {
    shape.members().map(Iterator::collect).unwrap_or_default()
}

#[test]
fn xml_joins_elements_in_any_order() {
    let parts = [
        "<k><s t='1' m='2'/><s t='1' m='2'/></k>",
        "<k><s t='1' m='2'/></k>",
        "<k><s t='1'/></k>",
        "<k><s>x</s></k>",
        "<k><s><u/></s><u n='1'/></k>",
        "<k/>",
    ];
    for order in orders(&parts) {
        let shape = xml(format!("<c>{}</c>", order.concat()).as_bytes(), false, None).unwrap().0;
        let k = shape.member("c").and_then(|c| c.member("k")).and_then(Shape::element).unwrap();
        let s = k.member("s").and_then(Shape::element).unwrap();
        assert_eq!((names(k), names(s)), (vec!["s", "u"], vec!["@m", "@t", "u"]), "{order:?}");
        // A text in one of them: it may be read as one.
        assert!(matches!(s, Shape::Either(_)), "{order:?}");
    }
}

#[test]
fn json_joins_elements_in_any_order() {
    let parts = ["{\"a\":1}", "{\"a\":{\"x\":1}}", "{\"a\":{\"y\":[1]},\"b\":[]}", "{\"b\":[{\"z\":1}]}", "null"];
    let mut shapes =
        orders(&parts).into_iter().map(|o| of_json(&json(format!("[{}]", o.join(",")).as_bytes()).unwrap(), None));
    let first = shapes.next().unwrap();
    let element = first.element().unwrap();
    assert_eq!((names(element), names(element.member("a").unwrap())), (vec!["a", "b"], vec!["x", "y"]));
    assert_eq!(element.member("b").and_then(Shape::element).map(names), Some(vec!["z"]));
    assert!(shapes.all(|shape| shape == first));
    // A list here and a record there have no members in common, whatever comes last.
    for order in orders(&["{\"x\":1}", "[{\"y\":1}]", "{\"z\":1}"]) {
        let shape = of_json(&json(format!("[{}]", order.join(",")).as_bytes()).unwrap(), None);
        assert_eq!(shape.element(), Some(&Shape::Mixed), "{order:?}");
    }
}

#[test]
fn roots_have_the_namespace_that_they_are_in() {
    let root = |text: &str, is_soap: bool| xml(text.as_bytes(), is_soap, None).unwrap().1;
    let is = |name: &str| Some(name.to_owned());
    assert_eq!(root("<a><b/></a>", false), is("a"));
    assert_eq!(root("<?xml version='1.0'?><!-- c --><a xmlns='u'><b xmlns='v'/></a>", false), is("{u}a"));
    assert_eq!(root("<p:a xmlns='u' xmlns:p='v'/>", false), is("{v}a"));
    let soap = |body: &str| {
        let envelope = "xmlns:s='http://schemas.xmlsoap.org/soap/envelope/' xmlns='d'";
        root(&format!("<s:Envelope {envelope}><s:Header><h/></s:Header><s:Body>{body}</s:Body></s:Envelope>"), true)
    };
    assert_eq!(soap("<r/><m id='a'/>"), is("{d}r"));
    assert_eq!(soap("<p:r xmlns:p='u' xmlns:q='w'/><q:m xmlns:q='v'/>"), is("{u}r"));
    assert_eq!(soap("<r xmlns=''><x xmlns='u'/></r>"), is("r"));
    assert_eq!(soap("<s:Fault/>"), None);
}
