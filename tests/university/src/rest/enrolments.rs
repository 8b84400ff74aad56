//! `carriere/{stuId}/iscrizioni`: the yearly enrolments of a career. These rows carry neither tax code nor sex.

use super::careers::student_number;
use super::paging::{Key, Sortable, optional, page};
use super::row::{Row, manner};
use super::structure::type_name;
use super::{Call, MAT_ID_OFFSET, Reply, id};
use crate::INSTITUTE_CODE;
use crate::catalogue::Catalogue;
use crate::classes::CLASSES;
use crate::population::{Career, Enrolment, NamedClass, Population, Status, Student};

fn order<'a>() -> [Sortable<&'a Enrolment>; 3] {
    [
        ("iscrId", |row| Key::Number(Some(row.id.into()))),
        ("aaIscrId", |row| Key::Number(row.year.map(i64::from))),
        ("annoCorso", |row| Key::Number(row.course_year.map(i64::from))),
    ]
}

/// The rows, oldest first: what is cut off a long list is the newest. An unknown career has none.
pub(crate) fn list(call: &Call<'_>, text: &str, population: &Population) -> Reply {
    let (stu_id, year) = match (id(text), optional(call, "annoAccademico")) {
        (Ok(stu_id), Ok(year)) => (stu_id, year),
        (Err(reply), _) | (_, Err(reply)) => return reply,
    };
    let Some((student, career)) = population.by_stu_id(stu_id) else { return Reply::json(200, "[]".to_owned()) };
    let mut rows: Vec<&Enrolment> =
        career.years.iter().filter(|row| year.is_none_or(|year| row.year.map(u32::from) == Some(year))).collect();
    if call.query("ultimaIscrizioneFlg") == Some("1") {
        rows = career.last().filter(|last| rows.contains(last)).into_iter().collect();
    }
    page(call, rows, &order(), |enrolment, row| fill(student, career, enrolment, row))
}

/// `iscrizioni/{aaIscrId}`: the rows of all careers in an academic year. Both switches must be set: whether suspended,
/// cancelled and hypothetical rows come too, and conditional ones.
pub(crate) fn of_year(call: &Call<'_>, text: &str, population: &Population) -> Reply {
    let switch = |name: &str| match call.query(name) {
        Some("0") => Ok(false),
        Some("1") => Ok(true),
        _ => Err(Reply::invalid(name)),
    };
    let number = |name: &str| optional(call, name);
    let asked = (|| Ok((id(text)?, switch("inclSXH")?, switch("inclCond")?, number("cdsId")?, number("annoCorso")?)))();
    let (year, others, conditional, course, nth) = match asked {
        Ok(asked) => asked,
        Err(reply) => return reply,
    };
    let kind = call.query("tipoCorsoCod");
    let status = call.query("staIscCod");
    let all = population.students().iter().flat_map(|student| {
        student.careers.iter().flat_map(move |career| career.years.iter().map(move |row| (student, career, row)))
    });
    let rows = all
        .filter(|(.., row)| row.year.map(u32::from) == Some(year))
        .filter(|(.., row)| others || matches!(row.status, Status::Active | Status::Missing))
        .filter(|(.., row)| conditional || !row.conditional)
        .filter(|(.., row)| course.is_none_or(|id| Catalogue::get().courses[row.course].id == id))
        .filter(|(.., row)| kind.is_none_or(|kind| Catalogue::get().courses[row.course].kind == kind))
        .filter(|(.., row)| nth.is_none_or(|nth| row.course_year.map(u32::from) == Some(nth)))
        .filter(|(.., row)| status.is_none_or(|status| status_code(row.status).0 == status));
    type Whole<'a> = (&'a Student, &'a Career, &'a Enrolment);
    let order: [Sortable<Whole<'_>>; 3] = [
        ("iscrId", |row| Key::Number(Some(row.2.id.into()))),
        ("persId", |row| Key::Number(Some(row.0.person_id.into()))),
        ("stuId", |row| Key::Number(Some(row.1.stu_id.into()))),
    ];
    page(call, rows.collect(), &order, |(student, career, enrolment), row| fill(student, career, enrolment, row))
}

