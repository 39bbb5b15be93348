//! One mirror of a step: the attempts, and what each consists of.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Duration;

use super::connect;
use super::connect::{Connected, Repositories};
use super::creation::DestinationMaker;
use super::default_branch;
use super::lfs_ends::LfsEnds;
use super::server_pauses;
use super::services::Services;
use crate::agent::log::Log;
use crate::clock;
use crate::clock::Stopwatch;
use crate::config::mirror_spec::MirrorSpec;
use crate::config::repositories::{DefaultBranch, Unrelated};
use crate::config::step::Step;
use crate::error::{Error, Phase, Purpose, RemoteLabel};
use crate::hosts::listing::Content;
use crate::lfs::copies::{Copies, CopyJob, LfsReport};
use crate::lfs::lfs_gate::LfsGate;
use crate::lfs::policy::{LfsPolicy, MissingObjects};
use crate::lfs::transfer::AtOnce;
use crate::local::{LocalDestination, Session};
use crate::mirror;
use crate::mirror::events::{Event, Events};
use crate::mirror::plan::Plan;
use crate::mirror::policy::{EmptySource, Policy};
use crate::mirror::ports::{Destination, Job, Source, SourceInfo};
use crate::mirror::push_started::PushStarted;
use crate::mirror::ref_retry;
use crate::mirror::related;
use crate::mirror::report::Report;
use crate::mirror::retry;
use crate::mirror::retry::{Brought, Decision, FailedAttempt, Retry};
use crate::protocol::ref_list::{AdvertisedRef, RefList};
use crate::report::announce;
use crate::report::connection_test::ConnectionTest;
use crate::report::idle_patterns;
use crate::report::outcome::{Created, DefaultBranchEnd, MirrorOutcome};
use crate::report::progress::Progress;
use crate::transport::Context;

/// One mirror of a step under way.
pub(crate) struct MirrorRun<'a> {
    step: &'a Step,
    spec: &'a Arc<MirrorSpec>,
    services: &'a Services,
    context: Context,
    log: &'a Log,
    push_started: &'a PushStarted,
    /// The address at which the source was read last, if its server redirected to another.
    redirected: RefCell<Option<Box<str>>>,
    /// The connection test of the last attempt, in a dry run.
    connection_test: RefCell<Option<ConnectionTest>>,
    /// The creation of the destination in any of the attempts.
    created: Cell<Created>,
    /// The default branch of the destination after the last attempt that came so far.
    default_branch: RefCell<DefaultBranchEnd>,
    /// The LFS objects that were copied to the destination in all attempts.
    lfs: RefCell<LfsReport>,
}

/// The end of an attempt that made a plan.
struct Attempt {
    /// The report, with what earlier attempts did.
    report: Report,
    brought: Brought,
}

impl<'a> MirrorRun<'a> {
    pub(crate) fn new(
        step: &'a Step,
        spec: &'a Arc<MirrorSpec>,
        services: &'a Services,
        log: &'a Log,
        progress: Progress,
        push_started: &'a PushStarted,
    ) -> Self {
        let events: Arc<dyn Events> = Arc::new(progress);
        let context = services.context(step, log, events);
        Self {
            step,
            spec,
            services,
            context,
            log,
            push_started,
            redirected: RefCell::default(),
            connection_test: RefCell::default(),
            created: Cell::new(Created::No),
            default_branch: RefCell::new(DefaultBranchEnd::Left),
            lfs: RefCell::default(),
        }
    }

    /// Mirrors, and begins again from the listing where what went wrong can pass.
    pub(crate) fn run(&self) -> MirrorOutcome {
        let (watch, mut attempts) = (Stopwatch::start(), 0);
        let result = self.run_attempts(&mut attempts);
        MirrorOutcome {
            mirror: Arc::clone(self.spec),
            result,
            attempts,
            push_started: self.push_started.get(),
            cancelled: self.services.cancel.reason(),
            redirected: self.redirected.take(),
            connection_test: self.connection_test.take(),
            created: self.created.get(),
            default_branch: self.default_branch.replace(DefaultBranchEnd::Left),
            lfs: self.lfs.take(),
            elapsed: watch.elapsed(),
        }
    }

    fn run_attempts(&self, attempts: &mut u32) -> Result<Report, Vec<Error>> {
        let mut retry = Retry::new(self.step.limits.attempts);
        let mut earlier: Option<Report> = None;
        loop {
            *attempts += 1;
            let attempt = self.attempt(earlier.as_ref());
            let errors = errors(&attempt);
            for error in &errors {
                server_pauses::note(self.spec, &self.context, error);
            }
            // What broke a push off was told when it did.
            let untold = attempt.as_ref().err().cloned().unwrap_or_default();
            let brought = attempt.as_ref().map_or(Brought::Nothing, |attempt| attempt.brought);
            let outcome = with_earlier(attempt, earlier.take());
            let transient_refs = match &outcome {
                Ok(report) if errors.is_empty() => ref_retry::transient_refs(report).len(),
                _ => 0,
            };
            if (errors.is_empty() && transient_refs == 0) || self.services.cancel.reason().is_some() {
                return outcome;
            }
            let failed = FailedAttempt { errors: &errors, transient_refs, brought, left: self.time_left() };
            let Decision::Retry(wait) = retry.decide(failed, clock::jitter()) else { return outcome };
            if let (Ok(report), true) = (&outcome, errors.is_empty()) {
                announce::transient_refs(self.log, self.step, self.spec, report);
            }
            announce::retry(self.log, &untold, retry.made(), wait);
            if self.services.cancel.wait(wait).is_some() {
                return outcome;
            }
            earlier = outcome.ok();
        }
    }

