//! What a night costs the systems, told beforehand: how many calls a walk of all students makes at most, and every other
//! request. It is reckoned from the bundle alone, for lists that stand still, and as if no answer were kept (`cache`) and no
//! session opened.
//!
//! A bundle does not say how long a student's lists are: how often a call is made for one student is given, or assumed, and
//! what was assumed is said.

use std::collections::{BTreeMap, BTreeSet};

use adapter_core::bundle::{Bundle, Call, CallIndex, Feed, Pages, Walk};
use adapter_core::contract::OperationId;

/// Requests of one consumer on one day that the contract lets a walk have.
pub const QUOTA: u64 = 1_440;
/// Most students that are answered at once on a page.
const WIDEST: u64 = 16;
/// Hundredths of a page's time in which students are begun.
const BEGUN: u64 = 60;
/// Times are reckoned in thousandths of a call.
pub const ONE: u64 = 1_000;

/// For what a night is reckoned.
#[derive(Clone, Debug)]
pub struct Size {
    /// Students in the list of those who are enrolled.
    pub students: u64,
    /// Students in the list of those who have a title.
    pub titles: u64,
    /// Rows of a walk's list by its operation, where they are more than its students.
    pub rows: BTreeMap<String, u64>,
    /// How often a call is made for one student or request, by its name, in thousandths; pages are counted.
    pub calls: BTreeMap<String, u64>,
    /// How often a call with `for` is made where nothing is said, in calls.
    pub loops: u64,
    /// How long a system takes to answer one call, milliseconds; where it is known, slow pages are shorter.
    pub latency_ms: Option<u64>,
}

/// What a night costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Night {
    /// Its walks, in the contract's order.
    pub walks: Vec<Walked>,
    /// Calls of one reading of all lists for the index by key; none where the mapping finds a student by key itself, or
    /// lists nobody.
    pub index: Option<u64>,
    /// Most calls of one request of every other operation, in the contract's order.
    pub requests: Vec<(OperationId, Cost)>,
    /// How often calls with `for` were taken to be made, by name: nothing was said of them.
    pub assumed: BTreeMap<String, u64>,
}

/// Calls by name, in thousandths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// How often each is made.
    pub calls: Vec<(String, u64)>,
}

/// What ends a page of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// It has as many students as the mapping's `page` says.
    Page,
    /// One more could make more calls than `limits.calls`.
    Calls,
    /// One more would come too late for `limits.deadline`.
    Time,
}

/// What a walk costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walked {
    /// The operation.
    pub operation: OperationId,
    /// The walk's name.
    pub walk: String,
    /// Students of its list.
    pub students: u64,
    /// Rows of its list.
    pub rows: u64,
    /// Rows of a page of the system; none of a list that is read whole.
    pub size: Option<u64>,
    /// Students of a page of the answer, and why not more.
    pub page: (u64, Ends),
    /// Most students of a page as the mapping writes it.
    pub written: u64,
    /// The least page with which the walk fits a day, and the calls that such a page may make.
    pub least: (u64, u64),
    /// The system is too slow for such a page.
    pub slow: bool,
    /// Pages of the answer.
    pub pages: u64,
    /// Calls that read the list: each page of the system once, and what pages of the answer read again.
    pub list: (u64, u64),
    /// Calls of a page of the answer that depend on no student.
    pub common: Cost,
    /// Calls of a student.
    pub student: Cost,
    /// All of them, but no more than `limits.calls` lets the pages make.
    pub calls: u64,
    /// It reads a second list of those who are there no more, where it is asked for what is new.
    pub deleted: bool,
}

impl Cost {
    /// All calls, in whole ones.
    pub fn total(&self) -> u64 {
        self.thousandths().div_ceil(ONE)
    }

    fn thousandths(&self) -> u64 {
        self.calls.iter().fold(0, |sum, (_, calls)| sum.saturating_add(*calls))
    }
}

impl Night {
    /// Calls of the walks and of the index, once each.
    pub fn calls(&self) -> u64 {
        let walks = self.walks.iter().map(|walked| walked.calls);
        walks.chain(self.index).fold(0, u64::saturating_add)
    }
}

impl Walked {
    /// Whether a consumer can have it on one day.
    pub fn fits_a_day(&self) -> bool {
        self.pages <= QUOTA
    }
}

/// Names in `size` that no call of the bundle and no walk has.
///
/// # Errors
/// Names the first, and what there is.
pub fn known(bundle: &Bundle, size: &Size) -> Result<(), String> {
    let calls: BTreeSet<&str> = bundle.calls.iter().map(|call| call.name.as_str()).collect();
    let walks: BTreeSet<&str> = bundle.walks.iter().map(|(operation, _)| operation.as_str()).collect();
    let list = |names: &BTreeSet<&str>| names.iter().copied().collect::<Vec<_>>().join(", ");
    if let Some(name) = size.calls.keys().find(|name| !calls.contains(name.as_str())) {
        return Err(format!("the mapping has no call `{name}`; it has {}", list(&calls)));
    }
    match size.rows.keys().find(|name| !walks.contains(name.as_str())) {
        Some(name) if walks.is_empty() => Err(format!("{name} walks nothing: the mapping lists no students")),
        Some(name) => Err(format!("{name} walks nothing; these do: {}", list(&walks))),
        None => Ok(()),
    }
}

