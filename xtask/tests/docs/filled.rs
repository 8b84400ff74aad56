//! `cargo xtask gateway` on the example that the pages show, and on mistakes in it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use pdnd::Standin;
use pdnd::authority::Identity;
use serde_json::Value;
use xtask::envoy::{Exceptions, check, config, dynamic};
use xtask::{mapping, paths, wasm};

const EXAMPLE: &str = "docs/examples/gateway.yaml";

/// A folder with the files that the example names.
pub(crate) fn folder() -> PathBuf {
    let dir = paths::run_dir("docs").unwrap();
    let standin = Standin::open(&paths::pdnd()).unwrap();
    let authority = standin.authority();
    for (name, from) in [
        ("tls/chain.pem", authority.certificate(Identity::Server)),
        ("tls/key.pem", authority.key(Identity::Server)),
        ("clients/ca.pem", authority.ca()),
        ("clients/crl.pem", authority.crl()),
        ("ca.pem", authority.ca()),
        ("pdnd-keys.json", standin.jwks_file()),
        ("partner-keys.json", standin.partner_jwks_file()),
    ] {
        let to = dir.join(name);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(from, to).unwrap();
    }
    std::fs::create_dir(dir.join("secrets")).unwrap();
    std::fs::write(dir.join("secrets/esse3.txt"), "Basic aGlkZGVuOmhpZGRlbg==\n").unwrap();
    std::fs::write(dir.join("secrets/idp.txt"), "hidden\n").unwrap();
    std::fs::write(dir.join("ifs_filter.wasm"), "").unwrap();
    std::fs::write(dir.join("bundle.json"), "{\"digest\":\"ab\"}").unwrap();
    std::fs::write(dir.join("symmetric.json"), r#"{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}"#).unwrap();
    dir
}

/// The example, without what depends on the machine.
pub(crate) fn example() -> String {
    crate::text(EXAMPLE).replace("/etc/ssl/certs/ca-certificates.crt", "ca.pem")
}

pub(crate) fn run(dir: &Path, settings: &str) -> Output {
    std::fs::write(dir.join("gateway.yaml"), settings).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.arg("gateway").arg(dir.join("gateway.yaml")).arg("--out").arg(dir.join("run"));
    command.output().unwrap()
}

/// What a command said on its error stream.
pub(crate) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What was written, as a whole.
#[track_caller]
fn written(dir: &Path, settings: &str) -> Value {
    let output = run(dir, settings);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = check::disk(&dir.join("run/envoy.json")).unwrap();
    assert_eq!(findings(&text), Vec::<String>::new());
    let mut tree = config::parse(&text).unwrap();
    dynamic::put_in(&mut tree).unwrap();
    tree
}

/// What is found in a configuration that lies on the disk.
fn findings(text: &str) -> Vec<String> {
    let given = check::Given { text, read: &check::disk, exceptions: &Exceptions::default() };
    given.check().unwrap().findings.iter().map(ToString::to_string).collect()
}

#[test]
fn the_example_keeps_the_rules_and_has_its_values() {
    let dir = folder();
    let tree = written(&dir, &example());
    let text = tree.to_string();
    for there in
        ["\"port_value\":443", "\"port_value\":9901", "/var/log/ifs/access.log", "https://ifs.example.it/ifs02/v1"]
    {
        assert!(text.contains(there), "{there}");
    }
    // Nothing is left of the templates, nothing of the credentials stands in it, and only its owner can read them.
    for never in ["${IFS_", "aGlkZGVu", "\"provider_name\":\"partner\""] {
        assert!(!text.contains(never), "{never}");
    }
    assert!(std::fs::read_to_string(dir.join("run/esse3.secret")).unwrap().contains("Basic aGlkZGVuOmhpZGRlbg=="));
    let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(dir.join("run/esse3.secret")).unwrap());
    assert_eq!(mode & 0o777, 0o600);
    assert!(!dir.join("run/clients.json").exists());
}

