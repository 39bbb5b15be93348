//! The temporary folders of a step.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Folders that must be removed even if the process is ended from outside, where nothing is dropped.
#[derive(Clone, Debug, Default)]
pub struct TempDirs(Arc<Mutex<Vec<PathBuf>>>);

impl TempDirs {
    /// Adds a folder. Whoever made it may remove it before.
    pub fn register(&self, folder: &Path) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(folder.to_owned());
    }

    /// Removes the folders that are still there.
    pub fn remove_all(&self) {
        let folders = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        for folder in folders {
            // What is gone already is as it should be; of what cannot be removed nobody is left to hear.
            fs::remove_dir_all(folder).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_folders_are_removed_though_one_is_gone_already() {
        let (temp_dirs, place) = (TempDirs::default(), tempfile::tempdir().unwrap());
        for name in ["gone", "there"] {
            temp_dirs.clone().register(&place.path().join(name));
        }
        fs::create_dir(place.path().join("there")).unwrap();
        fs::write(place.path().join("there/pack"), "PACK").unwrap();
        temp_dirs.remove_all();
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    }
}
