//! The REST face over a socket: who may enter, paging, errors, the wire's manners.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

use crate::client::{BASIC, get, open, read};
use serde_json::Value;
use university::mobility::{ERASMUS_CODE, periods};
use university::{DEFAULT_SEED, DEFAULT_STUDENTS, DEFAULT_TODAY, Kind, Options, Population, Server, catalogue};

const CAREERS: &str = "/e3rest/api/carriere-service-v1/carriere";
const COURSES: &str = "/e3rest/api/struttura-service-v1/corsi";
const SITES: &str = "/e3rest/api/struttura-service-v1/sedi";
const PEOPLE: &str = "/e3rest/api/anagrafica-service-v2/persone";

static POPULATION: LazyLock<Arc<Population>> =
    LazyLock::new(|| Arc::new(Population::generate(DEFAULT_SEED, DEFAULT_STUDENTS, DEFAULT_TODAY)));

fn start() -> Server {
    Server::start(Arc::clone(&POPULATION), Options::default()).unwrap()
}

fn length(server: &Server, target: &str) -> usize {
    let got = get(server.addr(), target);
    assert_eq!(got.status, 200, "{target}");
    got.json().as_array().unwrap().len()
}

#[test]
fn credentials_are_demanded() {
    let server = start();
    let call = |target: &str, headers: &str| read(&mut open(server.addr(), "GET", target, headers));
    for target in [CAREERS, PEOPLE, "/e3rest/api/login", "/nothing"] {
        for headers in ["", "authorization: Basic d3Jvbmc6d3Jvbmc=\r\n", "authorization: Bearer x.y.z\r\n"] {
            let got = call(target, headers);
            assert_eq!((got.status, got.json()["retCode"].clone()), (401, Value::from(-1)), "{target}");
        }
    }
    for public in [COURSES, SITES] {
        assert_eq!(call(public, "").status, 200);
        assert_eq!(call(public, "authorization: Basic d3Jvbmc6d3Jvbmc=\r\n").status, 401);
    }
    let login = call("/e3rest/api/login?optionalFields=jwt", BASIC).json();
    let token = login["jwt"].as_str().unwrap();
    assert!(login["authToken"].is_string());
    assert!(call("/e3rest/api/login", BASIC).json().get("jwt").is_none());
    let bearer = format!("authorization: Bearer {token}\r\n");
    assert_eq!(call(CAREERS, &bearer).status, 200);
    let renewed = call("/e3rest/api/jwt/refresh", &bearer).json();
    assert_ne!(renewed["jwt"].as_str().unwrap(), token);
    assert_eq!(server.seen()[0].status, 401);
}

#[test]
fn other_credentials_can_be_set_or_left_out() {
    let options = Options { user: "a".into(), password: "b:c".into(), ..Options::default() };
    let server = Server::start(Arc::clone(&POPULATION), options).unwrap();
    assert_eq!(get(server.addr(), CAREERS).status, 401);
    let right = "authorization: Basic YTpiOmM=\r\n";
    assert_eq!(read(&mut open(server.addr(), "GET", CAREERS, right)).status, 200);
    let open_door = Options { user: String::new(), ..Options::default() };
    let server = Server::start(Arc::clone(&POPULATION), open_door).unwrap();
    assert_eq!(read(&mut open(server.addr(), "GET", CAREERS, "")).status, 200);
}