/// One word of the operator's settles both the filter's answers and Envoy's own.
#[test]
fn declared_answers_are_one_setting() {
    let dir = folder();
    let tree = written(&dir, &example().replace("  # answers: declared", "  answers: declared"));
    let text = tree.to_string();
    assert!(text.contains("{\\\"answers\\\":\\\"declared\\\","), "{text}");
    assert!(!text.contains("urn:ifs-adapter:problem"), "no problem document of Envoy's own");
    let wrong = run(&dir, &example().replace("  # answers: declared", "  answers: bare"));
    assert!(!wrong.status.success() && said(&wrong).contains("declared"), "{}", said(&wrong));
}

#[test]
fn what_the_example_only_mentions_works_too() {
    let dir = folder();
    let mut shown =
        example().replacen("gateway: edge ", "gateway: mtls ", 1).replace("timer_seconds: 15", "timer_seconds: 20");
    for out in ["  keys: { host", "    authorization:"] {
        shown = shown.lines().filter(|line| !line.starts_with(out)).fold(String::new(), |all, line| all + line + "\n");
    }
    for mentioned in ["# clients:", "# keys:", "# partner:", "# oauth2:", "#           client:"] {
        assert!(shown.contains(mentioned), "{mentioned}");
        shown = shown.replacen(mentioned, mentioned.trim_start_matches(['#', ' ']), 1);
    }
    let tree = written(&dir, &shown);
    let text = tree.to_string();
    for there in [
        "govway.example.it",
        "https://partner.example.it",
        "idp.example.it",
        "IFS_CURSOR_KEY",
        "IFS_REF_KEY",
        "require_client_certificate",
        "\"20.000s\"",
    ] {
        assert!(text.contains(there), "{there}");
    }
    assert!(dir.join("run/clients.json").exists() && dir.join("run/esse3-token.secret").exists());
}

#[test]
fn mistakes_are_told_and_nothing_is_written() {
    let dir = folder();
    for (from, to, told) in [
        ("gateway: edge ", "gateway: egde ", "edge, mtls, govway or govway-voucher"),
        ("gateway: edge ", "gateway: mtls ", "clients: missing"),
        ("gateway: edge ", "gateway: edge\nclient: {} #", "unknown field"),
        ("issuer: uat.", "issuer: https://uat.", "no scheme"),
        ("    IFS01: https", "    IFS10: https", "IFS01 to IFS09"),
        ("key: tls/key.pem", "key: tls/nowhere.pem", "nowhere.pem is not there"),
        ("  secrets: [", "  now: [", "unknown field"),
    ] {
        let settings = example();
        assert!(settings.contains(from), "{from}");
        let settings = settings.replacen(from, to, 1);
        let output = run(&dir, &settings);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains(told), "{to}: {said}");
        assert!(!dir.join("run").exists(), "{to}");
    }
}

#[test]
fn no_gateway_goes_out_without_proof_of_who_calls() {
    let dir = folder();
    let settings = example();
    let (before, _) = settings.split_once("  trust: ").unwrap();
    let output = run(&dir, &format!("{before}  trust: development\n"));
    assert!(!output.status.success());
    assert!(String::from_utf8(output.stderr).unwrap().contains("development"));
}

#[test]
fn envoy_takes_the_example() {
    let dir = folder();
    let compiled = mapping::compile(&mapping::of_pack(mapping::DEFAULT_PACK)).unwrap();
    std::fs::write(dir.join("bundle.json"), &compiled.bundle).unwrap();
    std::fs::copy(wasm::build(&[], wasm::Fetch::Never).unwrap().path(), dir.join("ifs_filter.wasm")).unwrap();
    written(&dir, &example().replace("/var/log/ifs/access.log", "access.log"));
    let keys = ["IFS_CURSOR_KEY", "IFS_REF_KEY"].map(|name| (name.to_owned(), mapping::random_key().unwrap()));
    check::envoy(&dir.join("run/envoy.json"), &dir, &keys).unwrap();
}