fn fill(student: &Student, career: &Career, enrolment: &Enrolment, row: &mut Row<'_>) {
    let course = &Catalogue::get().courses[enrolment.course];
    // Rows that are equal are equal in manner too.
    let number = enrolment.id;
    let float = |member| manner(number, member, 4) == 0;
    let october = |year: u16| time::Date::from_calendar_date(i32::from(year), time::Month::October, 1).ok();
    row.int("persId", student.person_id).int("stuId", career.stu_id).int("matId", career.stu_id + MAT_ID_OFFSET);
    row.text("matricola", &student_number(career)).int("iscrId", number);
    row.number("aaIscrId", enrolment.year, float(1)).day("dataIscr", enrolment.year.and_then(october));
    row.number("cdsId", Some(course.id), float(2))
        .text("cdsCod", &course.code)
        .text("cdsDes", &course.name.to_uppercase());
    row.null("cdsDesEng").text("tipoCorsoCod", course.kind).text("tipoCorsoDes", type_name(course.kind));
    row.int("aaOrdId", 2020).text("aaOrdCod", &format!("{}-20", course.code));
    row.number("aaRegId", Some(enrolment.cohort), float(3)).int("pdsId", 9999).text("pdsCod", "PDS0-2020");
    row.text("pdsDes", "comune");
    match enrolment.months {
        None => row.null("durataCorso"),
        // In years.
        Some(months) => row.tenths("durataCorso", months * 10 / 12, float(4)),
    };
    row.text("valoreMin", &course.credits.map(|credits| credits.to_string()).unwrap_or_default());
    row.wrapped("umPesoCod", "C");
    row.number("annoCorso", enrolment.course_year, float(5)).int("anniFc", enrolment.beyond);
    let enrolled_as = if enrolment.beyond > 0 { "FC" } else { "IC" };
    if manner(number, 6, 2) == 0 {
        row.text("tipoIscrCod", enrolled_as)
    } else {
        row.wrapped("tipoIscrCod", enrolled_as)
    };
    row.text("tipoIscrDes", if enrolment.beyond > 0 { "Fuori corso" } else { "In corso" });
    status(enrolment, row);
    row.text("motStaiscrCod", "").text("motStaiscrDes", "");
    if enrolment.conditional {
        row.int("condFlg", 1);
    } else {
        row.number("condFlg", (manner(number, 7, 3) != 0).then_some(0), false);
    }
    row.null("attlauFlg").text("ateneoCod", INSTITUTE_CODE).text("ateneoDes", "");
    row.number("sedeId", enrolment.site, float(8))
        .text("sedeDes", "SEDE")
        .text("linguaDid", "ita")
        .text("normCod", course.norm);
    class(enrolment, row);
    row.int("ptFlg", 0).text("partTime", "N").number("fasciaId", None::<i64>, false).text("fasciaDes", "");
    row.wrapped("tipoDidCod", "1").text("tipoDidDes", "Convenzionale").number("ueFlg", Some(1), false).null("sospFlg");
    row.text("dataSosp", "").text("dataFineSosp", "01/01/1900 00:00:00").text("profCod", "null").text("profDes", "");
    row.int("facId", 10)
        .text("facCod", "F10")
        .text("facDes", "DIPARTIMENTO UNICO")
        .text("dipCod", "NN")
        .text("dipDes", "");
    row.number("peso", Some(60), true).number("pesoMax", Some(72), true).null("pesoSost").text("statoTasse", "R");
    row.int("tasseFlg", 1).text("dataPagamento", "").null("importo").null("importoMora").text("noteTasse", "");
    row.text("piscCod", "").text("piscDes", "").null("aaPisc").text("contCod", "").text("contDes", "").null("contId");
    row.text("dataIns", "01/09/2020 08:30:00").text("dataMod", "02/02/2026 23:59:59").text("usrInsId", "web");
    row.text("usrModId", "batch").text("note", "");
}

/// Code and name of a status.
fn status_code(status: Status) -> (&'static str, &'static str) {
    match status {
        Status::Active => ("A", "Attiva"),
        Status::Cancelled => ("X", "Annullata"),
        Status::Suspended => ("S", "Sospesa"),
        Status::Other => ("I", "Ipotesi"),
        Status::Missing => ("", ""),
    }
}

fn status(enrolment: &Enrolment, row: &mut Row<'_>) {
    let (code, name) = status_code(enrolment.status);
    match (manner(enrolment.id, 9, 6), code) {
        (0, "") => row.text("staIscrCod", "null"),
        (0, code) | (1, code @ "") => row.text("staIscrCod", code),
        (_, code) => row.wrapped("staIscrCod", code),
    };
    row.text("staIscrDes", name);
}

fn class(enrolment: &Enrolment, row: &mut Row<'_>) {
    match enrolment.class {
        NamedClass::Known(index) => {
            let class = &CLASSES[index];
            row.text("claMurstCod", class.class).text("claMurstDes", &class.name.to_uppercase());
        }
        NamedClass::Unheard => {
            row.text("claMurstCod", "L-99/BIS").text("claMurstDes", "CLASSE SPERIMENTALE");
        }
        NamedClass::Blank => {
            match manner(enrolment.id, 10, 3) {
                0 => row.null("claMurstCod"),
                1 => row.text("claMurstCod", "null"),
                _ => row.text("claMurstCod", ""),
            };
            row.text("claMurstDes", "");
        }
    }
}
