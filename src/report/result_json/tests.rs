use std::num::NonZeroU64;

use serde_json::{Value, json};

use super::*;
use crate::config::step::Step;
use crate::error::{ErrorKind, Failure, Phase, RemoteLabel, Side};
use crate::mirror::report::Report;
use crate::mirror::taken::tip::testing::taken;
use crate::mirror::taken::tip::{CommitsBehind, Holder, Others, TakenTip};
use crate::mirror::testing::{id, name};
use crate::report::outcome::{MirrorOutcome, StepOutcome};
use crate::report::testing::{ended, listed, member, of_container, report, step};

fn step_of() -> Step {
    let token = ("INPUT_DESTINATIONGITREPOSITORYPERSONALACCESSTOKEN", "hunter2hunter2");
    step("https://git.example.org/shop", "https://github.com/contoso", &[token])
}

fn json_of(step: &Step, outcome: &StepOutcome) -> Value {
    let result = StepResult::of(&StepEnd::of(step, outcome), &Masks::of(&step.secrets));
    serde_json::to_value(result).unwrap()
}

#[test]
fn the_result_of_a_container_is_whole_for_scripts() {
    let step = step_of();
    let label = RemoteLabel::new(Side::Source, "https://git.example.org/shop/b");
    let error = label.error(Phase::List, Failure::new(ErrorKind::Unavailable { retry_after: None }, "503"));
    let main = name("refs/heads/main");
    let done = MirrorOutcome {
        created: Created::Yes,
        default_branch: DefaultBranchEnd::Set(main),
        ..ended(&member(&step, "a"), Ok(report(&[Outcome::Done])))
    };
    let mirrors = vec![done, ended(&member(&step, "b"), Err(vec![error]))];
    let mut whole = listed(&step, 3, 2);
    whole.only_at_destination = vec!["old".to_owned()];
    let value = json_of(&step, &of_container(whole, mirrors));
    let refs = json!({
        "created": 1, "updated": 0, "deleted": 0, "planned": {"create": 0, "update": 0, "delete": 0},
        "rejected": 0, "notDone": 0, "unchanged": 3, "kept": 0,
    });
    assert_eq!(value["schemaVersion"], 1);
    assert_eq!((&value["result"], &value["extent"]), (&json!("failed"), &json!("container")));
    assert_eq!((&value["repositoriesMirrored"], &value["repositoriesFailed"]), (&json!(1), &json!(1)));
    assert_eq!(value["sums"]["refs"], refs);
    assert_eq!(value["container"]["onlyAtDestination"], json!(["old"]));
    let [first, second] = [&value["mirrors"][0], &value["mirrors"][1]];
    assert_eq!((&first["name"], &first["fate"], &first["refs"]), (&json!("a"), &json!("changed"), &refs));
    assert_eq!(first["destination"], "https://github.com/contoso/a");
    assert_eq!(
        (&first["created"], &first["defaultBranch"]),
        (&json!("yes"), &json!({"end": "set", "name": "refs/heads/main"}))
    );
    assert_eq!(second["errors"][0]["kind"], "Unavailable");
    assert_ne!(second["errors"][0]["advice"], "");
}

#[test]
fn a_secret_in_a_text_from_outside_does_not_show() {
    let step = step_of();
    let label = RemoteLabel::new(Side::Source, "https://git.example.org/hunter2hunter2");
    let failure = Failure::new(ErrorKind::Refused, "no").with_remote(Some("hunter2hunter2".to_owned()));
    let mirrors = vec![ended(&member(&step, "hunter2hunter2"), Err(vec![label.error(Phase::List, failure)]))];
    let mut whole = listed(&step, 3, 2);
    whole.only_at_destination = vec!["hunter2hunter2".to_owned()];
    whole.expansion.disabled = vec!["hunter2hunter2".to_owned()];
    let text = json_of(&step, &of_container(whole, mirrors)).to_string();
    assert!(!text.contains("hunter2") && text.contains("***"), "{text}");
}

#[test]
fn a_push_in_parts_is_told_with_its_limit() {
    let step = step_of();
    let limit = Limit { bytes: NonZeroU64::new(100).unwrap(), origin: LimitOrigin::Learned };
    let divided = Report { divided: Some(limit), ..report(&[Outcome::Done]) };
    let mirrors = vec![
        ended(&member(&step, "a"), Ok(divided)),
        ended(&member(&step, "b"), Ok(report(&[Outcome::Done]))),
    ];
    let value = json_of(&step, &of_container(listed(&step, 2, 2), mirrors));
    assert_eq!(value["mirrors"][0]["parts"], json!({"mostBytes": 100, "limit": "learned"}));
    assert_eq!(value["mirrors"][1].get("parts"), None);
}

#[test]
fn a_dry_run_counts_what_it_would_do() {
    let step = Step { mode: Mode::DryRun, ..step_of() };
    let planned = Report { pack_bytes: 0, ..report(&[Outcome::Planned, Outcome::Planned]) };
    let value =
        json_of(&step, &of_container(listed(&step, 1, 1), vec![ended(&member(&step, "a"), Ok(planned))]));
    assert_eq!(value["mode"], "dryRun");
    assert_eq!(value["sums"]["refs"]["planned"], json!({"create": 2, "update": 0, "delete": 0}));
    assert_eq!((&value["repositoriesMirrored"], &value["sums"]["changed"]), (&json!(0), &json!(false)));
}

#[test]
fn tips_that_were_taken_away_are_told_with_their_tags() {
    let step = step_of();
    let tag = Holder::NewTag(name("refs/tags/mirror-replaced/20261124T170416Z/heads/a"));
    let commits = CommitsBehind { ids: vec![id(9)], others: Others::Some };
    let taken = vec![TakenTip { holder: tag, commits, ..taken("refs/heads/a", 9) }];
    let report = Report { taken, ..report(&[Outcome::Done]) };
    let value =
        json_of(&step, &of_container(listed(&step, 1, 1), vec![ended(&member(&step, "a"), Ok(report))]));
    let expected = json!([{
        "ref": "refs/heads/a", "tip": id(9).to_string(), "fate": "taken", "diverged": true, "heldBy": "tag",
        "tag": "refs/tags/mirror-replaced/20261124T170416Z/heads/a", "commits": [id(9).to_string()],
        "moreCommits": "some",
    }]);
    assert_eq!(value["mirrors"][0]["taken"], expected);
}

#[test]
fn of_very_many_tips_the_others_are_counted() {
    let step = step_of();
    let many = vec![taken("refs/heads/a", 9); taken_result::MOST + 7];
    let report = Report { taken: many, ..report(&[Outcome::Done]) };
    let outcome = of_container(listed(&step, 1, 1), vec![ended(&member(&step, "a"), Ok(report))]);
    let value = json_of(&step, &outcome);
    let mirror = &value["mirrors"][0];
    assert_eq!(mirror["taken"].as_array().unwrap().len(), taken_result::MOST);
    assert_eq!(mirror["takenNotListed"], 7);
}
