//! The variables by which the agent says which job this is.

use thiserror::Error;

use crate::agent::environment::Environment;
use crate::text::guid::is_guid;

/// The id of the pipeline's project.
pub(crate) const PROJECT: &str = "System.TeamProjectId";

/// The reason why a variable of the job cannot be used; a sentence of its own.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum JobVariableError {
    /// It is empty.
    #[error("this run was not given {0}")]
    Missing(&'static str),
    /// It would make another path.
    #[error("{0} is not {1}")]
    Wrong(&'static str, &'static str),
}

/// Returns an id, by the name of its variable in a pipeline.
pub(crate) fn id<'a>(environment: &'a Environment, name: &'static str) -> Result<&'a str, JobVariableError> {
    checked(environment, name, is_guid, "a GUID")
}

/// Returns a word, by the name of its variable in a pipeline.
pub(crate) fn word<'a>(
    environment: &'a Environment,
    name: &'static str,
) -> Result<&'a str, JobVariableError> {
    checked(
        environment,
        name,
        |word| word.bytes().all(|byte| byte.is_ascii_alphabetic()),
        "a word of letters",
    )
}

fn checked<'a>(
    environment: &'a Environment,
    name: &'static str,
    is_right: impl Fn(&str) -> bool,
    wanted: &'static str,
) -> Result<&'a str, JobVariableError> {
    let value = environment.text(&name.replace('.', "_").to_uppercase());
    let value = value.ok_or(JobVariableError::Missing(name))?;
    if is_right(value) { Ok(value) } else { Err(JobVariableError::Wrong(name, wanted)) }
}
