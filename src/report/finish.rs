//! The end of a step: the end of each of its mirrors, the outputs, the page, and the one result.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use super::outcome::{Extent, StepOutcome};
use super::step_end::StepEnd;
use super::units::Count;
use super::{advice, attachment, build_tags, container, outputs, page, result_file};
use crate::agent::command::TaskResult;
use crate::agent::exit_status::RunEnd;
use crate::agent::log::Log;
use crate::agent::output::LinesTo;
use crate::config::flags::UsageError;
use crate::config::input_error::InputError;
use crate::config::inputs::Caller;
use crate::config::step::Step;
use crate::mirror::ports::Mode;

/// The one end of a step that is written: a step that was cancelled and does not end by itself is ended from another
/// thread, perhaps while it ends after all. Clones are of the same step.
#[derive(Clone, Debug, Default)]
pub struct OneEnd(Arc<OnceLock<()>>);

impl OneEnd {
    /// Writes how the step ended, unless that is written, or being written, already.
    fn write(&self, log: &Log, end: &StepEnd<'_>) {
        if self.0.set(()).is_ok() {
            write(log, end);
        }
    }
}

/// Ends a step whose work has ended. Before the agent learns the result, and after all else is written, `last` is done.
pub fn close(log: &Log, step: &Step, outcome: &StepOutcome, written: &OneEnd, last: impl FnOnce()) -> RunEnd {
    log.section("Result");
    let end = StepEnd::of(step, outcome);
    written.write(log, &end);
    last();
    complete(log, &end)
}

/// Ends a step that was cancelled and does not end by itself, whatever keeps it.
pub fn close_overdue(log: &Log, step: &Step, outcome: &StepOutcome, written: &OneEnd) -> RunEnd {
    let end = StepEnd::of(step, outcome);
    written.write(log, &end);
    complete(log, &end)
}

/// Writes how a step ended, wherever that is read.
fn write(log: &Log, end: &StepEnd<'_>) {
    // The mirrors of a container have told of their refs when they ended.
    for ending in end.endings.iter().filter(|ending| ending.outcome.mirror.member().is_none()) {
        ending.tell_refs(log);
    }
    outputs::set(log, end);
    tell(log, end);
    page::publish(log, end);
    attachment::publish(log, end);
    build_tags::add(log, end);
    result_file::write(log, end);
}

fn complete(log: &Log, end: &StepEnd<'_>) -> RunEnd {
    log.complete(end.result, &end.summary);
    end.run_end()
}

/// Tells whether all mirrors of a step are as they should be, and are so after a run that could change them.
pub fn is_plain_success(step: &Step, outcome: &StepOutcome) -> bool {
    let is_of_mirrors = matches!(*outcome.extent, Extent::Named | Extent::Container(_));
    let may_change = step.mode == Mode::Mirror && outcome.cancelled.is_none();
    is_of_mirrors && may_change && StepEnd::of(step, outcome).result == TaskResult::Succeeded
}

/// Says how a step ended.
fn tell(log: &Log, end: &StepEnd<'_>) {
    match &end.endings[..] {
        [] if !end.errors.is_empty() => tell_without_mirrors(log, end),
        _ if end.listed().is_some() => container::tell_end(log, end),
        [] => tell_without_mirrors(log, end),
        [ending] => ending.tell_end(log),
        endings => {
            for ending in endings {
                ending.tell_end_by_name(log);
            }
            end.tell_summary(log);
        }
    }
}

/// Says why there was nothing to mirror.
fn tell_without_mirrors(log: &Log, end: &StepEnd<'_>) {
    let problems = end.problems();
    for problem in &problems {
        let text = format!("{}; nothing was changed at the destination. {}", problem.what, problem.advice);
        log.error(text.trim_end());
    }
    if problems.is_empty() {
        end.tell_summary(log);
    }
}

/// Ends a step whose inputs cannot be used, and leaves a page in the agent's temporary folder.
pub fn close_with_bad_inputs(
    log: &Log,
    folder: Option<&Path>,
    errors: &[InputError],
    caller: Caller,
) -> RunEnd {
    for error in errors {
        match advice::for_input(&error.problem, caller) {
            None => log.error(&error.to_string()),
            Some(advice) => log.error(&format!("{error}. {advice}")),
        }
    }
    let text = format!("{}; nothing was changed", Count(errors.len() as u64, "bad input"));
    log.line(&text);
    page::publish_bad_inputs(log, folder, errors, caller);
    log.complete(TaskResult::Failed, &text);
    RunEnd::NotUsable
}

/// Ends a run whose command line cannot be used.
pub fn close_with_wrong_usage(log: &Log, error: &UsageError) -> RunEnd {
    match error.usage() {
        // Where not even that can be written, the exit status tells all.
        Some(usage) => drop(log.print(LinesTo::StandardError, &usage)),
        None => log.error(&error.to_string()),
    }
    log.complete(TaskResult::Failed, "nothing was changed");
    RunEnd::NotUsable
}

/// Ends a run that was only asked for a text.
pub fn print(log: &Log, text: &str) -> RunEnd {
    match log.print(LinesTo::StandardOutput, text) {
        Ok(()) => RunEnd::Succeeded,
        Err(_) => RunEnd::Failed,
    }
}

/// Ends a step that met a bug, which was logged when it happened.
pub fn close_after_bug(log: &Log) -> RunEnd {
    let text = "an internal error ended the run; what it changed at the destination is not known";
    log.line(text);
    log.complete(TaskResult::Failed, text);
    RunEnd::Failed
}

#[cfg(test)]
mod tests;
