//! The packs of this repository compile without a word, always to the same bytes.

// Test tooling over data of its own: a panic is a failing test.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used
)]

use std::path::Path;

use adapter_core::bundle::seal;

fn pack(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../mappings").join(name)
}

#[test]
fn every_pack_compiles_without_a_word() {
    // What packs share is no mapping by itself, and has no tests.
    let packs = std::fs::read_dir(pack("")).unwrap().map(|e| e.unwrap().path()).filter(|p| p.join("tests").is_dir());
    let mut compiled = 0;
    for pack in packs {
        assert_eq!(mapping_compiler::compile(&pack).report.human(), "", "{}", pack.display());
        compiled += 1;
    }
    assert!(compiled > 0);
}

#[test]
fn esse3_rest() {
    let outcome = mapping_compiler::compile(&pack("esse3-rest"));
    assert_eq!(outcome.report.human(), "");
    let bundle = outcome.bundle.unwrap();
    // Two passes over the same files: nothing depends on the order of a hash map, on a clock or on an address.
    let again = mapping_compiler::compile(&pack("esse3-rest").join("mapping.yaml")).bundle.unwrap();
    assert_eq!(seal(&bundle).unwrap(), seal(&again).unwrap());

    let call = |name: &str| bundle.calls.iter().position(|c| c.name == name).unwrap();
    let needs = |name: &str| -> Vec<&str> {
        let call = &bundle.calls[call(name)];
        call.needs.iter().map(|n| bundle.calls[n.at()].name.as_str()).collect()
    };
    assert_eq!(needs("people"), ["careers"]);
    assert_eq!(needs("years"), ["careers"]);
    assert!(needs("courses").is_empty() && needs("sites").is_empty() && needs("careers").is_empty());
    assert_eq!(bundle.operations.get("IFS02.1").unwrap().calls.len(), 5);
    // What groups and indexes go by, and what stands once each, is compared, and so kept as it is.
    let whole: Vec<&str> = bundle.names.iter().filter(|n| n.deep).map(|n| n.text.as_str()).collect();
    let compared = vec!["stuId", "cdsId", "ragId", "adsceId", "persId", "annoCorso", "pdsId", "adId", "settCod"];
    assert_eq!((whole, bundle.calls.iter().filter(|c| c.deep).count()), (compared, 0));

    // Of the Ministry's courses only those of the institute, with the columns that are read.
    let table = bundle.tables.iter().find(|t| t.name == "mur_course").unwrap();
    let columns: Vec<&str> =
        table.columns.iter().map(|c| bundle.names[usize::try_from(*c).unwrap()].text.as_str()).collect();
    assert_eq!(columns, ["DEGREE_COURSE_CODE", "DEGREE_CLASS_CODE", "PROGRAMME_TYPE_CODE", "DEGREE_COURSE_NAME"]);
    assert!(table.rows.iter().all(|r| r.len() == 4 + columns.len() && r[..4].iter().all(Option::is_some)));
    assert!(table.rows.is_sorted_by(|a, b| a[..4] <= b[..4]));
    assert!(table.rows.iter().all(|r| !r[4].as_deref().unwrap().starts_with("771")), "another institute's");
    let unclassed = bundle.tables.iter().find(|t| t.name == "mur_unclassed").unwrap();
    assert!(unclassed.rows.iter().all(|r| r.len() == 3 + columns.len() && r[4].is_none()));
}
