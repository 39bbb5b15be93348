//! What the agent, the editors and the Marketplace read of the task, beyond what their schemas demand.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use mirror_git_repository::agent::environment::Environment;
use mirror_git_repository::auth::identity::ConnectionType;
use mirror_git_repository::config::flags::Flags;
use mirror_git_repository::config::inputs::{InputKind, TABLE};
use mirror_git_repository::config::step;
use mirror_git_repository::hosts;
use serde_json::Value;

use super::double::{Definition, nodes};

fn read(name: &str) -> Value {
    serde_json::from_slice(&fs::read(format!("{}/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()).unwrap()
}

fn task() -> Definition {
    Definition::read(format!("{}/task.json", env!("CARGO_MANIFEST_DIR")).as_ref())
}

/// Width and height, from a PNG's header.
fn size_of_png(name: &str) -> (u32, u32) {
    let bytes = fs::read(format!("{}/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    assert_eq!(bytes[..8], *b"\x89PNG\r\n\x1a\n", "{name}");
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    (number(16), number(20))
}

#[test]
fn the_version_is_that_of_the_package() {
    let version = task().json()["version"].clone();
    let version = ["Major", "Minor", "Patch"].map(|part| version[part].to_string()).join(".");
    assert_eq!(version, env!("CARGO_PKG_VERSION"), "task.json");
    assert_eq!(read("vss-extension.json")["version"], env!("CARGO_PKG_VERSION"), "vss-extension.json");
}

#[test]
fn every_agent_from_node_10_on_runs_the_same_launcher() {
    let handlers = task().json()["execution"].as_object().unwrap().clone();
    let names: Vec<_> = handlers.keys().map(String::as_str).collect();
    assert_eq!(names, ["Node10", "Node16", "Node20_1", "Node24"]);
    assert!(handlers.values().all(|handler| handler["target"] == "launcher.js"));
}

#[test]
fn task_json_declares_the_inputs_that_the_binary_reads() {
    let task = task();
    let declared: BTreeSet<_> = task.inputs().into_iter().collect();
    let read: BTreeSet<_> = TABLE
        .iter()
        .map(|input| match input.name {
            // Only a pipeline has a repository of its own.
            "sourceGitRepositoryUri" => (input.name, "$(Build.Repository.Uri)"),
            name => (name, input.default),
        })
        .collect();
    assert_eq!(declared, read);
    for input in task.json()["inputs"].as_array().unwrap() {
        let row = TABLE.iter().find(|row| input["name"] == row.name).unwrap();
        let control = match row.kind {
            InputKind::Boolean => "boolean",
            InputKind::Patterns => "multiLine",
            InputKind::Choice(_) => "pickList",
            InputKind::Connection(connection_type) => type_of(connection_type),
            InputKind::SecureFile => "secureFile",
            InputKind::Url
            | InputKind::SecretUrl
            | InputKind::Token
            | InputKind::File
            | InputKind::Number
            | InputKind::Text => "string",
        };
        assert_eq!(input["type"], control, "{}", row.name);
        assert_eq!(input["required"], row.kind == InputKind::Url, "{}", row.name);
    }
}

/// The type of input that takes such a connection; GitHub's with the schemes that the editor offers.
fn type_of(connection_type: ConnectionType) -> &'static str {
    match connection_type {
        ConnectionType::OtherGit => "connectedService:git",
        ConnectionType::AzureDevOps => "connectedService:WorkloadIdentityUser",
        ConnectionType::AzureResourceManager => "connectedService:AzureRM",
        ConnectionType::AzureRepos => "connectedService:externaltfs",
        ConnectionType::GitHub => {
            "connectedService:github:OAuth,OAuth2,PersonalAccessToken,InstallationToken,Token"
        }
    }
}

/// The values that the editor offers for an input.
fn offered(name: &str) -> Vec<String> {
    let task = task();
    let inputs = task.json()["inputs"].as_array().unwrap();
    let input = inputs.iter().find(|input| input["name"] == name).unwrap();
    input["options"].as_object().unwrap().keys().cloned().collect()
}

#[test]
fn the_editor_shows_the_field_of_the_way_to_sign_in_and_no_other() {
    let of_side = |side: &str, way: &str| {
        let (input, task) = (format!("{side}Authentication"), task());
        let shown = task.shown(&[(&input, way)]);
        let of_side = shown.into_iter().filter_map(|name| name.strip_prefix(side).map(str::to_owned));
        of_side.collect::<Vec<_>>()
    };
    for side in ["source", "destination"] {
        for way in offered(&format!("{side}Authentication")) {
            let fields: &[&str] = match way.as_str() {
                "auto" | "token" => &["GitRepositoryPersonalAccessToken"],
                "job" => &[],
                "serviceConnection" => &["ServiceConnection"],
                "azureDevOps" => &["AzureDevOpsConnection"],
                "azureResourceManager" => &["AzureResourceManagerConnection"],
                "azureRepos" => &["AzureReposConnection"],
                "gitHub" => &["GitHubConnection"],
                "gitHubApp" => &["GitHubAppId", "GitHubAppPrivateKey"],
                other => panic!("{other} is no way to sign in"),
            };
            let shown = [&["GitRepositoryUri", "Authentication"], fields].concat();
            assert_eq!(of_side(side, &way), shown, "{way}");
        }
        assert_eq!(of_side(side, "auto").len(), 3, "as many as ever");
    }
}

#[test]
fn what_is_about_many_repositories_alone_is_folded_away() {
    let task = task();
    let shown = task.shown(&[]);
    let inputs = task.json()["inputs"].as_array().unwrap();
    let of_group = inputs.iter().filter(|input| input["groupName"] == "projects");
    let of_group: Vec<_> = of_group.map(|input| input["name"].as_str().unwrap()).collect();
    assert_eq!(
        of_group,
        [
            "includeRepositories",
            "excludeRepositories",
            "includeWikis",
            "destinationRepositoryName",
            "overwriteUnrelated",
            "parallelRepositories"
        ]
    );
    assert!(of_group.iter().all(|name| !shown.contains(name)), "{shown:?}");
    // These are about one repository, too.
    assert!(["createDestination", "defaultBranch"].iter().all(|name| shown.contains(name)), "{shown:?}");
}

#[test]
fn every_choice_of_the_editor_is_read() {
    let task = task();
    let inputs = task.json()["inputs"].as_array().unwrap();
    let ways_to_sign_in = ["sourceAuthentication", "destinationAuthentication"];
    for input in inputs.iter().filter(|input| input["type"] == "pickList") {
        let name = input["name"].as_str().unwrap();
        // These need more inputs: `sign_in.rs` tries each of them.
        if ways_to_sign_in.contains(&name) {
            continue;
        }
        let options = input["options"].as_object().unwrap();
        assert!(options.contains_key(input["defaultValue"].as_str().unwrap()), "{name}");
        let row = TABLE.iter().find(|row| row.name == name).unwrap();
        let InputKind::Choice(words) = row.kind else { panic!("{name} is no choice") };
        let offered: BTreeSet<_> = options.keys().map(String::as_str).collect();
        assert_eq!(offered, words.iter().copied().collect(), "{name}: a person can give the same words");
        for option in options.keys() {
            let variables = [
                ("TF_BUILD".to_owned(), "True"),
                ("INPUT_SOURCEGITREPOSITORYURI".to_owned(), "https://source.example/r"),
                ("INPUT_DESTINATIONGITREPOSITORYURI".to_owned(), "https://destination.example/r"),
                (format!("INPUT_{}", name.to_uppercase()), option),
            ];
            let variables = variables.map(|(name, value)| (name.into(), value.into())).into();
            let environment = Environment { variables, arguments: Vec::new() };
            assert!(step::read(&environment, Flags::default()).is_ok(), "{name} {option}");
        }
    }
}

#[test]
fn task_json_offers_every_kind_of_host() {
    let known: BTreeSet<_> = hosts::TABLE.iter().map(|row| row.word).chain(["auto"]).collect();
    for name in ["sourceHostKind", "destinationHostKind"] {
        let offered = offered(name);
        assert_eq!(offered.iter().map(String::as_str).collect::<BTreeSet<_>>(), known, "{name}");
    }
}

#[test]
fn the_inputs_of_the_predecessor_keep_their_names_and_defaults() {
    let task = task();
    let inputs = task.inputs();
    for input in [
        ("sourceGitRepositoryUri", "$(Build.Repository.Uri)"),
        ("sourceGitRepositoryPersonalAccessToken", ""),
        ("sourceGitRepositoryCloneDirectoryName", ""),
        ("sourceVerifySSLCertificate", "true"),
        ("destinationGitRepositoryUri", ""),
        ("destinationGitRepositoryPersonalAccessToken", ""),
        ("destinationVerifySSLCertificate", "true"),
    ] {
        assert!(inputs.contains(&input), "{input:?}");
    }
}

#[test]
fn every_input_has_a_group_and_help_and_may_not_be_a_path() {
    let task = task();
    let groups: BTreeSet<_> = task.json()["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| &group["name"])
        .map(Value::to_string)
        .collect();
    for input in task.json()["inputs"].as_array().unwrap() {
        let name = &input["name"];
        assert!(groups.contains(&input["groupName"].to_string()), "{name}");
        assert!(input["helpMarkDown"].as_str().is_some_and(|help| help.len() > 20), "{name}");
        assert_ne!(input["type"], "filePath", "{name}: an empty path would become the folder of the sources");
    }
}

#[test]
fn the_readme_shows_the_inputs_of_task_json() {
    let mut check = Command::new(nodes().pop().unwrap());
    check.args(["scripts/inputs-doc", "--check"]).current_dir(env!("CARGO_MANIFEST_DIR"));
    assert!(check.status().unwrap().success(), "run scripts/inputs-doc");
}

#[test]
fn only_the_output_variables_may_be_set() {
    let task = task();
    assert_eq!(task.settable_variables().unwrap(), task.output_variables());
}

#[test]
fn nothing_that_every_log_shows_can_hold_a_secret() {
    let task = task();
    for field in ["friendlyName", "description", "helpMarkDown", "releaseNotes", "instanceNameFormat"] {
        assert!(!task.json()[field].as_str().unwrap().contains("$("), "{field}");
    }
    // No address either: it can hold a token or a signature, which the agent would not mask there.
    assert_eq!(task.json()["instanceNameFormat"], "Mirror Git repository");
    assert!(task.json()["friendlyName"].as_str().unwrap().len() <= 40);
}

#[test]
fn the_release_notes_are_those_of_this_version() {
    let task = task();
    let notes = task.json()["releaseNotes"].as_str().unwrap();
    assert!(notes.starts_with(concat!(env!("CARGO_PKG_VERSION"), ": ")), "{notes}");
}

/// The most characters of an input's help, which the editor shows in a small box.
const HELP: usize = 300;

#[test]
fn the_help_of_an_input_is_short_and_its_links_lead_somewhere() {
    let task = task();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for input in task.json()["inputs"].as_array().unwrap() {
        let (name, help) = (&input["name"], input["helpMarkDown"].as_str().unwrap());
        assert!(help.chars().count() <= HELP, "{name}: {} characters", help.chars().count());
        for link in help.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            // The package has them as links to the web: `scripts/homepage.js`.
            assert!(link.starts_with("docs/"), "{name}: {link}");
            let problem = super::docs::problem(&root.join("task.json"), link);
            assert_eq!(problem, None, "{name}");
        }
    }
}

#[test]
fn the_editor_names_the_fields_as_the_predecessor_and_its_tutorial_do() {
    let task = task();
    for (name, label, alias) in [
        ("sourceGitRepositoryUri", "Source Git repository", "source"),
        ("sourceGitRepositoryPersonalAccessToken", "Source personal access token", "sourceToken"),
        ("destinationGitRepositoryUri", "Destination Git repository", "destination"),
        (
            "destinationGitRepositoryPersonalAccessToken",
            "Destination personal access token",
            "destinationToken",
        ),
    ] {
        let inputs = task.json()["inputs"].as_array().unwrap();
        assert_eq!(inputs.iter().find(|input| input["name"] == name).unwrap()["label"], label);
        assert_eq!(task.names(name), [name, alias]);
    }
}

#[test]
fn no_two_inputs_share_a_name_or_a_label() {
    let task = task();
    let inputs = task.json()["inputs"].as_array().unwrap();
    let names: Vec<_> = inputs.iter().flat_map(|input| task.names(input["name"].as_str().unwrap())).collect();
    assert_eq!(names.iter().map(|name| name.to_lowercase()).collect::<BTreeSet<_>>().len(), names.len());
    let of_group = |input: &Value| (input["groupName"].to_string(), input["label"].to_string());
    assert_eq!(inputs.iter().map(of_group).collect::<BTreeSet<_>>().len(), inputs.len());
}

#[test]
fn a_safety_limit_stands_beside_prune_and_is_shown_wherever_it_counts() {
    let task = task();
    let limits = ["maxDeletionsPercent", "allowEmptySource"];
    let shown = task.shown(&[]);
    let prune = shown.iter().position(|name| *name == "prune").unwrap();
    assert_eq!(shown[prune + 1..prune + 3], limits);
    assert!(["divergedRefs", "keepReplaced"].iter().all(|name| shown.contains(name)));
    // An empty source is refused without deletions, too; kept tags that expire are deletions.
    let of_limits = |values: &[(&str, &str)]| {
        let shown = task.shown(values);
        limits.map(|name| shown.contains(&name))
    };
    assert_eq!(of_limits(&[("prune", "false")]), [false, true]);
    assert_eq!(of_limits(&[("prune", "false"), ("keepReplaced", "tags")]), [true, true]);
    assert!(!shown.contains(&"keepReplacedDays"));
    assert!(task.shown(&[("keepReplaced", "tags")]).contains(&"keepReplacedDays"));
}

#[test]
fn a_certificate_authority_is_shown_whatever_is_chosen_as_it_is_always_read() {
    let task = task();
    let inputs = task.json()["inputs"].as_array().unwrap();
    for name in ["sourceCertificateAuthority", "destinationCertificateAuthority"] {
        let input = inputs.iter().find(|input| input["name"] == name).unwrap();
        assert_eq!(input["visibleRule"], Value::Null, "{name}");
    }
}

#[test]
fn the_icons_fit_the_editor_and_the_marketplace() {
    assert_eq!(size_of_png("icon.png"), (32, 32));
    let extension = read("vss-extension.json");
    assert_eq!(size_of_png(extension["icons"]["default"].as_str().unwrap()), (128, 128));
}

#[test]
fn the_extension_contributes_the_folder_that_it_packs() {
    let extension = read("vss-extension.json");
    let contribution = &extension["contributions"][0];
    assert_eq!(contribution["type"], "ms.vss-distributed-task.task");
    assert_eq!(contribution["properties"]["name"], extension["files"][0]["path"]);
    assert_eq!(extension["targets"][0]["id"], "Microsoft.VisualStudio.Services");
    assert!(extension["description"].as_str().unwrap().len() <= 200);
}