#[test]
fn pages_are_cut_at_50_unasked_and_100_asked() {
    let server = start();
    assert_eq!(length(&server, COURSES), 50);
    assert_eq!(length(&server, &format!("{COURSES}?limit=1000")), 100);
    assert_eq!(length(&server, &format!("{COURSES}?start=100&limit=100")), catalogue::COURSES - 100);
    assert_eq!(length(&server, &format!("{COURSES}?start={}&limit=100", catalogue::COURSES)), 0);
    assert_eq!(length(&server, &format!("{COURSES}?start=99999&limit=0")), 0);
    assert_eq!(length(&server, &format!("{SITES}?limit=100")), 100);
    assert_eq!(length(&server, &format!("{SITES}?start=100&limit=100")), 0);
    let fifty = POPULATION.first(Kind::FiftyCareers).unwrap();
    assert_eq!(length(&server, &format!("{CAREERS}?codFis={}", fifty.tax_code())), 50);
    assert_eq!(length(&server, &format!("{CAREERS}?codFis={}&start=0&limit=100", fifty.tax_code())), 50);
    for (kind, lengths) in [(Kind::HundredRows, [50, 100, 0]), (Kind::ManyRows, [50, 100, 37])] {
        let stu_id = POPULATION.first(kind).unwrap().careers[0].stu_id;
        let rows = format!("{CAREERS}/{stu_id}/iscrizioni");
        assert_eq!(length(&server, &rows), lengths[0]);
        assert_eq!(length(&server, &format!("{rows}?start=0&limit=100")), lengths[1]);
        assert_eq!(length(&server, &format!("{rows}?start=100&limit=100")), lengths[2]);
    }
}

#[test]
fn pages_neither_repeat_nor_skip_in_any_order() {
    let server = start();
    for order in ["", "&order=%2BcdsId", "&order=+cdsId", "&order=-cdsId", "&order=tipoCorsoCod,-cdsId"] {
        let mut ids = Vec::new();
        for start in [0, 100] {
            let page = get(server.addr(), &format!("{COURSES}?start={start}&limit=100{order}")).json();
            ids.extend(page.as_array().unwrap().iter().map(|row| row["cdsId"].as_i64().unwrap()));
        }
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), catalogue::COURSES, "{order}");
        assert_eq!(ids.is_sorted(), order.contains("cdsId") && !order.contains('-'), "{order}");
        assert_eq!(ids.iter().rev().is_sorted(), order == "&order=-cdsId", "{order}");
    }
}

#[test]
fn errors_have_esse3s_form() {
    let server = start();
    for (target, status) in [
        (format!("{COURSES}?start=x"), 422),
        (format!("{COURSES}?limit=-1"), 422),
        (format!("{COURSES}?order=%2Bnothing"), 422),
        (format!("{COURSES}?attivoInAa=2025%2F2026"), 422),
        (format!("{CAREERS}/abc/iscrizioni"), 422),
        (format!("{CAREERS}/1"), 404),
        (format!("{PEOPLE}/1"), 404),
        (format!("{CAREERS}/"), 422),
        ("/e3rest/api/libretto-service-v2/libretti/200001/righe".to_owned(), 404),
        ("/e3rest/api/conseguimento-titolo-service-v1/domandeCt/stuId/1".to_owned(), 404),
        ("/e3rest/api/nothing".to_owned(), 404),
        ("/".to_owned(), 404),
    ] {
        let got = get(server.addr(), &target);
        assert_eq!(got.status, status, "{target}");
        assert_eq!(got.json()["statusCode"], status, "{target}");
        assert!(got.json()["errDetails"].is_array());
    }
    assert_eq!(read(&mut open(server.addr(), "POST", CAREERS, BASIC)).status, 405);
}

#[test]
fn unknown_people_are_empty_lists() {
    let server = start();
    let unknown = &POPULATION.unknown()[0];
    assert_eq!(get(server.addr(), &format!("{CAREERS}?codFis={unknown}")).text(), "[]");
    assert_eq!(get(server.addr(), &format!("{PEOPLE}?codFis={unknown}")).text(), "[]");
    assert_eq!(get(server.addr(), &format!("{CAREERS}/1/iscrizioni")).text(), "[]");
    let verify = |code: &str| get(server.addr(), &format!("{CAREERS}/verifica-iscrizione?codFis={code}")).body;
    assert_eq!(verify(unknown), b"-1");
    assert_eq!(verify(POPULATION.first(Kind::Withdrawn).unwrap().tax_code()), b"0");
    assert_eq!(verify(POPULATION.first(Kind::FiftyCareers).unwrap().tax_code()), b"1");
    let person = POPULATION.first(Kind::NoCareers).unwrap();
    assert_eq!(get(server.addr(), &format!("{CAREERS}?codFis={}", person.tax_code())).text(), "[]");
    let found = get(server.addr(), &format!("{PEOPLE}?codFis={}", person.tax_code())).json();
    assert_eq!(found[0]["codFis"], person.tax_code());
    assert_eq!(found[0]["cognome"].as_str().unwrap(), person.person.family.to_uppercase());
}

