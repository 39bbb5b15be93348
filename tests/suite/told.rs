//! What the log and the page tell of a run, so that a reader knows what happened and what to do.

use crate::support::git_server::Protocol;
use crate::support::recorded::{Recorded, in_both_protocols};
use crate::support::scripted::Scripted;
use crate::support::task::Task;

#[test]
fn each_refused_ref_has_its_own_reason_and_advice() {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 3);
    pair.task().run().succeeded();
    pair.source.git(&["branch", "feature/1", "main"]);
    pair.source.git(&["branch", "feature/2", "main~1"]);
    pair.destination.hook(
        "update",
        "case $1 in\n\
         */1) echo 'GH001: a.bin is too large'; exit 1;;\n\
         */2) echo 'TF402455: use a pull request.'; exit 1;;\n\
         esac",
    );
    let outcome = pair.task().run();
    outcome.failed();
    let errors = outcome.errors();
    assert_eq!(errors.len(), 2, "{errors:?}");
    let [one, two] = [errors[0], errors[1]];
    assert!(one.contains("feature/1': hook declined: GH001: a.bin is too large. A file is"), "{one}");
    assert!(
        two.contains("feature/2': hook declined: TF402455: use a pull request. A branch policy"),
        "{two}"
    );
}

#[test]
fn a_dry_run_lists_its_plan_once_and_counts_it_as_any_other() {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 3);
    pair.source.git(&["tag", "v1", "main"]);
    let outcome = pair.task().input("dryRun", "true").run();
    assert_eq!(outcome.succeeded().text.matches("create refs/heads/main").count(), 1, "{}", outcome.text);
    assert!(outcome.text.contains("\nDry run, nothing was changed: 2 to create; took "), "{}", outcome.text);
    pair.task().run().succeeded();
    let outcome = pair.task().input("dryRun", "true").run();
    assert!(outcome.text.contains("\nDry run, nothing was changed: 2 unchanged; took "), "{}", outcome.text);
}

#[test]
fn a_refused_plan_is_shown_whole() {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 3);
    pair.source.branch_many("topic", 40);
    pair.task().run().succeeded();
    for number in pair.source.refs(&["refs/heads/topic"]).keys() {
        pair.source.delete(number);
    }
    for dry_run in ["false", "true"] {
        let outcome = pair.task().input("dryRun", dry_run).run();
        let error = outcome.failed();
        assert!(error.contains("this would delete 40 of 41 refs in 'refs/heads/*'"), "{error}");
        assert!(error.contains("'maxDeletionsPercent'"), "{error}");
        assert!(!error.contains("object format"), "{error}");
        assert_eq!(outcome.text.matches("delete refs/heads/topic").count(), 40, "{}", outcome.text);
        assert!(!outcome.text.contains("##[group]"), "{}", outcome.text);
    }
}

#[test]
fn many_refused_refs_are_named_up_to_a_bound() {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 3);
    pair.task().run().succeeded();
    pair.source.branch_many("topic", 300);
    pair.destination.hook("update", "exit 1");
    let outcome = pair.task().run();
    assert!(outcome.failed().contains(": 292 more refs were refused; see the log"), "{}", outcome.text);
    assert_eq!(outcome.text.matches(" refused 'refs/heads/topic").count(), 208, "{}", outcome.text);
    assert!(outcome.text.contains("and 92 more refs"), "{}", outcome.text);
    assert!(outcome.text.contains("\nNot mirrored: 300 refused, 1 unchanged; "), "{}", outcome.text);
    assert!(outcome.text.contains("##[warning]verified: 0 of 300 refs match the source"), "{}", outcome.text);
    assert_eq!(outcome.counts(), [0, 0, 0, 300, 1]);
}

#[test]
fn each_of_many_refused_refs_has_its_own_reason_and_advice_is_given_once() {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 3);
    pair.task().run().succeeded();
    pair.source.branch_many("topic", 200);
    pair.destination.hook(
        "update",
        "echo \"error: GH013: Repository rule violations found for $1.\"\n\
         echo 'Review all repository rules at https://github.example.org/contoso/app/rules'\n\
         echo '- Cannot create ref due to creations being restricted.'\n\
         echo \"- $1 must match a pattern of the rule set 'names of branches'\"\n\
         echo '- Changes must be made through a pull request.'\nexit 1",
    );
    let outcome = pair.task().run();
    outcome.failed();
    let told: Vec<_> =
        outcome.text.lines().filter(|line| line.contains(" refused 'refs/heads/topic")).collect();
    assert_eq!(told.len(), 200, "{}", outcome.text);
    for line in told {
        let name = line.split('\'').find(|part| part.starts_with("refs/heads/topic")).unwrap();
        assert!(line.contains(&format!("GH013: Repository rule violations found for {name}")), "{line}");
        assert!(line.contains(&format!("- {name} must match a pattern")), "{line}");
        assert!(line.contains("through a pull request"), "{line}");
    }
    // Each issue can be read alone; the lines after them need it no more.
    assert_eq!(outcome.text.matches("to the bypass list of the ruleset").count(), 8, "{}", outcome.text);
}

