//! A pack that has arrived, set apart from the repository until it is known to be good.
//!
//! As Git does it: a folder of its own below `objects`, by a name that Git's housekeeping removes if this
//! process dies. Whatever goes wrong, the folder goes, and the repository is as before.

use std::fs;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use git2::{Indexer, Repository};
use tempfile::TempDir;

use super::repository::{failure, open};
use super::session::Session;
use super::sizes::{Sizes, Unbearable};
use crate::error::{ErrorKind, Failure, LocalProblem};
use crate::protocol::object_id::ObjectFormat;
use crate::protocol::receive_pack::empty_pack;

/// Number of bytes that libgit2 gets at once; it looks at the pack anew each time.
const PIECE: usize = 1 << 20;

/// The permissions of a pack's files in Git.
const MODE: u32 = 0o444;

/// The pack of a push.
pub(crate) struct Incoming {
    folder: TempDir,
    /// The repository's own.
    objects: PathBuf,
    content: PackContent,
}

/// The content of a pack: objects, or none.
#[derive(Clone, Copy, PartialEq, Eq)]
enum PackContent {
    Objects,
    Nothing,
}

/// The reason why there is no pack.
#[derive(Debug)]
pub(crate) enum Unreceived {
    /// Its reader failed.
    Cut(io::Error),
    /// It was read, and cannot be stored; why.
    Unpack(String),
    /// It was read, and has deltas of objects that are nowhere; what libgit2 says.
    BasesMissing(String),
    /// It would take more memory than a server may ask for.
    TooLarge(String),
}

impl From<Unbearable> for Unreceived {
    fn from(error: Unbearable) -> Self {
        match error {
            Unbearable::Malformed(error) => Self::Unpack(error.to_string()),
            Unbearable::TooLarge { .. } => Self::TooLarge(error.to_string()),
        }
    }
}

impl Incoming {
    /// Reads a pack to its end, indexes it, and adds from the repository the bases that a thin one lacks.
    pub(crate) fn receive(
        repository: &Repository,
        pack: &mut dyn Read,
        session: &Session,
    ) -> Result<Self, Unreceived> {
        let unpack = |error: git2::Error| Unreceived::Unpack(error.message().to_owned());
        let objects = repository.commondir().join("objects");
        let folder = tempfile::Builder::new()
            .prefix("tmp_objdir-incoming-")
            .tempdir_in(&objects)
            .and_then(|folder| fs::create_dir(folder.path().join("pack")).map(|()| folder))
            .map_err(|error| Unreceived::Unpack(error.to_string()))?;
        session.temp_dirs.register(folder.path());
        let odb = repository.odb().map_err(unpack)?;
        let mut indexer =
            Indexer::new(Some(&odb), &folder.path().join("pack"), MODE, false).map_err(unpack)?;
        indexer.progress(|_| session.cancel.reason().is_none());
        let mut indexer = BufWriter::with_capacity(PIECE, indexer);
        let mut sizes = Sizes::new(&odb);
        let length = copy(pack, &mut sizes, &mut indexer)?;
        sizes.finish()?;
        let indexer = indexer.into_inner().map_err(|error| Unreceived::Unpack(error.to_string()))?;
        indexer.commit().map_err(|error| match error.message() {
            // libgit2 has no code for it. A mirror then sends more.
            message @ "missing delta bases" => Unreceived::BasesMissing(message.to_owned()),
            _ => unpack(error),
        })?;
        let content = if length == empty_pack(ObjectFormat::Sha1).len() {
            PackContent::Nothing
        } else {
            PackContent::Objects
        };
        Ok(Self { folder, objects, content })
    }

    /// Opens the repository such that it has the pack's objects too.
    pub(crate) fn open_with(&self, path: &Path) -> Result<Repository, Failure> {
        let folder = self.folder.path().to_str();
        let folder = folder.ok_or_else(|| {
            Failure::new(ErrorKind::Local(LocalProblem::Repository), "its path is not valid UTF-8")
        })?;
        let repository = open(path)?;
        let odb = repository.odb();
        odb.and_then(|odb| odb.add_disk_alternate(folder)).map_err(|error| failure(&error))?;
        Ok(repository)
    }

    /// Makes the pack part of the repository; the index goes last, since by it the pack is found.
    pub(crate) fn keep(self) -> io::Result<()> {
        if self.content == PackContent::Nothing {
            return Ok(());
        }
        let target = self.objects.join("pack");
        fs::create_dir_all(&target)?;
        let files = fs::read_dir(self.folder.path().join("pack"))?;
        let mut files = files.collect::<io::Result<Vec<_>>>()?;
        files.sort_by_key(|file| file.path().extension().is_some_and(|extension| extension == "idx"));
        for file in files {
            fs::rename(file.path(), target.join(file.file_name()))?;
        }
        Ok(())
    }
}

/// Copies to the end and counts the bytes, knowing which side failed. No byte goes on whose size is not known.
fn copy(from: &mut dyn Read, sizes: &mut Sizes<'_>, to: &mut dyn Write) -> Result<usize, Unreceived> {
    let mut buffer = vec![0; 64 * 1024];
    let mut length = 0;
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return Ok(length),
            Ok(count) => {
                let bytes = buffer.split_at(count).0;
                sizes.push(bytes)?;
                to.write_all(bytes).map_err(|error| Unreceived::Unpack(error.to_string()))?;
                length += count;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Unreceived::Cut(error)),
        }
    }
}
