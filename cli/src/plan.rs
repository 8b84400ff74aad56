//! `ifs plan`: what a night costs the systems, told beforehand.

use std::collections::BTreeMap;
use std::path::PathBuf;

use adapter_core::bundle::Bundle;
use adapter_core::limits::LIMITS;
use mapping_test::night::{self, Cost, Ends, Night, ONE, QUOTA, Size, Walked};

use crate::check::{complain, summary};
use crate::{Ended, print};

/// What is reckoned, as it is typed.
#[derive(clap::Args, Debug)]
pub(crate) struct Plan {
    /// A mapping file, or the folder of a pack.
    #[arg(default_value = ".")]
    mapping: PathBuf,
    /// Students in the list of those who are enrolled (IFS06.1).
    #[arg(long, value_name = "N")]
    students: u64,
    /// Students in the list of those who have a title (IFS07.1); otherwise as many as --students.
    #[arg(long, value_name = "N")]
    titles: Option<u64>,
    /// Rows of a walk's list, where it has more of them than students: IFS06.1=45000.
    #[arg(long, value_name = "OPERATION=N")]
    rows: Vec<String>,
    /// How often a call is made for one student (or one request), pages counted: years=1.4. On the average for a walk, at
    /// most for what one request costs.
    #[arg(long, value_name = "CALL=N")]
    calls: Vec<String>,
    /// How often each call with `for` is made where --calls says nothing.
    #[arg(long, value_name = "N", default_value_t = 3)]
    loops: u64,
    /// How long the system takes to answer one call, milliseconds: a slow one makes pages shorter.
    #[arg(long, value_name = "MS")]
    latency: Option<u64>,
    /// Most calls that a night may cost (20000), or a walk or a request of one operation (IFS06.1=9000, IFS02.1=8): above
    /// that, the command ends with 1.
    #[arg(long, value_name = "N|OPERATION=N")]
    budget: Vec<String>,
}

pub(crate) const HELP: &str = "\
A night is each walk once, from its first page to its last, and the lists once more for the index by key, where the mapping needs one.
Reckoned is at most: nothing is kept (`cache`), logins are left out, and the lists stand still meanwhile. What no mapping says, how long a
student's lists are, is assumed where --calls does not say it; what was assumed stands below the table.

A walk must fit the day: of one consumer a gateway takes 1440 requests a day for IFS06 and IFS07. A mapping whose pages are so small that
a walk takes more is refused.

Exit codes: 0 it fits; 1 a budget or the day is too small, or the mapping has errors; 2 it cannot be reckoned.";

pub(crate) fn run(plan: &Plan) -> Ended {
    match reckoned(plan) {
        Ok(ended) => ended,
        Err(why) => {
            eprintln!("ifs: {why}");
            Ended::Impossible
        }
    }
}

/// The largest `page` of a walk.
const LARGEST_PAGE: u64 = 256;

/// What may be spent on what: none stands for the night.
type Budgets = Vec<(Option<String>, u64)>;

fn reckoned(plan: &Plan) -> Result<Ended, String> {
    let budgets = budgets(&plan.budget)?;
    let size = Size {
        students: plan.students,
        titles: plan.titles.unwrap_or(plan.students),
        rows: pairs("--rows", &plan.rows, whole)?,
        calls: pairs("--calls", &plan.calls, thousandths)?,
        loops: plan.loops,
        latency_ms: plan.latency,
    };
    if !plan.mapping.exists() {
        return Err(format!("there is no file {}", plan.mapping.display()));
    }
    let outcome = mapping_compiler::compile(&plan.mapping);
    let Some(bundle) = &outcome.bundle else {
        complain(&outcome.report);
        eprintln!("{}: {}; nothing is reckoned", plan.mapping.display(), summary(&outcome.report));
        return Ok(Ended::WithFindings);
    };
    night::known(bundle, &size)?;
    let night = night::reckon(bundle, &size);
    print(&written(bundle, &night));
    let refused = refused(bundle, &night, &budgets)?;
    refused.iter().for_each(|why| print(&format!("too much: {why}\n")));
    Ok(if refused.is_empty() { Ended::Well } else { Ended::WithFindings })
}

