//! LFS objects and the commits that point to them, made without git-lfs, whose filter takes a process a file.

use std::fmt::Write as _;
use std::fs;
use std::ops::Range;
use std::path::Path;
use std::process::Command;

use sha2::{Digest as _, Sha256};

use super::dice::Dice;
use super::git::{Repository, output};

/// The text of a `.gitattributes` where files ending in `.bin` are kept by LFS.
pub(crate) const ATTRIBUTES: &str = "*.bin filter=lfs diff=lfs merge=lfs -text\n";

/// An LFS object.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    /// 64 hexadecimal digits.
    pub(crate) oid: String,
    pub(crate) size: u64,
    content: Content,
}

#[derive(Debug, Clone)]
enum Content {
    Bytes(Vec<u8>),
    Zeros,
}

impl Object {
    pub(crate) fn new(content: impl Into<Vec<u8>>) -> Self {
        let content = content.into();
        let oid =
            Sha256::digest(&content).iter().fold(String::new(), |oid, byte| oid + &format!("{byte:02x}"));
        Self { oid, size: content.len() as u64, content: Content::Bytes(content) }
    }

    /// An object of nothing but zeros, of any size.
    pub(crate) fn zeros(size: u64) -> Self {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(size).unwrap();
        // Tests are built without optimization, in which a gigabyte takes a minute.
        let said = output(Command::new("sha256sum").arg(file.path()), b"");
        let oid = String::from_utf8_lossy(&said[..64]).into_owned();
        Self { oid, size, content: Content::Zeros }
    }

    /// The file in its place.
    pub(crate) fn pointer(&self) -> String {
        format!("version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n", self.oid, self.size)
    }

    pub(crate) fn write(&self, path: &Path) {
        match &self.content {
            Content::Bytes(bytes) => fs::write(path, bytes).unwrap(),
            Content::Zeros => fs::File::create(path).unwrap().set_len(self.size).unwrap(),
        }
    }
}

/// Makes objects, the same for the same seed.
pub(crate) fn objects(seed: u64, count: usize, sizes: Range<u64>) -> Vec<Object> {
    let mut dice = Dice::new(seed);
    let object = |number| {
        let size = sizes.start + dice.below(sizes.end - sizes.start);
        let mut content = format!("{seed} {number} ").into_bytes();
        while (content.len() as u64) < size {
            content.extend(dice.below(u64::MAX).to_le_bytes());
        }
        content.truncate(usize::try_from(size).unwrap());
        Object::new(content)
    };
    (0..count).map(object).collect()
}

/// The pointers of objects as files of a folder.
pub(crate) fn pointers(folder: &str, objects: &[Object]) -> Vec<(String, String)> {
    let path = |object: &Object| format!("{folder}/{}/{}.bin", &object.oid[..2], &object.oid[..20]);
    objects.iter().map(|object| (path(object), object.pointer())).collect()
}

impl Repository {
    /// Adds a commit to a branch, with these files; creates it where it is missing.
    pub(crate) fn commit_files<P: AsRef<str>, T: AsRef<str>>(
        &self,
        branch: &str,
        files: &[(P, T)],
    ) -> String {
        let name = format!("refs/heads/{branch}");
        let date = 1_700_000_000;
        let mut stream =
            format!("commit {name}\ncommitter A U Thor <author@example.com> {date} +0000\ndata 0\n");
        if self.refs(&[&name]).contains_key(&name) {
            writeln!(stream, "from {name}^0").unwrap();
        }
        for (path, text) in files {
            let (path, text) = (path.as_ref(), text.as_ref());
            write!(stream, "M 100644 inline {path}\ndata {}\n{text}\n", text.len()).unwrap();
        }
        self.git_with(&["fast-import", "--quiet", "--force"], stream.as_bytes());
        self.git(&["rev-parse", &name])
    }

    /// Adds a commit with the pointers of objects below `assets`, and the attributes at the root.
    pub(crate) fn commit_objects(&self, branch: &str, objects: &[Object]) -> String {
        let attributes = (".gitattributes".to_owned(), ATTRIBUTES.to_owned());
        self.commit_files(branch, &[vec![attributes], pointers("assets", objects)].concat())
    }
}