#[test]
fn an_idle_pattern_is_told_and_one_of_a_folder_warned_of() {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 3);
    pair.source.git(&["branch", "topic/one", "main"]);
    let outcome = pair.task().input("excludeRefs", "refs/heads/topic\nrefs/heads/users/*").run();
    let warnings = outcome.named("task.logissue").iter().map(|issue| issue.data.clone()).collect::<Vec<_>>();
    assert_eq!(
        warnings,
        [
            "the pattern 'refs/heads/topic' matches no ref on either side; for a folder write 'refs/heads/topic/*'"
        ]
    );
    assert!(outcome.log.iter().any(|line| line.contains("'refs/heads/users/*' matches no ref")));
}

#[test]
fn advice_names_what_the_caller_can_give() {
    let pair = Recorded::with_token(Protocol::V2);
    let url = pair.source_url().replace("://", "://ghp_1234@");
    let flags = ["--source", &url, "--destination", &pair.destination_url()];
    let outcome = Task::by_hand(&flags).run();
    assert!(outcome.text.contains("Give a token in 'SOURCE_TOKEN'"), "{}", outcome.text);
    assert!(outcome.text.contains("The user name in '--source' is not used as a credential."));
    let by_agent = pair.task().input("sourceGitRepositoryUri", &url).run().failed();
    assert!(by_agent.contains("The user name in 'sourceGitRepositoryUri' is not used"), "{by_agent}");
}

#[test]
fn a_lost_connection_is_told_at_once_and_refuses_nothing() {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 3);
    let repository = pair.destination.clone();
    let destination = Scripted::start(move |exchange| {
        if exchange.is("POST", "/git-receive-pack") {
            return exchange.body().map(drop);
        }
        exchange.as_git(&repository, 2, |_, answer| answer)
    });
    let task = Task::new(&pair.source_url(), &destination.url("destination")).input("maxAttempts", "2");
    let outcome = task.run();
    assert!(outcome.failed().contains(", after 2 attempts; no ref was changed. Run the"), "{}", outcome.text);
    assert_eq!(outcome.counts(), [0, 0, 0, 0, 0]);
    let at = |text: &str| outcome.text.find(text).unwrap_or_else(|| panic!("{text}: {}", outcome.text));
    assert!(at("cannot push to destination") < at("##[section]Verify"), "{}", outcome.text);
    assert!(
        at("verified: 0 of 1 refs match the source") < at("##[warning]attempt 1 failed\nattempt 2 begins in")
    );
    assert_eq!(outcome.text.matches("cannot push to destination").count(), 3, "{}", outcome.text);
    at("\nNot mirrored: 1 not done; ");
}

#[test]
fn the_log_says_that_the_default_branch_goes_first() {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 3);
    pair.source.git(&["branch", "other", "main"]);
    let outcome = pair.task().run();
    outcome.succeeded();
    assert!(outcome.text.contains("refs/heads/main is pushed first"), "{}", outcome.text);
}

#[test]
fn another_default_branch_is_told_once_after_a_first_mirror() {
    in_both_protocols(|pair| {
        pair.source.commit("zeta", 2);
        pair.source.commit("alpha", 2);
        pair.source.git(&["symbolic-ref", "HEAD", "refs/heads/zeta"]);
        pair.destination.git(&["symbolic-ref", "HEAD", "refs/heads/alpha"]);
        let outcome = pair.task().run();
        outcome.succeeded();
        let warnings = outcome.warnings();
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].contains("'alpha'") && warnings[0].contains("'zeta'"), "{warnings:?}");
        // What is left as it is, is told once.
        pair.source.commit("alpha", 1);
        let outcome = pair.task().run();
        assert!(outcome.succeeded().warnings().is_empty());
    });
}

#[test]
fn a_default_branch_that_is_the_sources_is_not_told() {
    in_both_protocols(|pair| {
        pair.source.commit("main", 2);
        assert!(pair.task().run().succeeded().warnings().is_empty());
    });
}
