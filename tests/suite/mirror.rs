//! What a mirror does to a destination: in v0 and v2, over nginx by http and by https with a private authority,
//! over OpenSSH, and with local repositories.

use crate::support::git::{BRANCHES_AND_TAGS, Refs, Repository, git, output};
use crate::support::git_server::{Protocol, Request};
use crate::support::pair::{Pair, Way};
use crate::support::recorded::{Recorded, in_both_protocols};

/// Runs each test on the named ways.
macro_rules! on_each_way {
    ($group:ident [$($way:ident),+ $(,)?] $tests:tt) => {
        mod $group { $(on_each_way!($way $tests);)+ }
    };
    ($way:ident { $($test:ident),+ $(,)? }) => {
        mod $way {
            $(
                #[test]
                fn $test() {
                    super::super::$test(super::super::ways::$way);
                }
            )+
        }
    };
}

/// The ways, by the names of the modules in which their tests run.
#[expect(non_upper_case_globals, reason = "they name modules too")]
mod ways {
    use crate::support::git_server::Protocol::{V0, V2};
    use crate::support::nginx::Scheme::{Http, Https};
    use crate::support::pair::{Access, Way};

    pub(super) const v2_http: Way = Way::web(Http, V2);
    pub(super) const v2_https: Way = Way::web(Https, V2);
    pub(super) const v0_http: Way = Way::web(Http, V0);
    pub(super) const v0_https: Way = Way::web(Https, V0);
    pub(super) const v2_ssh: Way = Way::ssh(V2);
    pub(super) const v0_ssh: Way = Way::ssh(V0);
    pub(super) const http_to_ssh: Way = Way { source: Access::Web(Http, V2), destination: Access::Ssh(V2) };
    pub(super) const ssh_to_http: Way = Way { source: Access::Ssh(V2), destination: Access::Web(Http, V2) };
    pub(super) const local: Way = Way { source: Access::Path, destination: Access::FileUrl };
    pub(super) const http_to_local: Way = Way { source: Access::Web(Http, V2), destination: Access::Path };
    pub(super) const v0_http_to_local: Way = Way { source: Access::Web(Http, V0), destination: Access::Path };
    pub(super) const local_to_http: Way = Way { source: Access::FileUrl, destination: Access::Web(Http, V2) };
}

on_each_way!(everywhere [
    v2_http, v2_https, v0_http, v0_https, v2_ssh, v0_ssh, http_to_ssh, ssh_to_http, local, http_to_local,
    v0_http_to_local, local_to_http,
] {
    a_full_mirror_fills_an_empty_destination,
    an_incremental_mirror_sends_only_what_is_new,
    a_branch_that_was_set_back_or_rewritten_is_forced,
    a_ref_that_the_source_lost_is_deleted,
    a_tag_may_name_any_object_and_may_move,
    five_thousand_refs_are_mirrored_and_then_deleted,
    a_branch_may_become_a_directory_of_branches_and_back,
    names_of_any_kind_are_mirrored,
    an_empty_source_leaves_the_destination_as_it_is,
    a_shallow_source_is_refused,
});

// libgit2 knows sha1 only: tests of local repositories show how another format is refused.
on_each_way!(on_servers [v2_http, v2_https, v0_http, v0_https, v2_ssh, v0_ssh] {
    sha256_repositories_are_mirrored,
    repositories_of_different_object_formats_are_refused,
});

on_each_way!(with_rules_of_the_host [v2_http, v0_http, v2_ssh, v0_ssh, local_to_http] {
    tags_of_no_commit_are_left_out_where_the_host_takes_none,
});

fn a_full_mirror_fills_an_empty_destination(way: Way) {
    let pair = Pair::new(way);
    pair.source.commit("main", 300);
    pair.source.commit("topic/one", 20);
    pair.source.git(&["tag", "-a", "-m", "Release", "v1", "main~10"]);
    pair.source.repack();
    let outcome = pair.mirror();
    assert_eq!(outcome.counts(), [3, 0, 0, 0, 0]);
    assert_eq!(outcome.output("changed"), "true");
    assert!(outcome.output("packBytes").parse::<u64>().unwrap() > 10_000);
}

