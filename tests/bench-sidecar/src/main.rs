//! The sidecar that the filter is compared with: what a careful person writes for one university by hand.
//!
//! axum in front, hyper's pooled client behind, connections kept alive on both sides, three calls at one time where
//! three are needed, an allocator made for servers. It answers the same bytes as the filter does with the bench's
//! mappings; it shares no code with the engine.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{Request, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::serve::ListenerExt;
use bench_answer::{Answers, Error, json, path, soap, tax_code};
use clap::Parser;
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long one call to the system may take, as in the mappings.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Most bytes of an answer of the system, as the filter's `limits.legacy_body`.
const BODY_LIMIT: usize = 4_194_304;

/// How it is started.
#[derive(Parser)]
struct Arguments {
    /// The legacy system's address
    #[arg(long)]
    legacy: SocketAddr,
    /// The academic years asked for, each in a call of its own; none asks once for all
    #[arg(long)]
    year: Vec<u16>,
    /// The list is asked for over SOAP
    #[arg(long)]
    soap: bool,
    /// The current academic year's first calendar year
    #[arg(long)]
    current: u16,
    /// Threads
    #[arg(long)]
    workers: usize,
}

struct Shared {
    client: Client<HttpConnector, Full<Bytes>>,
    legacy: SocketAddr,
    years: Vec<u16>,
    soap: bool,
    answers: Answers,
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let shared = Shared {
        client: Client::builder(TokioExecutor::new()).build(connector),
        legacy: arguments.legacy,
        years: arguments.year,
        soap: arguments.soap,
        answers: Answers::new(arguments.current)?,
    };
    let app = Router::new().route("/ifs02/academic-enrollments", post(enrollments)).with_state(Arc::new(shared));
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(arguments.workers).enable_all().build()?.block_on(async {
        let listener = tokio::net::TcpListener::bind((IpAddr::V4(Ipv4Addr::LOCALHOST), 0)).await?;
        println!("listening {}", listener.local_addr()?);
        axum::serve(listener.tap_io(|stream| drop(stream.set_nodelay(true))), app).await?;
        Ok(())
    })
}

/// A list that could not be read.
enum Failure {
    /// The system does not answer.
    Unavailable,
    /// It answers what cannot be understood.
    Broken,
}

impl From<Error> for Failure {
    fn from(_: Error) -> Self {
        Self::Broken
    }
}

async fn enrollments(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    let Some(code) = tax_code(&body) else { return StatusCode::BAD_REQUEST.into_response() };
    match answer(&shared, code).await {
        Ok(Some(json)) => {
            ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")], json).into_response()
        }
        Ok(None) => StatusCode::BAD_REQUEST.into_response(),
        Err(Failure::Unavailable) => (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "30")]).into_response(),
        Err(Failure::Broken) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn answer(shared: &Shared, code: &str) -> Result<Option<Vec<u8>>, Failure> {
    if shared.soap {
        let body = post_soap(shared, code).await?;
        return Ok(shared.answers.write(code, [soap::rows(&body)?])?);
    }
    match shared.years[..] {
        [] => {
            let body = get(shared, code, None).await?;
            Ok(shared.answers.write(code, [json(&body)?])?)
        }
        [a, b, c] => {
            let list = |year| get(shared, code, Some(year));
            let (a, b, c) = tokio::try_join!(list(a), list(b), list(c))?;
            Ok(shared.answers.write(code, [json(&a)?, json(&b)?, json(&c)?])?)
        }
        _ => Err(Failure::Broken),
    }
}

async fn get(shared: &Shared, code: &str, year: Option<u16>) -> Result<Bytes, Failure> {
    let request = Request::get(uri(shared, &path(code, year))?).header(header::ACCEPT, "application/json");
    call(shared, request.body(Full::default())).await
}

async fn post_soap(shared: &Shared, code: &str) -> Result<Bytes, Failure> {
    let request = Request::post(uri(shared, soap::PATH)?)
        .header(header::CONTENT_TYPE, soap::MEDIA_TYPE)
        .header("soapaction", soap::ACTION)
        .body(Full::from(soap::request(code)));
    call(shared, request).await
}

fn uri(shared: &Shared, path: &str) -> Result<Uri, Failure> {
    format!("http://{}{path}", shared.legacy).parse().map_err(|_| Failure::Broken)
}

async fn call(shared: &Shared, request: axum::http::Result<Request<Full<Bytes>>>) -> Result<Bytes, Failure> {
    let request = request.map_err(|_| Failure::Broken)?;
    let whole = async {
        let answer = shared.client.request(request).await.map_err(|_| Failure::Unavailable)?;
        if answer.status() != StatusCode::OK {
            return Err(Failure::Unavailable);
        }
        let body = Limited::new(answer.into_body(), BODY_LIMIT).collect().await;
        Ok(body.map_err(|_| Failure::Unavailable)?.to_bytes())
    };
    tokio::time::timeout(TIMEOUT, whole).await.map_err(|_| Failure::Unavailable)?
}
