"""The measurements of scripts/bench: this binary against other ways to mirror, by turns, on the same servers."""

import argparse
import ctypes
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import bench_docs
import bench_lfs
import bench_many
import bench_second_line
from bench_clients import Clients
from bench_lfs import STORAGE, STREAMING
from bench_repositories import Repositories, git, refs
from bench_servers import FAR, V0, V0_TO_V2, V2, Protocols, Servers
from bench_table import START, costs, measured, memory_per_ref, times

NOTHING, MANY = "nothing to do", "100,000 refs, nothing to do"
ONE_PUSH, TWO_PUSHES = "first mirror, same default branch", "first mirror, other default branch"
AWAY = ", 50 ms away"
PARTS = "full mirror in ten parts, v2"
FIRST, CHANGED = "many repositories: first mirror", f"many repositories: {bench_many.CHANGED} of {bench_many.COUNT} changed"
LFS = {STORAGE: "LFS objects in a storage", STREAMING: "LFS objects through their server"}
# Where there is nothing to do there is no floor; libgit2 is slow, so it is in two cases only.
CLIENTS = {
    "full mirror, v2": ["relay", "relay_without_lfs", "git", "libgit2", "floor"],
    "full mirror, v0": ["relay", "git"],
    f"{ONE_PUSH}, v2": ["relay", "relay_without_lfs", "git", "floor"],
    f"{ONE_PUSH}, v0 to v2": ["relay", "git", "floor"],
    f"{TWO_PUSHES}, v2": ["relay", "relay_without_lfs", "git", "floor"],
    f"{TWO_PUSHES}, v0": ["relay", "git", "floor"],
    PARTS: ["relay_in_parts", "git"],
    "one new commit": ["relay", "git", "libgit2", "floor"],
    NOTHING: ["relay", "git"],
    f"full mirror{AWAY}": ["relay", "git"],
    f"one new commit{AWAY}": ["relay", "git"],
    f"{NOTHING}{AWAY}": ["relay", "git"],
    "20,000 refs, 100 changed": ["relay", "git", "floor"],
    MANY: ["relay", "git"],
    FIRST: ["relay_of_many", "git_of_many"],
    CHANGED: ["relay_of_many", "git_of_many", "floor_of_many"],
    LFS[STORAGE]: ["relay", "git_lfs"],
    LFS[STREAMING]: ["relay", "git_lfs"],
}


@dataclass
class Case:
    protocols: Protocols
    source: Path
    # What the destination has already: None for nothing.
    before: Path | None
    has_lfs: bool = False
    destination: str = "destination.git"
    refs: Callable = refs


def case_of_many(source, before):
    return Case(V2, source, before, destination="many-destination", refs=bench_many.refs_of_all)


def case_of_first(name, r):
    """A destination with nothing, whose HEAD names the source's default branch, or another."""
    way = name.removeprefix(ONE_PUSH).removeprefix(TWO_PUSHES).removeprefix(", ")
    protocols = {"v2": V2, "v0": V0, "v0 to v2": V0_TO_V2}[way]
    before = r.empty_with_its_head if name.startswith(ONE_PUSH) else r.empty_with_other_head
    return Case(protocols, r.with_second_line, before)


def case(name, r):
    match name:
        case _ if name.startswith((ONE_PUSH, TWO_PUSHES)):
            return case_of_first(name, r)
        case "full mirror, v2":
            return Case(V2, r.source, None)
        case "full mirror, v0":
            return Case(V0, r.source, None)
        case "one new commit":
            return Case(V2, r.newer, r.mirrored)
        case _ if name.endswith(AWAY):
            return replace(case(name.removesuffix(AWAY), r), protocols=FAR)
        case "full mirror":
            return Case(V2, r.source, None)
        case "20,000 refs, 100 changed":
            return Case(V2, r.with_refs(20_000), r.with_refs_changed(20_000, 100))
        case _ if name == MANY:
            return Case(V2, r.with_refs(100_000), r.with_refs(100_000))
        case _ if name == FIRST:
            return case_of_many(r.many, bench_many.emptied(r.many, r.folder / "many-empty"))
        case _ if name == CHANGED:
            return case_of_many(bench_many.changed(r.many, r.folder / "many-changed"), r.many)
        case _ if name == PARTS:
            return Case(V2, r.source, None)
        case _ if name in LFS.values():
            return Case(V2, r.with_lfs, None, has_lfs=True)
        case _:
            return Case(V2, r.source, r.mirrored)


