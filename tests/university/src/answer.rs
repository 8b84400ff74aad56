//! From a rule or the population to what goes over the wire, and putting it there, faults included.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::http::{Connection, Request, reason};
use crate::rules::{Answer, Fault};
use crate::system::Reply;

/// A page that a login filter or a proxy would send.
const PAGE: &str = "<!DOCTYPE html><html><head><title>Accesso</title></head><body><form action=\"/login\">\
                    <p>Sessione scaduta.</p></form></body></html>\n";

/// What a call will get.
pub(crate) struct Plan {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    fault: Option<Fault>,
    delay: Duration,
}

impl Plan {
    /// The system's own answer.
    pub(crate) fn of_reply(reply: Reply) -> Self {
        let mut headers = vec![("content-type".to_owned(), reply.content_type.to_owned())];
        headers.extend(reply.location.map(|place| ("location".to_owned(), place)));
        Self { status: reply.status, headers, body: reply.body, fault: None, delay: Duration::ZERO }
    }

    /// A rule's answer; `system` gives the system's own, under a fault that it makes itself or without.
    ///
    /// # Errors
    /// The rule's file cannot be read.
    pub(crate) fn of_rule(answer: &Answer, system: impl FnOnce(Option<Fault>) -> Reply) -> io::Result<Self> {
        // What the rule does not say is the system's own, which has done what it was asked.
        let (mut system, mut done) = (Some(system), None);
        if answer.after {
            done = system.take().map(|system| Self::of_reply(system(None)));
        }
        let own = |fault| match (done, system) {
            (Some(plan), _) => plan,
            (None, Some(system)) => Self::of_reply(system(fault)),
            (None, None) => Self::of_reply(Reply::json(200, "")),
        };
        let mut plan = match (answer.fault, &answer.body, &answer.file) {
            (Some(Fault::Html), ..) => {
                let headers = vec![("content-type".to_owned(), "text/html;charset=UTF-8".to_owned())];
                Self { headers, ..Self::of_reply(Reply::json(200, PAGE)) }
            }
            (Some(Fault::ErrorIn200), ..) => Self::of_reply(Reply::error(200, 200, "Parametri non corretti")),
            (Some(Fault::Huge(_) | Fault::Reset | Fault::Garbage | Fault::Hang), ..) => {
                Self::of_reply(Reply::json(200, ""))
            }
            (Some(Fault::SoapFault | Fault::SoapCode(_) | Fault::XmlBomb(_) | Fault::SessionLost), ..) => {
                own(answer.fault)
            }
            (_, Some(serde_json::Value::String(text)), _) => Self::of_reply(text_of(text)),
            (_, Some(tree), _) => Self::of_reply(Reply::json(200, tree.to_string())),
            (_, None, Some(file)) => Self::of_reply(Reply::json(200, std::fs::read(file)?)),
            (_, None, None) if answer.status.is_some() && !answer.after => {
                Self { headers: Vec::new(), ..Self::of_reply(Reply::json(200, "")) }
            }
            (_, None, None) => own(None),
        };
        if answer.fault == Some(Fault::WrongContentType) {
            plan.set("content-type", &["text/plain".to_owned()]);
        }
        for (name, lines) in &answer.headers {
            plan.set(name, lines);
        }
        plan.status = match answer.fault {
            Some(Fault::ErrorIn200) => 200,
            Some(Fault::Reset | Fault::Garbage | Fault::Hang) => 0,
            _ => answer.status.unwrap_or(plan.status),
        };
        match answer.fault {
            Some(Fault::CutDocument) => plan.body.truncate(plan.body.len() / 2),
            Some(Fault::WrongCharset) => plan.body = one_byte_each(&plan.body),
            _ => {}
        }
        plan.fault = answer.fault;
        plan.delay = Duration::from_millis(answer.delay_ms);
        Ok(plan)
    }

    fn set(&mut self, name: &str, lines: &[String]) {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.extend(lines.iter().map(|line| (name.to_owned(), line.clone())));
    }

