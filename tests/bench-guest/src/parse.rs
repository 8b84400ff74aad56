//! What the engine is compared with: a parse into `serde_json::Value`, and quick-xml's reader with namespaces.

use std::cell::RefCell;

use quick_xml::NsReader;
use quick_xml::events::Event;
use quick_xml::name::ResolveResult;
use serde_json::Value;

#[cfg(not(feature = "engine"))]
use crate::input;

thread_local! {
    static PAGE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Natively what `load_page` does.
pub fn load(page: &[u8]) {
    PAGE.set(page.to_vec());
}

/// Takes what was handed in for the page.
#[cfg(not(feature = "engine"))]
#[allow(unsafe_code, reason = "an export needs its plain name; nothing else about it is unsafe")]
#[unsafe(no_mangle)]
pub extern "C" fn load_page() {
    PAGE.set(input::take());
}

/// `times` parses of the page into `serde_json::Value`. Gives the rows of one.
#[allow(unsafe_code, reason = "an export needs its plain name; nothing else about it is unsafe")]
#[unsafe(no_mangle)]
pub extern "C" fn values(times: u32) -> u64 {
    PAGE.with_borrow(|page| {
        let mut rows = 0;
        for _ in 0..times {
            let value: Value = serde_json::from_slice(std::hint::black_box(page)).expect("the page is JSON");
            rows = value.as_array().map_or(0, Vec::len) as u64;
        }
        rows
    })
}

/// All events of the page `times` times, each element's namespace resolved, end tags compared. Gives how many elements
/// without a namespace one page has.
#[allow(unsafe_code, reason = "an export needs its plain name; nothing else about it is unsafe")]
#[unsafe(no_mangle)]
pub extern "C" fn events(times: u32) -> u64 {
    PAGE.with_borrow(|page| {
        let mut elements = 0;
        for _ in 0..times {
            elements = 0;
            let page = std::str::from_utf8(std::hint::black_box(page)).expect("the page is UTF-8");
            let mut reader = NsReader::from_str(page);
            loop {
                match reader.read_resolved_event().expect("the page is XML") {
                    (_, Event::Eof) => break,
                    (ResolveResult::Unbound, Event::Start(_) | Event::Empty(_)) => elements += 1,
                    _ => {}
                }
            }
        }
        elements
    })
}
