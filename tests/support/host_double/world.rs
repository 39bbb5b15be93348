//! What a host holds: containers, repositories, and the faults that are to come.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Fault, Place};
use crate::support::git::Repository;

/// A kind of host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    AzureServer,
    GitHub,
    GitLab,
    Gitea,
    Bitbucket,
}

/// A repository of a host.
#[derive(Debug, Clone)]
pub(crate) struct Hosted {
    pub(crate) id: u64,
    pub(crate) container: String,
    pub(crate) name: String,
    /// `private`, `internal` or `public`.
    pub(crate) visibility: &'static str,
    pub(crate) standing: Standing,
    pub(crate) origin: Origin,
    pub(crate) shown: Shown,
    pub(crate) git: Repository,
}

/// What may be done with a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Active,
    Archived,
    Disabled,
}

/// What a repository was made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    Own,
    Fork,
}

/// Whether a repository is in lists; that of a wiki is in none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    Listed,
    Hidden,
}

/// What becomes of a repository as soon as it was listed.
#[derive(Debug, Clone)]
pub(crate) enum Fate {
    Vanishes,
    IsRenamed(String),
}

/// A project, an organization, a group or a user.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    pub(crate) id: u64,
    pub(crate) path: String,
    pub(crate) visibility: &'static str,
}

/// A host.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) kind: Kind,
    root: PathBuf,
    pub(crate) origin: String,
    pub(crate) homes: Vec<Home>,
    pub(crate) hosted: Vec<Hosted>,
    /// The token that is asked for, if one is; it is of [`Self::account`].
    pub(crate) token: Option<String>,
    /// The origin that its answers tell, if it is another than its own.
    pub(crate) told_origin: Option<String>,
    /// The user who signs in; a container of that name is theirs, others are organizations.
    pub(crate) account: String,
    /// The most repositories on a page, whatever is asked for.
    pub(crate) page: usize,
    pub(crate) faults: VecDeque<(Place, Fault)>,
    pub(crate) fates: Vec<(String, Fate)>,
    /// How visible a new repository is, whatever is asked for.
    pub(crate) made: Option<&'static str>,
    /// The status that every creation is refused with.
    pub(crate) refuses_creation: Option<u16>,
    /// The repositories that had another path: the old, the new.
    pub(crate) renamed: Vec<(String, String)>,
    next_id: u64,
}

/// Sets HEAD at the first push, as hosts do, where the branch that it names is not pushed.
const POST_RECEIVE: &str = "git rev-parse -q --verify HEAD >/dev/null && exit 0\n\
    while read old new ref; do case $ref in refs/heads/*) git symbolic-ref HEAD \"$ref\"; exit;; esac; done";

impl Kind {
    /// Its word in the inputs.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::AzureServer => "azureServer",
            Self::GitHub => "github",
            Self::GitLab => "gitlab",
            Self::Gitea => "gitea",
            Self::Bitbucket => "bitbucketDataCenter",
        }
    }
}

impl Hosted {
    pub(crate) fn path(&self) -> String {
        format!("{}/{}", self.container, self.name)
    }

    /// The branch that HEAD names, if it is there.
    pub(crate) fn default_branch(&self) -> Option<String> {
        let head = fs::read_to_string(self.git.path.join("HEAD")).unwrap();
        let name = head.trim().strip_prefix("ref: ")?.to_owned();
        self.has(&name).then_some(name)
    }

    /// Tells whether a ref is there.
    pub(crate) fn has(&self, name: &str) -> bool {
        let packed = fs::read_to_string(self.git.path.join("packed-refs")).unwrap_or_default();
        self.git.path.join(name).is_file() || packed.lines().any(|line| line.ends_with(&format!(" {name}")))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.default_branch().is_none() && self.git.refs(&[]).is_empty()
    }

    /// Sets the default branch, if it is there.
    pub(crate) fn set_default_branch(&self, name: &str) -> Result<(), ()> {
        if !name.starts_with("refs/heads/") || !self.has(name) {
            return Err(());
        }
        self.git.git(&["symbolic-ref", "HEAD", name]);
        Ok(())
    }

    /// The bytes of its objects, roughly.
    pub(crate) fn size(&self) -> u64 {
        let packs = fs::read_dir(self.git.path.join("objects/pack")).into_iter().flatten();
        packs.filter_map(|entry| Some(entry.ok()?.metadata().ok()?.len())).sum()
    }
}

impl World {
    pub(super) fn new(kind: Kind, root: &Path, origin: &str) -> Self {
        Self {
            kind,
            root: root.to_owned(),
            origin: origin.to_owned(),
            homes: Vec::new(),
            hosted: Vec::new(),
            token: None,
            told_origin: None,
            account: "bob".to_owned(),
            page: 100,
            faults: VecDeque::new(),
            fates: Vec::new(),
            made: None,
            refuses_creation: None,
            renamed: Vec::new(),
            next_id: 1,
        }
    }

