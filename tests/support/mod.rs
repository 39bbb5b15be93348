//! What the tests stand on: repositories, real Git servers, faulty servers, and the task as an agent runs it.

pub(crate) mod cloud;
pub(crate) mod dice;
pub(crate) mod fault_proxy;
pub(crate) mod giftless;
pub(crate) mod git;
pub(crate) mod git_server;
pub(crate) mod github_app;
pub(crate) mod history;
pub(crate) mod host_double;
pub(crate) mod http;
pub(crate) mod lfs;
pub(crate) mod lfs_lab;
pub(crate) mod lfs_oracle;
pub(crate) mod lfs_pair;
pub(crate) mod lfs_server;
pub(crate) mod listener;
pub(crate) mod metered;
pub(crate) mod nginx;
pub(crate) mod pair;
pub(crate) mod proxy;
pub(crate) mod recorded;
pub(crate) mod relay;
pub(crate) mod scripted;
pub(crate) mod sshd;
pub(crate) mod task;
pub(crate) mod trials;
