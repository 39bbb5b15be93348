//! Service connections and secure files, as the agent hands those that a step's inputs name to its process.

use std::process::Command;

use serde_json::{Map, Value, json};

use super::inputs::environment_name;
use super::masking::Masker;

/// Keys of what signs in that the agent does not hide; it hides all others, names of users among them. An id token is not
/// hidden.
const PLAIN_KEYS: [&str; 16] = [
    "IdToken",
    "Role",
    "Scope",
    "TenantId",
    "IssuedAt",
    "ExpiresAt",
    "Audience",
    "AuthenticationType",
    "AuthorizationType",
    "AccessTokenType",
    "AccessTokenFetchingMethod",
    "UseWindowsSecurity",
    "Unsecured",
    "OAuthAccessTokenIsSupplied",
    "CompleteCallbackPayload",
    "AcceptUntrustedCertificates",
];

/// A service connection.
#[derive(Clone, Debug)]
pub struct ServiceConnection {
    id: String,
    url: String,
    scheme: String,
    parameters: Vec<(String, String)>,
    data: Vec<(String, String)>,
}

/// A secure file of the library.
#[derive(Clone, Debug)]
pub struct SecureFile {
    pub id: String,
    pub name: String,
    /// The ticket that the agent gives for the download.
    pub ticket: String,
}

impl ServiceConnection {
    /// Makes one; what signs in follows.
    pub fn new(id: &str, url: &str, scheme: &str) -> Self {
        let (parameters, data) = (Vec::new(), Vec::new());
        Self { id: id.to_owned(), url: url.to_owned(), scheme: scheme.to_owned(), parameters, data }
    }

    /// Adds a part of what signs in, under the key that the type of connection has, in its letter case.
    pub fn parameter(mut self, key: &str, value: &str) -> Self {
        self.parameters.push((key.to_owned(), value.to_owned()));
        self
    }

    /// Adds something that is known of it.
    pub fn data(mut self, key: &str, value: &str) -> Self {
        self.data.push((key.to_owned(), value.to_owned()));
        self
    }

    pub(super) fn is(&self, id: &str) -> bool {
        self.id == id
    }

    /// Puts it into the environment of a step, and hides what signs in.
    pub(super) fn give(&self, process: &mut Command, masker: &mut Masker) {
        let Self { id, scheme, .. } = self;
        // A connection of the agent's own has a name in place of an id, and no data.
        let is_system = id == "SYSTEMVSSCONNECTION";
        process.env(format!("ENDPOINT_URL_{id}"), absolute(&self.url));
        let parameters = object(&self.parameters);
        process.env(
            format!("ENDPOINT_AUTH_{id}"),
            json!({ "parameters": parameters, "scheme": scheme }).to_string(),
        );
        process.env(format!("ENDPOINT_AUTH_SCHEME_{id}"), scheme);
        for (key, value) in &self.parameters {
            process.env(format!("ENDPOINT_AUTH_PARAMETER_{id}_{}", environment_name(key)), value);
            if !PLAIN_KEYS.iter().any(|plain| plain.eq_ignore_ascii_case(key)) {
                masker.add_variable(value);
            }
        }
        if is_system {
            return;
        }
        process.env(format!("ENDPOINT_DATA_{id}"), object(&self.data).to_string());
        for (key, value) in &self.data {
            process.env(format!("ENDPOINT_DATA_{id}_{}", environment_name(key)), value);
        }
    }
}

impl SecureFile {
    pub(super) fn give(&self, process: &mut Command, masker: &mut Masker) {
        let Self { id, name, ticket } = self;
        process.env(format!("SECUREFILE_NAME_{id}"), name).env(format!("SECUREFILE_TICKET_{id}"), ticket);
        masker.add_variable(ticket);
    }
}

fn object(pairs: &[(String, String)]) -> Value {
    let pairs = pairs.iter().map(|(key, value)| (key.clone(), Value::from(value.as_str())));
    Value::Object(pairs.collect::<Map<_, _>>())
}

/// Writes a URL as .NET does: with a path, if only `/`.
fn absolute(url: &str) -> String {
    let has_path = url.split_once("://").is_none_or(|(_, rest)| rest.contains('/'));
    if has_path { url.to_owned() } else { format!("{url}/") }
}
