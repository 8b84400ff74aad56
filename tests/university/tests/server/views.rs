//! The SOAP view and the REST view of a person carry the same facts, and both lead to the oracle's bytes.

use std::net::TcpStream;
use std::sync::Arc;

use serde_json::{Value, json};
use university::oracle::{Expected, ifs02_1};
use university::{DEFAULT_SEED, DEFAULT_STUDENTS, DEFAULT_TODAY, Options, Population, Server};

use crate::soap::{login, retrieve};
use crate::wire::{Client, Lookups};
use crate::xml::{Node, parse};

fn number(node: &Node, name: &str) -> Value {
    json!(node.value(name).map(|text| text.parse::<i64>().unwrap()))
}

/// A row of `IFS_ISCRIZIONI` in the terms of `Lookups::facts`.
fn facts(row: &Node) -> Value {
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

/// An `ESAME` of `IFS_CV`.
fn exam_of_soap(exam: &Node) -> Value {
    let credits = exam.value("PESO").unwrap().trim_end_matches(",0").parse::<i64>().unwrap();
    json!({
        "code": exam.value("COD_AD"),
        "name": exam.one("DES_AD").children[0].text,
        "credits": credits,
        "mark": number(exam, "VOTO"),
        "honours": number(exam, "LODE_FLG"),
        "judgement": exam.value("GIUDIZIO"),
        "day": exam.value("DATA_SUP_ESA"),
        "year": number(exam, "AA_FREQ_ID"),
    })
}

/// A cleaned row of `righe/`.
fn exam_of_rest(row: &Value) -> Value {
    let outcome = &row["esito"];
    json!({
        "code": row["adCod"],
        "name": row["adDes"],
        "credits": row["peso"],
        "mark": outcome["voto"],
        "honours": outcome["lodeFlg"],
        "judgement": outcome["tipoGiudCod"],
        "day": outcome["dataEsa"].as_str().map(|day| day.trim_end_matches(" 00:00:00")),
        "year": row["aaFreqId"],
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
        let answer = lookups.answer(&code, &rows);
        assert!(expected == Expected::Answer(answer.into_bytes()), "{:?}", population.by_tax_code(&code).unwrap().kind);

        let careers = client.pages(&format!("/e3rest/api/carriere-service-v1/carriere?codFis={code}"));
        let cv = cv.items("CARRIERE");
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
            let book = client.get(&format!("/e3rest/api/libretto-service-v2/libretti/{}/righe/", career["matId"]));
            let book: Vec<Value> = book.as_array().unwrap().iter().map(crate::wire::clean).collect();
            let counted: Vec<Value> = book.iter().filter(|row| row["sovranFlg"] == 0).map(exam_of_rest).collect();
            let exams: Vec<Value> = of_soap.items("ESAMI").into_iter().map(exam_of_soap).collect();
            assert!(exams == counted, "{:?}", population.by_tax_code(&code).unwrap().kind);
            examined += exams.len();
        }
        assert_eq!(rows, rest);
    }
    assert_eq!(answered, DEFAULT_STUDENTS);
    assert!(examined > 2000, "{examined} examinations");
}
