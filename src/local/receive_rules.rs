//! The rules by which a repository takes pushes: its `receive.*` settings, as `git receive-pack` reads them.

use git2::{Config, ErrorCode, Repository};

use super::hidden_refs::HiddenRefs;

/// The pushes that a repository allows. The default allows everything: nobody pushes to a clone of the task's own.
#[derive(Debug, Default)]
pub(crate) struct ReceiveRules {
    /// `receive.denyDeletes`, of branches.
    pub(crate) deletions: Permission,
    /// `receive.denyNonFastForwards`, of branches.
    pub(crate) non_fast_forwards: Permission,
    /// `receive.denyCurrentBranch`, of branches that a work tree has.
    pub(crate) current_branch: Option<Deny>,
    /// `receive.denyDeleteCurrent`, of the branch of `HEAD`.
    pub(crate) delete_current: Option<Deny>,
    /// `receive.hideRefs` and `transfer.hideRefs`.
    pub(crate) hidden: HiddenRefs,
}

/// A permission.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Permission {
    #[default]
    Allowed,
    Denied,
}

/// The answer to a push to a current branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deny {
    Ignore,
    Warn,
    Refuse,
    UpdateInstead,
}

impl ReceiveRules {
    /// Reads the configuration, the user's and the machine's included.
    ///
    /// # Errors
    /// A value that Git does not take either.
    pub(crate) fn of(repository: &Repository) -> Result<Self, git2::Error> {
        let config = repository.config()?.snapshot()?;
        Ok(Self {
            deletions: permission(&config, "receive.denyDeletes")?,
            non_fast_forwards: permission(&config, "receive.denyNonFastForwards")?,
            current_branch: deny(&config, "receive.denyCurrentBranch")?,
            delete_current: deny(&config, "receive.denyDeleteCurrent")?,
            hidden: HiddenRefs::of(&config)?,
        })
    }
}

fn permission(config: &Config, name: &str) -> Result<Permission, git2::Error> {
    let denied = found(config.get_bool(name))?.unwrap_or_default();
    Ok(if denied { Permission::Denied } else { Permission::Allowed })
}

fn deny(config: &Config, name: &str) -> Result<Option<Deny>, git2::Error> {
    let Some(value) = found(config.get_string(name))? else { return Ok(None) };
    Ok(Some(match value.to_lowercase().as_str() {
        "ignore" => Deny::Ignore,
        "warn" => Deny::Warn,
        "refuse" => Deny::Refuse,
        "updateinstead" => Deny::UpdateInstead,
        // From the time when it was true or false.
        _ if Config::parse_bool(value.as_str())? => Deny::Refuse,
        _ => Deny::Ignore,
    }))
}

fn found<T>(value: Result<T, git2::Error>) -> Result<Option<T>, git2::Error> {
    match value {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
