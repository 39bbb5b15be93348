//! How many requests and connections each kind of run takes: those of the table in docs/how-it-works.md.

use std::collections::BTreeSet;

use crate::support::git_server::{Protocol, Request};
use crate::support::recorded::Recorded;
use crate::support::task::Task;

/// What a side was sent: its requests in order, without what they ask for, and the connections they took.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    requests: Vec<String>,
    connections: usize,
}

fn seen(requests: &[Request], repository: &str) -> Seen {
    let of_side = |request: &&Request| request.head.target.contains(repository);
    let requests: Vec<_> = requests.iter().filter(of_side).collect();
    Seen {
        connections: requests.iter().map(|request| request.client).collect::<BTreeSet<_>>().len(),
        requests: requests.iter().map(|request| name(request)).collect(),
    }
}

/// In the words of the documentation.
fn name(request: &Request) -> String {
    let name = match request.head.method.as_str() {
        "GET" => "listing",
        _ if request.is_push() => "push",
        _ if request.asks_for_pack() => "fetch",
        _ => "ls-refs",
    };
    name.to_owned()
}

/// Runs once and compares the requests of both sides.
#[track_caller]
fn expect(pair: &Recorded, source: &[&str], destination: &[&str]) {
    expect_of(&pair.task(), pair, source, destination);
}

#[track_caller]
fn expect_of(task: &Task, pair: &Recorded, source: &[&str], destination: &[&str]) {
    drop(pair.requests());
    task.run().succeeded();
    let requests = pair.requests();
    for (repository, expected) in [("source.git", source), ("destination.git", destination)] {
        let expected = expected.iter().map(|&name| name.to_owned()).collect();
        assert_eq!(seen(&requests, repository), Seen { requests: expected, connections: 1 }, "{repository}");
    }
}

/// A source with a commit on two branches, and its mirror.
fn mirrored(protocol: Protocol) -> Recorded {
    let pair = Recorded::start(protocol);
    pair.source.commit("main", 3);
    pair.source.commit("topic", 1);
    pair.task().run().succeeded();
    pair
}

#[test]
fn nothing_to_do_takes_one_listing_a_side() {
    expect(&mirrored(Protocol::V2), &["listing", "ls-refs"], &["listing"]);
    expect(&mirrored(Protocol::V0), &["listing"], &["listing"]);
}

#[test]
fn new_commits_take_one_fetch_one_push_and_a_listing_to_verify() {
    for (protocol, source) in
        [(Protocol::V2, &["listing", "ls-refs", "fetch"][..]), (Protocol::V0, &["listing", "fetch"])]
    {
        let pair = mirrored(protocol);
        pair.source.commit("main", 1);
        expect(&pair, source, &["listing", "push", "listing"]);
    }
}

#[test]
fn a_pruned_branch_asks_the_source_for_no_pack() {
    let pair = mirrored(Protocol::V2);
    pair.source.delete("refs/heads/topic");
    // Only upload-pack tells symbolic refs, through which a deletion would reach another branch.
    expect(&pair, &["listing", "ls-refs"], &["listing", "listing", "ls-refs", "push", "listing"]);
}

/// A source with more than its default branch, and a destination whose `HEAD` names this branch.
fn first_mirror(head: &str) -> Recorded {
    let pair = Recorded::start(Protocol::V2);
    pair.source.commit("main", 3);
    pair.source.commit("topic", 1);
    pair.destination.git(&["symbolic-ref", "HEAD", head]);
    pair.destination.git(&["config", "uploadpack.allowFilter", "true"]);
    pair
}

#[test]
fn a_first_mirror_is_one_push_where_the_default_branch_has_its_name() {
    let pair = first_mirror("refs/heads/main");
    let destination = ["listing", "listing", "ls-refs", "push", "listing"];
    expect(&pair, &["listing", "ls-refs", "fetch"], &destination);
}

#[test]
fn a_first_mirror_is_one_pack_where_the_default_branch_has_another_name() {
    let pair = first_mirror("refs/heads/other");
    // The pack of the second push is empty. What it relied on is read back, and the default branch at the end.
    let destination = ["listing", "listing", "ls-refs", "push", "push", "fetch", "listing", "ls-refs"];
    expect(&pair, &["listing", "ls-refs", "fetch"], &destination);
}

#[test]
fn an_older_tag_takes_a_question_at_hosts_of_commit_tags() {
    for (protocol, listing) in [(Protocol::V2, &["listing", "ls-refs"][..]), (Protocol::V0, &["listing"])] {
        let pair = mirrored(protocol);
        pair.source.git(&["config", "uploadpack.allowFilter", "true"]);
        let task = pair.task().input("destinationHostKind", "azureServer").input("lfs", "none");
        for (tag, commit, question) in [("new", "main", &[][..]), ("old", "main~1", &["fetch"])] {
            pair.source.git(&["tag", "-a", "-m", tag, tag, commit]);
            expect_of(
                &task,
                &pair,
                &[listing, question, &["fetch"]].concat(),
                &["listing", "push", "listing"],
            );
        }
    }
}

/// A pack of which the first bytes are gone by then: it must not meet a refusal that comes before any of them.
#[test]
fn a_push_of_more_than_a_mebibyte_is_preceded_by_a_probe() {
    let pair = mirrored(Protocol::V2);
    pair.source.commit_noise("main", 3_000_000);
    expect(&pair, &["listing", "ls-refs", "fetch"], &["listing", "push", "push", "listing"]);
}