    /// Makes a container, unless it is there.
    pub(crate) fn add_container(&mut self, path: &str, visibility: &'static str) {
        if self.home(path).is_none() {
            self.next_id += 1;
            self.homes.push(Home { id: self.next_id, path: path.to_owned(), visibility });
        }
    }

    pub(crate) fn home(&self, path: &str) -> Option<&Home> {
        self.homes.iter().find(|home| home.path.eq_ignore_ascii_case(path))
    }

    /// Makes an empty repository; its name is free.
    pub(crate) fn add(
        &mut self,
        container: &str,
        name: &str,
        visibility: &'static str,
        format: &str,
    ) -> &mut Hosted {
        let folder = utf8_percent_encode(name, NON_ALPHANUMERIC).to_string();
        let folder = folder.replace("%2D", "-").replace("%5F", "_").replace("%2E", ".");
        // A name can be longer than that of a folder may be.
        let folder: String = folder.chars().take(100).collect();
        let path = self.root.join(container).join(format!("{folder}.git"));
        // A name that was given to another before.
        let path = if path.exists() { path.with_extension(format!("{}.git", self.next_id)) } else { path };
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let git = Repository::init_format(path, format);
        git.hook("post-receive", POST_RECEIVE);
        self.adopt(container, name, visibility, git)
    }

    /// Takes a repository over that is there; its name is free.
    pub(crate) fn adopt(
        &mut self,
        container: &str,
        name: &str,
        visibility: &'static str,
        git: Repository,
    ) -> &mut Hosted {
        self.next_id += 1;
        self.hosted.push(Hosted {
            id: self.next_id,
            container: container.to_owned(),
            name: name.to_owned(),
            visibility,
            standing: Standing::Active,
            origin: Origin::Own,
            shown: Shown::Listed,
            git,
        });
        self.hosted.last_mut().unwrap()
    }

    pub(crate) fn find(&self, path: &str) -> Option<&Hosted> {
        self.hosted.iter().find(|hosted| hosted.path().eq_ignore_ascii_case(path))
    }

    pub(crate) fn find_mut(&mut self, path: &str) -> Option<&mut Hosted> {
        self.hosted.iter_mut().find(|hosted| hosted.path().eq_ignore_ascii_case(path))
    }

    /// The address of a container, percent-encoded where it must be.
    pub(super) fn container_url(&self, path: &str) -> String {
        let before = if self.kind == Kind::Bitbucket { "projects/" } else { "" };
        format!("{}/{before}{}", self.origin, encoded(path))
    }

    pub(super) fn clone_url(&self, container: &str, name: &str) -> String {
        format!("{}{}", self.origin, encoded(&self.clone_path(container, name)))
    }

    /// The address to clone from as answers tell it.
    pub(super) fn told_url(&self, hosted: &Hosted) -> String {
        let origin = self.told_origin.as_ref().unwrap_or(&self.origin);
        format!("{origin}{}", encoded(&self.clone_path(&hosted.container, &hosted.name)))
    }

    /// The path to clone from, without escapes.
    pub(super) fn clone_path(&self, container: &str, name: &str) -> String {
        match self.kind {
            Kind::AzureServer => format!("/{container}/_git/{name}"),
            Kind::GitHub | Kind::GitLab | Kind::Gitea => format!("/{container}/{name}.git"),
            Kind::Bitbucket => format!("/scm/{}/{name}.git", container.to_lowercase()),
        }
    }

    /// The repositories of a container that are listed, for which this holds, too.
    pub(super) fn listed(&self, mut of: impl FnMut(&Hosted) -> bool) -> Vec<&Hosted> {
        self.hosted.iter().filter(|hosted| hosted.shown == Shown::Listed && of(hosted)).collect()
    }

    /// Lets what is to come after a list come.
    pub(super) fn list_was_read(&mut self) {
        for (path, fate) in std::mem::take(&mut self.fates) {
            match fate {
                Fate::Vanishes => self.hosted.retain(|hosted| hosted.path() != path),
                Fate::IsRenamed(name) => {
                    let hosted = self.find_mut(&path).expect("what is renamed");
                    hosted.name = name;
                    let now = hosted.path();
                    self.renamed.push((path, now));
                }
            }
        }
    }

    /// What is made of the next request for a place.
    pub(super) fn fault(&mut self, place: Place) -> Fault {
        let at = self.faults.iter().position(|(of, _)| *of == place);
        at.and_then(|at| self.faults.remove(at)).map_or(Fault::None, |(_, fault)| fault)
    }

    /// The visibility of a new repository.
    pub(super) fn visibility_of_new(&self, asked: &'static str) -> &'static str {
        self.made.unwrap_or(asked)
    }
}

fn encoded(path: &str) -> String {
    let parts = path.split('/').map(|part| utf8_percent_encode(part, NON_ALPHANUMERIC).to_string());
    parts
        .map(|part| part.replace("%2D", "-").replace("%5F", "_").replace("%2E", ".").replace("%7E", "~"))
        .collect::<Vec<_>>()
        .join("/")
}
