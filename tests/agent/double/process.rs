//! Signals, and the processes of a step.

use std::{fs, process::Command};

/// The variable by which the agent knows a step's processes.
pub const LOOKUP: &str = "VSTS_PROCESS_LOOKUP_ID";

/// A way to end a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    Interrupt,
    Terminate,
    Kill,
}

/// Signals one process, as the agent does: not its group.
pub fn signal(id: u32, stop: Stop) {
    let name = match stop {
        Stop::Interrupt => "INT",
        Stop::Terminate => "TERM",
        Stop::Kill => "KILL",
    };
    // `kill` of the shell, since a minimal system has no other; a process that is gone meanwhile is no fault.
    let script = format!("kill -{name} {id} 2>/dev/null || true");
    assert!(Command::new("sh").args(["-c", &script]).status().unwrap().success());
}

/// Finds the processes of a step by the mark in their environment, as the agent does at the end of a job.
pub fn processes_of(lookup: &str) -> Vec<u32> {
    let mark = format!("{LOOKUP}={lookup}");
    let ids =
        fs::read_dir("/proc").unwrap().filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
    ids.filter(|id: &u32| {
        let environment = fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
        environment.split(|&byte| byte == 0).any(|variable| variable == mark.as_bytes())
    })
    .collect()
}
