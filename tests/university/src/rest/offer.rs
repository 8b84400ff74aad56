//! `offerta-service-v1` and `regsce-service-v1`: what is taught, and in which year of the course.
//!
//! The members of an activity's key are attested; those of a segment's, which has three levels, are assumed, and so is the
//! regulation by course and cohort: the documented one wants a number that nothing documented gives.

use super::paging::{Key, Sortable, optional, page};
use super::row::Row;
use super::{Call, Reply, id};
use crate::catalogue::{Catalogue, Course};
use crate::plans::{Curriculum, Segment, Teaching, plan};

/// A part of a teaching within its curriculum.
type Part<'a> = (&'a Curriculum, &'a Teaching, u32, &'a Segment);

fn asked(year: &str, course: &str) -> Result<(u16, &'static Course), Reply> {
    let year = u16::try_from(id(year)?).map_err(|_| Reply::invalid("aaOffId"))?;
    Ok((year, Catalogue::get().course_by_id(id(course)?).ok_or_else(Reply::absent)?))
}

/// `offerte/{aaOffId}/{cdsOffId}/segmenti`.
pub(crate) fn segments(call: &Call<'_>, year: &str, course: &str) -> Reply {
    let (year, course) = match asked(year, course) {
        Ok(asked) => asked,
        Err(reply) => return reply,
    };
    let plan = plan(course, year);
    let mut parts: Vec<Part<'_>> = Vec::new();
    for curriculum in &plan.curricula {
        for teaching in &curriculum.teachings {
            parts.extend((1..).zip(&teaching.segments).map(|(nth, segment)| (curriculum, teaching, nth, segment)));
        }
    }
    let order: [Sortable<Part<'_>>; 1] = [("adId", |part| Key::Number(Some(part.1.id.into())))];
    page(call, parts, &order, |(curriculum, teaching, nth, segment), row| {
        row.member("chiaveSegmento", |row| {
            row.member("chiaveUdContestualizzata", |row| {
                row.member("chiaveAdContestualizzata", |row| key(year, course, curriculum, teaching, row));
                row.int("udId", teaching.id).text("udCod", &teaching.code);
            });
            row.int("segId", teaching.id * 10 + nth);
        });
        row.text("settCod", segment.sector.unwrap_or("")).tenths("peso", segment.tenths, nth.is_multiple_of(2));
        row.number("durUniVal", segment.hours, false).text("tipoAfCod", "B").int("freqObbligFlg", 0);
    })
}

/// `offerte/{aaOffId}/{cdsOffId}/attivita`.
pub(crate) fn activities(call: &Call<'_>, year: &str, course: &str) -> Reply {
    let (year, course) = match asked(year, course) {
        Ok(asked) => asked,
        Err(reply) => return reply,
    };
    let plan = plan(course, year);
    let all = plan.curricula.iter().flat_map(|way| way.teachings.iter().map(move |teaching| (way, teaching)));
    let order: [Sortable<(&Curriculum, &Teaching)>; 1] = [("adId", |pair| Key::Number(Some(pair.1.id.into())))];
    page(call, all.collect(), &order, |(curriculum, teaching), row| {
        row.member("chiaveAdContestualizzata", |row| key(year, course, curriculum, teaching, row));
        row.null("adDesEng").text("linguaInsDes", teaching.language.unwrap_or("")).text("tipoEsaCod", "O");
        row.wrapped("tipoValCod", "V")
            .text("urlSitoWeb", teaching.page.as_deref().unwrap_or(""))
            .text("urlCorsoMoodle", "");
    })
}

fn key(year: u16, course: &Course, curriculum: &Curriculum, teaching: &Teaching, row: &mut Row<'_>) {
    row.int("aaOffId", year).int("aaOrdId", 2020).int("cdsId", course.id).text("cdsCod", &course.code);
    row.int("pdsId", curriculum.id).text("pdsCod", &curriculum.code).text("pdsDes", &curriculum.name);
    row.int("adId", teaching.id).text("adCod", &teaching.code).text("adDes", &teaching.name).int("afId", teaching.id);
}

/// `regsceFull?cdsId=&coorte=`: 404 where a cohort has no regulation.
pub(crate) fn regulation(call: &Call<'_>) -> Reply {
    let (course, cohort) = match (optional(call, "cdsId"), optional(call, "coorte")) {
        (Ok(Some(course)), Ok(Some(cohort))) => (course, cohort),
        (Err(reply), _) | (_, Err(reply)) => return reply,
        _ => return Reply::invalid("cdsId, coorte"),
    };
    let Some(course) = Catalogue::get().course_by_id(course) else { return Reply::absent() };
    let plan = plan(course, u16::try_from(cohort).unwrap_or(0));
    if !plan.regulated {
        return Reply::absent();
    }
    let placed: Vec<&Teaching> = plan.curricula.iter().flat_map(|way| &way.teachings).collect();
    // One of no year is not in it, or is there without one.
    let placed: Vec<&Teaching> = placed.into_iter().filter(|one| one.year.is_some() || one.id % 2 == 0).collect();
    let mut body = String::new();
    Row::object(&mut body, |row| {
        row.int("regsceId", course.id * 10_000 + cohort).int("cdsId", course.id).int("coorte", cohort);
        row.list("attivita", &placed, |one, row| {
            row.int("adId", one.id).text("adCod", &one.code).number("annoCorso", one.year, one.id % 3 == 0);
        });
    });
    Reply::json(200, body)
}
