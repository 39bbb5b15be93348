//! Histories of any size, the same in every run: merges, branches and tags, written into Git while they are made.

use std::io::{BufWriter, Write};
use std::ops::Range;
use std::process::Stdio;

use super::dice::Dice;
use super::git::{Repository, git};

const SEED: u64 = 19;

/// Straight into a pack, without a search for what random bytes have in common.
const IMPORT: [&str; 8] = [
    "-c",
    "fastimport.unpackLimit=0",
    "-c",
    "core.bigFileThreshold=8k",
    "-c",
    "core.compression=1",
    "fast-import",
    "--quiet",
];

/// A topic is merged after so many commits of `main`.
const MERGED: u64 = 8;

/// The commits of a topic.
const TOPIC: u64 = 3;

/// A topic begins at most so many commits of `main` before it is merged.
const REACH: u64 = 200;

/// A history to be made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Recipe {
    /// The commits, a few more or less.
    pub(crate) commits: u64,
    /// The bytes that do not compress, over all commits.
    pub(crate) size: u64,
    /// A tag comes after so many commits of `main`.
    pub(crate) tagged: u64,
    /// A branch that is not merged comes after so many.
    pub(crate) branched: u64,
}

/// The years over which the commits are spread, in seconds since 1970.
const YEARS: Range<u64> = 1_300_000_000..1_700_000_000;

/// A commit's mark.
#[derive(Debug, Clone, Copy)]
struct Mark(u64);

/// The stream that fast-import reads.
struct Stream<W> {
    out: W,
    dice: Dice,
    made: u64,
    /// The mean size of the files that do not compress; 0 for none.
    noise: u64,
    /// The seconds from one commit to the next.
    pace: u64,
}

impl Recipe {
    /// Makes the history in an empty repository, in one pack.
    pub(crate) fn make(self, repository: &Repository) {
        let mut import = git();
        import.arg("-C").arg(&repository.path).args(IMPORT).stdin(Stdio::piped());
        let mut child = import.spawn().unwrap();
        let out = BufWriter::with_capacity(1 << 20, child.stdin.take().unwrap());
        let noise = self.size / self.commits;
        // Some more commits are made than are asked for.
        let pace = (YEARS.end - YEARS.start) / (self.commits + 10);
        Stream { out, dice: Dice::new(SEED), made: 0, noise, pace }.history(self);
        assert!(child.wait().unwrap().success(), "the history could not be made");
    }
}

impl<W: Write> Stream<W> {
    fn history(mut self, recipe: Recipe) {
        let mut main = vec![self.commit("main", None, None)];
        while self.made < recipe.commits {
            let tip = *main.last().unwrap();
            let number = main.len() as u64;
            let merged = number.is_multiple_of(MERGED).then(|| self.topic("main", &main, REACH));
            main.push(self.commit("main", Some(tip), merged));
            if number.is_multiple_of(recipe.tagged) {
                self.tag(number / recipe.tagged, tip);
            }
            if number.is_multiple_of(recipe.branched) {
                self.topic(&format!("topic/{number:07}"), &main, REACH / 8);
            }
        }
        // The last topic may have been made on this branch.
        write!(self.out, "reset refs/heads/main\nfrom :{}\n\n", main.last().unwrap().0).unwrap();
        self.out.flush().unwrap();
    }

    /// Makes the commits of a topic, which begins at one of the last of `main`; returns the last.
    fn topic(&mut self, branch: &str, main: &[Mark], reach: u64) -> Mark {
        let back = self.dice.below(reach.min(main.len() as u64));
        let mut tip = main[main.len() - 1 - usize::try_from(back).unwrap()];
        for _ in 0..TOPIC {
            tip = self.commit(branch, Some(tip), None);
        }
        tip
    }

    fn commit(&mut self, branch: &str, from: Option<Mark>, merged: Option<Mark>) -> Mark {
        self.made += 1;
        let number = self.made;
        let message = format!("Commit {number}\n");
        write!(
            self.out,
            "commit refs/heads/{branch}\nmark :{number}\ncommitter A U Thor <author@example.com> {} +0000\n\
             data {}\n{message}",
            self.time(number),
            message.len()
        )
        .unwrap();
        for (word, mark) in [("from", from), ("merge", merged)] {
            if let Some(Mark(mark)) = mark {
                writeln!(self.out, "{word} :{mark}").unwrap();
            }
        }
        let text = format!("{:016x} in commit {number}\n", self.dice.below(u64::MAX));
        self.file(&format!("text/{}.txt", number % 8), text.as_bytes());
        if self.noise > 0 {
            self.noise(number);
        }
        Mark(number)
    }

    /// Adds a file that does not compress: mostly up to twice the mean, and some that are ten times as large.
    fn noise(&mut self, number: u64) {
        let mean = if number.is_multiple_of(100) { self.noise * 10 } else { self.noise * 9 / 10 };
        let words = self.dice.below(2 * mean) / 8;
        let noise: Vec<_> = (0..words).flat_map(|_| self.dice.below(u64::MAX).to_be_bytes()).collect();
        self.file(&format!("data/{:02}/{:02}.bin", number % 61, number % 31), &noise);
    }

    fn file(&mut self, path: &str, content: &[u8]) {
        write!(self.out, "M 100644 inline {path}\ndata {}\n", content.len()).unwrap();
        self.out.write_all(content).unwrap();
        writeln!(self.out).unwrap();
    }

    fn time(&self, number: u64) -> u64 {
        YEARS.start + number * self.pace
    }

    fn tag(&mut self, number: u64, Mark(mark): Mark) {
        write!(
            self.out,
            "tag v{}.{}\nfrom :{mark}\ntagger A U Thor <author@example.com> {} +0000\ndata 8\nRelease\n\n",
            number / 10,
            number % 10,
            self.time(mark)
        )
        .unwrap();
    }
}
