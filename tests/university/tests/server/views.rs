//! The SOAP view and the REST view of a person carry the same facts, and both lead to the oracle's bytes.

use std::net::TcpStream;
use std::sync::Arc;

use serde_json::{Value, json};
use university::oracle::{Expected, ifs02_1};
use university::{DEFAULT_SEED, DEFAULT_STUDENTS, DEFAULT_TODAY, Options, Population, Server};

use crate::soap::{login, retrieve};
use crate::wire::{Client, Lookups, closed};
use crate::xml::{Node, parse};

pub const BOOKS: &str = "/e3rest/api/libretto-service-v2/libretti";

fn number(node: &Node, name: &str) -> Value {
    json!(node.value(name).map(|text| text.parse::<i64>().unwrap()))
}

/// A row of `IFS_ISCRIZIONI` in the terms of `Lookups::facts`.
pub fn facts(row: &Node) -> Value {
    json!({
        "codicione": row.value("CODICIONE"),
        "istatCod": row.value("SEDE_ISTAT_COD"),
        "stuId": number(row, "STU_ID"),
        "matId": number(row, "MAT_ID"),
        "iscrId": number(row, "ISCR_ID"),
        "aaIscrId": number(row, "AA_ISCR_ID"),
        "aaRegId": number(row, "AA_REG_ID"),
        "cdsId": number(row, "CDS_ID"),
        "claMurstCod": row.value("CLA_MURST_COD"),
        "annoCorso": number(row, "ANNO_CORSO"),
        "staIscrCod": row.value("STA_ISCR_COD"),
        "condFlg": number(row, "COND_FLG"),
    })
}

/// The activities of a career over SOAP.
pub fn exams_of_soap(career: &Node) -> Vec<Value> {
    career.items("ESAMI").into_iter().map(exam_of_soap).collect()
}

/// An `ESAME` of `IFS_CV`.
fn exam_of_soap(exam: &Node) -> Value {
    let credits: f64 = exam.value("PESO").unwrap().replace(',', ".").parse().unwrap();
    json!({
        "name": Some(&exam.one("DES_AD").children[0].text).filter(|name| !name.is_empty()),
        "tenths": (credits * 10.0) as i64,
        "mark": number(exam, "VOTO"),
        "least": number(exam, "MIN_VOTO"),
        "most": number(exam, "BASE_VOTO"),
        "honours": number(exam, "LODE_FLG"),
        "judgement": exam.value("GIUDIZIO"),
        "day": exam.value("DATA_SUP_ESA"),
        "attended": number(exam, "AA_FREQ_ID"),
        "part": exam.value("PART_COD"),
        "year": number(exam, "AA_SUP_ID"),
        "state": exam.value("STATO"),
        "recognised": number(exam, "RIC_ID"),
    })
}

/// The activities of a career over REST, from its cleaned rows: what the plan has and is not in excess, parts as the
/// whole they make.
pub fn exams_of_rest(rows: &[Value]) -> Vec<Value> {
    let mut groups: Vec<(Value, Vec<&Value>)> = Vec::new();
    for row in rows.iter().filter(|row| row["sovranFlg"] == 0 && !row["itmId"].is_null()) {
        let key = if row["ragId"].is_null() { &row["adsceId"] } else { &row["ragId"] };
        match groups.iter_mut().find(|(known, _)| known == key) {
            Some((_, group)) => group.push(row),
            None => groups.push((key.clone(), vec![row])),
        }
    }
    groups.iter().map(|(_, group)| exam_of_rest(group)).collect()
}

fn exam_of_rest(group: &[&Value]) -> Value {
    let head = group.iter().find(|row| row["ragId"] == row["adsceId"]).unwrap_or(&group[0]);
    let outcome = &head["esito"];
    let weights = group.iter().filter(|row| row["ragId"] != row["adsceId"]).map(|row| row["peso"].as_f64().unwrap());
    let marked = !outcome["voto"].is_null();
    let scale = |member: &str| if marked { head[member].clone() } else { Value::Null };
    json!({
        "name": head["adDes"],
        "tenths": (weights.sum::<f64>() * 10.0) as i64,
        "mark": outcome["voto"],
        "least": scale("gruppoVotoMinVoto"),
        "most": scale("gruppoVotoMaxVoto"),
        "honours": outcome["lodeFlg"],
        "judgement": outcome["tipoGiudCod"],
        "day": outcome["dataEsa"].as_str().map(|day| day.trim_end_matches(" 00:00:00")),
        "attended": head["aaFreqId"],
        "part": head["extraInfo"]["fatPartCod"],
        "year": outcome["aaSupId"],
        "state": head["stato"],
        "recognised": head["ricId"],
    })
}

