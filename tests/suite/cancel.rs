//! Ends of a run from outside.
