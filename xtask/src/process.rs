//! Processes that never outlive us.
//!
//! A [`Guarded`] process is stopped by its id when the value is dropped. Should we be killed before we can drop
//! anything, a small shell that waits on a pipe from us does it: the pipe closes with us, whatever the reason.

use std::fs::File;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::{Context, Result};

/// How long a process may take to end after it was asked to.
const GRACE: Duration = Duration::from_secs(3);

/// A child process and the shell that ends it if we cannot.
#[derive(Debug)]
pub struct Guarded {
    child: Child,
    watch: Child,
    pipe: Option<ChildStdin>,
}

impl Guarded {
    /// Starts `command` in a process group of its own, so that Ctrl-C reaches us alone and we decide the order in which
    /// things end. Both output streams go to `log`.
    ///
    /// # Errors
    /// The log cannot be written or the program cannot be started.
    pub fn start(mut command: Command, log: &Path) -> Result<Self> {
        let out = File::create(log).context(format!("writing {}", log.display()))?;
        let err = out.try_clone().context("sharing the log")?;
        let program = command.get_program().to_string_lossy().into_owned();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .process_group(0)
            .spawn()
            .context(format!("starting {program}"))?;
        let script = format!("read line || kill -9 {}", child.id());
        let watch = Command::new("sh")
            .args(["-c", &script])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn();
        let mut watch = match watch {
            Ok(watch) => watch,
            Err(error) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(error).context("starting sh");
            }
        };
        let pipe = watch.stdin.take();
        Ok(Self { child, watch, pipe })
    }

    /// The process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it did.
    ///
    /// # Errors
    /// The system does not say.
    pub fn exited(&mut self) -> Result<Option<ExitStatus>> {
        self.child.try_wait().context("asking for a process's state")
    }

    /// Asks it to end, then makes it.
    pub fn stop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).stderr(Stdio::null()).status();
            let until = Instant::now() + GRACE;
            while Instant::now() < until && matches!(self.child.try_wait(), Ok(None)) {
                std::thread::sleep(Duration::from_millis(10));
            }
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        // Only now: a line tells the shell that there is nothing left to end.
        if let Some(mut pipe) = self.pipe.take() {
            let _ = pipe.write_all(b"done\n");
        }
        let _ = self.watch.wait();
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Says that something is about to be built without a word of cargo's, and how long that may take, where it has not been
/// built before.
pub fn say_first(built: &Path, what: &str, minutes: &str) {
    if !built.exists() {
        eprintln!("building {what}: this once {minutes}, by the machine; later seconds");
    }
}

/// Runs a program to its end with our own output streams.
///
/// # Errors
/// It cannot be started, or ends with a status other than 0.
pub fn run(command: &mut Command) -> Result<()> {
    let shown = shown(command);
    let status = command.status().context(format!("starting {shown}"))?;
    if status.success() { Ok(()) } else { Err(crate::Error::new(format!("{shown}: {status}"))) }
}

/// Runs a program to its end and gives its standard output; its errors go into ours.
///
/// # Errors
/// It cannot be started, or ends with a status other than 0; what it said on its error stream is in the message.
pub fn output(command: &mut Command) -> Result<String> {
    let shown = shown(command);
    let output = command.stdin(Stdio::null()).output().context(format!("starting {shown}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        let said = String::from_utf8_lossy(&output.stderr);
        Err(crate::Error::new(format!("{shown}: {}\n{}", output.status, said.trim_end())))
    }
}

/// Whether a program can be started from PATH.
#[must_use]
pub fn on_path(program: &str) -> bool {
    let quiet = |arg: &str| {
        Command::new(program).arg(arg).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
    };
    quiet("--version")
}

fn shown(command: &Command) -> String {
    let mut text = command.get_program().to_string_lossy().into_owned();
    for arg in command.get_args() {
        text.push(' ');
        text.push_str(&arg.to_string_lossy());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alive(pid: u32) -> bool {
        // A process that has ended but was not waited for is a zombie; the state letter follows the name.
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit(')').next().is_some_and(|rest| !rest.trim().is_empty() && !rest.trim_start().starts_with('Z'))
    }

    #[test]
    fn dropping_ends_the_process() {
        let dir = crate::paths::run_dir("process-test").unwrap();
        let mut command = Command::new("sleep");
        command.arg("100");
        let guarded = Guarded::start(command, &dir.join("log")).unwrap();
        let pid = guarded.id();
        let watch = guarded.watch.id();
        assert!(alive(pid) && alive(watch));
        drop(guarded);
        assert!(!alive(pid) && !alive(watch));
        std::fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn a_closed_pipe_ends_the_process_too() {
        let dir = crate::paths::run_dir("process-test").unwrap();
        let mut command = Command::new("sleep");
        command.arg("100");
        let mut guarded = Guarded::start(command, &dir.join("log")).unwrap();
        drop(guarded.pipe.take());
        let until = Instant::now() + Duration::from_secs(5);
        while Instant::now() < until && alive(guarded.id()) {
            std::thread::sleep(Duration::from_millis(10));
        }
        assert!(!alive(guarded.id()));
        std::fs::remove_dir_all(dir).unwrap();
    }
}
