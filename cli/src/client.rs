//! Calls over HTTP and HTTPS, one after another, as a gateway would send them.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use adapter_core::{CallRequest, CallResult};
use ureq::http;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

/// Where Linux, BSD and macOS keep the authorities that the machine trusts.
const AUTHORITIES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Where a cluster is, and what a gateway would put into its calls.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// `https://host:port`, without a path.
    pub(crate) origin: String,
    /// Host and port of it.
    pub(crate) host: String,
    /// Headers that the gateway injects.
    pub(crate) injected: Vec<(String, String)>,
}

/// Sends calls.
pub(crate) struct Client {
    agent: ureq::Agent,
    targets: BTreeMap<String, Target>,
}

impl Client {
    /// A client of these clusters; it trusts the machine's authorities, or those of a file.
    pub(crate) fn new(
        targets: BTreeMap<String, Target>,
        authorities: Option<&std::path::Path>,
    ) -> Result<Self, String> {
        let secure = targets.values().any(|target| target.origin.starts_with("https:"));
        let mut config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .allow_non_standard_methods(true)
            // A proxy of the desk's is none of the gateway's.
            .proxy(None)
            .user_agent("")
            .accept("")
            .accept_encoding("");
        if secure {
            let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
            let roots = trusted(authorities)?;
            config = config.tls_config(
                TlsConfig::builder().unversioned_rustls_crypto_provider(provider).root_certs(roots).build(),
            );
        }
        Ok(Self { agent: config.build().new_agent(), targets })
    }

    /// Sends a call, and waits as long as it may take.
    pub(crate) fn call(&self, call: &CallRequest) -> CallResult {
        let Some(target) = self.targets.get(&call.cluster) else { return CallResult::NoCluster };
        self.sent(call, target).unwrap_or_else(|error| ended(&error))
    }

    fn sent(&self, call: &CallRequest, target: &Target) -> Result<CallResult, ureq::Error> {
        let mut request = http::Request::builder().method(call.method).uri(format!("{}{}", target.origin, call.path));
        // The cluster's name is nobody's host: a gateway puts the endpoint's there.
        let host = if call.authority == call.cluster { &target.host } else { &call.authority };
        request = request.header("host", host);
        let replaced = |name: &str| target.injected.iter().any(|(injected, _)| injected.eq_ignore_ascii_case(name));
        for (name, value) in call.headers.iter().filter(|(name, _)| !replaced(name)).chain(&target.injected) {
            request = request.header(name, value);
        }
        let timeout = Some(Duration::from_millis(call.timeout_ms.max(1)));
        let mut response = if call.body.is_empty() {
            self.agent.run(self.agent.configure_request(request.body(())?).timeout_global(timeout).build())?
        } else {
            let request = request.body(call.body.as_slice())?;
            self.agent.run(self.agent.configure_request(request).timeout_global(timeout).build())?
        };
        let status = response.status().as_u16();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
        let headers = headers.collect();
        let most = u64::try_from(call.body_limit).unwrap_or(u64::MAX);
        let mut body = Vec::new();
        match response.body_mut().as_reader().take(most.saturating_add(1)).read_to_end(&mut body) {
            Ok(_) if body.len() > call.body_limit => Ok(CallResult::TooLarge),
            Ok(_) => Ok(CallResult::Answer { status, headers, body }),
            Err(error) => match ureq::Error::from(error) {
                timeout @ ureq::Error::Timeout(_) => Err(timeout),
                _ => Ok(CallResult::Truncated),
            },
        }
    }
}

/// What a gateway would report.
fn ended(error: &ureq::Error) -> CallResult {
    use std::io::ErrorKind;
    match error {
        ureq::Error::Timeout(_) => CallResult::TimedOut,
        ureq::Error::Protocol(_) | ureq::Error::Http(_) => CallResult::Protocol,
        ureq::Error::Io(error) => match error.kind() {
            ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::UnexpectedEof
            | ErrorKind::BrokenPipe => CallResult::Reset,
            ErrorKind::TimedOut => CallResult::TimedOut,
            _ => not_sent(&error.to_string()),
        },
        // The URI has what the mapping writes into it.
        ureq::Error::BadUri(_) => not_sent("its path makes no URI"),
        other => not_sent(&other.to_string()),
    }
}

/// Says why a call could not be sent, which a gateway's operator would find in its log.
fn not_sent(why: &str) -> CallResult {
    eprintln!("ifs: a call was not sent: {why}");
    CallResult::Unreachable
}

fn trusted(file: Option<&std::path::Path>) -> Result<RootCerts, String> {
    let named = std::env::var_os("SSL_CERT_FILE").map(std::path::PathBuf::from);
    let found = AUTHORITIES.iter().map(std::path::PathBuf::from).find(|path| path.is_file());
    let path = file.map(std::path::Path::to_owned).or(named).or(found);
    let path = path.ok_or("no certificates of authorities are found; name a file with --ca")?;
    let bytes = std::fs::read(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let certificates: Vec<_> = parse_pem(&bytes)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if certificates.is_empty() {
        return Err(format!("{} holds no certificate in PEM", path.display()));
    }
    Ok(RootCerts::Specific(Arc::new(certificates)))
}