/// What does not fit.
fn refused(bundle: &Bundle, night: &Night, budgets: &Budgets) -> Result<Vec<String>, String> {
    let mut refused = Vec::new();
    for walked in night.walks.iter().filter(|walked| !walked.fits_a_day()) {
        let what = larger(walked, bundle);
        refused.push(format!(
            "{} needs {} and a day has {}: {what}",
            walked.operation.name(),
            many(walked.pages, "page"),
            grouped(QUOTA),
        ));
    }
    for (name, most) in budgets {
        let (what, calls) = match name {
            None => ("the night".to_owned(), night.calls()),
            Some(name) => {
                let walked = night.walks.iter().find(|walked| walked.operation.name() == name);
                let request = night.requests.iter().find(|(id, _)| id.name() == name);
                match (walked, request) {
                    (Some(walked), _) => (format!("a walk of {name}"), walked.calls),
                    (None, Some((_, cost))) => (format!("a request of {name}"), cost.total()),
                    (None, None) => return Err(format!("--budget {name}: the mapping does not answer {name}")),
                }
            }
        };
        if calls > *most {
            refused.push(format!("{what} costs {} at most, and its budget is {}", many(calls, "call"), grouped(*most)));
        }
    }
    Ok(refused)
}

/// What would make pages large enough for a day.
fn larger(walked: &Walked, bundle: &Bundle) -> String {
    let (page, calls) = walked.least;
    let ceiling = LIMITS.iter().find(|limit| limit.name == "calls").map_or(0, |limit| limit.ceiling);
    if page > LARGEST_PAGE {
        return format!("no page is large enough, the largest has {}", many(LARGEST_PAGE, "student"));
    }
    if calls > ceiling {
        return format!(
            "a page of {page} would make {}, more than any mapping may: make fewer for a student",
            many(calls, "call")
        );
    }
    let mut what = Vec::new();
    if walked.written < page {
        what.push(format!("`page: {page}` or more in the walk `{}`", walked.walk));
    }
    if bundle.limits.calls < calls {
        what.push(format!("`limits: {{ calls: {calls} }}` or more"));
    }
    if walked.slow {
        what.push("a longer `limits.deadline`, or more in `parallel`".to_owned());
    }
    format!("it needs {}", what.join(", and "))
}

fn written(bundle: &Bundle, night: &Night) -> String {
    let mut out = String::new();
    for walked in &night.walks {
        out.push_str(&walk(walked));
    }
    if let Some(index) = night.index {
        out.push_str(&format!("index by key\n{:<20}{}, each time it is built\n\n", "  lists", many(index, "call")));
    }
    if !night.walks.is_empty() {
        out.push_str(&format!("a night costs at most {}\n\n", many(night.calls(), "call")));
    }
    out.push_str("one request costs at most\n");
    for (id, cost) in &night.requests {
        let most = cost.total().min(bundle.limits.calls);
        out.push_str(&format!("  {:<18}{}\n", id.name(), with_names(many(most, "call"), cost)));
    }
    out.push_str(&format!(
        "\nNo request makes more than {} (`limits.calls`). A list is taken to fit one page where --calls says nothing.\n",
        many(bundle.limits.calls, "call")
    ));
    if !night.assumed.is_empty() {
        let assumed = night.assumed.iter().map(|(name, times)| format!("{name}={times}"));
        let assumed: Vec<String> = assumed.collect();
        out.push_str(&format!(
            "Assumed, since no mapping says how long lists are: --calls {}\n",
            assumed.join(" --calls ")
        ));
    }
    out
}

fn walk(walked: &Walked) -> String {
    let mut out = format!("{}, the walk `{}`\n", walked.operation.name(), walked.walk);
    let mut line = |name: &str, what: String| out.push_str(&format!("  {name:<18}{what}\n"));
    let why = match walked.page.1 {
        Ends::Page => "its `page`",
        Ends::Calls => "`limits.calls` ends them",
        Ends::Time => "`limits.deadline` ends them",
    };
    line("answered in", format!("{} of {} ({why})", many(walked.pages, "page"), many(walked.page.0, "student")));
    let (list, again) = walked.list;
    let pages = match walked.size {
        Some(size) => format!("{} in pages of {}", many(walked.rows, "row"), grouped(size)),
        None => "it is read whole for each page of the answer".to_owned(),
    };
    line("list", format!("{} and {} again: {pages}", many(list, "call"), grouped(again)));
    if !walked.common.calls.is_empty() {
        line("for each page", with_names(many(walked.common.total(), "call"), &walked.common));
    }
    line("for each student", with_names(calls_of(&walked.student), &walked.student));
    line("at most", many(walked.calls, "call"));
    if walked.deleted {
        line(
            "besides",
            "with `sync_mode: incremental` the list of those who are there no more, each like a student".to_owned(),
        );
    }
    out.push('\n');
    out
}

