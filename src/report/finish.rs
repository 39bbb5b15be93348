//! The end of a run: what changed, what did not and why, and the one result.

use std::collections::HashSet;
use std::time::Duration;

use super::page;
use super::page::markdown::Page;
use super::plan_lines::some;
use super::problems::{Problem, Problems, with_words};
use super::units::{Bytes, Count, Elapsed};
use super::{advice, counts, outputs};
use crate::agent::command::TaskResult;
use crate::agent::log::Log;
use crate::cancel::CancelReason;
use crate::config::input_error::InputError;
use crate::config::step::Step;
use crate::error::{Error, RemoteLabel, Side};
use crate::mirror::plan::{Difference, Kept, KeptReason};
use crate::mirror::ports::Mode;
use crate::mirror::report::{Counts, Outcome, RefOutcome, Report, Verdict};

/// How many refs are named one by one, of those that changed and of those that did not.
const SHOWN: usize = 50;

/// How many refs that failed become issues of their own; the agent keeps ten issues a step.
const ISSUES: usize = 8;

const UNCHANGED: &str = "nothing was changed at the destination";

/// How a run ended, and what it took.
#[derive(Debug)]
pub struct Ended {
    /// What it came to.
    pub outcome: Result<Report, Vec<Error>>,
    /// How many attempts were made.
    pub attempts: u32,
    /// Whether a push began, so that the destination may have changed.
    pub push_started: bool,
    /// Where the source was read, if its server redirected to another.
    pub redirected: Option<Box<str>>,
}

/// Ends a run that got as far as its outcome.
pub fn close(
    log: &Log,
    step: &Step,
    ended: &Ended,
    cancelled: Option<CancelReason>,
    elapsed: Duration,
) -> TaskResult {
    log.section("Result");
    let Ended { attempts, .. } = *ended;
    let redirected = ended.redirected.as_deref();
    let closing = Closing { log, step, attempts, redirected, elapsed };
    match (&ended.outcome, cancelled) {
        (Ok(report), Some(reason)) if report.interruption.is_some() => {
            closing.stopped(Some(report), reason, &changed_by(ended.push_started, report))
        }
        (Err(_), Some(reason)) => closing.stopped(None, reason, UNCHANGED),
        (Ok(report), _) => closing.with_report(report),
        (Err(errors), None) => closing.without_report(errors),
    }
}

/// Ends a run that was stopped and does not end by itself, whatever keeps it.
pub fn close_overdue(
    log: &Log,
    step: &Step,
    cancelled: Option<CancelReason>,
    push_started: bool,
    elapsed: Duration,
) -> TaskResult {
    let changed = if push_started { "what it changed at the destination is not known" } else { UNCHANGED };
    let (attempts, redirected) = (0, None);
    let closing = Closing { log, step, attempts, redirected, elapsed };
    closing.stopped(None, cancelled.unwrap_or(CancelReason::Cancelled), changed)
}

/// Says that a run begins again, and why.
pub fn announce_retry(log: &Log, errors: &[Error], made: u32, wait: Duration) {
    for error in errors {
        log.line(&with_words(error));
    }
    log.line(&format!("attempt {made} failed; the next begins in {}", Elapsed(wait)));
}

/// Says that the source is read at a server that nobody named.
pub fn announce_redirect(log: &Log, step: &Step, source: &RemoteLabel) {
    log.warning(&format!(
        "{source}, another server: it is read there, without credentials. {}",
        advice::for_redirect(step)
    ));
}

/// Says what was done in the local clone.
pub fn note_clone(log: &Log, step: &Step, folder: &RemoteLabel, report: &Report, elapsed: Duration) {
    log.line(&format!("{folder}: {}", totals(report, step.mode, elapsed)));
}

/// Ends a run whose inputs cannot be used.
pub fn bad_inputs(log: &Log, errors: &[InputError]) -> TaskResult {
    for error in errors {
        match advice::for_input(&error.problem) {
            None => log.error(&error.to_string()),
            Some(advice) => log.error(&format!("{error}. {advice}")),
        }
    }
    let text = format!("{}; nothing was changed", Count(errors.len() as u64, "bad input"));
    log.line(&text);
    log.complete(TaskResult::Failed, &text);
    TaskResult::Failed
}

/// Ends a run that was only asked for a text.
pub fn text(log: &Log, text: &str) -> TaskResult {
    for line in text.lines() {
        log.line(line);
    }
    TaskResult::Succeeded
}

/// Ends a run that met a bug, which was logged when it happened.
pub fn bug(log: &Log) -> TaskResult {
    let text = "a bug of the task ended the run; what it changed at the destination is not known";
    log.line(text);
    log.complete(TaskResult::Failed, text);
    TaskResult::Failed
}

/// What is known at the end of a run.
struct Closing<'a> {
    log: &'a Log,
    step: &'a Step,
    attempts: u32,
    redirected: Option<&'a str>,
    elapsed: Duration,
}

