use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::config::step::Step;
use crate::error::{ErrorKind, Failure, Phase, RemoteLabel, Side};
use crate::mirror::plan::{Difference, Kept, KeptReason};
use crate::mirror::ports::Mode;
use crate::mirror::ref_rule::RefRuleViolation;
use crate::mirror::report::{Outcome, RefOutcome, Refusal, Report};
use crate::mirror::testing::{id, name};
use crate::protocol::receive_pack::RefUpdate;
use crate::protocol::ref_name::RefName;
use crate::report::outcome::MirrorOutcome;
use crate::report::page::writer::{ROWS, SIZE};
use crate::report::testing::{self, ended, of_mirrors};

fn step(destination: &str) -> Step {
    let token = ("INPUT_DESTINATIONGITREPOSITORYPERSONALACCESSTOKEN", "hunter2hunter2");
    testing::step("https://dev.azure.com/contoso/p/_git/r", destination, &[token])
}

fn report(outcomes: Vec<RefOutcome>) -> Report {
    Report {
        outcomes,
        unchanged: 3,
        kept: vec![],
        taken: Vec::new(),
        contradicted: 0,
        pack_bytes: 5 << 20,
        pack_time: Duration::from_secs(4),
        push_size: crate::mirror::push_size::PushSize::default(),
        divided: None,
        interruption: None,
    }
}

fn done(update: RefUpdate) -> RefOutcome {
    RefOutcome { update, outcome: Outcome::Done }
}

fn created(ref_name: &str) -> RefOutcome {
    done(RefUpdate::Create { name: name(ref_name), new: id(1) })
}

fn refused(ref_name: &str, reason: &str) -> RefOutcome {
    let refusal = Refusal { reason: reason.into(), remote: "".into(), kind: None };
    RefOutcome { outcome: Outcome::Rejected(refusal), ..created(ref_name) }
}

fn markdown(step: &Step, report: &Report) -> String {
    page(step, vec![ended(&step.given, Ok(report.clone()))])
}

fn page(step: &Step, outcomes: Vec<MirrorOutcome>) -> String {
    super::page(&StepEnd::of(step, &of_mirrors(outcomes)), Masks::of(&step.secrets))
}

fn page_of(outcomes: Vec<RefOutcome>) -> String {
    markdown(&step("https://github.com/contoso/app"), &report(outcomes))
}

/// Returns the cells of each line that is part of a table, after asserting that nothing else looks like one.
fn rows(page: &str) -> Vec<Vec<&str>> {
    let row = |line: &str| line.starts_with('|') && line.ends_with(" |");
    assert!(page.lines().all(|line| row(line) || !line.contains('|')), "{page}");
    page.lines()
        .filter(|line| row(line))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect()
}

#[test]
fn a_page_without_changes_has_no_empty_table() {
    let page = markdown(&step("https://github.com/contoso/app"), &Report { pack_bytes: 0, ..report(vec![]) });
    assert_eq!(
        page,
        "| Result | Up to date |\n| --- | --- |\n\
         | From | `https://dev.azure.com/contoso/p/_git/r` |\n\
         | To | [`https://github.com/contoso/app`](https://github.com/contoso/app) |\n\
         | Refs | 3 unchanged |\n\
         | Pack | nothing to send |\n\
         | Time | 5.0 s |\n\n"
    );
}

#[test]
fn several_mirrors_have_a_part_each_under_their_names() {
    let both = step("https://github.com/contoso/app");
    let source = "https://gitlab.com/contoso/lib|x";
    let other = testing::step(source, "https://github.com/contoso/lib", &[]).given;
    let outcomes = vec![
        ended(&both.given, Ok(report(vec![created("refs/heads/a")]))),
        ended(&other, Ok(report(vec![created("refs/heads/b|")]))),
    ];
    let page = page(&both, outcomes);
    let (first, second) = page.split_once(r"## `https://gitlab.com/contoso/lib\u{7c}x`").unwrap();
    assert!(
        first.starts_with("## `https://dev.azure.com/contoso/p/_git/r`\n\n| Result | Mirrored |"),
        "{page}"
    );
    assert!(first.contains("](https://github.com/contoso/app/tree/a)"), "{page}");
    assert!(second.contains("](https://github.com/contoso/lib/tree/b%7C)"), "{page}");
    assert_eq!(page.matches("stands for a character").count(), 1, "{page}");
}

