//! What `SECURITY.md` promises by "never", "always" or "at most" is shown by something that would fail without it.

const PAGE: &str = "SECURITY.md";

/// The words of a promise.
const WORDS: [&str; 3] = ["never", "always", "at most"];

/// A part of each sentence that promises, and what shows it.
const SHOWN: [(&str, &str); 8] = [
    ("they are never read of it", "tests/scenarios/trust/partner-named-as-client.yaml"),
    ("never half an answer for a whole", "tests/scenarios/legacy/reset-mid-body.yaml"),
    ("One source, never two", "tests/scenarios/trust/two-sources.yaml"),
    ("never a document that was cut short", "tests/scenarios/legacy/truncated.yaml"),
    ("a day at most", "tests/scenarios/trust/voucher-endless.yaml"),
    ("a connection lives for", "tests/harness/src/trust/connections.rs"),
    ("never its message", "tests/harness/src/containment/traps.rs"),
    ("never \"unknown student\" because a system was down", "tests/scenarios/legacy/refused.yaml"),
];

/// Sentences with those words that promise nothing: what readers are asked, and what somebody could try.
const NONE: [&str; 3] =
    ["Never send personal data", "send slowly, or never end", "use a token that ends in years, or never"];

/// Sentences and cells of tables, each in one line.
fn sentences(page: &str) -> Vec<String> {
    let mut all = Vec::new();
    for block in page.split("\n\n").flat_map(|block| block.split("\n* ")).flat_map(|block| block.split('|')) {
        let line = block.split_whitespace().collect::<Vec<_>>().join(" ");
        all.extend(line.split_inclusive(". ").map(str::to_owned));
    }
    all
}

#[test]
fn what_is_promised_is_shown() {
    let page = crate::text(PAGE);
    let promises = |sentence: &str| {
        let lower = sentence.to_lowercase();
        let words: Vec<&str> = lower.split(|c: char| !c.is_ascii_alphabetic() && c != ' ').collect();
        WORDS.iter().any(|word| words.iter().any(|part| format!(" {part} ").contains(&format!(" {word} "))))
    };
    let found: Vec<String> = sentences(&page).into_iter().filter(|sentence| promises(sentence)).collect();
    for sentence in &found {
        let known = SHOWN.iter().map(|(part, _)| *part).chain(NONE).any(|part| sentence.contains(part));
        assert!(known, "{PAGE}: nothing shows this: {sentence}");
    }
    for part in SHOWN.iter().map(|(part, _)| *part).chain(NONE) {
        assert!(found.iter().any(|sentence| sentence.contains(part)), "{PAGE} does not say: {part}");
    }
    for (part, file) in SHOWN {
        assert!(crate::file(file).exists(), "{part}: there is no {file}");
    }
}
