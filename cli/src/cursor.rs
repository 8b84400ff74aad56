//! `ifs cursor show`

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use adapter_core::contract::OperationId;
use adapter_core::problem::Code;
use adapter_core::value::date::write_instant;
use adapter_core::{CursorKeys, Described, Held, Shown, Unopened, describe};

use crate::check::{complain, summary};
use crate::screen::escaped;
use crate::{Ended, print};

/// Commands about cursors.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Cursor {
    /// Opens a cursor with the gateway's key and says where its walk is, or why it is refused.
    #[command(after_help = HELP)]
    Show(Show),
}

/// What is shown, as it is typed.
#[derive(clap::Args, Debug)]
pub(crate) struct Show {
    /// The cursor, as an answer's `meta.cursor` has it; `-` reads it from standard input.
    #[arg(allow_hyphen_values = true)]
    cursor: String,
    /// The mapping file, or the folder of the pack, that the gateway runs: says whether it would take the cursor.
    mapping: Option<PathBuf>,
    /// A file with the key that seals, 64 hex digits, and on a second line one that opens only. Without it: the variables
    /// `IFS_CURSOR_KEY` and `IFS_CURSOR_KEY_OTHER`, as the filter reads them.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Prints the last student's unit and the page, as the system numbers them. They are somebody's: mind who sees the
    /// screen.
    #[arg(long)]
    show_values: bool,
}

const HELP: &str = "\
A cursor holds no name and no answer, but the number of the last student that was listed: it is said what kind of value
that is, and no more without --show-values.

Exit codes: 0 the cursor is good; 1 it is refused; 2 it cannot be said (no key, no mapping).";

pub(crate) fn run(command: &Cursor) -> Ended {
    let Cursor::Show(show) = command;
    match shown(show) {
        Ok(ended) => ended,
        Err(why) => {
            eprintln!("ifs: {why}");
            Ended::Impossible
        }
    }
}

fn shown(show: &Show) -> Result<Ended, String> {
    let keys = keys(show.key.as_deref())?;
    let bundle = match &show.mapping {
        None => None,
        Some(mapping) if !mapping.exists() => return Err(format!("there is no file {}", mapping.display())),
        Some(mapping) => {
            let outcome = mapping_compiler::compile(mapping);
            if outcome.bundle.is_none() {
                complain(&outcome.report);
                return Err(format!("{}: {}", mapping.display(), summary(&outcome.report)));
            }
            outcome.bundle
        }
    };
    let text = match show.cursor.as_str() {
        "-" => std::io::read_to_string(std::io::stdin()).map_err(|e| format!("standard input: {e}"))?,
        text => text.to_owned(),
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|e| e.to_string())?.as_secs();
    let now = i64::try_from(now).map_err(|e| e.to_string())?;
    match describe(text.trim(), &keys, bundle.as_ref(), now) {
        Err(Unopened::Keys(why)) => Err(match &show.key {
            Some(file) => format!("{}: {}", file.display(), of_file(&why)),
            None => why,
        }),
        Err(Unopened::Cursor(code)) => {
            print(&refusal(code));
            Ok(Ended::WithFindings)
        }
        Ok(cursor) => {
            print(&written(&cursor, bundle.as_ref().map(|b| b.institute.code.as_str()), show.show_values));
            Ok(if cursor.refused.is_some() { Ended::WithFindings } else { Ended::Well })
        }
    }
}

/// The keys: of a file, or of the environment.
fn keys(file: Option<&Path>) -> Result<CursorKeys, String> {
    let Some(file) = file else { return Ok(shell::cursor_keys(|name| std::env::var(name).ok())) };
    let text = std::fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
    let mut lines = text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty());
    let keys = CursorKeys { seals: lines.next(), opens: lines.next() };
    if lines.next().is_some() {
        return Err(format!("{}: it holds one key, or two, a line each", file.display()));
    }
    Ok(keys)
}

