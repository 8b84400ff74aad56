//! ESSE3's SOAP face over the population: Axis 1.4, rpc/encoded, a session, arguments in a `k=v;k=v` string, a result
//! code, and the document as text within the answer.

mod cv;
mod enrolments;
mod offer;
mod read;
mod retrieves;
mod sessions;
mod shape;
mod students;
mod tree;
mod write;

use std::sync::Arc;

use crate::Population;
use crate::hidden::Hidden;
use crate::office::{self, Office};
use crate::server::Options;
use crate::system::{Call, Reply};
pub(crate) use read::decode;
use read::{Operation, Unreadable};
pub(crate) use retrieves::Params;
pub(crate) use sessions::Sessions;
pub use shape::{Charset, SoapShape};
pub(crate) use tree::{Element, event};
use write::Outcome;

/// The one path.
pub(crate) const PATH: &str = "/services/ESSE3WS";

/// Namespace of the operations.
const NAMESPACE: &str = "http://ws.esse3.frk.kion.it";

/// The session of those who have none; it gives public data only.
const GUEST: &str = "SESSIONIDGUEST";

/// Result codes.
const OK: i32 = 1;
const RETRIEVAL_ERROR: i32 = -1;
const AUTHENTICATION_FAILED: i32 = 1003;
const INVALID_USER: i32 = 1116;

/// The SOAP system: who may enter, and what it answers.
pub(crate) struct Face {
    population: Arc<Population>,
    office: Arc<Office>,
    user: String,
    password: String,
    sessions: Sessions,
    expired: i32,
    shape: SoapShape,
    hidden: Hidden,
}

impl Face {
    /// A face for a population; an empty user name lets everybody log in.
    pub(crate) fn new(population: Arc<Population>, office: Arc<Office>, options: &Options, hidden: Hidden) -> Self {
        Self {
            population,
            office,
            user: options.user.clone(),
            password: options.password.clone(),
            sessions: Sessions::new(options.session_lasts, options.session_limit),
            expired: options.session_expired_code,
            shape: options.soap.clone(),
            hidden,
        }
    }

    /// The population's answer.
    pub(crate) fn answer(&self, call: &Call<'_>) -> Reply {
        if call.method != "POST" {
            let body = b"<html><body>ESSE3WS: this is an AXIS service.</body></html>".to_vec();
            return Reply { content_type: "text/html;charset=utf-8", ..Reply::json(405, body) };
        }
        let fault = |code: &str, message: &str| write::fault(code, message, &self.shape);
        if call.soap_action.is_none() {
            return fault("Client.NoSOAPAction", "no SOAPAction header!");
        }
        let operation = match read::operation(call.body, call.content_type) {
            Ok(operation) => operation,
            Err(Unreadable::Xml) => return fault("Server.userException", "org.xml.sax.SAXParseException"),
            Err(Unreadable::Version) => return fault("VersionMismatch", "Version Mismatch"),
            Err(Unreadable::Operation) => return fault("Client", "No such operation"),
        };
        let outcome = match operation.name.as_str() {
            "fn_dologin" => self.login(&operation),
            "fn_dologout" => self.logout(&operation),
            "fn_retrieve_xml" => self.retrieve(&operation, Some(operation.part("sid"))),
            "fn_retrieve_xml_p" => self.retrieve(&operation, None),
            "fn_retrieve_xml_x" => self.take(&operation),
            name => return fault("Client", &format!("No such operation '{name}'")),
        };
        write::answer(&operation.name, &outcome, &self.shape)
    }

    /// A fault as an exception of the system's own gives it.
    pub(crate) fn broken(&self) -> Reply {
        write::fault("Server.generalException", "java.rmi.RemoteException: connessione non disponibile", &self.shape)
    }

    /// The answer to a call with a result code and an empty result.
    pub(crate) fn only_code(&self, call: &Call<'_>, code: i32) -> Reply {
        let name = read::operation(call.body, call.content_type).map(|operation| operation.name);
        let name = name.as_deref().unwrap_or("fn_retrieve_xml");
        let inout = match name {
            "fn_dologin" => Some(("sid", String::new())),
            "fn_dologout" => None,
            "fn_retrieve_xml_x" => Some(("xmlOut", String::new())),
            _ => Some(("xml", String::new())),
        };
        write::answer(name, &Outcome { code, inout }, &self.shape)
    }