#[test]
fn each_kind_of_change_has_its_table_with_links() {
    let page = page_of(vec![
        created("refs/heads/a/b"),
        done(RefUpdate::Update { name: name("refs/tags/v1"), old: id(1), new: id(2) }),
        done(RefUpdate::Delete { name: name("refs/heads/old"), old: id(3) }),
        refused("refs/heads/main", "GH006: protected branch"),
        RefOutcome { outcome: Outcome::ChangedConcurrently, ..created("refs/heads/raced") },
    ]);
    let commit = "01".repeat(20);
    for part in [
        &format!(
            "### Created: 1\n\n| Ref | Commit |\n| --- | --- |\n\
             | [`refs/heads/a/b`](https://github.com/contoso/app/tree/a/b) | \
             [`0101010101`](https://github.com/contoso/app/commit/{commit}) |\n"
        ),
        "### Updated: 1\n\n| Ref | Old → new |\n| --- | --- |\n\
         | [`refs/tags/v1`](https://github.com/contoso/app/tree/v1) | `0101010101` → `0202020202` |\n",
        "### Deleted: 1\n\n| Ref | Was |\n| --- | --- |\n| `refs/heads/old` | `0303030303` |\n",
        "### Refused: 1\n\n| Ref | Why |\n| --- | --- |\n| `refs/heads/main` | `GH006: protected branch` |\n\n\
         The branch is protected. In the branch's",
        "### Not done: 1\n\n| Ref | Why |\n| --- | --- |\n| `refs/heads/raced` | `somebody else changed it",
        "| Pack | 5.0 MiB, 1.2 MiB/s |",
    ] {
        assert!(page.contains(part), "{part}\nis not in\n{page}");
    }
}

#[test]
fn a_page_has_some_hundred_rows_a_table_whatever_changed() {
    for (count, shown) in [(1, 1), (50, 50), (20_000, ROWS)] {
        let page = page_of((0..count).map(|number| created(&format!("refs/heads/b{number}"))).collect());
        let listed = rows(&page).iter().filter(|cells| cells[0].starts_with("[`refs/heads/b")).count();
        assert_eq!(listed, shown);
        assert!(page.contains(&format!("### Created: {count}\n")), "{count}");
        assert_eq!(page.contains("and 19800 more refs"), count == 20_000);
        assert!(page.len() < 64 * 1024, "{}", page.len());
    }
}

#[test]
fn a_page_stays_small_whatever_the_names_are() {
    // Each character of these is shown as eight.
    let name = |number: usize| format!("refs/heads/{number}{}", "\u{202e}".repeat(1_300));
    let kinds = (0..3).map(|kind| {
        (0..ROWS * 2).map(move |number| match kind {
            0 => created(&name(number)),
            1 => refused(&name(number), &"<".repeat(60_000)),
            _ => RefOutcome {
                outcome: Outcome::Unsupported(RefRuleViolation::CaseConflict { other: "<".repeat(60_000) }),
                ..created(&name(number))
            },
        })
    });
    let page = page_of(kinds.flatten().collect());
    assert!(page.len() < SIZE + 20_000, "{}", page.len());
    for title in ["### Created: 400", "### Refused: 400", "### Left out: 400", "more refs"] {
        assert!(page.contains(title), "{title}");
    }
}

#[test]
fn a_dry_run_says_what_would_be() {
    let step = Step { mode: Mode::DryRun, ..step("https://github.com/contoso/app") };
    let planned = RefOutcome { outcome: Outcome::Planned, ..created("refs/heads/a") };
    let page = markdown(&step, &Report { pack_bytes: 0, ..report(vec![planned]) });
    assert!(page.contains("### To create: 1\n") && page.contains("| Pack | not sent |"), "{page}");
    assert!(page.contains("| 1 to create, 3 unchanged |"), "{page}");
}

