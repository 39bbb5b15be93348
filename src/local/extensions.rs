//! Features of Git that a repository can need and that libgit2 does not have.

use std::fmt;
use std::path::Path;

use git2::Config;

use crate::error::{ErrorKind, Failure};

/// A feature that a repository needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unsupported {
    /// Some of its objects are at another repository only.
    PartialClone,
    /// The format of its refs is given, such as `reftable`.
    RefStorage(String),
    /// Its ids are not of sha1.
    ObjectFormat(String),
    /// A part of its configuration is a work tree's own.
    WorktreeConfig,
    /// Its layout is newer than any known.
    Version(i64),
    /// Something else, by its name in the configuration.
    Other(String),
}

/// Extensions that libgit2 has, as far as their value is the usual one.
const KNOWN: &[&str] = &["noop", "preciousobjects", "relativeworktrees"];

impl Unsupported {
    /// Finds what the repository at this path needs, by its configuration.
    pub(crate) fn of(path: &Path) -> Vec<Self> {
        let files = [path.join(".git").join("config"), path.join("config")];
        let Some(config) = files.iter().find(|file| file.is_file()).and_then(|file| Config::open(file).ok())
        else {
            return Vec::new();
        };
        let mut needed = Vec::new();
        let version = config.get_i64("core.repositoryformatversion").unwrap_or_default();
        if version > 1 {
            needed.push(Self::Version(version));
        }
        let Ok(mut entries) = config.entries(Some("^extensions\\.")) else { return needed };
        while let Some(Ok(entry)) = entries.next() {
            let (name, value) = (entry.name().unwrap_or_default(), entry.value().unwrap_or_default());
            needed.extend(Self::by_name(name.trim_start_matches("extensions."), value, version));
        }
        needed
    }

    fn by_name(name: &str, value: &str, version: i64) -> Option<Self> {
        match name {
            // Git heeds it in the old layout, too.
            "partialclone" => Some(Self::PartialClone),
            _ if version < 1 => None,
            // libgit2 refuses even `files`, which changes nothing.
            "refstorage" => Some(Self::RefStorage(value.to_owned())),
            "objectformat" => (value != "sha1").then(|| Self::ObjectFormat(value.to_owned())),
            "worktreeconfig" => (value != "false").then_some(Self::WorktreeConfig),
            _ => (!KNOWN.contains(&name)).then(|| Self::Other(name.to_owned())),
        }
    }

    /// Tells whether libgit2 opens such a repository and then takes it for what it is not.
    pub(crate) fn misleads(&self) -> bool {
        matches!(self, Self::PartialClone | Self::RefStorage(_) | Self::ObjectFormat(_))
    }
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PartialClone => {
                f.write_str("it is a partial clone, which lacks objects that only its own source has")
            }
            Self::RefStorage(format) => {
                write!(
                    f,
                    "its refs are stored by extensions.refStorage as '{format}', which is not supported"
                )
            }
            Self::ObjectFormat(format) => {
                write!(f, "a local repository must have the object format sha1, and its is {format}")
            }
            Self::WorktreeConfig => {
                f.write_str("it has a configuration for each work tree (extensions.worktreeConfig)")
            }
            Self::Version(version) => {
                write!(f, "the version of its layout is {version}, and 1 is the newest that is known")
            }
            Self::Other(name) => write!(f, "it needs the extension '{name}' of Git, which is not known"),
        }
    }
}

impl From<Unsupported> for Failure {
    fn from(unsupported: Unsupported) -> Self {
        Self::new(ErrorKind::Unsupported, unsupported.to_string())
    }
}
