use std::sync::Arc;

use proptest::prelude::*;

use crate::agent::masks::Masks;
use crate::cancel::CancelReason;
use crate::config::step::Step;
use crate::containers::expansion::{CleanedName, UnnamedMirror, UnnamedReason};
use crate::error::{ErrorKind, Failure, Phase, RemoteLabel, Side};
use crate::mirror::plan::{Difference, Kept, KeptReason};
use crate::mirror::ports::Mode;
use crate::mirror::report::{Outcome, Report};
use crate::mirror::testing::name;
use crate::report::outcome::{Extent, ListedContainer, MirrorOutcome, StepOutcome};
use crate::report::page::markdown;
use crate::report::page::writer::SIZE;
use crate::report::step_end::StepEnd;
use crate::report::testing::{ended, listed, member, of_container, of_mirrors, report, step};

fn step_of() -> Step {
    let token = ("INPUT_DESTINATIONGITREPOSITORYPERSONALACCESSTOKEN", "hunter2hunter2");
    step("https://git.example.org/shop", "https://github.com/contoso", &[token])
}

fn page(step: &Step, outcome: &StepOutcome) -> String {
    markdown::page(&StepEnd::of(step, outcome), Masks::of(&step.secrets))
}

fn failed(step: &Step, path: &str, words: &str) -> MirrorOutcome {
    let label = RemoteLabel::new(Side::Source, "https://git.example.org/shop/r");
    let error = label.error(Phase::List, Failure::new(ErrorKind::NotFound, words));
    ended(&member(step, path), Err(vec![error]))
}

fn done(step: &Step, path: &str) -> MirrorOutcome {
    ended(&member(step, path), Ok(report(&[Outcome::Done])))
}

#[test]
fn a_container_has_totals_and_a_row_a_repository_the_worst_first_in_words() {
    let step = step_of();
    let up_to_date = ended(&member(&step, "c"), Ok(Report { pack_bytes: 0, ..report(&[]) }));
    let mirrors = vec![up_to_date, done(&step, "b"), failed(&step, "a", "404")];
    let page = page(&step, &of_container(listed(&step, 5, 3), mirrors));
    let head = format!(
        "## ❌ Failed: 1 of 3 repositories\n\n\
         `https://git.example.org/shop` **→** [`github.com/contoso`](https://github.com/contoso) · \
         5 listed as `nobody`, 3 selected · 9.0 s · 7 bytes sent\n\n\
         **Repositories**  \n{}{}{}  \n🟥 **1 failed** · 🟩 1 changed · ⬜ 1 up to date\n\n\
         **Refs**  \n{}{}  \n🟩 1 created · ⬜ 6 unchanged\n\n\
         ### Repositories: 3\n\n\
         |  | Repository | Result | Refs | Size | Time |\n| --- | --- | --- | --- | --- | --- |\n\
         | ❌ | [`a`](https://github.com/contoso/a) | Failed: the source was not found | – | – | 5.0 s |\n",
        "🟥".repeat(8),
        "🟩".repeat(6),
        "⬜".repeat(6),
        "🟩".repeat(2),
        "⬜".repeat(18),
    );
    assert!(page.starts_with(&head), "{page}\n{head}");
    let [changed, same] = ["| ✅ | [`b`]", "| ✅ | [`c`]"].map(|row| page.find(row).unwrap());
    assert!(changed < same, "{page}");
    assert!(page.contains("| Mirrored | 1 created, 3 unchanged | 7 bytes of pack | 5.0 s |"));
    let why = "### Why they failed\n\n- `a`: `cannot list refs of source 'https://git.example.org/shop/r': 404`\n\n**Do this:** ";
    assert!(page.contains(why), "{page}");
}

