//! The LFS objects of a repository on this machine: files below `lfs/objects` in its Git folder, by name, as the client
//! of Git LFS keeps them.

use std::fs::{self, File};
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};

use super::oid::Oid;
use super::open_folder::{OpenFolder, Temporary};
use super::pointer::Pointer;
use super::store::{ObjectDestination, ObjectSource};
use super::verified_object::VerifiedObject;
use crate::cancel::CancelToken;
use crate::error::{ErrorKind, Failure, LfsProblem, LocalProblem};

/// The number of bytes that are written at once; between two pieces a run that was stopped ends.
const PIECE: usize = 64 * 1024;

/// The folder of a repository's LFS objects, which has `objects` and `tmp` in it.
#[derive(Clone, Debug)]
pub struct ObjectFolder {
    trusted: PathBuf,
    below: PathBuf,
    permissions: Option<u32>,
    cancel: CancelToken,
}

impl ObjectFolder {
    /// Names the folder `below` a trusted one: from there on, nothing is written by way of a link.
    pub fn new(trusted: impl Into<PathBuf>, below: impl Into<PathBuf>, cancel: &CancelToken) -> Self {
        Self { trusted: trusted.into(), below: below.into(), permissions: None, cancel: cancel.clone() }
    }

    /// Gives the objects that are written these permissions; without any, those that the user's mask leaves.
    #[must_use]
    pub fn with_permissions(self, permissions: Option<u32>) -> Self {
        Self { permissions, ..self }
    }

    /// Tells whether LFS was ever in use there.
    pub fn exists(&self) -> bool {
        self.trusted.join(&self.below).join("objects").is_dir()
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
        let storage = self.enter()?;
        let temporary = storage.enter(Path::new("tmp"))?;
        // By such a name the client of Git LFS knows what it may remove, should this process be killed.
        let name = format!("{}-{:016x}", pointer.oid, RandomState::new().hash_one(()));
        let (growing, mut file) = Temporary::create(&temporary, &name)?;
        self.copy(object, &mut file)?;
        file.sync_all()?;
        drop(file);
        let place = place(pointer.oid);
        let folder = place.iter().try_fold(storage, |folder, name| folder.enter(Path::new(name)))?;
        growing.move_to(&folder, &pointer.oid.to_string())
    }

    fn copy(&self, object: &mut VerifiedObject<'_>, file: &mut File) -> io::Result<()> {
        let mut piece = vec![0; PIECE];
        loop {
            if self.cancel.reason().is_some() {
                return Err(io::Error::other("the run was stopped"));
            }
            match object.read(&mut piece)? {
                0 => return Ok(()),
                count => file.write_all(piece.split_at(count).0)?,
            }
        }
    }

    /// Opens the folder, and makes it where it is missing.
    fn enter(&self) -> io::Result<OpenFolder> {
        fs::create_dir_all(&self.trusted)?;
        let trusted = OpenFolder::trusted(&self.trusted, self.permissions)?;
        self.below.iter().try_fold(trusted, |folder, name| folder.enter(Path::new(name)))
    }

    fn path(&self, oid: Oid) -> PathBuf {
        let folder = self.trusted.join(&self.below);
        place(oid).iter().fold(folder, |folder, name| folder.join(name)).join(oid.to_string())
    }
}

