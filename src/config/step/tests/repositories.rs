//! The inputs of a step whose source is a project or an organization, and of destinations that are created.

use super::{authorization, by_agent, cli, mirror};
use crate::config::inputs::{InputKind, TABLE};
use crate::config::repositories::{AtOnce, Creation, DefaultBranch, Repositories, Unrelated};
use crate::config::step::Step;
use crate::containers::slice::Slice;
use crate::containers::template::NameTemplate;
use crate::hosts::listing::{Visibility, Wikis};

/// The two addresses of a run by hand.
const ADDRESSES: [&str; 4] =
    ["--source", "https://dev.azure.com/contoso/shop", "--destination", "https://github.com/contoso"];

fn by_hand(arguments: &[&str]) -> Result<Step, Vec<String>> {
    cli(&[], &[&ADDRESSES, arguments].concat())
}

/// Asserts that all but the patterns is so.
fn assert_read(read: &Repositories, wikis: Wikis, names: &str, unrelated: Unrelated, at_once: usize) {
    let names = NameTemplate::parse(names).unwrap();
    assert_eq!((read.wikis, read.unrelated), (wikis, unrelated));
    assert_eq!((&read.names, read.at_once), (&names, AtOnce::new(at_once).unwrap()));
}

#[test]
fn nothing_is_left_out_overwritten_or_created_by_default() {
    for step in [by_agent(&[]).unwrap(), by_hand(&[]).unwrap()] {
        let read = &step.repositories;
        assert_read(read, Wikis::LeftOut, "{repository}", Unrelated::Refused, 4);
        assert!(read.selection.contains("shop/app") && read.slice == Slice::WHOLE);
        assert_eq!((step.creation, step.default_branch), (Creation::Never, DefaultBranch::Leave));
    }
}

#[test]
fn every_input_of_a_container_is_read_from_either_caller() {
    let by_agent = by_agent(&[
        ("INPUT_INCLUDEREPOSITORIES", "shop/*\r\n\n  lib-? \n"),
        ("INPUT_EXCLUDEREPOSITORIES", "*-archive"),
        ("INPUT_INCLUDEWIKIS", "True"),
        ("INPUT_DESTINATIONREPOSITORYNAME", " {Project}-{repository} "),
        ("INPUT_OVERWRITEUNRELATED", "TRUE"),
        ("INPUT_PARALLELREPOSITORIES", "16"),
        ("INPUT_CREATEDESTINATION", "Private"),
        ("INPUT_DEFAULTBRANCH", "FOLLOW"),
    ]);
    let by_hand = by_hand(&[
        "--include-repositories=shop/*",
        "--include-repositories=lib-?",
        "--exclude-repositories=*-archive",
        "--include-wikis",
        "--destination-repository-name={project}-{repository}",
        "--overwrite-unrelated",
        "--parallel-repositories=16",
        "--create-destination=private",
        "--default-branch=follow",
    ]);
    for step in [by_agent.unwrap(), by_hand.unwrap()] {
        let read = &step.repositories;
        assert_read(read, Wikis::Mirrored, "{project}-{repository}", Unrelated::Overwritten, 16);
        let is_mirrored = |path| read.selection.contains(path);
        assert!(is_mirrored("shop/app") && is_mirrored("other/Lib-1"));
        assert!(!is_mirrored("other/app") && !is_mirrored("shop/app-archive"));
        assert_eq!(step.creation, Creation::As(Visibility::Private));
        assert_eq!(step.default_branch, DefaultBranch::Follow);
    }
}

#[test]
fn each_word_of_a_creation_is_read_and_false_is_none() {
    for (word, creation) in [
        ("", Creation::Never),
        ("none", Creation::Never),
        ("false", Creation::Never),
        ("False", Creation::Never),
        ("private", Creation::As(Visibility::Private)),
        ("internal", Creation::As(Visibility::Internal)),
        ("public", Creation::As(Visibility::Public)),
    ] {
        assert_eq!(by_agent(&[("INPUT_CREATEDESTINATION", word)]).unwrap().creation, creation, "{word}");
    }
}

