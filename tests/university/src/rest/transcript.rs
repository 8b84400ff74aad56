//! `libretto-service-v2`: transcripts. The tax code has another name here, and the rows have no paging.

use super::careers::{state_code, student_number};
use super::paging::{Key, Sortable, page};
use super::row::{Row, list as write_list, manner};
use super::{Call, MAT_ID_OFFSET, Reply, id};
use crate::catalogue::Catalogue;
use crate::exams::{Exam, Judgement, Outcome, Recognition, Standing, exams};
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

/// `libretti/{matId}/righe/`: no paging. `extraInfo` comes only when asked for.
pub(crate) fn rows(call: &Call<'_>, text: &str, population: &Population) -> Reply {
    let mat_id = match id(text) {
        Ok(id) => id,
        Err(reply) => return reply,
    };
    let Some((_, career)) = mat_id.checked_sub(MAT_ID_OFFSET).and_then(|stu_id| population.by_stu_id(stu_id)) else {
        return Reply::absent();
    };
    let asked =
        ["optionalFields", "fields"].iter().filter_map(|name| call.query(name)).flat_map(|list| list.split(','));
    let extra = asked.map(str::trim).any(|field| field == "ALL" || field.starts_with("extraInfo"));
    let exams = exams(population.seed(), career, population.today());
    let lines: Vec<Line<'_>> = exams.iter().flat_map(lines).collect();
    let mut body = String::new();
    write_list(&mut body, &lines, |line, row| {
        fill(career, line, row);
        if extra {
            row.member("extraInfo", |row| {
                row.text("dataInizioLezioni", "").text("dataFineLezioni", "");
                row.text("fatPartCod", &part_code(line.exam.semester));
            });
        }
    });
    Reply::json(200, body)
}

/// `S1`, `S2`.
pub(crate) fn part_code(semester: Option<u8>) -> String {
    semester.map(|nth| format!("S{nth}")).unwrap_or_default()
}

/// A row: an examination, or one of the parts that are examined together.
struct Line<'a> {
    exam: &'a Exam,
    /// Number of the part, from 1; 0 is the examination itself.
    part: u32,
    tenths: u16,
}

/// An examination of several parts is a row for itself and one for each; in some the parts stand first.
fn lines(exam: &Exam) -> Vec<Line<'_>> {
    let mut lines: Vec<Line<'_>> =
        (1..).zip(&exam.parts).map(|(part, tenths)| Line { exam, part, tenths: *tenths }).collect();
    let at = if manner(exam.id, 41, 2) == 0 { 0 } else { lines.len() };
    lines.insert(at, Line { exam, part: 0, tenths: exam.tenths });
    lines
}

/// How an examination's outcome is coded: kind of outcome, judgement and its name.
pub(crate) fn outcome_codes(exam: &Exam) -> (&'static str, &'static str, &'static str) {
    match exam.outcome {
        Outcome::Judged(Judgement::Qualified) => ("G", "IDO", "Idoneo"),
        Outcome::Judged(Judgement::Approved) => ("G", "APP", "Approvato"),
        Outcome::Judged(Judgement::Good) => ("G", "BUO", "Buono"),
        Outcome::Judged(Judgement::Letter(letter)) => ("G", letter, letter),
        Outcome::Nothing if exam.standing == Standing::Passed => ("N", "", ""),
        Outcome::Nothing | Outcome::Mark(..) => ("V", "", ""),
    }
}

/// State of a row, and its name.
pub(crate) fn state_of(exam: &Exam) -> (&'static str, &'static str) {
    match exam.standing {
        Standing::Planned => ("P", "Pianificata"),
        Standing::Attended => ("F", "Frequentata"),
        Standing::Passed => ("S", "Superata"),
    }
}

/// What was recognised: 0 nothing, 1 and 2 the attendance, 3 and 4 all of it.
pub(crate) fn recognition_code(exam: &Exam) -> u8 {
    let second = u8::from(manner(exam.id, 42, 2) == 0);
    match exam.recognition {
        Recognition::Not => 0,
        Recognition::Attendance => 1 + second,
        Recognition::Credits => 3 + second,
    }
}

fn fill(career: &Career, line: &Line<'_>, row: &mut Row<'_>) {
    let Line { exam, part, tenths } = *line;
    let course = &Catalogue::get().courses[career.course];
    let (mark, honours) = match exam.outcome {
        Outcome::Mark(mark, honours) => (Some(mark), honours),
        _ => (None, false),
    };
    // The parts are passed with the whole; what it gave is the whole's.
    let own = part == 0;
    let number = exam.id + part;
    let name = if own { exam.name.to_uppercase() } else { format!("{} - MODULO {part}", exam.name.to_uppercase()) };
    let code = if own { exam.code.clone() } else { format!("{}-{part}", exam.code) };
    let (kind, judgement, judgement_name) = outcome_codes(exam);
    let judged = kind == "G";
    row.number("aaFreqId", exam.year, false).text("adCod", &code).text("adDes", &name);
    row.int("adsceId", number).int("annoCorso", exam.course_year);
    row.member("chiaveADContestualizzata", |row| {
        row.number("aaOffId", exam.year, false).text("aaOrdCod", &format!("{}-20", course.code)).int("aaOrdId", 2020);
        row.text("adCod", &code).text("adDes", &name).int("adId", number % 100_000);
        row.int("afId", number % 90_000).text("cdsCod", &course.code).text("cdsDes", &course.name.to_uppercase());
        row.int("cdsId", course.id).text("pdsCod", "PDS0-2020").text("pdsDes", "comune").int("pdsId", 9999);
    });
    row.text("dataFreq", "").text("dataScadIscr", "");
    row.member("esito", |row| {
        row.number("aaSupId", exam.passed_in, false).day("dataEsa", exam.passed_on);
        row.int("lodeFlg", u8::from(honours && own)).wrapped("modValCod", kind).null("supEsaFlg");
        row.text("tipoGiudCod", if own { judgement } else { "" });
        row.text("tipoGiudDes", if own { judgement_name } else { "" });
        row.number("voto", mark.filter(|_| own), number.is_multiple_of(2));
    });
    row.null("freqObbligFlg").int("freqUffFlg", 1).text("gruppoGiudCod", if judged { "2" } else { "" });
    row.text("gruppoGiudDes", if judged { "superato/non superato" } else { "" });
    row.int("gruppoVotoId", 1).int("gruppoVotoLodeFlg", 1);
    row.number("gruppoVotoMaxVoto", Some(30), number.is_multiple_of(5)).int("gruppoVotoMinVoto", 18);
    row.number("itmId", exam.in_plan.then_some(3), false).int("matId", career.stu_id + MAT_ID_OFFSET);
    row.text("note", "").int("ord", number % 100).tenths("peso", tenths, number.is_multiple_of(3));
    row.number("pianoId", exam.in_plan.then_some(1), false);
    let together = !exam.parts.is_empty();
    row.number("ragId", together.then_some(exam.id), false);
    if together {
        row.wrapped("raggEsaTipo", "ESA")
    } else {
        row.null("raggEsaTipo")
    };
    let (state, state_name) = state_of(exam);
    row.int("ricId", recognition_code(exam)).int("sovranFlg", u8::from(exam.supernumerary)).wrapped("stato", state);
    row.text("statoDes", state_name).int("stuId", career.stu_id).null("superataFlg");
    row.text("tipoEsaCod", "O").text("tipoInsCod", "OBB").text("tipoInsDes", "Obbligatoria");
}
