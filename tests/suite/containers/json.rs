//! What a run of a container by hand writes for scripts.

use std::fs;

use serde_json::{Value, json};

use super::{Folder, expect_mirror, host_with, hosted};
use crate::support::host_double::Kind;
use crate::support::host_double::world::{Fate, Standing};
use crate::support::task::Task;

const TOKEN: &str = "t0ken-of.odd_chars";

/// The page that says which fields there are.
const PAGE: &str = include_str!("../../../docs/result-json.md");

#[test]
fn the_result_of_a_container_has_the_fields_of_its_page_and_no_secret() {
    // A host can say anything: here the token, as a name.
    let host = host_with(Kind::GitHub, &["app", "docs", "gone", "old", TOKEN]);
    host.world().token = Some(TOKEN.to_owned());
    host.world().fates.push(("contoso/gone".into(), Fate::Vanishes));
    host.change("contoso/old", |one| one.standing = Standing::Disabled);
    let mirrors = Folder::new(&["more"]);
    let results = tempfile::tempdir().unwrap();
    let file = results.path().join("result.json");
    let task = |patterns: &[&str]| {
        let url = host.url("contoso");
        let flags = ["--source", &url, "--source-host-kind", "github", "--destination", mirrors.path()];
        let written = ["--json", file.to_str().unwrap()];
        Task::by_hand(&[&flags[..], &written, patterns].concat())
    };

    let outcome = task(&["--include-repositories=*", "--include-repositories=none-*"])
        .variable("SOURCE_TOKEN", TOKEN)
        .run();
    assert_eq!(outcome.status, Some(1), "{}", outcome.text);
    let text = fs::read_to_string(&file).unwrap();
    assert!(!text.contains("t0ken"), "{text}");
    let result: Value = serde_json::from_str(&text).unwrap();
    let mut fields = Vec::new();
    fields_of(&result, &mut fields);
    let unknown: Vec<_> = fields.iter().filter(|name| !PAGE.contains(&format!("`{name}`"))).collect();
    assert!(unknown.is_empty(), "{unknown:?} in {text}");

    assert_eq!((&result["schemaVersion"], &result["extent"]), (&json!(1), &json!("container")));
    assert_eq!((&result["result"], &result["mode"]), (&json!("failed"), &json!("mirror")));
    let container = &result["container"];
    assert_eq!(
        (&container["source"], &container["destination"]),
        (&json!(host.url("contoso")), &json!(mirrors.path()))
    );
    assert_eq!(
        (&container["listed"], &container["job"], &container["jobs"]),
        (&json!(5), &json!(1), &json!(1))
    );
    assert_eq!(container["disabled"], json!(["old"]));
    assert_eq!(container["idlePatterns"], json!(["none-*"]));
    assert_eq!(container["onlyAtDestination"], json!(["more"]));
    let of = |name: &str| result["mirrors"].as_array().unwrap().iter().find(|mirror| mirror["name"] == name);
    for name in ["app", "docs"] {
        let mirror = of(name).unwrap();
        assert_eq!((&mirror["result"], &mirror["fate"]), (&json!("succeeded"), &json!("changed")), "{text}");
        assert_eq!((&mirror["refs"]["created"], &mirror["attempts"]), (&json!(3), &json!(1)));
        expect_mirror(&hosted(&host, name), &mirrors.repository(name));
    }
    let gone = of("gone").unwrap();
    assert_eq!(
        (&gone["result"], &gone["errors"][0]["kind"]),
        (&json!("failed"), &json!("NotFound")),
        "{text}"
    );

    assert_eq!(task(&[]).run().status, Some(1));
    let result: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    assert_eq!((&result["extent"], &result["mirrors"]), (&json!("prevented"), &json!([])));
    assert_eq!((&result["container"], &result["errors"][0]["kind"]), (&Value::Null, &json!("Unauthorized")));
}

/// The names of all fields in a value, those of objects in it too.
fn fields_of(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            names.extend(fields.keys().cloned());
            fields.values().for_each(|value| fields_of(value, names));
        }
        Value::Array(values) => values.iter().for_each(|value| fields_of(value, names)),
        _ => {}
    }
}
