//! One attempt of a mirror, from the listing to the verified push.

use std::borrow::Cow;
use std::sync::Arc;

use super::connect;
use super::connect::{Connected, Repositories};
use super::creation::DestinationMaker;
use super::default_branch;
use super::default_branch::Before;
use super::lfs_ends::LfsEnds;
use super::mirror_run::MirrorRun;
use super::server_pauses;
use crate::clock;
use crate::clock::Stopwatch;
use crate::config::repositories::{DefaultBranch, Unrelated};
use crate::config::step::Step;
use crate::error::{Asked, Error, ErrorKind, Failure, Phase, Purpose, RemoteLabel, Side};
use crate::hosts::listing::Content;
use crate::lfs::copies::{Copies, CopyJob, LfsReport};
use crate::lfs::lfs_gate::LfsGate;
use crate::lfs::policy::{LfsPolicy, MissingObjects};
use crate::lfs::transfer::AtOnce;
use crate::local::{LocalDestination, Session};
use crate::mirror;
use crate::mirror::events::Event;
use crate::mirror::mapped_refs;
use crate::mirror::mapped_source::MappedSource;
use crate::mirror::plan::Plan;
use crate::mirror::policy::{DivergedRefs, EmptySource, KeepReplaced, Policy};
use crate::mirror::ports::{Destination, DestinationInfo, Job, Mode, Source};
use crate::mirror::push_size::PushSize;
use crate::mirror::push_started::PushStarted;
use crate::mirror::related;
use crate::mirror::report::Report;
use crate::mirror::retry::Brought;
use crate::protocol::ref_list::{AdvertisedRef, RefList};
use crate::report::announce;
use crate::report::idle_patterns;
use crate::report::outcome::{Created, DefaultBranchEnd};

/// The end of an attempt that made a plan.
pub(super) struct Attempt {
    /// The report, with what earlier attempts did.
    pub(super) report: Report,
    /// The progress at the destination.
    pub(super) brought: Brought,
}

