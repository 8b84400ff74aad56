//! More room for the compiler, which a module's stack of 1 MiB is too small for.

fn main() {
    let set = |name: &str| std::env::var_os(name).is_some();
    let wasm = std::env::var("CARGO_CFG_TARGET_FAMILY").is_ok_and(|family| family == "wasm");
    if wasm && set("CARGO_FEATURE_WORKBENCH") {
        println!("cargo::rustc-link-arg-cdylib=-zstack-size=33554432");
    }
    println!("cargo::rerun-if-changed=build.rs");
}