/// Reckons a night.
pub fn reckon(bundle: &Bundle, size: &Size) -> Night {
    let desk = Desk { bundle, size };
    let mut walks: Vec<Walked> = bundle.walks.iter().filter_map(|(name, walk)| desk.walked(name, walk)).collect();
    walks.sort_by_key(|walked| walked.operation);
    let lists = walks.iter().map(|walked| walked.list.0);
    let index = bundle.key_index.as_ref().map(|index| match &index.everybody {
        Some(everybody) => {
            // A page that is not full ends the list.
            let pages = |rows: u64| size.students.checked_div(rows).unwrap_or(0).saturating_add(1);
            desk.page_of(&everybody.feed).map_or(1, pages)
        }
        None => lists.fold(0, u64::saturating_add),
    });
    let mut requests: Vec<(OperationId, Cost)> = Vec::new();
    for (name, recipe) in bundle.operations.iter() {
        let Some(id) = OperationId::named(name) else { continue };
        let by_key = bundle.by_key.iter().filter(|_| id.operation().is_by_key()).flat_map(|found| &found.calls);
        let paged = bundle.rows.iter().find(|(known, _)| known == name).map(|(_, walk)| u64::from(walk.page));
        let loops = if id.operation().about.one() { size.loops } else { paged.unwrap_or(bundle.limits.fan_out) };
        requests.push((id, desk.cost(recipe.calls.iter().chain(by_key), loops)));
    }
    requests.sort_by_key(|(id, _)| *id);
    let one = requests.iter().filter(|(id, _)| id.operation().about.one()).map(|(_, cost)| cost);
    let made = walks.iter().map(|walked| &walked.student).chain(one).flat_map(|cost| &cost.calls);
    let made: BTreeSet<&str> = made.map(|(name, _)| name.as_str()).collect();
    let assumed = bundle.calls.iter().filter(|call| call.each.is_some() && made.contains(call.name.as_str()));
    let assumed = assumed.filter(|call| !size.calls.contains_key(&call.name));
    let assumed = assumed.map(|call| (call.name.clone(), size.loops.min(bundle.limits.fan_out))).collect();
    Night { walks, index, requests, assumed }
}

struct Desk<'d> {
    bundle: &'d Bundle,
    size: &'d Size,
}

