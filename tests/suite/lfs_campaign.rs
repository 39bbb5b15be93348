//! Random faults of LFS servers on both sides: whatever breaks, a ref that moved has its objects, and a run without faults
//! brings the rest. `scripts/faults --lfs` runs many.

use std::collections::BTreeMap;
use std::process::Command;

use crate::support::dice::Dice;
use crate::support::git::{BRANCHES_AND_TAGS, output, scrub};
use crate::support::lfs_lab::{Lab, commit, files, noise};
use crate::support::lfs_server::{Act, Answer, Asked, Lfs, Then, oid_of};
use crate::support::trials::Trials;

const LARGEST: u64 = 3 << 20;

/// A repository with LFS, all of it from a seed.
struct Trial {
    seed: u64,
    lab: Lab,
    /// The objects of each branch.
    branches: BTreeMap<String, Vec<Vec<u8>>>,
    /// The names of those that the source does not have.
    missing: Vec<String>,
}

impl Trial {
    fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let mut branches = BTreeMap::new();
        let mut next = 0;
        let mut some = |dice: &mut Dice| -> Vec<Vec<u8>> {
            let count = 1 + dice.below(5);
            let mut content = || {
                next += 1;
                let size = match dice.below(4) {
                    0 => dice.below(LARGEST),
                    1 => dice.pick(&[0, 1, 1 << 20, (1 << 20) + 1]),
                    _ => dice.below(5000),
                };
                noise(seed.wrapping_mul(1000) + next, usize::try_from(size).unwrap())
            };
            (0..count).map(|_| content()).collect()
        };
        branches.insert("main".to_owned(), some(&mut dice));
        let mut lab = Lab::with(branches["main"].clone());
        for branch in ["topic", "old"] {
            if dice.below(2) == 0 {
                let contents = some(&mut dice);
                for content in &contents {
                    lab.from.give(content);
                }
                commit(&lab.source, branch, &files(&contents));
                lab.contents.extend(contents.clone());
                branches.insert(branch.to_owned(), contents);
            }
        }
        if dice.below(3) == 0 {
            lab.source.git(&["config", "uploadpack.allowFilter", "false"]);
        }
        let mut missing = Vec::new();
        for content in &lab.contents {
            match dice.below(8) {
                0 => lab.to.give(content),
                // The object without content is missing nowhere.
                1 if !content.is_empty() => missing.push(oid_of(content)),
                _ => {}
            }
        }
        lab.from.remove(&missing);
        missing.retain(|oid| !lab.to.objects().contains_key(oid));
        Self { seed, lab, branches, missing }
    }

    fn run(&self) {
        let lab = &self.lab;
        for (side, server) in [&lab.from, &lab.to].into_iter().enumerate() {
            let seed = self.seed ^ ((side as u64 + 1) << 40);
            server.play(move |asked, lfs| fault(seed, asked, lfs));
        }
        let task = lab.task().input("lfsMissing", "warn").input("stallTimeoutSeconds", "5");
        let outcome = task.run();
        assert!(matches!(outcome.status, Some(0 | 1)), "{}", outcome.text);
        assert!(!outcome.text.contains("internal error"), "{}", outcome.text);
        self.expect_whole();

        for server in [&lab.from, &lab.to] {
            server.play(|_, _| Act::Serve);
        }
        let outcome = task.run();
        assert_eq!(outcome.status, Some(0), "{}", outcome.text);
        assert_eq!(lab.destination.refs(BRANCHES_AND_TAGS), lab.source.refs(BRANCHES_AND_TAGS));
        self.expect_whole();
        self.fsck();
    }

    /// Expects that what is there is right, and that each ref has its objects.
    fn expect_whole(&self) {
        let (lab, there) = (&self.lab, self.lab.there());
        lab.expect_right();
        lab.destination.fsck();
        for name in lab.destination.refs(&[]).keys() {
            for content in &self.branches[name.trim_start_matches("refs/heads/")] {
                let oid = oid_of(content);
                assert!(
                    there.contains(&oid) || self.missing.contains(&oid),
                    "{name} is there without {oid} of {} bytes",
                    content.len()
                );
            }
        }
    }

    /// Lets Git LFS itself check a clone of each branch whose objects are all there.
    fn fsck(&self) {
        let git = |arguments: &[&str]| {
            let mut command = Command::new("git");
            scrub(&mut command);
            command.env("GIT_LFS_SKIP_SMUDGE", "1").args(arguments);
            command
        };
        if !self.missing.is_empty() {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("clone").display().to_string();
        output(&mut git(&["clone", "-q", &self.lab.to.url("destination.git"), &path]), b"");
        output(&mut git(&["-C", &path, "lfs", "fetch", "--all"]), b"");
        for branch in self.branches.keys() {
            let name = format!("origin/{branch}");
            output(&mut git(&["-C", &path, "lfs", "fsck", "--objects", &name]), b"");
        }
    }
}

