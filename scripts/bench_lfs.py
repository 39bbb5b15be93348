"""Git LFS in scripts/bench: a server for each side, and a repository with many objects."""

import hashlib
import os
import random
import shutil
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from bench_repositories import GIT, SCRIPTS, empty, git

# The owner of all repositories, as giftless sees it.
OWNER = "bench"
KIB, MIB = 1024, 1024 * 1024
ATTRIBUTES = "*.bin filter=lfs diff=lfs merge=lfs -text\n"
FILES_OF_A_COMMIT = 100

# As the tests start it.
SUPPORT = SCRIPTS.parent / "tests" / "support"

# Where the bytes of the objects pass: a storage that the LFS server links to, as GitHub, GitLab and Azure DevOps have it, or
# the LFS server itself.
STORAGE, STREAMING = "storage", "streaming"
SETTINGS = {STORAGE: SCRIPTS / "bench_storage.yaml", STREAMING: SUPPORT / "giftless.yaml"}

# nginx in front of it, at the origin of the repositories, as hosts have it.
PROXY = """
location ~ ^/(v0|v2)/(?<lfs>{name}\\.git/info/lfs/.*)$ {{
  {settings}
  proxy_pass http://127.0.0.1:{port}/{owner}/$lfs;
}}
location /{owner}/{name}.git/ {{
  {settings}
  proxy_pass http://127.0.0.1:{port};
}}
"""
PROXY_SETTINGS = """
  proxy_http_version 1.1;
  proxy_request_buffering off;
  proxy_buffering off;
  proxy_read_timeout 600s;
  proxy_send_timeout 600s;
  proxy_set_header Connection "";
  proxy_set_header Host $http_host;
  proxy_set_header X-Forwarded-Proto $scheme;
"""
# The storage: an origin of its own, where nginx alone gives and takes objects.
SERVER_OF_STORAGE = """
server {{
  listen 127.0.0.1:{port};
  root {folder};
  sendfile on;
  dav_methods PUT;
}}
"""


class Giftless:
    """The LFS server of one repository, in a process group of its own; `storage` is the socket of its storage's server."""

    def __init__(self, python, folder, name, way, storage):
        self.name, self.folder, self.objects = name, folder / "objects", folder / "objects" / OWNER / name
        self.objects.mkdir(parents=True)
        self.storage_port = storage.getsockname()[1]
        settings = SETTINGS[way].read_text().replace("OBJECTS", str(self.folder))
        own_settings = folder / "giftless.yaml"
        own_settings.write_text(settings.replace("LINKS", f"http://127.0.0.1:{self.storage_port}"))
        listener = socket.create_server(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]
        environment = {**GIT, "GIFTLESS_CONFIG_FILE": str(own_settings), "TMPDIR": str(folder)}
        environment["PYTHONPATH"] = str(SCRIPTS)
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
        self.program = subprocess.Popen([python, SUPPORT / "serve_giftless.py"], stdin=listener, cwd=folder, env=environment, **quiet)
        listener.close()

    def wait(self):
        """Returns once it answers: Python takes its time to start."""
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/")
        except urllib.error.HTTPError:
            pass

    def proxy(self):
        """The part of nginx's configuration that leads here."""
        return PROXY.format(name=self.name, port=self.port, owner=OWNER, settings=PROXY_SETTINGS)

    def server_of_storage(self):
        """The part of nginx's configuration that is the storage's server."""
        return SERVER_OF_STORAGE.format(port=self.storage_port, folder=self.folder)

    def stored(self):
        """The names of the objects, and their sizes."""
        return {file.name: file.stat().st_size for file in self.objects.iterdir()}

    def clear(self):
        shutil.rmtree(self.objects)
        self.objects.mkdir()

    def stop(self):
        os.killpg(self.program.pid, signal.SIGKILL)
        self.program.wait()


def sizes(count, large):
    """From 1 KiB to 1 MiB, as many of each magnitude, and a large one."""
    dice = random.Random(1)
    return [int(KIB * 1024 ** dice.random()) for _ in range(count)] + ([large * MIB] if large else [])


def store(objects, size, seed):
    """Writes an object that does not compress into a folder, and returns its pointer."""
    dice, left, digest = random.Random(seed), size, hashlib.sha256()
    growing = objects / "growing"
    with open(growing, "wb") as file:
        while left:
            piece = dice.randbytes(min(left, MIB))
            digest.update(piece)
            file.write(piece)
            left -= len(piece)
    growing.rename(objects / digest.hexdigest())
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest.hexdigest()}\nsize {size}\n"


def generate(servers, count, large, path):
    """A repository with the pointers of many objects, which its server gets; a commit for each hundred."""
    objects = servers.lfs[path.stem].objects
    empty(path)
    pointers = [store(objects, size, seed) for seed, size in enumerate(sizes(count, large))]
    files = [(".gitattributes", ATTRIBUTES)]
    files += [(f"assets/{number // 100:03}/{number:05}.bin", pointer) for number, pointer in enumerate(pointers)]
    stream = ""
    for start in range(0, len(files), FILES_OF_A_COMMIT):
        stream += "commit refs/heads/main\ncommitter A U Thor <author@example.com> 1700000000 +0000\ndata 0\n"
        for name, text in files[start : start + FILES_OF_A_COMMIT]:
            stream += f"M 100644 inline {name}\ndata {len(text)}\n{text}\n"
    git(path, "fast-import", "--quiet", stdin=stream)
    git(path, "repack", "-adq")
    return path


def python_with_giftless():
    """The Python that scripts/bench has installed giftless for; none where it could not."""
    python = SCRIPTS.parent / "target/giftless/bin/python"
    return str(python) if Path(python).exists() else None
