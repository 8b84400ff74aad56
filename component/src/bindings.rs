//! What `wit-bindgen` makes of the world. Lifting and lowering values is raw memory, so this file alone may be unsafe; every
//! test of the component goes through it.
#![allow(
    unsafe_code,
    missing_docs,
    clippy::all,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    unused_qualifications
)]

#[cfg(not(feature = "workbench"))]
wit_bindgen::generate!({
    path: "../wit",
    world: "adapter",
    generate_all,
});

#[cfg(feature = "workbench")]
wit_bindgen::generate!({
    path: "../wit",
    world: "workbench",
    generate_all,
});

// The names of what is exported are none that linkers of other targets take.
#[cfg(target_family = "wasm")]
export!(Component);

/// What exports the world.
pub struct Component;
