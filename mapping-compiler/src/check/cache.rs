//! What may be kept for others: answers that nobody's data decided.

use adapter_core::bundle::Call as Lowered;

use super::Check;
use super::reach::Mentioned;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::Cache;

impl Check<'_> {
    /// How long the answer of a call may be kept, milliseconds; reports why not.
    pub(super) fn cache(&mut self, cache: Option<Cache>, call: &Lowered) -> Option<u64> {
        let cache = cache?;
        if cache.ms == 0 {
            self.error(Code::ValueRange, cache.span, "`cache` must be longer than nothing.");
            return None;
        }
        let mut own = Mentioned::default();
        own.add_call(call);
        self.through_lets(&mut own);
        let system = call.system.at();
        let carries = own.session || self.session_headers.contains(&system);
        // A session that all exchanges share is the institute's own; one whose token changes belongs to one exchange.
        let changing =
            self.mapping.systems.get(system).and_then(|s| s.session.as_ref()).is_some_and(|s| s.next.is_some());
        let wrong = if carries && changing {
            Some(("The session of this call changes with every answer: it belongs to one request.", None))
        } else if own.secret {
            Some(("The request of this call carries a secret, which must not become part of a cache's key.", None))
        } else if own.personal(self.operation) {
            Some((PERSONAL, None))
        } else {
            self.personal_call(&own).map(|name| (PERSONAL, Some(format!("It depends through the call `{name}`."))))
        };
        match wrong {
            None => Some(cache.ms),
            Some((message, help)) => {
                self.report.push(Diagnostic::new(Code::CallCache, cache.span, message).maybe_help(help));
                None
            }
        }
    }

    /// A call that must be made first and asks about somebody.
    fn personal_call(&self, mentioned: &Mentioned) -> Option<String> {
        let calls = self.closure(&mentioned.calls);
        let mut calls = calls.iter().filter_map(|index| self.bundle.calls.get(index.at()));
        let personal = calls.find(|call| {
            let mut mentioned = Mentioned::default();
            mentioned.add_call(call);
            self.through_lets(&mut mentioned);
            mentioned.personal(self.operation)
        });
        personal.map(|call| call.name.clone())
    }
}

const PERSONAL: &str = "The request of this call depends on the student; its answer must not be kept for others.";
