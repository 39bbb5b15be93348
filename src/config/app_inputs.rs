//! A GitHub App of the user's own, from its two inputs.

use std::fs;

use super::input_error::InputError;
use super::inputs::{Caller, Input};
use super::reader::Reader;
use super::replaced;
use super::side_inputs::SideInputs;
use super::system_connection;
use super::way::Way;
use crate::auth::github_app::PrivateKey;
use crate::auth::secure_file::SecureFile;
use crate::secret::Secret;

/// A GitHub App.
pub(crate) struct GitHubApp {
    pub(crate) id: u64,
    pub(crate) key: PrivateKey,
}

impl Reader<'_> {
    /// Reads the App of a side.
    pub(crate) fn github_app(&self, inputs: &SideInputs) -> Result<GitHubApp, InputError> {
        let id = self.values.text(inputs.app_id)?;
        let id = id.ok_or_else(|| self.missing_part(inputs.app_id, inputs.app_key))?;
        let id = id.parse().ok().filter(|id| *id != 0).ok_or_else(|| {
            let problem = format!("is '{id}', not the id of a GitHub App, which is a number");
            self.values.wrong(inputs.app_id, problem)
        })?;
        let key = self.values.text(inputs.app_key)?;
        let key = key.ok_or_else(|| self.missing_part(inputs.app_key, inputs.app_id))?;
        let key = match self.values.caller() {
            Caller::Agent => self.secure_file(inputs.app_key, &key).map(Box::new).map(PrivateKey::SecureFile),
            Caller::Person => self.file(inputs.app_key, &key).map(PrivateKey::Pem),
        }?;
        Ok(GitHubApp { id, key })
    }

    fn missing_part(&self, missing: &'static Input, other: &'static Input) -> InputError {
        let problem =
            format!("is empty: a GitHub App signs in by this and {} together", self.values.name(other));
        self.values.wrong(missing, problem)
    }

    /// Prepares to get a secure file of the pipeline by its id.
    fn secure_file(&self, input: &'static Input, id: &str) -> Result<SecureFile, InputError> {
        let not_given = || {
            let problem = "names a secure file that this run was not given: check that it exists and that the pipeline \
                           may use it";
            self.values.error_without_example(input, problem)
        };
        let environment = self.environment;
        let ticket = format!("SECUREFILE_TICKET_{id}");
        if let Some(variable) = environment.replaced(|name| name == ticket.to_uppercase()) {
            let problem = replaced::problem("names a secure file that is", &variable);
            return Err(self.values.error_without_example(input, problem));
        }
        let ticket = environment.text(&ticket).ok_or_else(not_given)?;
        let token = system_connection::token(environment).ok_or_else(not_given)?;
        let base = system_connection::address(environment).ok_or_else(not_given)?;
        let project = environment.text("SYSTEM_TEAMPROJECTID").unwrap_or_default();
        let Way { network, verification, .. } = self.way_to(&base, None)?;
        SecureFile::new(base, project, id, Secret::new(ticket), token, (network, verification))
            .ok_or_else(not_given)
    }

    fn file(&self, input: &'static Input, path: &str) -> Result<Secret, InputError> {
        fs::read_to_string(path).map(Secret::new).map_err(|error| {
            self.values.wrong(input, format!("names the file '{path}', which cannot be read: {error}"))
        })
    }
}
