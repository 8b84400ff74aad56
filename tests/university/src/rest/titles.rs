//! `conseguimento-titolo-service-v1`: how a degree was awarded.

use super::row::list as write_list;
use super::{MAT_ID_OFFSET, Reply, id};
use crate::population::{CareerState, Population};

/// `domandeCt/stuId/{stuId}`: 404 where there is none.
pub(crate) fn list(text: &str, population: &Population) -> Reply {
    let stu_id = match id(text) {
        Ok(id) => id,
        Err(reply) => return reply,
    };
    let Some((_, career)) = population.by_stu_id(stu_id) else { return Reply::absent() };
    let CareerState::Graduated(title) = career.state else { return Reply::absent() };
    let mut body = String::new();
    write_list(&mut body, &[title], |title, row| {
        row.int("domCtId", stu_id).int("stuId", stu_id).int("matId", stu_id + MAT_ID_OFFSET).text("stato", "CHI");
        row.day("dataCt", Some(title.awarded)).number("votoFinale", Some(title.mark), true);
        row.int("lodeFlg", u8::from(title.honours))
            .number("puntiAgg", None::<i64>, false)
            .text("tipiGiudProFinDes", "");
        row.int("menzioneFlg", 0).null("encomioFlg").number("cfuFinali", Some(6), true).text("titoloTesi", "");
        row.text("TipoTesiDes", "Sperimentale").text("StatoTesiCod", "APP").text("KeywordAlma1", "");
        row.text("linguaIso6392Cod", "ita").text("dataMod", "02/02/2026 23:59:59");
    });
    Reply::json(200, body)
}
