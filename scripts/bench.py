"""The measurements of scripts/bench: this binary against clone-and-push, by turns, on the same servers."""

import argparse
import ctypes
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent
GIT = {
    "PATH": os.environ["PATH"], "HOME": "/nonexistent", "LC_ALL": "C",
    "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_TERMINAL_PROMPT": "0",
    "GIT_AUTHOR_NAME": "A U Thor", "GIT_AUTHOR_EMAIL": "author@example.com",
    "GIT_COMMITTER_NAME": "A U Thor", "GIT_COMMITTER_EMAIL": "author@example.com",
}
MIB = 1024 * 1024


def git(repository, *arguments):
    command = ["git", "-C", str(repository), *arguments]
    return subprocess.run(command, check=True, env=GIT, stdout=subprocess.PIPE, text=True).stdout.strip()


def empty(path):
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(path)], check=True, env=GIT)
    # A collection in the background would disturb the next measurement.
    git(path, "config", "receive.autogc", "false")
    return path


def copy(repository, path):
    """A copy that shares the packs' files; Git never changes those in place."""
    subprocess.run(["cp", "-al", str(repository), str(path)], check=True)
    return path


def generate(path):
    """More than 100,000 objects, some hundred MiB before they are packed, in delta chains."""
    empty(path)
    settings = ["commits=20000", "files=400", "lines=300", "edits=2", "changed=100"]
    awk = ["awk", "-f", str(SCRIPTS / "history.awk"), *(word for s in settings for word in ("-v", s))]
    history = subprocess.Popen(awk, env=GIT, stdout=subprocess.PIPE)
    subprocess.run(["git", "-C", str(path), "fast-import", "--quiet"], check=True, env=GIT, stdin=history.stdout)
    if history.wait() != 0:
        sys.exit("the history could not be generated")
    git(path, "repack", "-adfq")


class Servers:
    """nginx and fcgiwrap with the configuration of the tests, in process groups of their own."""

    def __init__(self, folder):
        (folder / "temporary").mkdir()
        (folder / "users").write_text("")
        socket_of_programs = socket.socket(socket.AF_UNIX)
        socket_of_programs.bind(str(folder / "cgi.sock"))
        socket_of_programs.listen(64)
        http = socket.create_server(("127.0.0.1", 0))
        http.setblocking(False)
        self.port = http.getsockname()[1]
        text = (SCRIPTS.parent / "tests/support/nginx.conf").read_text()
        words = {"HTTPS": "", "HTTP": str(self.port), "FOLDER": str(folder), "PROGRAMS": git(".", "--exec-path")}
        for word, value in words.items():
            text = text.replace(f"@{word}@", value)
        (folder / "nginx.conf").write_text(text)
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
        nginx = ["nginx", "-p", str(folder), "-e", "error.log", "-c", "nginx.conf"]
        # Both take their listening socket from their standard input, so there is no start to wait for.
        self.programs = [
            subprocess.Popen(["fcgiwrap", "-c", "8"], stdin=socket_of_programs, env=GIT, **quiet),
            subprocess.Popen(nginx, stdin=http, env={**GIT, "NGINX": "0;"}, **quiet),
        ]
        socket_of_programs.close()
        http.close()

    def url(self, protocol, repository):
        return f"http://127.0.0.1:{self.port}/{protocol}/{repository.name}"

    def stop(self):
        for program in self.programs:
            os.killpg(program.pid, signal.SIGKILL)
            program.wait()


def measure(command, environment):
    """Wall time, CPU time and peak memory of a client and the programs it waits for, and what they wrote.

    A child's peak memory starts with that of the process which forked it, so a small shell forks the client, ends,
    and leaves it to this process (a subreaper) to be waited for.
    """
    os.sync()
    # The client's log stays in memory: it is none of what is written to disk.
    with open(os.memfd_create("log"), "w+b") as log:
        start = time.monotonic()
        shell = ["/bin/sh", "-c", '"$@" >&2 & echo $!', "sh", *command]
        pid = subprocess.run(shell, env=environment, stdout=subprocess.PIPE, stderr=log, check=True).stdout
        _, status, usage = os.wait4(int(pid), 0)
        wall = time.monotonic() - start
        if status != 0:
            log.seek(0)
            sys.exit(f"{command} ended with {status}:\n{log.read().decode(errors='replace')}")
    return {
        "wall": wall,
        "cpu": usage.ru_utime + usage.ru_stime,
        "memory": usage.ru_maxrss * 1024,
        "written": usage.ru_oublock * 512,
    }


