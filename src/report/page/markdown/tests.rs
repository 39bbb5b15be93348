use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::config::input_error::{InputPlace, InputProblem};
use crate::config::inputs::Caller;
use crate::config::step::Step;
use crate::error::{ErrorKind, Failure, Phase, RemoteLabel, Side};
use crate::mirror::plan::{Difference, Kept, KeptReason, Plan};
use crate::mirror::ports::Mode;
use crate::mirror::ref_rule::RefRuleViolation;
use crate::mirror::report::{Outcome, RefOutcome, Refusal, Report};
use crate::mirror::testing::{id, name};
use crate::protocol::receive_pack::RefUpdate;
use crate::protocol::ref_name::RefName;
use crate::report::course::{Course, Stage};
use crate::report::list_cap::LISTED;
use crate::report::outcome::MirrorOutcome;
use crate::report::page::writer::SIZE;
use crate::report::refused_plan::RefusedPlan;
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
        format!(
            "## ✅ In sync\n\n\
             [`dev.azure.com/contoso/p/_git/r`](https://dev.azure.com/contoso/p/_git/r) **→** \
             [`github.com/contoso/app`](https://github.com/contoso/app) · 5.0 s\n\n\
             {}  \n⬜ 3 unchanged\n\n---\n\nMirror Git repository {}\n",
            "⬜".repeat(20),
            env!("CARGO_PKG_VERSION"),
        )
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
    let (first, second) =
        page.split_once(r"[`gitlab.com/contoso/lib\u{7c}x`](https://gitlab.com/contoso/lib%7Cx)").unwrap();
    assert!(first.starts_with("## ✅ In sync\n\n[`dev.azure.com/contoso/p/_git/r`]("), "{page}");
    assert_eq!(page.matches("## ✅ In sync\n").count(), 2, "{page}");
    assert!(first.contains("](https://github.com/contoso/app/tree/a)"), "{page}");
    assert!(second.contains("](https://github.com/contoso/lib/tree/b%7C)"), "{page}");
    assert_eq!(page.matches("stands for a character").count(), 1, "{page}");
}

#[test]
fn each_kind_of_change_has_its_table_with_links() {
    let page = page_of(vec![
        created("refs/heads/a/b"),
        done(RefUpdate::Update { name: name("refs/tags/v1"), old: id(1), new: id(2) }),
        done(RefUpdate::Update { name: name("refs/heads/moved"), old: id(1), new: id(2) }),
        done(RefUpdate::Delete { name: name("refs/heads/old"), old: id(3) }),
        created("refs/notes/x"),
        refused("refs/heads/main", "GH006: protected branch"),
        RefOutcome { outcome: Outcome::ChangedConcurrently, ..created("refs/heads/raced") },
    ]);
    let commit = "01".repeat(20);
    for part in [
        &format!(
            "### Branches created: 1\n\n| Branch | Commit |\n| --- | --- |\n\
             | [`a/b`](https://github.com/contoso/app/tree/a/b) | \
             [`0101010101`](https://github.com/contoso/app/commit/{commit}) |\n"
        ),
        "### Other refs created: 1\n\n| Ref | Commit |\n| --- | --- |\n| `refs/notes/x` | `0101010101` |\n",
        &format!(
            "### Branches updated: 1\n\n| Branch | Old → new |\n| --- | --- |\n\
             | [`moved`](https://github.com/contoso/app/tree/moved) | \
             [`0101010101…0202020202`](https://github.com/contoso/app/compare/{commit}...{}) |\n",
            "02".repeat(20),
        ),
        "### Tags updated: 1\n\n| Tag | Old → new |\n| --- | --- |\n\
         | [`v1`](https://github.com/contoso/app/tree/v1) | `0101010101` → `0202020202` |\n",
        "### Branches deleted: 1\n\n| Branch | Was |\n| --- | --- |\n| `old` | `0303030303` |\n",
        "### ❌ Refused: 1\n\n| Branch | What GitHub said |\n| --- | --- |\n| `main` | `GH006: protected branch` |\n\n\
         **Do this:** The branch is protected. In the branch's",
        " Open [Settings › Rules](https://github.com/contoso/app/settings/rules).\n",
        "### ❌ Not done: 1\n\n| Branch | Why |\n| --- | --- |\n| `raced` | `somebody else changed it",
        " · 5.0 MiB sent, 1.2 MiB/s\n",
    ] {
        assert!(page.contains(part), "{part}\nis not in\n{page}");
    }
}