impl Closing<'_> {
    /// Ends a run that was stopped before it was done; a report tells what holds at the destination.
    fn stopped(&self, report: Option<&Report>, reason: CancelReason, changed: &str) -> TaskResult {
        let why = match reason {
            CancelReason::Cancelled => "the run was cancelled".to_owned(),
            CancelReason::TimeLimit => {
                format!("the run took longer than {}, its time limit", Elapsed(self.step.time_limit))
            }
        };
        if let Some(report) = report {
            list_done(self.log, report);
            outputs::set(self.log, report);
            self.log.line(&counts::of_report(report, self.step.mode));
        }
        let result = format!("{why}; {changed}");
        self.log.error(&result);
        self.publish(&result, &[], report);
        self.log.complete(TaskResult::Failed, &result);
        TaskResult::Failed
    }

    fn with_report(&self, report: &Report) -> TaskResult {
        list_done(self.log, report);
        let verdict = report.verdict(self.step.rejected_refs);
        let problems: Vec<_> =
            report.interruption.iter().map(|error| Problem::of_error(error, self.step)).collect();
        self.raise_issues(report, &problems, verdict);
        outputs::set(self.log, report);
        let word = result(report, verdict, self.step.mode);
        let totals = format!("{word}: {}", totals(report, self.step.mode, self.elapsed));
        self.log.line(&totals);
        self.publish(word, &problems, Some(report));
        let result = task_result(verdict);
        self.log.complete(result, &totals);
        result
    }

    /// Ends a run that could not make a plan.
    fn without_report(&self, errors: &[Error]) -> TaskResult {
        let problems: Vec<_> = errors.iter().map(|error| Problem::of_error(error, self.step)).collect();
        for Problem { what, advice } in &problems {
            self.log.error(&format!("{what}{}; {UNCHANGED}. {advice}", self.after_attempts()));
        }
        self.publish(&format!("not mirrored; {UNCHANGED}"), &problems, None);
        let first = errors.first().map(ToString::to_string).unwrap_or_default();
        self.log.complete(TaskResult::Failed, &first);
        TaskResult::Failed
    }

    fn publish(&self, result: &str, problems: &[Problem], report: Option<&Report>) {
        let Self { step, elapsed, .. } = *self;
        let redirected = self.redirected;
        let page = Page { step, result, problems, report, redirected, elapsed };
        page::publish(self.log, &page);
    }

    fn after_attempts(&self) -> String {
        match self.attempts {
            0 | 1 => String::new(),
            made => format!(", after {made} attempts"),
        }
    }

    /// Warns of refs that stay, which the log has named when the plan was made.
    fn warn_of_kept(&self, destination: &RemoteLabel, kept: &[Kept]) {
        for kept in kept.iter().take(ISSUES) {
            let text = format!("{destination}: {}", why_kept(kept));
            self.log.warning(&self.step.caller.named(&text));
        }
        if let Some(more) = kept.len().checked_sub(ISSUES).filter(|more| *more > 0) {
            let stay = if more == 1 { "stays" } else { "stay" };
            self.log
                .warning(&format!("{destination}: {} {stay}; see the log", Count(more as u64, "more ref")));
        }
    }

    fn raise_issues(&self, report: &Report, interruptions: &[Problem], verdict: Verdict) {
        let raise = |text: &str| match verdict {
            Verdict::Failed => self.log.error(text),
            Verdict::Succeeded | Verdict::SucceededWithIssues => self.log.warning(text),
        };
        for Problem { what, advice } in interruptions {
            raise(&format!("{what}{}; {}. {advice}", self.after_attempts(), changed(report)));
        }
        let destination = RemoteLabel::new(Side::Destination, self.step.destination.url.to_string());
        self.warn_of_kept(&destination, &report.kept);
        let problems = Problems::of(report, self.step);
        let failed: Vec<_> = report.outcomes.iter().filter(|ref_| is_news(ref_, report)).collect();
        let (issues, rest) = failed.split_at(failed.len().min(ISSUES));
        let mut given = HashSet::new();
        for ref_ in issues {
            let Some(problem) = problems.of_ref(ref_) else { continue };
            raise(&issue(&destination, ref_, &problem));
            given.insert(problem.advice);
        }
        if rest.is_empty() {
            return;
        }
        raise(&format!("{destination}: {}; see the log", more(rest)));
        // What was advised above is not told again.
        let line = |ref_: &&RefOutcome| {
            let Problem { what, advice } = problems.of_ref(ref_)?;
            let advice = if given.insert(advice.clone()) { format!(". {advice}") } else { String::new() };
            Some(format!("  {} '{}': {what}{advice}", fate(&ref_.outcome), ref_.update.name()))
        };
        some(self.log, SHOWN, rest.iter().filter_map(line));
    }
}

