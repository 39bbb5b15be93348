//! A container of 200 repositories, the same in every run: what an organization has.

use std::io::Write as _;

use crate::support::dice::Dice;
use crate::support::git::Repository;
use crate::support::host_double::{HostDouble, Kind};

const SEED: u64 = 18;

/// The number of repositories.
pub(super) const COUNT: usize = SMALL + MEDIUM + LARGE;

/// Many of text alone, some of 1 to 5 MiB, and a few of 50 MiB.
const SMALL: usize = 150;
const MEDIUM: usize = 45;
const LARGE: usize = 5;

const MIB: u64 = 1 << 20;

/// Into a pack, without a search for what random bytes have in common.
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

/// The container at its host.
pub(super) const CONTAINER: &str = "contoso/Team";

/// The lines of a file of text.
const LINES: usize = 60;

/// A history to be made.
struct Recipe {
    commits: u64,
    /// The bytes that do not compress, over all commits.
    size: u64,
    default_branch: &'static str,
}

/// A host whose list has more than one page, with all repositories in one container.
pub(super) fn host() -> HostDouble {
    let host = HostDouble::start(Kind::AzureServer);
    host.world().add_container(CONTAINER, "private");
    let mut dice = Dice::new(SEED);
    for (number, recipe) in recipes(&mut dice).iter().enumerate() {
        make(&host.add(&format!("{CONTAINER}/{}", name(number))), recipe, &mut dice);
    }
    host
}

/// The name of a repository.
pub(super) fn name(number: usize) -> String {
    format!("repository-{number:03}")
}

/// The names of all.
pub(super) fn names() -> Vec<String> {
    (0..COUNT).map(name).collect()
}

fn recipes(dice: &mut Dice) -> Vec<Recipe> {
    let mut sizes = vec![0; SMALL];
    sizes.extend((0..MEDIUM).map(|_| MIB + dice.below(4 * MIB)));
    sizes.extend([50 * MIB; LARGE]);
    for last in (1..sizes.len()).rev() {
        sizes.swap(last, usize::try_from(dice.below(last as u64 + 1)).unwrap());
    }
    let recipe = |size| Recipe {
        commits: 10 + dice.below(91),
        size,
        default_branch: dice.pick(&["main", "main", "main", "main", "trunk"]),
    };
    sizes.into_iter().map(recipe).collect()
}

/// Gives a repository its branches, one of them the default one, and its tags.
fn make(repository: &Repository, recipe: &Recipe, dice: &mut Dice) {
    repository.git_with(&IMPORT, &history(recipe, dice));
    repository.git(&["symbolic-ref", "HEAD", &format!("refs/heads/{}", recipe.default_branch)]);
}

/// What fast-import reads.
fn history(recipe: &Recipe, dice: &mut Dice) -> Vec<u8> {
    let mut stream = Vec::new();
    let mut files: Vec<Vec<String>> =
        (0..5).map(|_| (0..LINES).map(|_| format!("{:016x}", dice.below(u64::MAX))).collect()).collect();
    let branch = recipe.default_branch;
    for commit in 1..=recipe.commits {
        let at = usize::try_from(dice.below(5)).unwrap();
        let line = usize::try_from(dice.below(LINES as u64)).unwrap();
        files[at][line] = format!("{:016x} in commit {commit}", dice.below(u64::MAX));
        let text = files[at].join("\n");
        write!(
            stream,
            "commit refs/heads/{branch}\nmark :{commit}\ncommitter A U Thor <author@example.com> {} +0000\n\
             data 10\nCommit {commit:03}\nM 100644 inline text/{at}.txt\ndata {}\n{text}\n",
            1_700_000_000 + commit,
            text.len()
        )
        .unwrap();
        let piece = recipe.size / recipe.commits;
        if piece > 0 {
            write!(stream, "M 100644 inline data/{commit:03}.bin\ndata {piece}\n").unwrap();
            noise(&mut stream, piece, dice);
            stream.push(b'\n');
        }
    }
    let middle = recipe.commits / 2;
    // A default branch with another name has one beside it that hosts would take for theirs.
    let beside = if branch == "main" { "develop" } else { "main" };
    for other in ["topic", "release/1.0", beside] {
        write!(stream, "reset refs/heads/{other}\nfrom :{middle}\n\n").unwrap();
    }
    write!(
        stream,
        "reset refs/tags/v0\nfrom :1\n\n\
         tag v1\nfrom :{middle}\ntagger A U Thor <author@example.com> 1700000000 +0000\ndata 2\nv1\n"
    )
    .unwrap();
    stream
}

/// Adds so many bytes that do not compress.
fn noise(to: &mut Vec<u8>, count: u64, dice: &mut Dice) {
    let end = to.len() + usize::try_from(count).unwrap();
    while to.len() < end {
        to.extend_from_slice(&dice.below(u64::MAX).to_be_bytes());
    }
    to.truncate(end);
}
