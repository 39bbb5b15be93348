use std::fs;
use std::path::Path;

use super::*;
use crate::agent::environment::Environment;
use crate::agent::recorder::Recorder;
use crate::config::step::of_environment;
use crate::report::testing::{ended, of_mirrors};
use crate::secret::SecretMasker as _;

/// Publishes a page with this temporary folder, by an agent or without one, and returns the output.
fn published(folder: &Path, audience: &str, token: &str) -> String {
    let variables = [
        ("INPUT_SOURCEGITREPOSITORYURI", "https://source.example/r"),
        ("INPUT_DESTINATIONGITREPOSITORYURI", "https://destination.example/r"),
        ("INPUT_SOURCEGITREPOSITORYPERSONALACCESSTOKEN", token),
        ("AGENT_TEMPDIRECTORY", folder.to_str().unwrap()),
        ("TF_BUILD", audience),
    ];
    let variables = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
    let flags = ["--source", "https://source.example/r", "--destination", "https://destination.example/r"];
    let arguments = if audience.is_empty() { flags.iter().map(Into::into).collect() } else { Vec::new() };
    let environment = Environment { variables, arguments };
    let step = of_environment(&environment).unwrap();
    let recorder = Recorder::of(&environment);
    step.secrets.iter().for_each(|secret| recorder.log.mask(secret));
    let outcome = of_mirrors(vec![ended(&step.given, Err(Vec::new()))]);
    publish(&recorder.log, &StepEnd::of(&step, &outcome));
    recorder.output() + &recorder.errors.text()
}

#[test]
fn each_step_of_a_job_leaves_a_page_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["Mirror to r.md", "Mirror to r (2).md"] {
        let path = folder.path().join(name);
        let output = published(folder.path(), "True", "");
        assert_eq!(output, format!("##vso[task.uploadsummary]{}\n", path.display()));
        assert!(fs::read_to_string(path).unwrap().starts_with("## ❌ Failed"));
    }
}

#[test]
fn without_an_agent_there_is_no_page() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(published(folder.path(), "", ""), "");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_page_that_cannot_be_written_is_a_warning() {
    let output = published(Path::new("/nonexistent/folder"), "True", "");
    assert!(
        output.starts_with("##vso[task.logissue type=warning]the run's page cannot be written"),
        "{output}"
    );
}

#[test]
fn a_path_that_holds_a_secret_is_not_announced() {
    let folder = tempfile::Builder::new().prefix("hunter2hunter2").tempdir().unwrap();
    let output = published(folder.path(), "True", "hunter2hunter2");
    assert!(!output.contains("uploadsummary") && output.contains("is not shown"), "{output}");
}

#[test]
fn bad_inputs_leave_a_page_where_there_is_an_agent() {
    let folder = tempfile::tempdir().unwrap();
    let environment =
        Environment { variables: vec![("TF_BUILD".into(), "True".into())], arguments: Vec::new() };
    let errors = of_environment(&environment).unwrap_err();
    let recorder = Recorder::of(&environment);
    publish_bad_inputs(&recorder.log, None, &errors, Caller::Agent);
    assert_eq!(recorder.output(), "");
    publish_bad_inputs(&recorder.log, Some(folder.path()), &errors, Caller::Agent);
    let path = folder.path().join("Mirror Git repository.md");
    assert_eq!(recorder.output(), format!("##vso[task.uploadsummary]{}\n", path.display()));
    assert!(fs::read_to_string(path).unwrap().starts_with("## ❌ Bad input: "));
}