/// Says why a ref stays that is not as at the source, and what makes it so.
fn why_kept(Kept { name, reason, difference }: &Kept) -> String {
    let lacks = match difference {
        Difference::Extra => "although the source does not have it",
        Difference::Value => "although the source has another value",
    };
    match (reason, difference) {
        (KeptReason::DefaultBranch, _) => format!(
            "'{name}' is the default branch there and stays, {lacks}. Make another branch the default there, and the \
             next run deletes it."
        ),
        (KeptReason::TargetOf(alias), _) => format!(
            "'{name}' stays, {lacks}: the symbolic ref '{alias}' stands for it there. Remove the symbolic ref ('git \
             symbolic-ref --delete {alias}'), and the next run makes a branch of it."
        ),
        (KeptReason::SymbolicFor(target), Difference::Extra) => format!(
            "'{name}' is a symbolic ref there, for '{target}', and stays, {lacks}. Remove it there ('git symbolic-ref \
             --delete {name}'), or leave it out with 'excludeRefs'."
        ),
        (KeptReason::SymbolicFor(target), Difference::Value) => format!(
            "'{name}' is a symbolic ref there, for '{target}', and stays, {lacks}. Remove it there ('git symbolic-ref \
             --delete {name}'), and the next run creates it anew."
        ),
    }
}

/// Whether the interruption of the run has not told what became of a ref already.
fn is_news(ref_: &RefOutcome, report: &Report) -> bool {
    match ref_.outcome {
        Outcome::Done | Outcome::Planned => false,
        Outcome::NotPushed | Outcome::Unknown => report.interruption.is_none(),
        Outcome::Rejected(_)
        | Outcome::Unsupported(_)
        | Outcome::ChangedConcurrently
        | Outcome::ReportedButUnchanged => true,
    }
}

/// Says of a ref that it does not stand as it should.
fn issue(destination: &RemoteLabel, ref_: &RefOutcome, Problem { what, advice }: &Problem) -> String {
    let name = ref_.update.name();
    match ref_.outcome {
        Outcome::Rejected(_) => format!("{destination} refused '{name}': {what}. {advice}"),
        _ => format!("{destination}: '{name}' was {}: {what}. {advice}", fate(&ref_.outcome)),
    }
}

/// What became of a ref that does not stand as it should.
fn fate(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Rejected(_) => "refused",
        Outcome::Unsupported(_) => "left out",
        _ => "not done",
    }
}

/// Counts such refs.
fn more(refs: &[&RefOutcome]) -> String {
    let were = if refs.len() == 1 { "was" } else { "were" };
    let mut fates: Vec<_> = refs.iter().map(|ref_| fate(&ref_.outcome)).collect();
    fates.sort_unstable();
    fates.dedup();
    format!("{} {were} {}", Count(refs.len() as u64, "more ref"), fates.join(" or "))
}

fn task_result(verdict: Verdict) -> TaskResult {
    match verdict {
        Verdict::Succeeded => TaskResult::Succeeded,
        Verdict::SucceededWithIssues => TaskResult::SucceededWithIssues,
        Verdict::Failed => TaskResult::Failed,
    }
}

/// How a run that has a report ended, in a few words.
fn result(report: &Report, verdict: Verdict, mode: Mode) -> &'static str {
    let Counts { created, updated, deleted, .. } = report.counts();
    match (mode, verdict) {
        (Mode::DryRun, _) => "dry run, nothing was changed",
        (Mode::Mirror, Verdict::Succeeded) if report.outcomes.is_empty() => "up to date, nothing was sent",
        (Mode::Mirror, Verdict::Succeeded) => "mirrored",
        (Mode::Mirror, Verdict::SucceededWithIssues) if report.counts().rejected == 0 => {
            "mirrored but for refs that stay"
        }
        (Mode::Mirror, Verdict::SucceededWithIssues) => "mirrored but for refused refs",
        (Mode::Mirror, Verdict::Failed) if is_unknown(report) => "what was mirrored is not known",
        (Mode::Mirror, Verdict::Failed) if created + updated + deleted == 0 => "not mirrored",
        (Mode::Mirror, Verdict::Failed) => "not all was mirrored",
    }
}

fn is_unknown(report: &Report) -> bool {
    report.outcomes.iter().any(|ref_| ref_.outcome == Outcome::Unknown)
}

fn totals(report: &Report, mode: Mode, elapsed: Duration) -> String {
    let pack = match report.pack_bytes {
        0 => ",".to_owned(),
        bytes => format!("; {} of pack", Bytes(bytes)),
    };
    format!("{}{pack} in {}", counts::of_report(report, mode), Elapsed(elapsed))
}

fn list_done(log: &Log, report: &Report) {
    let done = report.outcomes.iter().filter(|ref_| ref_.outcome == Outcome::Done);
    some(log, SHOWN, done.map(|RefOutcome { update, .. }| format!("  done: {update}")));
}

/// Says what a stopped run did change. Without a push it is nothing, even where that could not be seen.
fn changed_by(push_started: bool, report: &Report) -> String {
    if push_started { changed(report) } else { UNCHANGED.to_owned() }
}

/// Says what an interrupted run did change.
fn changed(report: &Report) -> String {
    // Of an interrupted run the last listing may have been too early.
    let is_contradicted = report.outcomes.iter().any(|ref_| ref_.outcome == Outcome::ReportedButUnchanged);
    if is_unknown(report) || is_contradicted {
        return "what the push changed is not known".to_owned();
    }
    let counts = report.counts();
    match counts.created + counts.updated + counts.deleted {
        0 => "no ref was changed".to_owned(),
        done => format!("{} of {} were changed", done, Count(report.outcomes.len() as u64, "ref")),
    }
}
