//! What the service says of a person: careers and their yearly enrolments, in attributes. An attribute without value is
//! not there.

use super::write::Element;
use crate::catalogue::Catalogue;
use crate::classes::CLASSES;
use crate::population::{Career, CareerState, Enrolment, NamedClass, Population, Status};

/// A person's careers with their enrolments; nothing where nobody has the tax code.
pub(super) fn of_person(population: &Population, tax_code: &str) -> Option<Element> {
    let student = population.by_tax_code(tax_code)?;
    let careers = student.careers.iter().map(element).collect();
    Some(Element::new("Studente").with("CodiceFiscale", Some(student.tax_code())).holding(careers))
}

/// One career; nothing where there is none of that number.
pub(super) fn one(population: &Population, id: &str) -> Option<Element> {
    population.by_stu_id(id.parse().ok()?).map(|(_, career)| element(career))
}

fn element(career: &Career) -> Element {
    let course = &Catalogue::get().courses[career.course];
    Element::new("Carriera")
        .with("Id", Some(career.stu_id))
        .with("Corso", Some(&course.code))
        .with("Coorte", Some(academic_year(career.cohort)))
        .with("Chiusa", (career.state != CareerState::Open).then_some("true"))
        .holding(career.years.iter().map(enrolment).collect())
}

fn enrolment(row: &Enrolment) -> Element {
    let catalogue = Catalogue::get();
    let course = &catalogue.courses[row.course];
    let town = row.site.and_then(|site| catalogue.site(site)?.town.as_deref());
    let class = match row.class {
        NamedClass::Known(class) => Some(CLASSES[class].class),
        NamedClass::Unheard => Some("L-99/BIS"),
        NamedClass::Blank => None,
    };
    let status = match row.status {
        Status::Active => Some("ISCRITTO"),
        Status::Cancelled => Some("ANNULLATO"),
        Status::Suspended => Some("SOSPESO"),
        Status::Other => Some("IPOTESI"),
        Status::Missing => None,
    };
    Element::new("Iscrizione")
        .with("AnnoAccademico", row.year.map(academic_year))
        .with("AnnoCorso", row.course_year)
        .with("Coorte", Some(academic_year(row.cohort)))
        .with("CodiceMiur", course.parent_code.as_ref())
        .with("Classe", class)
        .with("Sede", town)
        .with("SottoCondizione", row.conditional.then_some("true"))
        .with("Stato", status)
}

/// `2023/2024`.
fn academic_year(year: u16) -> String {
    format!("{year}/{}", year + 1)
}
