//! The metrics of one engine, defined when first used.

use adapter_core::counter::{Counter, Kind};
use adapter_core::{Plan, SortedMap};

/// Most metrics one engine defines, besides the one that counts what was left out: a host never forgets one, so what is
/// counted must be bounded whatever is asked.
pub const MOST: usize = 1_024;

/// A host that keeps metrics by their names, and has a number for each.
pub trait Meters {
    /// Defines a metric, or finds the one of that name; none if the host will not.
    fn define(&mut self, kind: Kind, name: &str) -> Option<u32>;

    /// Adds to a counter.
    fn add(&mut self, id: u32, by: u64);

    /// Sets a gauge, or takes a value into a histogram.
    fn record(&mut self, id: u32, value: u64);
}

/// The metrics of one engine.
#[derive(Debug, Default)]
pub struct Metrics {
    ids: SortedMap<(u32, usize), Option<u32>>,
    /// Of what counts what is left out, once something is.
    uncounted: Option<Option<u32>>,
}

impl Metrics {
    /// Adds to a counter, takes a value into a histogram, or sets a gauge. What goes beyond [`MOST`], or what the host will
    /// not define, is left out, and that is counted.
    pub fn count(&mut self, meters: &mut impl Meters, plan: &Plan, counter: Counter, by: u64) {
        let key = counter.key();
        let id = match self.ids.get(&key) {
            Some(id) => *id,
            None if self.ids.len() >= MOST => None,
            None => {
                let id = meters.define(counter.kind(), &counter.name(plan));
                self.ids.insert(key, id);
                id
            }
        };
        match (id, counter.kind()) {
            (Some(id), Kind::Counter) => meters.add(id, by),
            (Some(id), Kind::Gauge | Kind::Histogram) => meters.record(id, by),
            (None, _) => self.leave_out(meters, plan),
        }
    }

    #[cold]
    fn leave_out(&mut self, meters: &mut impl Meters, plan: &Plan) {
        let define = || meters.define(Counter::Uncounted.kind(), &Counter::Uncounted.name(plan));
        if let Some(id) = *self.uncounted.get_or_insert_with(define) {
            meters.add(id, 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use adapter_core::bundle::{Bundle, Institute, SystemIndex, seal};
    use adapter_core::contract::VERSION;
    use adapter_core::counter::{Ended, Target};
    use adapter_core::problem::CODES;

    use super::*;

    /// A host with a place for so many.
    struct Host {
        room: usize,
        values: BTreeMap<String, u64>,
    }

    impl Host {
        fn add_to(&mut self, id: u32, by: u64) {
            let value = self.values.values_mut().nth(usize::try_from(id).unwrap()).unwrap();
            *value = value.checked_add(by).unwrap();
        }
    }

    impl Meters for Host {
        fn define(&mut self, _: Kind, name: &str) -> Option<u32> {
            if self.values.len() >= self.room {
                return None;
            }
            // In the order of their definition.
            let id = self.values.len();
            self.values.insert(format!("{id:05} {name}"), 0);
            Some(u32::try_from(id).unwrap())
        }

        fn add(&mut self, id: u32, by: u64) {
            self.add_to(id, by);
        }

        fn record(&mut self, id: u32, value: u64) {
            self.add_to(id, value);
        }
    }

    fn plan() -> Plan {
        let institute = Institute { code: "9901".to_owned(), academic_year_starts: (10, 1), ..Institute::default() };
        let bundle = Bundle { contract: VERSION.to_owned(), institute, ..Bundle::default() };
        Plan::load(&seal(&bundle).unwrap()).unwrap()
    }

    /// More series than there is room for.
    fn many() -> Vec<Counter> {
        let targets = (1..=9).map(Target::Status).chain([Target::None]);
        let counters: Vec<Counter> = targets
            .flat_map(|target| {
                CODES.iter().flat_map(move |code| {
                    (200..205).map(move |status| Counter::Answers { target, status, problem: Some(*code) })
                })
            })
            .collect();
        assert!(counters.len() > MOST + 10, "{}", counters.len());
        counters
    }

    #[test]
    fn what_is_left_out_is_counted() {
        let (plan, many) = (plan(), many());
        let mut host = Host { room: usize::MAX, values: BTreeMap::new() };
        let mut metrics = Metrics::default();
        for counter in &many {
            metrics.count(&mut host, &plan, *counter, 3);
        }
        // What stands goes on being counted.
        metrics.count(&mut host, &plan, many[0], 4);
        assert_eq!(host.values.len(), MOST + 1);
        let (name, lost) = host.values.last_key_value().unwrap();
        assert!(name.contains("ifs_adapter_uncounted_total;institute="), "{name}");
        assert_eq!(*lost, u64::try_from(many.len() - MOST).unwrap(), "how often, not how many");
        assert_eq!(*host.values.first_key_value().unwrap().1, 7);
    }

    #[test]
    fn what_the_host_will_not_define_is_asked_for_once() {
        let plan = plan();
        let mut host = Host { room: 2, values: BTreeMap::new() };
        let mut metrics = Metrics::default();
        metrics.count(&mut host, &plan, Counter::LateAnswers, 1);
        metrics.count(&mut host, &plan, Counter::BundleInfo, 1);
        // There is no room, for what counts that neither.
        let refused = Counter::Calls { system: SystemIndex(0), ended: Ended::Ok };
        metrics.count(&mut host, &plan, refused, 1);
        host.room = 9;
        metrics.count(&mut host, &plan, refused, 1);
        assert_eq!(host.values.len(), 2);
    }
}
