//! The systems behind one port: which face answers a path, and what a call and an answer are.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::hidden::Hidden;
use crate::office::Office;
use crate::rules::Bomb;
use crate::server::Options;
use crate::{Population, afam, asmx, rest, soap};

/// A call, as far as an answer depends on it.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    /// `GET`, `POST`, …
    pub(crate) method: &'a str,
    /// The path, percent-decoded.
    pub(crate) path: &'a str,
    /// The query, decoded.
    pub(crate) query: &'a [(String, String)],
    /// The `authorization` header.
    pub(crate) authorization: Option<&'a str>,
    /// The `content-type` header.
    pub(crate) content_type: Option<&'a str>,
    /// The `soapaction` header.
    pub(crate) soap_action: Option<&'a str>,
    /// The body as sent.
    pub(crate) body: &'a [u8],
}

impl Call<'_> {
    /// The first parameter of a name.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// The content type of JSON answers.
pub(crate) const JSON: &str = "application/json;charset=UTF-8";

/// An answer.
pub(crate) struct Reply {
    /// HTTP status.
    pub(crate) status: u16,
    /// Its media type.
    pub(crate) content_type: &'static str,
    /// The body.
    pub(crate) body: Vec<u8>,
    /// Where to find what was made.
    pub(crate) location: Option<String>,
}

impl Reply {
    /// An answer in JSON.
    pub(crate) fn json(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, content_type: JSON, body: body.into(), location: None }
    }
}

/// Everything that listens on the port.
pub(crate) struct System {
    rest: rest::Face,
    soap: soap::Face,
    afam: afam::Face,
    asmx: asmx::Face,
    hidden: Hidden,
    /// Where the faces of ESSE3 bring what is to be changed.
    pub(crate) office: Arc<Office>,
}

impl System {
    /// The systems of a population.
    pub(crate) fn new(population: &Arc<Population>, options: &Options) -> Self {
        let (office, hidden) = (Arc::new(Office::new(population)), Hidden::default());
        let account = (options.user.as_str(), options.password.as_str());
        Self {
            rest: rest::Face::new(Arc::clone(population), Arc::clone(&office), account, hidden.clone()),
            soap: soap::Face::new(Arc::clone(population), Arc::clone(&office), options, hidden.clone()),
            afam: afam::Face::new(Arc::clone(population)),
            asmx: asmx::Face::new(Arc::clone(population), options),
            hidden,
            office,
        }
    }

    /// Leaves these persons, and no others, out of the lists of all students.
    pub(crate) fn hide(&self, persons: BTreeSet<u32>) {
        self.hidden.set(persons);
    }

    /// The refusal of a call that may not enter; nothing for one that may. SOAP asks inside the envelope.
    pub(crate) fn refusal(&self, call: &Call<'_>) -> Option<Reply> {
        match call.path {
            soap::PATH | asmx::PATH => None,
            path if path.starts_with(afam::BASE) => (!self.rest.admits(call)).then(afam::Face::refused),
            _ => self.rest.refusal(call),
        }
    }

    /// The population's answer.
    pub(crate) fn answer(&self, call: &Call<'_>) -> Reply {
        match call.path {
            soap::PATH => self.soap.answer(call),
            asmx::PATH => self.asmx.answer(call),
            path if path.starts_with(afam::BASE) => self.afam.answer(call),
            _ => self.rest.answer(call),
        }
    }

    /// The SOAP operation a call is of, and ESSE3's retrieve below it.
    pub(crate) fn operations(&self, call: &Call<'_>) -> Vec<String> {
        match call.path {
            soap::PATH => soap::Face::fragments(call),
            asmx::PATH => asmx::Face::fragments(call),
            _ => Vec::new(),
        }
    }

    /// A SOAP system's fault.
    pub(crate) fn soap_fault(&self, call: &Call<'_>) -> Reply {
        if call.path == asmx::PATH { asmx::Face::broken(call) } else { self.soap.broken() }
    }

    /// A SOAP system's answer with a result code and nothing else.
    pub(crate) fn soap_code(&self, call: &Call<'_>, code: i32) -> Reply {
        if call.path == asmx::PATH { asmx::Face::only_code(call, code) } else { self.soap.only_code(call, code) }
    }

    /// Ends every SOAP session.
    pub(crate) fn forget_sessions(&self) {
        self.soap.forget();
        self.asmx.forget();
    }

    /// Every session identifier and token that a SOAP system has given so far.
    pub(crate) fn sessions(&self) -> Vec<String> {
        [self.soap.sessions(), self.asmx.tokens()].concat()
    }

    /// A document made to burst its reader, in the system's clothes.
    pub(crate) fn bomb(&self, call: &Call<'_>, bomb: Bomb) -> Reply {
        let (prolog, content) = bomb.parts();
        match call.path {
            asmx::PATH => asmx::Face::wrapped(call, &prolog, &content),
            soap::PATH if bomb.embedded => self.soap.with_document(call, format!("{prolog}{content}")),
            soap::PATH => soap::Face::wrapped(call, &prolog, &content),
            _ => Reply { content_type: "text/xml;charset=utf-8", ..Reply::json(200, prolog + &content) },
        }
    }
}
