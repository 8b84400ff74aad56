#![allow(clippy::arithmetic_side_effects, reason = "a test")]

use std::sync::Arc;

use super::*;
use crate::{Keep, NameTable, Names, Span, write_document, write_value};

fn arena(names: &[(&str, bool)]) -> Arena {
    let names = names.iter().map(|(n, d)| ((*n).to_owned(), *d)).collect();
    Arena::new(Arc::from(""), Names::new(Arc::new(NameTable::new(names))))
}

fn decode(decoder: &Decoder<'_>, names: &[(&str, bool)], text: &str) -> Result<String, DecodeError> {
    let mut arena = arena(names);
    let value = decoder.decode_xml(&mut arena, text.to_owned()).map_err(|e| e.why.broad())?;
    let mut out = Vec::new();
    write_value(&arena, value, &mut out);
    Ok(String::from_utf8(out).unwrap())
}

fn whole(text: &str) -> Result<String, DecodeError> {
    decode(&Decoder::whole(8), &[], text)
}

/// The node set at a path below the document.
fn at(arena: &mut Arena, of: Value, path: &[&str]) -> Value {
    path.iter().fold(of, |of, name| {
        let (Value::Nodes(span), Some(name)) = (of, arena.names().find(name)) else { return Value::Nodes(Span::EMPTY) };
        Value::Nodes(arena.children(span, name).unwrap().unwrap_or(Span::EMPTY))
    })
}

