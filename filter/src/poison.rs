//! Traps for tests: what a defect in the filter would do, on demand.

// The trap is the purpose.
#![allow(clippy::panic)]

use adapter_core::CallResult;

use crate::host;

/// An answer of a system with this in its body traps.
const MARKER: &[u8] = b"IFS-ADAPTER-POISON";

/// A request with this header traps.
const HEADER: &str = "x-ifs-poison";

/// Traps on a poisoned answer.
pub fn answer(result: &CallResult) {
    if let CallResult::Answer { body, .. } = result
        && body.windows(MARKER.len()).any(|window| window == MARKER)
    {
        panic!("poisoned answer");
    }
}

/// Traps on a poisoned request.
pub fn request() {
    if host::request_headers().is_ok_and(|headers| headers.iter().any(|(name, _)| name == HEADER)) {
        panic!("poisoned request");
    }
}
