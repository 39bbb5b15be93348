//! Announces what happens between the plans of a mirror: the connections, a retry, a redirect, a clone directory; of a
//! container also its list, and the end of each of its mirrors.

use std::time::Duration;

use super::connection_test::ConnectionTest;
use super::ending::Ending;
use super::problems::with_words;
use super::units::Elapsed;
use super::{advice, container, counts, issues};
use crate::agent::command::TaskResult;
use crate::agent::log::{Details, Log};
use crate::config::mirror_spec::MirrorSpec;
use crate::config::step::Step;
use crate::error::{Error, RemoteLabel};
use crate::lfs::copies::LfsReport;
use crate::mirror::mapped_refs::MappedRefs;
use crate::mirror::ref_retry;
use crate::mirror::report::Report;
use crate::report::outcome::{Created, DefaultBranchEnd, ListedContainer, MirrorOutcome};

/// Says that an attempt failed, why as far as that is not told yet, and when the next begins. These are no issues: what fails
/// in the end is one, and what comes by itself needs nobody.
pub fn retry(log: &Log, errors: &[Error], made: u32, wait: Duration) {
    for error in errors {
        log.attention(&format!("attempt {made} failed: {}", with_words(error)));
    }
    if errors.is_empty() {
        log.attention(&format!("attempt {made} failed"));
    }
    log.line(&format!("attempt {} begins in {}", made.saturating_add(1), Elapsed(wait)));
}

/// Names the refs that the next attempt may bring, with what became of them in this one.
pub fn transient_refs(log: &Log, step: &Step, mirror: &MirrorSpec, report: &Report) {
    issues::list_refs(log, mirror, step.caller, report, ref_retry::transient_refs(report));
}

/// Says that the source is read at a server that nobody named.
pub fn redirect(log: &Log, step: &Step, mirror: &MirrorSpec, source: &RemoteLabel) {
    log.warning(&format!(
        "{source}: it is read there, without credentials. {}",
        advice::for_redirect(mirror, step.caller)
    ));
}

/// Says who signs in on each side, and what came of it.
pub fn connection_test(log: &Log, step: &Step, test: &ConnectionTest) {
    for line in test.lines(step.caller) {
        log.line(&line);
    }
}

/// Says how many refs are left out since they get no name at the destination.
pub fn mapped_names(log: &Log, step: &Step, mapped: &MappedRefs) {
    let MappedRefs { unnamed, unusable, .. } = mapped;
    if *unnamed > 0 {
        let text = format!("selected refs that no line of 'mapRefs' names are left out, {unnamed} in all");
        log.line(&step.caller.named(&text));
    }
    if *unusable > 0 {
        let text = format!(
            "refs are not mirrored to names that lines of 'mapRefs' make, {unusable} in all: these names break Git's \
             rules or are longer than 4,096 bytes"
        );
        log.warning(&step.caller.named(&text));
    }
}

/// Says what was done in the clone directory.
pub fn clone_directory(
    log: &Log,
    step: &Step,
    folder: &RemoteLabel,
    report: &Report,
    lfs: &LfsReport,
    elapsed: Duration,
) {
    log.line(&format!("{folder}: {}", counts::totals(report, lfs, step.mode, elapsed)));
}

/// Says which inputs are without effect, since the source is one repository.
pub fn inputs_of_many(log: &Log, step: &Step) {
    let given = &step.repositories.given;
    if !given.is_empty() {
        log.warning(&format!(
            "without effect, since the source is one repository and no project, organization or folder of some: {}",
            given.join(", ")
        ));
    }
}

/// Says what a container holds, what of it is mirrored, and what is not and why: all at once, before anything is sent.
pub fn listed(log: &Log, step: &Step, listed: &ListedContainer, mirrors: usize) {
    container::tell_list(log, step, listed, mirrors);
}

/// Says how one of several mirrors ended, over the lines that were kept back meanwhile, and returns its result. What was as
/// it should be has one line.
pub fn ended(own: &Log, step: &Step, outcome: &MirrorOutcome) -> TaskResult {
    let ending = Ending::of(step, outcome);
    ending.tell_refs(own);
    if outcome.report().is_none() {
        for problem in &ending.problems {
            own.line(&format!("{}. {}", problem.what, problem.advice));
        }
    }
    if let Some(test) = ending.connection_test() {
        own.line(&test.verdict());
    }
    own.release(&ending.by_name(), details(&ending));
    ending.result
}

/// Names a mirror that is not at its end when all that is kept back must be told.
pub fn not_ended(mirror: &MirrorSpec) -> String {
    format!("{}: not at its end", mirror.name())
}

fn details(ending: &Ending<'_>) -> Details {
    let MirrorOutcome { attempts, connection_test, created, default_branch, lfs, .. } = ending.outcome;
    let is_as_it_was = ending.outcome.report().is_some_and(|report| report.outcomes.is_empty())
        && lfs.objects == 0
        && *created == Created::No
        && matches!(default_branch, DefaultBranchEnd::Left | DefaultBranchEnd::Same);
    match ending.result {
        TaskResult::Succeeded if is_as_it_was && *attempts == 1 && connection_test.is_none() => {
            Details::Dispensable
        }
        _ => Details::Needed,
    }
}
