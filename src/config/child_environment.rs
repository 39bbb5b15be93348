//! The environment of a child process: everything but the job's secrets.
//!
//! The agent gives all secrets of the job to every task, in the environment, and `ssh` would hand them on to
//! whatever a user's configuration makes it run.

use std::ffi::{OsStr, OsString};

use serde_json::Value;

use super::inputs::{HEARTBEAT, HEARTBEAT_VARIABLE, InputKind, TABLE};
use crate::agent::environment::Environment;
use crate::auth::credentials::Credentials;
use crate::hosts::Host;
use crate::secret::Secret;
use crate::text::invisible::trimmed;
use crate::transport::ssh_program::{ChildEnvironment, SshProgram};

/// Prefixes by which the agent names a task's inputs, the job's secrets, service connections, secure files and
/// variables of a task. `VSTS_PROCESS_LOOKUP_ID` is none of them: by it the agent finds processes left behind.
const PREFIXES: [&str; 5] = ["INPUT_", "SECRET_", "ENDPOINT_", "SECUREFILE_", "VSTS_TASKVARIABLE_"];

/// Other variables that hold secrets, or their names.
const NAMES: [&str; 6] = [
    HEARTBEAT_VARIABLE,
    "SYSTEM_ACCESSTOKEN",
    "SOURCE_TOKEN",
    "DESTINATION_TOKEN",
    "VSTS_PUBLIC_VARIABLES",
    "VSTS_SECRET_VARIABLES",
];

/// Secrets of the machine's own identity of Microsoft Entra, by the names that Microsoft's libraries read.
const AZURE_SECRETS: [&str; 4] =
    ["AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PASSWORD", "AZURE_FEDERATED_TOKEN", "IDENTITY_HEADER"];

/// Endings of the keys under which a service connection has a secret.
const KEYS_OF_SECRETS: [&str; 6] = ["PASSWORD", "TOKEN", "SECRET", "KEY", "PASSPHRASE", "CERTIFICATE"];

/// Variables that a child needs. A secret that happens to be a word, such as a user's name, may stand in one.
const NEEDED: [&str; 5] = ["PATH", "HOME", "USERPROFILE", "SYSTEMROOT", "SSH_AUTH_SOCK"];

impl Environment {
    /// Returns the variables that a child process may see. A copy of a secret under another name, as `env:` in a
    /// pipeline makes it, goes with the secret, and so does what holds one in the form of `masks` or as it is.
    pub fn for_children(&self, masks: &[Secret]) -> ChildEnvironment {
        let whole: Vec<OsString> = self.secret_values().map(|(_, value)| value).collect();
        let forms: Vec<_> = self.secrets().into_iter().chain(masks.iter().cloned()).collect();
        let holds_one = |value: &OsStr| {
            let text = value.to_string_lossy();
            let is_in = |form: &Secret| form.is_maskable() && text.contains(form.expose());
            whole.iter().any(|secret| secret == value) || forms.iter().any(is_in)
        };
        let is_kept = |name: &OsStr, value: &OsStr| {
            let name = upper(name);
            !is_private(&name) && (NEEDED.contains(&name.as_str()) || !holds_one(value))
        };
        let kept = self.variables.iter().filter(|(name, value)| is_kept(name, value));
        ChildEnvironment::new(kept.cloned().collect())
    }

    /// Returns every secret that the agent or a person gave, in each form in which it could be printed: also those
    /// that this run does not use, or that stand in the wrong input.
    pub fn secrets(&self) -> Vec<Secret> {
        self.secrets_of(|_| true)
    }

    /// Returns those that were given to this task and to no other: what its inputs hold and what the service connections and
    /// secure files are that they name, also where something else signs in.
    pub(crate) fn secrets_of_task(&self) -> Vec<Secret> {
        self.secrets_of(|name| !name.starts_with("SECRET_"))
    }

    fn secrets_of(&self, is_meant: impl Fn(&str) -> bool) -> Vec<Secret> {
        let mut forms = Vec::new();
        for (name, value) in self.secret_values().filter(|(name, _)| is_meant(name)) {
            let Some(value) = value.to_str() else { continue };
            forms.extend(secret_lines(value).flat_map(|line| Secret::new(line).encodings()));
            if is_token(&name)
                && let Ok(credentials) = Credentials::parse(trimmed(value))
            {
                forms.extend(credentials.masks(Host::Other.possible_schemes()));
            }
        }
        forms
    }

    /// Returns the secrets, and the variables that they are the values of or stand in, names in upper case.
    fn secret_values(&self) -> impl Iterator<Item = (String, OsString)> {
        let named = self.variables.iter().map(|(name, value)| (upper(name), value));
        let secrets = named.flat_map(|(name, value)| {
            let within = within_authorization(&name, &value.to_string_lossy());
            let itself = is_secret(&name).then(|| value.clone());
            let secrets = itself.into_iter().chain(within.into_iter().map(OsString::from));
            secrets.map(move |secret| (name.clone(), secret)).collect::<Vec<_>>()
        });
        secrets.filter(|(_, value)| !value.is_empty())
    }