fn an_incremental_mirror_sends_only_what_is_new(way: Way) {
    let pair = Pair::new(way);
    pair.source.commit("main", 300);
    let full: u64 = pair.mirror().output("packBytes").parse().unwrap();
    pair.source.commit("main", 1);
    pair.source.git(&["branch", "topic", "main~7"]);
    let outcome = pair.mirror();
    assert_eq!(outcome.counts(), [1, 1, 0, 0, 0]);
    let new: u64 = outcome.output("packBytes").parse().unwrap();
    assert!(new < full / 20, "{new} of {full} bytes");
}

fn a_branch_that_was_set_back_or_rewritten_is_forced(way: Way) {
    let pair = Pair::mirrored(way);
    pair.source.git(&["update-ref", "refs/heads/main", "main~12"]);
    pair.source.delete("refs/heads/old");
    pair.source.git(&["update-ref", "refs/heads/old", "main~2"]);
    // The destination has commits that the source has never seen.
    pair.destination.commit("main", 2);
    assert_eq!(pair.mirror().counts(), [0, 2, 0, 0, 0]);
}

fn tags_of_no_commit_are_left_out_where_the_host_takes_none(way: Way) {
    let pair = Pair::new(way);
    pair.source.git(&["config", "uploadpack.allowFilter", "true"]);
    pair.source.commit("main", 5);
    let blob = pair.source.blob(b"a key\n");
    pair.source.git(&["tag", "-a", "-m", "Release", "annotated", "main~1"]);
    pair.source.git(&["tag", "-a", "-m", "A tag of a tag", "nested", "annotated"]);
    for (tag, object) in [("first", "main~4"), ("file", &blob), ("folder", "main^{tree}")] {
        pair.source.git(&["tag", tag, object]);
    }
    pair.source.git(&["tag", "-a", "-m", "Signed", "key", &blob]);
    let task = pair.task().input("destinationHostKind", "azureServer").input("rejectedRefs", "warn");
    let outcome = task.run();
    assert_eq!(outcome.result(), "SucceededWithIssues", "{}", outcome.text);
    assert_eq!(outcome.counts(), [4, 0, 0, 3, 0]);
    let tags: Vec<_> = pair.destination.refs(&["refs/tags"]).into_keys().collect();
    assert_eq!(tags, ["refs/tags/annotated", "refs/tags/first", "refs/tags/nested"]);

    // Another host takes them.
    assert_eq!(pair.mirror().counts(), [3, 0, 0, 0, 4]);
}

fn a_ref_that_the_source_lost_is_deleted(way: Way) {
    let pair = Pair::mirrored(way);
    pair.source.delete("refs/heads/old");
    // Outside the selection: nobody's business.
    pair.destination.git(&["update-ref", "refs/pull/1/head", "old"]);

    let outcome = pair.task().input("prune", "false").run();
    assert_eq!(outcome.succeeded().counts()[2], 0);
    assert!(pair.destination.refs(&[]).contains_key("refs/heads/old"));

    assert_eq!(pair.mirror().counts(), [0, 0, 1, 0, 1]);
    assert_eq!(pair.destination.refs(&["refs/pull"]).len(), 1);
}

fn a_tag_may_name_any_object_and_may_move(way: Way) {
    let pair = Pair::mirrored(way);
    let blob = pair.source.blob(b"a blob that no tree holds\n");
    pair.source.git(&["tag", "blob", &blob]);
    pair.source.git(&["tag", "tree", "main^{tree}"]);
    pair.source.git(&["tag", "-a", "-m", "of a blob", "annotated-blob", &blob]);
    pair.source.git(&["tag", "-a", "-m", "of a tree", "annotated-tree", "main^{tree}"]);
    pair.source.git(&["tag", "-a", "-m", "of a commit", "v1", "main"]);
    pair.source.git(&["tag", "-a", "-m", "of a tag", "nested", "v1"]);
    assert_eq!(pair.mirror().counts(), [6, 0, 0, 0, 2]);

    pair.source.git(&["tag", "-f", "-a", "-m", "moved", "v1", "main~1"]);
    let other = pair.source.blob(b"another blob\n");
    pair.source.git(&["tag", "-f", "blob", &other]);
    assert_eq!(pair.mirror().counts(), [0, 2, 0, 0, 6]);
}

