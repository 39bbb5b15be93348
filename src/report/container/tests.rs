use std::sync::Arc;

use super::*;
use crate::agent::command::TaskResult;
use crate::agent::recorder::Written;
use crate::cancel::CancelReason;
use crate::containers::expansion::{UnnamedMirror, UnnamedReason};
use crate::containers::slice::Slice;
use crate::error::{ErrorKind, Failure, Phase, RemoteLabel};
use crate::mirror::report::{Outcome, Refusal, Report};
use crate::mirror::testing::name;
use crate::report::finish::{self, OneEnd};
use crate::report::outcome::{Created, DefaultBranchEnd, Extent, MirrorOutcome, StepOutcome};
use crate::report::testing::{ended, listed, log_to, member, of_container, of_mirrors, report, step};

fn step_of(variables: &[(&str, &str)]) -> Step {
    step("https://git.example.org/shop", "https://mirror.example.org/shop", variables)
}

/// Returns what the agent reads of the list.
fn list(listed: &ListedContainer, mirrors: usize) -> String {
    let output = Written::default();
    tell_list(&log_to(&output), &step_of(&[]), listed, mirrors);
    output.text()
}

/// Ends a step, and returns its result and what the agent reads.
fn close(step: &Step, outcome: &StepOutcome) -> (TaskResult, String) {
    let output = Written::default();
    (finish::close(&log_to(&output), step, outcome, &OneEnd::default(), || ()).result(), output.text())
}

fn unreachable(step: &Step, path: &str) -> MirrorOutcome {
    let label = RemoteLabel::new(Side::Source, format!("https://git.example.org/shop/{path}"));
    let error =
        label.error(Phase::List, Failure::new(ErrorKind::NotFound, "the server answered 404 Not Found"));
    MirrorOutcome { push_started: false, ..ended(&member(step, path), Err(vec![error])) }
}

fn up_to_date(step: &Step, path: &str) -> MirrorOutcome {
    ended(&member(step, path), Ok(Report { pack_bytes: 0, ..report(&[]) }))
}

fn changed_one(step: &Step, path: &str) -> MirrorOutcome {
    ended(&member(step, path), Ok(report(&[Outcome::Done])))
}

fn collision(path: &str) -> UnnamedMirror {
    let paths = vec!["a/app".to_owned(), "b/app".to_owned()];
    UnnamedMirror { path: path.to_owned(), refusal: UnnamedReason::Shared("app".to_owned(), paths.into()) }
}

fn value<'a>(output: &'a str, variable: &str) -> Option<&'a str> {
    let set = format!("variable={variable};isOutput=true]");
    output.lines().find_map(|line| line.split_once(&set)).map(|(_, value)| value)
}

#[test]
fn a_list_says_how_many_and_as_whom_in_words() {
    let step = step_of(&[]);
    let whole =
        ListedContainer { account: Some(Account::Named("mirror bot".to_owned())), ..listed(&step, 12, 9) };
    assert_eq!(
        list(&whole, 9),
        "source 'https://git.example.org/shop': 12 repositories are listed, as 'mirror bot'; what it may not see is not \
         among them\n\
         9 selected\n\
         9 mirrors to make equal at destination 'https://mirror.example.org/shop'\n"
    );
    let mut part = ListedContainer {
        slice: Slice::of_job(Some("MultiMachine"), Some("2"), Some("3")).unwrap(),
        ..listed(&step, 12, 9)
    };
    part.expansion.counts.of_other_jobs = 6;
    let told = list(&part, 3);
    assert!(told.contains(", as nobody; what it may not see"), "{told}");
    assert!(told.contains("\n9 selected; 3 of them are for this job (job 2 of 3), 6 for others\n"), "{told}");
}

#[test]
fn all_that_has_no_name_is_an_error_before_anything_is_sent_in_words() {
    let mut whole = listed(&step_of(&[]), 12, 9);
    whole.expansion.unnamed = vec![collision("a/app"), collision("b/app")];
    whole.expansion.disabled = vec!["old".to_owned()];
    whole.expansion.idle = vec!["shop/*".to_owned(), "ap".to_owned()];
    whole.cleaned =
        vec![CleanedName { path: "My App".into(), written: "My App".into(), name: "My-App".into() }];
    let told = list(&whole, 6);
    for part in [
        "\n  'old' is disabled, and is not mirrored\n",
        "\n  'My App' is named 'My-App' at the destination, which takes no name 'My App'\n",
        "\nthe pattern 'shop/*' matches no repository\n",
        "type=warning]the pattern 'ap' matches no repository\n",
        "type=error]'a/app' and 'b/app' are not mirrored: all would be named 'app'",
    ] {
        assert!(told.contains(part), "{part}{told}");
    }
    assert_eq!(told.matches("type=error").count(), 1, "{told}");
}

