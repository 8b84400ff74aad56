//! `conseguimento-titolo-service-v1`: how a degree was awarded.

use super::row::{Row, list as write_list};
use super::{MAT_ID_OFFSET, Reply, id};
use crate::population::{CareerState, FinalMark, Population, Record};

/// `domandeCt/stuId/{stuId}`: 404 where there is none.
pub(crate) fn list(text: &str, population: &Population) -> Reply {
    let stu_id = match id(text) {
        Ok(id) => id,
        Err(reply) => return reply,
    };
    let Some((_, career)) = population.by_stu_id(stu_id) else { return Reply::absent() };
    let CareerState::Graduated(title) = career.state else { return Reply::absent() };
    let records: Vec<(&str, Record)> = match title.record {
        Record::Missing => return Reply::absent(),
        Record::Done { again: true, .. } => vec![("ANN", Record::Open), (state(title.record), title.record)],
        _ => vec![(state(title.record), title.record)],
    };
    let mut body = String::new();
    write_list(&mut body, &records, |(state, record), row| fill(stu_id, state, *record, row));
    Reply::json(200, body)
}

/// The state of a record: presented, or closed.
pub(super) fn state(record: Record) -> &'static str {
    match record {
        Record::Missing => "",
        Record::Open => "PRE",
        Record::Done { .. } => "CHI",
    }
}

fn fill(stu_id: u32, state: &str, record: Record, row: &mut Row<'_>) {
    let (awarded, mark) = match record {
        Record::Done { awarded, mark, .. } => (awarded, mark),
        Record::Missing | Record::Open => (None, FinalMark::Missing),
    };
    row.int("domCtId", stu_id).int("stuId", stu_id).int("matId", stu_id + MAT_ID_OFFSET).text("stato", state);
    row.day("dataCt", awarded);
    match tenths(mark) {
        None => row.null("votoFinale"),
        Some(tenths) => row.tenths("votoFinale", tenths, true),
    };
    row.int("lodeFlg", u8::from(mark == FinalMark::Honours)).number("puntiAgg", None::<i64>, false);
    row.text("tipiGiudProFinDes", judgement(mark));
    row.int("menzioneFlg", 0).null("encomioFlg").number("cfuFinali", Some(6), true).text("titoloTesi", "");
    row.text("TipoTesiDes", "Sperimentale").text("StatoTesiCod", "APP").text("KeywordAlma1", "");
    row.text("linguaIso6392Cod", "ita");
}

/// The number of a final mark.
pub(crate) fn tenths(mark: FinalMark) -> Option<u16> {
    match mark {
        FinalMark::Tenths(tenths) => Some(tenths),
        FinalMark::Honours => Some(1100),
        FinalMark::Missing | FinalMark::Qualified | FinalMark::Letter(_) => None,
    }
}

/// The judgement in place of a final mark, as it is named.
pub(crate) fn judgement(mark: FinalMark) -> &'static str {
    match mark {
        FinalMark::Qualified => "Idoneo",
        FinalMark::Letter(letter) => letter,
        FinalMark::Missing | FinalMark::Tenths(_) | FinalMark::Honours => "",
    }
}