fn five_thousand_refs_are_mirrored_and_then_deleted(way: Way) {
    let pair = Pair::mirrored(way);
    pair.source.branch_many("many", 5000);
    assert_eq!(pair.mirror().counts(), [5000, 0, 0, 0, 2]);
    let names = pair.source.git(&["for-each-ref", "--format=delete %(refname)", "refs/heads/many"]);
    pair.source.git_with(&["update-ref", "--stdin"], format!("{names}\n").as_bytes());
    let outcome = pair.task().input("maxDeletionsPercent", "100").run();
    assert_eq!(outcome.succeeded().counts(), [0, 0, 5000, 0, 2]);
    pair.expect_equal();
}

fn a_branch_may_become_a_directory_of_branches_and_back(way: Way) {
    let pair = Pair::mirrored(way);
    pair.source.git(&["branch", "-m", "old", "old/one"]);
    pair.source.git(&["branch", "old/two", "main"]);
    assert_eq!(pair.mirror().counts(), [2, 0, 1, 0, 1]);
    pair.source.delete("refs/heads/old/one");
    pair.source.delete("refs/heads/old/two");
    pair.source.git(&["branch", "old", "main~3"]);
    assert_eq!(pair.mirror().counts(), [1, 0, 2, 0, 1]);
}

fn names_of_any_kind_are_mirrored(way: Way) {
    let pair = Pair::mirrored(way);
    let tip = pair.source.git(&["rev-parse", "main"]);
    let long = "long/".repeat(40) + "name";
    let latin_1: &[u8] = b"caf\xe9";
    let mut names: Vec<&[u8]> = vec![
        "größe".as_bytes(),
        "日本語/ブランチ".as_bytes(),
        "emoji-😀".as_bytes(),
        b"quote'and\"double",
        b"semicolon;percent%0Aand]bracket",
        b"##vso",
        b"$(variable)-`command`",
        b"@",
        b"-dash",
        long.as_bytes(),
    ];
    // libgit2 writes only names in UTF-8; a test of local repositories shows how others are refused.
    if !way.destination.is_local() {
        names.push(latin_1);
    }
    let mut updates = Vec::new();
    for name in &names {
        updates.extend([b"create refs/heads/x/", *name, b" ", tip.as_bytes(), b"\n"].concat());
    }
    pair.source.git_with(&["update-ref", "--stdin"], &updates);
    let outcome = pair.mirror();
    assert_eq!(outcome.counts(), [names.len() as u64, 0, 0, 0, 2]);
    assert_eq!(outcome.errors(), Vec::<&str>::new());
}

fn an_empty_source_leaves_the_destination_as_it_is(way: Way) {
    let pair = Pair::new(way);
    pair.destination.commit("main", 3);
    pair.destination.git(&["tag", "v1", "main"]);
    let before = pair.destination.refs(&[]);
    let error = pair.task().run().failed();
    assert!(error.contains("source") && error.contains("allowEmptySource"), "{error}");
    assert_eq!(pair.destination.refs(&[]), before);

    // Git does not delete the branch that HEAD names.
    pair.destination.git(&["symbolic-ref", "HEAD", "refs/heads/none"]);
    let outcome = pair.task().input("allowEmptySource", "true").run();
    assert_eq!(outcome.succeeded().counts(), [0, 0, 2, 0, 0]);
    assert_eq!(pair.destination.refs(&[]), Refs::new());
}

fn sha256_repositories_are_mirrored(way: Way) {
    let pair = Pair::with_formats(way, "sha256", "sha256");
    pair.source.commit("main", 200);
    pair.source.git(&["tag", "-a", "-m", "Release", "v1", "main"]);
    assert_eq!(pair.mirror().counts(), [2, 0, 0, 0, 0]);
    pair.source.commit("main", 2);
    // Its object is there already: an empty pack is sent.
    pair.source.git(&["branch", "same", "main~5"]);
    pair.source.git(&["tag", "-d", "v1"]);
    assert_eq!(pair.mirror().counts(), [1, 1, 1, 0, 0]);
}