#[test]
fn a_dry_run_with_issues_says_how_many_would_change_and_not_that_others_are_in_sync_in_words() {
    let step = Step { mode: Mode::DryRun, ..step_of() };
    let kept = |path: &str, outcomes: &[Outcome]| {
        let kept = Kept {
            name: name("refs/heads/main"),
            reason: KeptReason::DefaultBranch,
            difference: Difference::Extra,
        };
        ended(&member(&step, path), Ok(Report { kept: vec![kept], ..report(outcomes) }))
    };
    let planned = ended(&member(&step, "a"), Ok(report(&[Outcome::Planned])));
    let mirrors = vec![planned, kept("b", &[Outcome::Planned]), kept("c", &[])];
    let page = page(&step, &of_container(listed(&step, 3, 3), mirrors));
    assert!(page.starts_with("## 🔍 Dry run: 2 of 3 repositories would change\n"), "{page}");
    assert!(page.contains("🟨 **2 not all as at the source**"), "{page}");
    assert!(!page.contains("In sync"), "{page}");
}

#[test]
fn one_without_refs_is_told_from_one_that_was_mirrored_in_words() {
    let step = step_of();
    let empty = ended(&member(&step, "e"), Ok(Report { unchanged: 0, pack_bytes: 0, ..report(&[]) }));
    let page = page(&step, &of_container(listed(&step, 2, 2), vec![empty, done(&step, "a")]));
    let row = page.lines().find(|line| line.contains("| [`e`]")).unwrap();
    assert!(
        row.contains("| Nothing to mirror: the source is empty, or none of its refs is selected |"),
        "{row}"
    );
}

#[test]
fn what_is_mirrored_by_none_is_listed() {
    let step = step_of();
    let mut whole = listed(&step, 5, 3);
    whole.expansion.disabled = vec!["off".to_owned()];
    whole.expansion.idle = vec!["x*".to_owned()];
    whole.expansion.unnamed = vec![UnnamedMirror { path: "..".to_owned(), refusal: UnnamedReason::Unusable }];
    let cleaned = vec![CleanedName { path: "M y".into(), written: "M y".into(), name: "M-y".into() }];
    let whole = ListedContainer { only_at_destination: vec!["older".to_owned()], cleaned, ..whole };
    let page = page(&step, &of_container(whole, vec![done(&step, "a")]));
    for part in [
        "### Without a name at the destination: 1\n\n| Repository | Why |\n| --- | --- |\n| `..` | `its name cannot be in \
         a URL` |\n\n**Do this:** Rename the repository at the source.\n",
        "### Only at the destination, never deleted: 1\n\n| Repository |\n| --- |\n| `older` |\n",
        "### Disabled at the source, not mirrored: 1\n\n| Repository |\n| --- |\n| `off` |\n",
        "### Under another name: 1\n\n| Repository | Name there |\n| --- | --- |\n| `M y` | `M-y` |\n",
        "### Patterns that match no repository: 1\n\n| Pattern |\n| --- |\n| `x*` |\n",
        "🟧 **1 without a name**",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
}

#[test]
fn a_stopped_run_tells_half_way_from_not_begun() {
    let step = step_of();
    let cancelled = Some(CancelReason::TimeLimit);
    let stopped = |path: &str, attempts| MirrorOutcome {
        attempts,
        cancelled,
        ..ended(&member(&step, path), Err(Vec::new()))
    };
    let mirrors = vec![done(&step, "a"), stopped("b", 1), stopped("c", 0)];
    let page = page(&step, &StepOutcome { cancelled, ..of_container(listed(&step, 3, 3), mirrors) });
    assert!(page.starts_with("## ⏹️ Ended at its time limit\n"), "{page}");
    let [half, not_begun, done] =
        ["| ⏹️ | [`b`]", "| ⏹️ | [`c`]", "| ✅ | [`a`]"].map(|row| page.find(row).unwrap());
    assert!(half < not_begun && not_begun < done, "{page}");
    assert!(page.contains("⬛ **2 not done**"), "{page}");
}

#[test]
fn a_page_of_many_repositories_stays_within_its_bound() {
    let step = step_of();
    // Each character of these is shown as eight.
    let long = |number: usize| format!("{number}{}", "\u{202e}".repeat(900));
    let mut mirrors: Vec<_> = (0..300).map(|number| failed(&step, &long(number), &"<".repeat(900))).collect();
    mirrors.extend((0..300).map(|number| done(&step, &long(number))));
    let mut whole = listed(&step, 900, 600);
    whole.only_at_destination = (0..600).map(long).collect();
    let page = page(&step, &of_container(whole, mirrors));
    assert!(page.len() < SIZE + 40_000, "{}", page.len());
    for title in
        ["### Repositories: 600", "🟥 **300 failed**", "### Only at the destination, never deleted: 600"]
    {
        assert!(page.contains(title), "{title}");
    }
}

#[test]
fn what_prevents_a_step_is_on_its_page() {
    let step = step_of();
    let outcome = of_container(listed(&step, 7, 0), Vec::new());
    let page = page(&step, &outcome);
    assert!(page.starts_with("## ❌ Failed: cannot mirror the source\n"), "{page}");
    assert!(page.contains(
        "`cannot mirror from source 'https://git.example.org/shop': no repository is selected, of 7"
    ));
}

#[test]
fn a_list_that_cannot_be_had_is_on_the_page_with_advice() {
    let step = step_of();
    let label = RemoteLabel::new(Side::Source, "https://git.example.org/shop");
    let error = label.error(Phase::ListRepositories, Failure::new(ErrorKind::Unauthorized, "401 <b>"));
    let extent = Arc::new(Extent::Prevented(vec![error]));
    let page = page(&step, &StepOutcome { extent, ..of_mirrors(Vec::new()) });
    assert!(
        page.starts_with(
            "## ❌ Failed: cannot sign in to the source\n\n\
             `https://git.example.org/shop` **→** [`github.com/contoso`](https://github.com/contoso) · Nothing was changed at \
             the destination\n\n\
             `cannot list the repositories of source 'https://git.example.org/shop': 401 \\u{3c}b\\u{3e}`\n\n**Do this:** "
        ),
        "{page}"
    );
}

fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect()
}