/// A complaint about a variable as one about the file's line.
fn of_file(why: &str) -> String {
    let [seals, opens] = shell::CURSOR_KEYS;
    match (why.strip_prefix(opens), why.strip_prefix(seals)) {
        (Some(rest), _) => format!("the second line{rest}"),
        (None, Some(rest)) if rest.contains("not set") => "it holds no key".to_owned(),
        (None, Some(rest)) => format!("the first line{rest}"),
        (None, None) => why.to_owned(),
    }
}

fn refusal(code: Code) -> String {
    let hint = match code {
        Code::CursorCut | Code::CursorAltered => "It is not what the gateway gave: look at who copied or stored it.",
        Code::CursorKey => "Give the key of the gateway that sealed it; replicas must have the same.",
        Code::CursorForm => "Another version of the gateway sealed it, or it is no cursor.",
        _ => "Whoever walks begins again, without a cursor.",
    };
    format!("{}: {}\n{hint}\n", code.as_str(), code.title())
}

fn written(cursor: &Shown, institute: Option<&str>, values: bool) -> String {
    let mut out = String::new();
    let mut line = |name: &str, what: &str| out.push_str(&format!("{name:<11}{what}\n"));
    line("operation", cursor.operation.name());
    if cursor.operation == OperationId::Ifs07_1 {
        let system = match cursor.new_system {
            None => "both",
            Some(false) => "old",
            Some(true) => "new",
        };
        let mode = if cursor.incremental { "incremental" } else { "full" };
        line("filters", &format!("academic_system {system}, sync_mode {mode}"));
    }
    if let Some(year) = cursor.year {
        line("filters", &format!("academic_year {year}/{}", year.saturating_add(1)));
    }
    if let Some(code) = institute {
        let other = cursor.refused == Some(Code::CursorInstitute);
        line("institute", &if other { format!("not {code}, the mapping's") } else { code.to_owned() });
        line(
            "walk",
            &match (&cursor.walk, cursor.refused) {
                (None, _) => "none: the mapping walks nothing for this operation".to_owned(),
                (Some(walk), Some(Code::CursorWalk)) => format!("not the mapping's `{walk}`, as it is written now"),
                (Some(walk), Some(Code::CursorInstitute)) => format!("perhaps `{walk}`: the institute comes first"),
                (Some(walk), _) => format!("`{walk}`"),
            },
        );
    }
    line("began", &instant(cursor.began));
    line("good until ", &instant(cursor.until));
    line("list", if cursor.deleted { "those who are there no more" } else { "those who are there" });
    line(
        "page",
        &match &cursor.page {
            None => "the first of the system's list".to_owned(),
            Some(held) => format!("a page of the system's list, by {}", said(held, values)),
        },
    );
    line(
        "done",
        &match &cursor.unit {
            None => "nothing of this list".to_owned(),
            Some(held) => format!("up to the unit that is {}", said(held, values)),
        },
    );
    match cursor.refused {
        Some(code) => out.push_str(&format!("\n{}", refusal(code))),
        None if institute.is_none() => {
            out.push_str("\nIt can be opened; give the mapping to see whether that takes it.\n")
        }
        None => out.push_str("\nThe mapping takes it.\n"),
    }
    out
}

fn said(held: &Held, values: bool) -> String {
    match (held, held.described()) {
        (Held::Int(number), _) if values => number.to_string(),
        (Held::Text(text), _) if values => format!("`{}`", escaped(text)),
        (_, Described::Number) => "a number".to_owned(),
        (_, Described::Text(1)) => "a text of 1 byte".to_owned(),
        (_, Described::Text(bytes)) => format!("a text of {bytes} bytes"),
    }
}

fn instant(seconds: i64) -> String {
    let mut out = String::new();
    write_instant(seconds.saturating_mul(1_000), &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_names_the_line_of_the_file() {
        assert_eq!(of_file("IFS_CURSOR_KEY is no random key"), "the first line is no random key");
        assert_eq!(of_file("IFS_CURSOR_KEY_OTHER is not 64 hex digits"), "the second line is not 64 hex digits");
        assert_eq!(of_file("IFS_CURSOR_KEY is not set: walks need it"), "it holds no key");
    }
}