#[test]
fn many_without_a_name_take_few_of_the_issues() {
    let mut whole = listed(&step_of(&[]), 400, 400);
    let unusable =
        |number: usize| UnnamedMirror { path: format!("r{number}"), refusal: UnnamedReason::Unusable };
    whole.expansion.unnamed = (0..300).map(unusable).collect();
    let told = list(&whole, 100);
    assert_eq!(told.matches("type=error").count(), ISSUES_OF_LIST, "{told}");
    assert!(told.contains("type=error]297 more issues of this kind are in the log\n"), "{told}");
    assert_eq!(told.lines().filter(|line| line.starts_with("  'r")).count(), LISTED);
    assert!(told.ends_with("  and 97 more mirrors\n"), "{told}");
}

#[test]
fn a_container_ends_with_failures_first_and_sums_in_words() {
    let step = step_of(&[]);
    let refused = Refusal { reason: "hook".into(), remote: "".into(), kind: None };
    let failed = ended(&member(&step, "c"), Ok(report(&[Outcome::Rejected(refused)])));
    let mirrors = vec![changed_one(&step, "a"), unreachable(&step, "b"), failed, up_to_date(&step, "d")];
    let mut whole = listed(&step, 6, 6);
    whole.expansion.unnamed = vec![collision("a/app"), collision("b/app")];
    whole.only_at_destination = vec!["older".to_owned()];
    let (result, told) = close(&step, &of_container(whole, mirrors));
    assert_eq!(result, TaskResult::Failed);
    for part in [
        "type=error]'b': cannot list refs of source 'https://git.example.org/shop/b': the server answered 404 Not Found; \
         nothing was changed at the destination. ",
        "type=error]'c': 'refs/heads/a' was refused: hook. ",
        "\n  only at the destination, never deleted: older\n",
        "\n4 of 6 mirrors failed in 9.0 s: 2 failed, 2 without a name, 1 changed, 1 up to date; refs: 1 created, 1 refused, 9 \
         unchanged; 14 bytes of pack\n",
    ] {
        assert!(told.contains(part), "{part}\n{told}");
    }
    assert!(told.ends_with("result=Failed]4 of 6 mirrors failed in 9.0 s\n"), "{told}");
    assert_eq!(
        (value(&told, "repositoriesMirrored"), value(&told, "repositoriesFailed")),
        (Some("2"), Some("4"))
    );
}

#[test]
fn a_step_raises_at_most_ten_issues_of_each_kind() {
    let step = step_of(&[]);
    let main = || name("refs/heads/main");
    let mut mirrors: Vec<_> = (0..300).map(|number| unreachable(&step, &format!("f{number}"))).collect();
    mirrors.extend((0..300).map(|number| {
        let label = RemoteLabel::new(Side::Destination, "https://mirror.example.org/shop");
        let error = label.error(Phase::SetDefaultBranch, Failure::new(ErrorKind::Forbidden, "403"));
        let default_branch = DefaultBranchEnd::NotSet(main(), Box::new(error));
        MirrorOutcome { default_branch, ..up_to_date(&step, &format!("w{number}")) }
    }));
    let (_, told) = close(&step, &of_container(listed(&step, 600, 600), mirrors));
    for kind in ["error", "warning"] {
        assert_eq!(told.matches(&format!("type={kind}")).count(), ISSUES_OF_MIRRORS, "{kind}");
    }
    const { assert!(ISSUES_OF_LIST + ISSUES_OF_MIRRORS < 10) };
    assert!(told.contains("type=error]296 more issues of this kind are in the log\n"), "{told}");
    assert!(told.contains("type=warning]'w0': cannot set the default branch of destination"), "{told}");
}

#[test]
fn a_default_branch_that_is_not_set_is_an_issue_of_one_mirror_too() {
    let step = step_of(&[]);
    let label = RemoteLabel::new(Side::Destination, "https://mirror.example.org/shop");
    let error = label.error(Phase::SetDefaultBranch, Failure::new(ErrorKind::Forbidden, "403"));
    let default_branch = DefaultBranchEnd::NotSet(name("refs/heads/main"), Box::new(error));
    let outcome = MirrorOutcome { default_branch, ..ended(&step.given, Ok(report(&[Outcome::Done]))) };
    let (result, told) = close(&step, &of_mirrors(vec![outcome]));
    assert_eq!(result, TaskResult::SucceededWithIssues);
    assert!(told.contains("type=warning]cannot set the default branch of destination"), "{told}");
    assert_eq!(
        (value(&told, "repositoriesMirrored"), value(&told, "repositoriesFailed")),
        (Some("1"), Some("0"))
    );
}

