//! Why a document was not taken, in words: what was met, where, and what it was read as. Found by looking at the document
//! once more; readers say no more than [`Undecoded`].

use super::route;
use crate::bundle::{Call, Charset, Decode, Embedded};
use crate::note::short;
use crate::plan::Plan;
use crate::value::charset::{Says, Written, read, written};
use crate::value::{DecodeError, Undecoded, multipart};

/// What a document was to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Json,
    Xml,
    Soap,
    Csv,
    Text,
}

impl Wanted {
    fn of(call: &Call) -> Self {
        match call.decode {
            _ if call.soap.is_some() => Self::Soap,
            Decode::Json => Self::Json,
            Decode::Xml => Self::Xml,
            Decode::Csv => Self::Csv,
            Decode::Text => Self::Text,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Json => "JSON",
            Self::Xml => "XML",
            Self::Soap => "a SOAP envelope",
            Self::Csv => "CSV",
            Self::Text => "text",
        }
    }
}

impl From<Embedded> for Wanted {
    fn from(format: Embedded) -> Self {
        match format {
            Embedded::Json => Self::Json,
            Embedded::Xml => Self::Xml,
        }
    }
}

/// Most characters of a document that are shown.
const SHOWN: usize = 24;

/// Why the body of an answer was not taken.
pub(super) fn of_answer(
    plan: &Plan,
    call: &Call,
    undecoded: Undecoded,
    headers: &[(String, String)],
    body: &[u8],
) -> String {
    let header = |name: &str| headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
    if undecoded.why == DecodeError::Compressed {
        let encoding = header("content-encoding").unwrap_or_default();
        return format!(
            "`Content-Encoding: {}`: it is compressed, though it was asked not to be; \
             what Envoy can decompress in front of the cluster is read",
            short(encoding, SHOWN)
        );
    }
    // Of several parts only one is looked at.
    let parts = header("content-type").filter(|content_type| multipart::has_parts(content_type));
    let root = match parts.map(|content_type| multipart::root(content_type, body)) {
        Some(Err(DecodeError::Ended)) => return "the last boundary of its parts is missing: it was cut".to_owned(),
        Some(Err(why)) => return words(why).unwrap_or_default().to_owned(),
        Some(Ok(root)) => Some(root),
        None => None,
    };
    let (body, content_type) = match &root {
        Some(root) => (root.body.as_slice(), root.content_type.as_deref()),
        None => (body, header("content-type")),
    };
    let wanted = Wanted::of(call);
    let declared = call.charset.or(plan.system(call.system).charset);
    let xml = matches!(wanted, Wanted::Xml | Wanted::Soap);
    // JSON has one character set, whatever its media type says, unless the mapping says another.
    let own = wanted == Wanted::Json && matches!(declared, None | Some(Charset::Utf8));
    let content_type = content_type.filter(|_| wanted != Wanted::Json);
    let said =
        if own { Ok((Written::In(Charset::Utf8), Says::Nobody)) } else { written(declared, content_type, xml, body) };
    let (set, says) = match said {
        Ok(said) => said,
        Err((name, says)) => {
            let name = String::from_utf8_lossy(name);
            let whose = if says == Says::Header { "`Content-Type`" } else { "its XML declaration" };
            return format!(
                "{whose} names the character set `{}`, which is not known here; `charset` at the call or the system says \
                 what it is",
                short(&name, SHOWN)
            );
        }
    };
    let part = if root.is_some() { ", in the root part" } else { "" };
    let read_as = format!("{part}; read as {}, {}", set_words(set), says_words(says, own));
    if undecoded.why == DecodeError::Bytes {
        let byte = body.get(undecoded.at).map(|byte| format!(" is 0x{byte:02X}, which")).unwrap_or_default();
        return format!("byte {}{byte} is not {}{read_as}", undecoded.at, set_words(set));
    }
    let text =
        if own { String::from_utf8(body.to_vec()).ok() } else { read(declared, content_type, xml, body.to_vec()).ok() };
    let text = text.unwrap_or_else(|| String::from_utf8_lossy(body).into_owned());
    let before = text.get(..undecoded.at).unwrap_or(&text);
    let mark = !own && says == Says::Mark;
    let byte = match set {
        Written::In(Charset::Utf8) => before.len().saturating_add(if mark { 3 } else { 0 }),
        Written::In(_) => before.chars().count(),
        Written::Utf16Le | Written::Utf16Be => {
            let units = before.encode_utf16().count().saturating_add(usize::from(mark));
            units.saturating_mul(2)
        }
    };
    [&of_text(wanted, undecoded, &text, byte), read_as.as_str()].concat()
}

/// Why a document inside a text was not taken.
pub(super) fn of_embedded(format: Embedded, undecoded: Undecoded, text: &str) -> String {
    of_text(format.into(), undecoded, text, undecoded.at)
}

