//! `IFS_CORSI`: the courses of an academic year with seats and languages. Assumed, as universities add such retrieves:
//! the documented tables know neither who may enrol nor the languages nor the Ministry's codes.

use super::tree::Element;
use crate::catalogue::{Catalogue, Course};
use crate::rest::{access_code, active_from, language_code};

/// The document: every course that is active in a year, those too that admit nobody any more.
pub(crate) fn document(year: u32) -> Element {
    let active = Catalogue::get().courses.iter().filter(|course| active_from(course) <= year);
    let courses = active.map(course).collect();
    Element::record("IFS_CORSI", vec![Element::text("AA_ID", year), Element::list("CORSI", courses)])
}

fn course(course: &Course) -> Element {
    let seat = |id: &u16| {
        let town = Catalogue::get().site(*id).and_then(|site| site.town.as_deref());
        Element::record("SEDE", vec![Element::text("SEDE_ID", id), Element::option("ISTAT_COD", town)])
    };
    let language = |language: &&str| Element::text("LINGUA", language_code(language));
    Element::record(
        "CORSO",
        vec![
            Element::text("CDS_ID", course.id),
            Element::text("CDS_COD", &course.code),
            Element::text("CDS_DES", course.name.to_uppercase()),
            Element::option("CODICIONE", course.parent_code.as_ref()),
            Element::text("TIPO_CORSO_COD", course.kind),
            Element::text("NORM_COD", course.norm),
            Element::text("TIPO_ACCESSO", access_code(course.access)),
            Element::text("DURATA_ANNI", course.duration),
            Element::option("VALORE_MIN", course.credits.map(|credits| format!("{credits},0"))),
            Element::text("ABIL_IMMA_FLG", u8::from(course.admits)),
            Element::list("SEDI", course.sites.iter().map(seat).collect()),
            Element::list("LINGUE", course.languages.iter().map(language).collect()),
        ],
    )
}
