//! The examples of the page *All repositories of a project*, each from nothing to green by its own YAML: the whole task, at
//! doubles of the hosts under their own names, with Git behind them.

mod credentials;
mod destination;
mod hosts;
mod walk;

use std::collections::BTreeMap;
use std::fs;

use super::docs::examples;
use super::double::{IssueKind, TaskResult, nodes, source_tree};
use super::support::git::BRANCHES_AND_TAGS;
use hosts::Missing;
use walk::{Walk, tokens};

const PAGE: &str = "all-repositories.md";

/// The text of the page.
fn page_text() -> String {
    fs::read_to_string(source_tree().join("docs").join(PAGE)).unwrap()
}

#[test]
fn each_example_goes_from_nothing_to_green() {
    let examples = examples(PAGE);
    assert_eq!(examples.iter().map(|example| example.jobs).collect::<Vec<_>>(), [1, 1, 1, 3]);
    for node in nodes() {
        for example in &examples {
            Walk::new(&node, example.clone(), tokens(example)).goes_from_nothing_to_green();
        }
    }
}

#[test]
fn an_organization_goes_to_another_as_a_project_does() {
    let page = page_text();
    for node in nodes() {
        let mut example = examples(PAGE).remove(1);
        for (side, project) in [("source", "/shop"), ("destination", "/backup")] {
            let input = example.inputs.get_mut(&format!("{side}GitRepositoryUri")).unwrap();
            *input = input.strip_suffix(project).unwrap().to_owned();
            assert!(page.contains(&format!("`{input}`")), "{input}");
        }
        let tokens = tokens(&example);
        Walk::new(&node, example, tokens).goes_from_nothing_to_green();
    }
}

#[test]
fn what_went_to_a_folder_comes_back_by_the_same_step_and_a_wiki_by_its_own() {
    let page = page_text();
    let backup = examples(PAGE).remove(2);
    for node in nodes() {
        let mut walk = Walk::new(&node, backup.clone(), tokens(&backup));
        walk.example.inputs.remove("dryRun");
        walk.succeeds();
        let refs = |walk: &Walk| {
            let sources = walk.sources().into_iter();
            sources.map(|one| (one.path(), one.git.refs(BRANCHES_AND_TAGS))).collect::<BTreeMap<_, _>>()
        };
        let before = refs(&walk);
        for one in walk.sources() {
            one.git.refs(&[]).keys().for_each(|name| one.git.delete(name));
        }
        walk.hosts.azure.world().hosted.retain(|one| one.name != "docs");

        let [source, destination] = ["sourceGitRepositoryUri", "destinationGitRepositoryUri"];
        let back = |from: &str, to: &str, more: &[(&str, &str)]| {
            let mut example = backup.clone();
            example.inputs.remove("dryRun");
            let given = [(source, from), (destination, to)].into_iter().chain(more.iter().copied());
            example.inputs.extend(given.map(|(name, value)| (name.to_owned(), value.to_owned())));
            example
        };
        let more = [("createDestination", "private"), ("excludeRepositories", "*-wiki")];
        walk.example = back(&backup.inputs[destination], &backup.inputs[source], &more);
        walk.succeeds();
        let wiki = ["/srv/backup/shop/shop-wiki.git", "https://dev.azure.com/contoso/shop/_git/shop.wiki"];
        walk.example = back(wiki[0], wiki[1], &[]);
        walk.succeeds();
        for shown in wiki.into_iter().chain(["createDestination: private", "excludeRepositories: \"*-wiki\""])
        {
            assert!(page.contains(&format!("`{shown}`")), "{shown}");
        }
        assert_eq!(refs(&walk), before);
        assert_eq!(walk.hosts.azure.find("contoso/shop/docs").unwrap().visibility, "private");
    }
}

#[test]
fn the_quick_start_signs_in_by_each_way_of_the_sign_in_page() {
    let token = "GitRepositoryPersonalAccessToken";
    for node in nodes() {
        for (source, destination) in [
            (None, "GitHubConnection"),
            (Some("AzureDevOpsConnection"), "GitHubApp"),
            (Some("AzureResourceManagerConnection"), "GitHubConnection"),
            (Some("AzureReposConnection"), "GitHubApp"),
            (Some(token), token),
        ] {
            let mut example = examples(PAGE).remove(0);
            if let Some(source) = source {
                example.inputs.insert(format!("source{source}"), "$(Token)".to_owned());
            }
            if destination != "GitHubApp" {
                example.inputs.retain(|name, _| !name.starts_with("destinationGitHubApp"));
                example.inputs.insert(format!("destination{destination}"), "$(GitHubToken)".to_owned());
            }
            // What a dry run and another run do does not depend on who signs in.
            example.inputs.remove("dryRun");
            let tokens = tokens(&example);
            let walk = Walk::new(&node, example, tokens);
            walk.succeeds();
            walk.expect_mirrors();
        }
    }
}

/// What a user may have left out or may have already, with the words that the page then has for the error, and the step at
/// which it comes.
const TROUBLE: [(Trouble, &str, &str); 6] = [
    (Trouble::Lacks(Missing::Reading), "TF401019", "true"),
    (Trouble::Lacks(Missing::Installation), "is not installed", "true"),
    (Trouble::Lacks(Missing::AllRepositories), "Repository not found", "true"),
    (Trouble::SameName, "all would be named", "true"),
    (Trouble::Stranger, "knows none of their tips", "true"),
    (Trouble::Lacks(Missing::Administration), "Resource not accessible by integration", "false"),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    Lacks(Missing),
    /// Two repositories come to one name at GitHub.
    SameName,
    /// The name of a mirror is that of another repository.
    Stranger,
}

#[test]
fn each_error_of_the_quick_start_is_that_of_its_table() {
    let page = page_text();
    let tables: Vec<_> = page.lines().filter(|line| line.starts_with('|')).collect();
    for node in nodes() {
        for (trouble, words, dry_run) in TROUBLE {
            assert!(tables.iter().any(|row| row.contains(words)), "the page has no row of '{words}'");
            let mut example = examples(PAGE).remove(0);
            example.inputs.insert("dryRun".to_owned(), dry_run.to_owned());
            let tokens = tokens(&example);
            let walk = Walk::new(&node, example, tokens);
            match trouble {
                Trouble::SameName => drop(walk.hosts.azure.add("contoso/shop/My-App")),
                Trouble::Stranger => drop(walk.hosts.github.add("contoso/app").commit("main", 9)),
                Trouble::Lacks(missing) => {
                    walk.hosts.lack(missing);
                    // One that is there and belongs to no installation.
                    let is_there = missing == Missing::AllRepositories;
                    is_there.then(|| walk.hosts.github.add("contoso/app"));
                }
            }
            let before = walk.hosts.github.paths();
            let [run] = &walk.run()[..] else { panic!("one job") };
            let errors = run.issues(IssueKind::Error);
            assert_eq!(run.result, TaskResult::Failed, "{trouble:?}: {}", run.log());
            assert!(errors.iter().any(|error| error.contains(words)), "{trouble:?}: {errors:#?}");
            if trouble == Trouble::Lacks(Missing::Reading) {
                assert!(!run.log().contains("of destination"), "{}", run.log());
            }
            assert!(!walk.took_changes() || dry_run == "false", "{trouble:?}: {}", run.log());
            assert_eq!(walk.hosts.github.paths(), before, "{trouble:?}");
            credentials::expect_at_home(&walk.hosts);
        }
    }
}
