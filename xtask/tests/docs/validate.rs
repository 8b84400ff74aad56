//! `cargo xtask validate` on files that `cargo xtask gateway` wrote: it finds what an operator gets wrong, says what is
//! seldom meant, and leaves nothing behind.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use pdnd::Standin;
use pdnd::authority::Identity;
use xtask::{mapping, paths, wasm};

use crate::filled::{example, folder, run, said};

fn validate(dir: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.arg("validate").arg(dir.join("run/envoy.json")).output().unwrap()
}

fn validate_with(dir: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask")).current_dir(dir).arg("validate").args(arguments).output().unwrap()
}

/// The example with a real bundle and a real filter, and with a log where nothing is yet.
fn whole() -> (std::path::PathBuf, String) {
    let dir = folder();
    let compiled = mapping::compile(&mapping::of_pack(mapping::DEFAULT_PACK)).unwrap();
    fs::write(dir.join("bundle.json"), &compiled.bundle).unwrap();
    fs::copy(wasm::build(&[], wasm::Fetch::Never).unwrap().path(), dir.join("ifs_filter.wasm")).unwrap();
    (dir, example().replace("/var/log/ifs/access.log", "log/access.log"))
}

#[test]
fn a_check_touches_no_log_and_leaves_nothing() {
    let (dir, settings) = whole();
    assert!(run(&dir, &settings).status.success());
    let output = validate(&dir);
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("log is not there"), "{}", said(&output));
    fs::create_dir(dir.join("log")).unwrap();
    let mine = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name().to_string_lossy().into_owned();
    let child = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .arg("validate")
        .arg(dir.join("run/envoy.json"))
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let own = format!("validate-{}-", child.id());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && !said(&output).contains("warning"), "{}", said(&output));
    assert_eq!(fs::read_dir(dir.join("log")).unwrap().count(), 0, "the log is Envoy's to make");
    let left: Vec<String> = fs::read_dir(paths::target().join("run")).unwrap().map(mine).collect();
    assert!(!left.iter().any(|name| name.starts_with(&own)), "{left:?}");
}

#[test]
fn a_certificate_and_a_key_that_do_not_belong_together_are_refused() {
    let (dir, settings) = whole();
    assert!(run(&dir, &settings).status.success());
    let standin = Standin::open(&paths::pdnd()).unwrap();
    fs::copy(standin.authority().key(Identity::GovWay), dir.join("tls/key.pem")).unwrap();
    let output = validate(&dir);
    assert!(!output.status.success() && said(&output).contains("key.pem"), "{}", said(&output));
}

#[test]
fn authorities_of_clients_that_are_none_are_refused() {
    let (dir, settings) = whole();
    let settings = settings.replacen("gateway: edge ", "gateway: mtls ", 1).replacen("# clients:", "clients:", 1);
    assert!(run(&dir, &settings).status.success());
    let good = validate(&dir);
    assert!(good.status.success(), "{}", said(&good));
    fs::write(dir.join("clients/ca.pem"), "no certificate\n").unwrap();
    let output = validate(&dir);
    assert!(!output.status.success() && said(&output).contains("ca.pem"), "{}", said(&output));
}

#[test]
fn a_cluster_that_the_mapping_calls_must_be_there() {
    let (dir, settings) = whole();
    let other = settings.replacen("  esse3:\n", "  sis:\n", 1);
    let refused = run(&dir, &other);
    assert!(!refused.status.success() && said(&refused).contains("systems.esse3 is missing"), "{}", said(&refused));
    // And in a file that was changed by hand.
    assert!(run(&dir, &settings).status.success());
    let file = dir.join("run/envoy.json");
    let text = fs::read_to_string(&file).unwrap().replace("\"name\": \"esse3\"", "\"name\": \"sis\"");
    fs::write(&file, text).unwrap();
    let output = validate(&dir);
    assert!(!output.status.success() && said(&output).contains("calls the cluster `esse3`"), "{}", said(&output));
}

