//! `cargo xtask wasm`: builds the filter, prints its size, and says which file is the one to install.

use xtask::wasm::{Built, Fetch, build};
use xtask::{Error, Result};

/// Most bytes of the filter after `wasm-opt` (docs/decisions/0010-size.md).
const MOST: u64 = 1024 * 1024;

/// Most bytes of the filter as built, where there is no `wasm-opt`.
const MOST_PLAIN: u64 = 1_468_006;

/// Builds, fetching `wasm-opt` if it can be had.
pub fn run() -> Result<()> {
    print(&build(&[], Fetch::Allowed)?)
}

/// One line for each file.
///
/// # Errors
/// A filter over its limit.
pub fn print(built: &Built) -> Result<()> {
    let (plain, optimised) = built.sizes()?;
    println!("filter {plain} bytes as built: {}", built.plain.display());
    match (optimised, &built.optimised) {
        (Some(size), Some(file)) => println!("filter {size} bytes after wasm-opt -Oz: {}", file.display()),
        _ => println!("filter: no wasm-opt at hand, so only one size"),
    }
    within(plain, MOST_PLAIN, "as built")?;
    if let Some(size) = optimised {
        within(size, MOST, "after wasm-opt")?;
    }
    println!("install {}", built.path().display());
    Ok(())
}

fn within(size: u64, most: u64, which: &str) -> Result<()> {
    if size > most {
        return Err(Error::new(format!("the filter has {size} bytes {which}, more than the {most} it may have")));
    }
    println!("filter size {which}: {} % of the {most} bytes it may have", size * 100 / most);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_over_its_limit_fails() {
        assert!(within(MOST, MOST, "x").is_ok());
        assert!(within(MOST + 1, MOST, "x").is_err());
    }
}
