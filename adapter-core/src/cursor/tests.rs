//! What is sealed comes back, and what is none is refused with its reason.

use super::*;

const ONE: &str = "8f3c1a97d204be5560e7f1983c4a2bd96e10754cfa82b3d7195e0c66a1f84d2b";
const OTHER: &str = "27b1e04fd98a6c3512f7709be8c5d34a16903fbe5da28c7741e6b05f93d8c21a";
const NOW: i64 = 1_772_355_600;
const OLD: Chosen = Chosen { new_system: Some(false), incremental: true, year: 0 };
const ALL: Chosen = Chosen { new_system: None, incremental: true, year: 0 };

fn keys(seals: &str, opens: Option<&str>) -> Result<Keys, String> {
    CursorKeys { seals: Some(seals.to_owned()), opens: opens.map(str::to_owned) }.read()
}

#[test]
fn no_key_is_shown() {
    let given = CursorKeys { seals: Some(ONE.to_owned()), opens: Some(OTHER.to_owned()) };
    assert_eq!(format!("{given:?} {:?}", given.read().unwrap()), "CursorKeys Keys");
}

fn whose() -> Whose {
    Whose::new(OperationId::Ifs07_1, OLD, "9901", "walk")
}

fn cursor() -> Cursor {
    Cursor {
        began: NOW,
        deleted: true,
        place: Place::Token("t".repeat(MOST_TOKEN)),
        unit: Some(Unit::Text("u".repeat(MOST_UNIT))),
    }
}

#[test]
fn what_is_sealed_comes_back_and_the_longest_fits() {
    let keys = keys(ONE, None).unwrap();
    let longest = cursor().seal(&keys, whose()).unwrap();
    assert!(longest.len() <= 512, "{}", longest.len());
    let units = [None, Some(Unit::Int(-7)), Some(Unit::Int(i64::MAX)), Some(Unit::Text("à".to_owned()))];
    let places = [Place::First, Place::Int(300), Place::Token(String::new()), cursor().place];
    for unit in units {
        for place in places.clone() {
            for deleted in [false, true] {
                let made = Cursor { began: NOW, deleted, place: place.clone(), unit: unit.clone() };
                let sealed = made.seal(&keys, whose()).unwrap();
                assert_eq!(sealed, made.seal(&keys, whose()).unwrap());
                assert_eq!(Cursor::open(&sealed, &keys, whose(), NOW), Ok(made));
                assert!(!sealed.contains('='));
            }
        }
    }
    let long = Cursor { place: Place::Token("t".repeat(MOST_TOKEN + 1)), ..cursor() };
    assert_eq!(long.seal(&keys, whose()), Err(Code::LimitCursor));
    let long = Cursor { unit: Some(Unit::Text("u".repeat(MOST_UNIT + 1))), ..cursor() };
    assert_eq!(long.seal(&keys, whose()), Err(Code::LimitCursor));
}

#[test]
fn each_refusal_has_its_own_code() {
    let keys_of_one = keys(ONE, None).unwrap();
    let sealed = cursor().seal(&keys_of_one, whose()).unwrap();
    let open = |text: &str, whose| Cursor::open(text, &keys_of_one, whose, NOW).map(drop);
    for cut in 0..sealed.len() {
        let refused = open(sealed.get(..cut).unwrap(), whose()).unwrap_err();
        assert!(matches!(refused, Code::CursorCut | Code::CursorAltered), "{cut}: {refused:?}");
    }
    assert_eq!(open(sealed.get(..400).unwrap(), whose()), Err(Code::CursorCut));
    assert_eq!(open("", whose()), Err(Code::CursorCut));
    assert_eq!(open("è", whose()), Err(Code::CursorAltered));
    for at in 0..sealed.len() {
        let mut bytes = sealed.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let refused = open(std::str::from_utf8(&bytes).unwrap(), whose()).unwrap_err();
        let of_head = matches!(refused, Code::CursorForm | Code::CursorKey | Code::CursorCut);
        assert!(refused == Code::CursorAltered || (at < 7 && of_head), "{at}: {refused:?}");
    }
    let other = |operation, filters, institute, walk| open(&sealed, Whose::new(operation, filters, institute, walk));
    assert_eq!(other(OperationId::Ifs06_1, OLD, "9901", "walk"), Err(Code::CursorOperation));
    assert_eq!(other(OperationId::Ifs07_1, ALL, "9901", "walk"), Err(Code::CursorFilters));
    assert_eq!(other(OperationId::Ifs07_1, OLD, "9902", "walk"), Err(Code::CursorInstitute));
    assert_eq!(other(OperationId::Ifs07_1, OLD, "9901", "walks"), Err(Code::CursorWalk));
    let at = |now| Cursor::open(&sealed, &keys_of_one, whose(), now).map(drop);
    assert_eq!((at(NOW + LIFETIME), at(NOW + LIFETIME + 1)), (Ok(()), Err(Code::CursorExpired)));
    assert_eq!((at(NOW - AHEAD), at(NOW - AHEAD - 1)), (Ok(()), Err(Code::CursorExpired)));
}

