//! One run: the attempts, and what each consists of.

use std::panic;
use std::sync::Arc;
use std::thread;

use crate::clock::{self, Stopwatch};
use crate::error::{Error, Phase, Side};
use crate::mirror::report::Report;
use crate::mirror::retry::{Decision, Retry};
use crate::mirror::{self, Destination, Job, Observer, Source};
use crate::pipeline::{Log, Progress, Settings, closing};
use crate::protocol::ls_refs::Peeled;
use crate::remote::RefRule;
use crate::stop::Stop;
use crate::transport::local::LocalDestination;
use crate::transport::{self, Context};

/// A run under way.
pub(crate) struct Run<'a> {
    settings: &'a Settings,
    log: &'a Log,
    progress: Progress<'a>,
    context: Context,
}

/// The repositories of a run, their refs listed.
struct Repositories {
    source: Box<dyn Source>,
    destination: Box<dyn Destination>,
    clone: Option<LocalDestination>,
}

impl<'a> Run<'a> {
    pub(crate) fn new(settings: &'a Settings, log: &'a Log, stop: &Stop) -> Self {
        let hears = log.clone();
        let context = Context {
            ssh: settings.ssh.clone(),
            environment: settings.child_environment.clone(),
            patience: settings.patience,
            stop: stop.clone(),
            listener: Arc::new(move |side: Side, said: &[u8]| hears.remote(&side.to_string(), said)),
        };
        Self { settings, log, progress: Progress::new(log), context }
    }

    /// Mirrors, and begins again from the listing where what went wrong can pass.
    pub(crate) fn until_settled(&self) -> Result<Report, Vec<Error>> {
        let mut retry = Retry::new(self.settings.attempts);
        let mut earlier: Option<Report> = None;
        loop {
            let outcome = match (self.attempt(), earlier.take()) {
                (Ok(report), Some(before)) => Ok(report.after(before)),
                (Err(errors), Some(before)) => Ok(before.interrupted_again(errors)),
                (outcome, None) => outcome,
            };
            let errors: Vec<&Error> = match &outcome {
                Ok(report) => report.interruption.iter().collect(),
                Err(errors) => errors.iter().collect(),
            };
            let decision =
                if errors.is_empty() { Decision::GiveUp } else { retry.decide(&errors, clock::jitter()) };
            let Decision::Again(wait) = decision else { return outcome };
            if self.context.stop.reason().is_some() {
                return outcome;
            }
            closing::announce_retry(self.log, &errors, retry.made(), wait);
            if self.context.stop.wait(wait).is_some() {
                return outcome;
            }
            earlier = outcome.ok();
        }
    }

    fn attempt(&self) -> Result<Report, Vec<Error>> {
        self.progress.phase(Phase::List);
        self.log.line(&format!("source: {}", self.settings.source.url));
        self.log.line(&format!("destination: {}", self.settings.destination.url));
        let Repositories { mut source, mut destination, clone } = self.connect()?;
        let unusable = source.refs().unusable();
        if unusable > 0 {
            let (peer, rule) = (source.peer(), "their names break Git's rules");
            self.log.warning(&format!("{peer} lists refs that are not mirrored, {unusable} in all: {rule}"));
        }
        if let Some(clone) = clone {
            self.keep_clone(source.as_mut(), clone).map_err(|error| vec![error])?;
        }
        self.mirror(source.as_mut(), destination.as_mut()).map_err(|error| vec![error])
    }

    fn mirror(&self, source: &mut dyn Source, destination: &mut dyn Destination) -> Result<Report, Error> {
        let Settings { policy, mode, spool_folder, .. } = self.settings;
        let job = Job { policy, mode: *mode, spool: spool_folder, stop: &self.context.stop };
        mirror::mirror(source, destination, &job, &self.progress)
    }

    /// Makes the clone directory a mirror of the source too: the same relay, with a local destination. It
    /// comes first, so that a clone which is not complete leaves the destination as it is.
    fn keep_clone(&self, source: &mut dyn Source, mut clone: LocalDestination) -> Result<(), Error> {
        let watch = Stopwatch::start();
        self.log.section("Clone directory");
        let report = self.mirror(source, &mut clone)?;
        closing::note_clone(self.log, clone.peer(), &report, watch.elapsed());
        report.require_all(clone.peer())
    }

    /// Lists both sides at the same time, and the clone if one is kept; reports what is wrong with any.
    fn connect(&self) -> Result<Repositories, Vec<Error>> {
        let Settings { source, destination, policy, clone_directory, .. } = self.settings;
        let prefixes: Vec<String> = policy.selection.prefixes().into_iter().map(str::to_owned).collect();
        let asks_for_commits = destination.host().facts().ref_rules.contains(&RefRule::CommitsOnly);
        let peeled = if asks_for_commits { Peeled::Wanted } else { Peeled::Unneeded };
        let (source, destination) = at_once(
            || transport::open_source(source, &prefixes, peeled, &self.context),
            || transport::open_destination(destination, &self.context),
        );
        let clone = clone_directory.as_deref().map(|folder| transport::open_clone(folder, &self.context));
        match (source, destination, clone.transpose()) {
            (Ok(source), Ok(destination), Ok(clone)) => Ok(Repositories { source, destination, clone }),
            (source, destination, clone) => {
                Err(source.err().into_iter().chain(destination.err()).chain(clone.err()).collect())
            }
        }
    }
}

/// Does both at the same time, the first on a thread of its own; a bug there is one here, too.
pub(crate) fn at_once<A: Send, B>(first: impl FnOnce() -> A + Send, second: impl FnOnce() -> B) -> (A, B) {
    thread::scope(|scope| {
        let first = scope.spawn(first);
        let second = second();
        (first.join().unwrap_or_else(|bug| panic::resume_unwind(bug)), second)
    })
}
