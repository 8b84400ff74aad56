//! Which requests and calls are in flight. The engine discards what it does not know, as late answers are nothing
//! wrong; a host that invents calls or ids is, and is told so.

use std::cell::RefCell;
use std::rc::Rc;

use adapter_core::{Action, CallId, CallRequest, ExchangeId, SortedMap};

/// What one engine is owed: shared with the admissions that it has given.
#[derive(Clone, Debug, Default)]
pub struct Book(Rc<RefCell<Entries>>);

#[derive(Debug, Default)]
struct Entries {
    requests: SortedMap<ExchangeId, ()>,
    /// As they were to be sent: one for which there is no room comes back so.
    calls: SortedMap<CallId, CallRequest>,
}

impl Book {
    /// Whether it is the same engine's.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    /// Whether a request of that id is in flight.
    #[must_use]
    pub fn has_request(&self, id: ExchangeId) -> bool {
        self.0.borrow().requests.get(&id).is_some()
    }

    /// A request begins.
    pub fn begin(&self, id: ExchangeId) {
        self.0.borrow_mut().requests.insert(id, ());
    }

    /// A request is over.
    pub fn end(&self, id: ExchangeId) {
        self.0.borrow_mut().requests.remove(&id);
    }

    /// Takes a call off that was in flight.
    pub fn take(&self, call: CallId) -> Option<CallRequest> {
        self.0.borrow_mut().calls.remove(&call)
    }

    /// Notes what the host is asked to do.
    pub fn note(&self, actions: &[Action]) {
        for action in actions {
            match action {
                Action::Call { call, request } => {
                    self.0.borrow_mut().calls.insert(*call, request.clone());
                }
                Action::Reply { id, .. } => self.end(*id),
                Action::Note { .. } | Action::Count { .. } => {}
            }
        }
    }
}