#[test]
fn names_can_be_searched_by_their_beginning() {
    let server = start();
    let expected = POPULATION.students().iter().filter(|student| student.person.family.starts_with("Ros")).count();
    assert_eq!(length(&server, &format!("{PEOPLE}?cognome=Ros*&limit=100")), expected);
    assert_eq!(length(&server, &format!("{PEOPLE}?cognome=Ros&limit=100")), 0);
}

/// Reference §1.3: wrappers, blanks, sentinels, floats, both shapes of one member, some 75 members.
#[test]
fn rows_are_awkward() {
    let server = start();
    let mut all = String::new();
    let mut careers = Vec::new();
    for student in POPULATION.students().iter().take(200) {
        for career in &student.careers {
            let target = format!("{CAREERS}/{}/iscrizioni?limit=100", career.stu_id);
            all.push_str(get(server.addr(), &target).text());
        }
        let page = get(server.addr(), &format!("{CAREERS}?codFis={}&limit=100", student.tax_code()));
        careers.extend(page.json().as_array().unwrap().clone());
    }
    for shape in [
        r#""tipoIscrCod":"IC""#,
        r#""tipoIscrCod":{"value":"IC"}"#,
        r#""staIscrCod":{"value":"A"}"#,
        r#""staIscrCod":"A""#,
        r#""condFlg":null"#,
        r#""condFlg":0"#,
        r#""condFlg":1"#,
        r#""claMurstCod":"""#,
        r#""aaIscrId":2025.0"#,
        r#""aaIscrId":2025,"#,
        r#""aaIscrId":null"#,
        r#""annoCorso":null"#,
        r#""sedeId":null"#,
        r#""dataFineSosp":"01/01/1900 00:00:00""#,
        r#""profCod":"null""#,
        r#""dipCod":"NN""#,
        r#""pdsId":9999"#,
        r#""dataIscr":"01/10/2025 00:00:00""#,
    ] {
        assert!(all.contains(shape), "{shape}");
    }
    assert!(!all.contains("codFis") && !all.contains("sesso"), "yearly rows name nobody");
    let members = careers[0].as_object().unwrap().len();
    assert!((70..=85).contains(&members), "{members} members in a career");
    let row: Value = serde_json::from_str(&format!("{}]", all.split("]").next().unwrap())).unwrap();
    let members = row[0].as_object().map_or(0, serde_json::Map::len);
    assert!(members >= 70, "{members} members in a yearly row");
}