    /// Opens the repositories; none where the source is a wiki that has no page yet.
    fn connect(&self) -> Result<Option<Repositories>, Vec<Error>> {
        let session = self.session();
        let maker = DestinationMaker::new(self.step, self.spec, &self.context, self.created.get());
        let (selection, mode) = (&self.step.policy.selection, self.step.mode);
        let Connected { repositories, test } =
            connect::open(self.spec, selection, mode, &self.context, &session, &maker);
        self.created.set(maker.created());
        if repositories.as_ref().is_err_and(|errors| self.is_unwritten_wiki(errors)) {
            self.log.line("the wiki has no page yet: there is nothing to mirror");
            return Ok(None);
        }
        if let Some(test) = &test {
            announce::connection_test(self.log, self.step, test);
        }
        self.connection_test.replace(test);
        repositories.map(Some)
    }

    /// Tells whether the source is a wiki that its host lists and does not have: hosts create it with its first page.
    fn is_unwritten_wiki(&self, errors: &[Error]) -> bool {
        let is_missing = |error: &Error| {
            let told = (error.label.side, error.failure.kind, error.failure.asked);
            told == (Side::Source, ErrorKind::NotFound, Asked::Repository)
        };
        let is_wiki = self.spec.member().is_some_and(|member| member.content == Content::Wiki);
        is_wiki && errors.iter().any(is_missing)
    }

    fn session(&self) -> Session {
        Session {
            cancel: self.services.cancel.clone(),
            temp_dirs: self.services.temp_dirs.clone(),
            push_started: self.push_started.clone(),
        }
    }

    fn time_left(&self) -> Duration {
        self.step.limits.time.saturating_sub(self.services.states.elapsed())
    }

    fn attempt(&self, earlier: Option<&Report>) -> Result<Attempt, Vec<Error>> {
        self.context.events.on(Event::Started(Phase::List));
        self.log.line(&format!("source: {}", self.spec.source.url));
        self.log.line(&format!("destination: {}", self.spec.destination.url));
        server_pauses::wait(self.spec, &self.context)?;
        let Some(Repositories { mut source, mut destination, clone }) = self.connect()? else {
            let report = Report::without_push(Plan::default());
            return Ok(Attempt { report, brought: Brought::Nothing });
        };
        self.note_redirect(&source.info().label);
        let unusable = source.info().refs.unusable();
        if unusable > 0 {
            let (label, rule) =
                (&source.info().label, "their names break Git's rules or are longer than 4,096 bytes");
            self.log.warning(&format!("{label} lists refs that are not mirrored, {unusable} in all: {rule}"));
        }
        if earlier.is_none() {
            let selection = &self.step.policy.selection;
            idle_patterns::tell(self.log, selection, &source.info().refs, &destination.info().refs);
        }
        self.require_related(source.as_mut(), destination.as_ref()).map_err(|error| vec![error])?;
        if let Some(clone) = clone {
            self.keep_clone(source.as_mut(), clone).map_err(|error| vec![error])?;
        }
        let (report, lfs) = self.mirror(source.as_mut(), destination.as_mut());
        self.lfs.borrow_mut().add(&lfs);
        let report = report.map_err(|error| vec![error])?;
        let report = self.follow_default_branch(source.as_mut(), destination.as_mut(), report);
        let counts = report.counts();
        let has_brought = counts.created + counts.updated + counts.deleted > 0;
        Ok(Attempt {
            brought: if has_brought { Brought::Refs } else { Brought::Nothing },
            report: match earlier {
                Some(earlier) => report.after(earlier, &destination.info().refs),
                None => report,
            },
        })
    }

    /// Refuses a destination that is no mirror of the source, where its name was computed and this run did not create it.
    fn require_related(&self, source: &mut dyn Source, destination: &dyn Destination) -> Result<(), Error> {
        match (self.spec.member(), self.created.get(), self.step.repositories.unrelated) {
            (Some(_), Created::No, Unrelated::Refused) => related::require(source, destination),
            _ => Ok(()),
        }
    }

