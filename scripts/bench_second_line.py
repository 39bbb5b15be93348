"""A second line of history for scripts/bench, in a repository of any kind: a branch that goes on from trees of the default one."""

import random

from bench_repositories import git

SEED = 19
# A commit brings itself, two trees and a file: some 70,000 objects.
COMMITS = 17_500
# The trees of the default branch that are gone on from, one after the other.
TREES = 175
FOLDER = "second-line"
PERSON = "A U Thor <author@example.com>"


def history(trees):
    """What fast-import reads."""
    dice = random.Random(SEED)
    each = COMMITS // len(trees)
    for number in range(COMMITS):
        yield f"commit refs/heads/second-line\nmark :{number + 1}\n"
        yield f"committer {PERSON} {1600000000 + number * 60} +0000\ndata 12\nSecond {number:05}\n"
        if number % each == 0 and number // each < len(trees):
            yield f'M 040000 {trees[number // each]} ""\n'
        lines = [f"{dice.getrandbits(256):064x}" for _ in range(12)]
        yield f"M 100644 inline {FOLDER}/{dice.randrange(40):02}.txt\ndata {12 * 65}\n" + "\n".join(lines) + "\n\n"


def add(repository):
    """Adds the line to a bare repository, and packs all into one, as a server's maintenance does."""
    commits = git(repository, "rev-list", "HEAD").splitlines()
    step = max(len(commits) // TREES, 1)
    trees = git(repository, "rev-parse", *(f"{commit}^{{tree}}" for commit in commits[::step][:TREES])).splitlines()
    git(repository, "-c", "fastimport.unpackLimit=0", "fast-import", "--quiet", stdin="".join(history(trees)))
    git(repository, "repack", "-adq")
    return repository
