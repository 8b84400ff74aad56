//! `libretto-service-v2`: transcripts. The tax code has another name here, and the rows have no paging.

use super::careers::{state_code, student_number};
use super::paging::{Key, Sortable, page};
use super::row::{Row, list as write_list};
use super::{Call, MAT_ID_OFFSET, Reply, id};
use crate::catalogue::Catalogue;
use crate::exams::{Exam, Outcome, exams};
use crate::population::{Career, Population, Student};

type Pair<'a> = (&'a Student, &'a Career);

fn order<'a>() -> [Sortable<Pair<'a>>; 2] {
    [
        ("matId", |pair| Key::Number(Some(pair.1.stu_id.into()))),
        ("stuId", |pair| Key::Number(Some(pair.1.stu_id.into()))),
    ]
}

/// `libretti`.
pub(crate) fn list(call: &Call<'_>, population: &Population) -> Reply {
    let number = call.query("matricola");
    let students: Vec<&Student> = match call.query("codFis") {
        Some(code) => population.by_tax_code(code).into_iter().collect(),
        None => population.students().iter().collect(),
    };
    let pairs = students
        .into_iter()
        .flat_map(|student| student.careers.iter().map(move |career| (student, career)))
        .filter(|(_, career)| number.is_none_or(|number| student_number(career) == number))
        .collect();
    page(call, pairs, &order(), |(student, career), row| {
        let course = &Catalogue::get().courses[career.course];
        let (state, _) = state_code(career);
        row.int("persId", student.person_id).int("stuId", career.stu_id).int("matId", career.stu_id + MAT_ID_OFFSET);
        row.text("cognome", &student.person.family.to_uppercase()).text("nome", &student.person.given.to_uppercase());
        row.text("codiceFiscale", student.tax_code()).text("matricola", &student_number(career));
        row.int("cdsId", course.id).text("cdsCod", &course.code).text("cdsDes", &course.name.to_uppercase());
        row.int("aaOrdId", 2020).int("pdsId", 9999).int("aaRegId", career.cohort).text("staStuCod", state);
        row.text("staMatCod", state).wrapped("umPesoCod", "C").text("tipoCorsoCod", course.kind);
    })
}

/// `libretti/{matId}/righe/`.
pub(crate) fn rows(text: &str, population: &Population) -> Reply {
    let mat_id = match id(text) {
        Ok(id) => id,
        Err(reply) => return reply,
    };
    let Some((_, career)) = mat_id.checked_sub(MAT_ID_OFFSET).and_then(|stu_id| population.by_stu_id(stu_id)) else {
        return Reply::absent();
    };
    let exams = exams(population.seed(), career, population.today());
    let mut body = String::new();
    write_list(&mut body, &exams, |exam, row| fill(career, exam, row));
    Reply::json(200, body)
}

fn fill(career: &Career, exam: &Exam, row: &mut Row<'_>) {
    let course = &Catalogue::get().courses[career.course];
    let passed = exam.passed_on.is_some();
    let (mark, honours) = match exam.outcome {
        Outcome::Mark(mark, honours) => (Some(mark), honours),
        _ => (None, false),
    };
    let judged = exam.outcome == Outcome::Judged;
    row.int("aaFreqId", exam.year).text("adCod", &exam.code).text("adDes", &exam.name.to_uppercase());
    row.int("adsceId", exam.id).int("annoCorso", exam.course_year);
    row.member("chiaveADContestualizzata", |row| {
        row.int("aaOffId", exam.year).text("aaOrdCod", &format!("{}-20", course.code)).int("aaOrdId", 2020);
        row.text("adCod", &exam.code).text("adDes", &exam.name.to_uppercase()).int("adId", exam.id % 100_000);
        row.int("afId", exam.id % 90_000).text("cdsCod", &course.code).text("cdsDes", &course.name.to_uppercase());
        row.int("cdsId", course.id).text("pdsCod", "PDS0-2020").text("pdsDes", "comune").int("pdsId", 9999);
    });
    row.text("dataFreq", "").text("dataScadIscr", "");
    row.member("esito", |row| {
        row.number("aaSupId", exam.passed_on.map(|_| exam.year), false).day("dataEsa", exam.passed_on);
        row.int("lodeFlg", u8::from(honours)).wrapped("modValCod", if judged { "G" } else { "V" }).null("supEsaFlg");
        row.text("tipoGiudCod", if judged { "IDO" } else { "" })
            .text("tipoGiudDes", if judged { "Idoneo" } else { "" });
        row.number("voto", mark, exam.id.is_multiple_of(2));
    });
    row.null("freqObbligFlg").int("freqUffFlg", 1).text("gruppoGiudCod", if judged { "2" } else { "" });
    row.int("gruppoVotoId", 1).int("gruppoVotoLodeFlg", 1).int("gruppoVotoMaxVoto", 30).int("gruppoVotoMinVoto", 18);
    row.int("itmId", 3).int("matId", career.stu_id + MAT_ID_OFFSET).text("note", "").int("ord", exam.id % 100);
    row.number("peso", Some(exam.credits), exam.id.is_multiple_of(3))
        .int("pianoId", 1)
        .null("ragId")
        .null("raggEsaTipo");
    row.int("ricId", if exam.outcome == Outcome::Recognised { 4 } else { 0 });
    row.int("sovranFlg", u8::from(exam.supernumerary)).wrapped("stato", if passed { "S" } else { "F" });
    row.text("statoDes", if passed { "Superata" } else { "Frequentata" })
        .int("stuId", career.stu_id)
        .null("superataFlg");
    row.text("tipoEsaCod", "O").text("tipoInsCod", "OBB").text("tipoInsDes", "Obbligatoria");
}
