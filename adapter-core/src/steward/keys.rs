//! The job of making an index from keys to students: the lists are read a stretch at a time, at the declared pace, and who
//! stands on them goes to the store, with how far that is. So another engine goes on with it where one was; what is read
//! twice is put once.
//!
//! The first generation is made at once, a further one when somebody is asked for who is not in one that is too old to say
//! that this is nobody: at most one in the time that a generation is fresh.

use super::{LOST_MS, StewardTurn};
use crate::counter::{Counter, KeyGauge};
use crate::cursor::Place;
use crate::exchange::{Listing, Stretch};
use crate::key_index::{self, Build, Complete, ENTRY, Entry, MOST, Record};
use crate::plan::{KeyIndex, Plan};
use crate::problem::{Code, Problem};
use crate::session;
use crate::wire::{CallId, CallResult};

/// How often it is told how the index is, milliseconds.
const TELL_MS: u64 = 5_000;

/// Most pages of the lists of one generation: one that never ends has more.
const MOST_PAGES: u32 = 100_000;

/// Longest time for which nothing is asked after a failure, as a system may want it, milliseconds.
const LONGEST_PAUSE_MS: u64 = 3_600_000;

/// The care for the index.
#[derive(Debug, Default)]
pub(super) struct KeysJob {
    /// The stretch that is being read.
    reading: Option<Reading>,
    /// Calls that may be made, in thousandths; less than none where a stretch took more than there were.
    credit: i64,
    /// Until when they are reckoned.
    reckoned: Option<u64>,
    /// When it was last told how the index is.
    told: Option<u64>,
}

#[derive(Debug)]
struct Reading {
    listing: Listing,
    /// What was known when it was begun.
    record: Record,
    /// What that stands over in the store.
    over: Option<u32>,
}

impl KeysJob {
    /// One, where students are found in an index.
    pub fn of(plan: &Plan) -> Option<Self> {
        plan.key_index().map(|_| Self::default())
    }

    /// Whether it waits for this call.
    pub fn awaits(&self, call: CallId) -> bool {
        self.reading.as_ref().is_some_and(|reading| reading.listing.awaits(call))
    }

    pub fn tick(&mut self, turn: &mut StewardTurn<'_>) {
        let Some(index) = turn.plan.key_index() else { return };
        let now = turn.clock.tick_ms;
        self.reckon(index, now);
        let lost = |reading: &mut Reading| now >= reading.listing.deadline().saturating_add(LOST_MS);
        if let Some(reading) = self.reading.take_if(lost) {
            self.failed(turn, reading, &Code::LimitDeadline.into());
        }
        self.go(turn, index);
        if self.told.is_none_or(|told| now.saturating_sub(told) >= TELL_MS) {
            self.told = Some(now);
            tell(turn, index);
        }
    }

    /// A call has ended.
    pub fn on_response(&mut self, turn: &mut StewardTurn<'_>, call: CallId, result: CallResult) {
        let (Some(index), Some(mut reading)) = (turn.plan.key_index(), self.reading.take()) else { return };
        self.reckon(index, turn.clock.tick_ms);
        match reading.listing.on_response(&mut turn.exchange(), call, result) {
            Ok(()) => self.read_on(turn, index, reading),
            Err(problem) => self.failed(turn, reading, &problem),
        }
        self.go(turn, index);
    }

    /// Lets the time that has passed count: a second is as many calls as the pace says, and no more are ever saved up.
    fn reckon(&mut self, index: &KeyIndex, now: u64) {
        let pace = i64::from(index.pace);
        let most = pace.saturating_mul(1_000);
        let passed = now.saturating_sub(self.reckoned.unwrap_or(now));
        let more = i64::try_from(passed).unwrap_or(i64::MAX).saturating_mul(pace);
        self.credit = if self.reckoned.is_none() { 1_000 } else { self.credit.saturating_add(more).min(most) };
        self.reckoned = Some(now);
    }

    /// Begins what is next, if the pace allows it.
    fn go(&mut self, turn: &mut StewardTurn<'_>, index: &KeyIndex) {
        if self.reading.is_some() || self.credit < 1_000 {
            return;
        }
        let Some((record, over)) = due(turn, index) else { return };
        let Some(build) = &record.build else { return };
        let Some(memory) = turn.memory() else { return };
        let from = (build.place.clone(), build.after.clone());
        let list = index.lists.get(usize::from(build.list)).copied();
        let listing = list.ok_or(Code::MappingGateway.into());
        let listing = listing.and_then(|list| Listing::new(&turn.exchange(), memory.freeze(), list, from));
        let Ok(listing) = listing else { return };
        self.read_on(turn, index, Reading { listing, record, over });
    }

    /// Goes on with a stretch, and takes it in once it was read.
    fn read_on(&mut self, turn: &mut StewardTurn<'_>, index: &KeyIndex, mut reading: Reading) {
        let sent = reading.listing.sent();
        let read = reading.listing.advance(&mut turn.exchange());
        let sent = reading.listing.sent().saturating_sub(sent);
        let cost = i64::try_from(sent).unwrap_or(i64::MAX).saturating_mul(1_000);
        self.credit = self.credit.saturating_sub(cost);
        let taken = match read {
            Ok(None) => {
                self.reading = Some(reading);
                return;
            }
            Ok(Some(stretch)) => take(turn, index, &reading, stretch),
            Err(problem) => Err(problem),
        };
        match taken {
            // Were another at work too, what it has noted stands.
            Ok(record) => drop(key_index::note(turn.store, turn.plan, &record, reading.over)),
            Err(problem) => self.failed(turn, reading, &problem),
        }
    }

