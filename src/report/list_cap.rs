//! The bound of lists that people read.

/// Number of refs that a list of the log or the page names; more are counted.
pub(crate) const LISTED: usize = 200;
