//! Serves the Git repositories of a folder on loopback, for trying a mirror without any other server:
//! `git-server FOLDER [--token TOKEN] [--protocol v0]`. Prints its address, then one line a request.

#![expect(clippy::print_stdout, reason = "its standard output is its log")]

#[path = "../tests/support/git_server.rs"]
mod git_server;
#[path = "../tests/support/http.rs"]
mod http;
#[path = "../tests/support/listener.rs"]
mod listener;

use anyhow::Context as _;
use git_server::{Config, GitServer, Protocol, Request};
use lexopt::prelude::*;

fn main() -> anyhow::Result<()> {
    let config = config().context("usage: git-server FOLDER [--token TOKEN] [--protocol v0|v2]")?;
    let server = GitServer::start(config, print)?;
    println!("{}", server.url(""));
    loop {
        std::thread::park();
    }
}

fn config() -> anyhow::Result<Config> {
    let (mut root, mut token, mut protocol) = (None, None, Protocol::V2);
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("token") => token = Some(arguments.value()?.string()?),
            Long("protocol") => {
                protocol = match arguments.value()?.string()?.as_str() {
                    "v0" => Protocol::V0,
                    "v2" => Protocol::V2,
                    other => anyhow::bail!("no such protocol: '{other}'"),
                }
            }
            Value(folder) if root.is_none() => root = Some(folder.into()),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(Config { root: root.context("no folder given")?, protocol, token })
}

fn print(request: &Request) {
    let Request { client, head, framing, length, body, status } = request;
    println!(
        "{client}: {status} {} {} {framing:?} {length} bytes, {} kept",
        head.method,
        head.target,
        body.len()
    );
}
