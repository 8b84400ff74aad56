//! The retrieves: which there are, their parameters, and the tabular one.

use super::tree::Element;
use super::{cv, enrolments, offer, students};
use crate::Population;
use crate::catalogue::{Catalogue, Course};
use crate::classes::CLASSES;
use crate::hidden::Hidden;
use crate::rest::{active_from, type_name};

/// Arguments as the parameter string gives them.
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    /// Reads `k=v;k=v`. There is no escaping: the first `=` ends a name, each `;` ends a value.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let pairs = text.split(';').map(str::trim).filter(|pair| !pair.is_empty());
        pairs
            .map(|pair| pair.split_once('=').map(|(k, v)| (k.trim().to_owned(), v.trim().to_owned())))
            .collect::<Option<_>>()
            .map(Self)
    }

    /// A value that is not blank. Names compare without case, as retrieves differ in it.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(found.1.as_str()).filter(|value| !value.is_empty())
    }
}

/// Whether a retrieve needs no session.
pub(crate) fn is_public(retrieve: &str) -> bool {
    retrieve == "CDS_FACOLTA"
}

/// The document of a retrieve; nothing where there is no such retrieve or its parameters do not fit.
pub(crate) fn document(retrieve: &str, params: &Params, population: &Population, hidden: &Hidden) -> Option<Element> {
    match retrieve {
        "GET_CV" | "GET_CURRICULUM" | "IFS_CV" => {
            let first = match params.get("ISO6392_COD").unwrap_or("ita") {
                "ita" => cv::Language::Italian,
                "eng" => cv::Language::English,
                _ => return None,
            };
            let student = population.by_tax_code(params.get("COD_FISCALE")?);
            Some(cv::document(population, student, first, retrieve == "IFS_CV"))
        }
        "IFS_ISCRIZIONI" => Some(enrolments::document(population.by_tax_code(params.get("COD_FISCALE")?))),
        "IFS_STUDENTI" => students::document(params, population, hidden),
        "CDS_FACOLTA" => courses(params),
        "IFS_CORSI" => Some(offer::document(params.get("AA_ID")?.parse().ok()?)),
        _ => None,
    }
}

/// `CDS_FACOLTA`: a row for a course and each of its sites. The last two columns are assumed: the documented ones carry
/// no code of the Ministry's.
fn courses(params: &Params) -> Option<Element> {
    let number =
        |name: &str| params.get(name).map(|value| value.parse::<u32>().ok()).map_or(Some(None), |n| n.map(Some));
    let (year, faculty, id) = (number("aa_id")?, number("fac_id")?, number("cds_id")?);
    let kinds: Option<Vec<&str>> =
        params.get("tipo_corso").map(|list| list.split(',').map(|kind| kind.trim().trim_matches('\'')).collect());
    let wanted = |course: &&Course| {
        id.is_none_or(|id| course.id == id)
            && faculty.is_none_or(|faculty| faculty == FACULTY)
            && year.is_none_or(|year| active_from(course) <= year)
            && kinds.as_ref().is_none_or(|kinds| kinds.contains(&course.kind))
    };
    let catalogue = Catalogue::get();
    let placed =
        catalogue.courses.iter().filter(wanted).flat_map(|course| course.sites.iter().map(move |s| (course, *s)));
    let rows = placed.zip(1..).map(|((course, site), place): (_, u32)| row(course, site).with("Num", place)).collect();
    let set = Element::list("DataSet", rows).with("LocalEntityName", "CDS_FACOLTA");
    Some(Element::record("WS", vec![set]))
}

/// The one faculty.
const FACULTY: u32 = 10;

fn row(course: &Course, site: u16) -> Element {
    let class = course.classes.first().map(|class| &CLASSES[*class]);
    let town = Catalogue::get().site(site).and_then(|site| site.town.as_deref());
    Element::record(
        "Row",
        vec![
            Element::text("fac_id", FACULTY),
            Element::text("p06_cds_cod", &course.code),
            Element::text("p06_cds_des", course.name.to_uppercase()),
            Element::text("p06_cds_rif_flg", 1),
            Element::text("tipi_corso_tipo_corso_des", type_name(course.kind)),
            Element::text("p06_cds_tipo_corso_cod", course.kind),
            Element::text("cds_id", course.id),
            Element::text("p06_cdsord_aa_ord_id", 2020),
            Element::option("cla_m_id", course.classes.first()),
            Element::text("p06_cds_um_peso_cod", "C"),
            Element::option("p06_cdsord_valore_min", course.credits.map(|credits| format!("{credits},0"))),
            Element::text("durata_anni", course.duration),
            Element::text("um_durata", "A"),
            Element::option("p07_cla_ateneo_cod", class.map(|class| class.class)),
            Element::text("p06_cds_tipo_titit_cod", course.kind),
            Element::text("aa_att_id", active_from(course)),
            Element::text("istat_cod", ""),
            Element::text("p06_cdsord_stato_cod", "A"),
            Element::text("url_sito_web", ""),
            Element::option("p06_cds_codicione", course.parent_code.as_ref()),
            Element::option("sedi_istat_cod", town),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters() {
        let params = Params::read(" cod_fiscale=A=B ;;ISO6392_COD=;tipo_corso='L1','L2';").unwrap();
        assert_eq!(params.get("COD_FISCALE"), Some("A=B"));
        assert_eq!(params.get("iso6392_cod"), None);
        assert_eq!(params.get("TIPO_CORSO"), Some("'L1','L2'"));
        assert!(Params::read("").is_some() && Params::read("a").is_none() && Params::read("a=1;b").is_none());
    }
}
