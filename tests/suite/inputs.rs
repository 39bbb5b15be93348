//! Bad inputs end in one clear message each, and nothing at the destination changes.

use crate::support::git::Refs;
use crate::support::git_server::Protocol;
use crate::support::recorded::{Recorded, TOKEN};
use crate::support::task::Task;

/// A pair with something at the source, and a destination that must stay empty and unasked.
fn pair() -> Recorded {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 2);
    pair
}

#[track_caller]
fn expect_untouched(pair: &Recorded) {
    assert_eq!(pair.destination.refs(&[]), Refs::new());
    assert!(pair.requests().is_empty(), "no server was asked anything");
}

#[test]
fn each_bad_input_is_refused_with_its_name() {
    let cases = [
        ("sourceGitRepositoryUri", ""),
        ("destinationGitRepositoryUri", ""),
        ("sourceGitRepositoryUri", "   "),
        ("sourceGitRepositoryUri", "$(Source.Url)"),
        ("destinationGitRepositoryUri", "not a url"),
        ("destinationGitRepositoryUri", "ftp://example.org/a"),
        ("destinationGitRepositoryUri", "https://"),
        ("sourceGitRepositoryPersonalAccessToken", "$(Source.Token)"),
        ("destinationGitRepositoryPersonalAccessToken", "two\nlines"),
        ("sourceVerifySSLCertificate", "maybe"),
        ("destinationVerifySSLCertificate", "0.5"),
        ("prune", "yes please"),
        ("dryRun", "$(Dry.Run)"),
        ("allowEmptySource", "ja"),
        ("includeRefs", "refs/heads/*\nmain"),
        ("excludeRefs", "refs/heads/a b"),
    ];
    let pair = pair();
    for (name, value) in cases {
        let outcome = pair.task().input(name, value).run();
        let errors = outcome.errors();
        assert_eq!(errors.len(), 1, "{name}={value}: {}", outcome.text);
        assert!(outcome.failed().contains(name), "{name}={value}: {errors:?}");
        if let Some(variable) = value.strip_prefix("$(") {
            assert!(errors[0].contains(variable.trim_end_matches(')')), "the variable is named: {errors:?}");
        }
        expect_untouched(&pair);
    }
}

#[test]
fn all_bad_inputs_are_reported_at_once() {
    let pair = pair();
    let task =
        pair.task().input("sourceGitRepositoryUri", "").input("prune", "maybe").input("includeRefs", "a..b");
    let outcome = task.run();
    let errors = outcome.errors();
    assert_eq!(errors.len(), 3, "{errors:?}");
    for (error, name) in errors.iter().zip(["sourceGitRepositoryUri", "includeRefs", "prune"]) {
        assert!(error.contains(name), "{error}");
    }
    outcome.failed();
    expect_untouched(&pair);
}

#[test]
fn a_token_in_the_wrong_input_is_not_shown() {
    let pair = pair();
    for token in ["T0kenOfSomeLength", "T0ken$(word)OfSome"] {
        for wrong in ["prune", "maxAttempts", "includeRefs", "sourceHostKind", "destinationGitRepositoryUri"]
        {
            let task = pair.task().input("sourceGitRepositoryPersonalAccessToken", token);
            let outcome = task.input(wrong, token).input("rejectedRefs", "neither").run();
            outcome.failed();
            let text = outcome.errors().join("\n").to_lowercase();
            for part in ["t0ken", "ofsome"] {
                assert!(!text.contains(part), "{wrong}: {text}");
            }
            expect_untouched(&pair);
        }
    }
}

#[test]
fn a_repository_is_not_mirrored_into_itself() {
    let pair = pair();
    let task = pair.task().input("destinationGitRepositoryUri", &pair.source_url());
    assert!(task.run().failed().contains("destinationGitRepositoryUri"));
    expect_untouched(&pair);
}

#[test]
fn booleans_are_read_in_any_case() {
    let pair = pair();
    let outcome = pair.task().input("dryRun", "TRUE").input("prune", "False").run();
    outcome.succeeded();
    assert_eq!(pair.destination.refs(&[]), Refs::new());
}

