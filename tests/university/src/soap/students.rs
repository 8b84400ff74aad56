//! `IFS_STUDENTI`: all persons by their number, page by page. Assumed, as universities add such retrieves.

use super::retrieves::Params;
use super::tree::Element;
use crate::Population;
use crate::hidden::Hidden;
use crate::population::{CareerState, Student};

/// Most persons of a page.
const MOST: usize = 100;

/// The next `N` persons behind the one that the token `DOPO` names. A page that is not the last says which token is next.
pub(super) fn document(params: &Params, population: &Population, hidden: &Hidden) -> Option<Element> {
    let after = match params.get("DOPO") {
        None => 0,
        Some(token) => token.strip_prefix('P')?.parse::<u32>().ok()?,
    };
    let most = params.get("N").map_or(Some(MOST), |n| n.parse().ok())?.clamp(1, MOST);
    let mut behind: Vec<&Student> =
        population.students().iter().filter(|s| s.person_id > after && hidden.shows(s.person_id)).collect();
    behind.sort_by_key(|student| student.person_id);
    let page = behind.get(..most).unwrap_or(&behind);
    let last = page.last().filter(|_| page.len() < behind.len());
    let rows = page.iter().map(|student| row(student)).collect();
    Some(Element::record(
        "IFS_STUDENTI",
        vec![
            Element::list("STUDENTI", rows),
            Element::option("SUCCESSIVA", last.map(|student| format!("P{:010}", student.person_id))),
        ],
    ))
}

fn row(student: &Student) -> Element {
    let years = student.careers.iter().flat_map(|career| &career.years).filter_map(|row| row.year);
    let title = student.careers.iter().any(|career| matches!(career.state, CareerState::Graduated(_)));
    Element::record(
        "STUDENTE",
        vec![
            Element::text("PERS_ID", student.person_id),
            Element::text("COD_FISCALE", student.tax_code()),
            Element::option("AA_ISCR_ID", years.max()),
            Element::text("TIT_FLG", u8::from(title)),
        ],
    )
}