#[test]
fn keys_change_one_restart_after_the_other() {
    let with = |seals, opens| keys(seals, opens).unwrap();
    let old = with(ONE, None);
    let sealed = cursor().seal(&old, whose()).unwrap();
    let open = |keys: &Keys, text: &str| Cursor::open(text, keys, whose(), NOW).map(drop);
    assert_eq!(open(&with(OTHER, None), &sealed), Err(Code::CursorKey));
    assert_eq!(open(&with(OTHER, Some(ONE)), &sealed), Ok(()));
    // Both keys are known everywhere before the new one seals anywhere.
    let sealed = cursor().seal(&with(OTHER, Some(ONE)), whose()).unwrap();
    assert_eq!(open(&with(ONE, Some(OTHER)), &sealed), Ok(()));
    assert_eq!(open(&old, &sealed), Err(Code::CursorKey));
}

#[test]
fn weak_keys_are_refused() {
    let ascending: String = (0..32).map(|byte| format!("{byte:02x}")).collect();
    let few = "0123456789abcdef".repeat(4);
    for weak in [
        "",
        "00",
        &"00".repeat(32),
        &ascending,
        &few,
        ONE.get(1..).unwrap(),
        &format!("{ONE}0"),
        &ONE.replace('8', "g"),
    ] {
        let fault = keys(weak, None).unwrap_err();
        assert!(fault.starts_with("IFS_CURSOR_KEY ") && (weak.len() < 3 || !fault.contains(weak)), "{fault}");
    }
    assert!(keys(ONE, Some("00")).unwrap_err().starts_with("IFS_CURSOR_KEY_OTHER "));
    assert!(keys(ONE, Some("")).is_ok());
    assert!(CursorKeys::default().read().unwrap_err().contains("not set"));
    assert!(keys(&ONE.to_uppercase(), None).is_ok());
    assert_eq!(format!("{:?}", keys(ONE, Some(OTHER)).unwrap()), "Keys");
}

#[cfg(feature = "explain")]
#[test]
fn at_a_desk_it_is_said_what_is_inside_and_for_which_mapping() {
    let given = CursorKeys { seals: Some(OTHER.to_owned()), opens: Some(ONE.to_owned()) };
    let sealed = cursor().seal(&keys(ONE, None).unwrap(), whose()).unwrap();
    let shown = describe(&sealed, &given, None, NOW).unwrap();
    assert_eq!((shown.operation, shown.new_system, shown.incremental), (OperationId::Ifs07_1, Some(false), true));
    assert_eq!((shown.began, shown.until, shown.deleted, shown.refused), (NOW, NOW + LIFETIME, true, None));
    assert_eq!(shown.page.as_ref().map(Held::described), Some(Described::Text(MOST_TOKEN)));
    assert_eq!(shown.unit.as_ref().map(Held::described), Some(Described::Text(MOST_UNIT)));
    // Its values are not printed by chance.
    let printed = format!("{shown:?}");
    assert!(!printed.contains("ttt") && !printed.contains("uuu"), "{printed}");
    // A mapping of nobody's has no such walk.
    let none = bundle::Bundle::default();
    assert_eq!(describe(&sealed, &given, Some(&none), NOW).unwrap().refused, Some(Code::CursorInstitute));
    let late = describe(&sealed, &given, None, NOW + LIFETIME + 1).unwrap();
    assert_eq!(late.refused, Some(Code::CursorExpired));
    assert_eq!(describe("", &given, None, NOW), Err(Unopened::Cursor(Code::CursorCut)));
    assert!(matches!(describe(&sealed, &CursorKeys::default(), None, NOW), Err(Unopened::Keys(_))));
}
