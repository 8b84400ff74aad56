//! `cargo xtask …`: the project's own commands.

// Development tooling: counts, ports and ends of logs, nothing a consumer can influence.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)]

mod commands;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The project's own commands.
#[derive(Parser)]
#[command(name = "cargo xtask", disable_version_flag = true, disable_help_subcommand = true)]
struct Line {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Starts a synthetic university and Envoy with the filter, makes calls, compares each answer with the oracle's.
    Demo,
    /// Starts the same as `demo` and stays until interrupted, for your own calls.
    Up(commands::up::Arguments),
    /// Lists the students of the synthetic university, one JSON line each.
    Students(commands::students::University),
    /// Runs everything: formatting, lints, tests, scenarios on all layers, packs, demo.
    Test,
    /// Measures a page through the engine and the CPU of a call, each against the obvious alternative.
    Bench(commands::bench::Arguments),
    /// Feeds the compiler and the decoders with changed inputs: all targets, or one; for a minute, or for long.
    Fuzz(commands::fuzz::Arguments),
    /// Builds the engine as a WebAssembly component.
    Component(commands::component::Arguments),
    /// Lets Schemathesis ask every served operation, and judges the answers by the OpenAPI documents.
    Conformance(commands::conformance::Arguments),
    /// Builds the filter and prints its size.
    Wasm,
    /// Fills one of the gateway configurations with your own values, to run it with an Envoy of your own.
    Gateway(commands::gateway::Arguments),
    /// Joins the parts of the gateway configurations (`envoy/parts`) to the files in `envoy`.
    GatewayFiles,
    /// Checks a gateway configuration: our own rules, then Envoy's `--mode validate` with filter and bundle.
    Validate(commands::validate::Arguments),
    /// Prints a token of the local stand-in for PDND: a good voucher, or one with a defect.
    Voucher(commands::voucher::Arguments),
}

fn main() -> ExitCode {
    let done = match Line::parse().command {
        Command::Demo => commands::demo::run(),
        Command::Up(arguments) => commands::up::run(&arguments),
        Command::Students(arguments) => commands::students::run(&arguments),
        // Its closing line says what failed.
        Command::Test => match commands::test::run() {
            Ok(false) => return ExitCode::FAILURE,
            done => done.map(drop),
        },
        Command::Bench(arguments) => commands::bench::run(&arguments),
        Command::Fuzz(arguments) => commands::fuzz::run(&arguments),
        Command::Component(arguments) => commands::component::run(&arguments),
        Command::Conformance(arguments) => commands::conformance::run(&arguments),
        Command::Wasm => commands::wasm::run(),
        Command::Gateway(arguments) => commands::gateway::run(&arguments),
        Command::GatewayFiles => commands::gateway_files::run(),
        Command::Validate(arguments) => commands::validate::run(&arguments),
        Command::Voucher(arguments) => commands::voucher::run(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        super::Line::command().debug_assert();
    }
}
