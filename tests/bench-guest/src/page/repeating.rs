//! Rows as a test database has them: the members that are passed over have the same texts in every row.

use super::{Cell, Row};

/// Text members besides those the mapping reads: name and value.
pub const TEXTS: [(&str, &str); 28] = [
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
pub const INTS: [&str; 28] = [
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
pub const WRAPPED: [(&str, &str); 6] = [
    ("tipoIscrCod", "IC"),
    ("tipoDidCod", "1"),
    ("tipoCorsoCod", "L2"),
    ("statoAttCod", "A"),
    ("umPesoCod", "C"),
    ("modCod", "V"),
];

/// One row.
pub fn row(row: usize) -> Row {
    let text = |text: &str| Cell::Text(text.to_owned());
    let number = |number: usize| Cell::Number(number.to_string());
    let wrapped = |code: &str| Cell::Wrapped(code.to_owned());
    let mut members = vec![
        ("aaIscrId", number(2025)),
        ("cdsId", number(10_000 + row)),
        ("cdsCod", Cell::Text(format!("C{row:03}"))),
        ("aaRegId", number(2024)),
        ("sedeId", Cell::Number(format!("{}.0", row % 7))),
        ("claMurstCod", text("L-8")),
        ("annoCorso", number(2)),
        ("condFlg", number(0)),
        ("staIscrCod", wrapped("A")),
    ];
    members.extend(TEXTS.iter().map(|(name, value)| (*name, text(value))));
    let int = |(place, name): (usize, &&'static str)| {
        (*name, if place % 9 == 8 { Cell::Null } else { number(1_000 * place + row) })
    };
    members.extend(INTS.iter().enumerate().map(int));
    members.extend(WRAPPED.iter().map(|(name, code)| (*name, wrapped(code))));
    members.extend([("valoreMin", text("180")), ("valoreMax", Cell::Number("180.5".to_owned()))]);
    members
}
