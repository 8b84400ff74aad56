use std::sync::Arc;

use super::*;
use crate::{Decoder, NameTable};

/// Decodes a JSON tree and writes it as XML.
fn written(json: &str, write: impl FnOnce(&Arena, Value) -> Result<String, Unwritable>) -> Result<String, Unwritable> {
    let mut arena = Arena::new(Arc::from(""), Names::new(Arc::new(NameTable::new(Vec::new()))));
    let value = Decoder::whole(8).decode(&mut arena, json.as_bytes().to_vec()).unwrap();
    write(&arena, value)
}

fn document(json: &str) -> Result<String, Unwritable> {
    written(json, |arena, value| {
        let mut out = String::new();
        write_document(arena, value, &mut out).map(|()| out)
    })
}

#[test]
fn a_tree_is_written_as_it_stands() {
    let json = r#"{"r":{"a":"x<&>\"'","@id":7,"none":null,"b":[1,null,2.5,{"c":true}],"empty":"","in":{},"@no":null}}"#;
    assert_eq!(
        document(json).unwrap(),
        "<r id=\"7\"><a>x&lt;&amp;&gt;\"'</a><b>1</b><b>2.5</b><b><c>true</c></b><empty/><in/></r>"
    );
    assert_eq!(document(r#"{"a":"x"}"#).unwrap(), "<a>x</a>");
    assert_eq!(document(r#"{"x":null,"a":{"@q":"a\"\n\t\r<b"}}"#).unwrap(), "<a q=\"a&quot;&#10;&#9;&#13;&lt;b\"/>");
    assert_eq!(document(r#"{"a":"one\r\ntwo"}"#).unwrap(), "<a>one&#13;\ntwo</a>");
}

#[test]
fn text_stands_beside_attributes() {
    let json = r##"{"r":{"p":{"@type":"digest","#text":"x<y"},"q":{"#text":null}}}"##;
    assert_eq!(document(json).unwrap(), "<r><p type=\"digest\">x&lt;y</p><q/></r>");
}

#[test]
fn namespaces_get_prefixes_where_they_are_needed() {
    let json = r#"{"{urn:a}r":{"{urn:a}x":1,"{urn:b&c}y":{"{urn:b&c}@k":2,"z":3},"{urn:b&c}w":4}}"#;
    assert_eq!(
        document(json).unwrap(),
        "<n1:r xmlns:n1=\"urn:a\"><n1:x>1</n1:x><n2:y xmlns:n2=\"urn:b&amp;c\" n2:k=\"2\"><z>3</z></n2:y>\
         <n3:w xmlns:n3=\"urn:b&amp;c\">4</n3:w></n1:r>"
    );
}

#[test]
fn members_are_written_in_an_envelopes_style() {
    let json = r#"{"user":"x","n":3,"far":12345678901,"list":["a",""],"in":{"d":1.5,"b":false}}"#;
    let rpc = written(json, |arena, value| {
        let mut w = XmlWriter::default();
        w.declaration("ISO-8859-1");
        w.open("{urn:op}call")?;
        w.declare("xsi", XSI);
        w.declare("xsd", XSD);
        w.members(arena, value, Style { namespace: "", typed: true })?;
        Ok(w.finish())
    });
    assert_eq!(
        rpc.unwrap(),
        "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><n1:call xmlns:n1=\"urn:op\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\">\
         <user xsi:type=\"xsd:string\">x</user><n xsi:type=\"xsd:int\">3</n><far xsi:type=\"xsd:long\">12345678901</far>\
         <list xsi:type=\"xsd:string\">a</list><list xsi:type=\"xsd:string\"/>\
         <in><d xsi:type=\"xsd:decimal\">1.5</d><b xsi:type=\"xsd:boolean\">false</b></in></n1:call>"
    );
    let qualified = written(r#"{"a":{"@k":1,"{urn:other}b":2,"c":null}}"#, |arena, value| {
        let mut w = XmlWriter::default();
        w.open("{urn:op}call")?;
        w.members(arena, value, Style { namespace: "urn:op", typed: false })?;
        Ok(w.finish())
    });
    assert_eq!(
        qualified.unwrap(),
        "<n1:call xmlns:n1=\"urn:op\"><n1:a k=\"1\"><n2:b xmlns:n2=\"urn:other\">2</n2:b></n1:a></n1:call>"
    );
}

#[test]
fn what_xml_lacks_is_not_written() {
    for bad in [
        r#"{"a":"\u0000"}"#,
        r#"{"a":"\u001b"}"#,
        r#"{"a":{"@b":"\ufffe"}}"#,
        r#"{"a b":1}"#,
        r#"{"1a":1}"#,
        r#"{"a:b":1}"#,
        r#"{"":1}"#,
        r#"{"{urn:x":1}"#,
        r#"{"{urn:x}":1}"#,
        r#"{"a":{"@b c":1}}"#,
        r#"{"a":{"@b":{}}}"#,
        r#"{"a":[[1]]}"#,
        r#"{"a":{"b":[[1]]}}"#,
        // One root.
        "{}",
        r#"{"a":null}"#,
        r#"{"a":1,"b":2}"#,
        r#"{"a":[1,2]}"#,
        r#"{"@a":1}"#,
        "[]",
        "1",
    ] {
        assert_eq!(document(bad), Err(Unwritable), "{bad}");
    }
}
