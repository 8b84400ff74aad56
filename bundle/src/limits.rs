//! Every limit, with default and ceiling, in one table. A limit that is hit has its own problem code and counter.

/// One limit: how it is called, what it counts, what it is if nobody says, and the most it may be.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// Key under `limits:` of a mapping.
    pub name: &'static str,
    /// What is counted. Only where bundles are written: at the edge nobody reads it.
    #[cfg(feature = "write")]
    pub unit: &'static str,
    /// Value if the mapping says nothing.
    pub default: u64,
    /// Greatest value a mapping may give.
    pub ceiling: u64,
    /// What it protects against. Only where bundles are written.
    #[cfg(feature = "write")]
    pub about: &'static str,
}

macro_rules! limits {
    ($($(#[$doc:meta])* $name:ident: $unit:literal, $default:literal, $ceiling:literal, $about:literal;)*) => {
        /// Limits of one mapping. Every value is at least 1 and at most its ceiling (checked when a bundle is loaded).
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[cfg_attr(feature = "write", derive(serde::Serialize))]
        pub struct Limits { $(#[doc = $about] pub $name: u64,)* }

        impl Default for Limits {
            fn default() -> Self { Self { $($name: $default,)* } }
        }

        /// The table of limits, in documentation order.
        pub const LIMITS: &[Limit] = &[
            $(Limit {
                name: stringify!($name),
                default: $default,
                ceiling: $ceiling,
                #[cfg(feature = "write")]
                unit: $unit,
                #[cfg(feature = "write")]
                about: $about,
            },)*
        ];

        impl Limits {
            /// The value of a limit by its name.
            pub fn get(&self, name: &str) -> Option<u64> {
                match name { $(stringify!($name) => Some(self.$name),)* _ => None }
            }

            /// Sets a limit by its name; false if there is none of that name.
            pub fn set(&mut self, name: &str, value: u64) -> bool {
                match name { $(stringify!($name) => { self.$name = value; true })* _ => false }
            }
        }
    };
}

limits! {
    body: "bytes", 65_536, 1_048_576, "A request's body. Must stay under the gateway's own buffer, so that the refusal is ours.";
    change_body: "bytes", 262_144, 1_048_576, "A request's body, of operations that change something: what people write there is longer.";
    legacy_body: "bytes", 4_194_304, 33_554_432, "One answer of a system. Looked at before the body is copied into the engine.";
    legacy_total: "bytes", 16_777_216, 67_108_864, "All answers of one exchange together: what an exchange can make the engine hold.";
    calls: "calls", 500, 10_000, "Calls of one exchange, pages included.";
    fan_out: "elements", 100, 1_000, "Elements a call with `for` runs over.";
    pages: "pages", 100, 1_000, "Pages of one list.";
    rows: "rows", 10_000, 100_000, "Rows of one paged list.";
    items: "items", 100_000, 1_000_000, "Items of all lists one exchange builds.";
    steps: "steps", 2_000_000, 50_000_000, "Evaluation steps of one exchange.";
    depth: "levels", 64, 128, "Nesting of a JSON document, the request's or a system's.";
    deadline: "milliseconds", 10_000, 60_000, "Time from the request's arrival to its answer.";
    change_deadline: "milliseconds", 12_000, 60_000, "The same, of operations that change something: a change is not sent unless there is time for it and for its `confirm`, whole.";
    cache: "bytes", 8_388_608, 134_217_728, "Kept answers of calls with `cache`, of all mappings of an institute in one gateway together. An answer over a sixteenth of it is not kept; a new one takes the room of others.";
    exchanges: "exchanges", 512, 10_000, "Exchanges in flight in one VM.";
    consumer: "exchanges", 128, 10_000, "Of these, those of one consumer (or partner). One whose consumer has left counts until its calls have ended.";
    at_once: "calls", 32, 10_000, "Calls in flight to one system from all VMs of a gateway, in equal parts: what the system bears. One consumer has seven eighths of it at most. Further ones wait for their turn, for its `timeout` at most.";
}

impl Limits {
    /// How long a request of an operation may take, milliseconds; one that changes something never less than others.
    pub fn time(&self, changes: bool) -> u64 {
        if changes { self.change_deadline.max(self.deadline) } else { self.deadline }
    }

    /// Most bytes of such a request's body, likewise.
    pub fn room(&self, changes: bool) -> u64 {
        if changes { self.change_body.max(self.body) } else { self.body }
    }

    /// The first limit whose value is zero or above its ceiling.
    pub fn out_of_range(&self) -> Option<&'static Limit> {
        LIMITS.iter().find(|l| self.get(l.name).is_none_or(|v| v == 0 || v > l.ceiling))
    }
}
