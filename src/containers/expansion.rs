//! The mirrors of a container: the repositories of a list that are selected, with the name of each, and what becomes of the
//! others.

use std::collections::HashSet;

use super::list::WholeList;
use super::naming;
use super::naming::{Candidate, MirrorName, NameRefusal, Named};
use super::selection::{RepositorySelection, folded};
use super::slice::Slice;
use super::target::Target;
use super::template::{NameTemplate, NameValues};
use crate::hosts::listing::{Content, ListedRepository, RepositoryState, Wikis};

/// The rules by which a list becomes mirrors.
#[derive(Clone, Copy, Debug)]
pub struct ExpansionRules<'a> {
    /// The repositories that are mirrored.
    pub selection: &'a RepositorySelection,
    /// Their wikis.
    pub wikis: Wikis,
    /// Their names at the destination.
    pub names: &'a NameTemplate,
    /// The name of the source's organization, for these.
    pub organization: &'a str,
    /// The place where they go.
    pub target: &'a Target,
    /// This job's share.
    pub slice: Slice,
}

/// The mirrors of a container.
#[derive(Debug, Default)]
pub struct Expansion {
    /// Those of this job, largest first where sizes are known, else in the order of the list.
    pub mirrors: Vec<ExpandedMirror>,
    /// Those of this job that have no name.
    pub unnamed: Vec<UnnamedMirror>,
    /// The paths of those of this job that cannot be read, since they are disabled.
    pub disabled: Vec<String>,
    /// The numbers of all jobs.
    pub counts: ListCounts,
    /// The patterns that match nothing, as they were given.
    pub idle: Vec<String>,
}

/// One mirror of a container.
#[derive(Clone, Debug)]
pub struct ExpandedMirror {
    /// The repository.
    pub repository: ListedRepository,
    /// Its content: its own, or its wiki's.
    pub content: Content,
    /// The project at the destination, where there are some.
    pub project: String,
    /// Its name there.
    pub name: MirrorName,
}

/// A mirror without a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnnamedMirror {
    /// Its path at the source.
    pub path: String,
    /// The reason.
    pub refusal: UnnamedReason,
}

/// The reason why a mirror has no name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnnamedReason {
    /// The destination takes no such name.
    Name(NameRefusal),
    /// Others would have the same: the paths of all of them.
    Shared(String, Vec<String>),
    /// Its own name cannot be in an address.
    Unusable,
}

/// The numbers of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ListCounts {
    /// All that are listed.
    pub listed: usize,
    /// Those that are selected.
    pub selected: usize,
    /// Those that are other jobs'.
    pub of_other_jobs: usize,
}

/// Returns the path by which people know a mirror at the source.
pub fn path(repository: &ListedRepository, content: Content) -> String {
    match content {
        Content::Code => repository.path(),
        Content::Wiki => format!("{} (wiki)", repository.path()),
    }
}