    /// Returns the program for SSH, as Git finds it in the environment.
    pub(crate) fn ssh_program(&self) -> SshProgram {
        let given = |name| self.variable(name).filter(|value| !value.is_empty()).map(OsStr::to_owned);
        let command = given("GIT_SSH_COMMAND").map(SshProgram::Command);
        command.or_else(|| given("GIT_SSH").map(SshProgram::Program)).unwrap_or_default()
    }
}

/// Returns the name as it is compared: Windows knows no case in it.
fn upper(name: &OsStr) -> String {
    name.to_string_lossy().to_ascii_uppercase()
}

fn is_private(name: &str) -> bool {
    PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || NAMES.contains(&name)
        || AZURE_SECRETS.contains(&name)
}

/// Returns true if the value itself is a secret.
fn is_secret(name: &str) -> bool {
    let is_parameter = || name.starts_with("ENDPOINT_AUTH_") && is_key_of_secret(name);
    name.starts_with("SECRET_")
        || name.starts_with("SECUREFILE_TICKET_")
        || name == "SYSTEM_ACCESSTOKEN"
        || AZURE_SECRETS.contains(&name)
        || is_parameter()
        || is_token(name)
        || name == HEARTBEAT_VARIABLE
        || name == HEARTBEAT.variable()
}

/// Returns the lines of a secret: of a PEM text those of its keys, not of its certificates nor what stands around both.
fn secret_lines(value: &str) -> impl Iterator<Item = &str> {
    let mut is_within_certificate = false;
    value.lines().map(str::trim).filter(move |line| {
        if let Some(label) = line.strip_prefix("-----BEGIN ") {
            is_within_certificate = label.starts_with("CERTIFICATE");
        }
        !is_within_certificate && !line.starts_with("-----")
    })
}

/// Returns true if a service connection has a secret under such a key, and no user, tenant or kind.
fn is_key_of_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    KEYS_OF_SECRETS.iter().any(|key| name.ends_with(key))
}

/// Returns the secrets of a service connection that the agent gives as a whole, in JSON.
fn within_authorization(name: &str, value: &str) -> Vec<String> {
    let whole = name.starts_with("ENDPOINT_AUTH_").then(|| serde_json::from_str(value).ok()).flatten();
    let Some(Value::Object(parts)) = whole else { return Vec::new() };
    let Some(Value::Object(parameters)) = parts.get("parameters") else { return Vec::new() };
    let secrets = parameters.iter().filter(|(key, _)| is_key_of_secret(key));
    secrets.filter_map(|(_, value)| value.as_str().map(str::to_owned)).collect()
}