#[test]
fn a_created_destination_and_its_default_branch_are_told_in_words() {
    let step = step_of(&[("INPUT_CREATEDESTINATION", "private")]);
    let default_branch = DefaultBranchEnd::Set(name("refs/heads/main"));
    let outcome = MirrorOutcome {
        created: Created::Yes,
        default_branch,
        ..ended(&step.given, Ok(report(&[Outcome::Done])))
    };
    let (result, told) = close(&step, &of_mirrors(vec![outcome]));
    assert_eq!(result, TaskResult::Succeeded);
    let end = "; created at the destination, private; default branch set to 'main'; 7 bytes sent in 5.0 s\n";
    assert!(told.ends_with(end), "{told}");
}

#[test]
fn a_stopped_run_says_which_are_half_way_and_not_begun_in_words() {
    let step = step_of(&[]);
    let stopped = |path: &str, attempts, push_started| MirrorOutcome {
        attempts,
        push_started,
        cancelled: Some(CancelReason::Cancelled),
        ..ended(&member(&step, path), Err(Vec::new()))
    };
    let mirrors = vec![changed_one(&step, "a"), stopped("b", 1, true), stopped("c", 0, false)];
    let outcome = StepOutcome {
        cancelled: Some(CancelReason::Cancelled),
        ..of_container(listed(&step, 3, 3), mirrors)
    };
    let (result, told) = close(&step, &outcome);
    assert_eq!(result, TaskResult::Failed);
    for part in [
        "\n  b: cancelled: what it changed at the destination is not known\n",
        "\n  c: not begun, cancelled: nothing was changed at the destination\n",
        "\n1 half-way, 1 not begun, 1 changed; refs: 1 created, 3 unchanged; 7 bytes of pack\n",
        "type=error]the run was cancelled; 2 of 3 mirrors were not done\n",
    ] {
        assert!(told.contains(part), "{part}\n{told}");
    }
    assert_eq!(told.matches("type=error").count(), 1, "{told}");
}

#[test]
fn what_prevents_a_step_fails_it_with_advice() {
    let step = step_of(&[]);
    let label = RemoteLabel::new(Side::Source, "https://git.example.org/shop");
    let error = label.error(Phase::ListRepositories, Failure::new(ErrorKind::Unauthorized, "401"));
    let of =
        |extent, cancelled| StepOutcome { extent: Arc::new(extent), cancelled, ..of_mirrors(Vec::new()) };
    let (result, told) = close(&step, &of(Extent::Prevented(vec![error.clone(), error.clone()]), None));
    assert_eq!(result, TaskResult::Failed);
    let raised = "type=error]cannot list the repositories of source 'https://git.example.org/shop': 401; nothing was \
                  changed at the destination. ";
    assert_eq!(told.matches(raised).count(), 2, "{told}");
    assert_eq!(value(&told, "repositoriesFailed"), None);
    for extent in [Extent::Prevented(vec![error]), Extent::Unknown] {
        let (result, told) = close(&step, &of(extent, Some(CancelReason::Cancelled)));
        assert_eq!(result, TaskResult::Failed);
        let end = "the run was cancelled before it was known what there is to mirror; nothing was changed at the \
                   destination\n";
        assert!(told.ends_with(&format!("result=Failed]{end}")), "{told}");
        assert!(told.contains(&format!("type=error]{end}")), "{told}");
    }
}

#[test]
fn one_repository_of_several_jobs_is_left_to_the_first_in_words() {
    let step = step_of(&[]);
    let slice = Slice::of_job(Some("MultiMachine"), Some("2"), Some("3")).unwrap();
    let outcome = StepOutcome { extent: Arc::new(Extent::OfOtherJob(slice)), ..of_mirrors(Vec::new()) };
    let (result, told) = close(&step, &outcome);
    assert_eq!(result, TaskResult::Succeeded);
    assert!(told.ends_with("]job 2 of 3: the first job mirrors this one repository\n"), "{told}");
    assert_eq!((value(&told, "repositoriesMirrored"), value(&told, "changed")), (Some("0"), Some("false")));
}

#[test]
fn a_selection_of_nothing_is_an_empty_source() {
    let allowed = [("INPUT_ALLOWEMPTYSOURCE", "true")];
    for (variables, all, expected) in [
        (&[][..], 0, TaskResult::Failed),
        (&allowed, 0, TaskResult::Succeeded),
        (&[], 5, TaskResult::Failed),
        (&allowed, 5, TaskResult::Failed),
    ] {
        let step = step_of(variables);
        let (result, told) = close(&step, &of_container(listed(&step, all, 0), Vec::new()));
        assert_eq!(result, expected, "{told}");
        assert_eq!(told.matches("type=error").count(), usize::from(result == TaskResult::Failed), "{told}");
    }
}
