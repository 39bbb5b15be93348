"""The Git servers of scripts/bench: nginx and fcgiwrap with the configuration of the tests."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass

import bench_many
from bench_lfs import Giftless
from bench_repositories import GIT, SCRIPTS, git

# At the same time: four mirrors, and each asks for more while its pack is on its way.
PROGRAMS = "32"


def listener():
    """A socket on a free port, in the way that nginx has its own."""
    each = socket.create_server(("127.0.0.1", 0))
    each.setblocking(False)
    return each


@dataclass(frozen=True)
class Protocols:
    """The newest protocol that each side answers with, and the network that leads to both."""
    source: str
    destination: str
    network: str = "near"


V2, V0, V0_TO_V2 = Protocols("v2", "v2"), Protocols("v0", "v0"), Protocols("v0", "v2")
FAR = Protocols("v2", "v2", "far")


class Servers:
    """In process groups of their own."""

    def __init__(self, folder, giftless, lfs_way):
        self.traffic = folder / "traffic.log"
        self.programs, self.lfs = [], {}
        # nginx takes those over that its configuration names.
        listeners = []
        for part in ["temporary", "server", "http"]:
            (folder / part).mkdir()
        (folder / "server" / "many.conf").write_text(bench_many.LOCATIONS.format(folder=folder))
        if giftless:
            for name in ["lfs-source", "destination"]:
                (folder / name).mkdir()
                listeners.append(listener())
                self.lfs[name] = Giftless(giftless, folder / name, name, lfs_way, listeners[-1])
            servers = self.lfs.values()
            (folder / "server" / "lfs.conf").write_text("".join(server.proxy() for server in servers))
            (folder / "http" / "storage.conf").write_text("".join(server.server_of_storage() for server in servers))
        (folder / "users").write_text("")
        socket_of_programs = socket.socket(socket.AF_UNIX)
        socket_of_programs.bind(str(folder / "cgi.sock"))
        socket_of_programs.listen(64)
        listeners.append(listener())
        self.port = listeners[-1].getsockname()[1]
        (folder / "nginx.conf").write_text(self._configuration(folder))
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
        nginx = ["nginx", "-p", str(folder), "-e", "error.log", "-c", "nginx.conf"]
        # Both take listening sockets over, so there is no start to wait for.
        sockets = [each.fileno() for each in listeners]
        inherited = {**GIT, "NGINX": "".join(f"{number};" for number in sockets)}
        self.programs = [
            subprocess.Popen(["fcgiwrap", "-c", PROGRAMS], stdin=socket_of_programs, env=GIT, **quiet),
            subprocess.Popen(nginx, pass_fds=sockets, env=inherited, **quiet),
        ]
        far = listener()
        delay = [sys.executable, str(SCRIPTS / "bench_delay.py"), str(far.fileno()), str(self.port)]
        self.programs.append(subprocess.Popen(delay, pass_fds=[far.fileno()], env=GIT, **quiet))
        self.ports = {"near": self.port, "far": far.getsockname()[1]}
        for each in [socket_of_programs, far, *listeners]:
            each.close()
        for server in self.lfs.values():
            server.wait()

    def _configuration(self, folder):
        text = (SCRIPTS.parent / "tests/support/nginx.conf").read_text()
        words = {"HTTPS": "", "HTTP": str(self.port), "FOLDER": str(folder), "PROGRAMS": git(".", "--exec-path")}
        for word, value in words.items():
            text = text.replace(f"@{word}@", value)
        log = f"log_format traffic '$request_length $bytes_sent $uri';\n  access_log {self.traffic} traffic;"
        # libgit2 connects for its push, and then packs for minutes before it sends anything.
        log += "\n  keepalive_timeout 1h;\n  client_body_timeout 1h;"
        assert "access_log off;" in text, "nginx.conf has no place for the log of the traffic"
        return text.replace("access_log off;", log)

    def urls(self, protocols, source, destination):
        host = f"http://127.0.0.1:{self.ports[protocols.network]}"
        return f"{host}/{protocols.source}/{source.name}", f"{host}/{protocols.destination}/{destination.name}"

    def url_of_container(self, container):
        return f"http://127.0.0.1:{self.port}/{container.name}"

    def wire(self):
        """The number of requests since the last call, and the bytes of them and their answers, headers included."""
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/counted")
        except urllib.error.HTTPError:
            pass
        # nginx writes a request down when it is through with it, one after the other.
        while not (text := self.traffic.read_text()).endswith(" /counted\n"):
            time.sleep(0.01)
        os.truncate(self.traffic, 0)
        lines = (line.split(" ", 2) for line in text.splitlines())
        sizes = [int(received) + int(sent) for received, sent, uri in lines if uri != "/counted"]
        return {"requests": len(sizes), "wire": sum(sizes)}

    def stop(self):
        for program in self.programs:
            os.killpg(program.pid, signal.SIGKILL)
            program.wait()
        for server in self.lfs.values():
            server.stop()
