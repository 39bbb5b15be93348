//! Files that are left in the agent's temporary folder, where they must stay: the agent reads them after this program has
//! ended, perhaps as another user, so their rights are the usual ones.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::agent::log::Log;

/// Number of files of one name that the steps of a job leave.
const MOST: usize = 100;

/// A file for the agent.
pub(crate) struct AgentFile<'a> {
    /// Its name without its end, unless another step of the job has left one of that name.
    pub(crate) title: &'a str,
    /// The end of its name.
    pub(crate) extension: &'static str,
    /// Its name in a warning.
    pub(crate) called: &'static str,
    /// Its text.
    pub(crate) text: &'a str,
}

impl AgentFile<'_> {
    /// Writes it there, and announces it. What fails here fails no step.
    pub(crate) fn leave(&self, log: &Log, folder: &Path, announce: impl FnOnce(&str)) {
        match self.write(folder) {
            // The agent fails a step that announces a file which is not there, as a path with a part masked would.
            Ok(path) => match path.to_str() {
                Some(path) if log.masks().clean(path) == path => announce(path),
                _ => {
                    let text = format!("{} is not shown, since the path of its file cannot be", self.called);
                    log.warning(&text);
                }
            },
            Err(error) => {
                log.warning(&format!("{} cannot be written to '{}': {error}", self.called, folder.display()));
            }
        }
    }

    fn write(&self, folder: &Path) -> io::Result<PathBuf> {
        let Self { title, extension, .. } = self;
        for number in 1..=MOST {
            let name = match number {
                1 => format!("{title}.{extension}"),
                _ => format!("{title} ({number}).{extension}"),
            };
            let path = folder.join(name);
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(mut file) => return file.write_all(self.text.as_bytes()).map(|()| path),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("it holds {MOST} already")))
    }
}
