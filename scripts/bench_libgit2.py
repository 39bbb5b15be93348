"""A mirror by way of a clone with libgit2. Usage: bench_libgit2.py SOURCE_URL FOLDER DESTINATION_URL"""

import sys

import pygit2

source, folder, destination = sys.argv[1:]
repository = pygit2.init_repository(folder, bare=True)
refspecs = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"]
repository.remotes.create_anonymous(source).fetch(refspecs)
repository.remotes.create_anonymous(destination).push([f"+{ref}:{ref}" for ref in repository.references])
