//! Rows as a SOAP answer, document style: each member an element of its own, a wrapped code one inside another.

use super::{Cell, Row};

/// The envelope with the rows.
pub fn soap(rows: &[Row]) -> String {
    let mut out = String::from(concat!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
        "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" ",
        "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><soapenv:Body>",
        "<ns1:listResponse xmlns:ns1=\"http://ws.esempio.example/iscrizioni\"><ns1:listReturn>"
    ));
    for row in rows {
        out.push_str("<row>");
        for (name, cell) in row {
            match cell {
                Cell::Null => out.extend(["<", name, " xsi:nil=\"true\"/>"]),
                Cell::Text(text) if text.is_empty() => out.extend(["<", name, "/>"]),
                Cell::Text(text) => element(name, text, &mut out),
                Cell::Number(number) => element(name, number, &mut out),
                Cell::Wrapped(code) => {
                    out.extend(["<", name, ">"]);
                    element("value", code, &mut out);
                    out.extend(["</", name, ">"]);
                }
            }
        }
        out.push_str("</row>\n");
    }
    out.push_str("</ns1:listReturn></ns1:listResponse></soapenv:Body></soapenv:Envelope>\n");
    out
}

fn element(name: &str, text: &str, out: &mut String) {
    out.extend(["<", name, ">"]);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // One of the accents by its number, as some systems write all of them.
            'è' => out.push_str("&#232;"),
            c => out.push(c),
        }
    }
    out.extend(["</", name, ">"]);
}
