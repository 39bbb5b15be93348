//! The mirrors of a container: the repositories of a list that are selected, with the name of each, and what becomes of the
//! others.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::list::WholeList;
use super::naming;
use super::naming::{Candidate, MirrorName, NameRefusal, Named, Spelling};
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
    /// Others would have the same: the paths of all of them, which all of them share.
    Shared(String, Arc<[String]>),
    /// Its own name cannot be in an address.
    Unusable,
}

/// A mirror whose name was cleaned by the destination's rule. All texts are from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CleanedName {
    /// Its path at the source.
    pub path: String,
    /// The name that the template made.
    pub written: String,
    /// The name that it has.
    pub name: String,
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

impl Expansion {
    /// Returns the mirrors whose names were cleaned.
    pub fn cleaned(&self) -> Vec<CleanedName> {
        let cleaned = |mirror: &ExpandedMirror| match &mirror.name.spelling {
            Spelling::AsWritten => None,
            Spelling::CleanedFrom(written) => Some(CleanedName {
                path: path(&mirror.repository, mirror.content),
                written: written.clone(),
                name: mirror.name.name.clone(),
            }),
        };
        self.mirrors.iter().filter_map(cleaned).collect()
    }
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
        let mut collisions = Collisions { pairs: &pairs, paths: HashMap::new() };
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
                    refusal: collisions.reason(refusal),
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

/// The mirrors that would have the same names.
struct Collisions<'a> {
    pairs: &'a [(&'a ListedRepository, Content)],
    /// The paths of those that share a name, by the place of the first.
    paths: HashMap<usize, Arc<[String]>>,
}

