//! A folder in which nothing is written by way of a link, also where a link appears while the run goes on.

use std::fs::File;
use std::io;
use std::path::Path;

pub(super) use system::OpenFolder;

/// The name of an object's temporary file, which is removed unless it becomes the object.
pub(super) struct Temporary<'a> {
    folder: &'a OpenFolder,
    name: &'a str,
    state: State,
}

#[derive(PartialEq, Eq)]
enum State {
    Growing,
    Moved,
}

impl<'a> Temporary<'a> {
    /// Makes a file of this name, which must be new.
    pub(super) fn create(folder: &'a OpenFolder, name: &'a str) -> io::Result<(Self, File)> {
        let file = folder.create(name)?;
        Ok((Self { folder, name, state: State::Growing }, file))
    }

    /// Gives it a name in another folder, in place of what has that name there.
    pub(super) fn move_to(mut self, folder: &OpenFolder, name: &str) -> io::Result<()> {
        self.folder.rename(self.name, folder, name)?;
        self.state = State::Moved;
        Ok(())
    }
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        if self.state == State::Growing {
            // What cannot be removed is removed by the client of Git LFS, after an hour.
            self.folder.remove(self.name).ok();
        }
    }
}

fn a_link(path: &Path) -> io::Error {
    let message = format!("'{}' is a link, which could lead anywhere", path.display());
    io::Error::new(io::ErrorKind::NotADirectory, message)
}

/// Each step goes by the handle of the folder before, and follows no link.
#[cfg(unix)]
mod system {
    use std::fs::File;
    use std::io;
    use std::os::fd::OwnedFd;
    use std::path::{Path, PathBuf};

    use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags};
    use rustix::fs::{fchmod, fstat, mkdirat, openat, renameat, statat, unlinkat};
    use rustix::io::Errno;

    pub(in crate::lfs) struct OpenFolder {
        handle: OwnedFd,
        path: PathBuf,
        permissions: Option<u32>,
    }

    const FOLDER: OFlags = OFlags::DIRECTORY.union(OFlags::CLOEXEC);

    impl OpenFolder {
        /// Opens a folder by a path on which links are followed. What is made in it gets these permissions, if they are
        /// not what the user's mask leaves.
        pub(in crate::lfs) fn trusted(path: &Path, permissions: Option<u32>) -> io::Result<Self> {
            let handle = openat(CWD, path, FOLDER, Mode::empty())?;
            Ok(Self { handle, path: path.to_owned(), permissions })
        }

        /// Opens a folder in it, and makes it where it is missing.
        pub(in crate::lfs) fn enter(&self, name: &Path) -> io::Result<Self> {
            let made = match mkdirat(&self.handle, name, Mode::from(0o777)) {
                Ok(()) => true,
                Err(Errno::EXIST) => false,
                Err(error) => return Err(error.into()),
            };
            let path = self.path.join(name);
            let handle = openat(&self.handle, name, FOLDER | OFlags::NOFOLLOW, Mode::empty())
                .map_err(|error| if self.is_link(name) { super::a_link(&path) } else { error.into() })?;
            if let Some(permissions) = self.permissions.filter(|_| made) {
                // What it has of the folder above, such as its group, stays.
                let inherited = Mode::from_raw_mode(fstat(&handle)?.st_mode) & (Mode::SGID | Mode::SVTX);
                // Who may read in a folder may also enter it.
                let entered = (permissions & 0o444) >> 2;
                fchmod(&handle, Mode::from(permissions | entered) | inherited)?;
            }
            Ok(Self { handle, path, permissions: self.permissions })
        }

        pub(super) fn create(&self, name: &str) -> io::Result<File> {
            let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
            let file = openat(&self.handle, name, flags, Mode::from(0o666))?;
            if let Some(permissions) = self.permissions {
                fchmod(&file, Mode::from(permissions))?;
            }
            Ok(File::from(file))
        }

        pub(super) fn rename(&self, name: &str, to: &Self, new: &str) -> io::Result<()> {
            Ok(renameat(&self.handle, name, &to.handle, new)?)
        }

        pub(super) fn remove(&self, name: &str) -> io::Result<()> {
            Ok(unlinkat(&self.handle, name, AtFlags::empty())?)
        }

        fn is_link(&self, name: &Path) -> bool {
            statat(&self.handle, name, AtFlags::SYMLINK_NOFOLLOW)
                .is_ok_and(|found| FileType::from_raw_mode(found.st_mode).is_symlink())
        }
    }
}

/// There is no such step in the standard library: each is looked at just before.
#[cfg(not(unix))]
mod system {
    use std::fs::{self, File};
    use std::io;
    use std::path::{Path, PathBuf};

    pub(in crate::lfs) struct OpenFolder {
        path: PathBuf,
    }

    impl OpenFolder {
        /// Takes a folder by a path on which links are followed.
        pub(in crate::lfs) fn trusted(path: &Path, _permissions: Option<u32>) -> io::Result<Self> {
            Ok(Self { path: path.to_owned() })
        }

        /// Takes a folder in it, and makes it where it is missing.
        pub(in crate::lfs) fn enter(&self, name: &Path) -> io::Result<Self> {
            let path = self.path.join(name);
            match fs::create_dir(&path) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                _ if fs::symlink_metadata(&path)?.is_symlink() => return Err(super::a_link(&path)),
                _ => Ok(Self { path }),
            }
        }

        pub(super) fn create(&self, name: &str) -> io::Result<File> {
            File::create_new(self.path.join(name))
        }

        pub(super) fn rename(&self, name: &str, to: &Self, new: &str) -> io::Result<()> {
            fs::rename(self.path.join(name), to.path.join(new))
        }

        pub(super) fn remove(&self, name: &str) -> io::Result<()> {
            fs::remove_file(self.path.join(name))
        }
    }
}