proptest! {
    #[test]
    fn no_name_from_outside_makes_a_tag_a_link_or_another_cell(
        text in "([<>|`\\[\\]()!*_~#&\\\\ \n\r\t]|https://evil\\.example|<script>|hunter2hunter2|\\PC){0,30}",
    ) {
        let step = step_of();
        let hostile = |text: &str| {
            let mut whole = listed(&step, 5, 3);
            whole.expansion.disabled = vec![text.to_owned()];
            whole.expansion.idle = vec![text.to_owned()];
            let shared = UnnamedReason::Shared(text.to_owned(), [text.to_owned(), "b".to_owned()].into());
            whole.expansion.unnamed = vec![UnnamedMirror { path: text.to_owned(), refusal: shared }];
            let cleaned = vec![CleanedName { path: text.into(), written: text.into(), name: text.into() }];
            let account = Some(crate::hosts::account::Account::Named(text.to_owned()));
            let only_at_destination = vec![text.to_owned()];
            let whole = ListedContainer { account, cleaned, only_at_destination, ..whole };
            let page = page(&step, &of_container(whole, vec![failed(&step, text, text), done(&step, text)]));
            let page = page.split("---\n\nMirror").next().unwrap();
            page.split("A text such as").next().unwrap().to_owned()
        };
        let (page, plain) = (hostile(&text), hostile("x"));
        prop_assert_eq!(page.lines().count(), plain.lines().count(), "{}", page);
        prop_assert!(!page.contains("hunter2") && !page.contains(['<', '>']), "{}", page);
        for (line, plain) in page.lines().zip(plain.lines()) {
            prop_assert_eq!(line.matches('|').count(), plain.matches('|').count(), "{}", line);
            let code_free = without_code(line);
            prop_assert!(!code_free.contains("evil.example "), "{}", line);
            for (place, _) in code_free.match_indices("](") {
                prop_assert!(code_free[place..].starts_with("](https://github.com/contoso"), "{}", line);
            }
        }
    }
}
