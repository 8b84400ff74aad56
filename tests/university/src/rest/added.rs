//! `ifs`: lists that a university has added to the product for the IFS, each a view of what some office keeps. Assumed:
//! none is known to exist.

use super::paging::{Key, Sortable, optional, page};
use super::row::manner;
use super::{Call, Reply};
use crate::isee::{Amount, Declaration, declarations};
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

/// `isee?aa=`: all declarations for an academic year. Numbers come as numbers or as texts, and a word in their place.
pub(crate) fn isee(call: &Call<'_>, population: &Population) -> Reply {
    let year = match optional(call, "aa") {
        Ok(Some(year)) => u16::try_from(year).unwrap_or(0),
        Ok(None) => return Reply::invalid("aa"),
        Err(reply) => return reply,
    };
    let students = population.students().iter();
    let rows = students.flat_map(|student| {
        declarations(population, student, year).into_iter().map(move |declared| (student.person_id, declared))
    });
    let order: [Sortable<(u32, Declaration)>; 1] = [("persId", |row| Key::Number(Some(row.0.into())))];
    page(call, rows.collect(), &order, |(person, declared), row| {
        row.int("persId", *person).int("aaId", year);
        match declared.amount {
            Amount::Word(word) => row.text("isee", word),
            Amount::Cents(cents) if manner(*person, 51, 4) == 0 => row.text("isee", &euros(cents)),
            Amount::Cents(cents) => row.raw("isee", &euros(cents)),
        };
        row.day("dataPres", Some(declared.presented)).int("errataFlg", u8::from(declared.wrong));
        row.text("versione", "PRESENTATA");
    })
}

/// `13000.01`.
fn euros(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", cents.unsigned_abs() / 100, cents.unsigned_abs() % 100)
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
