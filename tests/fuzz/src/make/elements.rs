//! XML documents and SOAP envelopes: rows of elements, each like the one before it or nearly so, with namespaces,
//! references and everything else that systems write and should not.

use super::nibble;
use crate::chance::Chance;

/// Names that [`crate::targets`] read, names that they do not, and names that are nearly others.
const NAMES: &[&str] = &[
    "id",
    "code",
    "year",
    "row",
    "deep",
    "ids",
    "i",
    "co",
    "codes",
    "CODE",
    "città",
    "staIscrCod",
    "staXscrCod",
    "x",
    "note",
    "p",
    "q",
    "p:id",
    "p:code",
    "q:code",
    "q:x",
    "p:note",
    "askReturn",
    "askResult",
    "return",
    "a-b.c_1",
    "xml",
    "aNameThatIsLongerThanSixteenBytes",
    "aNameThatIsLongerThanSixteenByteX",
    "a",
    "b",
];

/// Attributes, as they stand.
const ATTRIBUTES: &[&str] = &[
    " k='1'",
    " id=\"7\"",
    " p:k = 'x'",
    " q:id='é'",
    " k=' '",
    " k='NN'",
    " xsi:nil='true'",
    " xsi:nil=' 1 '",
    " xsi:nil='false'",
    " xsi:type='xsd:int'",
    " k='&lt;&#10;&quot;'",
    " k='a\r\nb\tc'",
    " xml:lang='it'",
    "\n",
    "  ",
    " href='#r1'",
    " href='#r2'",
    " href='http://x/#r1'",
    " enc:ref='r2'",
    " enc:id='r2'",
    " id='r1'",
    " k='aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'",
];

/// What declares a prefix.
const DECLARATIONS: &[&str] = &[
    " xmlns='urn:1'",
    " xmlns=''",
    " xmlns:p='urn:1'",
    " xmlns:p='urn:2'",
    " xmlns:q='urn:1'",
    " xmlns:q=\"urn:2\"",
    " xmlns:xml='http://www.w3.org/XML/1998/namespace'",
    " xmlns:p='urn:&#49;'",
    " xmlns:r='urn:3'",
    " xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'",
    " xmlns:enc='http://www.w3.org/2003/05/soap-encoding'",
];

/// Tags and attributes that are none, or not here.
const WRONG: &[&str] = &[
    " k",
    " k=",
    " k=1",
    " k='1'k='2'",
    " k='1' k='2'",
    " p:k='1' q:k='1'",
    " k='<'",
    " k='&'",
    " k='&x;'",
    " xmlns:p=''",
    " xmlns:='u'",
    " xmlns:xml='u'",
    " xmlns:p='http://www.w3.org/XML/1998/namespace'",
    " xmlns='http://www.w3.org/XML/1998/namespace'",
    " xmlns:xmlns='u'",
    " xmlns:p='u' xmlns:p='u'",
    " xmlns:a:b='u'",
    " u:k='1'",
    " a:='1'",
    " 1='1'",
    " k='\u{1}'",
    "/ ",
    "/",
    "<",
    ":",
];

/// Pieces of text.
const TEXTS: &[&str] = &[
    "&lt;",
    "&amp;",
    "&#232;",
    "&#xE8;",
    "&#x1F600;",
    "è",
    "€",
    "😀",
    "\u{f000}",
    "\u{fffd}",
    "\u{7f}",
    "\r\n",
    "\r",
    "\n",
    "\t",
    " ",
    "]",
    "]]",
    ">",
    "'",
    "\"",
    "<![CDATA[]]>",
    "<![CDATA[<a>&amp;]]>",
    "<![CDATA[]]]]>",
    "<!---->",
    "<!-- <a> -->",
    "<?pi x?>",
    "<?p?>",
    "-",
];

/// Pieces that are no text.
const NO_TEXTS: &[&str] = &[
    "]]>",
    "&",
    "&;",
    "&x;",
    "&#0;",
    "&#xD800;",
    "&#x110000;",
    "&#+1;",
    "&amp",
    "\u{1}",
    "\u{b}",
    "\u{fffe}",
    "\u{ffff}",
    "<!-- -- -->",
    "<!--->",
    "<?xml x?>",
    "<? x?>",
    "<?pi",
    "<![CDATA[",
    "<!-- ",
    "<!DOCTYPE a>",
    "<![cdata[x]]>",
    "< a>",
    "<",
    "<1/>",
];

/// Bytes that mean something in XML.
const BYTES: &[u8] = b"<<>>//\"'=&;:#![]-?  \n\r\tabkx1\x00\x0b\xc3\xa8\xef\xbf\xbe";

