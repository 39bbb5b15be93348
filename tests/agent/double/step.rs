//! Runs a step: its process, its output, and the ways to stop it.

use std::{
    io::Read,
    os::unix::process::ExitStatusExt,
    process::{Command, ExitStatus, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender},
    thread,
    time::{Duration, Instant},
};

use super::{
    agent::Agent,
    context::{Context, TaskResult},
    lines,
    process::{Stop, processes_of, signal},
    run::Run,
};

/// No step of a test takes longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// How the agent asks a step to end, and how long it waits for that before it uses the next.
const STOPS: [(Stop, Duration); 3] = [
    (Stop::Interrupt, Duration::from_millis(7500)),
    (Stop::Terminate, Duration::from_millis(2500)),
    (Stop::Kill, PATIENCE),
];

enum Event {
    Line(String),
    Closed,
    Exited(ExitStatus),
}

/// A step that runs.
pub struct Step {
    context: Context,
    id: u32,
    received: Receiver<Event>,
    exit: Option<ExitStatus>,
    open: u32,
    agent: Agent,
}

impl Step {
    /// Starts a step's process, and reads its output and waits for its end on threads of their own.
    pub(super) fn spawn(mut process: Command, context: Context, agent: Agent) -> Self {
        process.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = process.spawn().unwrap_or_else(|error| panic!("cannot start {process:?}: {error}"));
        let id = child.id();
        let (events, received) = mpsc::channel();
        read(child.stdout.take().unwrap(), events.clone());
        read(child.stderr.take().unwrap(), events.clone());
        // Nobody listens any more when a test has failed.
        thread::spawn(move || events.send(Event::Exited(child.wait().unwrap())).unwrap_or_default());
        Self { context, id, received, exit: None, open: 2, agent }
    }

    /// Waits for a line of raw output that holds `text`.
    pub fn wait_for(&mut self, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.context.raw.iter().any(|line| line.contains(text)) {
            assert!(self.exit.is_none(), "the step ended before it said '{text}': {:#?}", self.context.raw);
            assert!(self.take(deadline), "the step did not say '{text}': {:#?}", self.context.raw);
        }
    }

    /// Kills the binary, as the kernel does when memory runs out; the launcher lives on.
    pub fn kill_binary(&self) {
        let binaries: Vec<_> =
            processes_of(&self.agent.lookup()).into_iter().filter(|&id| id != self.id).collect();
        assert_eq!(binaries.len(), 1, "the binary is the launcher's only child");
        signal(binaries[0], Stop::Kill);
    }

    /// Signals the launcher alone.
    pub fn signal(&self, stop: Stop) {
        signal(self.id, stop);
    }

    /// Waits for the step's end.
    pub fn finish(self) -> Run {
        self.end(None, None)
    }

    /// Cancels the step, as a user does with the job.
    pub fn cancel(mut self) -> Run {
        let start = Instant::now();
        let mut last = Stop::Interrupt;
        for (stop, patience) in STOPS {
            last = stop;
            signal(self.id, stop);
            let deadline = Instant::now() + patience;
            while self.exit.is_none() && self.take(deadline) {}
            if self.exit.is_some() {
                break;
            }
        }
        let duration = start.elapsed();
        self.end(Some(TaskResult::Canceled), Some((last, duration)))
    }

    fn end(mut self, stopped: Option<TaskResult>, stop: Option<(Stop, Duration)>) -> Run {
        let deadline = Instant::now() + PATIENCE;
        while self.exit.is_none() {
            assert!(self.take(deadline), "the step does not end: {:#?}", self.context.raw);
        }
        let deadline = Instant::now() + Duration::from_secs(5);
        while self.open > 0 && self.take(deadline) {}
        let exit = self.exit.unwrap();
        let exit_status = exit.code().unwrap_or_else(|| 128 + exit.signal().unwrap());
        let orphans = processes_of(&self.agent.lookup());
        for &id in &orphans {
            signal(id, Stop::Kill);
        }
        Run {
            result: self.context.finish(exit_status, stopped),
            context: self.context,
            exit_status,
            stop,
            output_closed: self.open == 0,
            orphans: orphans.len(),
            agent: self.agent,
        }
    }

    /// Takes in one event; false after `deadline`.
    fn take(&mut self, deadline: Instant) -> bool {
        match self.received.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(Event::Line(line)) => self.context.line(line),
            Ok(Event::Closed) => self.open -= 1,
            Ok(Event::Exited(status)) => self.exit = Some(status),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return false,
        }
        true
    }
}

/// Reads one of the two streams; they are the same to the agent.
fn read(stream: impl Read + Send + 'static, events: Sender<Event>) {
    thread::spawn(move || {
        lines::read(stream, |line| events.send(Event::Line(line)).unwrap_or_default());
        events.send(Event::Closed).unwrap_or_default();
    });
}
