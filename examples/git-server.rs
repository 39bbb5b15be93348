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
use clap::{Arg, Command};
use git_server::{Config, GitServer, Protocol, Request};

fn main() -> anyhow::Result<()> {
    let config = config()?;
    let server = GitServer::start(config, print)?;
    println!("{}", server.url(""));
    loop {
        std::thread::park();
    }
}

fn config() -> anyhow::Result<Config> {
    let command = Command::new("git-server").args([
        Arg::new("FOLDER").required(true),
        Arg::new("token").long("token"),
        Arg::new("protocol").long("protocol").value_parser(["v0", "v2"]),
    ]);
    let mut given = command.get_matches();
    let protocol = match given.remove_one::<String>("protocol").as_deref() {
        Some("v0") => Protocol::V0,
        _ => Protocol::V2,
    };
    let root = given.remove_one::<String>("FOLDER").context("no folder given")?.into();
    Ok(Config { root, protocol, token: given.remove_one("token") })
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
