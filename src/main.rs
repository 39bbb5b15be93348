//! The task's binary: the environment in, an exit status out.

use std::process::ExitCode;

use mirror_git_repository::agent::environment::Environment;

fn main() -> ExitCode {
    mirror_git_repository::main(&Environment::of_process())
}
