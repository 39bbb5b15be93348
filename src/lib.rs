//! Makes Git repositories exact copies of others by relaying the pack: one, or all of a project. It is a task of Azure
//! Pipelines.
//!
//! # One step
//!
//! ```text
//!  agent::environment ─► config::flags, config::step::read ─► Step: its two addresses, and what holds for each mirror
//!                                      │
//!                        app::listing, where they are containers: a MirrorSpec for each repository
//!                        app::workers, several at the same time
//!                        app::attempts, from the listing again where what went wrong can pass
//!                                      │ each side on a thread of its own
//!                   ┌──────────────────┴─────────────────┐
//!            transport::UploadPack              transport::ReceivePack
//!            lists the source                   lists the destination
//!                   └──────────────────┬─────────────────┘
//!                               mirror::mirror
//!     plan ─► push queue ◄─► relay (source's pack ─► destination's push) ─► list again ─► verify
//!                                      │
//!             Report ─► MirrorOutcome ─► StepOutcome ─► report::finish ─► log, issues, variables, page, result
//! ```
//!
//! `protocol` holds Git's messages and `mirror::plan`, `mirror::push` and `mirror::verify` the decisions, all without
//! I/O; `transport` and `local` move bytes; `agent` is the only place that reads the environment and writes output.
//! Events go up by one wire: `mirror`, `transport` and `local` send each event, a server's text among
//! them, to `mirror::events::Events`, and `report::progress` makes lines of the log of it. Nothing comes back by it.
//! `lfs` copies the objects of Git LFS from one side to the other before the refs that need them, as the gate of the relay
//! (`mirror::gate`). `containers` makes the mirrors of a list; the lists of hosts are read in `hosts::listing`.
//! CONTRIBUTING.md says what each folder holds and which it may import.
//!
//! # What it does not do
//!
//! Between two servers nothing is cloned, unpacked or kept: no object is read by this program, and nothing is
//! written to disk but the run's page. The exceptions are a local repository, the clone directory where one is
//! asked for, and a pack whose destination does not wait for its source.

pub mod agent;
pub mod app;
pub mod auth;
pub mod cancel;
pub mod clock;
pub mod config;
pub mod containers;
pub mod error;
pub mod homepage;
pub mod hosts;
pub mod http;
pub mod lfs;
pub mod local;
pub mod mirror;
pub mod protocol;
pub mod remote;
pub mod report;
pub mod secret;
pub mod temp_dirs;
pub mod text;
pub mod transport;
mod wording;

pub use app::step::main;
