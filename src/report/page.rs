//! The page that a run leaves on the pipeline's tab "Extensions".

pub mod cells;
mod container;
pub mod links;
pub mod markdown;
mod mirror;
mod writer;

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::step_end::StepEnd;
use crate::agent::log::Log;

/// The agent's name of the page: the file's name without its end.
const TITLE: &str = "Mirror Git repository";

/// Number of steps of one job that leave a page.
const PAGES: usize = 100;

/// Writes the page into the agent's temporary folder, where it must stay, and announces it. Without that
/// folder there is no agent, and no page. What fails here fails no step.
pub(crate) fn publish(log: &Log, end: &StepEnd<'_>) {
    let Some(folder) = &end.step.temporary_folder else { return };
    match write(folder, &markdown::page(end, log.masks())) {
        Ok(path) => announce(log, &path),
        Err(error) => {
            log.warning(&format!("the run's page cannot be written to '{}': {error}", folder.display()));
        }
    }
}

/// Writes a file of its own, since a job can have several steps. The agent reads it after this program has
/// ended, perhaps as another user, so its rights are the usual ones.
fn write(folder: &Path, markdown: &str) -> io::Result<PathBuf> {
    for number in 1..=PAGES {
        let name = if number == 1 { format!("{TITLE}.md") } else { format!("{TITLE} ({number}).md") };
        let path = folder.join(name);
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(mut file) => return file.write_all(markdown.as_bytes()).map(|()| path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("it holds {PAGES} already")))
}

/// Tells the agent of the page. It fails a step that announces a file which is not there, as a path with a part
/// masked would.
fn announce(log: &Log, path: &Path) {
    match path.to_str() {
        Some(path) if log.masks().clean(path) == path => log.upload_summary(path),
        _ => log.warning("the run's page is not shown, since the path of its file cannot be"),
    }
}

#[cfg(test)]
mod tests;
