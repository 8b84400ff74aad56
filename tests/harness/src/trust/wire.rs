//! Requests written byte for byte on a connection that is kept.

use std::io::{Read, Write};
use std::time::Duration;

use super::gate::Gate;

/// How long a connection waits for an answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// A connection without a client's certificate.
pub(super) struct Wire(pdnd::Stream);

/// What came back.
pub(super) struct Told {
    pub(super) status: u16,
    /// Whether the gateway ends the connection behind it.
    pub(super) closes: bool,
}

impl Wire {
    /// Opens one; none where it does not come about.
    pub(super) fn open(gate: &Gate<'_>) -> Option<Self> {
        pdnd::connect(gate.envoy.addr(), gate.standin.authority(), None, PATIENCE).ok().map(Self)
    }

    /// Sends as much as the gateway takes; whether that is all.
    pub(super) fn send(&mut self, bytes: &[u8]) -> bool {
        self.0.write_all(bytes).and_then(|()| self.0.flush()).is_ok()
    }

    /// Sends, and reads the answer; none where there is no more.
    pub(super) fn ask(&mut self, bytes: &[u8]) -> Option<Told> {
        let sent = self.send(bytes);
        self.answer().map(|told| Told { closes: told.closes || !sent, ..told })
    }

    /// The next answer.
    pub(super) fn answer(&mut self) -> Option<Told> {
        let (mut answer, mut chunk) = (Vec::new(), [0; 16_384]);
        while !is_whole(&answer) {
            match self.0.read(&mut chunk) {
                Ok(more) if more > 0 => answer.extend_from_slice(chunk.get(..more)?),
                _ => break,
            }
        }
        let text = String::from_utf8_lossy(&answer).to_ascii_lowercase();
        let status = text.split(' ').nth(1)?.parse().ok()?;
        Some(Told { status, closes: text.contains("\r\nconnection: close\r\n") })
    }
}

/// Whether an answer is there with all of its body; without a length it has none.
fn is_whole(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}