const SOAP_11: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const SOAP_12: &str = "http://www.w3.org/2003/05/soap-envelope";

/// How deep rows stand inside of rows.
const LEVELS: usize = 3;

/// How a document is written.
struct Style {
    /// Between elements.
    line: &'static str,
    /// Once in so many elements one has attributes, declares a prefix, is changed; and once in so many pieces one is wrong.
    attributes: usize,
    declarations: usize,
    change: usize,
    wrong: usize,
}

/// A document.
pub fn make(chance: &mut Chance) -> Vec<u8> {
    let style = Style {
        line: chance.pick::<&str>(&["", "", "\n", "\n  ", "\r\n\t"]),
        attributes: *chance.pick(&[3, 10, 100]),
        declarations: *chance.pick(&[4, 20, 200]),
        change: *chance.pick(&[2, 5, 20]),
        wrong: *chance.pick(&[0, 0, 0, 40, 400]),
    };
    let mut out = String::new();
    out.push_str(chance.pick::<&str>(&[
        "",
        "",
        "<?xml version='1.0'?>",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
        "\n<!-- x -->",
        "<?xml\tx?><?y?>",
    ]));
    if chance.once_in(2) {
        style.envelope(chance, &mut out)
    } else {
        style.document(chance, &mut out)
    }
    out.push_str(chance.pick::<&str>(&["", "", "", "\n", "<!-- y -->", "<?z?> "]));
    let mut bytes = out.into_bytes();
    if chance.once_in(4) {
        nibble(chance, &mut bytes, BYTES);
    }
    bytes
}

impl Style {
    fn document(&self, chance: &mut Chance, out: &mut String) {
        let all = " xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xmlns:p='urn:1' xmlns:q='urn:2' \
                   xmlns:enc='http://www.w3.org/2003/05/soap-encoding'";
        let prefixes = if chance.once_in(20) { "" } else { all };
        let root = *chance.pick(&["row", "deep", "a", "p:code", "x"]);
        out.push_str(&format!("<{root}{prefixes}>"));
        self.children(chance, out, root, LEVELS);
        out.push_str(&format!("</{root}>"));
    }

    fn envelope(&self, chance: &mut Chance, out: &mut String) {
        let uri = *chance.pick(&[SOAP_11, SOAP_11, SOAP_12]);
        let (p, q) = if chance.once_in(20) { ("x", "y") } else { ("p", "q") };
        out.push_str(&format!(
            "<s:Envelope xmlns:s='{uri}' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xmlns:{p}='urn:1' \
             xmlns:{q}='urn:2' xmlns:enc='http://www.w3.org/2003/05/soap-encoding'>"
        ));
        if chance.once_in(3) {
            out.push_str("<s:Header><h s:mustUnderstand='1'/>");
            self.children(chance, out, "s:Header", 1);
            out.push_str("</s:Header>");
        }
        out.push_str(self.line);
        out.push_str("<s:Body>");
        if chance.once_in(6) {
            self.target(chance, out);
        }
        if chance.once_in(6) {
            let text = |chance: &mut Chance| {
                let mut out = String::new();
                self.text(chance, &mut out);
                out
            };
            out.push_str("<s:Fault>");
            for _ in 0..chance.below(5) {
                let text = text(chance);
                let part = match chance.below(7) {
                    0..=1 => format!("<faultcode>s:{text}</faultcode>"),
                    2 => format!("<faultstring>{text}</faultstring>"),
                    3 => format!("<s:Code><s:Value>a:b:{text} </s:Value><s:Subcode/></s:Code>"),
                    4 => format!("<s:Reason><s:Text xml:lang='en'>{text}</s:Text><s:Text>{text}</s:Text></s:Reason>"),
                    5 => format!("<detail><code>{text}</code></detail>"),
                    _ => format!("<s:Detail>{text}</s:Detail>"),
                };
                out.push_str(&part);
            }
            out.push_str("</s:Fault>");
        } else {
            let name = *chance.pick(&["p:askResponse", "row", "deep", "Fault", "x"]);
            out.push_str(&format!("<{name}>"));
            for _ in 0..chance.below(3) {
                let result = *chance.pick(&["askReturn", "return", "askResult", "p:askResult"]);
                self.element(chance, out, result, 2);
            }
            self.children(chance, out, name, 2);
            out.push_str(&format!("</{name}>"));
        }
        for _ in 0..chance.below(4) {
            self.target(chance, out);
        }
        out.push_str("</s:Body>");
        if self.wrong > 0 && chance.once_in(20) {
            out.push_str("<s:Body/>");
        }
        out.push_str("</s:Envelope>");
    }

