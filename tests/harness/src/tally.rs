//! What passed and what failed, and how it is said.

use std::fmt::Display;

/// Counts and prints.
#[derive(Debug, Default)]
pub struct Tally {
    passed: usize,
    failed: Vec<String>,
}

impl Tally {
    /// One thing that holds.
    pub fn pass(&mut self) {
        self.passed += 1;
    }

    /// One thing that does not; the reasons are printed below it.
    pub fn fail<R: Display>(&mut self, name: &str, reasons: impl IntoIterator<Item = R>) {
        println!("FAIL  {name}");
        for reason in reasons {
            for line in reason.to_string().lines() {
                println!("        {line}");
            }
        }
        self.failed.push(name.to_owned());
    }

    /// Passes if there are no reasons against it; says so in a line of its own.
    pub fn verdict<R: Display>(&mut self, name: &str, reasons: Vec<R>) {
        if reasons.is_empty() {
            println!("ok    {name}");
            self.pass();
        } else {
            self.fail(name, reasons);
        }
    }

    /// Whether nothing has failed.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.failed.is_empty()
    }

    /// Prints what failed once more and the closing line; true if nothing failed.
    #[must_use]
    pub fn close(&self) -> bool {
        if !self.failed.is_empty() {
            println!("\nfailed:");
            self.failed.iter().for_each(|name| println!("  {name}"));
        }
        println!("\n{} passed, {} failed", self.passed, self.failed.len());
        self.failed.is_empty()
    }
}
