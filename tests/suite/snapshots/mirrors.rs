//! Runs that mirror, wholly or in part.

use super::{Scenario, compare};
use crate::support::git_server::Protocol;
use crate::support::nginx::Scheme;
use crate::support::pair::{Pair, Way};
use crate::support::recorded::{Recorded, TOKEN};
use crate::support::task::{Outcome, Task};

pub(super) const SCENARIOS: &[Scenario] = &[
    ("mirror_first", || with_history().task().run()),
    ("mirror_first_by_hand", || by_hand(&with_history(), &[])),
    ("mirror_nothing_to_do", || mirrored().task().run()),
    ("mirror_nothing_to_do_by_hand", || by_hand(&mirrored(), &[])),
    ("mirror_update_create_delete", || changed().task().run()),
    ("mirror_update_create_delete_by_hand", || by_hand(&changed(), &[])),
    ("mirror_dry_run", || changed().task().input("dryRun", "true").run()),
    ("mirror_dry_run_by_hand", || by_hand(&changed(), &["--dry-run"])),
    ("mirror_without_prune", || changed().task().input("prune", "false").run()),
    ("mirror_with_tokens_by_hand", with_tokens_by_hand),
    ("mirror_over_https", over_https),
    ("mirror_pattern_without_a_match", || {
        with_history().task().input("excludeRefs", "refs/heads/topic\nrefs/heads/users/*").run()
    }),
    ("mirror_ref_refused_by_hook", || refused_by_hook().task().run()),
    ("mirror_ref_refused_by_hook_by_hand", || by_hand(&refused_by_hook(), &[])),
    ("mirror_ref_refused_as_warning", || refused_by_hook().task().input("rejectedRefs", "warn").run()),
    ("mirror_not_fast_forward_refused", not_fast_forward),
    ("mirror_default_branch_not_deleted", default_branch_stays),
    ("mirror_default_branch_differs", default_branch_differs),
    ("mirror_left_out_by_host_rules", left_out_by_host_rules),
    ("mirror_symbolic_branch_at_the_destination", symbolic_branch),
];

#[test]
fn mirrors_are_told_as_before() {
    compare(SCENARIOS);
}

fn with_history() -> Recorded {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 3);
    pair.source.commit("topic/one", 1);
    pair.source.git(&["tag", "-a", "-m", "Release", "v1", "main~1"]);
    pair
}

fn mirrored() -> Recorded {
    let pair = with_history();
    pair.task().run().succeeded();
    pair
}

/// A mirror of which one branch has grown, one was set back, one is gone and one is new.
fn changed() -> Recorded {
    let pair = with_history();
    pair.source.commit("back", 3);
    pair.source.commit("gone", 1);
    pair.task().run().succeeded();
    pair.source.commit("main", 1);
    pair.source.set("refs/heads/back", "back~2");
    pair.source.delete("refs/heads/gone");
    pair.source.git(&["branch", "new", "main"]);
    pair
}

fn by_hand(pair: &Recorded, more: &[&str]) -> Outcome {
    let (from, to) = (pair.source_url(), pair.destination_url());
    Task::by_hand(&[&["--source", &from, "--destination", &to], more].concat()).run()
}

fn with_tokens_by_hand() -> Outcome {
    let pair = Recorded::with_token(Protocol::V2);
    pair.source.commit("main", 2);
    let flags = ["--source", &pair.source_url(), "--destination", &pair.destination_url()];
    Task::by_hand(&flags).variable("SOURCE_TOKEN", TOKEN).variable("DESTINATION_TOKEN", TOKEN).run()
}

fn over_https() -> Outcome {
    let pair = Pair::new(Way::web(Scheme::Https, Protocol::V0));
    pair.source.commit("main", 2);
    pair.task().run()
}

fn refused_by_hook() -> Recorded {
    let pair = mirrored();
    pair.source.commit("main", 1);
    pair.source.git(&["branch", "feature/large", "main"]);
    pair.source.git(&["branch", "feature/policy", "main~1"]);
    pair.destination.hook(
        "update",
        "case $1 in\n\
         */large) echo 'GH001: a.bin is too large'; exit 1;;\n\
         */policy) echo 'TF402455: use a pull request.'; exit 1;;\n\
         esac",
    );
    pair
}

fn not_fast_forward() -> Outcome {
    let pair = changed();
    pair.destination.git(&["config", "receive.denyNonFastForwards", "true"]);
    pair.task().run()
}

fn default_branch_stays() -> Outcome {
    let pair = mirrored();
    pair.destination.git(&["branch", "old", "main"]);
    pair.destination.git(&["symbolic-ref", "HEAD", "refs/heads/old"]);
    pair.task().run()
}

fn default_branch_differs() -> Outcome {
    let pair = with_history();
    pair.destination.git(&["symbolic-ref", "HEAD", "refs/heads/topic/one"]);
    pair.task().run()
}

fn left_out_by_host_rules() -> Outcome {
    let pair = with_history();
    pair.source.commit("Main", 1);
    pair.task().input("destinationHostKind", "azureServer").run()
}

fn symbolic_branch() -> Outcome {
    let pair = mirrored();
    pair.destination.git(&["symbolic-ref", "refs/heads/alias", "refs/heads/main"]);
    pair.task().run()
}