    /// An element that others may refer to.
    fn target(&self, chance: &mut Chance, out: &mut String) {
        let id = *chance.pick(&["id='r1'", "id='r2'", "enc:id='r2'", "id='r3'", "k='r1'"]);
        let refers = if chance.once_in(12) { " href='#r3'" } else { "" };
        out.push_str(&format!("<multiRef {id}{refers}>"));
        if refers.is_empty() || chance.once_in(9) {
            self.children(chance, out, "multiRef", 1);
        }
        out.push_str("</multiRef>");
    }

    /// The content of an element.
    fn children(&self, chance: &mut Chance, out: &mut String, parent: &str, levels: usize) {
        if levels == LEVELS && chance.once_in(300) {
            // More names than anybody remembers.
            for name in 0..300 {
                out.push_str(&format!("<n{name}><id k='{name}'>{name}</id></n{name}>"));
            }
        }
        let mut row: Vec<(&str, String)> = Vec::new();
        for _ in 0..1 + chance.below(5) {
            // Mostly names without prefixes; now and then the parent's own.
            let name = if chance.once_in(12) { parent } else { *chance.pick(NAMES) };
            row.push((name, self.written(chance, name, levels)));
        }
        for _ in 0..if levels == 1 { 1 } else { chance.below(4) } {
            for (name, element) in &mut row {
                if chance.once_in(self.change) {
                    *element = self.written(chance, name, levels);
                }
            }
            if chance.once_in(self.change) {
                let (a, b) = (chance.below(row.len()), chance.below(row.len()));
                row.swap(a, b);
            }
            let wrapped = levels > 1 && !chance.once_in(3);
            out.push_str(self.line);
            out.push_str(if wrapped { "<row>" } else { "" });
            for (_, element) in &row {
                if !chance.once_in(20) {
                    out.push_str(self.line);
                    out.push_str(element);
                }
            }
            out.push_str(if wrapped { "</row>" } else { "" });
            if chance.once_in(10) {
                self.text(chance, out);
            }
        }
    }

    fn written(&self, chance: &mut Chance, name: &str, levels: usize) -> String {
        let mut out = String::new();
        self.element(chance, &mut out, name, levels);
        out
    }

    fn element(&self, chance: &mut Chance, out: &mut String, name: &str, levels: usize) {
        out.push('<');
        out.push_str(name);
        while chance.once_in(self.declarations) {
            out.push_str(chance.pick::<&str>(DECLARATIONS));
        }
        while chance.once_in(self.attributes) {
            out.push_str(chance.pick::<&str>(ATTRIBUTES));
        }
        if self.wrong > 0 && chance.once_in(self.wrong) {
            out.push_str(chance.pick::<&str>(WRONG));
        }
        match chance.below(12) {
            0 => return out.push_str("/>"),
            1 => {}
            _ if levels > 1 && chance.once_in(4) => {
                out.push_str(chance.pick::<&str>(&[">", ">", ">", " >", "\n>"]));
                self.children(chance, out, name, levels - 1);
                out.push_str("</");
                out.push_str(name);
                return out.push('>');
            }
            _ => {}
        }
        out.push('>');
        self.text(chance, out);
        out.push_str("</");
        if self.wrong > 0 && chance.once_in(self.wrong) {
            out.push_str(chance.pick::<&str>(NAMES));
        } else {
            out.push_str(name);
        }
        out.push_str(chance.pick::<&str>(&[">", ">", ">", ">", ">", ">", " >", "\r\n>"]));
    }

    fn text(&self, chance: &mut Chance, out: &mut String) {
        let len = *chance.pick(&[0, 0, 1, 1, 2, 3, 4, 4, 5, 6, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64]);
        let at = chance.below(len + 1);
        let pieces = [0, 0, 0, 1, 1, 3][chance.below(6)];
        for place in 0..=len {
            if place == at {
                for _ in 0..pieces {
                    out.push_str(chance.pick::<&str>(TEXTS));
                }
                if self.wrong > 0 && chance.once_in(self.wrong) {
                    out.push_str(chance.pick::<&str>(NO_TEXTS));
                }
            }
            if place < len {
                out.push(char::from(b'a' + chance.below(26) as u8));
            }
        }
        if chance.once_in(12) {
            out.push_str(chance.pick::<&str>(&["NN", " ", "\t", "null"]));
        }
    }
}
