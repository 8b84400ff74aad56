//! `docs/embedding.md` prints the hosts that the tests run.

const PAGE: &str = "docs/embedding.md";

/// The files that are printed, by the word behind the fence.
const PRINTED: [(&str, &str); 2] = [("rust", "host.rs"), ("js", "host.mjs")];

#[test]
fn the_printed_hosts_are_those_that_run() {
    let page = crate::text(PAGE);
    let mut made = page.clone();
    for (language, name) in PRINTED {
        let file = crate::text(&format!("docs/examples/embedding/{name}"));
        let opening = format!("\n```{language}\n");
        let start = made.find(&opening).unwrap_or_else(|| panic!("{PAGE} prints no {language}")) + opening.len();
        let end = start + made.get(start..).and_then(|rest| rest.find("```\n")).expect("a block has an end");
        made.replace_range(start..end, &file);
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(crate::file(PAGE), &made).unwrap();
    }
    assert!(page == made, "{PAGE} prints other files; run UPDATE_DOCS=1 cargo test -p xtask --test docs");
}