/// What was met, and where: at a byte, a line and column, a member.
fn of_text(wanted: Wanted, undecoded: Undecoded, text: &str, byte: usize) -> String {
    let (before, behind) = text.split_at_checked(undecoded.at).unwrap_or((text, ""));
    let wanted_words = wanted.words();
    let met = short(behind.lines().next().unwrap_or_default(), SHOWN);
    match undecoded.why {
        DecodeError::Empty => return format!("there is nothing in it where {wanted_words} was wanted"),
        DecodeError::Html => {
            let start: String = behind.chars().take_while(|c| !matches!(c, '>' | ' ' | '\n')).take(SHOWN).collect();
            return format!("it starts with `{start}`: a page of HTML where {wanted_words} was wanted");
        }
        _ => {}
    }
    let line = before.matches('\n').count().saturating_add(1);
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count().saturating_add(1);
    let member = match wanted {
        Wanted::Json => route::of_json(before),
        Wanted::Xml | Wanted::Soap => route::of_xml(before),
        Wanted::Csv | Wanted::Text => String::new(),
    };
    let member = if member.is_empty() { member } else { format!(", in `{member}`") };
    let place = format!("at byte {byte} (line {line}, column {column}{member})");
    match words(undecoded.why) {
        Some(words) if met.is_empty() => format!("{words} {place}"),
        Some(words) => format!("{words} {place}: `{met}`"),
        None if met.is_empty() => format!("it is not {wanted_words} {place}"),
        None => format!("it is not {wanted_words} {place}: `{met}`"),
    }
}

/// A cause in words; none if it is only that something else was wanted.
fn words(why: DecodeError) -> Option<&'static str> {
    Some(match why {
        DecodeError::Ended => "it ends where more is wanted,",
        DecodeError::Nul => "it has the character U+0000, which no text has,",
        DecodeError::Surrogate => "a text has half of a character",
        DecodeError::Duplicate => "a name that is read stands twice",
        DecodeError::Number => "a number has more digits than are kept",
        DecodeError::Doctype => "it has a document type, which is not taken from a system,",
        DecodeError::Entity => "it has an entity that is none of XML's five",
        DecodeError::Prefix => "a prefix stands for no namespace",
        DecodeError::Tag => "an end tag does not match its start tag",
        DecodeError::Envelope => "it is XML, but no SOAP envelope",
        DecodeError::Reference => "a reference leads nowhere, in a circle or to two elements",
        DecodeError::Head => "the line of names is none of a table, or has a field without a name",
        DecodeError::Column => "the line of names lacks a column that the mapping reads",
        DecodeError::Fields => "a line has more or fewer fields than the line of names",
        DecodeError::Part => "none of its parts is the one that its `Content-Type` says",
        DecodeError::Transfer => "its root part has a transfer encoding that is not read (7bit, 8bit and binary are)",
        DecodeError::Root => "its root is another element than is read,",
        DecodeError::Members => "it has none of what is read of it,",
        DecodeError::Depth => "it is nested deeper than `limits.depth` allows",
        DecodeError::Full => "it is larger than the limits allow,",
        DecodeError::Syntax
        | DecodeError::Charset
        | DecodeError::Bytes
        | DecodeError::Compressed
        | DecodeError::Empty
        | DecodeError::Html => return None,
    })
}

fn set_words(set: Written) -> &'static str {
    match set {
        Written::In(Charset::Utf8) => "UTF-8",
        Written::In(Charset::Latin1) => "ISO-8859-1",
        Written::In(Charset::Latin9) => "ISO-8859-15",
        Written::In(Charset::Windows1252) => "windows-1252",
        Written::Utf16Le | Written::Utf16Be => "UTF-16",
    }
}

fn says_words(says: Says, json: bool) -> &'static str {
    match says {
        Says::Mark => "as its byte order mark says",
        Says::Noughts => "as every other byte of it is 0",
        Says::Bytes => "as its bytes can be nothing else",
        Says::Mapping => "as the mapping says",
        Says::Header => "as its `Content-Type` says",
        Says::Declaration => "as its XML declaration says",
        Says::Nobody if json => "as JSON is",
        Says::Nobody => "as nobody says otherwise",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(wanted: Wanted, why: DecodeError, marked: &str) -> String {
        let at = marked.find('¦').unwrap();
        of_text(wanted, Undecoded { why, at }, &marked.replacen('¦', "", 1), at)
    }

    #[test]
    fn what_was_met_and_where() {
        assert_eq!(
            of(Wanted::Json, DecodeError::Syntax, "{\n \"dati\": [ {\"nome\": ¦NaN} ]\n}"),
            "it is not JSON at byte 22 (line 2, column 21, in `dati[0].nome`): `NaN} ]`"
        );
        assert_eq!(
            of(Wanted::Json, DecodeError::Ended, "[1,2¦"),
            "it ends where more is wanted, at byte 4 (line 1, column 5, in `[1]`)"
        );
        assert_eq!(
            of(Wanted::Json, DecodeError::Html, "¦<!DOCTYPE html><html>"),
            "it starts with `<!DOCTYPE`: a page of HTML where JSON was wanted"
        );
        assert_eq!(
            of(Wanted::Soap, DecodeError::Empty, "¦"),
            "there is nothing in it where a SOAP envelope was wanted"
        );
        assert_eq!(
            of(Wanted::Xml, DecodeError::Entity, "<a>\n<b x=\"1\"/><c>Citt¦&agrave;</c></a>"),
            "it has an entity that is none of XML's five at byte 21 (line 2, column 18, in `a/c`): `&agrave;</c></a>`"
        );
    }
}
