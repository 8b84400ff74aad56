use std::sync::Arc;

use super::*;
use crate::{Keep, NameTable, Names, write_value};

fn shown(arena: &Arena, value: Value) -> String {
    let mut out = Vec::new();
    write_value(arena, value, &mut out);
    String::from_utf8(out).unwrap()
}

/// Body, result and fault, as JSON.
fn decode(keep: Keep, names: &[(&str, bool)], encoded: bool, text: &str) -> Result<[String; 3], DecodeError> {
    let names = names.iter().map(|(n, d)| ((*n).to_owned(), *d)).collect();
    let mut arena = Arena::new(Arc::from(""), Names::new(Arc::new(NameTable::new(names))));
    let decoder = Decoder { keep, ..Decoder::whole(8) };
    let Envelope { body, result, fault, .. } =
        decoder.decode_soap(&mut arena, text.to_owned(), encoded, &[]).map_err(|e| e.why.broad())?;
    Ok([shown(&arena, body), shown(&arena, result), shown(&arena, fault)])
}

fn soap11(body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" \
         xmlns:c=\"http://schemas.xmlsoap.org/soap/encoding/\"><s:Header><h s:mustUnderstand=\"1\"/></s:Header>\n\
         <s:Body>{body}</s:Body></s:Envelope>"
    )
}

fn soap12(body: &str) -> String {
    format!(
        "<e:Envelope xmlns:e=\"http://www.w3.org/2003/05/soap-envelope\" xmlns:n=\"http://www.w3.org/2003/05/soap-encoding\">\
         <e:Body>{body}</e:Body></e:Envelope>"
    )
}

fn whole(encoded: bool, text: &str) -> Result<[String; 3], DecodeError> {
    decode(Keep::Whole, &[], encoded, text)
}

/// What Axis 1.4 answers: the whole number of the result stands behind the body, the rest is a document in a text.
const AXIS: &str = "<ns1:fn_retrieve_xmlResponse s:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\" \
    xmlns:ns1=\"http://ws.esse3.frk.kion.it\"><fn_retrieve_xmlReturn href=\"#id0\"/>\
    <xml xsi:type=\"c:string\">&lt;WS&gt;1&lt;/WS&gt;</xml></ns1:fn_retrieve_xmlResponse>\
    <multiRef id=\"id0\" c:root=\"0\" s:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\" xsi:type=\"xsd:int\">1</multiRef>";

