"""Many repositories in scripts/bench: a folder of them as a container, and its list as Gitea's interface gives it."""

import json
import random
import shutil
from dataclasses import dataclass

from bench_repositories import MIB, copy, empty, git, one_more_commit, refs, size_of_packs

SEED = 18
# What an organization has: many of text alone, some of a few MiB, and a few large ones.
SMALL, MEDIUM, LARGE = 150, 45, 5
SIZE_OF_LARGE = 50 * MIB
COUNT = SMALL + MEDIUM + LARGE
CHANGED = 5
PERSON = "A U Thor <author@example.com>"
PAGE = 50

# Into a pack, without a search for what random bytes have in common.
FAST = ["-c", "fastimport.unpackLimit=0", "-c", "core.bigFileThreshold=8k", "-c", "core.compression=1"]

# nginx gives the lists as files, and has each container at the root, where Gitea has it.
LOCATIONS = """
location ~ ^/api/v1/orgs/(?<container>many-[a-z]+)/repos$ {{
  root {folder};
  default_type application/json;
  try_files /interface/$container/$arg_page.json =404;
}}
location ~ ^(?<repository>/many-[a-z]+/.*)$ {{
  set $version $http_git_protocol;
  fastcgi_pass unix:{folder}/cgi.sock;
}}
"""


@dataclass
class Recipe:
    commits: int
    # The bytes that do not compress, over all commits.
    size: int


def recipes(dice):
    """The name of each repository, and what it is made of."""
    commits = [dice.randint(10, 100) for _ in range(COUNT)]
    sizes = [0] * SMALL + [dice.randint(MIB, 5 * MIB) for _ in range(MEDIUM)] + [SIZE_OF_LARGE] * LARGE
    dice.shuffle(sizes)
    return {f"repository-{number:03}": Recipe(*each) for number, each in enumerate(zip(commits, sizes))}


def history(recipe, dice):
    """What fast-import reads: a branch, another one from its middle, and a tag."""
    files = [[f"{dice.getrandbits(64):016x} {number}" for number in range(60)] for _ in range(5)]
    for commit in range(1, recipe.commits + 1):
        yield f"commit refs/heads/main\nmark :{commit}\ncommitter {PERSON} {1700000000 + commit} +0000\n"
        yield f"data 10\nCommit {commit:03}"
        number = dice.randrange(len(files))
        files[number][dice.randrange(60)] = f"{dice.getrandbits(64):016x} in commit {commit}"
        text = "\n".join(files[number])
        yield f"\nM 100644 inline text/{number}.txt\ndata {len(text)}\n{text}\n"
        if piece := recipe.size // recipe.commits:
            yield f"M 100644 inline data/{commit:03}.bin\ndata {piece}\n"
            yield dice.randbytes(piece)
            yield "\n"
    middle = recipe.commits // 2
    yield f"reset refs/heads/topic\nfrom :{middle}\n\n"
    yield f"tag v1\nfrom :{middle}\ntagger {PERSON} 1700000000 +0000\ndata 2\nv1\n"


def generate(path):
    """A container with all of them, each in one pack."""
    dice = random.Random(SEED)
    template = empty(path.with_suffix(".template"))
    for name, recipe in recipes(dice).items():
        repository = shutil.copytree(template, path / f"{name}.git")
        pieces = (piece if isinstance(piece, bytes) else piece.encode() for piece in history(recipe, dice))
        git(repository, *FAST, "fast-import", "--quiet", stdin=b"".join(pieces))
    return path


def emptied(container, path):
    """A container with repositories of the same names and nothing in them, as they are before a first mirror."""
    template = container.with_suffix(".template")
    for repository in repositories(container):
        shutil.copytree(template, path / repository.name)
    return path


def changed(container, path):
    """The same repositories, some of them with one more commit."""
    copy(container, path)
    for repository in repositories(path)[:: COUNT // CHANGED]:
        one_more_commit(repository)
    return path


def repositories(container):
    return sorted(container.iterdir())


def refs_of_all(container):
    """The names of the repositories and those of their refs, with their ids."""
    return {repository.name: refs(repository) for repository in repositories(container)}


def write_list(interface, container):
    """Writes the pages of a list, which end with one that is not full."""
    folder = interface / container.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    listed = [described(number, repository) for number, repository in enumerate(repositories(container))]
    for page, start in enumerate(range(0, len(listed) + 1, PAGE), start=1):
        (folder / f"{page}.json").write_text(json.dumps(listed[start : start + PAGE]))


def described(number, repository):
    size = size_of_packs(repository)
    return {
        "id": number + 1, "name": repository.stem, "owner": {"login": repository.parent.name}, "default_branch": "main",
        "empty": size == 0, "size": size // 1024,
        "archived": False, "fork": False, "private": True, "internal": False,
    }


def describe(container):
    size = sum(map(size_of_packs, repositories(container)))
    return f"{COUNT} repositories of {size // MIB:,} MiB packed"
