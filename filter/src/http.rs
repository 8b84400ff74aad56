//! The context of one request: hands what the host calls back to the [`Request`].

use std::cell::RefCell;
use std::rc::Rc;

use adapter_core::ExchangeId;
use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::Action;

use crate::host;
use crate::loaded::Loaded;
use crate::request::Request;

/// The context of one request.
#[derive(Debug)]
pub struct Http(Rc<RefCell<Request>>);

impl Http {
    /// A request under the engine that is configured now, if one is.
    pub fn new(context_id: u32, loaded: Option<Rc<Loaded>>) -> Self {
        let id = ExchangeId(context_id);
        let request = Rc::new(RefCell::new(Request::new(id, loaded.clone())));
        if let Some(loaded) = loaded {
            loaded.knows(id, Rc::downgrade(&request));
        }
        Self(request)
    }

    fn with(&self, act: impl FnOnce(&mut Request)) {
        match self.0.try_borrow_mut() {
            Ok(mut request) => act(&mut request),
            // The host would have called back into a running callback. Its timers end the request.
            Err(_) => host::error("a request is in use"),
        }
    }
}

impl Context for Http {
    fn on_http_call_response(&mut self, token: u32, headers: usize, body: usize, _trailers: usize) {
        self.with(|request| request.ended(token, headers, body));
    }

    fn on_done(&mut self) -> bool {
        self.with(Request::over);
        true
    }
}

/// The filter answers each request; one that nobody answers is ended by the host's timers.
///
/// A host that is told to pause over the headers holds the body back with them, and there would be nothing to decide
/// on. So the headers of an admitted request go on, as far as the filter behind, which holds them until it has the
/// body; and it never has any of that, as all of the body is paused here. Where there is no such filter the headers meet
/// a route, which must answer by itself.
impl HttpContext for Http {
    fn on_http_request_headers(&mut self, _count: usize, end_of_stream: bool) -> Action {
        #[cfg(feature = "poison-test")]
        crate::poison::request();
        self.with(|request| request.admit(end_of_stream));
        let goes_on = self.0.try_borrow().is_ok_and(|request| request.awaits_body());
        if goes_on { Action::Continue } else { Action::Pause }
    }

    fn on_http_request_body(&mut self, size: usize, end_of_stream: bool) -> Action {
        self.with(|request| request.body(size, end_of_stream));
        Action::Pause
    }

    fn on_http_request_trailers(&mut self, _count: usize) -> Action {
        self.with(Request::trailers);
        Action::Pause
    }
}