    /// Returns the policy of the mirror. A container may well hold empty repositories: where nothing can be lost by that,
    /// it is no mistake.
    fn policy(&self, source: &RefList, destination: &RefList) -> Cow<'_, Policy> {
        let policy = &self.step.policy;
        let is_selected = |listed: &AdvertisedRef| policy.selection.contains(listed.name.as_bytes());
        let is_empty = source.refs().is_empty() && !destination.refs().iter().any(is_selected);
        if self.spec.member().is_some() && is_empty {
            Cow::Owned(Policy { empty_source: EmptySource::Allow, ..policy.clone() })
        } else {
            Cow::Borrowed(policy)
        }
    }

    /// Sets the default branch if it is to follow the source's. The one before may then go, which no mirror could delete.
    fn follow_default_branch(
        &self,
        source: &mut dyn Source,
        destination: &mut dyn Destination,
        report: Report,
    ) -> Report {
        if self.step.default_branch == DefaultBranch::Leave || report.interruption.is_some() {
            return report;
        }
        let (created, mode) = (self.created.get(), self.step.mode);
        let end = default_branch::follow(self.spec, source, destination, created, mode, &self.context);
        let is_set = matches!(end, DefaultBranchEnd::Set(_));
        self.default_branch.replace(end);
        if !is_set || !report.keeps_default_branch() {
            return report;
        }
        let again = default_branch::learn(destination).and_then(|()| {
            let (again, lfs) = self.mirror(source, destination);
            self.lfs.borrow_mut().add(&lfs);
            again
        });
        match again {
            Ok(again) => again.after(&report, &destination.info().refs),
            Err(error) => report.interrupted_again(vec![error]),
        }
    }

    /// Warns once of a source that is read at another server than the user named.
    fn note_redirect(&self, source: &RemoteLabel) {
        let before = self.redirected.replace(source.redirected.clone());
        if source.redirected.is_some() && source.redirected != before {
            announce::redirect(self.log, self.step, self.spec, source);
        }
    }

    fn mirror(
        &self,
        source: &mut dyn Source,
        destination: &mut dyn Destination,
    ) -> (Result<Report, Error>, LfsReport) {
        let Step { mode, spool_folder, .. } = self.step;
        let policy = &*self.policy(&source.info().refs, &destination.info().refs);
        let (lag, cancel, events) =
            (mirror::listing::LONGEST_LAG, &self.services.cancel, &*self.context.events);
        let job = Job { policy, mode: *mode, spool: spool_folder, lag, cancel };
        let LfsPolicy::Copied { extent, missing } = self.step.lfs else {
            return (mirror::mirror(source, destination, &job, events), LfsReport::default());
        };
        let copies = self.copies(missing, source.info(), &destination.info().label);
        let selected = |listed: &&AdvertisedRef| policy.selection.contains(listed.name.as_bytes());
        let tips = source.info().refs.refs().iter().filter(selected).map(|listed| listed.id).collect();
        let mut gate = LfsGate::new(extent, source.info().label.clone(), tips, copies);
        let report = mirror::mirror_with_gate(source, destination, &job, &mut gate, events);
        (report, gate.into_report())
    }

    /// Prepares the copies of LFS objects; nothing is connected before the first one is needed.
    fn copies(&self, missing: MissingObjects, source: &SourceInfo, destination: &RemoteLabel) -> Copies {
        let mode = self.step.mode;
        let purpose = destination.purpose;
        let ends = LfsEnds {
            mirror: Arc::clone(self.spec),
            purpose,
            mode,
            session: match purpose {
                Purpose::Mirror => self.session(),
                // What is written there is no push to the destination.
                Purpose::Clone => Session { push_started: PushStarted::default(), ..self.session() },
            },
            labels: (source.label.clone(), destination.clone()),
            branch: source.refs.head().map(ToString::to_string),
            context: self.context.clone(),
            log: self.log.clone(),
        };
        let job = CopyJob {
            missing,
            mode,
            at_once: AtOnce::shared_by(
                self.services.states.count().min(self.step.repositories.at_once.get()),
            ),
            events: Arc::clone(&self.context.events),
            cancel: self.services.cancel.clone(),
        };
        Copies::new(ends.into_connect(), job)
    }

    /// Makes the clone directory a mirror of the source too, of which no part may be missing. It comes first, so that
    /// a clone which is not complete leaves the destination as it is.
    fn keep_clone(&self, source: &mut dyn Source, mut clone: LocalDestination) -> Result<(), Error> {
        let watch = Stopwatch::start();
        let (report, lfs) = self.mirror(source, &mut clone);
        self.lfs.borrow_mut().add_gaps_of_clone(&lfs);
        let report = report?;
        announce::clone_directory(self.log, self.step, &clone.info().label, &report, &lfs, watch.elapsed());
        report.require_all(&clone.info().label)
    }
}

/// Returns what went wrong in one attempt.
fn errors(attempt: &Result<Attempt, Vec<Error>>) -> Vec<Error> {
    match attempt {
        Ok(attempt) => attempt.report.interruption.iter().cloned().collect(),
        Err(errors) => errors.clone(),
    }
}

/// Returns what the attempts came to: what the earlier ones did stays done.
fn with_earlier(attempt: Result<Attempt, Vec<Error>>, earlier: Option<Report>) -> Result<Report, Vec<Error>> {
    match (attempt, earlier) {
        (Ok(attempt), _) => Ok(attempt.report),
        (Err(mut errors), Some(before)) => {
            // The report names one: what cannot pass, if there is such.
            errors.sort_by_key(retry::is_transient);
            Ok(before.interrupted_again(errors))
        }
        (Err(errors), None) => Err(errors),
    }
}

#[cfg(test)]
mod tests;