    /// A stretch could not be read, or not be taken in: it is tried again, later each time.
    fn failed(&mut self, turn: &mut StewardTurn<'_>, reading: Reading, problem: &Problem) {
        let Reading { mut record, over, .. } = reading;
        turn.out.counts.push((Counter::KeyIndexFailures(problem.code), 1));
        let asked = problem.retry_after.map_or(0, |seconds| u64::from(seconds).saturating_mul(1_000));
        let pause = session::pause_ms(record.failures).max(asked).min(LONGEST_PAUSE_MS);
        record.until = turn.clock.tick_ms.saturating_add(pause);
        record.failures = record.failures.saturating_add(1);
        if let Some(build) = record.build.as_mut().filter(|_| problem.code == Code::LegacyMoved) {
            // It is not known any more where in the list it is.
            (build.place, build.after, build.page) = (Place::First, None, [0; 8]);
        }
        key_index::note(turn.store, turn.plan, &record, over);
    }
}

/// What is next, if anything is now, and what it stands over.
fn due(turn: &StewardTurn<'_>, index: &KeyIndex) -> Option<(Record, Option<u32>)> {
    let now = turn.clock.tick_ms;
    let (mut record, over) = match key_index::find(turn.store, turn.plan, index) {
        Some((record, version)) => (record, Some(version)),
        None => (Record::new(index.definition), None),
    };
    // A pause that ends later than any does is of another clock.
    if record.until > now && record.until <= now.saturating_add(LONGEST_PAUSE_MS) {
        return None;
    }
    if record.build.is_none() {
        let wanted = record.complete.is_none_or(|complete| {
            !key_index::is_fresh(&complete, index, now)
                && key_index::is_wanted(turn.store, turn.plan, complete.generation)
        });
        record.build = wanted.then(|| Build::new(now));
    }
    record.build.is_some().then_some((record, over))
}

/// Takes in a stretch: what is known of the index with it.
fn take(turn: &StewardTurn<'_>, index: &KeyIndex, reading: &Reading, stretch: Stretch) -> Result<Record, Problem> {
    let Stretch { codes, nobody, then, page } = stretch;
    let mut record = Record { until: 0, failures: 0, ..reading.record.clone() };
    let set = record.other();
    let Some(build) = &mut record.build else { return Err(Code::MappingGateway.into()) };
    // A system that takes no notice of where a page is to begin gives the same one for ever.
    if page.is_some() && page == Some(build.page) {
        return Err(Code::LegacyPaging.into());
    }
    let entries: Vec<(u8, Entry)> = codes.iter().filter_map(|code| Entry::of(code)).collect();
    let added = key_index::add(turn.store, turn.plan, (set, build.generation), &entries);
    let added = added.ok_or(Code::MappingGateway)?;
    build.students = build.students.saturating_add(u32::try_from(added).unwrap_or(u32::MAX));
    build.left_out = build.left_out.saturating_add(u32::try_from(nobody).unwrap_or(u32::MAX));
    build.pages = build.pages.saturating_add(1);
    if build.students > MOST {
        return Err(Code::LimitRows.into());
    }
    if build.pages > MOST_PAGES {
        return Err(Code::LimitPages.into());
    }
    build.page = page.unwrap_or_default();
    if let Some((place, after)) = then {
        (build.place, build.after) = (place, after);
        return Ok(record);
    }
    (build.place, build.after, build.page) = (Place::First, None, [0; 8]);
    build.list = build.list.saturating_add(1);
    if usize::from(build.list) < index.lists.len() {
        return Ok(record);
    }
    let Build { generation, students, left_out, .. } = *build;
    if !key_index::close(turn.store, turn.plan, (set, generation)) {
        return Err(Code::MappingGateway.into());
    }
    let complete = Some(Complete { generation, ended: turn.clock.tick_ms, students, left_out });
    Ok(Record { set, complete, build: None, ..record })
}

/// Tells how the index is.
fn tell(turn: &mut StewardTurn<'_>, index: &KeyIndex) {
    let now = turn.clock.tick_ms;
    let record = key_index::find(turn.store, turn.plan, index).map(|(record, _)| record).unwrap_or_default();
    let complete = record.complete.unwrap_or_default();
    let building = record.build.as_ref().map_or(0, |build| u64::from(build.students));
    let state = record.complete.map_or(0, |complete| if key_index::is_fresh(&complete, index, now) { 2 } else { 1 });
    let students = u64::from(complete.students);
    let bytes = students.saturating_add(building).saturating_mul(u64::try_from(ENTRY).unwrap_or(0));
    let age =
        record.complete.map_or(0, |complete| now.saturating_sub(complete.generation).checked_div(1_000).unwrap_or(0));
    for gauge in KeyGauge::ALL {
        let value = match gauge {
            KeyGauge::State => state,
            KeyGauge::Age => age,
            KeyGauge::Students => students,
            KeyGauge::LeftOut => u64::from(complete.left_out),
            KeyGauge::Bytes => bytes,
            KeyGauge::Building => building,
        };
        turn.out.counts.push((Counter::KeyIndex(gauge), value));
    }
}
