"""What scripts/bench compares, and how it measures one run."""

import os
import shutil
import socket
import statistics
import subprocess
import sys
import time

import bench_many
from bench_repositories import GIT, MIB, SCRIPTS, copy, empty, refs, size_of_packs


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


def pkt_line(text):
    return f"{len(text.encode()) + 4:04x}{text}"


class Clients:
    def __init__(self, binary, python, folder, servers):
        self.binary, self.python, self.folder, self.servers = binary, python, folder, servers
        self.clone = folder / "clone.git"

    def _inputs(self, source, destination):
        return {
            "TF_BUILD": "True", "HOME": str(self.folder), "TMPDIR": str(self.folder), "PATH": "/nonexistent",
            "INPUT_SOURCEGITREPOSITORYURI": source, "INPUT_DESTINATIONGITREPOSITORYURI": destination,
            "INPUT_SOURCEVERIFYSSLCERTIFICATE": "true", "INPUT_DESTINATIONVERIFYSSLCERTIFICATE": "true",
            "INPUT_INCLUDEREFS": "refs/heads/*\nrefs/tags/*", "INPUT_PRUNE": "true",
        }

    def _over_http(self, command, environment):
        self.servers.wire()
        result = measure(command, environment)
        return {**result, **self.servers.wire()}

    def _relay(self, protocols, source, destination, **inputs):
        urls = self.servers.urls(protocols, source, destination)
        return self._over_http([self.binary], {**self._inputs(*urls), **inputs})

    def relay(self, protocols, source, destination):
        return self._relay(protocols, source, destination)

    def relay_without_lfs(self, protocols, source, destination):
        return self._relay(protocols, source, destination, INPUT_LFS="none")

    def relay_in_parts(self, protocols, source, destination):
        """By pushes of at most a tenth of all."""
        part = max(size_of_packs(source) // 10 // MIB, 1)
        return self._relay(protocols, source, destination, INPUT_MAXPUSHSIZE=f"{part} MiB")

    def git(self, protocols, source, destination):
        """The usual way."""
        return self._by_clone(protocols, source, destination, 'git -C "$2" push -q --mirror "$3"')

    def git_lfs(self, protocols, source, destination):
        """The usual way with Git LFS: the objects before the refs, as hosts want it."""
        lfs = 'git -C "$2" lfs fetch --all origin && git -C "$2" lfs push --all "$3"'
        return self._by_clone(protocols, source, destination, lfs + ' && git -C "$2" push -q --mirror "$3"')

    def _by_clone(self, protocols, source, destination, rest):
        script = f'git clone -q --mirror "$1" "$2" && {rest}'
        urls = self.servers.urls(protocols, source, destination)
        # The client of Git LFS writes its settings there.
        environment = {**GIT, "HOME": str(self.folder)}
        result = self._over_http(["sh", "-c", script, "sh", urls[0], str(self.clone), urls[1]], environment)
        shutil.rmtree(self.clone)
        return result

    def relay_of_many(self, _, source, destination):
        """One run for a container. Each side's host tells what is in it."""
        kinds = {"INPUT_SOURCEHOSTKIND": "gitea", "INPUT_DESTINATIONHOSTKIND": "gitea"}
        for container in [source, destination]:
            bench_many.write_list(self.folder / "interface", container)
        urls = self.servers.url_of_container(source), self.servers.url_of_container(destination)
        environment = {**self._inputs(*urls), **kinds, "INPUT_PARALLELREPOSITORIES": "4"}
        return self._over_http([self.binary], environment)

    def git_of_many(self, _, source, destination):
        """The usual way with many: one after the other, of a list of names that somebody keeps."""
        names = self.folder / "names"
        names.write_text("".join(f"{repository.name}\n" for repository in bench_many.repositories(source)))
        each = 'git clone -q --mirror "$1/$name" "$2/$name" && git -C "$2/$name" push -q --mirror "$3/$name" || exit'
        urls = self.servers.url_of_container(source), self.servers.url_of_container(destination)
        arguments = ["sh", urls[0], str(self.clone), urls[1], str(names)]
        result = self._over_http(["sh", "-c", f'while read -r name; do {each}; done <"$4"', *arguments], GIT)
        shutil.rmtree(self.clone)
        return result

    def floor_of_many(self, _, source, destination):
        """What the servers have to do where nothing changed: each side of each repository lists its refs, four pairs at once."""
        urls = self.servers.url_of_container(source), self.servers.url_of_container(destination)
        services = zip(urls, ["git-upload-pack", "git-receive-pack"])
        lists = [(f"{url}/{repository.name}/info/refs?service={service}")
                 for url, service in services for repository in bench_many.repositories(source)]
        requests = self.folder / "requests"
        requests.write_text("".join(f'url = "{url}"\noutput = "/dev/null"\n' for url in lists))
        curl = ["curl", "--silent", "--fail", "--parallel", "--parallel-immediate", "--parallel-max", "8", "--config", str(requests)]
        wall = self._over_http(curl, GIT)["wall"]
        # The mirror of this way is made afterwards: it is compared like the others.
        self.relay_of_many(_, source, destination)
        return {"wall": wall}

    def libgit2(self, protocols, source, destination):
        """The usual way with libgit2, which knows protocol v0 only; includes the start of Python."""
        urls = self.servers.urls(protocols, source, destination)
        script = str(SCRIPTS / "bench_libgit2.py")
        result = self._over_http([self.python, script, urls[0], str(self.clone), urls[1]], GIT)
        shutil.rmtree(self.clone)
        return result

    def floor(self, _, source, destination):
        """What the servers have to do anyway: pack-objects of the one, straight into receive-pack of the other."""
        wanted, had = refs(source), refs(destination)
        zero = "0" * len(next(iter(wanted.values())))
        changed = [(had.get(ref, zero), oid, ref) for ref, oid in wanted.items() if had.get(ref) != oid]
        changed += [(had[ref], zero, ref) for ref in had.keys() - wanted.keys()]
        capabilities = "\0report-status delete-refs ofs-delta object-format=" + ("sha1" if len(zero) == 40 else "sha256")
        lines = [f"{old} {new} {ref}" for old, new, ref in changed]
        lines[0] += capabilities
        commands, revisions = self.folder / "commands", self.folder / "revisions"
        commands.write_text("".join(map(pkt_line, lines)) + "0000")
        tips = {new for _, new, _ in changed} - {zero}
        revisions.write_text("".join(f"{oid}\n" for oid in tips) + "".join(f"^{oid}\n" for oid in set(had.values())))
        pack = "git -C \"$1\" pack-objects -q --revs --stdout --delta-base-offset" + (" --thin" if had else "")
        script = f'{{ cat "$3"; {pack} <"$4"; }} | git receive-pack --stateless-rpc "$2"'
        paths = map(str, (source, destination, commands, revisions))
        return {"wall": measure(["sh", "-c", script, "sh", *paths], GIT)["wall"]}

    def one(self, name, case):
        """One measurement into a fresh destination: empty, or a copy of what the case has there."""
        destination = self.folder / "repositories" / case.destination
        if case.before is None:
            empty(destination)
        else:
            copy(case.before, destination)
        result = getattr(self, name)(case.protocols, case.source, destination)
        if case.refs(case.source) != case.refs(destination):
            sys.exit(f"the two sides differ after a run of {name}")
        if case.has_lfs:
            source_objects, objects = self.servers.lfs["lfs-source"], self.servers.lfs["destination"]
            if source_objects.stored() != objects.stored():
                sys.exit(f"the LFS objects of the two sides differ after a run of {name}")
            objects.clear()
        shutil.rmtree(destination)
        return result

    def start(self):
        """Seconds from the start of the relay to the first byte of its first request."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            # The relay refuses to mirror a repository into itself.
            environment = self._inputs(f"{url}/source.git", f"{url}/destination.git")
            listener.settimeout(60)
            start = time.monotonic()
            relay = subprocess.Popen([self.binary], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                connection, _ = listener.accept()
                with connection:
                    connection.recv(1)
                    return time.monotonic() - start
            finally:
                relay.kill()
                relay.wait()

    def median_start(self, runs=20):
        return statistics.median(self.start() for _ in range(runs))
