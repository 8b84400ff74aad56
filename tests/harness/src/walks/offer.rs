//! The courses of a year on several pages: together they are the oracle's one list, whatever the size of pages.

use adapter_core::bundle::seal;
use serde_json::{Value, json};
use university::oracle::{Expected, Institute, Question};
use university::{DEFAULT_TODAY, academic_year_of};

use super::{Case, MOST_PAGES, Pair};
use crate::configure::of_pack;
use crate::population::post;
use crate::suite::Suite;

const TARGET: &str = "/ifs01/educational-offering-list";
/// The pack whose courses stand in a list with pages.
const PACK: &str = "esse3-rest";

/// Pages of many courses, of few, and of one.
pub(super) fn cases(suite: &mut Suite) -> Vec<Case> {
    let mut said = Vec::new();
    for most in [256, 7, 1] {
        let name = format!("pages of {most} courses at most are the oracle's list: {PACK} IFS01.1");
        said.push((name, walked(suite, most)));
    }
    said
}

fn walked(suite: &mut Suite, most: u16) -> Result<(), String> {
    let setting = of_pack(PACK);
    let mut bundle = suite.bundles.unsealed(&setting)?;
    bundle.rows.iter_mut().for_each(|(_, walk)| walk.page = most);
    let bundle = seal(&bundle).map_err(|e| e.to_string())?;
    let mut pair = Pair::over(suite, &setting, &bundle)?;
    let population = suite.world.population(&setting.university);
    let operation = Institute::University.operation("IFS01.1").ok_or("the oracle has no courses")?;
    let this = academic_year_of(DEFAULT_TODAY);
    let mut many = false;
    for year in [this, this - 1] {
        let Some(Expected::Answer(bytes)) = operation.expected(&population, &Question::year(year), DEFAULT_TODAY)
        else {
            return Err(format!("the oracle has no answer for {year}"));
        };
        let expected: Value = serde_json::from_slice(&bytes).map_err(|e| e.to_string())?;
        let (found, pages) = pages(&mut pair, year)?;
        println!("offer: {} courses of {year} on {pages} pages of {most} at most", found.len());
        if sorted(&expected["degree_courses"]) != found {
            return Err(format!("{year}: {} courses, and other ones than the oracle's", found.len()));
        }
        many |= pages > 1;
    }
    (many || most > 100).then_some(()).ok_or("one page is all there is".to_owned())
}

/// All items of a year, sorted, and on how many pages they were.
fn pages(pair: &mut Pair, year: u16) -> Result<(Vec<String>, usize), String> {
    let mut all = Vec::new();
    let mut cursor = None::<String>;
    for number in 0..MOST_PAGES {
        let body = |year: u16| json!({ "academic_year": format!("{year}/{}", year + 1), "cursor": cursor });
        let request = post(TARGET, &body(year));
        let answer = pair.engines[number % 2].exchange(&request)?;
        if answer.status != 200 {
            return Err(format!("page {number}: {} {}", answer.status, String::from_utf8_lossy(&answer.body)));
        }
        if pair.engines[(number + 1) % 2].exchange(&request)?.body != answer.body {
            return Err(format!("page {number} is another page at the other engine"));
        }
        if cursor.is_some() {
            let other = pair.engines[0].exchange(&post(TARGET, &body(year + 1)))?;
            if !String::from_utf8_lossy(&other.body).contains("request.cursor-filters") {
                return Err("the cursor is taken for another year".to_owned());
            }
        }
        let page: Value = serde_json::from_slice(&answer.body).map_err(|e| e.to_string())?;
        let items = sorted(&page["degree_courses"]);
        all.extend(items);
        let next = page["meta"]["cursor"].as_str().map(str::to_owned);
        if next.as_ref().is_some_and(|next| next.len() > 512) || (next.is_some() && next == cursor) {
            return Err(format!("page {number}: the cursor leads back, or is too long"));
        }
        if next.is_none() {
            all.sort();
            return Ok((all, number + 1));
        }
        cursor = next;
    }
    Err("the list does not end".to_owned())
}

fn sorted(list: &Value) -> Vec<String> {
    let mut items: Vec<String> = list.as_array().into_iter().flatten().map(Value::to_string).collect();
    items.sort();
    items
}
