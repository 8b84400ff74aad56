//! XML documents. What was decoded and can be written, is the same when it is decoded again.

use adapter_core::value::{DecodeError, Decoder, Keep, write_document};

use super::{DEPTH, Target, arena, canonical, outcome};

pub const TARGET: Target = Target { name: "xml", seeds, make: None, pieces: PIECES, pairs: PAIRS, share: 3, check };

/// Pieces of XML.
pub const PIECES: &[&str] = &[
    "<",
    ">",
    "/>",
    "</",
    "<a>",
    "</a>",
    "<a/>",
    "<p:a xmlns:p='u'>",
    "</p:a>",
    "<id>7</id>",
    "<row>",
    "</row>",
    " xmlns='v'",
    " xmlns:p='w'",
    " xmlns:p=''",
    " id='1'",
    " p:id=\"2\"",
    " xsi:nil='true'",
    " xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "--",
    "<?xml version='1.0'?>",
    "<?pi x?>",
    "<!DOCTYPE a [<!ENTITY e 'x'>]>",
    "<!DOCTYPE a>",
    "&amp;",
    "&lt;",
    "&#232;",
    "&#xE8;",
    "&#0;",
    "&#xD800;",
    "&#1114112;",
    "&e;",
    "&",
    "\u{0}",
    "\u{fffe}",
    "è",
    " ",
    "\n",
    "\r\n",
    "\t",
    "=",
    "'",
    "\"",
    ":",
    "<deep>",
    "</deep>",
    "x",
];

/// What opens and closes in XML.
pub const PAIRS: &[(&str, &str)] =
    &[("<a>", "</a>"), ("<deep>", "</deep>"), ("<p:a xmlns:p='u'>", "</p:a>"), ("<![CDATA[", "]]>"), ("<!--", "-->")];

fn seeds() -> Vec<Vec<u8>> {
    [
        "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><CV><CARRIERA><id>1</id><code/></CARRIERA><CARRIERA id='2'>x</CARRIERA></CV>",
        "<a xmlns='u' xmlns:p='v' p:k='1'><p:b>&lt;c&gt; &#232;</p:b><b><![CDATA[<&>]]></b><!-- no --></a>",
        "<R xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'><A xsi:nil='true'/><A> </A><A>1</A></R>",
        "<a><b><c><d><deep><e f='g'>h</e></deep></d></c></b></a>",
    ]
    .map(|s| s.as_bytes().to_vec())
    .to_vec()
}

fn check(input: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(input).into_owned();
    let namespaces = text.contains("xmlns");
    let mut named = arena();
    let reads = Decoder { keep: Keep::Named, blank_to_null: true, ..Decoder::whole(DEPTH) };
    let few = reads.decode_xml(&mut named, text.clone());
    let mut whole = arena();
    match Decoder::whole(DEPTH).decode_xml(&mut whole, text) {
        Ok(value) => {
            let bytes = canonical(&whole, value);
            let few = few.expect("what is taken whole is taken in part");
            canonical(&named, few);
            let mut written = String::new();
            let kind = match write_document(&whole, value, &mut written) {
                Ok(()) => {
                    let mut again = arena();
                    let value = Decoder::whole(DEPTH).decode_xml(&mut again, written.clone());
                    let value = value.unwrap_or_else(|e| panic!("what was written is no XML ({e:?}): {written}"));
                    // Children of one local name in two namespaces have no value, and are not written.
                    let same = namespaces || canonical(&again, value) == bytes;
                    assert!(same, "written and read it is another document: {written}");
                    0
                }
                Err(_) => 1,
            };
            outcome(kind, &bytes)
        }
        Err(error) => {
            assert!(error.why != DecodeError::Full, "so little fills no arena");
            assert!(few.is_err(), "in part it is taken, whole it is not");
            outcome(2 + error.why as u64, input)
        }
    }
}