#[test]
fn a_page_has_some_hundred_rows_a_table_whatever_changed() {
    for (count, shown) in [(1, 1), (50, 50), (20_000, LISTED)] {
        let page = page_of((0..count).map(|number| created(&format!("refs/heads/b{number}"))).collect());
        let listed = rows(&page).iter().filter(|cells| cells[0].starts_with("[`b")).count();
        assert_eq!(listed, shown);
        assert!(page.contains(&format!("### Branches created: {count}\n")), "{count}");
        assert_eq!(page.contains("and 19800 more refs"), count == 20_000);
        assert!(page.len() < 64 * 1024, "{}", page.len());
    }
}

#[test]
fn a_page_stays_small_whatever_the_names_are() {
    // Each character of these is shown as eight.
    let name = |number: usize| format!("refs/heads/{number}{}", "\u{202e}".repeat(1_300));
    let kinds = (0..3).map(|kind| {
        (0..LISTED * 2).map(move |number| match kind {
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
    for title in ["### Branches created: 400", "### ❌ Refused: 400", "### ❌ Left out: 400", "more refs"] {
        assert!(page.contains(title), "{title}");
    }
}

#[test]
fn a_dry_run_says_what_would_be() {
    let step = Step { mode: Mode::DryRun, ..step("https://github.com/contoso/app") };
    let planned = RefOutcome { outcome: Outcome::Planned, ..created("refs/heads/a") };
    let page = markdown(&step, &Report { pack_bytes: 0, ..report(vec![planned]) });
    assert!(page.starts_with("## 🔍 Dry run: 1 ref would change\n"), "{page}");
    assert!(page.contains("### Branches to create: 1\n") && !page.contains(" sent"), "{page}");
    assert!(page.contains("  \n🟩 1 to create · ⬜ 3 unchanged\n"), "{page}");
}

#[test]
fn what_is_not_made_links_only_what_the_destination_has() {
    let updates = [
        RefUpdate::Create { name: name("refs/heads/new"), new: id(1) },
        RefUpdate::Update { name: name("refs/heads/moved"), old: id(2), new: id(1) },
        RefUpdate::Delete { name: name("refs/heads/old"), old: id(3) },
    ];
    let commit = |byte: &str| {
        format!("[`{}`](https://github.com/contoso/app/commit/{})", byte.repeat(5), byte.repeat(20))
    };
    let rows = [
        "| `new` | `0101010101` |\n".to_owned(),
        format!(
            "| [`moved`](https://github.com/contoso/app/tree/moved) | {} → `0101010101` |\n",
            commit("02")
        ),
        format!("| [`old`](https://github.com/contoso/app/tree/old) | {} |\n", commit("03")),
    ];
    let dry_run = Step { mode: Mode::DryRun, ..step("https://github.com/contoso/app") };
    let planned =
        updates.iter().map(|update| RefOutcome { outcome: Outcome::Planned, ..done(update.clone()) });
    let dry_run = markdown(&dry_run, &report(planned.collect()));
    let step = step("https://github.com/contoso/app");
    let plan = RefusedPlan::of(&Plan { pushes: vec![updates.to_vec()], ..Plan::default() });
    let label = RemoteLabel::new(Side::Destination, "https://github.com/contoso/app");
    let errors = vec![label.error(Phase::Plan, Failure::new(ErrorKind::TooManyDeletions, "1 of 1"))];
    let course = Course { refused_plan: Some(plan), ..Course::default() };
    let refused = page(&step, vec![MirrorOutcome { course, ..ended(&step.given, Err(errors)) }]);
    for page in [dry_run, refused] {
        assert!(rows.iter().all(|row| page.contains(row)), "{page}");
    }
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
    assert!(page.contains("| `main` | the destination's default branch |"), "{page}");
    assert!(page.contains(r"| `alias` | symbolic for `refs/heads/a\u{7c}b` |"), "{page}");
    let [lacking, other] =
        ["Kept, although the source lacks them: 1", "Kept, although the source has other values: 1"]
            .map(|title| page.find(title).unwrap());
    assert!(lacking < other && page[other..].contains("alias"), "{page}");
    assert_eq!(
        page.matches("](http").count(),
        1,
        "no links at an unknown host, which the source is not: {page}"
    );
    assert!(page.starts_with("## ⚠️ In sync except 2 of 5 refs\n"), "{page}");
    assert!(page.contains("**Do this:** Change the default branch at the destination."), "{page}");
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
    assert!(page.starts_with("## ❌ Failed: the source was not found\n"), "{page}");
    assert!(page.contains(" · not mirrored; nothing was changed at the destination · 5.0 s\n"), "{page}");
    assert!(page.contains("\n- The source was read at `https://git.example.org/r`\n"), "{page}");
    assert!(page.contains("**Do this:** Azure DevOps has no such repository"), "{page}");
    assert!(!page.contains(" sent"), "nothing is known of a pack: {page}");
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
    assert!(page.starts_with("## ❌ Failed: cannot push to the destination\n"), "{page}");
    assert!(page.contains(" · 5.0 MiB relayed, not applied, 1.2 MiB/s\n"), "{page}");
    assert!(
        page.contains("### ❌ Not done: 1\n") && page.contains("the run ended before it was done"),
        "{page}"
    );
    assert!(of(vec![not_sent.clone()], 0).contains(" · no pack relayed\n"));
    assert!(of(vec![created("refs/heads/b"), not_sent], 100).contains(" · 100 bytes sent, 25 bytes/s\n"));
}

#[test]
fn advice_stands_once_and_so_does_a_reason_that_repeats() {
    let refs = ["refs/heads/a", "refs/heads/b", "refs/heads/c", "refs/heads/d"];
    let reasons = ["GH001: big", "GH001: big", "GH006", "GH001: bigger"];
    let page = page_of(refs.iter().zip(reasons).map(|(name, reason)| refused(name, reason)).collect());
    let cells: Vec<_> = rows(&page).into_iter().filter(|cells| cells[0].starts_with('`')).collect();
    let told: Vec<_> = cells.iter().map(|cells| cells[1]).collect();
    assert_eq!(told, ["`GH001: big`", "as above", "`GH001: bigger`", "`GH006`"]);
    assert_eq!(page.matches("larger than GitHub's").count(), 1, "{page}");
}

#[test]
fn escapes_are_explained_where_there_are_any() {
    assert!(!page_of(vec![created("refs/heads/a")]).contains("stands for a character"));
    let page = page_of(vec![created("refs/heads/a|b")]);
    assert!(page.contains("`\\u{7c}` a bar.\n\n---\n"), "{page}");
}

#[test]
fn no_secret_stands_in_the_page() {
    let page = page_of(vec![refused("refs/heads/hunter2hunter2", "hunter2\nhunter2 hunter2hunter2")]);
    assert!(!page.contains("hunter2hunter2") && page.contains("`***`"), "{page}");
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
        // Escapes are explained below everything else, above what wrote the page.
        let body = |page: &str| page.split("---\n\nMirror").next().unwrap().split("A text such as").next().unwrap().to_owned();
        let (page, plain) = (&*body(&page), body(&plain));
        let shape = |page: &str| rows(page).iter().map(Vec::len).collect::<Vec<_>>();
        prop_assert_eq!(shape(page), shape(&plain));
        prop_assert_eq!(page.lines().count(), plain.lines().count());
        for line in page.lines() {
            prop_assert_eq!(line.matches('`').count() % 2, 0, "{}", line);
            let code_free = without_code(line);
            prop_assert!(!code_free.contains(['<', '>']) && !code_free.contains("evil.example "), "{}", line);
            // Links are the page's own: every one begins with the address of a side.
            for (place, _) in code_free.match_indices("](") {
                let link = &code_free[place..];
                let is_own = link.starts_with("](https://github.com/contoso/app") || link.starts_with("](https://dev.azure.com/contoso/p/_git/r)");
                prop_assert!(is_own, "{}", line);
            }
            prop_assert!(!code_free.contains("!["));
        }
        prop_assert!(!page.contains('<') && !page.contains('>'), "{}", page);
    }
}

#[test]
fn a_name_that_holds_a_secret_has_no_link() {
    let page = page_of(vec![created("refs/heads/hunter2hunter2"), created("refs/heads/main")]);
    assert!(page.contains("| `***` |"), "{page}");
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
        assert!(page.contains(&format!("| `a` | `{why}` |\n\n---\n")), "{page}");
    }
    assert!(page_of(vec![open]).contains("ask the host's administrator.\n\n---\n"));
}

#[test]
fn a_plan_that_was_refused_is_shown_with_its_numbers() {
    let step = step("https://github.com/contoso/app");
    let label = RemoteLabel::new(Side::Destination, "https://github.com/contoso/app");
    let errors = vec![label.error(Phase::Plan, Failure::new(ErrorKind::TooManyDeletions, "40 of 45"))];
    let gone = |number| RefUpdate::Delete { name: name(&format!("refs/heads/b{number}")), old: id(3) };
    let pushes = vec![(0..300).map(gone).collect()];
    let plan = Plan { pushes, unchanged: 5, ..Plan::default() };
    let course = Course { refused_plan: Some(RefusedPlan::of(&plan)), ..Course::default() };
    let page = page(&step, vec![MirrorOutcome { course, ..ended(&step.given, Err(errors)) }]);
    assert!(page.starts_with("## ❌ Refused to run: too many refs would be deleted\n"), "{page}");
    assert!(page.contains("  \n🟥 **300 to delete** · ⬜ 5 unchanged\n"), "{page}");
    assert!(
        page.contains(
            "### Would be deleted: 300\n\n| Branch | Was |\n| --- | --- |\n| [`b0`](https://github.com/contoso/app/tree/b0) | \
             [`0303030303`](https://github.com/contoso/app/commit/0303"
        )
    );
    assert_eq!(page.matches("\n| [`b").count(), LISTED);
    assert!(page.contains("\nand 100 more refs\n"), "{page}");
}

#[test]
fn a_mirror_says_when_it_was_verified_and_where_the_time_went() {
    let step = step("https://github.com/contoso/app");
    let mut course = Course::default();
    course.stages.add(Stage::Source, Duration::from_secs(3));
    course.stages.add(Stage::Verify, Duration::from_secs(1));
    course.stages.add(Stage::Plan, Duration::from_millis(10));
    let of = |step: &Step, report: Report| {
        let verified_at = Some(1_700_000_000);
        let ended = ended(&step.given, Ok(report));
        page(step, vec![MirrorOutcome { course: course.clone(), verified_at, ..ended }])
    };
    let shown = of(&step, report(vec![]));
    assert!(shown.contains(" · verified by listing the mirror at 22:13:20 UTC · 5.0 s"), "{shown}");
    let rows = "| Wait for the source | `███████████████` | 3.0 s |\n| Verify | `█████` | 1.0 s |\n";
    assert!(shown.contains(rows) && !shown.contains("| Plan |"), "{shown}");
    let label = RemoteLabel::new(Side::Destination, "https://github.com/contoso/app");
    let error = label.error(Phase::Push, Failure::new(ErrorKind::Interrupted, "lost"));
    let interrupted = of(&step, Report { interruption: Some(error), ..report(vec![]) });
    assert!(!interrupted.contains("verified by"), "{interrupted}");
    let dry_run = Step { mode: Mode::DryRun, ..step };
    assert!(!of(&dry_run, report(vec![])).contains("verified by"));
}

#[test]
fn several_reasons_of_refusal_are_counted_together_under_one_heading() {
    let page = page_of(vec![refused("refs/heads/a", "GH006"), refused("refs/tags/v1", "GH001: big")]);
    assert_eq!(page.matches("### ❌ Refused: 2\n").count(), 1, "{page}");
    assert!(
        page.contains("| `a` |") && page.contains("| Tag | What GitHub said |\n| --- | --- |\n| `v1` |"),
        "{page}"
    );
    assert_eq!(page.matches("**Do this:**").count(), 2, "{page}");
    let mixed = page_of(vec![refused("refs/heads/a", "GH006"), refused("refs/tags/v1", "GH006")]);
    assert!(mixed.contains("| `refs/heads/a` |") && mixed.contains("| `refs/tags/v1` |"), "{mixed}");
}

#[test]
fn bad_inputs_have_a_page_with_advice_and_no_secret() {
    let place = InputPlace::Input("destinationGitRepositoryUri");
    let error = |problem| InputError { place, problem, example: None };
    let errors = [
        error(InputProblem::UndefinedVariable("GitHubToken".to_owned())),
        error(InputProblem::Text("is 'hunter2hunter2|<b>'".to_owned())),
    ];
    let page = page_of_bad_inputs(
        &errors,
        Caller::Agent,
        &Masks::of(&[crate::secret::Secret::new("hunter2hunter2")]),
    );
    assert!(page.starts_with("## ❌ Bad input: 2 inputs cannot be used\n\nNothing was changed.\n"), "{page}");
    assert!(page.contains("GitHubToken") && page.contains("**Do this:** "), "{page}");
    assert!(page.contains(r"'***\u{7c}\u{3c}b\u{3e}'") && !page.contains("hunter2"), "{page}");
}

proptest! {
    #[test]
    fn no_address_or_refused_ref_makes_a_tag_a_link_or_another_cell(
        path in "([<>|`\\[\\]()!*_~&;\"' ]|www\\.evil\\.example|<b>|\\](\\(javascript:x)){1,12}",
        branch in "([<>|`\\])(!_#&;@\"']|www\\.evil\\.example|<b>){1,12}",
    ) {
        let branch = format!("refs/heads/x{branch}x");
        prop_assume!(RefName::new(branch.as_bytes()).is_some());
        let is_url = |url: String| crate::remote::url::RemoteUrl::parse(&url).is_ok();
        prop_assume!(is_url(format!("https://gitlab.com/contoso/{path}x")) && is_url(format!("git@github.com:contoso/{path}x")));
        let shown = |path: &str, branch: &str| {
            let step = testing::step(
                &format!("https://gitlab.com/contoso/{path}x"),
                &format!("git@github.com:contoso/{path}x"),
                &[],
            );
            let label = RemoteLabel::new(Side::Destination, "https://github.com/contoso/app");
            let errors = vec![label.error(Phase::Plan, Failure::new(ErrorKind::Diverged, "2"))];
            let gone = RefUpdate::Delete { name: name(branch), old: id(3) };
            let plan = Plan { pushes: vec![vec![gone]], ..Plan::default() };
            let course = Course { refused_plan: Some(RefusedPlan::of(&plan)), ..Course::default() };
            let page = page(&step, vec![MirrorOutcome { course, ..ended(&step.given, Err(errors)) }]);
            let body = page.split("---\n\nMirror").next().unwrap();
            body.split("A text such as").next().unwrap().to_owned()
        };
        let (page, plain) = (shown(&path, &branch), shown("y", "refs/heads/x"));
        prop_assert_eq!(page.lines().count(), plain.lines().count(), "{}", page);
        let shape = |page: &str| rows(page).iter().map(Vec::len).collect::<Vec<_>>();
        prop_assert_eq!(shape(&page), shape(&plain));
        for line in page.lines() {
            let code_free = without_code(line);
            prop_assert!(!code_free.contains(['<', '>']), "{}", line);
            prop_assert!(!code_free.contains("]((javascript") && !code_free.contains("![") , "{}", line);
            for (place, _) in code_free.match_indices("](") {
                let link = &code_free[place..];
                let is_own = link.starts_with("](https://gitlab.com/contoso/") || link.starts_with("](https://github.com/contoso/");
                prop_assert!(is_own && !link[2..].split(')').next().unwrap().contains(['(', ' ', '"']), "{}", line);
            }
        }
    }
}
