//! Git LFS between real servers, with the real client as the judge.

mod large;
mod mirror;
mod missing;
mod support;
mod without;
