//! What happened in an exchange, for people at a desk: `ifs test --explain`. Behind the feature `explain`, which the
//! filter never has: there is not a byte of it at the edge, where no value may be written down.
//!
//! A walk has too many runs to be told of: of those only a [`Census`] is taken, for `ifs rehearse`.
//!
//! It stands beside the engine and hears of it through one door, `Listener::told`. What it finds out it finds by
//! evaluating again. Events are data with places in the bundle; who prints them knows where those stand in the
//! mapping's files.

mod census;
mod event;
mod fault;
mod likeness;
mod listener;
mod reason;
mod route;
mod text;
mod undecoded;
mod walk;

pub use crate::note::{Broken, Did, Remark};
pub use census::{Census, Counts, Missed};
pub use event::{End, Event, Root, Rule, Site, Unmade};
pub use listener::Explanation;

use crate::engine::Engine;
use text::Words;

impl Engine {
    /// Explains the next exchange. `variables` are the names of the bundle's variables by slot, as the compiler gives
    /// them; `tables` those of its tables.
    pub fn explain(&mut self, variables: Vec<String>, tables: Vec<String>) -> Explanation {
        let explanation = Explanation::default();
        self.listen(explanation.listener(Words { variables, tables, request: Vec::new() }));
        explanation
    }

    /// Counts over the next exchange what no metric says of a walk.
    pub fn census(&mut self) -> Census {
        let census = Census::default();
        self.listen(census.listener());
        census
    }
}