    fn head(&self, length: usize, close: bool) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        for (name, value) in &self.headers {
            head.extend([name.as_str(), ": ", value.as_str(), "\r\n"]);
        }
        let given = self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        if !given && self.status != 204 && self.status != 304 {
            head.push_str(&format!("content-length: {length}\r\n"));
        }
        if close {
            head.push_str("connection: close\r\n");
        }
        head.push_str("\r\n");
        head.into_bytes()
    }

    /// Puts the answer on the wire. Gives back whether the connection goes on.
    pub(crate) async fn send(
        self,
        connection: &mut Connection,
        request: &Request,
        sent: &AtomicU64,
    ) -> io::Result<bool> {
        if self.fault != Some(Fault::Trickle) && !self.delay.is_zero() {
            tokio::time::sleep(self.delay).await;
        }
        if self.fault == Some(Fault::Hang) {
            connection.left().await;
            return Ok(false);
        }
        let mut wire = Wire { stream: &mut connection.stream, sent };
        let body = if request.method == "HEAD" || self.status == 204 { &[] } else { self.body.as_slice() };
        match self.fault {
            None
            | Some(
                Fault::Html
                | Fault::WrongContentType
                | Fault::ErrorIn200
                | Fault::SoapFault
                | Fault::SoapCode(_)
                | Fault::SessionLost
                | Fault::XmlBomb(_)
                | Fault::CutDocument
                | Fault::WrongCharset,
            ) => {
                let mut bytes = self.head(self.body.len(), request.close);
                bytes.extend_from_slice(body);
                wire.put(&bytes).await?;
                return Ok(!request.close);
            }
            Some(Fault::Trickle) => {
                let pause = if self.delay.is_zero() { Duration::from_millis(20) } else { self.delay };
                wire.put(&self.head(body.len(), request.close)).await?;
                for piece in body.chunks(body.len().div_ceil(50).max(1)) {
                    tokio::time::sleep(pause).await;
                    wire.put(piece).await?;
                }
                return Ok(!request.close);
            }
            Some(Fault::Huge(size)) => {
                wire.put(&self.head(size.max(2), request.close)).await?;
                wire.put_array(size.max(2)).await?;
                return Ok(!request.close);
            }
            Some(Fault::Reset) => wire.stream.set_zero_linger()?,
            Some(Fault::ResetMidBody) => {
                let mut bytes = self.head(body.len().max(2), false);
                bytes.extend_from_slice(&body[..body.len() / 2]);
                wire.put(&bytes).await?;
                // A reset throws away what the caller has not read yet; the headers are to arrive.
                tokio::time::sleep(Duration::from_millis(50)).await;
                wire.stream.set_zero_linger()?;
            }
            Some(Fault::Truncate) => {
                let mut bytes = self.head(body.len() + 1000, false);
                bytes.extend_from_slice(body);
                wire.put(&bytes).await?;
                wire.stream.shutdown().await?;
            }
            Some(Fault::Garbage) => {
                wire.put(b"\x16\x03\x01\x02\x00 this is not HTTP\r\n\x00\xff\xfe\r\n\r\n").await?;
                wire.stream.shutdown().await?;
            }
            Some(Fault::StallHead | Fault::StallBody) => {
                let mut bytes = self.head(body.len().max(2), false);
                if self.fault == Some(Fault::StallHead) {
                    bytes.truncate(bytes.len() / 2);
                } else {
                    bytes.extend_from_slice(&body[..body.len() / 2]);
                }
                wire.put(&bytes).await?;
                connection.left().await;
            }
            Some(Fault::Hang) => {}
        }
        Ok(false)
    }
}

/// A text given by a rule: XML where it begins like it.
fn text_of(text: &str) -> Reply {
    let reply = Reply::json(200, text);
    if text.starts_with('<') { Reply { content_type: "text/xml;charset=utf-8", ..reply } } else { reply }
}

/// UTF-8 turned into a byte for each character.
fn one_byte_each(body: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(body).chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect()
}

/// A socket that counts.
struct Wire<'a> {
    stream: &'a mut TcpStream,
    sent: &'a AtomicU64,
}

impl Wire<'_> {
    async fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await?;
        self.sent.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok(())
    }

    /// A JSON array of exactly `size` bytes, at least 2, made a block at a time.
    async fn put_array(&mut self, size: usize) -> io::Result<()> {
        let element = format!(r#"{{"stuId":100001,"cdsId":10001,"note":"{}"}},"#, "x".repeat(90));
        let whole = (size - 2) / element.len();
        self.put(b"[").await?;
        let block = element.repeat(512);
        let mut left = whole.saturating_sub(1);
        while left > 0 {
            let now = left.min(512);
            self.put(&block.as_bytes()[..now * element.len()]).await?;
            left -= now;
        }
        // The last element has no comma; blanks make up the rest.
        let mut end = if whole > 0 { element.trim_end_matches(',').to_owned() } else { String::new() };
        let written = 1 + whole.saturating_sub(1) * element.len() + end.len() + 1;
        end.push_str(&" ".repeat(size - written));
        end.push(']');
        self.put(end.as_bytes()).await
    }
}
