//! `cargo xtask …` comes here first: the project's own commands are large, and cargo would build them without a word.
//! This needs no dependency and is there in a second, says what comes, and becomes cargo, which becomes the command.

use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut run = Command::new(cargo);
    run.arg("run");
    if is_built() {
        run.arg("--quiet");
    } else {
        eprintln!(
            "building the project's commands: this once 2 to 10 minutes, by the internet and the machine; later seconds"
        );
    }
    run.args(["--package", "xtask", "--"]).args(std::env::args_os().skip(1));
    let error = run.exec();
    eprintln!("error: cargo cannot be run: {error}");
    ExitCode::FAILURE
}

/// Whether the commands have been built before: they lie beside this.
fn is_built() -> bool {
    std::env::current_exe().is_ok_and(|own| own.with_file_name("xtask").exists())
}