impl ExpansionRules<'_> {
    /// Makes the mirrors of a list. Names are computed over all that is selected, whichever job mirrors it: each comes to
    /// the same.
    pub fn expand(&self, list: &WholeList) -> Expansion {
        let is_selected = |one: &&ListedRepository| {
            self.selection.contains(&one.path())
                && (one.content, self.wikis) != (Content::Wiki, Wikis::LeftOut)
        };
        let selected: Vec<_> = list.repositories.iter().filter(is_selected).collect();
        let has_wiki = |one: &&ListedRepository| one.wiki.is_some() && self.wikis == Wikis::Mirrored;
        let pairs: Vec<(&ListedRepository, Content)> = selected
            .iter()
            .flat_map(|one| {
                let wiki = Some(*one).filter(has_wiki).map(|one| (one, Content::Wiki));
                [Some((*one, one.content)), wiki].into_iter().flatten()
            })
            .collect();
        let named = self.names_of(&pairs);
        let mut expansion = Expansion {
            counts: ListCounts {
                listed: list.repositories.len() + list.unusable.len(),
                selected: selected.len(),
                of_other_jobs: selected.iter().filter(|one| !self.slice.holds(&one.id)).count(),
            },
            idle: self.idle(list),
            ..Expansion::default()
        };
        for ((repository, content), named) in pairs.iter().zip(&named) {
            if !self.slice.holds(&repository.id) {
                continue;
            }
            if repository.state == RepositoryState::Disabled {
                expansion.disabled.extend((*content != Content::Wiki).then(|| repository.path()));
                continue;
            }
            match named {
                Ok(name) => expansion.mirrors.push(ExpandedMirror {
                    repository: (*repository).clone(),
                    content: *content,
                    project: self.within(repository).to_owned(),
                    name: name.clone(),
                }),
                Err(refusal) => expansion.unnamed.push(UnnamedMirror {
                    path: path(repository, *content),
                    refusal: reason(refusal, &pairs),
                }),
            }
        }
        // A repository whose own name cannot be in an address is told by the first job.
        let unusable = list.unusable.iter().filter(|_| self.slice.is_first());
        expansion.unnamed.extend(
            unusable.map(|name| UnnamedMirror { path: name.clone(), refusal: UnnamedReason::Unusable }),
        );
        expansion.mirrors.sort_by_key(|mirror| std::cmp::Reverse(mirror.repository.size));
        expansion
    }

    /// Returns what only the destination has, of these names there: what no repository of the whole list, selected or not,
    /// would have for its name.
    pub fn only_at_destination(&self, list: &WholeList, there: &[ListedRepository]) -> Vec<String> {
        let everything: Vec<(&ListedRepository, Content)> =
            list.repositories.iter().flat_map(|one| [(one, one.content), (one, Content::Wiki)]).collect();
        let key = |project: &str, name: &str| (folded(project), folded(name));
        let names = self.names_of(&everything);
        let known: HashSet<_> = everything
            .iter()
            .zip(names)
            .filter_map(|((one, _), named)| {
                let name = match named {
                    Ok(MirrorName { name, .. }) | Err(NameRefusal::Collision { name, .. }) => name,
                    Err(NameRefusal::Impossible { .. }) => return None,
                };
                Some(key(self.within(one), &name))
            })
            .collect();
        let is_other = |one: &&ListedRepository| {
            let project = if self.target.has_projects() { one.project.as_str() } else { "" };
            !known.contains(&key(project, &one.name))
        };
        there.iter().filter(is_other).map(ListedRepository::path).collect()
    }

    fn names_of(&self, pairs: &[(&ListedRepository, Content)]) -> Vec<Named> {
        let candidates = pairs.iter().map(|(repository, content)| Candidate {
            values: NameValues {
                repository: match repository.content {
                    Content::Code => &repository.name,
                    // At Azure DevOps the wiki of a project is a repository `PROJECT.wiki` of it.
                    Content::Wiki => repository.name.strip_suffix(".wiki").unwrap_or(&repository.name),
                },
                project: &repository.project_name,
                organization: self.organization,
            },
            within: self.within(repository),
            content: *content,
        });
        naming::names(candidates, self.names, self.target.rule())
    }

    /// Returns the project that a mirror has at the destination.
    fn within<'a>(&self, repository: &'a ListedRepository) -> &'a str {
        if self.target.has_projects() { &repository.project_name } else { "" }
    }

    fn idle(&self, list: &WholeList) -> Vec<String> {
        let paths: Vec<_> = list.repositories.iter().map(ListedRepository::path).collect();
        let names = paths.iter().map(String::as_str);
        self.selection.idle(&names).into_iter().map(ToString::to_string).collect()
    }
}

fn reason(refusal: &NameRefusal, pairs: &[(&ListedRepository, Content)]) -> UnnamedReason {
    match refusal {
        NameRefusal::Impossible { .. } => UnnamedReason::Name(refusal.clone()),
        NameRefusal::Collision { name, all } => {
            let path = |at: &usize| pairs.get(*at).map(|(one, content)| path(one, *content));
            UnnamedReason::Shared(name.clone(), all.iter().filter_map(path).collect())
        }
    }
}
