//! A GitHub App of the user's own, from its two inputs.

use std::fmt::Display;
use std::fs;

use super::input_error::InputError;
use super::inputs::{Caller, Input};
use super::job_variables;
use super::job_variables::PROJECT;
use super::reader::Reader;
use super::replaced;
use super::side_inputs::SideInputs;
use super::system_connection;
use super::system_connection::JobConnection;
use super::values::number;
use crate::auth::github_app::PrivateKey;
use crate::auth::jwt::SigningKey;
use crate::auth::secure_file::SecureFile;
use crate::secret::Secret;

/// A GitHub App.
pub(crate) struct GitHubApp {
    pub(crate) id: u64,
    pub(crate) key: PrivateKey,
}

impl Reader<'_> {
    /// Reads the App of a side.
    pub(crate) fn github_app(&mut self, inputs: &SideInputs) -> Result<GitHubApp, InputError> {
        let id = self.values.text(inputs.app_id)?;
        let id = id.ok_or_else(|| self.missing_part(inputs.app_id, inputs.app_key))?;
        let id = number(&id).filter(|id| *id != 0).ok_or_else(|| {
            let problem = format!("is '{id}', not the id of a GitHub App, which is a number");
            self.values.wrong(inputs.app_id, problem)
        })?;
        let key = self.values.text(inputs.app_key)?;
        let key = key.ok_or_else(|| self.missing_part(inputs.app_key, inputs.app_id))?;
        let key = match self.values.caller() {
            Caller::Agent => self.secure_file(inputs.app_key, &key).map(Box::new).map(PrivateKey::SecureFile),
            Caller::Person => self.key_file(inputs.app_key, &key).map(PrivateKey::Pem),
        }?;
        Ok(GitHubApp { id, key })
    }

    fn missing_part(&self, missing: &'static Input, other: &'static Input) -> InputError {
        let problem =
            format!("is empty: a GitHub App signs in by this and {} together", self.values.name(other));
        self.values.wrong(missing, problem)
    }

    /// Prepares to get a secure file of the pipeline by its id.
    fn secure_file(&mut self, input: &'static Input, id: &str) -> Result<SecureFile, InputError> {
        let environment = self.environment;
        let place = self.values.place(input);
        let wrong = |problem: String| InputError::plain(place, problem);
        let not_given = || {
            let problem = "names a secure file that this run was not given: check that it exists and that the pipeline \
                           may use it";
            wrong(problem.to_owned())
        };
        let unreachable =
            |reason: &dyn Display| wrong(format!("names a secure file that this run cannot get: {reason}"));
        let ticket = format!("SECUREFILE_TICKET_{id}");
        if let Some(variable) = environment.replaced(|name| name == ticket.to_uppercase()) {
            return Err(wrong(replaced::problem("names a secure file that is", &variable)));
        }
        let ticket = environment.text(&ticket).map(Secret::new).ok_or_else(not_given)?;
        let project = job_variables::id(environment, PROJECT).map_err(|reason| unreachable(&reason))?;
        let JobConnection { base, token } =
            system_connection::of_job(environment).map_err(|reason| unreachable(&reason))?;
        let network = self.network_of_job(&base)?;
        SecureFile::new(base, project, id, ticket, token, network).ok_or_else(not_given)
    }

    /// Reads a key, and makes sure now that it can sign: later, half of the work would be done.
    fn key_file(&self, input: &'static Input, path: &str) -> Result<Secret, InputError> {
        let unusable = |problem: String| {
            self.values.wrong(input, format!("names the file '{path}', which cannot be {problem}"))
        };
        let pem = fs::read_to_string(path).map(Secret::new);
        let pem = pem.map_err(|error| unusable(format!("read: {error}")))?;
        SigningKey::from_pem(&pem).map_err(|error| unusable(format!("used: {error}")))?;
        Ok(pem)
    }
}
