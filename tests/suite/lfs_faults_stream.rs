//! Pointers of LFS that only the pack itself shows: the end of a push waits for their objects.

use std::time::{Duration, Instant};

use crate::support::git::Refs;
use crate::support::lfs_lab::{Lab, commit, files, noise};
use crate::support::lfs_server::{Act, oid_of};

/// A source that knows no filter, so that no look at it comes before the pack.
fn without_filters() -> Lab {
    let lab = Lab::with((0..3).map(|seed| noise(seed, 2000)).collect());
    lab.source.git(&["config", "uploadpack.allowFilter", "false"]);
    lab
}

/// Runs the task, and sees that this branch is not there before all objects are.
fn mirror_watched(lab: &Lab, branch: &str) {
    let run = lab.task().start();
    loop {
        let refs = lab.destination.refs(&[branch]);
        if lab.to.landed().len() == lab.contents.len() {
            break;
        }
        assert_eq!(refs, Refs::new(), "a ref moved before its objects");
        std::thread::sleep(Duration::from_millis(50));
    }
    run.end().succeeded();
    lab.expect_equal();
}

#[test]
fn a_push_is_held_until_its_objects_are_there() {
    let lab = without_filters();
    lab.to.play(
        |asked, _| {
            if asked.is("PUT") { Act::ServeAfter(Duration::from_secs(3)) } else { Act::Serve }
        },
    );
    mirror_watched(&lab, "refs/heads/main");
}

#[test]
fn pointers_of_another_branch_are_found_in_the_pack() {
    let lab = Lab::with(vec![noise(1, 3000)]);
    lab.source.delete("refs/heads/main");
    commit(&lab.source, "main", &[("readme".to_owned(), "no LFS here\n".to_owned())]);
    commit(&lab.source, "topic", &files(&lab.contents));
    mirror_watched(&lab, "refs/heads/topic");
}

#[test]
fn a_push_that_waits_too_long_is_ended_and_made_again() {
    let lab = without_filters();
    lab.destination.hook("pre-receive", "echo push >> pushes");
    lab.to.play(
        |asked, _| {
            if asked.is("PUT") { Act::ServeAfter(Duration::from_secs(26)) } else { Act::Serve }
        },
    );
    let started = Instant::now();
    mirror_watched(&lab, "refs/heads/main");
    assert!(started.elapsed() >= Duration::from_secs(26));
    let pushes = std::fs::read_to_string(lab.destination.path.join("pushes")).unwrap();
    assert_eq!(pushes.lines().count(), 1, "the one that was ended was never applied");
    assert_eq!(lab.to.landed().len(), 3, "each object is sent once");
}

#[test]
fn an_object_that_is_not_there_ends_the_push() {
    let lab = without_filters();
    let lacking = oid_of(&lab.contents[1]);
    lab.from.play({
        let lacking = lacking.clone();
        move |_, lfs| {
            lfs.objects.lock().unwrap().remove(&lacking);
            Act::Serve
        }
    });
    lab.fail(&["source", "does not have 1 LFS object:", &lacking, "git lfs push --all"]);
    lab.from.play(|_, _| Act::Serve);
    lab.from.give(&lab.contents[1]);
    lab.mirror();
}
