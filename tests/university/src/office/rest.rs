//! The office through ESSE3's REST face: `/ifs/richieste` and `/ifs/segnalazioni`, no part of the product.

use serde_json::{Map, Value};

use super::{Filed, Office, Petition, Refusal, Subject, Ticket};
use crate::rest::BASE;
use crate::rest::{Row, page};
use crate::system::{Call, Reply};

/// Answers what is below `/ifs`; nothing where the path is not the office's.
pub(crate) fn answer(office: &Office, call: &Call<'_>, below: &str) -> Option<Reply> {
    // A code may have a slash of its own.
    let taken_back = below.strip_prefix("richieste/").and_then(|rest| rest.strip_suffix("/annulla"));
    Some(match (call.method, below, taken_back) {
        ("POST", "richieste", _) => file(office, call),
        ("GET", "richieste", _) => requests(office, call),
        ("PUT", _, Some(id)) => match office.take_back(id, call.query("rif")) {
            Ok(()) => Reply::json(204, ""),
            Err(refusal) => refused(refusal),
        },
        ("POST", "segnalazioni", _) => report(office, call),
        ("GET", "segnalazioni", _) => reports(office, call),
        (_, "richieste" | "segnalazioni", _) | (_, _, Some(_)) => Reply::error(405, 405, "Metodo non ammesso"),
        _ => return None,
    })
}

fn file(office: &Office, call: &Call<'_>) -> Reply {
    let Ok(body) = members(call.body) else { return invalid("corpo") };
    let Some(subject) = text(&body, "tipo").and_then(Subject::read) else { return invalid("tipo") };
    let person = match body.get("persId") {
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::String(number)) => number.clone(),
        _ => return invalid("persId"),
    };
    let petition =
        Petition { subject, course: text(&body, "corso"), text: words(&body), reference: text(&body, "rif") };
    match office.file(office.by_person_id(&person), petition) {
        Ok(id) => created("richieste", &id),
        Err(refusal) => refused(refusal),
    }
}

fn report(office: &Office, call: &Call<'_>) -> Reply {
    let Ok(body) = members(call.body) else { return invalid("corpo") };
    let Some(subject) = text(&body, "tipo").and_then(Subject::read) else { return invalid("tipo") };
    let petition = Petition { subject, course: None, text: words(&body), reference: text(&body, "rif") };
    match office.report(petition) {
        Ok(id) => created("segnalazioni", &id),
        Err(refusal) => refused(refusal),
    }
}

/// By `rif`, or by `codFis`, and `tipo` where it is given. Whoever asks for neither gets everybody's: the system is not
/// careful for its callers.
fn requests(office: &Office, call: &Call<'_>) -> Reply {
    let fits = |parameter: &str, value: Option<&str>| call.query(parameter).is_none_or(|wanted| value == Some(wanted));
    let rows = office.filed(|filed| {
        fits("rif", filed.reference.as_deref())
            && fits("codFis", Some(&filed.tax_code))
            && fits("tipo", Some(filed.subject.code()))
    });
    page(call, rows, &[], |filed: &Filed, row: &mut Row<'_>| {
        row.text("id", &filed.id).text("tipo", filed.subject.code()).text("codFis", &filed.tax_code);
        optional(row, "corso", filed.course.as_deref());
        row.text("stato", filed.state.code());
        optional(row, "nota", filed.note.as_deref());
        optional(row, "rif", filed.reference.as_deref());
    })
}

fn reports(office: &Office, call: &Call<'_>) -> Reply {
    let rows =
        office.tickets(|ticket| call.query("rif").is_none_or(|wanted| ticket.reference.as_deref() == Some(wanted)));
    page(call, rows, &[], |ticket: &Ticket, row: &mut Row<'_>| {
        row.text("id", &ticket.id).text("tipo", ticket.subject.code());
        optional(row, "rif", ticket.reference.as_deref());
    })
}

fn optional(row: &mut Row<'_>, name: &str, value: Option<&str>) {
    match value {
        Some(value) => row.text(name, value),
        None => row.null(name),
    };
}

/// Created, and where: the body says no more than that it was done.
fn created(list: &str, id: &str) -> Reply {
    let location = Some(format!("{BASE}/ifs/{list}/{id}"));
    Reply { location, ..Reply::json(201, r#"{"esito":"OK","codErrore":null}"#) }
}

fn refused(refusal: Refusal) -> Reply {
    let status = if refusal == Refusal::Absent { 404 } else { 409 };
    let mut body = String::new();
    Row::object(&mut body, |row| {
        row.text("esito", "KO").text("codErrore", refusal.code());
    });
    Reply::json(status, body)
}

fn invalid(what: &str) -> Reply {
    Reply::error(422, 422, &format!("Parametri non corretti: {what}"))
}

fn members(body: &[u8]) -> Result<Map<String, Value>, serde_json::Error> {
    serde_json::from_slice(body)
}

fn text<'a>(body: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    body.get(name)?.as_str().filter(|text| !text.is_empty())
}

/// Everything that is said, in the order of the members' names.
fn words(body: &Map<String, Value>) -> String {
    let said = ["motivo", "testo", "nota"].iter().filter_map(|name| text(body, name).map(str::to_owned));
    let listed = ["voci", "persona", "iscrizioni", "titoli"].iter().filter_map(|name| {
        body.get(*name)?.as_array().filter(|list| !list.is_empty()).map(|list| Value::from(list.clone()).to_string())
    });
    said.chain(listed).collect::<Vec<_>>().join("\n")
}
