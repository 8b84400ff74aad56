//! What the retrieves give, and that every shape says the same.

use std::sync::{Arc, LazyLock};

use university::{
    Charset, DEFAULT_SEED, DEFAULT_STUDENTS, DEFAULT_TODAY, Kind, Options, Population, Server, SoapShape,
};

use crate::soap::{login, retrieve};
use crate::xml::{Node, XSI, parse};

static POPULATION: LazyLock<Arc<Population>> =
    LazyLock::new(|| Arc::new(Population::generate(DEFAULT_SEED, DEFAULT_STUDENTS, DEFAULT_TODAY)));

/// A server and a session on it.
struct System {
    server: Server,
    sid: String,
}

impl System {
    fn start(soap: SoapShape) -> Self {
        let server = Server::start(Arc::clone(&POPULATION), Options { soap, ..Options::default() }).unwrap();
        let sid = login(server.addr());
        Self { server, sid }
    }

    fn text(&self, name: &str, params: &str) -> String {
        let (code, xml) = retrieve(self.server.addr(), &self.sid, name, params);
        assert_eq!(code, 1, "{name}");
        xml
    }

    fn get(&self, name: &str, params: &str) -> Node {
        parse(&self.text(name, params))
    }

    fn person(&self, name: &str, tax_code: &str) -> Node {
        self.get(name, &format!("COD_FISCALE={tax_code};ISO6392_COD=ita"))
    }
}

fn code(kind: Kind) -> &'static str {
    POPULATION.first(kind).unwrap().tax_code()
}

#[test]
fn curricula() {
    let system = System::start(SoapShape::default());
    let cv = system.person("GET_CV", code(Kind::TwoCareers));
    assert_eq!((cv.name.1.as_str(), cv.value("COD_FISCALE")), ("CURRICULUM", Some(code(Kind::TwoCareers))));
    let careers = cv.items("CARRIERE");
    assert_eq!(careers.len(), 2);
    let mut all = String::new();
    let mut single = false;
    for student in POPULATION.students() {
        let text = system.text("GET_CV", &format!("cod_fiscale={}", student.tax_code()));
        let cv = parse(&text);
        let born = student.person.born;
        let written = format!("{:02}/{:02}/{}", born.day(), u8::from(born.month()), born.year());
        assert_eq!(cv.value("DATA_NASCITA"), Some(written.as_str()));
        assert_eq!(cv.one("DATA_NASCITA").attribute("", "type"), Some("date"));
        assert_eq!(cv.value("COGNOME"), Some(student.person.family.to_uppercase().as_str()));
        assert_eq!(cv.items("CARRIERE").len(), student.careers.len());
        single |= cv.items("CARRIERE").iter().any(|career| career.items("ESAMI").len() == 1);
        all.push_str(&text);
    }
    for shape in [
        "<PESO>6</PESO>",
        "<PESO>6,0</PESO>",
        "<PESO>4,5</PESO>",
        "<VOTO/>",
        "<VOTO>30</VOTO>",
        "<GIUDIZIO>IDO</GIUDIZIO>",
        "<GIUDIZIO/>",
    ] {
        assert!(all.contains(shape), "{shape}");
    }
    for shape in [
        "<LODE_FLG>1</LODE_FLG>",
        "<DATA_SUP_ESA type=\"date\"/>",
        "<ESAMI/>",
        "<CARRIERE/>",
        "<MEDIA/>",
        "&apos;",
        "È",
    ] {
        assert!(all.contains(shape), "{shape}");
    }
    assert!(!all.contains("CODICIONE") && !all.contains("AA_FREQ_ID"), "the documented tree has no codes");
    assert!(single, "a career with a single examination");
}

