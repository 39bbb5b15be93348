//! Git LFS between real servers, with the real client as the judge.

mod clone_directory;
mod dry_run;
mod folders;
mod large;
mod mirror;
mod missing;
mod support;
mod without;
