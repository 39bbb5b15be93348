//! Git LFS between real servers, with the real client as the judge.

mod support;
