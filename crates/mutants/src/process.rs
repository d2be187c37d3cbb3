//! Running test programs within bounds.

use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::build::Program;

/// A mutant may allocate without end. In KiB of address space.
const MOST_MEMORY: u32 = 8 << 20;

/// A test program, as a command that may not take all the memory there is.
pub(crate) fn bounded(program: &Program) -> Command {
    let mut command = Command::new("sh");
    command
        .arg("-c")
        .arg(format!("ulimit -v {MOST_MEMORY}; exec \"$0\" \"$@\""))
        .arg(&program.path)
        .current_dir(&program.runs_in)
        .env_remove("MUTANT")
        .env_remove("MUTANT_PLACES")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// Runs to the end, or for so long. `None`: it was ended.
pub(crate) fn run_for(command: &mut Command, most: Duration) -> Option<ExitStatus> {
    let mut child = command.spawn().expect("sh can be started");
    let started = Instant::now();
    let mut pause = Duration::from_micros(500);
    loop {
        if let Some(status) = child.try_wait().expect("it is a child") {
            return Some(status);
        }
        if started.elapsed() > most {
            // It may have ended just now.
            let _ = child.kill();
            let _ = child.wait();
            return None;
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(10));
    }
}
