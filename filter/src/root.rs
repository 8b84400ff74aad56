//! The root context: takes a configuration or refuses it, makes a context for each request, and makes the steward's
//! calls, which belong to no request.

use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Instant;

use adapter_core::Action as Todo;
use adapter_core::SortedMap;
use adapter_core::counter::configurations;

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::ContextType;

use crate::calls::Flight;
use crate::http::Http;
use crate::shell::Shell;
use crate::{calls, host};

/// How often the steward is asked, milliseconds: several times within its lease.
const TICK_MS: u64 = 500;

/// The root context of one plugin configuration.
#[derive(Debug, Default)]
pub struct Root {
    shell: Option<Rc<Shell>>,
    /// Calls in flight by the host's token.
    calls: SortedMap<u32, Flight>,
}

impl Root {
    /// Makes the steward's calls, and what it asks for because of that.
    fn carry_out(&mut self, shell: &Shell, todo: Vec<Todo>) {
        let mut queue = VecDeque::from(todo);
        while let Some(next) = queue.pop_front() {
            match next {
                Todo::Call { call, request, .. } => match calls::send(&request) {
                    Ok(token) => {
                        self.calls.insert(token, Flight::new(call, &request, shell.clock().tick_ms));
                    }
                    Err(result) => {
                        let clock = shell.clock();
                        queue
                            .extend(shell.engine(|e| e.on_steward_response(call, result, clock)).into_iter().flatten());
                    }
                },
                Todo::Count { counter, by } => shell.count(counter, by),
                Todo::Reply { .. } => {}
            }
        }
    }
}

/// The host drops a root context whose configuration was replaced.
impl Drop for Root {
    fn drop(&mut self) {
        if let Some(shell) = &self.shell {
            shell.gives_way();
        }
    }
}

impl Context for Root {
    fn on_http_call_response(&mut self, token: u32, headers: usize, body: usize, _trailers: usize) {
        let (Some(shell), Some(flight)) = (self.shell.clone(), self.calls.remove(&token)) else { return };
        let clock = shell.clock();
        let result = calls::receive(flight, headers, body, || clock.tick_ms);
        #[cfg(feature = "poison-test")]
        crate::poison::answer(&result);
        let todo = shell.engine(|engine| engine.on_steward_response(flight.call, result, clock));
        self.carry_out(&shell, todo.unwrap_or_default());
    }
}

impl RootContext for Root {
    fn on_configure(&mut self, size: usize) -> bool {
        let started = Instant::now();
        let loaded = match host::plugin_configuration(size) {
            Ok(configuration) => Shell::load(&configuration, started),
            Err(status) => Err(format!("the host does not give the plugin configuration ({status:?})")),
        };
        match loaded {
            Ok((shell, line)) => {
                host::mark_development(shell.development());
                if shell.development() {
                    host::warn("trust is `development`: nobody's identity is proved, and loopback alone is answered");
                }
                host::info(&format!("{line}; configured in {} us", shell.age_us()));
                if shell.engine(|engine| engine.needs_steward()) == Some(true)
                    && let Err(status) = host::tick_every(TICK_MS)
                {
                    host::warn(&format!("no timer ({status:?}): sessions are opened by requests alone"));
                }
                host::increment(&configurations(true));
                shell.takes_over();
                self.shell = Some(Rc::new(shell));
                true
            }
            Err(reason) => {
                host::increment(&configurations(false));
                host::error(&format!("configuration refused: {reason}"));
                false
            }
        }
    }

    fn on_tick(&mut self) {
        let Some(shell) = self.shell.clone() else { return };
        let clock = shell.clock();
        let todo = shell.engine(|engine| engine.steward(clock));
        self.carry_out(&shell, todo.unwrap_or_default());
    }

    fn create_http_context(&self, context_id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Http::new(context_id, self.shell.clone())))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}