impl MirrorRun<'_> {
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

    /// Lists both sides, and mirrors.
    ///
    /// # Errors
    ///
    /// What prevented a plan; what broke a push off is in the report.
    pub(super) fn attempt(&self, earlier: Option<&Report>) -> Result<Attempt, Vec<Error>> {
        self.context.events.on(Event::Started(Phase::List));
        self.log.line(&format!("source: {}", self.spec.source.url));
        self.log.line(&format!("destination: {}", self.spec.destination.url));
        server_pauses::wait(self.spec, &self.context)?;
        let Some(Repositories { mut source, mut destination, clone }) = self.connect()? else {
            let report = Report::without_push(Plan::default());
            return Ok(Attempt { report, brought: Brought::Nothing });
        };
        self.note_redirect(&source.info().label);
        let before = self.before.get().unwrap_or_else(|| Before::of(&destination.info().refs));
        self.before.set(Some(before));
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
        let names =
            self.names(&source.info().refs, destination.as_ref(), earlier).map_err(|error| vec![error])?;
        self.require_related(source.as_mut(), destination.as_ref()).map_err(|error| vec![error])?;
        if let Some(clone) = clone {
            self.keep_clone(source.as_mut(), clone).map_err(|error| vec![error])?;
        }
        if let Some(names) = names {
            source = Box::new(MappedSource::new(source, names));
        }
        let (report, lfs) = self.mirror(source.as_mut(), destination.as_mut(), &self.step.policy);
        self.lfs.borrow_mut().add(&lfs);
        let report = report.map_err(|error| vec![error])?;
        self.verified_at.set(Some(clock::unix_time()));
        if report.push_size != PushSize::default() {
            self.push_size.set(Some(report.push_size));
        }
        let report = self.follow_default_branch(source.as_mut(), destination.as_mut(), report);
        let counts = report.counts();
        let has_brought = counts.created + counts.updated + counts.deleted > 0 || report.came_in_part();
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

    /// Returns the source's refs under their names at the destination, where they have others there. It is the first
    /// attempt that tells which have none.
    fn names(
        &self,
        source: &RefList,
        destination: &dyn Destination,
        earlier: Option<&Report>,
    ) -> Result<Option<RefList>, Error> {
        let policy = &self.step.policy;
        if policy.selection.map().is_identity() {
            return Ok(None);
        }
        let DestinationInfo { label, refs: there, .. } = destination.info();
        let mapped = mapped_refs::of(source, &policy.selection)
            .and_then(|mapped| mapped_refs::require_room(&mapped.refs, there, policy).map(|()| mapped))
            .map_err(|error| {
                label.error(Phase::Plan, Failure::new(ErrorKind::NamesCollide, error.to_string()))
            })?;
        if earlier.is_none() {
            announce::mapped_names(self.log, self.step, &mapped);
        }
        Ok(Some(mapped.refs))
    }

    /// Returns the policy of the mirror. A container may well hold empty repositories: where nothing can be lost by that,
    /// it is no mistake.
    fn policy<'b>(
        &self,
        policy: &'b Policy,
        source: &RefList,
        destination: &DestinationInfo,
    ) -> Cow<'b, Policy> {
        let mut policy = Cow::Borrowed(policy);
        if destination.label.purpose == Purpose::Clone {
            // A clone follows its source, whatever the destination keeps.
            let policy = policy.to_mut();
            (policy.diverged, policy.replaced) = (DivergedRefs::Overwrite, KeepReplaced::Nothing);
        }
        let is_selected = |listed: &AdvertisedRef| policy.selection.contains(listed.name.as_bytes());
        let is_empty = !source.refs().iter().chain(destination.refs.refs()).any(is_selected);
        if self.spec.member().is_some() && is_empty {
            policy.to_mut().empty_source = EmptySource::Allow;
        }
        policy
    }

    /// Sets the default branch if it is to follow the source's, else compares it after a first mirror. The one before may then
    /// go, which no mirror could delete.
    fn follow_default_branch(
        &self,
        source: &mut dyn Source,
        destination: &mut dyn Destination,
        report: Report,
    ) -> Report {
        if report.interruption.is_some() {
            return report;
        }
        if self.step.default_branch == DefaultBranch::Leave {
            if self.before.get() == Some(Before::None) && self.step.mode == Mode::Mirror {
                let cancel = &self.services.cancel;
                self.default_branch.replace(default_branch::compare(self.spec, source, destination, cancel));
            }
            return report;
        }
        let created = self.created.get();
        self.context.events.on(Event::Started(Phase::SetDefaultBranch));
        let end = default_branch::follow(self.step, self.spec, source, destination, created, &self.context);
        let is_set = matches!(end, DefaultBranchEnd::Set(_));
        self.default_branch.replace(end);
        if !is_set || !report.keeps_default_branch() {
            return report;
        }
        let again = default_branch::learn(destination).and_then(|()| {
            let (again, lfs) = self.mirror(source, destination, &self.step.policy);
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
        policy: &Policy,
    ) -> (Result<Report, Error>, LfsReport) {
        let Step { mode, spool_folder, .. } = self.step;
        let policy = &*self.policy(policy, &source.info().refs, destination.info());
        let (lag, cancel, events) =
            (mirror::listing::LONGEST_LAG, &self.services.cancel, &*self.context.events);
        let job = Job {
            policy,
            mode: *mode,
            spool: spool_folder,
            lag,
            push_size: self.push_size(destination.info()),
            now: clock::unix_time(),
            cancel,
        };
        let LfsPolicy::Copied { extent, missing } = self.step.lfs else {
            return (mirror::mirror(source, destination, &job, events), LfsReport::default());
        };
        let copies = self.copies(missing, source, &destination.info().label);
        let selected = |listed: &&AdvertisedRef| policy.selection.contains(listed.name.as_bytes());
        let tips = source.info().refs.refs().iter().filter(selected).map(|listed| listed.id).collect();
        let size = self.spec.member().and_then(|member| member.size);
        let mut gate = LfsGate::new(extent, source.info().label.clone(), tips, copies).at_source_of(size);
        let report = mirror::mirror_with_gate(source, destination, &job, &mut gate, events);
        (report, gate.into_report())
    }

    /// Returns what a push may weigh. A folder that is a clone takes any.
    fn push_size(&self, destination: &DestinationInfo) -> PushSize {
        match destination.label.purpose {
            Purpose::Mirror => {
                let known = || PushSize::new(self.step.max_push, destination.max_push);
                self.push_size.get().unwrap_or_else(known)
            }
            Purpose::Clone => PushSize::default(),
        }
    }

    /// Prepares the copies of LFS objects; nothing is connected before the first one is needed.
    fn copies(&self, missing: MissingObjects, source: &dyn Source, destination: &RemoteLabel) -> Copies {
        let mode = self.step.mode;
        let purpose = destination.purpose;
        let branch = |refs: &RefList| refs.head().map(ToString::to_string);
        let ends = LfsEnds {
            mirror: Arc::clone(self.spec),
            purpose,
            mode,
            session: match purpose {
                Purpose::Mirror => self.session(),
                // What is written there is no push to the destination.
                Purpose::Clone => Session { push_started: PushStarted::default(), ..self.session() },
            },
            labels: (source.info().label.clone(), destination.clone()),
            branches: (branch(source.own_refs()), branch(&source.info().refs)),
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

    /// Makes the clone directory a mirror of the source too, of which no part may be missing, and whose refs keep their
    /// names. It comes first, so that a clone which is not complete leaves the destination as it is.
    fn keep_clone(&self, source: &mut dyn Source, mut clone: LocalDestination) -> Result<(), Error> {
        let watch = Stopwatch::start();
        let (report, lfs) = self.mirror(source, &mut clone, &self.step.policy.with_own_names());
        self.lfs.borrow_mut().add_gaps_of_clone(&lfs);
        let report = report?;
        announce::clone_directory(self.log, self.step, &clone.info().label, &report, &lfs, watch.elapsed());
        report.require_all(&clone.info().label)
    }
}
