"""The repositories that scripts/bench mirrors, each made when a case first asks for it."""

import os
import shutil
import subprocess
import sys
from functools import cache, cached_property
from pathlib import Path

MIB = 1024 * 1024
SCRIPTS = Path(__file__).resolve().parent
GIT = {
    "PATH": os.environ["PATH"], "HOME": "/nonexistent", "LC_ALL": "C",
    "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_TERMINAL_PROMPT": "0",
    "GIT_AUTHOR_NAME": "A U Thor", "GIT_AUTHOR_EMAIL": "author@example.com",
    "GIT_COMMITTER_NAME": "A U Thor", "GIT_COMMITTER_EMAIL": "author@example.com",
}
REFS = ["for-each-ref", "--format=%(objectname) %(refname)", "refs/heads", "refs/tags"]


def git(repository, *arguments, stdin=None):
    command = ["git", "-C", str(repository), *arguments]
    stdin = stdin.encode() if isinstance(stdin, str) else stdin
    result = subprocess.run(command, check=True, env=GIT, input=stdin, stdout=subprocess.PIPE)
    return result.stdout.decode().strip()


def refs(repository):
    """Ref names and the ids they have."""
    lines = git(repository, *REFS).splitlines()
    return {name: oid for oid, name in (line.split(" ", 1) for line in lines)}


def empty(path):
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(path)], check=True, env=GIT)
    # A collection in the background would disturb the next measurement.
    git(path, "config", "receive.autogc", "false")
    # As GitHub and GitLab have it.
    git(path, "config", "uploadpack.allowFilter", "true")
    return path


def copy(repository, path):
    """A copy that shares the packs' files; Git never changes those in place."""
    subprocess.run(["cp", "-al", str(repository), str(path)], check=True)
    return path


def generate(path, **settings):
    """A history in one pack with delta chains, those that fast-import made."""
    empty(path)
    words = [word for name, value in settings.items() for word in ("-v", f"{name}={value}")]
    awk = ["awk", "-f", str(SCRIPTS / "history.awk"), *words]
    history = subprocess.Popen(awk, env=GIT, stdout=subprocess.PIPE)
    subprocess.run(["git", "-C", str(path), "fast-import", "--quiet"], check=True, env=GIT, stdin=history.stdout)
    if history.wait() != 0:
        sys.exit("the history could not be generated")
    git(path, "repack", "-adq", "--window=0")
    return path


def size_of_packs(repository):
    return sum(pack.stat().st_size for pack in (repository / "objects" / "pack").glob("*.pack"))


def one_more_commit(path):
    branch = git(path, "for-each-ref", "--count=1", "--format=%(refname)", "refs/heads")
    commit = git(path, "commit-tree", "-p", branch, "-m", "One more", f"{branch}^{{tree}}")
    git(path, "update-ref", branch, commit)
    return path


def update(repository, ids):
    """Writes refs the way a server has them after a while: packed."""
    git(repository, "update-ref", "--stdin", stdin="".join(f"update {name} {oid}\n" for name, oid in ids.items()))
    git(repository, "pack-refs", "--all", "--prune")


class Repositories:
    """`make_lfs` and `make_many` fill a path with what they name; `add_second_line` adds to a repository."""

    def __init__(self, folder, given, make_lfs, make_many, add_second_line):
        self.folder, self.given, self._make_lfs, self._make_many = folder, given, make_lfs, make_many
        self._add_second_line = add_second_line
        folder.mkdir()

    @cached_property
    def source(self):
        path = self.folder / "source.git"
        if self.given:
            subprocess.run(["git", "clone", "-q", "--mirror", self.given, str(path)], check=True, env=GIT)
            git(path, "config", "uploadpack.allowFilter", "true")
            return path
        print("generating a repository…", file=sys.stderr)
        return generate(path, commits=60000, files=400, lines=300, edits=2, changed=65)

    @cached_property
    def mirrored(self):
        return copy(self.source, self.folder / "mirrored.git")

    @cached_property
    def newer(self):
        """The source with one more commit."""
        return one_more_commit(copy(self.source, self.folder / "newer.git"))

    @cached_property
    def with_second_line(self):
        """The source, and a branch that its default branch knows little of."""
        print("adding a second line of history…", file=sys.stderr)
        path = self.folder / "second-line.git"
        shutil.copytree(self.source, path)
        return self._add_second_line(path)

    @cached_property
    def empty_with_its_head(self):
        return self._empty("empty.git", git(self.source, "symbolic-ref", "HEAD"))

    @cached_property
    def empty_with_other_head(self):
        return self._empty("empty-other.git", "refs/heads/none-of-the-source")

    def _empty(self, name, head):
        path = empty(self.folder / name)
        git(path, "symbolic-ref", "HEAD", head)
        return path

    @cached_property
    def with_lfs(self):
        print("making LFS objects…", file=sys.stderr)
        return self._make_lfs(self.folder / "lfs-source.git")

    @cached_property
    def many(self):
        print("making many repositories…", file=sys.stderr)
        return self._make_many(self.folder / "many-source")

    @cached_property
    def _small(self):
        return generate(self.folder / "small.git", commits=1000, tagged=2000, branched=2000)

    @cache
    def with_refs(self, count):
        """`count` refs, spread over the commits of a small history."""
        print(f"making {count:,} refs…", file=sys.stderr)
        path = copy(self._small, self.folder / f"refs-{count}.git")
        commits = git(path, "rev-list", "main").splitlines()
        # The branch main is there already.
        names = (f"refs/heads/team{i % 50:02}/topic-{i:06}" for i in range(1, count))
        update(path, {name: commits[i % len(commits)] for i, name in enumerate(names)})
        return path

    @cache
    def with_refs_changed(self, count, changed):
        """The same refs, `changed` of them at other commits."""
        origin = self.with_refs(count)
        path = copy(origin, self.folder / f"refs-{count}-changed.git")
        others = sorted(name for name in refs(path) if name != "refs/heads/main")[:: count // changed][:changed]
        before = refs(path)
        main = before["refs/heads/main"]
        parent = git(path, "rev-parse", f"{main}^")
        update(path, {name: parent if before[name] == main else main for name in others})
        return path