#[test]
fn rpc_encoded_as_axis_writes_it() {
    let names = [("xml", false), ("sid", false)];
    let expected = [r#"{"xml":"<WS>1</WS>"}"#, r#""1""#, "null"].map(str::to_owned);
    assert_eq!(decode(Keep::Named, &names, true, &soap11(AXIS)).unwrap(), expected);
    // The independent elements may come first.
    let (response, multi) = AXIS.split_at(AXIS.find("<multiRef").unwrap());
    assert_eq!(decode(Keep::Named, &names, true, &soap11(&format!("{multi}{response}"))).unwrap(), expected);
}

#[test]
fn references_lead_to_records_through_references() {
    let body = "<r><x href='#a'/><y><href href='#b'/></y><same href='#b'/></r>\
        <m id='a'><z href='#b'/><w>1</w></m><m id='b'><v>2</v></m>";
    let [body, ..] = whole(true, &soap11(body)).unwrap();
    assert_eq!(
        body,
        r#"{"x":{"@id":"a","z":{"@id":"b","v":"2"},"w":"1"},"y":{"href":{"@id":"b","v":"2"}},"same":{"@id":"b","v":"2"}}"#
    );
}

#[test]
fn soap_12_refers_by_its_own_attributes() {
    let text = soap12("<r><x n:id='1'>v</x><y n:ref='1'/></r>");
    let [body, ..] = decode(Keep::Named, &[("x", false), ("y", false)], true, &text).unwrap();
    assert_eq!(body, r#"{"x":"v","y":"v"}"#);
    // What is referred to counts even where nobody names it.
    let [body, ..] = decode(Keep::Named, &[("y", false)], true, &text).unwrap();
    assert_eq!(body, r#"{"y":"v"}"#);
}

#[test]
fn in_literal_styles_href_and_id_are_data() {
    let body = "<r><x href='#a'/><x href='#a'/></r>";
    let [body, ..] = decode(Keep::Named, &[("x", false), ("@href", false)], false, &soap11(body)).unwrap();
    assert_eq!(body, r##"{"x":[{"@href":"#a","#text":""},{"@href":"#a","#text":""}]}"##);
}

#[test]
fn bad_references_are_refused() {
    let bad = |body: &str| whole(true, &soap11(body)).unwrap_err();
    assert_eq!(bad("<r><x href='#a'/></r>"), DecodeError::Syntax);
    assert_eq!(bad("<r><x href='#a'/></r><m id='a'/><m id='a'/>"), DecodeError::Syntax);
    assert_eq!(bad("<r><x href='#a'>1</x></r><m id='a'/>"), DecodeError::Syntax);
    assert_eq!(bad("<r><x href='#a'><y/></x></r><m id='a'/>"), DecodeError::Syntax);
    // Circles.
    assert_eq!(bad("<r><x href='#a'/></r><m id='a'><y href='#a'/></m>"), DecodeError::Depth);
    assert_eq!(bad("<r><x href='#a'/></r><m id='a' href='#a'/>"), DecodeError::Depth);
    assert_eq!(
        bad("<r><x href='#a'/></r><m id='a'><y href='#b'/></m><m id='b'><y href='#a'/></m>"),
        DecodeError::Depth
    );
    // Circles through what nobody reads: an element that refers, but is referred to itself.
    let unread = |within: &str| {
        let names = [("x", false), ("y", false)];
        decode(
            Keep::Named,
            &names,
            true,
            &soap11(&format!(
                "<r><skip><k id='a' href='#{within}'/></skip><x href='#a'/></r>\
            <m id='b'><y href='#a'/><y href='#a'/></m>"
            )),
        )
    };
    assert_eq!(unread("a").unwrap_err(), DecodeError::Depth);
    assert_eq!(unread("b").unwrap_err(), DecodeError::Depth);
    // Deeper than allowed, only once references are followed; also if the last comes first.
    let chain = |n: usize| {
        (0..n).map(|i| format!("<m id='a{i}'><y href='#a{}'/></m>", i + 1)).collect::<String>()
            + &format!("<m id='a{n}'>1</m>")
    };
    assert!(whole(true, &soap11(&format!("<r><x href='#a0'/></r>{}", chain(3)))).is_ok());
    assert_eq!(bad(&format!("<r><x href='#a0'/></r>{}", chain(20))), DecodeError::Depth);
    let backwards: String = (0..20).map(|i| format!("<m id='a{}'><y href='#a{i}'/></m>", i + 1)).collect();
    assert_eq!(bad(&format!("<m id='a0'>1</m>{backwards}<r><x href='#a20'/></r>")), DecodeError::Depth);
    // A bomb: ten to the sixth.
    let ten = |i: usize| format!("<m id='a{i}'>{}</m>", format!("<y href='#a{}'/>", i + 1).repeat(10));
    let bomb = (0..6).map(ten).collect::<String>() + "<m id='a6'>1</m>";
    let deep = Decoder::whole(64);
    let mut arena = Arena::new(Arc::from(""), Names::new(Arc::new(NameTable::new(Vec::new()))));
    let text = soap11(&format!("<r><x href='#a0'/></r>{bomb}"));
    assert_eq!(deep.decode_soap(&mut arena, text, true, &[]).unwrap_err().why, DecodeError::Full);
}

#[test]
fn the_result_is_what_ends_in_return_or_result() {
    let result = |body: &str| whole(false, &soap11(body)).unwrap()[1].clone();
    assert_eq!(result("<r><aResult>1</aResult><bReturn>2</bReturn></r>"), r#""2""#);
    assert_eq!(result("<r><LogonUserResult><NewToken>t</NewToken></LogonUserResult></r>"), r#"{"NewToken":"t"}"#);
    assert_eq!(result("<r><return>1</return><return>2</return></r>"), r#"["1","2"]"#);
    assert_eq!(result("<r><x><aReturn>1</aReturn></x></r>"), "null");
    // Nobody has to name it.
    let text = soap11("<r><aReturn>1</aReturn></r>");
    assert_eq!(decode(Keep::Named, &[], false, &text).unwrap(), ["{}", r#""1""#, "null"].map(str::to_owned));
}

#[test]
fn faults_of_both_versions() {
    let fault = |text: &str| decode(Keep::Named, &[], true, text).unwrap()[2].clone();
    let axis = soap11(
        "<s:Fault><faultcode>soapenv:Server.userException</faultcode><faultstring>java.rmi.RemoteException</faultstring>\
         <detail><ns1:hostname xmlns:ns1=\"http://xml.apache.org/axis/\">x</ns1:hostname></detail></s:Fault>",
    );
    assert_eq!(
        fault(&axis),
        r#"{"code":"Server.userException","string":"java.rmi.RemoteException","detail":{"hostname":"x"}}"#
    );
    let twelve = soap12(
        "<e:Fault><e:Code><e:Value>e:Sender</e:Value></e:Code><e:Reason><e:Text xml:lang='en'>No</e:Text>\
         <e:Text xml:lang='it'>Non</e:Text></e:Reason></e:Fault>",
    );
    assert_eq!(fault(&twelve), r#"{"code":"Sender","string":"No"}"#);
    assert_eq!(
        fault(&soap11("<s:Fault><faultcode> Client </faultcode></s:Fault>")).replace(' ', ""),
        r#"{"code":"Client"}"#
    );
    // An element of that name from elsewhere is no fault.
    assert_eq!(fault(&soap11("<Fault><faultcode>x</faultcode></Fault>")), "null");
}

/// The element of the body that is meant, and what is in it.
fn meant(wanted: &[&str], encoded: bool, body: &str) -> [String; 3] {
    let wanted: Vec<String> = wanted.iter().map(|w| (*w).to_owned()).collect();
    let mut arena = Arena::new(Arc::from(""), Names::new(Arc::new(NameTable::new(Vec::new()))));
    let Envelope { body, result, root, .. } =
        Decoder::whole(8).decode_soap(&mut arena, soap11(body), encoded, &wanted).unwrap();
    [shown(&arena, root.name), shown(&arena, body), shown(&arena, result)]
}

#[test]
fn the_element_of_the_body_is_the_one_that_is_meant() {
    let is = |root: &str, body: &str, result: &str| [root, body, result].map(str::to_owned);
    assert_eq!(meant(&[], false, "<p:r xmlns:p='u'><a>1</a></p:r>"), is("\"r\"", r#"{"a":"1"}"#, "null"));
    assert_eq!(meant(&["r"], false, ""), is("null", "null", "null"));
    assert_eq!(meant(&["r"], false, " <!-- c --><?p i?> "), is("null", "null", "null"));
    // Of several the one that is wanted, wherever it stands.
    let several = "<h><aReturn>0</aReturn></h><r><return>1</return></r><r><return>2</return></r>";
    assert_eq!(meant(&["r"], false, several), is("\"r\"", r#"{"return":"1"}"#, "\"1\""));
    assert_eq!(meant(&[], false, several), is("\"h\"", r#"{"aReturn":"0"}"#, "\"0\""));
    assert_eq!(meant(&["other"], false, several), is("\"h\"", r#"{"aReturn":"0"}"#, "\"0\""));
    // An id says that others may refer to an element, not that it is no answer.
    assert_eq!(meant(&["r"], true, "<m id='x'>0</m><r id='a'><v>1</v></r>")[1], r#"{"@id":"a","v":"1"}"#);
    // A name with a namespace is that of no element in another.
    let spaces = "<r><v>0</v></r><r xmlns='u'><v>1</v></r><r xmlns='w'><v>2</v></r>";
    assert_eq!(meant(&["{u}r"], false, spaces)[1], r#"{"v":"1"}"#);
    assert_eq!(meant(&["{x}r", "{w}r"], false, spaces)[1], r#"{"v":"2"}"#);
    assert_eq!(meant(&["r"], false, spaces)[1], r#"{"v":"0"}"#);
    // A fault is one wherever it stands.
    for body in ["<r/><s:Fault/>", "<s:Fault/><r/>"] {
        assert_eq!(meant(&["r"], false, body)[0], "\"Fault\"");
    }
    assert_eq!(meant(&["r"], false, "<Fault/><r/>")[0], "\"r\"");
    assert_eq!(meant(&["r"], true, &AXIS.replace("fn_retrieve_xmlResponse", "r"))[0], "\"r\"");
}

#[test]
fn what_is_referred_to_and_nil_is_no_node() {
    let read = |body: &str| whole(true, &soap11(body)).unwrap();
    let nil = "<m id='n' xsi:nil='true'/><m id='one'>1</m>";
    assert_eq!(read(&format!("<r><return href='#n'/></r>{nil}"))[..2], ["{\"return\":null}", "null"]);
    assert_eq!(read(&format!("<r><x href='#n'/><x href='#one'/><x href='#n'/><y>2</y></r>{nil}"))[0], {
        r##"{"x":{"@id":"one","#text":"1"},"y":"2"}"##
    });
    // Through another reference, and inside of what is referred to.
    let through = "<m id='c' href='#n'/><m id='row'><v href='#c'/><w href='#one'/></m>";
    assert_eq!(read(&format!("<r><x href='#c'/><z href='#row'/></r>{through}{nil}"))[0], {
        r##"{"x":null,"z":{"@id":"row","v":null,"w":{"@id":"one","#text":"1"}}}"##
    });
    // As the body itself.
    assert_eq!(read(&format!("<r href='#n'/>{nil}"))[0], "null");
    // An empty text says nothing beside its id, as it does where it stands itself.
    let decoder = Decoder { blank_to_null: true, ..Decoder::whole(8) };
    let mut arena = Arena::new(Arc::from(""), Names::new(Arc::new(NameTable::new(Vec::new()))));
    let text = soap11("<r><x href='#a'/><y/></r><m id='a' xsi:type='xsd:string'/>");
    let Envelope { body, .. } = decoder.decode_soap(&mut arena, text, true, &[]).unwrap();
    assert_eq!(shown(&arena, body), r#"{"x":null,"y":null}"#);
}

#[test]
fn a_nil_result_is_nothing_returned() {
    let nil = "<r><return xsi:nil='true'/><aResult>1</aResult></r>";
    let [body, result, _] = whole(false, &soap11(nil)).unwrap();
    assert_eq!((body.as_str(), result.as_str()), (r#"{"return":null,"aResult":"1"}"#, "null"));
    let [body, ..] = whole(false, &soap11("<r xsi:nil='1'><a>1</a></r>")).unwrap();
    assert_eq!(body, "null");
    let [_, result, _] = whole(false, &soap11("<r><return xsi:nil='1'/><return>2</return></r>")).unwrap();
    assert_eq!(result, "\"2\"");
}

#[test]
fn what_is_no_envelope_is_malformed() {
    for bad in [
        "<html><body/></html>".to_owned(),
        "<Envelope><Body><r/></Body></Envelope>".to_owned(),
        "<s:Envelope xmlns:s='urn:other'><s:Body/></s:Envelope>".to_owned(),
        "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'/>".to_owned(),
        soap11("<r/></s:Body><s:Body><r/>"),
        soap11("<r>"),
        format!("{}x", soap11("<r/>")),
        // Nobody reads header blocks, but they are checked.
        soap11("<r/>").replace("<h ", "<h &x; "),
    ] {
        assert_eq!(whole(true, &bad), Err(DecodeError::Syntax), "{bad}");
    }
    assert_eq!(whole(false, &soap11("")).unwrap()[0], "null");
    assert_eq!(whole(false, &soap11("<r/>")).unwrap()[0], "\"\"");
}

/// Damaged envelopes: nothing panics or hangs, in any style, and what is kept does not change what is taken.
#[test]
fn damaged_envelopes_are_refused_or_mean_something() {
    let seeds = [
        soap11(AXIS),
        soap11("<r><x href='#a'/><y><href href='#b'/></y></r><m id='a'><z href='#b'/></m><m id='b'><v>2</v></m>"),
        soap12("<r><x n:id='1'>v</x><y n:ref='1'/></r>"),
        soap11("<s:Fault><faultcode>a:b</faultcode><detail><x href='#a'/></detail></s:Fault><m id='a'/>"),
    ];
    let pieces =
        ["#a", "#b", "#id0", "href='#a'", "id='a'", " ", "<m id='a'/>", "</r>", "<r>", "s:", "'", "<s:Body>", ":"];
    let mut state = 11_u64;
    let mut roll = |sides: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) as usize) % sides
    };
    let (mut taken, mut refused) = (0, 0);
    for _ in 0..10_000 {
        let mut text: Vec<char> = seeds[roll(seeds.len())].chars().collect();
        let behind = text.len() / 2;
        for _ in 0..=roll(2) {
            // Mostly in the body.
            let from = if roll(8) == 0 { 0 } else { behind };
            let at = from + roll(text.len() - from);
            let until = (at + roll(4)).min(text.len());
            let piece = if roll(3) == 0 { "" } else { pieces[roll(pieces.len())] };
            text.splice(at..until, piece.chars());
        }
        let text: String = text.into_iter().collect();
        for encoded in [true, false] {
            match whole(encoded, &text) {
                Ok(_) => taken += 1,
                Err(_) => refused += 1,
            }
            let _ = decode(Keep::Named, &[("x", false), ("y", true)], encoded, &text);
        }
    }
    assert!(taken > 1000 && refused > 1000, "{taken} {refused}");
}