#[test]
fn soap_and_rest_tell_one_story() {
    let population = Arc::new(Population::generate(DEFAULT_SEED, DEFAULT_STUDENTS, DEFAULT_TODAY));
    let server = Server::start(Arc::clone(&population), Options::default()).unwrap();
    let mut client = Client(TcpStream::connect(server.addr()).unwrap());
    let lookups = Lookups::new(&mut client);
    let sid = login(server.addr());
    let ask = |name: &str, code: &str| {
        let (result, xml) = retrieve(server.addr(), &sid, name, &format!("COD_FISCALE={code}"));
        assert_eq!(result, 1);
        parse(&xml)
    };
    let (mut answered, mut examined) = (0, 0);
    let codes = population.students().iter().map(|student| student.tax_code().to_owned());
    for code in codes.chain(population.unknown().iter().cloned()) {
        let people = client.pages(&format!("/e3rest/api/anagrafica-service-v2/persone?codFis={code}"));
        let enrolments = ask("IFS_ISCRIZIONI", &code);
        let cv = ask("IFS_CV", &code);
        let expected = ifs02_1(&population, &code, DEFAULT_TODAY);
        if enrolments.value("COD_FISCALE").is_none() {
            assert!(expected == Expected::Unknown && people.is_empty() && cv.value("COD_FISCALE").is_none());
            continue;
        }
        answered += 1;
        for (element, member) in [
            ("COD_FISCALE", "codFis"),
            ("NOME", "nome"),
            ("COGNOME", "cognome"),
            ("SESSO", "sesso"),
            ("DATA_NASCITA", "dataNascita"),
        ] {
            assert_eq!(cv.value(element), people[0][member].as_str(), "{element}");
        }
        let rows: Vec<Value> = enrolments.items("ISCRIZIONI").into_iter().map(facts).collect();
        let careers = client.pages(&format!("/e3rest/api/carriere-service-v1/carriere?codFis={code}"));
        let cv = cv.items("CARRIERE");
        let within: Vec<Value> = cv.iter().flat_map(|career| career.items("ISCRIZIONI")).map(facts).collect();
        let stated = cv.iter().flat_map(|career| {
            career.items("ISCRIZIONI").into_iter().map(|row| closed(facts(row), career.value("STA_STU_COD")))
        });
        let answer = lookups.answer(&code, &stated.collect::<Vec<_>>());
        assert!(expected == Expected::Answer(answer.into_bytes()), "{:?}", population.by_tax_code(&code).unwrap().kind);

        assert_eq!(within, rows, "IFS_CV has the enrolments too");
        assert_eq!(cv.len(), careers.len());
        let mut rest = Vec::new();
        for (career, of_soap) in careers.iter().zip(cv) {
            let stu_id = &career["stuId"];
            let page = client.pages(&format!("/e3rest/api/carriere-service-v1/carriere/{stu_id}/iscrizioni"));
            rest.extend(page.iter().map(|row| lookups.facts(row)));
            for (element, member) in
                [("STU_ID", "stuId"), ("MAT_ID", "matId"), ("AA_REG_ID", "aaRegId"), ("CDS_ID", "cdsId")]
            {
                assert_eq!(number(of_soap, element), career[member], "{element}");
            }
            assert_eq!(of_soap.value("CDS_COD"), career["p06CdsCod"].as_str());
            let book = client.get(&format!("{BOOKS}/{}/righe/?optionalFields=extraInfo.*", career["matId"]));
            let book: Vec<Value> = book.as_array().unwrap().iter().map(crate::wire::clean).collect();
            let (exams, counted) = (exams_of_soap(of_soap), exams_of_rest(&book));
            assert!(exams == counted, "{:?}", population.by_tax_code(&code).unwrap().kind);
            examined += exams.len();
        }
        assert_eq!(rows, rest);
    }
    assert_eq!(answered, DEFAULT_STUDENTS);
    assert!(examined > 2000, "{examined} examinations");
}