#[test]
fn equal_rows_are_equal_on_the_wire() {
    let server = start();
    let student = POPULATION.first(Kind::DuplicateRows).unwrap();
    let rows = get(server.addr(), &format!("{CAREERS}/{}/iscrizioni", student.careers[0].stu_id)).json();
    assert!(rows.as_array().unwrap().chunks(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn transcripts_titles_and_light_rows_answer() {
    let server = start();
    let graduate = POPULATION.first(Kind::Graduate).unwrap();
    let career = &graduate.careers[0];
    let books =
        get(server.addr(), &format!("/e3rest/api/libretto-service-v2/libretti?codFis={}", graduate.tax_code())).json();
    assert_eq!(books[0]["codiceFiscale"], graduate.tax_code());
    let rows = format!("/e3rest/api/libretto-service-v2/libretti/{}/righe/", books[0]["matId"]);
    let exams = get(server.addr(), &rows).json();
    let exams = exams.as_array().unwrap();
    assert!(exams.len() >= 9 && exams.iter().all(|exam| exam.get("extraInfo").is_none()));
    let asked = get(server.addr(), &format!("{rows}?optionalFields=extraInfo.*")).json();
    assert!(asked.as_array().unwrap().iter().all(|exam| exam["extraInfo"]["fatPartCod"].is_string()));
    let title = format!("/e3rest/api/conseguimento-titolo-service-v1/domandeCt/stuId/{}", career.stu_id);
    assert_eq!(get(server.addr(), &title).json()[0]["stato"], "CHI");
    let light = format!("{CAREERS}/datiMin?aaIscrId=2025&order=%2BpersId,%2BstuId&limit=100");
    let light = get(server.addr(), &light).json();
    let light = light.as_array().unwrap();
    assert!(light.len() == 100 && light.iter().all(|row| row["aaIscrId"] == 2025 && row["codFis"].is_string()));
}

#[test]
fn views_that_a_university_added_answer() {
    let server = start();
    let mobility = |code: &str| get(server.addr(), &format!("/e3rest/api/ifs/mobilita?codFis={code}&limit=100")).json();
    let away = POPULATION.students().iter().find(|student| !periods(&POPULATION, student).is_empty()).unwrap();
    let (rows, known) = (mobility(away.tax_code()), periods(&POPULATION, away));
    assert_eq!(
        (rows.as_array().unwrap().len(), &rows[0]["ateneoDes"]),
        (known.len(), &Value::from(known[0].host.name))
    );
    assert_eq!(mobility(&POPULATION.unknown()[0]), Value::Array(Vec::new()));
    assert_eq!(get(server.addr(), "/e3rest/api/ifs/mobilita").status, 422);
    let own = get(server.addr(), "/e3rest/api/anagrafica-service-v2/atenei?codeUn=9901").json();
    assert_eq!((own.as_array().unwrap().len(), &own[0]["erasmusCod"]), (1, &Value::from(ERASMUS_CODE)));
}

#[test]
fn rows_of_a_year_say_which_they_are() {
    let server = start();
    let all = |query: &str| {
        let target =
            |start: usize| format!("/e3rest/api/carriere-service-v1/iscrizioni/2025?limit=100&start={start}{query}");
        let mut rows = Vec::new();
        loop {
            let page = get(server.addr(), &target(rows.len())).json();
            let page = page.as_array().unwrap().clone();
            let last = page.len() < 100;
            rows.extend(page);
            if last {
                return rows;
            }
        }
    };
    let whole = all("&inclSXH=1&inclCond=1");
    let known = POPULATION.students().iter().flat_map(|student| &student.careers).flat_map(|career| &career.years);
    assert_eq!(whole.len(), known.filter(|row| row.year == Some(2025)).count());
    assert!(whole[0].get("codFis").is_none() && whole[0].get("sesso").is_none());
    let (plain, firm) = (all("&inclSXH=0&inclCond=1"), all("&inclSXH=1&inclCond=0"));
    assert!(plain.len() < whole.len() && firm.len() < whole.len());
    let course = &catalogue::Catalogue::get().courses[23];
    let of_course = all(&format!("&inclSXH=1&inclCond=1&cdsId={}&fields=persId,cdsId", course.id));
    assert!(!of_course.is_empty());
    for row in &of_course {
        assert_eq!((row.as_object().unwrap().len(), row["cdsId"].as_f64()), (2, Some(f64::from(course.id))));
    }
    assert_eq!(get(server.addr(), "/e3rest/api/carriere-service-v1/iscrizioni/2025?inclSXH=1").status, 422);
}

#[test]
fn light_rows_are_of_a_course_by_its_code_and_isee_of_a_year() {
    let server = start();
    let course = &catalogue::Catalogue::get().courses[catalogue::course::LONELY];
    let light = format!("{CAREERS}/datiMin?cdsCod={}&fields=stuId,sesso", course.code);
    let rows = get(server.addr(), &light).json();
    assert_eq!(rows, serde_json::json!([{ "stuId": rows[0]["stuId"], "sesso": "" }]));
    let declared = get(server.addr(), "/e3rest/api/ifs/isee?aa=2025&limit=100").json();
    let declared = declared.as_array().unwrap();
    assert!(declared.len() == 100 && declared.iter().any(|row| row["isee"].is_string()));
    assert!(declared.iter().any(|row| row["isee"].is_number() && row["dataPres"] == "10/09/2025 00:00:00"));
    assert_eq!(get(server.addr(), "/e3rest/api/ifs/isee").status, 422);
}

#[test]
fn the_last_enrolment_is_that_of_the_greatest_year() {
    let server = start();
    let last = |kind: Kind| {
        let stu_id = POPULATION.first(kind).unwrap().careers[0].stu_id;
        get(server.addr(), &format!("{CAREERS}/{stu_id}/iscrizioni?ultimaIscrizioneFlg=1")).json()
    };
    assert_eq!(last(Kind::Graduate)[0]["aaIscrId"].as_f64(), Some(2024.0));
    assert_eq!(last(Kind::NoAcademicYear)[0]["aaIscrId"].as_f64(), Some(2024.0));
    assert_eq!(last(Kind::TitleWithoutYears), serde_json::json!([]));
}

#[test]
fn a_graduation_is_told_as_far_as_its_record_goes() {
    let server = start();
    let record = |kind: Kind| {
        let stu_id = POPULATION.first(kind).unwrap().careers[0].stu_id;
        get(server.addr(), &format!("/e3rest/api/conseguimento-titolo-service-v1/domandeCt/stuId/{stu_id}"))
    };
    assert_eq!(record(Kind::NoThesis).status, 404);
    assert_eq!(record(Kind::ThesisOpen).json()[0]["stato"], "PRE");
    let again = record(Kind::ThesisAgain).json();
    assert_eq!(
        (&again[0]["stato"], &again[1]["stato"], &again[1]["lodeFlg"]),
        (&"ANN".into(), &"CHI".into(), &1.into())
    );
    assert_eq!(record(Kind::MarkDecimal).json()[0]["votoFinale"], 104.5);
    assert_eq!(record(Kind::MarkQualified).json()[0]["tipiGiudProFinDes"], "Idoneo");
    assert!(record(Kind::Graduate).json()[0].get("dataMod").is_none());
}

#[test]
fn what_is_taught_is_told_by_curriculum_and_the_year_by_the_regulation() {
    use university::{catalogue::Catalogue, plans::plan};
    let server = start();
    let course = |index: usize| &Catalogue::get().courses[index];
    let list = |index: usize, what: &str| {
        let target = format!("/e3rest/api/offerta-service-v1/offerte/2025/{}/{what}?limit=100", course(index).id);
        get(server.addr(), &target).json().as_array().unwrap().clone()
    };
    let known = plan(course(3), 2025);
    assert_eq!(known.curricula.len(), 2);
    let teachings: usize = known.curricula.iter().map(|way| way.teachings.len()).sum();
    let key = "chiaveAdContestualizzata";
    let activities = list(3, "attivita");
    assert_eq!((activities.len(), &activities[0][key]["pdsDes"]), (teachings, &"Metodologico".into()));
    let parts = known.curricula.iter().flat_map(|way| &way.teachings).map(|one| one.segments.len()).sum::<usize>();
    let segments = list(3, "segmenti");
    let within = &segments[0]["chiaveSegmento"]["chiaveUdContestualizzata"][key];
    assert_eq!((segments.len(), &within["adId"]), (parts, &activities[0][key]["adId"]));
    let regulation = |index: usize| {
        get(server.addr(), &format!("/e3rest/api/regsce-service-v1/regsceFull?cdsId={}&coorte=2025", course(index).id))
    };
    assert!(regulation(3).json()["attivita"].as_array().unwrap().iter().any(|one| one["annoCorso"] == 0));
    assert_eq!(regulation(6).status, 404);
    assert_eq!(get(server.addr(), "/e3rest/api/regsce-service-v1/regsceFull?cdsId=1").status, 422);
    assert_eq!(get(server.addr(), "/e3rest/api/offerta-service-v1/offerte/2025/1/segmenti").status, 404);
}