#[test]
fn a_bad_input_of_a_container_is_named_for_its_caller() {
    for (name, flag, value, problem) in [
        (
            "includeRepositories",
            "--include-repositories",
            "shop//app",
            "cannot be used: the pattern 'shop//app'",
        ),
        ("includeRepositories", "--include-repositories", "a\tb", "cannot be used: the pattern 'a\tb' holds"),
        (
            "excludeRepositories",
            "--exclude-repositories",
            "https://bob:hunter2@github.com/contoso/app",
            "cannot be used: a pattern is a URL; write the repository's name",
        ),
        ("includeWikis", "--include-wikis", "all", "must be true or false, not 'all'"),
        (
            "destinationRepositoryName",
            "--destination-repository-name",
            "{project}",
            "cannot be used: '{repository}' is missing",
        ),
        (
            "destinationRepositoryName",
            "--destination-repository-name",
            "{repo}",
            "cannot be used: '{repo}' is none of {repository}, {project} and {organization}; for example: ",
        ),
        ("overwriteUnrelated", "--overwrite-unrelated", "ask", "must be true or false, not 'ask'"),
        ("parallelRepositories", "--parallel-repositories", "0", "is '0', not a number from 1 to 16"),
        ("parallelRepositories", "--parallel-repositories", "17", "is '17', not a number from 1 to 16"),
        ("parallelRepositories", "--parallel-repositories", "+4", "is '+4', not a number from 1 to 16"),
        (
            "parallelRepositories",
            "--parallel-repositories",
            "99999999999999999999",
            "is '99999999999999999999', not a number from 1 to 16",
        ),
        (
            "createDestination",
            "--create-destination",
            "true",
            "is 'true', not none, private, internal or public; for example: private",
        ),
        ("defaultBranch", "--default-branch", "main", "is 'main', not leave or follow; for example: follow"),
    ] {
        let by_agent = by_agent(&[(&format!("INPUT_{}", name.to_uppercase()), value)]).unwrap_err();
        let input = TABLE.iter().find(|input| input.name == name).unwrap();
        let by_hand = match input.kind {
            // The command line itself takes no other word.
            InputKind::Boolean | InputKind::Choice(_) => None,
            _ => Some((by_hand(&[&format!("{flag}={value}")]).unwrap_err(), format!("flag '{flag}'"))),
        };
        for (errors, place) in std::iter::once((by_agent, format!("input '{name}'"))).chain(by_hand) {
            let [error] = errors.as_slice() else { panic!("{value}: {errors:?}") };
            assert!(error.starts_with(&format!("{place} {problem}")), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}

#[test]
fn all_bad_inputs_of_a_container_are_named_at_once() {
    let errors = by_agent(&[
        ("INPUT_INCLUDEREPOSITORIES", "a//b"),
        ("INPUT_EXCLUDEREPOSITORIES", "/"),
        ("INPUT_INCLUDEWIKIS", "2"),
        ("INPUT_DESTINATIONREPOSITORYNAME", "{"),
        ("INPUT_OVERWRITEUNRELATED", "2"),
        ("INPUT_PARALLELREPOSITORIES", "many"),
        ("INPUT_CREATEDESTINATION", "2"),
        ("INPUT_DEFAULTBRANCH", "2"),
    ]);
    assert_eq!(errors.unwrap_err().len(), 8);
}

/// The variables of a job of a phase, as the agent sets them.
fn job(
    execution: &'static str,
    position: &'static str,
    total: &'static str,
) -> [(&'static str, &'static str); 3] {
    [
        ("SYSTEM_PARALLELEXECUTIONTYPE", execution),
        ("SYSTEM_JOBPOSITIONINPHASE", position),
        ("SYSTEM_TOTALJOBSINPHASE", total),
    ]
}

#[test]
fn parallel_jobs_of_an_agent_are_slices_and_others_are_not() {
    let slice = by_agent(&job("MultiMachine", "2", "3")).unwrap().repositories.slice;
    assert_eq!((slice.position(), slice.is_whole()), ((2, 3), false));
    for variables in [
        job("MultiConfiguration", "2", "3"),
        job("None", "1", "1"),
        job("", "2", "3"),
        job("MultiMachine", "1", "1"),
    ] {
        assert_eq!(by_agent(&variables).unwrap().repositories.slice, Slice::WHOLE, "{variables:?}");
    }
    assert_eq!(by_agent(&job("MultiMachine", "2", "3")[1..]).unwrap().repositories.slice, Slice::WHOLE);
}

#[test]
fn a_run_by_hand_is_the_whole_also_in_a_parallel_job() {
    let variables = [&[("TF_BUILD", "True")][..], &job("MultiMachine", "2", "3")].concat();
    assert_eq!(cli(&variables, &ADDRESSES).unwrap().repositories.slice, Slice::WHOLE);
}

#[test]
fn numbers_of_jobs_that_cannot_be_are_told_with_their_variable() {
    let mend = "; the agent sets it, so remove a variable of this name from the pipeline";
    let total = "environment variable 'SYSTEM_TOTALJOBSINPHASE' is not the number of jobs";
    let position = "environment variable 'SYSTEM_JOBPOSITIONINPHASE' is not a number from 1 to 3";
    for (variables, problem) in [
        (job("MultiMachine", "1", ""), total),
        (job("MultiMachine", "1", "0"), total),
        (job("MultiMachine", "1", "three"), total),
        (job("MultiMachine", "0", "3"), position),
        (job("MultiMachine", "4", "3"), position),
        (job("multimachine", "-1", "3"), position),
        (job("MultiMachine", "", "3"), position),
    ] {
        assert_eq!(by_agent(&variables).unwrap_err(), [format!("{problem}{mend}")], "{variables:?}");
    }
}

/// The service connection of the tests of containers.
const CONNECTION: &str = "3f2b1c00-0000-4000-8000-000000000000";

#[test]
fn what_signs_in_at_a_repository_signs_in_at_its_container() {
    for (collection, address) in [
        ("https://dev.azure.com/contoso/", "https://dev.azure.com/contoso"),
        ("https://dev.azure.com/contoso/", "https://dev.azure.com/Contoso/My%20Shop/"),
        ("https://dev.azure.com/contoso/", "https://contoso.visualstudio.com/shop"),
        ("https://tfs.example.org/tfs/Main/", "https://tfs.example.org/tfs/Main"),
        ("https://tfs.example.org/tfs/Main/", "https://tfs.example.org/tfs/main/shop"),
    ] {
        let job = [
            ("INPUT_SOURCEGITREPOSITORYURI", address),
            ("ENDPOINT_URL_SYSTEMVSSCONNECTION", collection),
            ("SECRET_SYSTEM_ACCESSTOKEN", "eyJ0eXAi"),
        ];
        assert_eq!(authorization(&mirror(&by_agent(&job).unwrap()).source), "Bearer eyJ0eXAi", "{address}");
    }
    for (address, url) in [
        ("https://github.com/contoso", "https://github.com/"),
        ("https://gitlab.com/contoso", "https://gitlab.com"),
    ] {
        let connection = by_agent(&[
            ("INPUT_DESTINATIONGITREPOSITORYURI", address),
            ("INPUT_DESTINATIONSERVICECONNECTION", CONNECTION),
            (&format!("ENDPOINT_URL_{CONNECTION}"), url),
            (&format!("ENDPOINT_AUTH_SCHEME_{CONNECTION}"), "UsernamePassword"),
            (&format!("ENDPOINT_AUTH_PARAMETER_{CONNECTION}_PASSWORD"), "hunter2hunter2"),
        ]);
        assert!(mirror(&connection.unwrap()).destination.tokens.is_some(), "{address}");
    }
}

#[test]
fn what_was_given_for_many_is_known_by_its_names() {
    let defaults = [
        ("INPUT_INCLUDEREPOSITORIES", ""),
        ("INPUT_INCLUDEWIKIS", "False"),
        ("INPUT_DESTINATIONREPOSITORYNAME", "{repository}"),
        ("INPUT_PARALLELREPOSITORIES", "4"),
        ("INPUT_CREATEDESTINATION", "private"),
    ];
    assert_eq!(by_agent(&defaults).unwrap().repositories.given, [""; 0]);
    let given = [("INPUT_EXCLUDEREPOSITORIES", "a"), ("INPUT_OVERWRITEUNRELATED", "true")];
    let read = by_agent(&given).unwrap().repositories;
    assert_eq!(read.given, ["'excludeRepositories'", "'overwriteUnrelated'"]);
    let read = by_hand(&["--parallel-repositories=8", "--default-branch=follow"]).unwrap().repositories;
    assert_eq!(read.given, ["'--parallel-repositories'"]);
}
