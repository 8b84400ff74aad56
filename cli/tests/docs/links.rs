//! Links between pages lead somewhere.

use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn links_of_the_mapping_pages_lead_somewhere() {
    let root = crate::root();
    let mut pages = vec![root.join("docs/mapping.md"), root.join("docs/it/mappatura.md")];
    for entry in fs::read_dir(root.join("docs/mapping")).unwrap() {
        pages.push(entry.unwrap().path());
    }
    let mut wrong = Vec::new();
    for page in &pages {
        let text = fs::read_to_string(page).unwrap();
        for target in targets(&text) {
            if target.starts_with("http") {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let to: PathBuf = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            if !to.exists() || (!anchor.is_empty() && !has_anchor(&to, anchor)) {
                wrong.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What stands in `](…)`.
fn targets(text: &str) -> Vec<&str> {
    text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target).collect()
}

fn has_anchor(page: &Path, anchor: &str) -> bool {
    let text = fs::read_to_string(page).unwrap_or_default();
    text.lines().filter(|l| l.starts_with('#')).any(|l| slug(l.trim_start_matches('#').trim()) == anchor)
}

/// A heading's anchor as GitHub makes it.
fn slug(heading: &str) -> String {
    let kept = heading.to_lowercase().chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c)).collect::<String>();
    kept.replace(' ', "-")
}
