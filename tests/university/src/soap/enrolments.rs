//! `IFS_ISCRIZIONI`: the yearly enrolments of a person. Assumed, as universities add such retrieves: the documented ones
//! know neither yearly enrolments nor the Ministry's codes.

use super::tree::Element;
use crate::catalogue::Catalogue;
use crate::classes::CLASSES;
use crate::population::{Career, Enrolment, NamedClass, Status, Student};
use crate::rest::MAT_ID_OFFSET;

/// The document; without a student its tax code is empty.
pub(crate) fn document(student: Option<&Student>) -> Element {
    let careers = student.map_or(&[][..], |student| &student.careers);
    let rows = careers.iter().flat_map(of_career).collect();
    Element::record(
        "IFS_ISCRIZIONI",
        vec![Element::option("COD_FISCALE", student.map(Student::tax_code)), Element::list("ISCRIZIONI", rows)],
    )
}

/// The rows of one career.
pub(super) fn of_career(career: &Career) -> impl Iterator<Item = Element> {
    career.years.iter().map(move |year| row(career, year))
}

fn row(career: &Career, year: &Enrolment) -> Element {
    let catalogue = Catalogue::get();
    let course = &catalogue.courses[year.course];
    let town = year.site.and_then(|site| catalogue.site(site)?.town.as_deref());
    let class = match year.class {
        NamedClass::Known(class) => CLASSES[class].class,
        NamedClass::Unheard => "L-99/BIS",
        NamedClass::Blank => "",
    };
    let status = match year.status {
        Status::Active => "A",
        Status::Cancelled => "X",
        Status::Suspended => "S",
        Status::Other => "I",
        Status::Missing => "",
    };
    Element::record(
        "ISCRIZIONE",
        vec![
            Element::text("STU_ID", career.stu_id),
            Element::text("MAT_ID", career.stu_id + MAT_ID_OFFSET),
            Element::text("ISCR_ID", year.id),
            Element::option("AA_ISCR_ID", year.year),
            Element::text("AA_REG_ID", year.cohort),
            Element::text("CDS_ID", course.id),
            Element::text("CDS_COD", &course.code),
            Element::text("CDS_DES", course.name.to_uppercase()),
            Element::option("CODICIONE", course.parent_code.as_ref()),
            Element::text("TIPO_CORSO_COD", course.kind),
            Element::text("NORM_COD", course.norm),
            Element::option("SEDE_ISTAT_COD", town),
            Element::text("CLA_MURST_COD", class),
            // In years.
            Element::option("DURATA_CORSO", year.months.map(|months| super::cv::comma(u32::from(months) * 10 / 12))),
            Element::option("ANNO_CORSO", year.course_year),
            Element::text("ANNI_FC", year.beyond),
            Element::text("COND_FLG", u8::from(year.conditional)),
            Element::text("STA_ISCR_COD", status),
        ],
    )
}
