//! `ifs openapi` against the upstream OpenAPI files, where those are at hand: `../shared/openapi` beside the workspace,
//! or the folder `IFS_OPENAPI` names.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn ifs(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ifs")).arg("openapi").args(arguments).output().unwrap()
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

/// The upstream files with the names of their APIs; none where they are not at hand.
fn upstream() -> Vec<(String, PathBuf)> {
    let beside = root().join("../shared/openapi");
    let folder = std::env::var_os("IFS_OPENAPI").map(PathBuf::from).or_else(|| beside.is_dir().then_some(beside));
    let Some(folder) = folder else {
        println!("skipped: the upstream OpenAPI files are not at hand");
        return Vec::new();
    };
    let files = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path());
    let named = files.map(|path| (path.file_name().unwrap().to_string_lossy().chars().take(5).collect(), path));
    let mut all: Vec<(String, PathBuf)> = named.collect();
    all.sort();
    let apis: Vec<&str> = all.iter().map(|(api, _)| api.as_str()).collect();
    assert_eq!(apis, ["IFS01", "IFS02", "IFS03", "IFS04", "IFS05", "IFS06", "IFS07", "IFS08", "IFS09"]);
    all
}

#[test]
fn the_upstream_files_say_what_the_tables_say() {
    for (api, path) in upstream() {
        let held = ifs(&[&api, "--upstream", path.to_str().unwrap()]);
        assert!(held.status.success(), "{}", String::from_utf8_lossy(&held.stderr));
        assert_eq!(
            stdout(&held),
            std::fs::read_to_string(&path).unwrap(),
            "{api}: as it is, where no mapping is named"
        );
    }
}

/// A file that promises something else is refused, whatever it is.
#[test]
fn another_file_is_refused() {
    let folder = std::env::temp_dir().join(format!("ifs-openapi-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let changes = [
        ("IFS02", "maxLength: 20\n", "maxLength: 21\n", "maxLength: the file has `21`, the tables `20`"),
        ("IFS02", "            - wait\n", "            - waiting\n", "enum/2: the file has `waiting`"),
        ("IFS03", "        total_ects:\n", "        total_cfu:\n", "total_cfu: the file has it, the tables do not"),
        ("IFS04", "        reason:\n", "        why:\n", "reason: the tables have it, the file does not"),
        ("IFS05", "/academic-qualifications-issues", "/academic-issues", "the tables have no such path"),
        ("IFS06", "version: 2.1.0", "version: 2.2.0", "the file has 2.2.0, the tables 2.1.0"),
        ("IFS08", "format: int64", "format: int32", "format: the file has `int32`, the tables `int64`"),
        ("IFS09", "        '400':\n", "        '404':\n", "post/404: the file has it, the tables do not"),
    ];
    let files = upstream();
    for (api, from, to, said) in changes {
        let Some((_, path)) = files.iter().find(|(name, _)| name == api) else { return };
        let text = std::fs::read_to_string(path).unwrap();
        let changed = text.replacen(from, to, 1);
        assert_ne!(text, changed, "{api}: {from}");
        let path = folder.join("upstream.yaml");
        std::fs::write(&path, changed).unwrap();
        let held = ifs(&[api, "--upstream", path.to_str().unwrap()]);
        assert!(held.status.code() == Some(1) && held.stdout.is_empty(), "{api}: {to}");
        let stderr = String::from_utf8(held.stderr).unwrap();
        assert!(stderr.contains(said), "{api}: {said}\n{stderr}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_published_file_is_the_institutes() {
    let folder = std::env::temp_dir().join(format!("ifs-published-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mapping = folder.join("mapping.yaml");
    let institute = "institute:\n  code: \"9901\"\n  title: Conservatorio dell'Adige\n  contact: ifs@example.it\n  \
                     terms: https://example.it/ifs\n  servers: [https://a.example.it/, https://b.example.it/x]\n";
    std::fs::write(&mapping, format!("version: 1\n{institute}systems: {{ s: {{ cluster: s }} }}\noperations: {{}}\n"))
        .unwrap();
    let mapping = mapping.to_str().unwrap();
    for (api, path) in upstream() {
        let published = ifs(&[&api, mapping, "--upstream", path.to_str().unwrap()]);
        assert!(published.status.success(), "{}", String::from_utf8_lossy(&published.stderr));
        let text = std::fs::read_to_string(&path).unwrap();
        // All lines are the file's own, but for these.
        let changed: Vec<&str> =
            stdout(&published).lines().filter(|line| !text.lines().any(|own| own == *line)).map(str::trim).collect();
        let number = api.to_lowercase();
        let servers = ["a.example.it", "b.example.it/x"].map(|host| format!("- url: 'https://{host}/{number}'"));
        let own = [
            "name: 'Conservatorio dell''Adige'",
            "email: 'ifs@example.it'",
            "termsOfService: 'https://example.it/ifs'",
        ];
        let mut expected = own.map(str::to_owned).to_vec();
        expected.extend(servers.map(|line| line.trim_start_matches("- ").to_owned()));
        let changed: Vec<String> = changed.iter().map(|l| l.trim_start_matches("- ").to_owned()).collect();
        assert_eq!(changed.iter().filter(|l| *l != "-").cloned().collect::<Vec<_>>(), expected, "{api}");
        assert!(!stdout(&published).contains("localhost"), "{api}");
    }
    let ours = ifs(&["IFS04", mapping]);
    assert!(stdout(&ours).contains("'https://a.example.it/ifs04'"), "{}", stdout(&ours));
    std::fs::write(
        folder.join("mapping.yaml"),
        "version: 1\ninstitute: { code: x, servers: ftp://x, contact: nobody }\n",
    )
    .unwrap();
    let wrong = ifs(&["IFS04", mapping]);
    let stderr = String::from_utf8(wrong.stderr).unwrap();
    assert_eq!((wrong.status.code(), stderr.matches("value.invalid").count()), (Some(1), 2), "{stderr}");
    std::fs::remove_dir_all(&folder).unwrap();
}

/// What this version takes and sends is what upstream promises, but for `docs/openapi-deviations.yaml`.
#[test]
fn ours_differ_only_where_the_list_says() {
    let tool = root().join("../shared/tools/openapi-diff");
    let yaml = Command::new("python3").args(["-c", "import yaml"]).output();
    if !tool.exists() || !yaml.is_ok_and(|o| o.status.success()) {
        println!("skipped: the tool, python3 or PyYAML is not at hand");
        return;
    }
    let folder = std::env::temp_dir().join(format!("ifs-ours-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for (api, path) in upstream() {
        let ours = folder.join(format!("{api}.yaml"));
        std::fs::write(&ours, ifs(&[&api]).stdout).unwrap();
        let allowed = root().join("docs/openapi-deviations.yaml");
        let differ = Command::new(&tool).args([&path, &ours]).arg("--allow").arg(allowed).output().unwrap();
        assert!(differ.status.success(), "{api}:\n{}", stdout(&differ));
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn an_api_that_is_none_is_said() {
    for name in ["IFS10", "ifs02", "IFS02.1", ""] {
        assert_eq!(ifs(&[name]).status.code(), Some(2), "{name}");
    }
}
