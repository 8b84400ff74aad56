//! What the host hands in: it asks for room, writes there, and says what it was.

use std::cell::RefCell;

thread_local! {
    static INPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Makes room for `len` bytes and says where it is.
#[allow(unsafe_code, reason = "an export needs its plain name; nothing else about it is unsafe")]
#[unsafe(no_mangle)]
pub extern "C" fn room(len: usize) -> *mut u8 {
    INPUT.with_borrow_mut(|input| {
        *input = vec![0; len];
        input.as_mut_ptr()
    })
}

/// What was written there.
pub fn take() -> Vec<u8> {
    INPUT.take()
}
