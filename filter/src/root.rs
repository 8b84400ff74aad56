//! The root context: takes a configuration or refuses it, and makes a context for each request.

use std::rc::Rc;
use std::time::Instant;

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::ContextType;

use crate::host;
use crate::http::Http;
use crate::shell::Shell;

/// The root context of one plugin configuration.
#[derive(Debug, Default)]
pub struct Root {
    shell: Option<Rc<Shell>>,
}

impl Context for Root {}

impl RootContext for Root {
    fn on_configure(&mut self, size: usize) -> bool {
        let started = Instant::now();
        let loaded = match host::plugin_configuration(size) {
            Ok(configuration) => Shell::load(&configuration, started),
            Err(status) => Err(format!("the host does not give the plugin configuration ({status:?})")),
        };
        match loaded {
            Ok((shell, line)) => {
                if shell.development() {
                    host::warn("trust is `development`: nobody's identity is proved, and loopback alone is answered");
                }
                host::info(&format!("{line}; configured in {} us", shell.age_us()));
                self.shell = Some(Rc::new(shell));
                true
            }
            Err(reason) => {
                host::error(&format!("configuration refused: {reason}"));
                false
            }
        }
    }

    fn create_http_context(&self, context_id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Http::new(context_id, self.shell.clone())))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}
