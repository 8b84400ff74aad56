//! `carriere-service-v1`: careers, one row for a person and a course of study together.

use super::paging::{Key, Sortable, optional, page};
use super::people::sex;
use super::row::{Row, manner, short_day};
use super::structure::type_name;
use super::{Call, MAT_ID_OFFSET, Reply, id};
use crate::academic_year_of;
use crate::catalogue::Catalogue;
use crate::hidden::Hidden;
use crate::population::{Career, CareerState, Population, Record, Status, Student};

/// A career and whose it is.
type Pair<'a> = (&'a Student, &'a Career);

fn order<'a>() -> [Sortable<Pair<'a>>; 7] {
    [
        ("stuId", |pair| Key::Number(Some(pair.1.stu_id.into()))),
        ("matId", |pair| Key::Number(Some(pair.1.stu_id.into()))),
        ("persId", |pair| Key::Number(Some(pair.0.person_id.into()))),
        ("codFis", |pair| Key::Text(pair.0.tax_code().to_owned())),
        ("cdsId", |pair| Key::Number(Some(Catalogue::get().courses[pair.1.course].id.into()))),
        ("aaIscrId", |pair| Key::Number(last_year(pair.1).map(i64::from))),
        ("aaId", |pair| Key::Number(pair.1.begun.map(i64::from))),
    ]
}

/// `carriere`: nobody found is an empty list.
pub(crate) fn list(call: &Call<'_>, population: &Population, hidden: &Hidden) -> Reply {
    match filtered(call, population) {
        Ok(mut pairs) => {
            if call.query("codFis").is_none() {
                pairs.retain(|(student, _)| hidden.shows(student.person_id));
            }
            page(call, pairs, &order(), |pair, row| fill(*pair, row))
        }
        Err(reply) => reply,
    }
}

/// `carriere/datiMin`: the light row, for sweeps.
pub(crate) fn light(call: &Call<'_>, population: &Population) -> Reply {
    match filtered(call, population) {
        Ok(pairs) => page(call, pairs, &order(), |pair, row| fill_light(*pair, row)),
        Err(reply) => reply,
    }
}

/// `carriere/{stuId}`.
pub(crate) fn one(text: &str, population: &Population) -> Reply {
    match id(text) {
        Ok(id) => population.by_stu_id(id).map_or_else(Reply::absent, |pair| {
            let mut body = String::new();
            Row::object(&mut body, |row| fill(pair, row));
            Reply::json(200, body)
        }),
        Err(reply) => reply,
    }
}

/// `carriere/verifica-iscrizione`: a bare number, 1 enrolled, 0 not, −1 unknown.
pub(crate) fn verify(call: &Call<'_>, population: &Population) -> Reply {
    let Some(code) = call.query("codFis") else { return Reply::invalid("codFis") };
    let current = academic_year_of(population.today());
    let answer = match population.by_tax_code(code) {
        None => "-1",
        Some(student) => {
            let mut rows = student.careers.iter().flat_map(|career| &career.years);
            if rows.any(|row| row.year == Some(current) && row.status == Status::Active) { "1" } else { "0" }
        }
    };
    Reply::json(200, answer.to_owned())
}

fn filtered<'a>(call: &Call<'_>, population: &'a Population) -> Result<Vec<Pair<'a>>, Reply> {
    let course = call.query("cdsCod");
    let begun_from = optional(call, "aaIdDa")?;
    let enrolled = optional(call, "aaIscrId")?;
    let state = call.query("staStuCod");
    let number = call.query("matricolaStudente");
    let students: Vec<&Student> = match call.query("codFis") {
        Some(code) => population.by_tax_code(code).into_iter().collect(),
        None => population.students().iter().collect(),
    };
    let pairs = students.into_iter().flat_map(|student| student.careers.iter().map(move |career| (student, career)));
    Ok(pairs
        .filter(|(_, career)| course.is_none_or(|code| Catalogue::get().courses[career.course].code == code))
        .filter(|(_, career)| begun_from.is_none_or(|year| career.begun.is_some_and(|begun| u32::from(begun) >= year)))
        .filter(|(_, career)| enrolled.is_none_or(|year| last_year(career).map(u32::from) == Some(year)))
        .filter(|(_, career)| state.is_none_or(|state| state_code(career).0 == state))
        .filter(|(_, career)| number.is_none_or(|number| student_number(career) == number))
        .collect())
}

/// The university's number for a student's career.
pub(crate) fn student_number(career: &Career) -> String {
    format!("{:06}", career.stu_id % 1_000_000)
}

fn last_year(career: &Career) -> Option<u16> {
    career.years.iter().rev().find_map(|row| row.year)
}

/// State and reason, as codes.
pub(crate) fn state_code(career: &Career) -> (&'static str, &'static str) {
    match career.state {
        CareerState::Open => ("A", "IMM"),
        CareerState::Graduated(_) => ("X", "TIT"),
        CareerState::Withdrawn => ("X", "RIN"),
    }
}

fn fill_light((student, career): Pair<'_>, row: &mut Row<'_>) {
    let (state, reason) = state_code(career);
    row.int("persId", student.person_id).text("codFis", student.tax_code()).text("sesso", sex(student));
    row.int("stuId", career.stu_id)
        .int("matId", career.stu_id + MAT_ID_OFFSET)
        .text("matricola", &student_number(career));
    row.int("cdsId", Catalogue::get().courses[career.course].id).number("aaId", career.begun, false);
    row.text("staStuCod", state)
        .text("motStastuCod", reason)
        .number("aaIscrId", last_year(career), false)
        .text("dataMod", "02/02/2026 23:59:59");
}