fn repositories_of_different_object_formats_are_refused(way: Way) {
    let pair = Pair::with_formats(way, "sha256", "sha1");
    pair.source.commit("main", 2);
    let error = pair.task().run().failed();
    assert!(error.contains("sha1") && error.contains("sha256") && error.contains("destination"), "{error}");
    assert_eq!(pair.destination.refs(&[]), Refs::new());
}

fn a_shallow_source_is_refused(way: Way) {
    let pair = Pair::new(way);
    let complete = Repository::init(pair.nginx.path("complete.git"));
    complete.commit("main", 5);
    std::fs::remove_dir_all(&pair.source.path).unwrap();
    let url = format!("file://{}", complete.path.display());
    output(git().args(["clone", "-q", "--bare", "--depth=2", &url]).arg(&pair.source.path), b"");
    let error = pair.task().run().failed();
    assert!(error.contains("shallow") && error.contains("source"), "{error}");
    assert_eq!(pair.destination.refs(&[]), Refs::new());
}

#[test]
fn an_equal_mirror_asks_for_no_pack_and_makes_no_push() {
    in_both_protocols(|pair| {
        pair.source.commit("main", 20);
        pair.source.git(&["tag", "-a", "-m", "Release", "v1", "main"]);
        pair.task().run().succeeded();
        assert!(pair.requests().iter().any(Request::asks_for_pack));
        let outcome = pair.task().run();
        assert_eq!(outcome.succeeded().counts(), [0, 0, 0, 0, 2]);
        assert_eq!(outcome.output("changed"), "false");
        assert_eq!(outcome.output("packBytes"), "0");
        let requests = pair.requests();
        assert!(!requests.is_empty());
        for request in requests {
            assert!(!request.asks_for_pack() && !request.is_push(), "{request:?}");
        }
    });
}

#[test]
fn a_dry_run_changes_nothing_and_says_what_it_would_do() {
    in_both_protocols(|pair| {
        pair.source.commit("main", 5);
        pair.destination.commit("gone", 2);
        let before = pair.destination.refs(&[]);
        let outcome = pair.task().input("dryRun", "true").run();
        outcome.succeeded();
        assert_eq!(outcome.output("changed"), "false");
        assert_eq!(pair.destination.refs(&[]), before);
        let log = outcome.log.join("\n");
        assert!(log.contains("refs/heads/main") && log.contains("refs/heads/gone"), "{log}");
        assert!(!pair.requests().iter().any(Request::is_push));
    });
}

#[test]
fn an_empty_destination_gets_the_default_branch_first() {
    in_both_protocols(|pair| {
        pair.source.commit("zeta", 5);
        pair.source.commit("alpha", 5);
        pair.source.git(&["symbolic-ref", "HEAD", "refs/heads/zeta"]);
        pair.task().run().succeeded();
        let pushes: Vec<_> = pair.requests().iter().map(Request::pushed_refs).collect();
        let pushes: Vec<_> = pushes.into_iter().filter(|refs| !refs.is_empty()).collect();
        assert_eq!(pushes, [["refs/heads/zeta"], ["refs/heads/alpha"]]);
    });
}

#[test]
fn only_what_is_included_and_not_excluded_is_mirrored() {
    in_both_protocols(|pair| {
        let tip = pair.source.commit("main", 4);
        for name in
            ["heads/release/1", "heads/release/2", "heads/users/me", "tags/v1", "notes/x", "pull/1/head"]
        {
            pair.source.set(&format!("refs/{name}"), &tip);
        }
        let gone = pair.destination.commit("release/gone", 1);
        pair.destination.set("refs/heads/users/kept", &gone);
        pair.destination.set("refs/notes/kept", &gone);
        let task = pair.task().input("includeRefs", "refs/heads/*\n  refs/notes/x\n");
        let task = task.input("excludeRefs", "refs/heads/users/*\nrefs/heads/release/2");
        assert_eq!(task.run().succeeded().counts(), [3, 0, 1, 0, 0]);
        let names: Vec<_> = pair.destination.refs(&[]).into_keys().collect();
        let expected = [
            "refs/heads/main",
            "refs/heads/release/1",
            "refs/heads/users/kept",
            "refs/notes/kept",
            "refs/notes/x",
        ];
        assert_eq!(names, expected);
        pair.destination.fsck();
    });
}