impl Desk<'_> {
    /// How often a call is made, in thousandths: as is said, else once, or for each of some elements.
    fn times(&self, call: &Call, loops: u64) -> u64 {
        self.size.calls.get(&call.name).copied().unwrap_or_else(|| self.assumed(call, loops))
    }

    fn assumed(&self, call: &Call, loops: u64) -> u64 {
        let times = if call.each.is_some() { loops.min(self.bundle.limits.fan_out) } else { 1 };
        times.saturating_mul(ONE)
    }

    fn cost<'c>(&self, calls: impl Iterator<Item = &'c CallIndex>, loops: u64) -> Cost {
        let calls: BTreeSet<CallIndex> = calls.copied().collect();
        let calls = calls.iter().filter_map(|index| self.bundle.calls.get(index.at()));
        Cost { calls: calls.map(|call| (call.name.clone(), self.times(call, loops))).collect() }
    }

    fn walked(&self, name: &str, walk: &Walk) -> Option<Walked> {
        let operation = OperationId::named(name)?;
        let recipe = self.bundle.operations.get(operation.operation().does.answer_of()?.name())?;
        let students = if operation == OperationId::Ifs07_1 { self.size.titles } else { self.size.students };
        let rows = self.size.rows.get(name).copied().unwrap_or(students).max(students);
        let once = walk.once.iter().flat_map(|once| &once.calls);
        let of_student: Vec<CallIndex> =
            recipe.calls.iter().chain(once).filter(|call| !walk.shared.contains(call)).copied().collect();
        let student = self.cost(of_student.iter(), self.size.loops);
        let before = walk.feed.calls.iter().filter(|call| **call != walk.feed.call);
        let common = self.cost(walk.shared.iter().chain(before), self.bundle.limits.fan_out);
        let size = self.page_of(&walk.feed);
        let most = of_student.iter().filter_map(|index| self.bundle.calls.get(index.at()));
        let most = most.map(|call| self.most(call)).fold(0, u64::saturating_add).max(ONE);
        let width = self.width(&recipe.calls);
        let paging = Paging {
            common: common.total(),
            each: student.thousandths().max(ONE),
            most,
            per_page: |page: u64| match size {
                Some(size) => {
                    let of_page = rows.saturating_mul(page).checked_div(students.max(1)).unwrap_or(page);
                    of_page.div_ceil(size).saturating_add(2)
                }
                None => 1,
            },
        };
        let limits = &self.bundle.limits;
        let written = u64::from(walk.page);
        let in_time = self.size.latency_ms.map(|latency| {
            let time = limits.deadline.saturating_mul(BEGUN).checked_div(100).unwrap_or(0);
            let one = latency.max(1).saturating_mul(self.depth(&of_student));
            width.saturating_mul(time).checked_div(one).unwrap_or(0).max(1)
        });
        // Fewer students take fewer pages of the list, and leave room for more: the greatest that holds.
        let in_calls = (1..=written).rev().find(|page| paging.needs(*page) <= limits.calls).unwrap_or(1);
        let mut page = (written, Ends::Page);
        for (limit, ends) in [(Some(in_calls), Ends::Calls), (in_time, Ends::Time)] {
            page = limit.filter(|limit| *limit < page.0).map_or(page, |limit| (limit, ends));
        }
        let least = students.div_ceil(QUOTA).max(1);
        let pages = students.div_ceil(page.0).max(1);
        let (list, again) = match size {
            // A page of the answer begins on the page where the one before ended, and may end with students read beforehand.
            Some(size) => {
                let again = 2_u64.saturating_add(width.checked_div(size).unwrap_or(0));
                (rows.checked_div(size).unwrap_or(0).saturating_add(1), pages.saturating_sub(1).saturating_mul(again))
            }
            None => (1, pages.saturating_sub(1)),
        };
        let each = student.thousandths().saturating_mul(students).div_ceil(ONE);
        let shared = common.total().saturating_mul(pages);
        let calls = [each, shared, list, again].into_iter().fold(0, u64::saturating_add);
        // Students who are begun and do not come onto the page are begun again.
        let begun_twice = match page.1 {
            Ends::Page => 0,
            Ends::Calls | Ends::Time => pages.saturating_mul(width).saturating_mul(most).div_ceil(ONE),
        };
        let ceiling = pages.saturating_mul(self.bundle.limits.calls);
        Some(Walked {
            operation,
            walk: walk.name.clone(),
            students,
            rows,
            size,
            page,
            written,
            least: (least, paging.needs(least)),
            slow: in_time.is_some_and(|limit| limit < least),
            pages,
            list: (list, again),
            common,
            student,
            calls: calls.saturating_add(begun_twice).min(ceiling),
            deleted: walk.deleted.is_some(),
        })
    }

    /// How often a call is made for one student at most, where what is said may be how often on the average.
    fn most(&self, call: &Call) -> u64 {
        self.times(call, self.size.loops).max(self.assumed(call, self.size.loops))
    }

    fn page_of(&self, feed: &Feed) -> Option<u64> {
        match self.bundle.calls.get(feed.call.at()).map(|call| &call.pages) {
            Some(Pages::Many(paging)) => Some(u64::from(paging.size).max(1)),
            _ => None,
        }
    }

    /// How many students are answered at once.
    fn width(&self, calls: &[CallIndex]) -> u64 {
        let calls = calls.iter().filter_map(|index| self.bundle.calls.get(index.at()));
        let systems = calls.filter_map(|call| self.bundle.systems.get(call.system.at()));
        systems.map(|system| u64::from(system.parallel)).max().unwrap_or(1).clamp(1, WIDEST)
    }

    /// How many calls wait for one another in turn.
    fn depth(&self, calls: &[CallIndex]) -> u64 {
        let mut depths: BTreeMap<CallIndex, u64> = BTreeMap::new();
        let mut sorted = calls.to_vec();
        sorted.sort_unstable();
        for index in sorted {
            let Some(call) = self.bundle.calls.get(index.at()) else { continue };
            let before = call.needs.iter().filter_map(|need| depths.get(need)).max().copied().unwrap_or(0);
            depths.insert(index, before.saturating_add(1));
        }
        depths.values().max().copied().unwrap_or(1)
    }
}

/// What a page of the answer takes.
struct Paging<F> {
    /// Calls that depend on no student.
    common: u64,
    /// Calls of a student, in thousandths: on the average, and at most.
    each: u64,
    most: u64,
    /// Calls that read the list for so many students.
    per_page: F,
}

impl<F: Fn(u64) -> u64> Paging<F> {
    /// The calls that a page of so many students must be allowed to make, so that none of them is left for the next.
    fn needs(&self, page: u64) -> u64 {
        let students = self.each.saturating_mul(page.saturating_sub(1)).saturating_add(self.most);
        students.div_ceil(ONE).saturating_add(self.common).saturating_add((self.per_page)(page))
    }
}
