//! The page: yearly enrolments as an ESSE3-like system writes them, about 75 members and 1,340 bytes a row.

use std::fmt::Write as _;

/// Rows of a page, each of another course.
pub const ROWS: usize = 100;

/// Text members besides those the mapping reads: name and value.
const TEXTS: [(&str, &str); 28] = [
    ("cdsDes", "INGEGNERIA INFORMATICA"),
    ("cdsDesEng", ""),
    ("tipoCorsoDes", "Corso di Laurea"),
    ("pdsCod", "PDS0-2017"),
    ("pdsDes", "comune"),
    ("matricola", "0000812345"),
    ("dataIscr", "15/09/2025 00:00:00"),
    ("dataIns", "15/09/2025 11:42:07"),
    ("dataMod", "02/02/2026 08:15:59"),
    ("usrIns", "ONLINE"),
    ("usrMod", "BATCH"),
    ("motStaiscrCod", ""),
    ("motStaiscrDes", ""),
    ("ateneoCod", "9901"),
    ("ateneoDes", "ESEMPIO"),
    ("linguaDid", "ita"),
    ("normCod", "DM270"),
    ("claMurstDes", "Ingegneria"),
    ("sedeDes", "SEDE"),
    ("dipCod", "NN"),
    ("dipDes", "null"),
    ("facCod", "ING"),
    ("facDes", "SCUOLA"),
    ("note", ""),
    ("profStuCod", "STD"),
    ("profStuDes", "Standard"),
    ("dataChiusura", ""),
    ("dataSosp", "01/01/1900 00:00:00"),
];

/// Whole-number members besides those the mapping reads.
const INTS: [&str; 28] = [
    "persId",
    "stuId",
    "matId",
    "iscrId",
    "aaOrdId",
    "pdsId",
    "durataCorso",
    "anniFc",
    "attlauFlg",
    "fasciaId",
    "ueFlg",
    "ptFlg",
    "sospFlg",
    "facId",
    "dipId",
    "regsceId",
    "scuolaId",
    "tassaId",
    "rataId",
    "numIscr",
    "progr",
    "bloccoFlg",
    "provFlg",
    "ricFlg",
    "trasfFlg",
    "cfuMax",
    "cfuMin",
    "visFlg",
];

/// Wrapped codes besides those the mapping reads.
const WRAPPED: [(&str, &str); 6] = [
    ("tipoIscrCod", "IC"),
    ("tipoDidCod", "1"),
    ("tipoCorsoCod", "L2"),
    ("statoAttCod", "A"),
    ("umPesoCod", "C"),
    ("modCod", "V"),
];

/// The page's bytes.
pub fn page() -> Vec<u8> {
    let mut out = String::from("[");
    for row in 0..ROWS {
        if row > 0 {
            out.push(',');
        }
        // Writing to a String cannot fail.
        let _ = write!(
            out,
            "{{\"aaIscrId\":2025,\"cdsId\":{},\"cdsCod\":\"C{row:03}\",\"aaRegId\":2024,\"sedeId\":{}.0,\"claMurstCod\":\"L-8\",\"annoCorso\":2,\"condFlg\":0,\"staIscrCod\":{{\"value\":\"A\"}}",
            10_000 + row,
            row % 7
        );
        for (name, value) in TEXTS {
            let _ = write!(out, ",\"{name}\":\"{value}\"");
        }
        for (place, name) in INTS.iter().enumerate() {
            if place % 9 == 8 {
                let _ = write!(out, ",\"{name}\":null");
            } else {
                let _ = write!(out, ",\"{name}\":{}", 1_000 * place + row);
            }
        }
        for (name, value) in WRAPPED {
            let _ = write!(out, ",\"{name}\":{{\"value\":\"{value}\"}}");
        }
        let _ = write!(out, ",\"valoreMin\":\"180\",\"valoreMax\":180.5}}");
    }
    out.push(']');
    out.into_bytes()
}