fn calls_of(cost: &Cost) -> String {
    let thousandths = cost.calls.iter().fold(0_u64, |sum, (_, calls)| sum.saturating_add(*calls));
    let word = if thousandths == ONE { "call" } else { "calls" };
    format!("{} {word}", decimal(thousandths))
}

fn with_names(calls: String, cost: &Cost) -> String {
    let names: Vec<String> = cost.calls.iter().map(|(name, calls)| format!("{name} {}", decimal(*calls))).collect();
    if names.is_empty() { calls } else { format!("{calls}: {}", names.join(", ")) }
}

fn many(number: u64, what: &str) -> String {
    format!("{} {what}{}", grouped(number), if number == 1 { "" } else { "s" })
}

/// A number with its thousands apart.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        let left = digits.len().saturating_sub(at);
        if at > 0 && left.is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn decimal(thousandths: u64) -> String {
    let whole = thousandths.checked_div(ONE).unwrap_or(0);
    let rest = thousandths.checked_rem(ONE).unwrap_or(0);
    if rest == 0 {
        return whole.to_string();
    }
    format!("{whole}.{rest:03}").trim_end_matches('0').to_owned()
}

fn whole(text: &str) -> Option<u64> {
    text.parse().ok()
}

/// A decimal number with at most three places, in thousandths.
fn thousandths(text: &str) -> Option<u64> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, "0"));
    let places = rest.len();
    if !(1..=3).contains(&places) || !rest.chars().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let rest: u64 = format!("{rest:0<3}").parse().ok()?;
    whole.parse::<u64>().ok()?.checked_mul(ONE)?.checked_add(rest)
}

fn pairs(option: &str, written: &[String], read: fn(&str) -> Option<u64>) -> Result<BTreeMap<String, u64>, String> {
    let mut found = BTreeMap::new();
    for text in written {
        let pair = text.split_once('=').and_then(|(name, number)| Some((name.trim(), read(number.trim())?)));
        let (name, number) = pair.ok_or_else(|| format!("{option} {text}: it is a name, `=` and a number"))?;
        if found.insert(name.to_owned(), number).is_some() {
            return Err(format!("{option} {text}: `{name}` has a number already"));
        }
    }
    Ok(found)
}

fn budgets(written: &[String]) -> Result<Budgets, String> {
    let one = |text: &String| {
        let (name, number) = match text.split_once('=') {
            Some((name, number)) => (Some(name.trim().to_uppercase()), number),
            None => (None, text.as_str()),
        };
        let number =
            number.trim().parse().map_err(|_| format!("--budget {text}: it is a number, or OPERATION=number"))?;
        Ok((name, number))
    };
    written.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_and_written_as_people_do() {
        assert_eq!([grouped(0), grouped(999), grouped(1_440), grouped(1_234_567)], ["0", "999", "1,440", "1,234,567"]);
        assert_eq!([decimal(1_000), decimal(1_400), decimal(25)], ["1", "1.4", "0.025"]);
        assert_eq!([thousandths("1"), thousandths("1.4"), thousandths("0.025")], [Some(1_000), Some(1_400), Some(25)]);
        for wrong in ["", "x", "1.", "1.2345", "-1", "1.2.3"] {
            assert_eq!(thousandths(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_typed_wrongly_is_said() {
        let names = |text: &str| pairs("--calls", &[text.to_owned()], thousandths);
        assert!(names("years").is_err() && names("years=many").is_err());
        assert_eq!(names("years = 1.5").unwrap().get("years"), Some(&1_500));
        assert!(pairs("--calls", &["a=1".to_owned(), "a=2".to_owned()], thousandths).is_err());
        assert_eq!(
            budgets(&["ifs06.1=9".to_owned(), "70".to_owned()]).unwrap(),
            [(Some("IFS06.1".to_owned()), 9), (None, 70)]
        );
    }
}