impl Collisions<'_> {
    fn reason(&mut self, refusal: &NameRefusal) -> UnnamedReason {
        let NameRefusal::Collision { name, all } = refusal else {
            return UnnamedReason::Name(refusal.clone());
        };
        let path = |at: &usize| self.pairs.get(*at).map(|(one, content)| path(one, *content));
        let first = all.first().copied().unwrap_or_default();
        let paths = self.paths.entry(first).or_insert_with(|| all.iter().filter_map(path).collect());
        UnnamedReason::Shared(name.clone(), Arc::clone(paths))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hosts;
    use crate::hosts::Host;
    use crate::hosts::address::Address;
    use crate::hosts::listing::Origin;
    use crate::remote::url::RemoteUrl;
    use crate::remote::web_url::WebUrl;

    fn web(text: &str) -> WebUrl {
        WebUrl::parse(text).unwrap().0
    }

    fn listed(project: &str, name: &str) -> ListedRepository {
        ListedRepository {
            id: format!("{project}/{name}"),
            name: name.to_owned(),
            project: project.to_owned(),
            project_name: project.to_owned(),
            content: Content::Code,
            wiki: None,
            clone_url: web(&format!("https://source.example/{project}/{name}")).into(),
            size: None,
            default_branch: None,
            state: RepositoryState::Active,
            origin: Origin::Own,
            visibility: None,
        }
    }

    fn list(paths: &[&str]) -> WholeList {
        let split =
            |path: &&str| path.rsplit_once('/').map_or_else(|| listed("", path), |(a, b)| listed(a, b));
        WholeList { repositories: paths.iter().map(split).collect(), unusable: Vec::new() }
    }

    /// The rules of a test, from their texts.
    struct Rules {
        selection: RepositorySelection,
        names: NameTemplate,
        target: Target,
        wikis: Wikis,
        slice: Slice,
    }

    impl Rules {
        fn to(target: Target) -> Self {
            let (selection, names) = (RepositorySelection::default(), NameTemplate::default());
            Self { selection, names, target, wikis: Wikis::LeftOut, slice: Slice::WHOLE }
        }

        fn named(self, template: &str) -> Self {
            Self { names: NameTemplate::parse(template).unwrap(), ..self }
        }

        fn selecting(self, include: &[&str], exclude: &[&str]) -> Self {
            Self { selection: RepositorySelection::new(include, exclude).unwrap(), ..self }
        }

        fn rules(&self) -> ExpansionRules<'_> {
            let Self { selection, names, target, wikis, slice } = self;
            let (wikis, slice) = (*wikis, *slice);
            ExpansionRules { selection, wikis, names, organization: "contoso", target, slice }
        }

        fn expand(&self, list: &WholeList) -> Expansion {
            self.rules().expand(list)
        }
    }

    fn folder() -> Target {
        Target::Folder("/backup".into())
    }

    fn at(host: Host, url: &str) -> Target {
        let (url, _) = RemoteUrl::parse(url).unwrap();
        let Address::Container(container) = hosts::address(&url, Some(host)) else { panic!("{url}") };
        Target::Container(host, container)
    }

    /// Returns paths with their names.
    fn shown(expansion: &Expansion) -> Vec<String> {
        let show =
            |one: &ExpandedMirror| format!("{} as {}", path(&one.repository, one.content), one.name.name);
        expansion.mirrors.iter().map(show).collect()
    }

    #[test]
    fn each_selected_repository_is_a_mirror() {
        let list = list(&["shop/app", "shop/old", "web/app2"]);
        let expansion = Rules::to(folder()).selecting(&["shop/*", "nothing"], &["old"]).expand(&list);
        assert_eq!(shown(&expansion), ["shop/app as app"]);
        assert_eq!(expansion.counts, ListCounts { listed: 3, selected: 1, of_other_jobs: 0 });
        assert_eq!(expansion.idle, ["nothing"]);
    }

    #[test]
    fn names_that_collide_are_left_out_and_the_others_stay() {
        let list = list(&["shop/app", "web/App", "web/lib"]);
        let expansion = Rules::to(folder()).expand(&list);
        assert_eq!(shown(&expansion), ["web/lib as lib"]);
        let both: Arc<[String]> = ["shop/app".to_owned(), "web/App".to_owned()].into();
        let reasons: Vec<_> = expansion.unnamed.iter().map(|one| (one.path.as_str(), &one.refusal)).collect();
        assert_eq!(
            reasons,
            [
                ("shop/app", &UnnamedReason::Shared("app".to_owned(), both.clone())),
                ("web/App", &UnnamedReason::Shared("App".to_owned(), both)),
            ]
        );
        let [UnnamedReason::Shared(_, one), UnnamedReason::Shared(_, other)] =
            [0, 1].map(|at| &expansion.unnamed[at].refusal)
        else {
            panic!("{:?}", expansion.unnamed)
        };
        assert!(Arc::ptr_eq(one, other));
        let expansion = Rules::to(folder()).named("{project}-{repository}").expand(&list);
        assert!(expansion.unnamed.is_empty() && expansion.mirrors.len() == 3);
    }

    #[test]
    fn in_an_organization_the_same_name_is_another_in_each_project() {
        let list = list(&["shop/app", "web/app"]);
        let target = at(Host::AzureRepos, "https://dev.azure.com/fabrikam");
        let expansion = Rules::to(target).expand(&list);
        let places: Vec<_> =
            expansion.mirrors.iter().map(|one| (one.project.as_str(), one.name.name.as_str())).collect();
        assert_eq!(places, [("shop", "app"), ("web", "app")]);
    }

    #[test]
    fn the_largest_comes_first_and_disabled_ones_are_told_apart() {
        let mut list = list(&["a", "b", "c", "d"]);
        list.repositories[1].size = Some(7);
        list.repositories[2].size = Some(9);
        list.repositories[3].state = RepositoryState::Disabled;
        let expansion = Rules::to(folder()).expand(&list);
        assert_eq!(shown(&expansion), ["c as c", "b as b", "a as a"]);
        assert_eq!(expansion.disabled, ["d"]);
    }

    #[test]
    fn wikis_are_mirrors_of_their_own_where_they_are_wanted() {
        let mut list = list(&["shop/app", "shop/shop.wiki"]);
        list.repositories[0].wiki = Some(web("https://source.example/shop/app.wiki.git"));
        list.repositories[1].content = Content::Wiki;
        assert_eq!(shown(&Rules::to(folder()).expand(&list)), ["shop/app as app"]);
        let rules = Rules { wikis: Wikis::Mirrored, ..Rules::to(folder()) };
        assert_eq!(
            shown(&rules.expand(&list)),
            ["shop/app as app", "shop/app (wiki) as app-wiki", "shop/shop.wiki (wiki) as shop-wiki"]
        );
    }

    #[test]
    fn slices_share_all_and_each_tells_its_own() {
        let paths: Vec<_> = (0..60).map(|number| format!("p/r{number}")).collect();
        let mut list = list(&paths.iter().map(String::as_str).collect::<Vec<_>>());
        list.repositories.extend(["x/same", "y/same"].map(|path| {
            let (project, name) = path.split_once('/').unwrap();
            listed(project, name)
        }));
        list.unusable = vec!["..".to_owned()];
        let (mut mirrors, mut unnamed) = (Vec::new(), Vec::new());
        for at in ["1", "2", "3"] {
            let slice = Slice::of_job(Some("MultiMachine"), Some(at), Some("3")).unwrap();
            let expansion = Rules { slice, ..Rules::to(folder()) }.expand(&list);
            assert_eq!(expansion.counts.listed, 63);
            assert_eq!(
                expansion.counts.of_other_jobs + expansion.mirrors.len() + expansion.unnamed.len(),
                62 + usize::from(at == "1")
            );
            mirrors.extend(shown(&expansion));
            unnamed.extend(expansion.unnamed.into_iter().map(|one| one.path));
        }
        mirrors.sort_unstable();
        unnamed.sort_unstable();
        let mut expected: Vec<_> = (0..60).map(|number| format!("p/r{number} as r{number}")).collect();
        expected.sort_unstable();
        assert_eq!((mirrors, unnamed), (expected, vec!["..".to_owned(), "x/same".into(), "y/same".into()]));
    }

    #[test]
    fn only_what_no_repository_of_the_source_would_be_is_the_destinations_own() {
        let list = list(&["shop/app", "shop/left-out", "web/app"]);
        let rules = Rules::to(at(Host::GitHub, "https://github.com/contoso")).selecting(&[], &["left-out"]);
        let there: Vec<_> =
            ["App", "left-out", "app-wiki", "stranger"].map(|name| listed("", name)).into_iter().collect();
        assert_eq!(rules.rules().only_at_destination(&list, &there), ["stranger"]);
    }
}
