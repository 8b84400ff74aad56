//! An OAuth2 token endpoint (RFC 6749 §4.4, client credentials), as a legacy system's identity provider has one.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use super::{Reply, Request, Server};
use crate::authority::Authority;
use crate::claims::uuid;
use crate::error::Result;
use crate::tls;

/// Tokens that are remembered; older ones are accepted no more.
const MOST_TOKENS: usize = 1000;

/// Gives opaque access tokens to one client, on 127.0.0.1, until dropped. The secret may come by Basic or in the body.
pub struct TokenServer {
    server: Server,
    state: Arc<State>,
}

struct State {
    client: String,
    secret: String,
    lasts: Duration,
    refused: AtomicUsize,
    tokens: Mutex<Vec<String>>,
}

impl TokenServer {
    /// Answers `POST /token`; over TLS if an authority is given. Tokens say that they last `lasts`.
    ///
    /// # Errors
    /// The port is taken, or the authority's files cannot be read.
    pub fn start(
        authority: Option<&Authority>,
        port: u16,
        (client, secret): (&str, &str),
        lasts: Duration,
    ) -> Result<Self> {
        let state = Arc::new(State {
            client: client.to_owned(),
            secret: secret.to_owned(),
            lasts,
            refused: AtomicUsize::new(0),
            tokens: Mutex::new(Vec::new()),
        });
        let theirs = Arc::clone(&state);
        let tls = authority.map(tls::server).transpose()?;
        let server = Server::start(port, tls, move |request| Some(theirs.answer(request)))?;
        Ok(Self { server, state })
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.server.addr()
    }

    /// The tokens given, oldest first.
    #[must_use]
    pub fn tokens(&self) -> Vec<String> {
        self.state.tokens.lock().map(|tokens| tokens.clone()).unwrap_or_default()
    }

    /// How many requests were refused.
    #[must_use]
    pub fn refused(&self) -> usize {
        self.state.refused.load(Ordering::SeqCst)
    }

    /// Whether a token is one of those given.
    #[must_use]
    pub fn accepts(&self, token: &str) -> bool {
        self.state.tokens.lock().is_ok_and(|tokens| tokens.iter().any(|given| given == token))
    }
}

impl State {
    fn answer(&self, request: &Request) -> Reply {
        let reply = |status, body: String| Reply { status, body, delay: Duration::ZERO };
        if request.path != "/token" {
            return reply(404, String::new());
        }
        if request.method != "POST" {
            return reply(405, String::new());
        }
        let form = form(&request.body);
        let field = |name: &str| form.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
        let basic = request.authorization.as_deref().and_then(basic);
        let given = basic.or_else(|| Some((field("client_id")?.to_owned(), field("client_secret")?.to_owned())));
        if given != Some((self.client.clone(), self.secret.clone())) {
            self.refused.fetch_add(1, Ordering::SeqCst);
            return reply(401, json!({ "error": "invalid_client" }).to_string());
        }
        if field("grant_type") != Some("client_credentials") {
            self.refused.fetch_add(1, Ordering::SeqCst);
            return reply(400, json!({ "error": "unsupported_grant_type" }).to_string());
        }
        let (Ok(token), Ok(mut tokens)) = (uuid(), self.tokens.lock()) else { return reply(500, String::new()) };
        if tokens.len() >= MOST_TOKENS {
            tokens.remove(0);
        }
        tokens.push(token.clone());
        let lasts = self.lasts.as_secs();
        reply(200, json!({ "access_token": token, "token_type": "Bearer", "expires_in": lasts }).to_string())
    }
}

/// Name and password of a Basic credential (RFC 7617).
fn basic(value: &str) -> Option<(String, String)> {
    let text = String::from_utf8(BASE64_STANDARD.decode(value.strip_prefix("Basic ")?.trim()).ok()?).ok()?;
    // RFC 6749 §2.3.1: both parts are form-encoded before.
    text.split_once(':').map(|(name, password)| (decode(name), decode(password)))
}

/// The fields of a form (`application/x-www-form-urlencoded`).
fn form(body: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(body);
    text.split('&').filter_map(|pair| pair.split_once('=')).map(|(name, value)| (decode(name), decode(value))).collect()
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        let hex = || std::str::from_utf8(after.get(..2)?).ok().and_then(|two| u8::from_str_radix(two, 16).ok());
        match first {
            b'+' => bytes.push(b' '),
            b'%' => match hex() {
                Some(byte) => {
                    bytes.push(byte);
                    rest = after.get(2..).unwrap_or_default();
                }
                None => bytes.push(b'%'),
            },
            other => bytes.push(*other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