class Bench:
    def __init__(self, binary, folder, servers):
        self.binary, self.folder, self.servers = binary, folder, servers
        self.repositories = folder / "repositories"

    def relay(self, protocol, source, destination):
        environment = {
            "TF_BUILD": "True", "HOME": str(self.folder), "TMPDIR": str(self.folder), "PATH": "/nonexistent",
            "INPUT_SOURCEGITREPOSITORYURI": self.servers.url(protocol, source),
            "INPUT_DESTINATIONGITREPOSITORYURI": self.servers.url(protocol, destination),
            "INPUT_SOURCEVERIFYSSLCERTIFICATE": "true", "INPUT_DESTINATIONVERIFYSSLCERTIFICATE": "true",
            "INPUT_INCLUDEREFS": "refs/heads/*\nrefs/tags/*", "INPUT_PRUNE": "true",
        }
        return measure([self.binary], environment)

    def clone_and_push(self, protocol, source, destination):
        clone = self.folder / "clone.git"
        script = 'git clone -q --mirror "$1" "$3" && git -C "$3" push -q --mirror "$2"'
        urls = [self.servers.url(protocol, source), self.servers.url(protocol, destination)]
        result = measure(["sh", "-c", script, "sh", *urls, str(clone)], GIT)
        shutil.rmtree(clone)
        return result

    def one(self, client, protocol, source, before):
        """One measurement into a fresh destination: empty, or a copy of `before`."""
        destination = self.repositories / "destination.git"
        if before is None:
            empty(destination)
        else:
            copy(before, destination)
        result = client(protocol, source, destination)
        listing = ["for-each-ref", "refs/heads", "refs/tags"]
        if git(source, *listing) != git(destination, *listing):
            sys.exit("the two sides differ after a run")
        shutil.rmtree(destination)
        return result


def ratio(ours, theirs):
    return f"{ours / theirs:.3f}" if theirs else "–"


def table(cases, results):
    """The results as Markdown."""
    names = {"wall": ("s", 1), "cpu": ("s", 1), "memory": ("MiB", MIB), "written": ("MiB", MIB)}
    titles = {"wall": "wall time", "cpu": "client CPU", "memory": "peak memory", "written": "written to disk"}
    lines = ["| case | measure | relay | clone and push | ratio |", "| --- | --- | ---: | ---: | ---: |"]
    for case in cases:
        for key, (unit, scale) in names.items():
            ours, theirs = (
                statistics.median(run[key] for run in results[case, client]) / scale for client in ("relay", "git")
            )
            lines.append(f"| {case} | {titles[key]} | {ours:.3f} {unit} | {theirs:.3f} {unit} | {ratio(ours, theirs)} |")
    return "\n".join(lines)


def write_readme(text):
    """Puts the text between the README's markers."""
    readme = Path(__file__).parent.parent / "README.md"
    before, rest = readme.read_text().split("<!-- bench -->")
    after = rest.split("<!-- /bench -->")[1]
    readme.write_text(f"{before}<!-- bench -->\n\n{text}\n\n<!-- /bench -->{after}")


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench")
    parser.add_argument("binary", help=argparse.SUPPRESS)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--readme", action="store_true", help="also put the table into README.md")
    parser.add_argument("repository", nargs="?", help="the repository to mirror; generated where none is given")
    arguments = parser.parse_intermixed_args()
    PR_SET_CHILD_SUBREAPER = 36
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    folder = Path(tempfile.mkdtemp(prefix="mirror-bench-"))
    servers = None
    try:
        repositories = folder / "repositories"
        repositories.mkdir()
        source = repositories / "source.git"
        if arguments.repository:
            clone = ["git", "clone", "-q", "--mirror", arguments.repository, str(source)]
            subprocess.run(clone, check=True, env=GIT)
        else:
            print("generating a repository…", file=sys.stderr)
            generate(source)
        objects = dict(line.split(": ") for line in git(source, "count-objects", "-v").splitlines())
        refs = len(git(source, "for-each-ref", "refs/heads", "refs/tags").splitlines())
        subject = (f"{int(objects['in-pack']) + int(objects['count']):,} objects, "
                   f"{int(objects['size-pack']) // 1024:,} MiB packed, {refs:,} refs; median of {arguments.runs} runs")

        servers = Servers(folder)
        bench = Bench(arguments.binary, folder, servers)
        mirrored = copy(source, repositories / "mirrored.git")
        newer = copy(source, repositories / "newer.git")
        branch = git(newer, "for-each-ref", "--count=1", "--format=%(refname)", "refs/heads")
        commit = git(newer, "commit-tree", "-p", branch, "-m", "One more", f"{branch}^{{tree}}")
        git(newer, "update-ref", branch, commit)

        cases = {
            "full mirror, v2": ("v2", source, None),
            "full mirror, v0": ("v0", source, None),
            "one new commit": ("v2", newer, mirrored),
            "nothing to do": ("v2", source, mirrored),
        }
        results = {}
        clients = {"relay": bench.relay, "git": bench.clone_and_push}
        for run in range(arguments.runs):
            for case, (protocol, origin, before) in cases.items():
                # By turns, and each goes first as often as the other.
                for name in sorted(clients, reverse=run % 2 == 0):
                    print(f"run {run + 1}: {case}: {name}", file=sys.stderr)
                    results.setdefault((case, name), []).append(
                        bench.one(clients[name], protocol, origin, before))
        text = f"{subject}:\n\n{table(cases, results)}"
        print(text)
        if arguments.readme:
            write_readme(f"Measured by `scripts/bench` on a 2-core machine that runs both servers too: {text}")
    finally:
        if servers:
            servers.stop()
        shutil.rmtree(folder)


main()