#[test]
fn languages() {
    let system = System::start(SoapShape::default());
    let names = |params: &str| {
        let cv = system.get("GET_CV", &format!("COD_FISCALE={}{params}", code(Kind::Graduate)));
        let names = cv.items("CARRIERE")[0].one("CDS_DES").clone();
        assert_eq!(names.attribute("", "type"), Some("lang"));
        names.children.iter().map(|name| name.attribute("", "codice_lingua").unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(""), ["ita", "eng"]);
    assert_eq!(names(";iso6392_cod=eng"), ["eng", "ita"]);
}

#[test]
fn unknown_and_empty_differ() {
    let system = System::start(SoapShape::default());
    let unknown = &POPULATION.unknown()[0];
    for (name, list) in [("GET_CV", "CARRIERE"), ("IFS_CV", "CARRIERE"), ("IFS_ISCRIZIONI", "ISCRIZIONI")] {
        let nobody = system.person(name, unknown);
        assert_eq!((nobody.value("COD_FISCALE"), nobody.items(list).len()), (None, 0), "{name}");
        let person = system.person(name, code(Kind::NoCareers));
        assert_eq!((person.value("COD_FISCALE"), person.items(list).len()), (Some(code(Kind::NoCareers)), 0));
    }
}

#[test]
fn courses_are_a_table() {
    let system = System::start(SoapShape::default());
    let rows = |params: &str| -> Vec<Node> {
        let document = system.get("CDS_FACOLTA", params);
        let set = document.one("DataSet");
        assert_eq!((document.name.1.as_str(), set.attribute("", "LocalEntityName")), ("WS", Some("CDS_FACOLTA")));
        set.children.clone()
    };
    let all = rows("");
    // 27 numbers from 0 to 134 are multiples of five, and course 0 is one of them. Course 121 has two sites.
    assert_eq!(all.len(), university::catalogue::COURSES + 27 + 1);
    for (row, place) in all.iter().zip(1..) {
        assert_eq!((row.name.1.as_str(), row.attribute("", "Num")), ("Row", Some(place.to_string().as_str())));
        assert_eq!(row.children.len(), 21);
        let doctorate = row.value("p06_cds_tipo_corso_cod") == Some("D1");
        assert_eq!(row.value("p06_cdsord_valore_min").is_some_and(|credits| credits.ends_with("0,0")), !doctorate);
    }
    let masters = rows("tipo_corso='M1','M2'");
    assert!(
        masters.len() >= 4 && masters.iter().all(|row| row.value("p06_cds_tipo_corso_cod").unwrap().starts_with('M'))
    );
    assert!(masters.iter().all(|row| row.value("cla_m_id").is_none() && row.value("p07_cla_ateneo_cod").is_none()));
    let one = rows(&format!("AA_ID=2025;CDS_ID={}", all[3].value("cds_id").unwrap()));
    assert!(one.iter().all(|row| row.value("p06_cds_cod") == all[3].value("p06_cds_cod")) && !one.is_empty());
    assert!(rows("fac_id=99").is_empty());
    assert!(rows("aa_id=2005").iter().all(|row| row.value("aa_att_id") == Some("2001")));
}

#[test]
fn every_shape_says_the_same() {
    let plain = SoapShape::default();
    let shapes = [
        SoapShape { prefix: Some("q".into()), ..plain.clone() },
        SoapShape { prefix: Some(String::new()), ..plain.clone() },
        SoapShape { cdata: true, ..plain.clone() },
        SoapShape { nil_for_empty: true, ..plain.clone() },
        SoapShape { charset: Charset::Latin1, ..plain.clone() },
        SoapShape { charset: Charset::Latin1, cdata: true, ..plain.clone() },
        SoapShape { charset: Charset::Windows1252, ..plain.clone() },
        SoapShape { reorder: true, ..plain.clone() },
        SoapShape { one_for_many: true, ..plain.clone() },
        SoapShape {
            prefix: Some(String::new()),
            cdata: true,
            nil_for_empty: true,
            charset: Charset::Latin1,
            reorder: true,
            one_for_many: true,
        },
    ];
    let axis = System::start(plain);
    let far = |name: &str| name.chars().any(|c| u32::from(c) > 255);
    let foreign = POPULATION.students().iter().find(|student| far(student.person.family)).unwrap();
    let codes = [code(Kind::TwoCareers), code(Kind::ManyRows), code(Kind::NoCareers), foreign.tax_code()];
    let codes = codes.into_iter().chain([POPULATION.unknown()[0].as_str()]);
    let asked: Vec<(&str, String)> = codes
        .flat_map(|code| ["GET_CV", "IFS_CV", "IFS_ISCRIZIONI"].map(|name| (name, format!("COD_FISCALE={code}"))))
        .chain([("CDS_FACOLTA", String::new()), ("IFS_CORSI", "AA_ID=2025".to_owned())])
        .collect();
    for shape in shapes {
        let other = System::start(shape.clone());
        let mut differ = 0;
        let mut all = String::new();
        for (name, params) in &asked {
            let (ours, theirs) = (axis.text(name, params), other.text(name, params));
            assert_eq!(parse(&ours).content(), parse(&theirs).content(), "{shape:?} {name}");
            differ += usize::from(ours != theirs);
            all.push_str(&theirs);
        }
        let inner = shape.nil_for_empty || shape.reorder || shape.one_for_many;
        assert_eq!(differ > 0, inner, "{shape:?}");
        assert_eq!(all.contains(&format!("=\"{XSI}\"")), shape.nil_for_empty);
    }
}

/// The shapes of the envelope, as bytes.
#[test]
fn shapes_are_really_made() {
    let raw = |shape: SoapShape| {
        let system = System::start(shape);
        let far = |name: &str| name.chars().any(|c| u32::from(c) > 255);
        let foreign = POPULATION.students().iter().find(|student| far(student.person.family)).unwrap();
        crate::soap::raw(system.server.addr(), &system.sid, &format!("COD_FISCALE={}", foreign.tax_code())).body
    };
    let has = |body: &[u8], piece: &str| body.windows(piece.len()).any(|window| window == piece.as_bytes());
    let plain = SoapShape::default();
    let body = raw(SoapShape { prefix: Some("q".into()), ..plain.clone() });
    assert!(has(&body, "<q:Envelope xmlns:q=") && has(&body, r#"qi:type="qd:int""#) && !has(&body, "soapenv"));
    let body = raw(SoapShape { prefix: Some(String::new()), ..plain.clone() });
    assert!(has(&body, "<Envelope xmlns=\"http://schemas.xmlsoap.org/soap/envelope/\"") && has(&body, "xmlns=\"\""));
    let body = raw(SoapShape { cdata: true, ..plain.clone() });
    assert!(has(&body, "<![CDATA[<?xml") && has(&body, "<CURRICULUM>") && !has(&body, "&lt;"));
    let body = raw(SoapShape { charset: Charset::Latin1, ..plain.clone() });
    assert!(std::str::from_utf8(&body).is_err() && has(&body, ";&#") | has(&body, "&#"));
    let body = raw(SoapShape { reorder: true, ..plain });
    let at = |piece: &str| body.windows(piece.len()).position(|window| window == piece.as_bytes()).unwrap();
    assert!(at("<xml ") < at("Return href"));
}
