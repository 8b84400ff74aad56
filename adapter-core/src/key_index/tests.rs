use sha2::{Digest as _, Sha256};

use super::*;
use crate::bundle::{Bundle, Institute, seal};
use crate::contract::VERSION;
use crate::store::MemoryStore;

const FRESH: u64 = 21_600_000;

fn plan(code: &str) -> Plan {
    let institute = Institute { code: code.to_owned(), academic_year_starts: (10, 1), ..Institute::default() };
    let bundle = Bundle { contract: VERSION.to_owned(), institute, ..Bundle::default() };
    Plan::load(&seal(&bundle).unwrap()).unwrap()
}

fn index(definition: u8) -> KeyIndex {
    KeyIndex { pace: 1, fresh_ms: FRESH, definition: [definition; 16], lists: Vec::new(), everybody: None }
}

fn hex(code: &str) -> String {
    Sha256::digest(code.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

const ROSSI: &str = "RSSMRA80A01F205X";
const VERDI: &str = "VRDLGI70B02L219K";

/// An index whose generation, begun at a tick, has Rossi alone.
fn complete(store: &MemoryStore, plan: &Plan, index: &KeyIndex, set: u8, generation: u64) {
    assert_eq!(add(store, plan, (set, generation), &[Entry::of(ROSSI).unwrap()]), Some(1));
    assert!(close(store, plan, (set, generation)));
    let complete = Some(Complete { generation, ended: generation + 90_000, students: 1, left_out: 0 });
    let version = find(store, plan, index).map(|(_, version)| version);
    assert!(note(store, plan, &Record { set, complete, ..Record::new(index.definition) }, version));
}

fn asked(store: &MemoryStore, plan: &Plan, index: &KeyIndex, code: &str, now: u64) -> Result<String, (Code, u32)> {
    look_up(store, plan, index, &hex(code), now).map_err(|p| (p.code, p.retry_after.unwrap_or(0)))
}

#[test]
fn nobody_is_unknown_before_all_are_known() {
    let (store, plan, index) = (MemoryStore::default(), plan("9901"), index(1));
    assert_eq!(asked(&store, &plan, &index, ROSSI, 1_000), Err((Code::KeyUnresolved, 60)));
    add(&store, &plan, (1, 1_000), &[Entry::of(ROSSI).unwrap()]);
    let build = Some(Build { students: 1, ..Build::new(1_000) });
    assert!(note(&store, &plan, &Record { build, ..Record::new(index.definition) }, None));
    assert_eq!(asked(&store, &plan, &index, ROSSI, 2_000).as_deref(), Ok(ROSSI), "whom it has already is found");
    assert_eq!(asked(&store, &plan, &index, VERDI, 2_000), Err((Code::KeyUnresolved, 60)));
}

#[test]
fn who_is_in_no_fresh_generation_is_nobody() {
    let (store, plan, index) = (MemoryStore::default(), plan("9901"), index(1));
    complete(&store, &plan, &index, 1, 1_000);
    assert_eq!(asked(&store, &plan, &index, ROSSI, 2_000).as_deref(), Ok(ROSSI));
    assert_eq!(asked(&store, &plan, &index, VERDI, 2_000), Err((Code::RequestUnknownStudent, 0)));
    assert_eq!(asked(&store, &plan, &index, VERDI, 1_000 + FRESH - 1), Err((Code::RequestUnknownStudent, 0)));
    assert!(!is_wanted(&store, &plan, 1_000));
    // It is as old as it may be, and as long as the last one took the next one will.
    assert_eq!(asked(&store, &plan, &index, VERDI, 1_000 + FRESH), Err((Code::KeyUnresolved, 90)));
    assert!(is_wanted(&store, &plan, 1_000));
    assert_eq!(asked(&store, &plan, &index, ROSSI, 1_000 + FRESH).as_deref(), Ok(ROSSI), "who is in it is found");
    // Of another clock.
    assert_eq!(asked(&store, &plan, &index, VERDI, 999), Err((Code::KeyUnresolved, 90)));
}

#[test]
fn other_lists_say_nothing_of_who_is_missing() {
    let (store, plan) = (MemoryStore::default(), plan("9901"));
    complete(&store, &plan, &index(1), 0, 1_000);
    assert_eq!(asked(&store, &plan, &index(2), ROSSI, 2_000).as_deref(), Ok(ROSSI));
    assert_eq!(asked(&store, &plan, &index(2), VERDI, 2_000), Err((Code::KeyUnresolved, 60)));
}

#[test]
fn a_shard_that_is_gone_says_nothing() {
    let (store, plan, index) = (MemoryStore::default(), plan("9901"), index(1));
    complete(&store, &plan, &index, 0, 1_000);
    let shard = shard::shard_of(&key(&hex(VERDI)).unwrap());
    for torn in [&b""[..], b"\x01\x07\0\0\0\0\0\0\0", b"\x02\xe8\x03\0\0\0\0\0\0"] {
        assert!(store.put(&name(&plan, 0, shard), torn, None));
        assert_eq!(asked(&store, &plan, &index, VERDI, 2_000), Err((Code::KeyUnresolved, 90)), "{torn:?}");
    }
}

#[test]
fn institutes_that_share_a_store_share_no_index() {
    let (store, index) = (MemoryStore::default(), index(1));
    complete(&store, &plan("9901"), &index, 0, 1_000);
    assert_eq!(asked(&store, &plan("9902"), &index, ROSSI, 2_000), Err((Code::KeyUnresolved, 60)));
}

#[test]
fn a_student_takes_twenty_bytes() {
    let (store, plan) = (MemoryStore::default(), plan("9901"));
    let mut entries = Vec::new();
    for number in 0..30_000_usize {
        let letter = |at: u32| char::from(b"BCDFGHJKLM"[number / 10_usize.pow(at) % 10]);
        let code = format!("{}{}{}{}{}A80A01F205X", letter(0), letter(1), letter(2), letter(3), letter(4));
        entries.extend(Entry::of(&code));
    }
    assert_eq!(add(&store, &plan, (0, 1), &entries), Some(30_000));
    assert!(close(&store, &plan, (0, 1)));
    let bytes: usize = store.sizes().iter().map(|(_, size)| size).sum();
    assert!(bytes <= 30_000 * 20, "{bytes}");
    assert_eq!(store.sizes().len(), SHARDS);
}

#[test]
fn what_is_no_key_is_nobodys() {
    assert_eq!(key(&"0".repeat(63)), None);
    assert_eq!(key(&"+f".repeat(32)), None);
    assert_eq!(key(&"é".repeat(32)), None);
    assert_eq!(key(&"ff".repeat(32)), Some([255; 32]));
}