/// Chooses what a server does with a request: the same for the same request of the same seed.
fn fault(seed: u64, asked: &Asked, lfs: &Lfs) -> Act {
    let name = format!("{} {} {}", asked.head.method, asked.head.target, asked.earlier);
    let mixed =
        name.bytes().fold(seed, |mixed, byte| mixed.wrapping_mul(1_099_511_628_211) ^ u64::from(byte));
    let mut dice = Dice::new(mixed);
    if asked.earlier >= 3 || dice.below(4) > 0 {
        return Act::Serve;
    }
    let refusal = |dice: &mut Dice| {
        let code = dice.pick(&[401, 403, 404, 408, 410, 413, 422, 429, 500, 502, 503, 504, 507, 509]);
        Act::Answer(Answer::of(code, "{\"message\": \"no\"}").with("Retry-After", "1"))
    };
    match (dice.below(8), asked.head.method.as_str()) {
        (0, _) => refusal(&mut dice),
        (1, _) => Act::Answer(Answer::of(dice.pick(&[429, 500, 502, 503, 504]), "")),
        (2, _) => Act::BreakOff(dice.below(100_000)),
        (3, "GET") => Act::Answer(Answer::of(307, "").with("Location", &lfs.url(&asked.head.target[1..]))),
        (3, _) if !asked.is_batch() => {
            Act::Answer(Answer::of(307, "").with("Location", &lfs.url(&asked.head.target[1..])))
        }
        (_, "GET") => {
            let content = lfs.objects.lock().unwrap().get(asked.oid()).cloned().unwrap_or_default();
            let place = usize::try_from(dice.below(content.len() as u64)).unwrap();
            let mut wrong = content.clone();
            wrong.iter_mut().skip(place).take(1).for_each(|byte| *byte ^= 0x40);
            match dice.below(7) {
                0 => Act::Answer(Answer::of(200, wrong)),
                1 => Act::Answer(Answer::of(200, wrong).chunked()),
                2 => Act::Answer(Answer::of(200, [&content[..], b"x"].concat()).chunked()),
                3 => Act::Answer(Answer::of(200, &content[..place]).chunked()),
                4 => Act::Answer(Answer::of(200, content).cut(place, Then::Stall)),
                5 => Act::Answer(Answer::of(200, content).chunked()),
                _ => Act::Answer(Answer::of(200, content).cut(place, Then::Close)),
            }
        }
        (_, "POST") if asked.is_batch() => match dice.below(4) {
            0 => Act::Answer(Answer::of(200, "<html>").with("Content-Type", "text/html")),
            1 => Act::Answer(Answer::of(200, "{\"objects\": [")),
            2 => Act::Answer(Answer::json(200, &serde_json::json!({ "objects": [] }))),
            _ => {
                let mut objects = lfs.said(asked);
                objects.reverse();
                Act::Answer(Answer::json(200, &serde_json::json!({ "objects": objects })))
            }
        },
        _ => Act::BreakOff(dice.below(3 << 20)),
    }
}

fn campaign(trials: Trials, at_once: usize) {
    trials.make(at_once, |seed| Trial::new(seed).run(), |seed| format!("scripts/faults --lfs 1 {seed}"));
}

#[test]
fn some_random_faults_of_lfs_lose_no_object() {
    campaign(Trials { count: 6, seed: 2026 }, 2);
}

#[test]
#[ignore = "takes minutes: scripts/faults --lfs runs it"]
fn many_random_faults_of_lfs_lose_no_object() {
    campaign(Trials::of_environment(), 4);
}