#[test]
fn a_symbolic_branch_is_not_deleted_with_its_target() {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 4);
    pair.task().run().succeeded();
    pair.destination.git(&["symbolic-ref", "refs/heads/alias", "refs/heads/main"]);
    let outcome = pair.task().run();
    assert_eq!((outcome.result(), outcome.status), ("SucceededWithIssues", Some(0)), "{}", outcome.text);
    assert_eq!(outcome.counts(), [0, 0, 0, 0, 1]);
    let says = outcome.text.contains("git symbolic-ref --delete refs/heads/alias");
    assert!(says && outcome.errors().is_empty(), "{}", outcome.text);
    assert_eq!(pair.destination.refs(&["refs/heads/main"]), pair.source.refs(&[]));
    assert_eq!(pair.destination.git(&["symbolic-ref", "refs/heads/alias"]), "refs/heads/main");
}

/// v0 does not tell which branches are symbolic, so Git deletes the target; that must not go unnoticed, and the next
/// attempt brings the target back.
#[test]
fn a_target_lost_through_a_symbolic_branch_fails_the_run() {
    let pair = Recorded::start(Protocol::V0);
    pair.source.commit("main", 4);
    pair.task().run().succeeded();
    pair.destination.git(&["symbolic-ref", "refs/heads/alias", "refs/heads/main"]);
    let outcome = pair.task().run();
    let lost = "not done 'refs/heads/main': somebody else changed it";
    assert!(outcome.text.contains(lost), "{}", outcome.text);
    let error = outcome.failed();
    assert!(error.contains("refs/heads/alias"), "{error}");
    assert_eq!(pair.destination.refs(&["refs/heads/main"]), pair.source.refs(&["refs/heads/main"]));
}

#[test]
fn a_refused_ref_is_named_and_the_others_go_through() {
    in_both_protocols(|pair| {
        pair.source.commit("main", 4);
        pair.source.git(&["branch", "hidden/one", "main"]);
        pair.source.git(&["branch", "open", "main~1"]);
        pair.destination.git(&["config", "receive.hideRefs", "refs/heads/hidden"]);
        let outcome = pair.task().run();
        let error = outcome.failed();
        assert!(error.contains("refs/heads/hidden/one") && error.contains("hidden ref"), "{error}");
        assert_eq!(outcome.counts(), [2, 0, 0, 1, 0]);
        let names: Vec<_> = pair.destination.refs(&[]).into_keys().collect();
        assert_eq!(names, ["refs/heads/main", "refs/heads/open"]);
    });
}

#[test]
fn a_shallow_destination_is_not_relied_on() {
    in_both_protocols(|pair| {
        pair.source.commit("main", 40);
        std::fs::remove_dir_all(&pair.destination.path).unwrap();
        let url = format!("file://{}", pair.source.path.display());
        output(git().args(["clone", "-q", "--bare", "--depth=2", &url]).arg(&pair.destination.path), b"");
        // Merges a line of history that forks off below the destination's cut.
        pair.source.git(&["branch", "fork", "main~20"]);
        pair.source.commit("fork", 3);
        pair.source.commit("main", 1);
        pair.task().run().succeeded();
        assert_eq!(pair.destination.refs(BRANCHES_AND_TAGS), pair.source.refs(BRANCHES_AND_TAGS));
        pair.destination.fsck();
    });
}

