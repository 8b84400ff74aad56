//! A small SOAP service of another make, as a student system of its own: document/literal, SOAP 1.2 or 1.1 as the caller
//! comes, every element of a namespace, most of the answer in attributes, and a token that is good for one call: each
//! answer brings the next one. Its names are invented after public descriptions of such services.

mod career;
mod read;
mod write;

use std::sync::Arc;

use crate::Population;
use crate::server::Options;
use crate::soap::Sessions;
use crate::system::{Call, Reply};
use read::{Request, Unreadable};
use write::{Body, Element, Version};

/// The one path.
pub(crate) const PATH: &str = "/service2/didattica.asmx";

/// Namespace of the operations and of all their elements; an action is this and the operation's name.
pub(crate) const NAMESPACE: &str = "http://www.didattica.example/ws/";

/// Result codes, in `Esito/@Codice`.
const OK: i32 = 0;
const WRONG_CREDENTIALS: i32 = 3;
const WRONG_TOKEN: i32 = 4;
const NO_STUDENT: i32 = 9;

/// The service.
pub(crate) struct Face {
    population: Arc<Population>,
    user: String,
    password: String,
    tokens: Sessions,
}

impl Face {
    /// The service for a population; an empty user name lets everybody log on.
    pub(crate) fn new(population: Arc<Population>, options: &Options) -> Self {
        Self {
            population,
            user: options.user.clone(),
            password: options.password.clone(),
            tokens: Sessions::new(options.session_lasts, options.session_limit),
        }
    }

    /// The population's answer.
    pub(crate) fn answer(&self, call: &Call<'_>) -> Reply {
        let request = match read(call) {
            Ok(request) => request,
            Err(reply) => return reply,
        };
        let (code, given, content) = match request.operation.as_str() {
            "LogonUser" => self.logon(&request),
            "GetCarriera" | "GetIscrizioni" => self.careers(&request),
            _ => return write::fault(request.version, write::SENDER, "Operazione sconosciuta"),
        };
        let token = given.then(|| self.tokens.open());
        reply(&request, code, token.as_deref(), content)
    }

    /// Ends every token.
    pub(crate) fn forget(&self) {
        self.tokens.close_all();
    }

    /// Each token given so far.
    pub(crate) fn tokens(&self) -> Vec<String> {
        self.tokens.made()
    }

    /// A fault of the service's own.
    pub(crate) fn broken(call: &Call<'_>) -> Reply {
        write::fault(version(call), write::RECEIVER, "System.Data.SqlClient.SqlException: Timeout expired.")
    }

    /// An answer with a result code and nothing else.
    pub(crate) fn only_code(call: &Call<'_>, code: i32) -> Reply {
        match read(call) {
            Ok(request) => reply(&request, code, None, None),
            Err(reply) => reply,
        }
    }

    /// Whatever content within an answer of the service's; `prolog` stands before the envelope.
    pub(crate) fn wrapped(call: &Call<'_>, prolog: &str, content: &str) -> Reply {
        write::raw(version(call), prolog, content)
    }

    /// The operation's name.
    pub(crate) fn fragments(call: &Call<'_>) -> Vec<String> {
        read(call).map(|request| vec![request.operation]).unwrap_or_default()
    }

    fn logon(&self, request: &Request) -> (i32, bool, Option<Element>) {
        let right = request.value("UserName") == self.user && request.value("Password") == self.password;
        if self.user.is_empty() || right { (OK, true, None) } else { (WRONG_CREDENTIALS, false, None) }
    }

    /// A token is spent by being shown, whatever it was shown for.
    fn careers(&self, request: &Request) -> (i32, bool, Option<Element>) {
        if !self.tokens.close(request.value("RequestToken")) {
            return (WRONG_TOKEN, false, None);
        }
        let found = if request.operation == "GetCarriera" {
            career::of_person(&self.population, request.value("CodiceFiscale"))
        } else {
            career::one(&self.population, request.value("IdCarriera"))
        };
        (if found.is_some() { OK } else { NO_STUDENT }, true, found)
    }
}

fn reply(request: &Request, code: i32, token: Option<&str>, content: Option<Element>) -> Reply {
    let said = match code {
        OK => "OK",
        WRONG_CREDENTIALS => "CREDENZIALI ERRATE",
        WRONG_TOKEN => "TOKEN NON VALIDO",
        NO_STUDENT => "STUDENTE NON TROVATO",
        _ => "ERRORE",
    };
    let result = Element::new("Esito").with("Codice", Some(code)).with("Descrizione", Some(said));
    let token = token.map(|token| Element::new("NewToken").text(token));
    let within = [Some(result), token, content].into_iter().flatten().collect();
    write::answer(request.version, &Body { operation: &request.operation, within })
}

/// The version a call that cannot be read is answered in: that of its content type.
fn version(call: &Call<'_>) -> Version {
    if call.content_type.is_some_and(|kind| kind.starts_with("text/xml")) { Version::V11 } else { Version::V12 }
}

/// The request; or the fault that a call gets which is none.
fn read(call: &Call<'_>) -> Result<Request, Reply> {
    if call.method != "POST" {
        let body = b"<html><body>DidatticaService</body></html>".to_vec();
        return Err(Reply { content_type: "text/html;charset=utf-8", ..Reply::json(405, body) });
    }
    let version = version(call);
    let request = read::request(call.body, call.content_type).map_err(|error| match error {
        Unreadable::Xml => write::fault(version, write::SENDER, "XML non valido"),
        Unreadable::Version => write::fault(version, "VersionMismatch", "Versione SOAP non ammessa"),
        Unreadable::Operation => write::fault(version, write::SENDER, "Nessuna operazione"),
    })?;
    if request.version != version {
        return Err(write::fault(version, "VersionMismatch", "Versione SOAP non ammessa"));
    }
    // 1.1 names the action in a header of its own, 1.2 in the content type.
    let action = match version {
        Version::V11 => call.soap_action.map(|action| action.trim_matches('"')),
        Version::V12 => call
            .content_type
            .and_then(|kind| kind.split(';').find_map(|part| part.trim().strip_prefix("action=")))
            .map(|action| action.trim_matches('"')),
    };
    if action.and_then(|action| action.strip_prefix(NAMESPACE)) != Some(request.operation.as_str()) {
        return Err(write::fault(version, write::SENDER, "Azione SOAP assente o diversa"));
    }
    Ok(request)
}