fn fill((student, career): Pair<'_>, row: &mut Row<'_>) {
    let person = &student.person;
    let place = &person.birthplace;
    let course = &Catalogue::get().courses[career.course];
    let number = career.stu_id;
    let (state, reason) = state_code(career);
    let last = career.years.last();
    let title = match career.state {
        CareerState::Graduated(title) => Some(title),
        _ => None,
    };
    let october = |year: u16| time::Date::from_calendar_date(i32::from(year), time::Month::October, 1).ok();
    row.int("persId", student.person_id)
        .text("codFis", student.tax_code())
        .text("cognome", &person.family.to_uppercase());
    row.text("nome", &person.given.to_uppercase()).day("dataNascita", Some(person.born)).text("sesso", sex(student));
    row.text("comuNascDes", &place.town.unwrap_or("").to_uppercase())
        .text("comuNascSigla", place.province.unwrap_or(""));
    row.text("naziNascDes", &place.country.to_uppercase()).text("codCittadinanza", place.iso);
    row.text("emailAte", &format!("s{number}@students.universita.example")).text("email", "").text("cellulare", "");
    row.int("stuId", number).int("matId", number + MAT_ID_OFFSET).text("matricola", &student_number(career));
    row.text("userId", &format!("s{number}")).int("grpId", 6);
    row.text("staStuCod", state).text("statiStuDes", if state == "A" { "Attivo" } else { "Cessato" });
    row.text("motStastuCod", reason).text("motStastuDes", reason_name(reason)).text("staMatCod", state);
    row.text("motStamatCod", "").number("aaId", career.begun, false);
    row.text("aaDes", &career.begun.map(|year| format!("{year}/{}", year + 1)).unwrap_or_default());
    row.int("aaImm1", career.first)
        .day("dataImm", career.begun.and_then(october))
        .day("dataImm1", october(career.first));
    row.number("aaIscrId", last_year(career), false).day("dataIscr", last_year(career).and_then(october));
    row.number("annoCorso", last.and_then(|row| row.course_year), manner(number, 1, 3) == 0);
    row.number("anniFC", last.map(|row| row.beyond), false);
    // Both shapes occur, from row to row.
    let beyond = last.is_some_and(|row| row.beyond > 0);
    let enrolled_as = if beyond { "FC" } else { "IC" };
    if manner(number, 2, 2) == 0 {
        row.text("tipoIscrCod", enrolled_as)
    } else {
        row.wrapped("tipoIscrCod", enrolled_as)
    };
    row.text("tipoIscrDes", if beyond { "Fuori corso" } else { "In corso" }).int("ptFlg", 0);
    row.number("sospFlg", (manner(number, 3, 2) == 0).then_some(0), false).number("attlauFlg", None::<i64>, false);
    row.text("p06CdsCod", &course.code).text("p06CdsDes", &course.name.to_uppercase()).int("cdsId", course.id);
    row.int("aaOrdId", 2020).text("aaOrdCod", &format!("{}-20", course.code));
    row.number("aaRegId", Some(career.cohort), manner(number, 4, 3) == 0)
        .int("pdsId", 9999)
        .text("pdsCod", "PDS0-2020");
    row.text("pdsDes", "comune").text("tipoCorsoCod", course.kind).text("tipoCorsoDes", type_name(course.kind));
    row.text("sediDes", "SEDE CENTRALE").wrapped("umPesoCod", "C");
    row.int("facId", 10)
        .text("facCod", "F10")
        .text("facDes", "DIPARTIMENTO UNICO")
        .text("dipCod", "NN")
        .text("dipDes", "");
    row.text("domCtStato", title.map_or("", |title| super::titles::state(title.record)));
    row.number("domCtId", title.filter(|title| title.record != Record::Missing).map(|_| number), false)
        .text("profCod", "null")
        .text("profDes", "");
    let closed = title.and_then(|title| title.closed);
    row.day("dataChiusura", closed).day("dataFineCarriera", closed);
    row.text("codiceEsi", &format!("urn:schac:personalUniqueCode:int:esi:universita.example:{number}"));
    row.text("titoloAccesso", "Diploma di istruzione secondaria").number("votoAccesso", Some(60 + number % 41), true);
    row.int("baseVotoAccesso", 100).text("ateneoProvCod", "").text("ateneoProvDes", "").null("aaTitoloAccesso");
    row.text("dataTitoloAccesso", "01/01/1900 00:00:00").text("statoTasse", "R").int("bloccoFlg", 0).text("note", "");
    row.text("codiceLettore", "")
        .null("badgeId")
        .text("dataSosp", "")
        .text("dataFineSosp", "")
        .text("linguaDid", "ita");
    row.text(
        "dataIns",
        &format!("{} 08:30:00", short_day(person.born.replace_year(i32::from(career.cohort)).unwrap_or(person.born))),
    );
    row.text("dataMod", "02/02/2026 23:59:59").text("usrInsId", "web").text("usrModId", "batch");
}

fn reason_name(reason: &str) -> &'static str {
    match reason {
        "TIT" => "Titolo",
        "RIN" => "Rinuncia",
        _ => "Immatricolazione",
    }
}