    /// Ends every session.
    pub(crate) fn forget(&self) {
        self.sessions.close_all();
    }

    /// The identifier of each session made so far.
    pub(crate) fn sessions(&self) -> Vec<String> {
        self.sessions.made()
    }

    /// An answer with a document within that is no document of ours.
    pub(crate) fn with_document(&self, call: &Call<'_>, document: String) -> Reply {
        let name = read::operation(call.body, call.content_type).map(|operation| operation.name);
        let name = name.as_deref().unwrap_or("fn_retrieve_xml");
        write::answer(name, &Outcome { code: OK, inout: Some(("xml", document)) }, &self.shape)
    }

    /// Whatever content in the place of an answer's parts; `prolog` stands before the envelope.
    pub(crate) fn wrapped(call: &Call<'_>, prolog: &str, content: &str) -> Reply {
        let name = read::operation(call.body, call.content_type).map(|operation| operation.name);
        write::raw(name.as_deref().unwrap_or("fn_retrieve_xml"), prolog, content)
    }

    /// `operation`, and `operation/RETRIEVE` where it names one.
    pub(crate) fn fragments(call: &Call<'_>) -> Vec<String> {
        let Ok(operation) = read::operation(call.body, call.content_type) else { return Vec::new() };
        let retrieve = operation.part("retrieve");
        let below = (!retrieve.is_empty()).then(|| format!("{}/{retrieve}", operation.name));
        [operation.name].into_iter().chain(below).collect()
    }

    fn login(&self, operation: &Operation) -> Outcome {
        let free = self.user.is_empty();
        let code = if !free && operation.part("username") != self.user {
            INVALID_USER
        } else if !free && operation.part("password") != self.password {
            AUTHENTICATION_FAILED
        } else {
            OK
        };
        let sid = if code == OK { self.sessions.open() } else { String::new() };
        Outcome { code, inout: Some(("sid", sid)) }
    }

    fn logout(&self, operation: &Operation) -> Outcome {
        let closed = self.sessions.close(operation.part("sid"));
        Outcome { code: if closed { OK } else { self.expired }, inout: None }
    }

    /// The session is the argument of that name, or a parameter among the others.
    fn retrieve(&self, operation: &Operation, sid: Option<&str>) -> Outcome {
        let failed = |code| Outcome { code, inout: Some(("xml", String::new())) };
        let retrieve = operation.part("retrieve");
        let Some(params) = Params::read(operation.part("params")) else { return failed(RETRIEVAL_ERROR) };
        let guest = match sid.or_else(|| params.get("SESSIONID")) {
            None | Some(GUEST) => true,
            Some(sid) if self.sessions.is_open(sid) => false,
            Some(_) => return failed(self.expired),
        };
        if guest && !retrieves::is_public(retrieve) {
            return failed(RETRIEVAL_ERROR);
        }
        let document = office::soap::listed(&self.office, retrieve, &params);
        match document.or_else(|| retrieves::document(retrieve, &params, &self.population, &self.hidden)) {
            Some(tree) => Outcome { code: OK, inout: Some(("xml", tree.document(&self.shape))) },
            None => failed(RETRIEVAL_ERROR),
        }
    }

    /// A document of the caller's, which changes something. Nobody does that without a session of their own.
    fn take(&self, operation: &Operation) -> Outcome {
        let failed = |code| Outcome { code, inout: Some(("xmlOut", String::new())) };
        if !self.sessions.is_open(operation.part("sid")) {
            return failed(self.expired);
        }
        match office::soap::taken(&self.office, operation.part("xmlIn")) {
            Some(tree) => Outcome { code: OK, inout: Some(("xmlOut", tree.document(&self.shape))) },
            None => failed(RETRIEVAL_ERROR),
        }
    }
}
