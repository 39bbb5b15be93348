//! The task's binary: the environment in, an exit status out.

fn main() {}
