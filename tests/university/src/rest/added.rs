//! `ifs`: lists that a university has added to the product for the IFS, each a view of what some office keeps. Assumed:
//! none is known to exist.

use super::paging::{Key, Sortable, page};
use super::{Call, Reply};
use crate::mobility::{Length, Period, periods};
use crate::population::Population;

/// `mobilita?codFis=`: a person's times at other institutions; nobody found is an empty list.
pub(crate) fn mobility(call: &Call<'_>, population: &Population) -> Reply {
    let Some(code) = call.query("codFis") else { return Reply::invalid("codFis") };
    let student = population.by_tax_code(code);
    let found = student.map(|student| periods(population, student)).unwrap_or_default();
    let order: [Sortable<Period>; 1] =
        [("dataInizio", |period| Key::Number(period.start.map(|day| i64::from(day.to_julian_day()))))];
    let person = student.map_or(0, |student| student.person_id);
    page(call, found, &order, |period, row| {
        row.int("persId", person).text("tipologia", period.programme_type.unwrap_or(""));
        row.day("dataInizio", period.start).day("dataFine", period.end).text("tipoPeriodo", length_code(period.length));
        row.text("ateneoDes", period.host.name).text("erasmusCod", period.host.erasmus.unwrap_or(""));
        row.text("dipartimentoDes", period.host.department.unwrap_or(""));
        row.text("nazione", period.host.country.unwrap_or("")).text("dipartimento", period.department.unwrap_or(""));
    })
}

/// The office's code of how long a period is.
pub(crate) fn length_code(length: Length) -> &'static str {
    match length {
        Length::Quarter => "TRI",
        Length::Half => "SEM",
        Length::Year => "ANN",
        Length::Short => "BRE",
        Length::Long => "LUN",
        Length::Other => "EST",
    }
}
