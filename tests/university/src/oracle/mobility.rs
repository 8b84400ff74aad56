//! IFS02.5: times at other institutions, however long ago.

use serde::Serialize;
use time::Date;

use super::proofs::{COUNTRY, Signature, date, known, level, sorted};
use super::{Expected, Fired, PersonalData, bytes, steps};
use crate::mobility::{ERASMUS_CODE, Length, Period, periods};
use crate::population::Population;

steps! {
    /// A decision that a rule of IFS02.5 takes.
    Step {
        Unknown: "GEN-7 unknown student",
        Empty: "GEN-7 known student, empty list",
        Several: "3.4 several items to sort",
        Duplicate: "3.4 item that is there already",
        Quarter: "IFS02.5-F1 trimestrale",
        Half: "IFS02.5-F1 semestrale",
        Year: "IFS02.5-F1 annuale",
        Short: "IFS02.5-F1 breve_termine",
        Long: "IFS02.5-F1 lungo_termine",
        NoWord: "IFS02.5-F1 another word, null",
        NoLevel: "IFS02.5 level null",
        NoStart: "IFS02.5 start null",
        NoEnd: "IFS02.5 end null",
        Backwards: "IFS02.5 end before start, sent all the same",
        NoErasmusCode: "IFS02.5-F2 destination_erasmus_code null",
        NoDestination: "IFS02.5-F2 destination_department null",
        NoDeparture: "IFS02.5-F2 departure_department null",
        NoCountry: "IFS02.5 country null",
    }
}

/// The answer, members in the contract's order of declaration.
#[derive(Serialize)]
struct Answer<'a> {
    personal_data: PersonalData<'a>,
    proof_mobility_periods: Vec<Item>,
}

/// One period. Every member may be null.
#[derive(Serialize)]
struct Item {
    eqf_level: Option<&'static str>,
    mobility_start_date: Option<String>,
    mobility_end_date: Option<String>,
    mobility_period_type: Option<&'static str>,
    destination_institute_name: &'static str,
    destination_erasmus_code: Option<&'static str>,
    departure_institute_name: &'static str,
    departure_erasmus_code: &'static str,
    destination_department: Option<&'static str>,
    departure_department: Option<&'static str>,
    destination_country: Option<&'static str>,
    departure_country: &'static str,
}

/// The university's answer.
pub(super) fn university(population: &Population, tax_code: &str, _: Date, fired: &mut Fired) -> Expected {
    let Some(student) = known(population, tax_code, Step::Unknown, fired) else { return Expected::Unknown };
    let proof_mobility_periods = items(&periods(population, student), fired);
    fired.when(Step::Empty, proof_mobility_periods.is_empty());
    fired.when(Step::Several, proof_mobility_periods.len() > 1);
    Expected::Answer(bytes(&Answer { personal_data: PersonalData { tax_code }, proof_mobility_periods }))
}

fn items(periods: &[Period], fired: &mut Fired) -> Vec<Item> {
    let mut items = Vec::new();
    for period in periods {
        items.push((item(period, fired), ()));
    }
    sorted(items, || fired.add(Step::Duplicate))
}

fn item(period: &Period, fired: &mut Fired) -> Item {
    let eqf_level = period.programme_type.and_then(level).map(|(eqf, _)| eqf);
    fired.when(Step::NoLevel, eqf_level.is_none());
    fired.when(Step::NoStart, period.start.is_none());
    fired.when(Step::NoEnd, period.end.is_none());
    fired.when(Step::Backwards, period.start.zip(period.end).is_some_and(|(start, end)| end < start));
    fired.when(Step::NoErasmusCode, period.host.erasmus.is_none());
    fired.when(Step::NoDestination, period.host.department.is_none());
    fired.when(Step::NoDeparture, period.department.is_none());
    fired.when(Step::NoCountry, period.host.country.is_none());
    // F1.
    let (step, word) = match period.length {
        Length::Quarter => (Step::Quarter, Some("trimestrale")),
        Length::Half => (Step::Half, Some("semestrale")),
        Length::Year => (Step::Year, Some("annuale")),
        Length::Short => (Step::Short, Some("breve_termine")),
        Length::Long => (Step::Long, Some("lungo_termine")),
        Length::Other => (Step::NoWord, None),
    };
    fired.add(step);
    Item {
        eqf_level,
        mobility_start_date: period.start.map(date),
        mobility_end_date: period.end.map(date),
        mobility_period_type: word,
        destination_institute_name: period.host.name,
        destination_erasmus_code: period.host.erasmus,
        departure_institute_name: Signature::university().name,
        departure_erasmus_code: ERASMUS_CODE,
        destination_department: period.host.department,
        departure_department: period.department,
        destination_country: period.host.country,
        departure_country: COUNTRY,
    }
}

#[cfg(test)]
mod tests {
    use time::Month;

    use super::*;
    use crate::mobility::Host;

    fn period() -> Period {
        Period {
            programme_type: Some("MT"),
            start: Date::from_calendar_date(2024, Month::September, 2).ok(),
            end: Date::from_calendar_date(2025, Month::February, 28).ok(),
            length: Length::Half,
            host: Host { name: "Uni", erasmus: None, department: Some("D"), country: Some("Francia") },
            department: None,
        }
    }

    fn of(periods: &[Period]) -> String {
        String::from_utf8(bytes(&items(periods, &mut Fired::of::<Step>()))).unwrap()
    }

    #[test]
    fn bytes_are_in_the_order_of_declaration() {
        assert_eq!(
            of(&[period()]),
            r#"[{"eqf_level":"6° livello","mobility_start_date":"2024-09-02","mobility_end_date":"2025-02-28","mobility_period_type":"semestrale","destination_institute_name":"Uni","destination_erasmus_code":null,"departure_institute_name":"Università degli Studi dell'Esempio","departure_erasmus_code":"I ESEMPIO01","destination_department":"D","departure_department":null,"destination_country":"Francia","departure_country":"Italia"}]"#
        );
    }

    #[test]
    fn words_ifs02_5_f1() {
        for (length, word) in [
            (Length::Quarter, r#""trimestrale""#),
            (Length::Year, r#""annuale""#),
            (Length::Short, r#""breve_termine""#),
            (Length::Long, r#""lungo_termine""#),
            (Length::Other, "null"),
        ] {
            assert!(of(&[Period { length, ..period() }]).contains(&format!(r#""mobility_period_type":{word},"#)));
        }
    }

    #[test]
    fn a_period_that_stands_twice_is_sent_once_and_one_that_ends_before_it_starts_is_sent() {
        assert_eq!(of(&[period(), period()]), of(&[period()]));
        let backwards = Period { start: period().end, end: period().start, ..period() };
        assert!(of(&[backwards]).contains(r#""mobility_start_date":"2025-02-28","mobility_end_date":"2024-09-02""#));
    }
}
