//! The names of all mirrors of a container at the destination, computed at once, before anything is sent.
//!
//! Mirrors whose names are the same are all left out: whichever came first would change with the order of a list, and
//! would then overwrite another.

use std::collections::HashMap;
use std::sync::Arc;

use super::selection::folded;
use super::template::{NameTemplate, NameValues};
use crate::hosts::listing::Content;
use crate::hosts::name_rule::{NameProblem, NameRule};

/// A repository that is to have a name. It is told from others by its place in the list.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// The values of its name.
    pub values: NameValues<'a>,
    /// The project at the destination within which names differ; empty where there is none.
    pub within: &'a str,
    /// Its content. The name of a wiki's mirror ends in `-wiki`.
    pub content: Content,
}

/// The name of a mirror, or the reason why it has none.
pub type Named = Result<MirrorName, NameRefusal>;

/// The name of a mirror.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MirrorName {
    /// The name, which the destination takes. It may be any text that its rule allows: escape it in a URL.
    pub name: String,
    /// The way from the template to it.
    pub spelling: Spelling,
}

/// The spelling of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// As the template makes it.
    AsWritten,
    /// Cleaned by the destination's rule, from this text, which is from outside.
    CleanedFrom(String),
}

/// The reason why a mirror has no name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameRefusal {
    /// The destination takes no such name.
    Impossible {
        /// The name that the template makes of it, which is from outside.
        written: String,
        /// The reason.
        problem: NameProblem,
    },
    /// Others would have the same name, or one that differs in case alone.
    Collision {
        /// The name.
        name: String,
        /// The places of all that would have it in the list, its own among them.
        all: Arc<[usize]>,
    },
}

/// Names the mirrors of all repositories of a list, in the order of the list.
pub fn names<'a>(
    candidates: impl IntoIterator<Item = Candidate<'a>>,
    template: &NameTemplate,
    rule: &NameRule,
) -> Vec<Named> {
    let (within, mut named): (Vec<_>, Vec<_>) =
        candidates.into_iter().map(|candidate| (candidate.within, name(&candidate, template, rule))).unzip();
    let mut places: HashMap<(String, String), Vec<usize>> = HashMap::new();
    for (at, (within, named)) in within.iter().zip(&named).enumerate() {
        if let Ok(named) = named {
            places.entry((folded(within), folded(&named.name))).or_default().push(at);
        }
    }
    for all in places.into_values().filter(|all| all.len() > 1).map(Arc::<[usize]>::from) {
        for at in &*all {
            let Some(named) = named.get_mut(*at) else { continue };
            if let Ok(MirrorName { name, .. }) = named {
                *named = Err(NameRefusal::Collision { name: std::mem::take(name), all: Arc::clone(&all) });
            }
        }
    }
    named
}

fn name(candidate: &Candidate<'_>, template: &NameTemplate, rule: &NameRule) -> Named {
    let mut written = template.fill(&candidate.values);
    if candidate.content == Content::Wiki {
        written.push_str("-wiki");
    }
    match rule.clean(&written) {
        Err(problem) => Err(NameRefusal::Impossible { written, problem }),
        Ok(name) if name == written => Ok(MirrorName { name, spelling: Spelling::AsWritten }),
        Ok(name) => Ok(MirrorName { name, spelling: Spelling::CleanedFrom(written) }),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;
    use crate::hosts::Host;
    use crate::hosts::name_rule::FOLDER;

    fn code<'a>(project: &'a str, repository: &'a str) -> Candidate<'a> {
        let values = NameValues { repository, project, organization: "contoso" };
        Candidate { values, within: "", content: Content::Code }
    }

    fn at(host: Host, template: &str, candidates: &[Candidate<'_>]) -> Vec<Named> {
        names(candidates.iter().copied(), &NameTemplate::parse(template).unwrap(), &host.info().names)
    }

    /// Shows names, or who would have the same.
    fn shown(named: &[Named]) -> Vec<String> {
        let show = |named: &Named| match named {
            Ok(MirrorName { name, spelling: Spelling::AsWritten }) => name.clone(),
            Ok(MirrorName { name, spelling: Spelling::CleanedFrom(from) }) => format!("{name} from {from}"),
            Err(NameRefusal::Collision { name, all }) => format!("{name} of {all:?}"),
            Err(NameRefusal::Impossible { written, problem }) => format!("{written}: {problem:?}"),
        };
        named.iter().map(show).collect()
    }

    #[test]
    fn each_mirror_is_named_by_the_template_and_the_rule() {
        let list = [code("a", "app"), code("My Team", "lib"), code("b", "app")];
        let named = at(Host::GitHub, "{project}-{repository}", &list);
        assert_eq!(shown(&named), ["a-app", "My-Team-lib from My Team-lib", "b-app"]);
    }

    #[test]
    fn none_of_those_that_collide_wins() {
        let list = [code("a", "app"), code("a", "x"), code("b", "App"), code("c", "a pp"), code("d", "a-pp")];
        assert_eq!(
            shown(&at(Host::GitHub, "{repository}", &list)),
            ["app of [0, 2]", "x", "App of [0, 2]", "a-pp of [3, 4]", "a-pp of [3, 4]"]
        );
        assert_eq!(
            shown(&at(Host::AzureRepos, "{repository}", &list)),
            ["app of [0, 2]", "x", "App of [0, 2]", "a pp", "a-pp"]
        );
    }

    #[test]
    fn a_name_that_cannot_be_is_left_out_alone() {
        let list = [code("a", "app.wiki"), code("a", "app"), code("a", "..")];
        assert_eq!(
            shown(&at(Host::GitHub, "{repository}", &list)),
            ["app.wiki: ReservedEnd(\".wiki\")", "app", "..: Reserved(\"..\")"]
        );
    }

    #[test]
    fn a_wiki_is_named_after_its_repository_and_may_collide() {
        let wiki = Candidate { content: Content::Wiki, ..code("a", "app") };
        let named = at(Host::GitHub, "{repository}", &[code("a", "app"), wiki]);
        assert_eq!(shown(&named), ["app", "app-wiki"]);
        let named = at(Host::GitHub, "{repository}", &[code("a", "app"), wiki, code("a", "App-Wiki")]);
        assert_eq!(shown(&named), ["app", "app-wiki of [1, 2]", "App-Wiki of [1, 2]"]);
    }

    proptest! {
        #[test]
        fn all_names_differ_and_none_is_lost(
            repositories in prop::collection::vec("[aAbß ./\\\\#\u{0}-]{0,4}", 0..12),
            template in prop::sample::select(&["{repository}", "{project}-{repository}", "x{repository}.y"][..]),
        ) {
            let template = NameTemplate::parse(template).unwrap();
            let rules = crate::hosts::TABLE.iter().map(|row| row.names).chain([FOLDER]);
            for rule in rules {
                let candidates = repositories.iter().map(|name| code("p", name));
                let named = names(candidates, &template, &rule);
                prop_assert_eq!(named.len(), repositories.len());
                let good: Vec<_> = named.iter().flatten().map(|named| folded(&named.name)).collect();
                prop_assert_eq!(good.iter().collect::<HashSet<_>>().len(), good.len());
                for (at, named) in named.iter().enumerate() {
                    if let Err(NameRefusal::Collision { name, all }) = named {
                        prop_assert!(all.len() > 1 && all.contains(&at) && !good.contains(&folded(name)));
                    }
                }
            }
        }
    }
}
