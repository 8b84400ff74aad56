//! What an exchange has at hand while it handles an event.

use crate::cursor::Keys;
use crate::key::Key;
use crate::outbox::{CallIds, Outbox};
use crate::plan::Plan;
use crate::store::SharedStore;
use crate::wire::ExchangeId;

/// What an exchange has at hand while it handles an event.
#[derive(Debug)]
pub(crate) struct Turn<'t> {
    /// The exchange's name.
    pub id: ExchangeId,
    /// The mapping.
    pub plan: &'t Plan,
    /// What all engines of the process share.
    pub store: &'t dyn SharedStore,
    /// What cursors are sealed with, where something is walked.
    pub keys: Option<&'t Keys>,
    /// What changes are known by, where something is changed.
    pub references: Option<&'t Key>,
    /// The monotonic clock, milliseconds.
    pub tick_ms: u64,
    /// Where calls get their names from.
    pub ids: &'t mut CallIds,
    /// What the engine is to do.
    pub out: &'t mut Outbox,
}