/// The agent's own checkout: a detached HEAD, all tags, and branches below refs/remotes alone.
#[test]
fn a_source_with_tags_alone_deletes_and_sends_nothing() {
    in_both_protocols(|pair| {
        let tip = pair.source.commit("main", 4);
        pair.source.git(&["tag", "v1", "main"]);
        pair.source.git(&["branch", "topic", "main"]);
        pair.task().run().succeeded();
        pair.source.set("refs/tags/v2", &tip);
        pair.source.git(&["update-ref", "--no-deref", "HEAD", &tip]);
        pair.source.delete("refs/heads/topic");
        pair.source.delete("refs/heads/main");
        let before = pair.destination.refs(&[]);
        for percent in ["50", "100"] {
            let error = pair.task().input("maxDeletionsPercent", percent).run().failed();
            assert!(error.contains("it lists no selected branch"), "{error}");
            assert!(error.contains("checkout") && error.contains("'allowEmptySource'"), "{error}");
            assert_eq!(pair.destination.refs(&[]), before);
        }

        pair.destination.git(&["symbolic-ref", "HEAD", "refs/heads/none"]);
        let allowed = || pair.task().input("allowEmptySource", "true");
        let error = allowed().run().failed();
        assert!(error.contains("this would delete 2 of 2 refs in 'refs/heads/*'"), "{error}");
        assert!(error.contains("'maxDeletionsPercent'"), "{error}");
        assert_eq!(pair.destination.refs(&[]), before);
        assert_eq!(allowed().input("maxDeletionsPercent", "100").run().succeeded().counts(), [1, 0, 2, 0, 1]);
        assert_eq!(pair.destination.refs(&[]), pair.source.refs(&[]));
    });
}

#[test]
fn many_branches_that_stay_do_not_hide_the_loss_of_all_tags() {
    in_both_protocols(|pair| {
        pair.source.commit("main", 4);
        pair.source.branch_many("topic", 40);
        for tag in ["v1", "v2"] {
            pair.source.git(&["tag", tag, "main"]);
        }
        pair.task().run().succeeded();
        pair.source.delete("refs/tags/v1");
        pair.source.delete("refs/tags/v2");
        let error = pair.task().run().failed();
        assert!(error.contains("this would delete 2 of 2 refs in 'refs/tags/*'"), "{error}");
        let kept = pair.task().input("prune", "false").input("maxDeletionsPercent", "0").run();
        assert_eq!(kept.succeeded().counts(), [0, 0, 0, 0, 41]);
        assert_eq!(
            pair.task().input("excludeRefs", "refs/tags/*").run().succeeded().counts(),
            [0, 0, 0, 0, 41]
        );
    });
}

#[test]
fn a_kept_default_branch_is_an_issue_and_kept_refs_are_not() {
    in_both_protocols(|pair| {
        pair.source.commit("main", 4);
        pair.task().run().succeeded();
        pair.destination.git(&["branch", "old", "main"]);
        pair.destination.git(&["symbolic-ref", "HEAD", "refs/heads/old"]);
        let outcome = pair.task().run();
        assert_eq!((outcome.result(), outcome.status), ("SucceededWithIssues", Some(0)), "{}", outcome.text);
        assert!(outcome.text.contains("Change the default branch there"), "{}", outcome.text);
        pair.task().input("prune", "false").run().succeeded();
        pair.task().input("excludeRefs", "refs/heads/old").run().succeeded();
    });
}

/// No server lists a symbolic ref that leads nowhere, so that the push makes what nobody has asked for.
#[test]
fn a_dangling_symbolic_branch_holds_the_sources_value() {
    for is_dangling in [true, false] {
        let pair = Recorded::start(Protocol::V2);
        pair.source.commit("main", 4);
        pair.task().run().succeeded();
        pair.source.git(&["branch", "alias", "main~1"]);
        pair.destination.git(&["symbolic-ref", "refs/heads/alias", "refs/heads/trunk"]);
        if !is_dangling {
            pair.destination.git(&["branch", "trunk", "main"]);
        }
        for _ in 0..2 {
            let outcome = pair.task().run();
            assert_eq!(
                (outcome.result(), outcome.status),
                ("SucceededWithIssues", Some(0)),
                "{}",
                outcome.text
            );
            assert!(outcome.text.contains("git symbolic-ref --delete refs/heads/alias"), "{}", outcome.text);
            let of = |name| pair.destination.refs(&[name]).into_values().collect::<Vec<_>>();
            let wanted: Vec<_> = pair.source.refs(&["refs/heads/alias"]).into_values().collect();
            assert_eq!((of("refs/heads/alias"), of("refs/heads/trunk")), (wanted.clone(), wanted));
        }
    }
}