#[test]
fn what_is_seldom_meant_is_told() {
    let dir = folder();
    let open = |name: &str| fs::set_permissions(dir.join(name), fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(dir.join("secrets/esse3.txt"), "aGlkZGVuOmhpZGRlbg==").unwrap();
    open("secrets/esse3.txt");
    open("tls/key.pem");
    let output = run(&dir, &example());
    assert!(output.status.success());
    let said = said(&output);
    for told in [
        "esse3-authorization: the value has no scheme",
        "esse3.txt can be read by everybody",
        "key.pem can be read by everybody",
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
    assert!(!said.contains("aGlkZGVu"));
}

#[test]
fn credentials_of_a_system_that_is_gone_do_not_stay() {
    let dir = folder();
    assert!(run(&dir, &example()).status.success());
    let other = example().replacen("  esse3:\n", "  sis:\n", 1);
    assert!(run(&dir, &other).status.success());
    assert!(dir.join("run/sis.secret").exists() && !dir.join("run/esse3.secret").exists());
}

/// What an exception opens is written, said each time, and taken by Envoy; without the values file it is refused.
#[test]
fn an_exception_is_said_each_time() {
    let (dir, settings) = whole();
    fs::create_dir(dir.join("log")).unwrap();
    let opened = "exceptions:\n  balancer: { hops: 1 }\n  stdout_log: true\n  admin: { address: 127.0.0.2 }\n  tracing:\n    \
                  { host: otel.example.it, port: 4318, percent: 5, tls: { name: otel.example.it, authorities: ca.pem } }\n";
    let written = run(&dir, &format!("{settings}{opened}"));
    assert!(written.status.success(), "{}", said(&written));
    let good = validate_with(&dir, &["run/envoy.json", "--values", "gateway.yaml"]);
    assert!(good.status.success(), "{}", said(&good));
    let values = validate_with(&dir, &["gateway.yaml"]);
    assert!(values.status.success(), "{}", said(&values));
    let closed = validate(&dir);
    assert!(!closed.status.success());
    for name in ["balancer", "tracing", "admin", "stdout_log"] {
        for output in [&written, &good, &values] {
            assert!(said(output).contains(&format!("exception: {name}: ")), "{name}: {}", said(output));
        }
        assert!(said(&closed).contains(&format!("exceptions.{name}")), "{name}: {}", said(&closed));
    }
    // The balancer's other way.
    let proxied = settings + "exceptions: { balancer: { proxy_protocol: true } }\n";
    assert!(run(&dir, &proxied).status.success());
    let good = validate_with(&dir, &["run/envoy.json", "--values", "gateway.yaml"]);
    assert!(good.status.success(), "{}", said(&good));
}

/// A finished configuration is looked at as it is: nothing of it is left out or filled in before.
#[test]
fn edits_of_what_was_written_are_refused_in_json_and_in_yaml() {
    let (dir, settings) = whole();
    fs::create_dir(dir.join("log")).unwrap();
    assert!(run(&dir, &settings).status.success());
    let file = dir.join("run/envoy.json");
    let text = fs::read_to_string(&file).unwrap();
    for (from, to, told) in [
        ("\"merge_slashes\": true", "\"merge_slashes\": false", "merge_slashes (line "),
        ("\"merge_slashes\": true", "\"merge_slashes\": true, \"merge_slashes\": false", "duplicate"),
        ("\"node\": {", "\"node\": { \"metadata\": {},", "/node/metadata"),
    ] {
        assert!(text.contains(from), "{from}");
        fs::write(&file, text.replacen(from, to, 1)).unwrap();
        let output = validate(&dir);
        assert!(!output.status.success() && said(&output).contains(told), "{to}: {}", said(&output));
    }
    // Both sources of keys at once.
    let both = "\"remote_jwks\": {";
    fs::write(&file, text.replacen(both, &format!("\"local_jwks\": {{ \"filename\": \"/x\" }}, {both}"), 1)).unwrap();
    let output = validate(&dir);
    assert!(!output.status.success() && said(&output).contains("local_jwks"), "{}", said(&output));
    // JSON is YAML too.
    fs::write(dir.join("run/envoy.yaml"), &text).unwrap();
    let good = validate_with(&dir, &["run/envoy.yaml"]);
    assert!(good.status.success(), "{}", said(&good));
    fs::write(dir.join("run/envoy.pb"), &text).unwrap();
    assert!(said(&validate_with(&dir, &["run/envoy.pb"])).contains("must end with .json"));
}

/// A template is held against what its parts make, in what is left out for want of a system that has it too.
#[test]
fn edits_of_a_template_are_refused() {
    let dir = folder();
    let text = crate::text("envoy/edge.yaml");
    for (from, to, told) in [
        ("merge_slashes: true", "merge_slashes: false", "merge_slashes"),
        ("sni: ${IFS_LEGACY_TLS_NAME}", "sni: x", "sni"),
        ("max_inflate_ratio: 100", "max_inflate_ratio: 100000", "max_inflate_ratio"),
        ("local_jwks: { filename: \"${IFS_JWKS_FILE}\" }", "local_jwks: { inline_string: x }", "local_jwks"),
    ] {
        assert!(text.contains(from), "{from}");
        fs::write(dir.join("own.yaml"), text.replacen(from, to, 1)).unwrap();
        let output = validate_with(&dir, &["own.yaml"]);
        assert!(!output.status.success() && said(&output).contains(told), "{to}: {}", said(&output));
    }
}