#[test]
fn elements_are_texts_records_and_node_sets() {
    let text = "<?xml version=\"1.0\"?>\n<!-- c --><a><b>1</b><c k=\"v\">2</c><b/><d><e> x </e></d>\n</a><?p i?>\n";
    assert_eq!(whole(text).unwrap(), r##"{"a":{"b":["1",""],"c":{"@k":"v","#text":"2"},"d":{"e":" x "}}}"##);
    assert_eq!(whole("<a/>").unwrap(), r#"{"a":""}"#);
    assert_eq!(whole("<a k='1' />").unwrap(), r##"{"a":{"@k":"1","#text":""}}"##);
}

#[test]
fn one_or_forty_are_node_sets_and_reading_goes_through_all() {
    let mut arena = arena(&[]);
    let text = "<r><s><e>1</e><e>2</e></s><s/><s><e>3</e></s></r>";
    let document = Decoder::whole(8).decode_xml(&mut arena, text.to_owned()).unwrap();
    let Value::Nodes(found) = at(&mut arena, document, &["r", "s", "e"]) else { panic!() };
    let texts: Vec<_> = (0..found.len())
        .map(|n| match arena.scalar(Value::Nodes(found.node(n).unwrap())) {
            Some(Value::Text(text)) => arena.text(text).to_owned(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(texts, ["1", "2", "3"]);
    // As one thing: several are none, one with children is none, nothing is null.
    assert!(arena.scalar(Value::Nodes(found)).is_none());
    let several = at(&mut arena, document, &["r"]);
    assert!(arena.scalar(several).is_none());
    let nothing = at(&mut arena, document, &["r", "no"]);
    assert!(matches!(arena.scalar(nothing), Some(Value::Null)));
}

#[test]
fn absent_nil_empty_and_blank_are_four_things() {
    let text = "<r xmlns:x='http://www.w3.org/2001/XMLSchema-instance'><nil x:nil='true'/><no x:nil='false'>1</no><empty/><blank> </blank></r>";
    assert_eq!(whole(text).unwrap(), r#"{"r":{"nil":null,"no":"1","empty":"","blank":" "}}"#);
    let blank = Decoder { blank_to_null: true, ..Decoder::whole(8) };
    assert_eq!(decode(&blank, &[], text).unwrap(), r#"{"r":{"nil":null,"no":"1","empty":null,"blank":null}}"#);
    let mut arena = arena(&[]);
    let document = blank.decode_xml(&mut arena, text.to_owned()).unwrap();
    let Value::Nodes(root) = at(&mut arena, document, &["r"]) else { panic!() };
    for (name, there) in [("nil", true), ("empty", true), ("blank", true), ("@nil", false)] {
        let id = arena.names_mut().intern(name);
        assert_eq!(arena.children(root, id).unwrap().is_some(), there, "{name}");
    }
    // `nil` in no namespace is an attribute like any other.
    assert_eq!(whole("<r nil='true'>1</r>").unwrap(), r##"{"r":{"@nil":"true","#text":"1"}}"##);
}

#[test]
fn what_stands_for_nothing_is_no_node() {
    let counted = |decoder: &Decoder<'_>, inner: &str| {
        let mut arena = arena(&[]);
        let text = format!(
            "<r xmlns:x='http://www.w3.org/2001/XMLSchema-instance' \
             xmlns:c='http://schemas.xmlsoap.org/soap/encoding/'>{inner}</r>"
        );
        let document = decoder.decode_xml(&mut arena, text).unwrap();
        let Value::Nodes(found) = at(&mut arena, document, &["r", "e"]) else { panic!() };
        found.len()
    };
    let (whole, blank) = (Decoder::whole(8), Decoder { blank_to_null: true, ..Decoder::whole(8) });
    for (inner, as_written, tidied) in [
        ("<e x:nil='true'/>", 0, 0),
        ("<e x:nil=' 1 '/>", 0, 0),
        ("<e x:nil='true' k='1'/>", 0, 0),
        ("<e x:nil='true'><a>1</a></e>", 0, 0),
        ("<e x:nil='false'/>", 1, 0),
        ("<e/>", 1, 0),
        ("<e></e><e>\n</e><e><!-- --></e>", 3, 0),
        ("<e x:type='c:string'/><e c:arrayType='c:string[0]'></e>", 2, 0),
        // An attribute is something, and so is a child, be it nil itself.
        ("<e k=''/>", 1, 1),
        ("<e><a x:nil='true'/></e>", 1, 1),
        ("<e>1</e><e x:nil='true'/><e>2</e><e/>", 3, 2),
    ] {
        assert_eq!((counted(&whole, inner), counted(&blank, inner)), (as_written, tidied), "{inner}");
    }
    // Only what is named is kept of an attribute, but that it is there counts.
    let named = Decoder { keep: Keep::Named, blank_to_null: true, ..Decoder::whole(8) };
    for (inner, is) in [("<e k='1'/>", 1), ("<e x:type='y'/>", 0)] {
        let mut arena = arena(&[("r", false), ("e", false)]);
        let text = format!("<r xmlns:x='http://www.w3.org/2001/XMLSchema-instance'>{inner}</r>");
        let document = named.decode_xml(&mut arena, text).unwrap();
        let Value::Nodes(found) = at(&mut arena, document, &["r", "e"]) else { panic!() };
        assert_eq!(found.len(), is, "{inner}");
    }
}

#[test]
fn own_text_is_read_beside_children_and_without() {
    let own = |decoder: &Decoder<'_>, names: &[(&str, bool)], text: &str| {
        let mut arena = arena(names);
        let document = decoder.decode_xml(&mut arena, text.to_owned()).unwrap();
        let Value::Nodes(found) = at(&mut arena, document, &["r", "e", "#text"]) else { panic!() };
        let texts = (0..found.len()).map(|n| match arena.scalar(Value::Nodes(found.node(n).unwrap())) {
            Some(Value::Text(text)) => arena.text(text).to_owned(),
            other => panic!("{other:?}"),
        });
        texts.collect::<Vec<_>>()
    };
    let names = [("r", false), ("e", false), ("#text", false), ("b", false), ("@k", false)];
    for keep in [Keep::Named, Keep::Whole] {
        let decoder = Decoder { keep, ..Decoder::whole(8) };
        for (text, is) in [
            ("<r><e>1</e></r>", &["1"][..]),
            ("<r><e k='2'>1</e></r>", &["1"]),
            ("<r><e>\n 1\n <b>2</b>\n</e></r>", &["1"]),
            ("<r><e k='2'>a &amp; <b>x &lt; y</b><![CDATA[<c>]]><!-- no --><d>&gt;</d> d</e></r>", &["a & <c> d"]),
            ("<r><e><b>2</b></e></r>", &[]),
            ("<r><e>1</e><e>2<b/></e><e><b/></e></r>", &["1", "2"]),
            ("<r><e>&amp;<b>&lt;<b>&gt;</b>&amp;</b>&quot;</e></r>", &["&\""]),
        ] {
            assert_eq!(own(&decoder, &names, text), is, "{text}");
        }
    }
    // What stands beside children is not what the element is where one thing is wanted.
    let mut arena = arena(&names);
    let document = Decoder::whole(8).decode_xml(&mut arena, "<r><e>1<b>2</b></e></r>".to_owned()).unwrap();
    let e = at(&mut arena, document, &["r", "e"]);
    assert!(arena.scalar(e).is_none());
}

#[test]
fn white_space_before_the_declaration_means_nothing() {
    assert_eq!(whole("\r\n\t <?xml version='1.0'?><a/>").unwrap(), r#"{"a":""}"#);
}

#[test]
fn the_namespaces_of_a_name_are_told() {
    let text = "<r xmlns:m='urn:m'><e><c/><m:c>1<c xmlns='urn:n'/></m:c></e><m:e/><c/></r>";
    assert_eq!(namespaces_of(text, "c"), ["", "urn:m", "urn:n"]);
    assert_eq!(namespaces_of(text, "m"), [""; 0]);
    assert_eq!(namespaces_of("<c><c>", "c"), [""]);
    assert_eq!(namespaces_of("no", "c"), [""; 0]);
}

#[test]
fn the_root_has_a_name() {
    for text in ["<a/>", "<p:a xmlns:p='u'><b/></p:a>", "<?xml version='1.0'?><!-- --><a>1</a>"] {
        let mut arena = arena(&[]);
        let (_, root) = Decoder::whole(8).decode_rooted(&mut arena, text.to_owned()).unwrap();
        let Value::Text(name) = root.name else { panic!() };
        assert_eq!(arena.text(name), "a");
        assert!(root.is(&arena, "a") && !root.is(&arena, "b") && !root.is(&arena, "{v}a"));
        assert_eq!(root.is(&arena, "{u}a"), text.contains("p:a"));
    }
}

#[test]
fn tidying_reaches_texts_and_attributes() {
    let none = ["NN".to_owned()];
    let decoder = Decoder { blank_to_null: true, unwrap: Some(0), none: &none, ..Decoder::whole(8) };
    let text = "<r a='NN' b=' '><x>NN</x><y k='1'> </y><z><value>1</value></z></r>";
    assert_eq!(
        decode(&decoder, &[("value", false)], text).unwrap(),
        r##"{"r":{"@a":null,"@b":null,"x":null,"y":{"@k":"1","#text":null},"z":{"value":"1"}}}"##
    );
}

#[test]
fn text_is_borrowed_where_it_stands() {
    let mut arena = arena(&[]);
    let document = arena.next_document().unwrap();
    let text =
        "<r><a>città</a><b>x&amp;y</b><c>one<!-- -->two</c><d><![CDATA[<raw>&amp;]]></d><e>p<![CDATA[q]]></e></r>";
    let value = Decoder::whole(8).decode_xml(&mut arena, text.to_owned()).unwrap();
    for (name, expected, borrowed) in [
        ("a", "città", true),
        ("b", "x&y", false),
        ("c", "onetwo", false),
        ("d", "<raw>&amp;", true),
        ("e", "pq", false),
    ] {
        let value = at(&mut arena, value, &["r", name]);
        let Some(Value::Text(text)) = arena.scalar(value) else { panic!("{name}") };
        assert_eq!(arena.text(text), expected);
        assert_eq!(text.segment == document, borrowed, "{name}");
    }
}

#[test]
fn characters_and_line_ends() {
    assert_eq!(
        whole("<a b='1\r\n2\t3&#10;4&quot;'>x\r\ny\rz&#13;&#xe8;&lt;&gt;&apos;&#x1F600;</a>").unwrap(),
        "{\"a\":{\"@b\":\"1 2 3\\n4\\\"\",\"#text\":\"x\\ny\\nz\\rè<>'😀\"}}"
    );
    for bad in [
        "<a>\u{1}</a>",
        "<a>\u{fffe}</a>",
        "<a>&#0;</a>",
        "<a>&#xd800;</a>",
        "<a>&#x110000;</a>",
        "<a>&#+9;</a>",
        "<a>&#x;</a>",
        "<a>&#;</a>",
        "<a>&nbsp;</a>",
        "<a>&amp</a>",
        "<a>& </a>",
        "<a>]]></a>",
        "<a b='&no;'/>",
        "<a><![CDATA[\u{1}]]></a>",
        "<a><!-- \u{1} --></a>",
        "<a>&#x1f;</a>",
        "<a>&;</a>",
    ] {
        assert_eq!(whole(bad), Err(DecodeError::Syntax), "{bad:?}");
    }
    // U+FEFE and the like only begin as U+FFFE does.
    assert_eq!(whole("<a>\u{fefe}\u{fffd}</a>").unwrap(), "{\"a\":\"\u{fefe}\u{fffd}\"}");
}

#[test]
fn only_named_elements_are_kept() {
    let text =
        "<r><skip><keep>0</keep></skip><keep z='1'>1<!-- --></keep><deep><x>2</x><y k='v'><z>3</z></y></deep></r>";
    let named = Decoder { keep: Keep::Named, ..Decoder::whole(8) };
    assert_eq!(
        decode(&named, &[("r", false), ("keep", false), ("deep", true)], text).unwrap(),
        r#"{"r":{"keep":"1","deep":{"x":"2","y":{"@k":"v","z":"3"}}}}"#
    );
    // An element whose children nobody names is still no text.
    let mut arena = arena(&[("r", false), ("skip", false)]);
    let document = named.decode_xml(&mut arena, text.to_owned()).unwrap();
    let skip = at(&mut arena, document, &["r", "skip"]);
    assert!(arena.scalar(skip).is_none());
    assert_eq!(decode(&named, &[], text).unwrap(), "{}");
    assert_eq!(
        decode(&named, &[("r", false), ("keep", false), ("@z", false)], text).unwrap(),
        r##"{"r":{"keep":{"@z":"1","#text":"1"}}}"##
    );
}

#[test]
fn namespaces_count_by_what_prefixes_stand_for() {
    let names =
        [("r", false), ("a", false), ("{urn:1}a", false), ("{urn:2}a", false), ("{urn:2}@k", false), ("@k", false)];
    let named = Decoder { keep: Keep::Named, ..Decoder::whole(8) };
    let one = "<r xmlns:p='urn:1'><p:a>1</p:a><p:a>2</p:a></r>";
    let other = "<q:r xmlns:q='urn:0'><a xmlns='urn:1'>1</a><z:a xmlns:z='urn:1'>2</z:a></q:r>";
    let expected = r#"{"r":{"a":["1","2"],"{urn:1}a":["1","2"]}}"#;
    assert_eq!(decode(&named, &names, one).unwrap(), expected);
    assert_eq!(decode(&named, &names, other).unwrap(), expected);

    // One local name in two namespaces: by local name this has no meaning.
    let mut arena = arena(&names);
    let mixed = "<r xmlns:p='urn:1' xmlns:q='urn:2'><p:a>1</p:a><q:a q:k='3' k='4'>2</q:a><a/></r>";
    let document = named.decode_xml(&mut arena, mixed.to_owned()).unwrap();
    let Value::Nodes(root) = at(&mut arena, document, &["r"]) else { panic!() };
    assert_eq!(arena.children(root, 1).unwrap_err(), crate::Unread::Mixed);
    let first = at(&mut arena, document, &["r", "{urn:1}a"]);
    let second = at(&mut arena, document, &["r", "{urn:2}a"]);
    let k = at(&mut arena, second, &["{urn:2}@k"]);
    let text = |value| match arena.scalar(value) {
        Some(Value::Text(text)) => arena.text(text).to_owned(),
        other => panic!("{other:?}"),
    };
    assert_eq!([text(first), text(second), text(k)], ["1", "2", "3"]);
    let Value::Nodes(second) = second else { panic!() };
    assert_eq!(arena.children(second, 5).unwrap_err(), crate::Unread::Mixed);
    // The default namespace is not the attributes', and `xml` needs no declaration.
    assert_eq!(
        decode(&named, &[("a", false), ("@k", false), ("{urn:1}@k", false)], "<a xmlns='urn:1' k='1' xml:lang='it'/>")
            .unwrap(),
        r##"{"a":{"@k":"1","#text":""}}"##
    );
}

const BAD: &[&str] = &[
    "",
    " ",
    "x",
    "<",
    "<a",
    "<a>",
    "<a></b>",
    "<a></a",
    "<a/><b/>",
    "<a/>x",
    "x<a/>",
    "<a><b></a></b>",
    "<a/ >",
    "< a/>",
    "<a b/>",
    "<a b=/>",
    "<a b=c/>",
    "<a b='1/>",
    "<a b='<'/>",
    "<a b='1'c='2'/>",
    "<a b='1' b='2'/>",
    "</a>",
    "<a/></a>",
    "<1/>",
    "<a:b/>",
    "<a b:c='1'/>",
    "<a:b:c xmlns:a='u'/>",
    "<a: xmlns:a='u'/>",
    "<:a/>",
    "<a xmlns:p=''/>",
    "<a xmlns:p='u' xmlns:p='v'/>",
    "<a xmlns='u' xmlns='v'/>",
    "<a xmlns:='u'/>",
    "<a xmlns:xmlns='u'/>",
    "<a xmlns:xml='u'/>",
    "<a xmlns:p='u' xmlns:q='u' p:k='1' q:k='2'/>",
    "<!DOCTYPE a><a/>",
    "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
    "<a><!DOCTYPE a></a>",
    "<a><!ELEMENT a ANY></a>",
    "<a><!-- -- --></a>",
    "<a><!-- --->",
    "<a><!--</a>",
    "<a><![CDATA[</a>",
    "<a><?p </a>",
    "<a><?xml version='1.0'?></a>",
    "<!-- --><?xml version='1.0'?><a/>",
    " x<?xml version='1.0'?><a/>",
    "<?xml version='1.0'?>",
    "<a><? p?></a>",
    "<![CDATA[x]]>",
    "<a/><![CDATA[x]]>",
    "&lt;a/>",
    "<a><p:b xmlns:p='u'/><p:c/></a>",
    "{\"a\":1}",
];

#[test]
fn bad_documents_are_refused_also_where_nobody_looks() {
    let named = Decoder { keep: Keep::Named, ..Decoder::whole(8) };
    for bad in BAD {
        assert_eq!(whole(bad), Err(DecodeError::Syntax), "{bad}");
        assert_eq!(decode(&named, &[], bad), Err(DecodeError::Syntax), "{bad}");
    }
    assert_eq!(decode(&Decoder::whole(2), &[], "<a><b/></a>").unwrap(), r#"{"a":{"b":""}}"#);
    for keep in [Keep::Whole, Keep::Named] {
        let shallow = Decoder { keep, ..Decoder::whole(2) };
        assert_eq!(decode(&shallow, &[], "<a><b><c/></b></a>"), Err(DecodeError::Depth));
        assert_eq!(decode(&shallow, &[], &"<a>".repeat(100_000)), Err(DecodeError::Depth));
    }
}

#[test]
fn what_could_grow_without_bound_is_bounded() {
    let many = |what: &dyn Fn(usize) -> String, n: usize| (0..n).map(what).collect::<String>();
    let names = |n| format!("<a>{}</a>", many(&|i| format!("<b{i}/>"), n));
    assert!(whole(&names(1000)).is_ok());
    assert_eq!(whole(&names(10_000)), Err(DecodeError::Full));
    let named = Decoder { keep: Keep::Named, ..Decoder::whole(8) };
    assert!(decode(&named, &[], &names(10_000)).is_ok());
    let attributes = |n| format!("<a {}/>", many(&|i| format!(" b{i}=''"), n));
    assert!(whole(&attributes(200)).is_ok());
    assert_eq!(whole(&attributes(300)), Err(DecodeError::Full));
    let prefixes = |n| format!("<a {}/>", many(&|i| format!(" xmlns:b{i}='u'"), n));
    assert!(whole(&prefixes(200)).is_ok());
    assert_eq!(whole(&prefixes(300)), Err(DecodeError::Full));
    // Prefixes go out of sight with their element; so only what is in sight counts.
    assert!(whole(&format!("<a>{}</a>", many(&|i| format!("<b xmlns:p{}='u'/>", i % 9), 1000))).is_ok());
    assert_eq!(whole(&format!("<a>{}</a>", many(&|i| format!("<b xmlns='u{i}'/>"), 1000))), Err(DecodeError::Full));
}

#[test]
fn a_line_on_a_line_of_its_own_is_its_text() {
    let document = |content: &str| format!("<a>{content}</a>");
    for (content, text) in [
        ("\n   1000243\n  ", "1000243"),
        ("2\n", "2"),
        ("\r\n\tA B \r\n", "A B"),
        ("\n  <![CDATA[S]]>\n", "S"),
        ("\n  &amp;\n", "&"),
        // Not of a pretty-printer.
        (" 2 ", " 2 "),
        ("\n  one\n  two\n", "\n  one\n  two\n"),
        ("\n  \n", "\n  \n"),
        ("\u{a0}\nx", "\u{a0}\nx"),
    ] {
        let shown = serde_json::to_string(text).unwrap();
        assert_eq!(whole(&document(content)).unwrap(), format!("{{\"a\":{shown}}}"), "{content:?}");
    }
    // What is white space alone is still nothing where a system says so, and what is trimmed is what is compared.
    let none = ["NN".to_owned()];
    let decoder = Decoder { blank_to_null: true, none: &none, ..Decoder::whole(8) };
    let text = "<a k=' x&#10;'><b>\n  NN\n</b><c>\n</c><d> e </d></a>";
    assert_eq!(decode(&decoder, &[], text).unwrap(), r#"{"a":{"@k":" x\n","b":null,"c":null,"d":" e "}}"#);
    let decoder = Decoder { trim: true, ..decoder };
    assert_eq!(decode(&decoder, &[], text).unwrap(), r#"{"a":{"@k":"x","b":null,"c":null,"d":"e"}}"#);
}

/// Trees that come back as they went out.
#[test]
fn out_is_the_inverse_of_in() {
    for text in [
        "<a/>",
        "<a>x&lt;&amp;&gt;&#13;\n\t.</a>",
        "<r id=\"7\"><a>1</a><a>2</a><b k=\"&quot;&#10;&#9;\"/><c><d>è😀</d></c></r>",
        "<a b=\"1\">text</a>",
    ] {
        let mut arena = arena(&[]);
        let value = Decoder::whole(8).decode_xml(&mut arena, text.to_owned()).unwrap();
        let mut out = String::new();
        write_document(&arena, value, &mut out).unwrap();
        assert_eq!(out, text);
    }
}

/// A small generator of numbers, the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % sides
    }
}

/// Whether quick-xml, asked to check what it can, reads a document to its end.
fn quick_xml_takes(text: &str) -> bool {
    use quick_xml::events::Event;
    let mut reader = quick_xml::Reader::from_str(text);
    reader.config_mut().check_comments = true;
    let (mut depth, mut roots) = (0_usize, 0);
    loop {
        let Ok(event) = reader.read_event() else { return false };
        match event {
            Event::Start(tag) => {
                if tag.attributes().any(|a| a.is_err()) {
                    return false;
                }
                roots += usize::from(depth == 0);
                depth += 1;
            }
            Event::Empty(tag) => {
                if tag.attributes().any(|a| a.is_err()) {
                    return false;
                }
                roots += usize::from(depth == 0);
            }
            Event::End(_) => depth -= 1,
            Event::Eof => return depth == 0 && roots == 1,
            _ => {}
        }
    }
}

/// Damaged documents: nothing panics or hangs, whatever is kept; what we take, another reader takes too, and what we
/// take goes out and comes back the same.
#[test]
fn damaged_documents_are_refused_or_mean_something() {
    let seeds = [
        "<?xml version=\"1.0\"?><r xmlns:p=\"urn:1\" id='7'><p:a>1</p:a><b k=\"v\">x&amp;y</b><c><![CDATA[<d>]]></c><!-- e --><f/></r>",
        "<a><b>1</b><b>2</b>\r\n<c xmlns='u' d='&#10;'><e/></c><?p i?></a>",
    ];
    let pieces = [
        "<",
        ">",
        "/",
        "\"",
        "'",
        "&",
        ";",
        "<a>",
        "</a>",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<?",
        "?>",
        ":",
        "=",
        " ",
        "x",
        "è",
        "\u{1}",
        "xmlns",
        "&#1;",
        "<!",
    ];
    let mut dice = Dice(7);
    let (mut taken, mut refused) = (0, 0);
    for _ in 0..20_000 {
        let mut text: Vec<char> = seeds[dice.roll(2)].chars().collect();
        for _ in 0..=dice.roll(3) {
            let at = dice.roll(text.len() + 1);
            let until = (at + dice.roll(3)).min(text.len());
            let piece = if dice.roll(4) == 0 { "" } else { pieces[dice.roll(pieces.len())] };
            text.splice(at..until, piece.chars());
        }
        let text: String = text.into_iter().collect();
        let mut arena = arena(&[]);
        let named = Decoder { keep: Keep::Named, ..Decoder::whole(16) };
        let kept = Decoder::whole(16).decode_xml(&mut arena, text.clone());
        assert_eq!(kept.is_ok(), decode(&named, &[], &text).is_ok(), "{text}");
        let Ok(value) = kept else {
            refused += 1;
            continue;
        };
        taken += 1;
        assert!(quick_xml_takes(&text), "{text}");
        let mut out = String::new();
        // Children of one name in several namespaces are not written again.
        if write_document(&arena, value, &mut out).is_ok() {
            let mut first = Vec::new();
            write_value(&arena, value, &mut first);
            let first = String::from_utf8(first).unwrap();
            if !first.contains("null") {
                assert_eq!(whole(&out).unwrap(), first, "{text}");
            }
        }
    }
    assert!(taken > 1000 && refused > 1000, "{taken} {refused}");
}
