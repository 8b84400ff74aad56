//! `docs/tools/filter_file.py` writes what `cargo xtask` writes, and puts another bundle into a file that is there.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use xtask::envoy::plugin_with;
use xtask::paths;

/// A bundle's form, with bytes that a JSON writer would change. The digests are those of `sha256sum`.
const BUNDLE: &str = "{\"ifs_bundle\":1,\"digest\":\"d95de47585ef94a1d2b5b0276d106752fd16ddb29537521ae7772c58c7b176e1\",\"plan\":  {\"n\":1.0,\"t\":\"\\u00e0\"}}";
const OTHER: &str = "{\"ifs_bundle\":1,\"digest\":\"905d64a2acba2b12c12097cd30f9f220944dfb81e51d5179b2913ad0e393bdcb\",\"plan\":  {\"n\":2.0,\"t\":\"\\u00e0\"}}";
const CONFIG: &str = "/resources/0/typed_config/config";

fn run(dir: &Path, arguments: &[&str]) -> Output {
    Command::new("python3")
        .arg(crate::file("docs/tools/filter_file.py"))
        .current_dir(dir)
        .args(arguments)
        .output()
        .expect("python3, which installs Envoy too")
}

fn written(dir: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(dir.join("ifs-filter.json")).unwrap()).unwrap()
}

/// A folder with a bundle and a trust.
fn folder(trust: &Value) -> PathBuf {
    let dir = paths::run_dir("docs").unwrap();
    std::fs::write(dir.join("bundle.json"), format!("{BUNDLE}\n")).unwrap();
    std::fs::write(dir.join("trust.json"), trust.to_string()).unwrap();
    dir
}

#[test]
fn a_new_file_is_the_template_filled() {
    let trust = json!({ "identity": "voucher", "producer": "11111111-1111-4111-8111-111111111111" });
    let dir = folder(&trust);
    let output = run(
        &dir,
        &[
            "ifs-filter.json",
            "--wasm",
            "/srv/ifs.wasm",
            "--trust",
            "trust.json",
            "--bundle",
            "bundle.json",
            "--secret",
            "IFS_SECRET_A",
        ],
    );
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .ends_with("bundle d95de47585ef94a1d2b5b0276d106752fd16ddb29537521ae7772c58c7b176e1\n")
    );
    let plugin = plugin_with(BUNDLE.as_bytes(), Some(&trust), None).unwrap();
    let mut expected = crate::tree("envoy/filter.yaml");
    let at = |pointer: &str| format!("{CONFIG}{pointer}");
    *expected.pointer_mut(&at("/vm_config/code/local/filename")).unwrap() = json!("/srv/ifs.wasm");
    *expected.pointer_mut(&at("/vm_config/environment_variables/host_env_keys")).unwrap() = json!(["IFS_SECRET_A"]);
    *expected.pointer_mut(&at("/reload_config/backoff/base_interval")).unwrap() = json!("1s");
    *expected.pointer_mut(&at("/configuration/value")).unwrap() = json!(plugin);
    assert_eq!(written(&dir), expected);
}

#[test]
fn another_bundle_changes_nothing_else() {
    let dir = folder(&json!({ "identity": "voucher" }));
    assert!(
        run(&dir, &["ifs-filter.json", "--wasm", "a.wasm", "--trust", "trust.json", "--bundle", "bundle.json"])
            .status
            .success()
    );
    let before = written(&dir);
    std::fs::write(dir.join("bundle.json"), OTHER).unwrap();
    assert!(run(&dir, &["ifs-filter.json", "--bundle", "bundle.json"]).status.success());
    let mut after = written(&dir);
    let value = after.pointer_mut(&format!("{CONFIG}/configuration/value")).unwrap();
    assert_eq!(*value, json!(format!("{{\"trust\":{{\"identity\":\"voucher\"}},\"bundle\":{OTHER}}}")));
    *value = before.pointer(&format!("{CONFIG}/configuration/value")).unwrap().clone();
    assert_eq!(after, before);
    assert!(!dir.join("ifs-filter.json.new").exists());
}

/// What else the operator has set is none of the tool's business.
#[test]
fn other_settings_stay() {
    let dir = folder(&json!({ "identity": "voucher" }));
    assert!(run(&dir, &["ifs-filter.json", "--wasm", "a.wasm", "--bundle", "bundle.json"]).status.success());
    let mut file = written(&dir);
    let value = file.pointer_mut(&format!("{CONFIG}/configuration/value")).unwrap();
    *value = json!(format!("{{\"answers\":\"declared\",\"bundle\":{BUNDLE}}}"));
    std::fs::write(dir.join("ifs-filter.json"), file.to_string()).unwrap();
    std::fs::write(dir.join("bundle.json"), OTHER).unwrap();
    assert!(run(&dir, &["ifs-filter.json", "--trust", "trust.json", "--bundle", "bundle.json"]).status.success());
    let trust = "\"trust\":{\"identity\":\"voucher\"}";
    let expected = format!("{{{trust},\"answers\":\"declared\",\"bundle\":{OTHER}}}");
    assert_eq!(written(&dir).pointer(&format!("{CONFIG}/configuration/value")).unwrap(), &json!(expected));
}

#[test]
fn what_does_not_fit_leaves_the_file_as_it_is() {
    let dir = folder(&json!({ "identity": "voucher" }));
    // No filter to load.
    assert_eq!(run(&dir, &["ifs-filter.json", "--bundle", "bundle.json"]).status.code(), Some(2));
    assert!(!dir.join("ifs-filter.json").exists());
    assert!(run(&dir, &["ifs-filter.json", "--wasm", "a.wasm", "--bundle", "bundle.json"]).status.success());
    let before = written(&dir);
    let damaged = BUNDLE.replace("1.0", "1.5");
    for (bundle, told) in [
        ("{\"digest\":", "is not JSON"),
        ("[]", "is no bundle"),
        ("{\"keys\":[]}", "is no bundle"),
        ("{\"ifs_bundle\":1,\"digest\":null,\"plan\":{}}", "is damaged"),
        (&damaged, "is damaged"),
    ] {
        std::fs::write(dir.join("bundle.json"), bundle).unwrap();
        let output = run(&dir, &["ifs-filter.json", "--bundle", "bundle.json"]);
        assert_eq!(output.status.code(), Some(2), "{bundle}");
        assert!(String::from_utf8(output.stderr).unwrap().contains(told), "{bundle}");
        assert_eq!(written(&dir), before);
    }
}
