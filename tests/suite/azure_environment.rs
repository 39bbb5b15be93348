//! A run by hand that signs in at Azure Repos by the identity that its environment names.

use std::io;
use std::path::Path;

use crate::support::cloud::Cloud;
use crate::support::git::{BRANCHES_AND_TAGS, Repository};
use crate::support::scripted::Exchange;
use crate::support::task::Task;

const SECRET: &str = "client~s3cret/x";
const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.acc3ss-t0ken.c2ln";
const AZURE: &str = "https://dev.azure.com/fabrikam/Web/_git/app";

/// Entra, and an Azure Repos that takes what Entra issues.
fn hosts(source: &Repository) -> Cloud {
    let served = source.clone();
    Cloud::start(move |exchange| match exchange.host() {
        "login.microsoftonline.com" => entra(exchange),
        _ if exchange.head.header("authorization") == Some(&format!("Bearer {TOKEN}")) => {
            exchange.as_git(&served, 2, |_, answer| answer)
        }
        _ => exchange.answer("401 Unauthorized", &[("WWW-Authenticate", "Bearer")], b""),
    })
}

fn entra(exchange: &mut Exchange<'_>) -> io::Result<()> {
    let form = String::from_utf8(exchange.body()?).unwrap();
    if !form.contains("client_secret=client%7Es3cret%2Fx") || !form.contains("client_id=client-1") {
        return exchange.answer("400 Bad Request", &[], b"");
    }
    let body = format!(r#"{{"token_type":"Bearer","expires_in":3599,"access_token":"{TOKEN}"}}"#);
    exchange.answer("200 OK", &[("Content-Type", "application/json")], body.as_bytes())
}

fn by_hand(cloud: &Cloud, destination: &Path, flags: &[&str]) -> Task {
    let arguments =
        [&["--source", AZURE, "--destination", destination.to_str().unwrap(), "--debug"], flags].concat();
    let task = [
        ("AZURE_TENANT_ID", "fabrikam.example"),
        ("AZURE_CLIENT_ID", "client-1"),
        ("AZURE_CLIENT_SECRET", SECRET),
    ];
    let task =
        task.into_iter().fold(Task::by_hand(&arguments), |task, (name, value)| task.variable(name, value));
    cloud.reached_by(task)
}

#[test]
fn the_environment_signs_in_by_hand_and_is_said_first() {
    let folder = tempfile::tempdir().unwrap();
    let source = Repository::init(folder.path().join("source.git"));
    source.commit("main", 2);
    for flags in [&[][..], &["--source-authentication", "azureResourceManager"]] {
        let destination = Repository::init(folder.path().join(format!("mirror-{}.git", flags.len())));
        let cloud = hosts(&source);
        let outcome = by_hand(&cloud, &destination.path, flags).run();
        assert_eq!(outcome.status, Some(0), "{}", outcome.text);
        let first = "source: the identity of this machine's environment signs in: client-1 (AZURE_CLIENT_ID)";
        assert_eq!(outcome.stdout.lines().next(), Some(first), "{}", outcome.text);
        for secret in [SECRET, "client%7Es3cret%2Fx", TOKEN] {
            assert!(!outcome.text.contains(secret), "{}", outcome.text);
        }
        assert_eq!(destination.refs(BRANCHES_AND_TAGS), source.refs(BRANCHES_AND_TAGS));
        assert_eq!(cloud.asked_of("login.microsoftonline.com"), ["POST /fabrikam.example/oauth2/v2.0/token"]);
    }
}

#[test]
fn the_environment_does_not_sign_in_within_a_pipeline() {
    let folder = tempfile::tempdir().unwrap();
    let source = Repository::init(folder.path().join("source.git"));
    source.commit("main", 2);
    let destination = Repository::init(folder.path().join("mirror.git"));
    let cloud = hosts(&source);
    let outcome = by_hand(&cloud, &destination.path, &[]).variable("TF_BUILD", "True").run();
    assert!(outcome.status == Some(1) && outcome.stderr.contains("401"), "{}", outcome.text);
    let named = ["--source-authentication", "azureResourceManager"];
    let outcome = by_hand(&cloud, &destination.path, &named).variable("TF_BUILD", "True").run();
    let told = "does not sign in by the environment of its agent";
    assert!(outcome.status == Some(2) && outcome.stderr.contains(told), "{}", outcome.text);
    assert!(cloud.asked_of("login.microsoftonline.com").is_empty());
}