/// Returns the names of the folders on the way to an object.
fn place(oid: Oid) -> [String; 3] {
    let name = oid.to_string();
    let (first, rest) = name.split_at(2);
    ["objects", first, rest.split_at(2).0].map(str::to_owned)
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
    use crate::cancel::CancelReason;
    use crate::error::{RemoteLabel, Side};
    use crate::lfs::testing::pointer_to;
    use crate::lfs::transfer::{AtOnce, Transfer};
    use crate::mirror::testing::Silent;

    fn of(git_folder: &Path) -> ObjectFolder {
        ObjectFolder::new(git_folder, "lfs", &CancelToken::default())
    }

    fn put(folder: &ObjectFolder, pointer: Pointer, content: &'static [u8]) -> bool {
        let object = VerifiedObject::open(pointer, Box::new(content));
        object.is_ok_and(|mut object| folder.put(pointer, &mut object).is_ok())
    }

    #[test]
    fn an_object_lies_where_git_lfs_looks_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let objects = of(folder.path());
        let hello = pointer_to(b"hello");
        assert!(!objects.has(hello));
        assert!(put(&objects, hello, b"hello") && objects.has(hello));
        let name = hello.oid.to_string();
        let path = folder.path().join("lfs/objects").join(&name[..2]).join(&name[2..4]).join(&name);
        assert_eq!(fs::read(path).unwrap(), b"hello");
        assert_eq!(io::read_to_string(objects.open(hello).unwrap()).unwrap(), "hello");
    }

    fn entries(folder: &Path) -> usize {
        fs::read_dir(folder).map_or(0, Iterator::count)
    }

    #[test]
    fn a_broken_object_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let objects = of(folder.path());
        let hello = pointer_to(b"hello");
        assert!(!put(&objects, hello, b"hullo") && !objects.has(hello));
        // Of one that is not read whole before, bytes are written before they are known to be wrong.
        let large = vec![7; 3 << 20];
        let pointer = pointer_to(&large);
        let wrong = [&large[1..], b"8"].concat();
        let mut object = VerifiedObject::open(pointer, Box::new(&wrong[..])).unwrap();
        assert!(objects.put(pointer, &mut object).is_err() && !objects.has(pointer));
        assert_eq!(entries(&folder.path().join("lfs/tmp")), 0);
    }

    #[test]
    fn a_stopped_run_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let cancel = CancelToken::default();
        let objects = ObjectFolder::new(folder.path(), "lfs", &cancel);
        let hello = pointer_to(b"hello");
        cancel.now(CancelReason::Cancelled);
        assert!(!put(&objects, hello, b"hello") && !objects.has(hello));
        assert_eq!(entries(&folder.path().join("lfs/tmp")), 0);
    }

    #[test]
    fn a_file_that_was_left_is_in_nobodys_way() {
        let folder = tempfile::tempdir().unwrap();
        let objects = of(folder.path());
        let hello = pointer_to(b"hello");
        fs::create_dir_all(folder.path().join("lfs/tmp")).unwrap();
        fs::write(folder.path().join(format!("lfs/tmp/{}-0", hello.oid)), "hel").unwrap();
        assert!(put(&objects, hello, b"hello") && objects.has(hello));
        assert_eq!(entries(&folder.path().join("lfs/tmp")), 1);
    }

    #[cfg(unix)]
    #[test]
    fn no_link_leads_a_write_elsewhere() {
        use std::os::unix::fs::symlink;
        let hello = pointer_to(b"hello");
        let name = hello.oid.to_string();
        let (first, second) = (&name[..2], &name[2..4]);
        let below = [format!("lfs/objects/{first}"), format!("lfs/objects/{first}/{second}")];
        for link in ["lfs", "lfs/tmp", "lfs/objects", &below[0], &below[1]] {
            let [folder, outside] = [(); 2].map(|()| tempfile::tempdir().unwrap());
            let path = folder.path().join(link);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            symlink(outside.path(), &path).unwrap();
            let mut object = VerifiedObject::open(hello, Box::new(&b"hello"[..])).unwrap();
            let failure = of(folder.path()).put(hello, &mut object).unwrap_err();
            assert!(failure.to_string().contains(&format!("{link}' is a link")), "{failure}");
            assert_eq!(entries(outside.path()), 0, "{link}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_the_place_of_an_object_is_replaced() {
        let [folder, outside] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let objects = of(folder.path());
        let (hello, path) = (pointer_to(b"hello"), outside.path().join("file"));
        fs::write(&path, "mine").unwrap();
        fs::create_dir_all(objects.path(hello.oid).parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(&path, objects.path(hello.oid)).unwrap();
        assert!(!objects.has(hello) && put(&objects, hello, b"hello"));
        assert_eq!(fs::read_to_string(path).unwrap(), "mine");
        assert_eq!(fs::read_to_string(objects.path(hello.oid)).unwrap(), "hello");
    }

    #[cfg(unix)]
    #[test]
    fn objects_of_a_shared_repository_are_shared() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let hello = pointer_to(b"hello");
        let objects = of(folder.path()).with_permissions(Some(0o660));
        assert!(put(&objects, hello, b"hello"));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let path = objects.path(hello.oid);
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o660, 0o770));
        assert_eq!(mode(&folder.path().join("lfs")), 0o770);
    }

    #[test]
    fn objects_go_from_one_folder_to_another() {
        let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let [source, destination] = folders.each_ref().map(|folder| of(folder.path()));
        let contents: [&[u8]; 2] = [b"hello", b"there"];
        let [hello, there] = contents.map(pointer_to);
        assert!(put(&source, hello, b"hello") && put(&destination, there, b"there"));
        let label = RemoteLabel::new(Side::Source, "/srv/git");
        let transfer = Transfer {
            at_once: AtOnce::shared_by(1),
            source: (&source, &label),
            destination: (&destination, &label),
            events: &Silent,
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
        let objects = of(folder.path());
        let hello = pointer_to(b"hello");
        assert!(put(&objects, hello, b"hello"));
        assert!(!objects.has(Pointer { size: 4, ..hello }));
    }
}