#[test]
fn kept_refs_say_why_they_stay() {
    let step = step("https://git.example.org/r");
    let symbolic = KeptReason::SymbolicFor(name("refs/heads/a|b"));
    let kept = vec![
        Kept {
            name: name("refs/heads/main"),
            reason: KeptReason::DefaultBranch,
            difference: Difference::Extra,
        },
        Kept { name: name("refs/heads/alias"), reason: symbolic, difference: Difference::Value },
    ];
    let page = markdown(&step, &Report { kept, ..report(vec![]) });
    assert!(page.contains("| `refs/heads/main` | the destination's default branch |"), "{page}");
    assert!(page.contains(r"| `refs/heads/alias` | symbolic for `refs/heads/a\u{7c}b` |"), "{page}");
    let [lacking, other] =
        ["Kept, although the source lacks them: 1", "Kept, although the source has other values: 1"]
            .map(|title| page.find(title).unwrap());
    assert!(lacking < other && page[other..].contains("alias"), "{page}");
    assert!(!page.contains("](http"), "no links at an unknown host: {page}");
}

#[test]
fn what_ended_the_run_is_told_with_advice() {
    let step = step("https://github.com/contoso/app");
    let label = RemoteLabel::new(Side::Source, "https://dev.azure.com/contoso/p/_git/r");
    let failure = Failure { remote: Some("TF401019".into()), ..Failure::new(ErrorKind::NotFound, "404") };
    let errors = vec![label.error(Phase::List, failure)];
    let redirected = Some("https://git.example.org/r".into());
    let page = page(&step, vec![MirrorOutcome { redirected, ..ended(&step.given, Err(errors)) }]);
    assert!(
        page.contains("`cannot list refs of source 'https://dev.azure.com/contoso/p/_git/r': 404: TF401019`")
    );
    assert!(page.contains("| Redirected to | `https://git.example.org/r` |"), "{page}");
    assert!(page.contains("Azure DevOps has no such repository"), "{page}");
    assert!(!page.contains("| Pack |"), "nothing is known of a pack: {page}");
}

#[test]
fn a_relayed_pack_is_not_taken_for_a_change() {
    let label = RemoteLabel::new(Side::Destination, "https://github.com/contoso/app");
    let error = label.error(Phase::Push, Failure::new(ErrorKind::Interrupted, "the run was stopped"));
    let not_sent = RefOutcome { outcome: Outcome::NotPushed, ..created("refs/heads/a") };
    let of = |outcomes, pack_bytes| {
        let report = Report { interruption: Some(error.clone()), pack_bytes, ..report(outcomes) };
        markdown(&step("https://github.com/contoso/app"), &report)
    };
    let page = of(vec![not_sent.clone()], 5 << 20);
    assert!(page.contains("| Pack | 5.0 MiB, 1.2 MiB/s, relayed, not applied |"), "{page}");
    assert!(
        page.contains("### Not done: 1\n") && page.contains("the run ended before it was done"),
        "{page}"
    );
    assert!(of(vec![not_sent.clone()], 0).contains("| Pack | not relayed |"));
    assert!(of(vec![created("refs/heads/b"), not_sent], 100).contains("| Pack | 100 bytes, 25 bytes/s |"));
}

#[test]
fn advice_stands_once_and_so_does_a_reason_that_repeats() {
    let refs = ["refs/heads/a", "refs/heads/b", "refs/heads/c", "refs/heads/d"];
    let reasons = ["GH001: big", "GH001: big", "GH006", "GH001: bigger"];
    let page = page_of(refs.iter().zip(reasons).map(|(name, reason)| refused(name, reason)).collect());
    let cells: Vec<_> = rows(&page).into_iter().filter(|cells| cells[0].starts_with("`refs/")).collect();
    let told: Vec<_> = cells.iter().map(|cells| cells[1]).collect();
    assert_eq!(told, ["`GH001: big`", "as above", "`GH001: bigger`", "`GH006`"]);
    assert_eq!(page.matches("larger than GitHub's").count(), 1, "{page}");
}

