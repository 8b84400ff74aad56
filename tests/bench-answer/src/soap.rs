//! The same list over SOAP, by hand with quick-xml.

use std::borrow::Cow;
use std::str::FromStr;

use quick_xml::NsReader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};

use crate::row::{Text, Wrapped};
use crate::{Error, Row};

/// Where it is asked for.
pub const PATH: &str = "/services/Iscrizioni";
/// `SOAPAction`.
pub const ACTION: &str = "\"list\"";
/// The request's media type.
pub const MEDIA_TYPE: &str = "text/xml; charset=utf-8";

const ENVELOPE: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const SERVICE: &str = "http://ws.esempio.example/iscrizioni";

/// The elements around the rows, from the outermost.
const AROUND: [(&str, &str); 4] =
    [(ENVELOPE, "Envelope"), (ENVELOPE, "Body"), (SERVICE, "listResponse"), (SERVICE, "listReturn")];

/// The request's body. A tax code has nothing to escape.
pub fn request(tax_code: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope xmlns:soapenv=\"{ENVELOPE}\" \
         xmlns:ws=\"{SERVICE}\"><soapenv:Body><ws:list><ws:codFis>{tax_code}</ws:codFis></ws:list></soapenv:Body>\
         </soapenv:Envelope>"
    )
}

/// The rows of an answer.
///
/// # Errors
/// It is not the answer, or not well-formed.
pub fn rows(body: &[u8]) -> Result<Vec<Row<'_>>, Error> {
    let text = std::str::from_utf8(body).map_err(|_| Error::new("not UTF-8"))?;
    let mut reader = NsReader::from_str(text);
    AROUND.iter().try_for_each(|(space, name)| enter(&mut reader, space, name))?;
    let mut rows = Vec::new();
    loop {
        match reader.read_event().map_err(broken)? {
            Event::Start(element) if element.name().as_ref() == "row" => rows.push(row(&mut reader)?),
            Event::End(_) => break,
            event => blank(&event)?,
        }
    }
    // The rest: nothing but what was opened being closed; quick-xml compares the names, but takes an early end.
    let mut open = AROUND.len().saturating_sub(1);
    loop {
        match reader.read_event().map_err(broken)? {
            Event::Eof if open == 0 => return Ok(rows),
            Event::End(_) => open = open.saturating_sub(1),
            event => blank(&event)?,
        }
    }
}

/// Reads on to the start of the next element, which must be this one.
fn enter(reader: &mut NsReader<&[u8]>, space: &str, name: &str) -> Result<(), Error> {
    loop {
        let (found, event) = reader.read_resolved_event().map_err(broken)?;
        match event {
            Event::Start(element) => {
                let this = found == ResolveResult::Bound(Namespace(space)) && element.local_name().as_ref() == name;
                return if this { Ok(()) } else { Err(Error::new(format!("no {name}"))) };
            }
            Event::Decl(_) => {}
            event => blank(&event)?,
        }
    }
}

/// Between elements stand blanks and comments.
fn blank(event: &Event) -> Result<(), Error> {
    match event {
        Event::Comment(_) | Event::PI(_) => Ok(()),
        Event::Text(text) if text.trim_ascii().is_empty() => Ok(()),
        _ => Err(Error::new("something else than a row")),
    }
}

/// A row whose start was read. Its members are in no namespace, so that their names alone say what they are.
fn row<'a>(reader: &mut NsReader<&'a [u8]>) -> Result<Row<'a>, Error> {
    let mut row = Row::default();
    loop {
        match reader.read_event().map_err(broken)? {
            Event::Start(member) => match member.name().as_ref() {
                "aaIscrId" => row.year = number(reader, &member)?,
                "cdsId" => row.course = number(reader, &member)?,
                "aaRegId" => row.cohort = number(reader, &member)?,
                "claMurstCod" => row.class = Some(text(reader, &member)?),
                "annoCorso" => row.step = number(reader, &member)?,
                "condFlg" => row.conditional = number(reader, &member)?,
                "staIscrCod" => row.status = Some(wrapped(reader)?),
                _ => _ = reader.read_to_end(member.name()).map_err(broken)?,
            },
            // Absent by `xsi:nil` or blank.
            Event::Empty(_) => {}
            Event::End(_) => return Ok(row),
            event => blank(&event)?,
        }
    }
}

/// `<value>` in an element whose start was read.
fn wrapped<'a>(reader: &mut NsReader<&'a [u8]>) -> Result<Wrapped<'a>, Error> {
    let mut value = None;
    loop {
        match reader.read_event().map_err(broken)? {
            Event::Start(member) if member.name().as_ref() == "value" => value = Some(text(reader, &member)?),
            Event::Start(member) => _ = reader.read_to_end(member.name()).map_err(broken)?,
            Event::Empty(_) => {}
            Event::End(_) => return Ok(Wrapped { value }),
            event => blank(&event)?,
        }
    }
}

/// The text of an element whose start was read.
fn text<'a>(reader: &mut NsReader<&'a [u8]>, member: &BytesStart) -> Result<Text<'a>, Error> {
    match reader.read_text(member.name()).map_err(broken)?.into_inner() {
        raw if raw.contains('<') => Err(Error::new("an element where text is wanted")),
        Cow::Borrowed(raw) => unescape(raw).map(Text).map_err(broken),
        Cow::Owned(raw) => unescape(&raw).map(|text| Text(Cow::Owned(text.into_owned()))).map_err(broken),
    }
}

fn number<N: FromStr>(reader: &mut NsReader<&[u8]>, member: &BytesStart) -> Result<Option<N>, Error> {
    let text = text(reader, member)?;
    let text = text.0.trim_ascii();
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| Error::new("no number"))
}

fn broken(error: impl std::fmt::Display) -> Error {
    Error::new(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope(rows: &str) -> String {
        format!(
            "<?xml version=\"1.0\"?><e:Envelope xmlns:e=\"{ENVELOPE}\"><e:Body><s:listResponse xmlns:s=\"{SERVICE}\">\n\
             <s:listReturn>{rows}</s:listReturn></s:listResponse></e:Body></e:Envelope>\n"
        )
    }

    #[test]
    fn members_are_read_and_others_passed_over() {
        let text = envelope(
            "<row><x><annoCorso>9</annoCorso></x><aaIscrId>2025</aaIscrId><claMurstCod>L&amp;&#56;</claMurstCod>\
             <annoCorso/><staIscrCod><value>A</value></staIscrCod></row> <row/>",
        );
        // A row without members is none of ours.
        assert!(rows(text.as_bytes()).is_err());
        let text = text.replace("<row/>", "<row></row>");
        let rows = rows(text.as_bytes()).unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!((rows[0].year, rows[0].step), (Some(2025), None));
        assert_eq!((rows[0].class(), rows[0].status()), (Some("L&8"), Some("A")));
        assert_eq!(rows[1], Row::default());
    }

    #[test]
    fn other_documents_are_refused() {
        let whole = envelope("<row><aaIscrId>2025</aaIscrId></row>");
        assert!(rows(whole.as_bytes()).is_ok());
        for (from, to) in
            [(ENVELOPE, "urn:other"), (SERVICE, "urn:other"), ("</row>", ""), ("2025", "<b/>"), ("2025", "x")]
        {
            assert!(rows(whole.replace(from, to).as_bytes()).is_err(), "{from}");
        }
        assert!(rows(whole.strip_suffix("</e:Envelope>\n").unwrap().as_bytes()).is_err());
    }
}
