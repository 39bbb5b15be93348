//! The running `ssh`: what it says on stderr, how it ends, and that it does end.

use std::io::{self, Read};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::exit_status::{SessionEnd, Spoken};
use super::last_words::LastWords;
use crate::cancel::{CancelToken, Ending};
use crate::clock;
use crate::error::{ErrorKind, Failure, Side};
use crate::mirror::events::{Event, Events};

/// Time in which a process that has nothing more to do may end by itself.
const GRACE: Duration = Duration::from_secs(2);

/// Makes events of what comes on stderr.
pub(super) struct Stderr {
    side: Side,
    events: Arc<dyn Events>,
}

impl Stderr {
    pub(super) fn new(side: Side, events: &Arc<dyn Events>) -> Self {
        Self { side, events: Arc::clone(events) }
    }
}

/// A child process, which is ended at the latest when this is dropped.
#[derive(Debug)]
pub(super) struct Process {
    child: Arc<Mutex<Child>>,
    /// The name of what runs on the far side.
    program: String,
    words: Arc<Mutex<LastWords>>,
    telling: Telling,
    listening: JoinHandle<()>,
    _ending: Option<Ending>,
}

/// Lets what comes on stderr become events, until it is stopped.
#[derive(Clone, Debug, Default)]
struct Telling(Arc<AtomicBool>);

impl Telling {
    fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_stopped(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Both ends of a process that talks.
pub(super) struct Started {
    pub(super) process: Process,
    pub(super) input: ChildStdin,
    pub(super) output: ChildStdout,
}

impl Process {
    pub(super) fn start(
        mut command: Command,
        program: String,
        told: Stderr,
        cancel: &CancelToken,
    ) -> Result<Started, Failure> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // What a shell has started ends with it.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().map_err(|error| unstartable(&command, &error))?;
        let (Some(input), Some(output), Some(stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(Failure::new(ErrorKind::ProgramMissing, "ssh was started without its pipes"));
        };
        let child = Arc::new(Mutex::new(child));
        let ended = Arc::clone(&child);
        // One that starts later shows what holds after the stop.
        let ending = cancel.reason().is_none().then(|| cancel.on_cancel(move || kill(&ended)));
        let (words, telling) = (Arc::<Mutex<LastWords>>::default(), Telling::default());
        let listening = listen(stderr, Arc::clone(&words), told, telling.clone());
        let process = Self { child, program, words, telling, listening, _ending: ending };
        Ok(Started { process, input, output })
    }

    /// Tells nobody what it says from now on.
    pub(super) fn stop_telling(&self) {
        self.telling.stop();
    }

    pub(super) fn has_ended(&mut self) -> bool {
        // A child that cannot be asked is treated as one that runs: it is killed in the end.
        matches!(self.child.lock().unwrap_or_else(PoisonError::into_inner).try_wait(), Ok(Some(_)))
    }

    /// Says why the output ended.
    pub(super) fn ending(&mut self, spoken: Spoken<'_>) -> Failure {
        let (status, words) = self.end();
        SessionEnd { status, words: &words, program: &self.program, spoken }.failure()
    }

    /// Waits for the end behind that of the output, and returns the exit status, if there is one, and the last words.
    pub(super) fn end(&mut self) -> (Option<i32>, String) {
        // A connection that ssh shares with others may keep stderr open longer than the process lives.
        clock::wait_for(GRACE, || (self.has_ended() && self.listening.is_finished()).then_some(()));
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        let status = child.try_wait().ok().flatten().and_then(|status| status.code());
        (status, self.words.lock().unwrap_or_else(PoisonError::into_inner).end())
    }
}

/// Ends the process, and on Unix all that it has started.
fn kill(child: &Mutex<Child>) {
    let mut child = child.lock().unwrap_or_else(PoisonError::into_inner);
    if matches!(child.try_wait(), Ok(Some(_))) {
        return;
    }
    #[cfg(unix)]
    let killed = rustix::process::kill_process_group(
        rustix::process::Pid::from_child(&child),
        rustix::process::Signal::KILL,
    );
    #[cfg(not(unix))]
    let killed = child.kill();
    if let Err(error) = killed.map_err(io::Error::from).and_then(|()| child.wait()) {
        log::debug!("ssh cannot be ended: {error}");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if clock::wait_for(GRACE, || self.has_ended().then_some(())).is_none() {
            log::debug!("ssh did not end by itself and is killed");
            kill(&self.child);
        }
    }
}

/// Hands stderr on as it comes and keeps its last part.
fn listen(
    mut stderr: ChildStderr,
    words: Arc<Mutex<LastWords>>,
    told: Stderr,
    telling: Telling,
) -> JoinHandle<()> {
    thread::spawn(move || {
        let mut piece = [0; 1024];
        while let Some(said) = stderr.read(&mut piece).ok().and_then(|count| piece.get(..count)) {
            if said.is_empty() {
                return;
            }
            if !telling.is_stopped() {
                told.events.on(Event::ServerText { side: told.side, text: said });
            }
            words.lock().unwrap_or_else(PoisonError::into_inner).take(said);
        }
    })
}

fn unstartable(command: &Command, error: &io::Error) -> Failure {
    let program = command.get_program().display();
    let message = match error.kind() {
        io::ErrorKind::NotFound => format!("the program '{program}' was not found on this machine"),
        _ => format!("the program '{program}' could not be started: {error}"),
    };
    Failure::new(ErrorKind::ProgramMissing, message)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::mirror::testing;

    fn silent() -> Stderr {
        Stderr::new(Side::Source, &testing::silent())
    }

    fn sh(script: &str) -> Result<Started, Failure> {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Process::start(command, "git-upload-pack".to_owned(), silent(), &CancelToken::default())
    }

    #[test]
    fn the_end_is_told_with_status_and_words() {
        let mut started = sh("echo 'Host key verification failed.' >&2; exit 255").unwrap();
        let failure = started.process.ending(Spoken::Text(""));
        assert_eq!(
            (failure.kind, failure.message.as_str()),
            (ErrorKind::HostKey, "ssh exited with status 255")
        );
        assert_eq!(failure.remote.as_deref(), Some("Host key verification failed."));
    }

    #[test]
    fn what_does_not_end_is_killed_with_all_that_it_started() {
        // The pipe closes when nobody is left who holds it.
        let started = sh("sleep 1000 & sleep 1000").unwrap();
        drop(started.process);
        let mut output = started.output;
        assert_eq!(output.read(&mut [0]).unwrap(), 0);
    }

    #[test]
    fn a_missing_program_is_named() {
        let failure = Process::start(
            Command::new("/nonexistent/ssh"),
            "git-upload-pack".to_owned(),
            silent(),
            &CancelToken::default(),
        );
        let failure = failure.err().unwrap();
        assert_eq!(failure.kind, ErrorKind::ProgramMissing);
        assert_eq!(failure.message, "the program '/nonexistent/ssh' was not found on this machine");
    }
}
