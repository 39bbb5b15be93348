//! Announces what happens between the plans of a mirror: the connections, a retry, a redirect, a clone directory.

use std::time::Duration;

use super::connection_test::ConnectionTest;
use super::problems::with_words;
use super::units::Elapsed;
use super::{advice, container, counts, issues};
use crate::agent::log::Log;
use crate::config::mirror_spec::MirrorSpec;
use crate::config::step::Step;
use crate::error::{Error, RemoteLabel};
use crate::lfs::copies::LfsReport;
use crate::mirror::ref_retry;
use crate::mirror::report::Report;
use crate::report::outcome::ListedContainer;

/// Says that a mirror begins again, and why.
pub fn retry(log: &Log, errors: &[Error], made: u32, wait: Duration) {
    for error in errors {
        log.line(&with_words(error));
    }
    log.line(&format!("attempt {made} failed; the next begins in {}", Elapsed(wait)));
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

/// Says what a container holds, what of it is mirrored, and what is not and why: all at once, before anything is sent.
pub fn listed(log: &Log, step: &Step, listed: &ListedContainer, mirrors: usize) {
    container::tell_list(log, step, listed, mirrors);
}
