//! The services that a step gets its tokens and its key from: the server of the job, and Microsoft Entra.

use std::collections::BTreeMap;
use std::io;
use std::sync::Mutex;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::double::{JOB_ID, JOB_TOKEN, PLAN_ID, PROJECT_ID, Run, SecureFile, ServiceConnection};
use super::support::scripted::Exchange;

pub(super) const ID: &str = "5f2c1f9e-3a57-4b8e-9d0c-1a2b3c4d5e6f";
pub(super) const FILE: &str = "9e8d7c6b-3a57-4b8e-9d0c-1a2b3c4d5e6f";
const TENANT: &str = "72f988bf-86f1-41af-91ab-2d7cd011db47";
const CLIENT: &str = "0f1e2d3c-4b5a-4697-8877-665544332211";

pub(super) const GIT_PASSWORD: &str = "git-passw0rd/%w";
pub(super) const AZURE_TOKEN: &str = "azure-repos-t0ken";
pub(super) const GITHUB_TOKEN: &str = "ghs_installation-t0ken";
pub(super) const LATE_BOUND: &str = "late-bound.id.t0ken";
pub(super) const CLIENT_SECRET: &str = "client~s3cret/x";
pub(super) const TICKET: &str = "the-t1cket/of+it";

/// Secrets that the agent gives; none may be seen.
pub(super) const SECRETS: [&str; 7] =
    [JOB_TOKEN, GIT_PASSWORD, AZURE_TOKEN, GITHUB_TOKEN, LATE_BOUND, CLIENT_SECRET, TICKET];

/// An id token that the job asks for, and the beginning of what Entra issues.
pub(super) const ID_TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.1d-t0ken.c2ln";
pub(super) const ACCESS_TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.acc3ss-t0ken.c2ln";

/// The step's own output without what the agent is told to hide, which is no leak of it.
pub(super) fn said(run: &Run) -> String {
    let raw = run.raw();
    let said = raw.lines().filter(|line| !line.starts_with("##vso[task.setsecret]"));
    said.collect::<Vec<_>>().join("\n")
}

#[track_caller]
pub(super) fn assert_no_secret(run: &Run) {
    let said = said(run);
    for secret in SECRETS.into_iter().chain([ID_TOKEN, ACCESS_TOKEN, "MIIE"]) {
        assert!(!said.contains(secret), "{secret} is in {said}");
    }
}

pub(super) fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")))
}

fn json(exchange: &mut Exchange<'_>, body: &str) -> io::Result<()> {
    exchange.answer("200 OK", &[("Content-Type", "application/json")], body.as_bytes())
}

/// The service that issues id tokens to the job.
pub(super) fn id_token(exchange: &mut Exchange<'_>) -> io::Result<()> {
    let expected = format!(
        "/contoso/{PROJECT_ID}/_apis/distributedtask/hubs/build/plans/{PLAN_ID}/jobs/{JOB_ID}/oidctoken\
         ?serviceConnectionId={ID}&api-version=7.1-preview.1"
    );
    let is_right = exchange.host() == "dev.azure.com"
        && exchange.is("POST", &expected)
        && exchange.head.header("authorization") == Some(&format!("Bearer {JOB_TOKEN}"));
    if !is_right {
        return exchange.answer("400 Bad Request", &[], b"");
    }
    json(exchange, &format!(r#"{{"oidcToken":"{ID_TOKEN}"}}"#))
}

pub(super) fn secure_file(exchange: &mut Exchange<'_>, pem: &str) -> io::Result<()> {
    let expected = format!(
        "/contoso/{PROJECT_ID}/_apis/distributedtask/securefiles/{FILE}?ticket=the-t1cket%2Fof%2Bit&download=false\
         &api-version=5.1-preview.1"
    );
    let is_right = exchange.host() == "dev.azure.com"
        && exchange.is("GET", &expected)
        && exchange.head.header("authorization") == Some(&format!("Bearer {JOB_TOKEN}"));
    if !is_right {
        return exchange.answer("404 Not Found", &[], b"");
    }
    exchange.answer("200 OK", &[("Content-Type", "application/octet-stream")], pem.as_bytes())
}

/// Microsoft Entra, which notes the proofs that it is shown.
pub(super) fn entra(exchange: &mut Exchange<'_>, proofs: &Mutex<Vec<String>>) -> io::Result<()> {
    let form: BTreeMap<_, _> = url::form_urlencoded::parse(&exchange.body()?).into_owned().collect();
    let is_right = exchange.is("POST", &format!("/{TENANT}/oauth2/v2.0/token"))
        && form.get("client_id").is_some_and(|id| id == CLIENT);
    let proof = form.get("client_secret").or_else(|| form.get("client_assertion"));
    let Some(proof) = proof.filter(|_| is_right) else {
        return exchange.answer("400 Bad Request", &[], b"");
    };
    proofs.lock().unwrap().push(proof.clone());
    json(exchange, &format!(r#"{{"token_type":"Bearer","expires_in":3599,"access_token":"{ACCESS_TOKEN}"}}"#))
}

/// The secure file with the key of an App.
pub(super) fn app_key() -> SecureFile {
    SecureFile { id: FILE.to_owned(), name: "app.pem".to_owned(), ticket: TICKET.to_owned() }
}

/// A connection that signs in by an identity of Entra.
pub(super) fn of_entra(url: &str, scheme: &str) -> ServiceConnection {
    let connection = ServiceConnection::new(ID, url, scheme);
    connection.parameter("tenantid", TENANT).parameter("serviceprincipalid", CLIENT)
}
