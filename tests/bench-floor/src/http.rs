//! One request: its tax code, the calls, the answer.

use std::rc::Rc;
use std::time::Duration;

use bench_answer::{Error, json, path, soap, tax_code};
use proxy_wasm::hostcalls;
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, BufferType, ContextType, MapType};

use crate::settings::{Ask, Settings};

/// The system's cluster, and the host it is called by, as in the mappings.
const CLUSTER: &str = "legacy";
/// How long one call to the system may take, as in the mappings.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Most bytes of an answer of the system, as the filter's `limits.legacy_body`.
const BODY_LIMIT: usize = 4_194_304;
/// Most bytes of a request, as the filter's `limits.body`.
const REQUEST_LIMIT: usize = 65_536;
/// What is asked for.
const PATH: &[u8] = b"/ifs02/academic-enrollments";

/// The context that is configured.
#[derive(Debug, Default)]
pub struct Root(Option<Rc<Settings>>);

impl Context for Root {}

impl RootContext for Root {
    fn on_configure(&mut self, size: usize) -> bool {
        let plugin = hostcalls::get_buffer(BufferType::PluginConfiguration, 0, size).ok().flatten();
        self.0 = plugin.and_then(|plugin| Settings::read(&plugin)).map(Rc::new);
        self.0.is_some()
    }

    fn create_http_context(&self, _: u32) -> Option<Box<dyn HttpContext>> {
        let settings = Rc::clone(self.0.as_ref()?);
        Some(Box::new(Http { settings, tax_code: String::new(), calls: Vec::new(), over: false }))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

/// A request.
struct Http {
    settings: Rc<Settings>,
    tax_code: String,
    /// The calls in their order: the host's token, and what came back.
    calls: Vec<(u32, Option<Vec<u8>>)>,
    /// It was answered.
    over: bool,
}

impl Http {
    /// Answers, once.
    fn reply(&mut self, status: u32, headers: &[(&str, &str)], body: Option<&[u8]>) {
        if !std::mem::replace(&mut self.over, true) {
            let _ = hostcalls::send_http_response(status, headers.to_vec(), body);
        }
    }

    fn unavailable(&mut self) {
        self.reply(503, &[("retry-after", "30"), ("cache-control", "no-store")], None);
    }

    fn begin(&mut self, body: &[u8]) {
        let Some(code) = tax_code(body) else { return self.reply(400, &[], None) };
        self.tax_code = code.to_owned();
        let settings = Rc::clone(&self.settings);
        match &settings.ask {
            Ask::Whole => self.get(&path(code, None)),
            Ask::Years(years) => years.iter().for_each(|year| self.get(&path(code, Some(*year)))),
            Ask::Soap => {
                let headers = [
                    (":method", "POST"),
                    (":path", soap::PATH),
                    (":authority", CLUSTER),
                    ("content-type", soap::MEDIA_TYPE),
                    ("soapaction", soap::ACTION),
                ];
                self.dispatch(&headers, Some(soap::request(code).as_bytes()));
            }
        }
    }

    fn get(&mut self, path: &str) {
        self.dispatch(
            &[(":method", "GET"), (":path", path), (":authority", CLUSTER), ("accept", "application/json")],
            None,
        );
    }

    fn dispatch(&mut self, headers: &[(&str, &str)], body: Option<&[u8]>) {
        match hostcalls::dispatch_http_call(CLUSTER, headers.to_vec(), body, Vec::new(), TIMEOUT) {
            Ok(token) => self.calls.push((token, None)),
            Err(_) => self.unavailable(),
        }
    }

    /// The answer, once every call has come back.
    fn finish(&mut self) {
        let bodies: Option<Vec<Vec<u8>>> = self.calls.iter_mut().map(|(_, body)| body.take()).collect();
        let written = bodies.ok_or(()).and_then(|bodies| self.write(&bodies).map_err(drop));
        match written {
            Ok(Some(body)) => self.reply(
                200,
                &[
                    ("content-type", "application/json"),
                    ("cache-control", "no-store"),
                    // As our filter says where nobody's identity is proved.
                    ("x-ifs-trust", "development"),
                ],
                Some(&body),
            ),
            Ok(None) => self.reply(400, &[], None),
            Err(()) => self.reply(500, &[], None),
        }
    }

    fn write(&self, bodies: &[Vec<u8>]) -> Result<Option<Vec<u8>>, Error> {
        let read = if self.settings.ask == Ask::Soap { soap::rows } else { json };
        let lists = bodies.iter().map(|body| read(body)).collect::<Result<Vec<_>, _>>()?;
        self.settings.answers.write(&self.tax_code, lists)
    }
}

impl Context for Http {
    fn on_http_call_response(&mut self, token: u32, headers: usize, size: usize, _: usize) {
        if self.over {
            return;
        }
        let status = || hostcalls::get_map_value_bytes(MapType::HttpCallResponseHeaders, ":status").ok().flatten();
        if headers == 0 || size > BODY_LIMIT || status().as_deref() != Some(b"200") {
            return self.unavailable();
        }
        let body = hostcalls::get_buffer(BufferType::HttpCallResponseBody, 0, size).ok().flatten();
        if let Some(call) = self.calls.iter_mut().find(|(of, _)| *of == token) {
            call.1 = body;
        }
        if self.calls.iter().all(|(_, body)| body.is_some()) {
            self.finish();
        }
    }
}

impl HttpContext for Http {
    /// Headers whose body is awaited go on to the filter that holds them, as with ours.
    fn on_http_request_headers(&mut self, _: usize, end: bool) -> Action {
        let path = hostcalls::get_map_value_bytes(MapType::HttpRequestHeaders, ":path").ok().flatten();
        if path.as_deref() != Some(PATH) {
            self.reply(404, &[], None);
        }
        if self.over || end { Action::Pause } else { Action::Continue }
    }

    fn on_http_request_body(&mut self, size: usize, end: bool) -> Action {
        if size > REQUEST_LIMIT {
            self.reply(413, &[], None);
        } else if end && !self.over {
            let body = hostcalls::get_buffer(BufferType::HttpRequestBody, 0, size).ok().flatten();
            self.begin(&body.unwrap_or_default());
        }
        Action::Pause
    }
}
