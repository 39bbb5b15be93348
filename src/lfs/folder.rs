//! The LFS objects of a repository on this machine: files below `lfs/objects` in its Git folder, by name, as the client
//! of Git LFS keeps them.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::oid::Oid;
use super::pointer::Pointer;
use super::store::{ObjectDestination, ObjectSource};
use super::verified_object::VerifiedObject;
use crate::error::{ErrorKind, Failure, LfsProblem, LocalProblem};

/// The folder of a repository's LFS objects.
#[derive(Clone, Debug)]
pub struct ObjectFolder {
    objects: PathBuf,
    /// The folder in which an object grows until it is whole.
    temporary: PathBuf,
}

impl ObjectFolder {
    /// Returns the folder of the repository whose Git folder this is.
    pub fn of(git_folder: &Path) -> Self {
        let lfs = git_folder.join("lfs");
        Self { objects: lfs.join("objects"), temporary: lfs.join("tmp") }
    }

    /// Tells whether LFS was ever in use there.
    pub fn exists(&self) -> bool {
        self.objects.is_dir()
    }

    /// Tells whether an object is there, by its size: the client of Git LFS does so, too.
    pub fn has(&self, pointer: Pointer) -> bool {
        fs::metadata(self.path(pointer.oid)).is_ok_and(|file| file.is_file() && file.len() == pointer.size)
    }

    fn absent(&self, pointers: &[Pointer]) -> Vec<Pointer> {
        pointers.iter().copied().filter(|pointer| !self.has(*pointer)).collect()
    }

    /// Writes an object, which appears only when it is whole.
    fn write(&self, pointer: Pointer, object: &mut VerifiedObject<'_>) -> io::Result<()> {
        let path = self.path(pointer.oid);
        let folder = path.parent().unwrap_or(&self.objects);
        fs::create_dir_all(folder)?;
        fs::create_dir_all(&self.temporary)?;
        let mut file = tempfile::NamedTempFile::new_in(&self.temporary)?;
        io::copy(&mut object.by_ref(), &mut file)?;
        file.as_file().sync_all()?;
        file.persist(&path).map_err(|error| error.error)?;
        Ok(())
    }

    fn path(&self, oid: Oid) -> PathBuf {
        let name = oid.to_string();
        let (first, rest) = name.split_at(2);
        let (second, _) = rest.split_at(2);
        self.objects.join(first).join(second).join(&name)
    }
}

impl ObjectSource for ObjectFolder {
    fn missing(&self, pointers: &[Pointer]) -> Result<Vec<Pointer>, Failure> {
        Ok(self.absent(pointers))
    }

    fn open(&self, pointer: Pointer) -> Result<Box<dyn Read + Send + '_>, Failure> {
        match File::open(self.path(pointer.oid)) {
            Ok(file) => Ok(Box::new(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let message = format!("LFS object {} is no longer there", pointer.oid);
                Err(Failure::new(ErrorKind::Lfs(LfsProblem::Missing), message))
            }
            Err(error) => Err(failed(pointer, "read", &error)),
        }
    }
}

impl ObjectDestination for ObjectFolder {
    fn lacking(&self, pointers: &[Pointer]) -> Result<Vec<Pointer>, Failure> {
        Ok(self.absent(pointers))
    }

    fn put(&self, pointer: Pointer, object: &mut VerifiedObject<'_>) -> Result<(), Failure> {
        self.write(pointer, object).map_err(|error| failed(pointer, "written", &error))
    }
}

fn failed(pointer: Pointer, what: &str, error: &io::Error) -> Failure {
    let message = format!("LFS object {} cannot be {what}: {error}", pointer.oid);
    Failure::new(ErrorKind::Local(LocalProblem::Repository), message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cancel::CancelToken;
    use crate::error::{RemoteLabel, Side};
    use crate::lfs::testing::pointer_to;
    use crate::lfs::transfer::Transfer;

    fn put(folder: &ObjectFolder, pointer: Pointer, content: &'static [u8]) -> bool {
        let object = VerifiedObject::open(pointer, Box::new(content));
        object.is_ok_and(|mut object| folder.put(pointer, &mut object).is_ok())
    }

    #[test]
    fn an_object_lies_where_git_lfs_looks_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let objects = ObjectFolder::of(folder.path());
        let hello = pointer_to(b"hello");
        assert!(!objects.has(hello));
        assert!(put(&objects, hello, b"hello") && objects.has(hello));
        let name = hello.oid.to_string();
        let path = folder.path().join("lfs/objects").join(&name[..2]).join(&name[2..4]).join(&name);
        assert_eq!(fs::read(path).unwrap(), b"hello");
        assert_eq!(io::read_to_string(objects.open(hello).unwrap()).unwrap(), "hello");
    }

    #[test]
    fn a_broken_object_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let objects = ObjectFolder::of(folder.path());
        let hello = pointer_to(b"hello");
        assert!(!put(&objects, hello, b"hullo"));
        assert!(!objects.has(hello));
        assert!(
            !folder.path().join("lfs/tmp").exists()
                || fs::read_dir(folder.path().join("lfs/tmp")).unwrap().next().is_none()
        );
    }

    #[test]
    fn objects_go_from_one_folder_to_another() {
        let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let [source, destination] = folders.each_ref().map(|folder| ObjectFolder::of(folder.path()));
        let contents: [&[u8]; 2] = [b"hello", b"there"];
        let [hello, there] = contents.map(pointer_to);
        assert!(put(&source, hello, b"hello") && put(&destination, there, b"there"));
        let label = RemoteLabel::new(Side::Source, "/srv/git");
        let transfer = Transfer {
            source: (&source, &label),
            destination: (&destination, &label),
            on_copied: &|_| (),
            cancel: &CancelToken::default(),
        };
        let lost = pointer_to(b"lost");
        let copied = transfer.run(&[hello, there, lost]);
        assert_eq!((copied.objects, copied.there, copied.missing), (1, 1, vec![lost]));
        assert!(destination.has(hello) && destination.has(there));
        let gone = source.open(lost).err().unwrap();
        assert_eq!(gone.kind, ErrorKind::Lfs(LfsProblem::Missing));
    }

    #[test]
    fn a_file_of_another_size_is_not_the_object() {
        let folder = tempfile::tempdir().unwrap();
        let objects = ObjectFolder::of(folder.path());
        let hello = pointer_to(b"hello");
        assert!(put(&objects, hello, b"hello"));
        assert!(!objects.has(Pointer { size: 4, ..hello }));
    }
}
