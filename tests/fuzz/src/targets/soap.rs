//! SOAP envelopes, with references (rpc/encoded) and without.

use adapter_core::value::{Decoder, Keep};

use super::{DEPTH, Target, arena, canonical, outcome, xml};

pub const TARGET: Target = Target {
    name: "soap",
    seeds,
    make: None,
    pieces: &[
        "<s:Body>",
        "</s:Body>",
        "<s:Header/>",
        "<s:Fault>",
        "</s:Fault>",
        "<faultcode>s:Server</faultcode>",
        "<faultstring>x</faultstring>",
        "<detail>",
        "</detail>",
        "<s:Code><s:Value>s:Sender</s:Value></s:Code>",
        "<s:Reason><s:Text>y</s:Text></s:Reason>",
        " href='#id0'",
        " href='#id1'",
        " id='id0'",
        " id='id1'",
        "<multiRef id='id0'>",
        "<multiRef id='id1'>",
        "</multiRef>",
        "<return>",
        "</return>",
        "<xReturn>1</xReturn>",
        " s:mustUnderstand='1'",
        " s:encodingStyle='http://schemas.xmlsoap.org/soap/encoding/'",
        "http://schemas.xmlsoap.org/soap/envelope/",
        "http://www.w3.org/2003/05/soap-envelope",
        "<a>",
        "</a>",
        "&lt;a&gt;",
        "<a href='#id0'/>",
        "<a href='#id1'/>",
        "<a href='#id2'/>",
        " href='http://x/#id0'",
        " xsi:nil='1'",
        "&amp;",
        "<id>",
        "</id>",
    ],
    pairs: &[("<multiRef id='id1'>", "</multiRef>"), ("<deep>", "</deep>"), ("<return>", "</return>"), xml::PAIRS[0]],
    share: 3,
    check,
};

fn seeds() -> Vec<Vec<u8>> {
    let envelope = |version: &str, body: &str| {
        format!(
            "<?xml version='1.0'?><s:Envelope xmlns:s='{version}' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'>\
             <s:Header><t xmlns='q'>1</t></s:Header><s:Body>{body}</s:Body></s:Envelope>"
        )
        .into_bytes()
    };
    let eleven = "http://schemas.xmlsoap.org/soap/envelope/";
    let twelve = "http://www.w3.org/2003/05/soap-envelope";
    vec![
        envelope(
            eleven,
            "<n:fResponse xmlns:n='urn:x'><fReturn>1</fReturn><xml>&lt;CV&gt;&lt;/CV&gt;</xml></n:fResponse>",
        ),
        envelope(
            eleven,
            "<f><return href='#id0'/></f><multiRef id='id0'><id href='#id1'/><id href='#id1'/></multiRef>\
             <multiRef id='id1'>7</multiRef>",
        ),
        envelope(
            eleven,
            "<s:Fault><faultcode>s:Server</faultcode><faultstring>no</faultstring><detail><e>1</e></detail></s:Fault>",
        ),
        envelope(
            twelve,
            "<s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason><s:Text xml:lang='it'>no</s:Text></s:Reason></s:Fault>",
        ),
        envelope(
            twelve,
            "<f xmlns='urn:y'><fResult><row><id>1</id></row><row><id xsi:nil='true'/></row></fResult></f>",
        ),
    ]
}

fn check(input: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(input).into_owned();
    let mut kind = 0;
    let mut shape = Vec::new();
    for (encoded, keep) in [(false, Keep::Whole), (true, Keep::Whole), (true, Keep::Named)] {
        let mut arena = arena();
        let decoder = Decoder { keep, ..Decoder::whole(DEPTH) };
        kind = kind << 3
            | match decoder.decode_soap(&mut arena, text.clone(), encoded, &[]) {
                Ok(envelope) => {
                    for value in [envelope.body, envelope.result, envelope.fault] {
                        shape.extend(canonical(&arena, value));
                    }
                    u64::from(!envelope.fault.is_null())
                }
                Err(error) => 2 + error.why as u64,
            };
    }
    outcome(kind, if shape.is_empty() { input } else { &shape })
}
