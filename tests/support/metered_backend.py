"""Runs git http-backend as fcgiwrap would, and notes the time of processors that a request took with all its programs."""

import ctypes
import os
import resource
import signal
import subprocess
import sys

# What upload-pack leaves behind when its client has gone is waited for here.
PR_SET_CHILD_SUBREAPER = 36
ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
# fcgiwrap ends the program of a client that has gone. Git's own programs notice that by themselves.
signal.signal(signal.SIGTERM, lambda *_: None)

backend, notes = sys.argv[1:]
subprocess.Popen([backend])
for stream in [0, 1]:
    os.close(stream)
try:
    while True:
        os.wait()
except ChildProcessError:
    pass
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
note = f"{os.environ['REQUEST_ID']} {round((usage.ru_utime + usage.ru_stime) * 1_000_000)}\n"
with open(notes, "a") as file:
    file.write(note)
