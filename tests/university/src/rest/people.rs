//! `anagrafica-service-v2`: the registry.

use super::paging::{Key, Sortable, optional, page};
use super::row::{Row, short_day};
use super::{Call, Reply, id};
use crate::INSTITUTE_CODE;
use crate::catalogue::institute_name;
use crate::mobility::ERASMUS_CODE;
use crate::population::{Population, Student};
use crate::tax_code::Sex;

fn order<'a>() -> [Sortable<&'a Student>; 4] {
    [
        ("persId", |student| Key::Number(Some(student.person_id.into()))),
        ("codFis", |student| Key::Text(student.tax_code().to_owned())),
        ("cognome", |student| Key::Text(student.person.family.to_uppercase())),
        ("nome", |student| Key::Text(student.person.given.to_uppercase())),
    ]
}

/// `persone`: nobody found is an empty list.
pub(crate) fn list(call: &Call<'_>, population: &Population) -> Reply {
    let person = match optional(call, "persId") {
        Ok(person) => person,
        Err(reply) => return reply,
    };
    let found: Vec<&Student> = match (call.query("codFis"), person) {
        (Some(code), _) => population.by_tax_code(code).into_iter().collect(),
        (None, Some(person)) => population.by_person_id(person).into_iter().collect(),
        (None, None) => population.students().iter().collect(),
    };
    let like = |name: &str, value: &str| call.query(name).is_none_or(|pattern| is_like(pattern, value));
    let found = found
        .into_iter()
        .filter(|student| person.is_none_or(|person| student.person_id == person))
        .filter(|student| like("cognome", student.person.family) && like("nome", student.person.given))
        .collect();
    page(call, found, &order(), |student, row| fill(student, row))
}

/// `persone/{persId}`.
pub(crate) fn one(text: &str, population: &Population) -> Reply {
    match id(text) {
        Ok(id) => population.by_person_id(id).map_or_else(Reply::absent, |student| {
            let mut body = String::new();
            Row::object(&mut body, |row| fill(student, row));
            Reply::json(200, body)
        }),
        Err(reply) => reply,
    }
}

/// `atenei`: the universities that it knows, this one and another.
pub(crate) fn universities(call: &Call<'_>) -> Reply {
    let known = [
        (INSTITUTE_CODE, ERASMUS_CODE, institute_name(INSTITUTE_CODE)),
        ("16", "I ALTROVE01", "Politecnico d'altrove"),
    ];
    let found = known.into_iter().filter(|(code, ..)| call.query("codeUn").is_none_or(|wanted| wanted == *code));
    page(call, found.collect(), &[], |(code, erasmus, name), row| {
        row.text("codeUn", code).text("erasmusCod", erasmus).text("desCert", name);
    })
}

/// Names compare without case; a `*` at the end stands for any rest.
fn is_like(pattern: &str, value: &str) -> bool {
    let (pattern, value) = (pattern.to_uppercase(), value.to_uppercase());
    match pattern.strip_suffix('*') {
        Some(start) => value.starts_with(start),
        None => value == pattern,
    }
}

/// `M` or `F`; nothing where it is not recorded.
pub(crate) fn sex(student: &Student) -> &'static str {
    match (student.sex_recorded, student.person.sex) {
        (false, _) => "",
        (true, Sex::Female) => "F",
        (true, Sex::Male) => "M",
    }
}

fn fill(student: &Student, row: &mut Row<'_>) {
    let person = &student.person;
    let place = &person.birthplace;
    let number = student.person_id;
    row.int("persId", number).text("persCod", &number.to_string()).text("cognome", &person.family.to_uppercase());
    row.text("nome", &person.given.to_uppercase()).text("dataNascita", &short_day(person.born));
    row.text("comuNascDes", &place.town.unwrap_or("").to_uppercase())
        .text("comuNascSigla", place.province.unwrap_or(""));
    row.text("comuNascCodCatastale", if place.town.is_some() { place.cadastral } else { "" });
    row.text("naziNascDes", &place.country.to_uppercase()).text("naziNascNazioneCod", place.iso);
    row.text("naziNascCodCatastale", if place.town.is_none() { place.cadastral } else { "" });
    row.text("citstraNasc", "").text("codFis", student.tax_code()).text("sesso", sex(student));
    row.text("email", "")
        .text("emailAte", &format!("s{number}@students.universita.example"))
        .text("emailCertificata", "");
    row.text("codCittadinanza", place.iso)
        .text("desCittadinanza", &place.country.to_uppercase())
        .text("codCittadinanza2", "");
    for member in ["viaRes", "numCivRes", "capRes", "comuResDes", "comuResSigla", "naziResDes", "telRes", "citstraRes"]
    {
        row.text(member, "");
    }
    for member in ["viaDom", "numCivDom", "capDom", "comuDomDes", "comuDomSigla", "naziDomDes", "telDom", "citstraDom"]
    {
        row.text(member, "");
    }
    for member in ["comuNascId", "naziNascId", "comuResId", "naziResId", "comuDomId", "naziDomId", "presso", "fotoId"] {
        row.null(member);
    }
    row.text("cellulare", "").text("fax", "").text("statoCivile", "null").text("dataDecesso", "01/01/1900 00:00:00");
    row.int("consensoDatiFlg", 1).null("disabilitaFlg").text("dataScadenzaDoc", "").text("tipoDocCod", "");
    row.text("dataIns", "01/09/2020 08:30:00").text("dataMod", "02/02/2026 23:59:59").text("usrInsId", "web");
}