#[test]
fn escapes_are_explained_where_there_are_any() {
    assert!(!page_of(vec![created("refs/heads/a")]).contains("stands for a character"));
    let page = page_of(vec![created("refs/heads/a|b")]);
    assert!(page.ends_with("`\\u{7c}` a bar.\n\n"), "{page}");
}

#[test]
fn no_secret_stands_in_the_page() {
    let page = page_of(vec![refused("refs/heads/hunter2hunter2", "hunter2\nhunter2 hunter2hunter2")]);
    assert!(!page.contains("hunter2hunter2") && page.contains("`refs/heads/***`"), "{page}");
}

/// Returns what a reader of Markdown makes of a page, simpler than any: code spans are taken out first.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect()
}

proptest! {
    #[test]
    fn no_text_from_outside_makes_a_tag_a_link_or_another_cell(
        words in "([<>|`\\[\\]()!*_~#&\\\\ \n\r\t]|https://evil\\.example|<script>|javascript:|&lt;|\\PC){0,30}",
        branch in "([<>|`\\])(!_#&;@\"']|www\\.evil\\.example|<b>){1,12}",
    ) {
        let branch = format!("refs/heads/x{branch}x");
        prop_assume!(RefName::new(branch.as_bytes()).is_some());
        let plain = page_of(vec![refused("refs/heads/x", "y"), created("refs/heads/x")]);
        let page = page_of(vec![refused(&branch, &words), created(&branch)]);
        // Escapes are explained below everything else.
        let page = page.split("A text such as").next().unwrap();
        let shape = |page: &str| rows(page).iter().map(Vec::len).collect::<Vec<_>>();
        prop_assert_eq!(shape(page), shape(&plain));
        prop_assert_eq!(page.lines().count(), plain.lines().count());
        for line in page.lines() {
            prop_assert_eq!(line.matches('`').count() % 2, 0, "{}", line);
            let code_free = without_code(line);
            prop_assert!(!code_free.contains(['<', '>']) && !code_free.contains("evil.example "), "{}", line);
            // Links are the page's own: every one begins with the destination's address.
            for (place, _) in code_free.match_indices("](") {
                prop_assert!(code_free[place..].starts_with("](https://github.com/contoso/app"), "{}", line);
            }
            prop_assert!(!code_free.contains("!["));
        }
        prop_assert!(!page.contains('<') && !page.contains('>'), "{}", page);
    }
}

#[test]
fn a_name_that_holds_a_secret_has_no_link() {
    let page = page_of(vec![created("refs/heads/hunter2hunter2"), created("refs/heads/main")]);
    assert!(page.contains("| `refs/heads/***` |"), "{page}");
    assert!(page.contains("(https://github.com/contoso/app/tree/main)"), "{page}");
    assert!(!page.contains("hunter2"), "{page}");
    let elsewhere = markdown(&step("https://github.com/contoso/hunter2hunter2"), &report(vec![]));
    assert!(!elsewhere.contains("hunter2") && elsewhere.contains("/contoso/***"), "{elsewhere}");
}

#[test]
fn refs_that_the_run_did_not_reach_get_no_advice_of_their_own() {
    let label = RemoteLabel::new(Side::Source, "https://dev.azure.com/contoso/p/_git/r");
    let open = RefOutcome { outcome: Outcome::NotPushed, ..created("refs/heads/a") };
    for (kind, why) in [
        (ErrorKind::Interrupted, "the run ended before it was done"),
        (ErrorKind::Damaged, "not sent, since the source could not give all objects"),
    ] {
        let interruption = Some(label.error(Phase::Fetch, Failure::new(kind, "it broke")));
        let report = Report { interruption, ..report(vec![open.clone()]) };
        let page = markdown(&step("https://github.com/contoso/app"), &report);
        assert!(page.ends_with(&format!("| `refs/heads/a` | `{why}` |\n\n")), "{page}");
    }
    assert!(page_of(vec![open]).ends_with("ask the host's administrator.\n\n"));
}
