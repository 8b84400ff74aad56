//! The sidecar that the filter is compared with: what a careful person writes for one university by hand.
//!
//! axum in front, hyper's pooled client behind, serde structs with the members it reads and no others. It answers the
//! same bytes as the filter does with `mappings/`; it shares no code with the engine.

mod answer;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use clap::Args;
use http_body_util::{BodyExt, Empty, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;
use xtask::{Context, Error, Result};

use answer::Courses;

/// How long one call to the system may take, as in the mappings.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Most bytes of an answer of the system, as the filter's `limits.legacy_body`.
const BODY_LIMIT: usize = 4_194_304;
/// What the sidecar prints before its address once it listens.
pub const LISTENING: &str = "listening ";

/// How the sidecar is started.
#[derive(Args)]
pub struct Arguments {
    /// The legacy system's address
    #[arg(long)]
    legacy: SocketAddr,
    /// The academic years asked for, each in a call of its own; none asks once for all
    #[arg(long)]
    year: Vec<u16>,
    /// The current academic year's first calendar year
    #[arg(long)]
    current: u16,
}

struct Shared {
    client: Client<HttpConnector, Empty<Bytes>>,
    legacy: SocketAddr,
    years: Vec<u16>,
    current: u16,
    courses: Courses,
}

/// Serves until it is ended.
pub fn run(arguments: &Arguments) -> Result<()> {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let shared = Shared {
        client: Client::builder(TokioExecutor::new()).build(connector),
        legacy: arguments.legacy,
        years: arguments.year.clone(),
        current: arguments.current,
        courses: Courses::load()?,
    };
    let app = Router::new().route("/ifs02/academic-enrollments", post(enrollments)).with_state(Arc::new(shared));
    // As many workers as Envoy has.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.context("starting tokio")?.block_on(async {
        let any = SocketAddr::from((IpAddr::V4(Ipv4Addr::LOCALHOST), 0));
        let listener = tokio::net::TcpListener::bind(any).await.context("listening")?;
        println!("{LISTENING}{}", listener.local_addr().context("listening")?);
        axum::serve(axum::serve::ListenerExt::tap_io(listener, |stream| drop(stream.set_nodelay(true))), app)
            .await
            .context("serving")
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    tax_code: String,
}

async fn enrollments(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    let request = match serde_json::from_slice::<Request>(&body) {
        Ok(request) if is_tax_code(&request.tax_code) => request,
        _ => return StatusCode::BAD_REQUEST.into_response(),
    };
    let bodies = match shared.years[..] {
        [] => read(&shared, &request.tax_code, None).await.map(|body| vec![body]),
        [a, b, c] => {
            let list = |year| read(&shared, &request.tax_code, Some(year));
            tokio::try_join!(list(a), list(b), list(c)).map(|(a, b, c)| vec![a, b, c])
        }
        _ => Err(Error::new("one list or three")),
    };
    let Ok(bodies) = bodies else {
        return (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "30")]).into_response();
    };
    match answer::write(&bodies, &request.tax_code, &shared.courses, shared.current) {
        Ok(Some(json)) => {
            ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")], json).into_response()
        }
        Ok(None) => StatusCode::BAD_REQUEST.into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Length and alphabet; the rest of the contract's pattern would cost the sidecar more.
fn is_tax_code(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

async fn read(shared: &Shared, tax_code: &str, year: Option<u16>) -> Result<Bytes> {
    let year = year.map(|year| format!("&aaIscrId={year}")).unwrap_or_default();
    let path = format!("http://{}/e3rest/api/iscrizioni?codFis={tax_code}{year}", shared.legacy);
    let uri: Uri = path.parse().context("the call's address")?;
    let whole = async {
        let answer = shared.client.get(uri).await.context("calling the system")?;
        if answer.status() != StatusCode::OK {
            return Err(Error::new("the system refused"));
        }
        let body = Limited::new(answer.into_body(), BODY_LIMIT).collect().await;
        Ok(body.map_err(|error| Error::new(error.to_string()))?.to_bytes())
    };
    tokio::time::timeout(TIMEOUT, whole).await.context("waiting for the system")?
}
