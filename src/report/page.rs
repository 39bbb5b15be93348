//! The page that a run leaves on the pipeline's tab "Extensions".

mod bar;
pub mod cells;
mod container;
mod footer;
pub mod links;
pub mod markdown;
mod mirror;
mod ref_kind;
mod refs;
mod sides;
mod times;
pub(super) mod title;
mod verdict;
mod writer;

use std::path::Path;

use super::agent_file::AgentFile;
use super::step_end::StepEnd;
use crate::agent::log::Log;
use crate::config::input_error::InputError;
use crate::config::inputs::Caller;

/// Writes the page into the agent's temporary folder and announces it. Without that folder there is no agent, and no page.
pub(crate) fn publish(log: &Log, end: &StepEnd<'_>) {
    let Some(folder) = &end.step.temporary_folder else { return };
    let masks = log.masks();
    let title = title::of(&end.step.given.destination.url, &masks);
    leave(log, folder, &title, &markdown::page(end, masks));
}

/// Does the same for a step whose inputs cannot be used.
pub(crate) fn publish_bad_inputs(log: &Log, folder: Option<&Path>, errors: &[InputError], caller: Caller) {
    if let Some(folder) = folder {
        leave(log, folder, title::UNNAMED, &markdown::page_of_bad_inputs(errors, caller, &log.masks()));
    }
}

/// Leaves a page under this title, which is what the agent calls it.
fn leave(log: &Log, folder: &Path, title: &str, markdown: &str) {
    let page = AgentFile { title, extension: "md", called: "the run's page", text: markdown };
    page.leave(log, folder, |path| log.upload_summary(path));
}

#[cfg(test)]
mod tests;