def has_pygit2(python):
    try:
        return subprocess.run([python, "-c", "import pygit2"], stderr=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


def run_all(clients, cases, runs, without):
    results = {}
    for run in range(runs):
        for name, case_ in cases.items():
            names = [client for client in CLIENTS[name] if client not in without]
            # By turns, and each goes first as often as the others.
            first = run % len(names)
            for client in names[first:] + names[:first]:
                print(f"run {run + 1}: {name}: {client}", file=sys.stderr)
                results.setdefault((name, client), []).append(clients.one(client, case_))
    return results


def describe(repository):
    objects = dict(line.split(": ") for line in git(repository, "count-objects", "-v").splitlines())
    return (f"{int(objects['in-pack']) + int(objects['count']):,} objects, "
            f"{int(objects['size-pack']) // 1024:,} MiB packed, {len(refs(repository)):,} refs")


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench")
    parser.add_argument("binary", help=argparse.SUPPRESS)
    parser.add_argument("python", help=argparse.SUPPRESS)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--cases", default="", metavar="SUBSTRING", help="only the cases with this in their names")
    parser.add_argument("--lfs-objects", type=int, default=2000, metavar="N", help="of up to 1 MiB each")
    parser.add_argument("--lfs-large", type=int, default=256, metavar="MIB", help="one more of this size; 0 for none")
    parser.add_argument("--lfs-servers", choices=LFS, default=STORAGE,
                        help="whether LFS servers link to a storage, or take and give the objects themselves")
    parser.add_argument("--docs", action="store_true", help="also put what was measured into the documentation")
    parser.add_argument("repository", nargs="?", help="the repository to mirror; generated where none is given")
    return parser.parse_intermixed_args()


def without_servers(options, servers):
    """The cases of Git LFS that there are no servers for."""
    return {name for way, name in LFS.items() if way != options.lfs_servers or not servers.lfs}


def bench(options, folder, servers):
    make_lfs = partial(bench_lfs.generate, servers, options.lfs_objects, options.lfs_large)
    repositories = Repositories(folder / "repositories", options.repository, make_lfs, bench_many.generate,
                                bench_second_line.add)
    without = set() if has_pygit2(options.python) else {"libgit2"}
    if without:
        print("\n!! NO pygit2: the column libgit2 stays empty.\n", file=sys.stderr)
    names = [name for name in CLIENTS if options.cases in name and name not in without_servers(options, servers)]
    if not names:
        sys.exit(f"no case has {options.cases!r} in its name; there are: {'; '.join(CLIENTS)}")
    cases = {name: case(name, repositories) for name in names}
    clients = Clients(options.binary, options.python, folder, servers)
    results = run_all(clients, cases, options.runs, without)
    # Cases with refs only do not make the large repository.
    subject = [describe(repositories.source)] if "source" in vars(repositories) else []
    if "with_second_line" in vars(repositories):
        subject.append(f"with a second line of history {describe(repositories.with_second_line)}")
    if LFS[options.lfs_servers] in cases:
        stored = servers.lfs["lfs-source"].stored()
        subject.append(f"{len(stored):,} LFS objects of {sum(stored.values()) >> 20:,} MiB")
    if "many" in vars(repositories):
        subject.append(bench_many.describe(repositories.many))
    rows = measured(cases, results, options.runs, "; ".join(subject))
    text = f"{'; '.join([*subject, f'median of {options.runs} runs'])}:\n\n{times(rows)}\n\n{costs(rows)}"
    start = clients.median_start()
    text += f"\n\nFrom the start of the program to its first request: {start * 1000:.2f} ms."
    if NOTHING in cases and MANY in cases:
        few = NOTHING, len(refs(repositories.source))
        text += f"\n\n{memory_per_ref(rows, (MANY, 100_000), few)}"
    if options.docs:
        bench_docs.store({**rows, START: {"relay": {"wall": start}}}, list(CLIENTS))
        bench_docs.write()
    return text


def main():
    options = arguments()
    PR_SET_CHILD_SUBREAPER = 36
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    folder = Path(tempfile.mkdtemp(prefix="mirror-bench-"))
    servers = None
    try:
        servers = Servers(folder, bench_lfs.python_with_giftless(), options.lfs_servers)
        print(bench(options, folder, servers))
    finally:
        if servers:
            servers.stop()
        shutil.rmtree(folder)


main()