/// Returns true if the variable is an input that takes a token.
fn is_token(name: &str) -> bool {
    let is_input = || TABLE.iter().any(|input| input.kind == InputKind::Token && input.variable() == *name);
    ["SOURCE_TOKEN", "DESTINATION_TOKEN"].contains(&name) || is_input()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        Environment {
            variables: variables.iter().map(|(name, value)| (name.into(), value.into())).collect(),
            arguments: Vec::new(),
        }
    }

    fn names(environment: &Environment) -> Vec<String> {
        let children = environment.for_children(&[Secret::new("Basic aHVudGVyNw==")]);
        children.variables().map(|(name, _)| name.to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn a_child_sees_no_secret_of_the_job() {
        let given = environment(&[
            ("PATH", "/usr/bin"),
            ("HOME", "/home/agent"),
            ("SSH_AUTH_SOCK", "/tmp/agent.1"),
            ("VSTS_PROCESS_LOOKUP_ID", "vsts_1"),
            ("INPUT_SOURCEGITREPOSITORYPERSONALACCESSTOKEN", "hunter2"),
            ("INPUT_PRUNE", "true"),
            ("SECRET_NPM", "hunter3"),
            ("Secret_Other", "hunter4"),
            ("ENDPOINT_AUTH_SYSTEMVSSCONNECTION", "{}"),
            ("ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN", "eyJ"),
            ("SECUREFILE_TICKET_1", "t"),
            ("AZURE_CLIENT_SECRET", "c"),
            ("AZURE_FEDERATED_TOKEN", "d"),
            ("IDENTITY_HEADER", "e"),
            ("VSTS_TASKVARIABLE_X", "x"),
            ("SYSTEM_ACCESSTOKEN", "eyJ"),
            ("SOURCE_TOKEN", "a"),
            ("DESTINATION_TOKEN", "b"),
            ("VSTS_PUBLIC_VARIABLES", "[]"),
            ("VSTS_SECRET_VARIABLES", "[]"),
        ]);
        assert_eq!(names(&given), ["PATH", "HOME", "SSH_AUTH_SOCK", "VSTS_PROCESS_LOOKUP_ID"]);
    }

    #[test]
    fn a_copy_of_a_secret_goes_and_an_equal_plain_value_stays() {
        let given = environment(&[
            ("MY_TOKEN", "hunter2"),
            ("SECRET_TOKEN", "hunter2"),
            ("SECRET_EMPTY", ""),
            ("EMPTY", ""),
            ("INPUT_PRUNE", "true"),
            ("TF_BUILD", "true"),
        ]);
        assert_eq!(names(&given), ["EMPTY", "TF_BUILD"]);
        assert!(!format!("{:?}", given.for_children(&[])).contains("true"));
    }

    #[test]
    fn a_variable_that_holds_a_secret_among_other_text_goes_too() {
        let given = environment(&[
            ("SECRET_TOKEN", "hunter2"),
            ("SECRET_USER", "agent"),
            ("SECRET_SHORT", "ab"),
            ("REMOTE", "https://bob:hunter2@host/r"),
            ("ENCODED", "aHVudGVyMg=="),
            ("NETRC", "Y2hyaXM6aHVudGVyMg"),
            ("GIT_CONFIG_VALUE_0", "Authorization: Basic aHVudGVyNw=="),
            ("GIT_SSH_COMMAND", "sshpass -p hunter2 ssh"),
            ("OWNER", "the agent"),
            ("PATH", "/home/agent/bin"),
            ("HOME", "/home/agent"),
            ("WORD", "cab"),
            ("LANG", "C.UTF-8"),
        ]);
        assert_eq!(names(&given), ["PATH", "HOME", "WORD", "LANG"]);
    }

    #[test]
    fn a_copy_of_a_connections_secret_goes_in_every_form() {
        let given = environment(&[
            ("ENDPOINT_AUTH_PARAMETER_id-1_PASSWORD", "hunter2!&"),
            ("ENDPOINT_AUTH_PARAMETER_id-1_USERNAME", "robert"),
            ("ENDPOINT_AUTH_PARAMETER_id-2_ACCESSTOKEN", "T0kenOne"),
            ("ENDPOINT_AUTH_PARAMETER_id-3_APITOKEN", "T0kenTwo"),
            ("ENDPOINT_AUTH_PARAMETER_id-3_AuthType", "Bearer"),
            (
                "ENDPOINT_AUTH_id-4",
                r#"{"parameters":{"accessToken":"T0kenThree","username":"alice"},"scheme":"OAuth"}"#,
            ),
            ("SECUREFILE_TICKET_1", "T0kenFour"),
            ("ENDPOINT_AUTH_PARAMETER_id-5_IDTOKEN", "T0kenFive"),
            ("ENDPOINT_AUTH_PARAMETER_id-5_SERVICEPRINCIPALKEY", "T0kenSix"),
            (
                "ENDPOINT_AUTH_PARAMETER_id-5_SERVICEPRINCIPALCERTIFICATE",
                "-----BEGIN CERTIFICATE-----\nPublicOne\n-----END CERTIFICATE-----\n-----BEGIN X-----\nT0kenSeven\n",
            ),
            ("ENDPOINT_AUTH_PARAMETER_id-5_SERVICEPRINCIPALID", "client-1"),
            ("PLAIN", "hunter2!&"),
            ("ESCAPED", "x=hunter2%21%26"),
            ("PAGE", "hunter2!&amp;"),
            ("ENCODED", "aHVudGVyMiEm"),
            ("WITH_USER", "cm9iZXJ0Omh1bnRlcjIhJg=="),
            ("ONE", "T0kenOne"),
            ("TWO", "T0kenTwo"),
            ("THREE", "T0kenThree"),
            ("THREE_ENCODED", "VDBrZW5UaHJlZQo="),
            ("FOUR", "T0kenFour"),
            ("FIVE", "T0kenFive"),
            ("SIX", "T0kenSix"),
            ("SEVEN", "x T0kenSeven"),
            ("APPLICATION", "client-1"),
            ("KEY_FILE", "-----BEGIN X-----"),
            ("CERTIFICATE", "PublicOne"),
            ("USER", "robert"),
            ("OWNER", "alice"),
            ("KIND", "Bearer OAuth"),
        ]);
        assert_eq!(names(&given), ["APPLICATION", "KEY_FILE", "CERTIFICATE", "USER", "OWNER", "KIND"]);
    }

    #[test]
    fn the_program_for_ssh_is_found_as_git_finds_it() {
        let program = |variables: &[(&str, &str)]| environment(variables).ssh_program();
        assert_eq!(program(&[("GIT_SSH_COMMAND", "")]), SshProgram::Ssh);
        assert_eq!(program(&[("GIT_SSH", "/bin/my ssh")]), SshProgram::Program("/bin/my ssh".into()));
        let both = [("GIT_SSH", "a"), ("GIT_SSH_COMMAND", "ssh -v")];
        assert_eq!(program(&both), SshProgram::Command("ssh -v".into()));
    }
}