#[test]
fn a_run_by_hand_takes_flags_and_writes_no_commands() {
    let pair = Recorded::with_token(Protocol::V2);
    pair.source.commit("main", 2);
    pair.source.git(&["tag", "v1", "main"]);
    pair.destination.commit("kept", 1);
    let (from, to) = (pair.source_url(), pair.destination_url());
    let flags = ["--source", &from, "--destination", &to, "--include", "refs/heads/*", "--prune=false"];
    let by_hand = |flags: &[&str]| {
        Task::by_hand(flags).variable("SOURCE_TOKEN", TOKEN).variable("DESTINATION_TOKEN", TOKEN).run()
    };
    let outcome = by_hand(&[flags.as_slice(), &["--dry-run"]].concat());
    assert_eq!((outcome.status, pair.destination.refs(&[]).len()), (Some(0), 1), "{}", outcome.text);
    let outcome = by_hand(&flags);
    assert_eq!(outcome.status, Some(0), "{}", outcome.text);
    assert!(!outcome.text.contains("##") && !outcome.text.contains(TOKEN), "{}", outcome.text);
    let names: Vec<_> = pair.destination.refs(&[]).into_keys().collect();
    assert_eq!(names, ["refs/heads/kept", "refs/heads/main"]);
    let outcome =
        by_hand(&[flags.as_slice(), &["--include=refs/tags/*", "--exclude", "refs/heads/main"]].concat());
    assert_eq!(outcome.status, Some(0), "{}", outcome.text);
    assert!(pair.destination.refs(&[]).contains_key("refs/tags/v1"));
}

#[test]
fn by_hand_bad_flags_end_in_a_message_and_status_2() {
    let pair = pair();
    let (from, to) = (pair.source_url(), pair.destination_url());
    let good = ["--source", &from, "--destination", &to];
    let with = |more: &[&'static str]| [&good, more].concat();
    let cases: Vec<(Vec<&str>, &str)> = vec![
        (vec!["--source", &from], "--destination"),
        (with(&["--max-attempts=many"]), "--max-attempts"),
        (with(&["--sauce", "x"]), "--sauce"),
        (with(&["--prune=perhaps"]), "--prune"),
        (with(&["--include"]), "--include"),
        (with(&["--include", "a..b"]), "--include"),
        (with(&["--source-token", "s3cret-value"]), "SOURCE_TOKEN"),
        (with(&["stray"]), "without a flag"),
        (vec![&from, &to, "stray"], "without a flag"),
    ];
    for (flags, word) in cases {
        let outcome = Task::by_hand(&flags).run();
        assert_eq!((outcome.status, outcome.stdout.contains("error: ")), (Some(2), false), "{flags:?}");
        assert_eq!(outcome.stderr.matches("error: ").count(), 1, "{flags:?}: {}", outcome.stderr);
        assert!(outcome.stderr.contains(word), "{flags:?}: {}", outcome.stderr);
        assert!(!outcome.text.contains("##") && !outcome.text.contains("s3cret-value"), "{}", outcome.text);
        expect_untouched(&pair);
    }
}

#[test]
fn by_hand_a_failure_of_the_mirror_is_status_1() {
    let pair = Recorded::start(Protocol::V2);
    let (from, to) = (pair.source_url(), pair.destination_url());
    let outcome = Task::by_hand(&["--source", &from, "--destination", &to]).run();
    assert_eq!(outcome.status, Some(1));
    assert!(outcome.stderr.starts_with("error: ") && outcome.stderr.contains("source"), "{}", outcome.stderr);
    assert!(!outcome.stdout.contains("error: ") && !outcome.text.contains("##"), "{}", outcome.text);
}

#[test]
fn help_and_version_are_printed() {
    let help = Task::by_hand(&["--help"]).run();
    assert_eq!(help.status, Some(0));
    for flag in
        ["--source", "--destination", "--include", "--exclude", "--prune", "--dry-run", "SOURCE_TOKEN"]
    {
        assert!(help.text.contains(flag), "{}", help.text);
    }
    let version = Task::by_hand(&["--version"]).run();
    assert_eq!(
        (version.status, version.stdout.trim()),
        (Some(0), concat!("mirror-git-repository ", env!("CARGO_PKG_VERSION")))
    );
    assert_eq!(help.stderr + &version.stderr, "");
}

#[test]
fn names_that_the_host_cannot_take_are_not_pushed() {
    let pair = pair();
    pair.source.commit("Main", 1);
    let task = pair.task().input("destinationHostKind", "azureServer").input("rejectedRefs", "warn");
    let outcome = task.run();
    assert!(
        outcome.text.contains("was left out: it differs only in case from refs/heads/"),
        "{}",
        outcome.text
    );
    assert!(outcome.text.contains("result=SucceededWithIssues"), "{}", outcome.text);
    // One of the two goes, and no request to the destination names the other.
    let there = pair.destination.refs(&[]);
    assert_eq!(there.len(), 1, "{there:?}");
}
