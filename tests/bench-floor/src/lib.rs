//! A proxy-wasm filter written by hand for exactly the bench's mappings: the floor under any filter that reads a
//! mapping. It makes the same calls at the same time and sends the same answer with the same headers. It keeps no
//! metrics and notes nothing for the access log.

pub mod http;
pub mod settings;

/// What the host calls first.
#[cfg(target_family = "wasm")]
mod start {
    proxy_wasm::main! {{
        proxy_wasm::set_root_context(|_| Box::new(crate::http::Root::default()));
    }}
}
