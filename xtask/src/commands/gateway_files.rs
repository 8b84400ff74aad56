//! `cargo xtask gateway-files`: joins the parts of the gateway configurations.

use xtask::envoy::parts;
use xtask::{Context, Result};

/// Writes every file whose parts have changed.
pub fn run() -> Result<()> {
    for file in parts::files()? {
        let text = parts::join(&file)?;
        let name = file.display();
        if std::fs::read_to_string(&file).is_ok_and(|is| is == text) {
            println!("{name}: as it was");
        } else {
            std::fs::write(&file, text).context(format!("writing {name}"))?;
            println!("{name}: written");
        }
    }
    Ok(())
}
