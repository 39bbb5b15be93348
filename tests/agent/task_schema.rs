//! What servers, tfx and Microsoft's schema demand of task.json, as far as ours uses it: a key that is not here is a
//! mistake, or has to be looked up in `tasks.schema.json` of azure-pipelines-task-lib and added.

use serde_json::Value;

use Shape::{Each, List, Map, Text, Truth, Whole, Word};

/// What may stand at one place.
enum Shape {
    Text,
    /// Text that this takes, and its name.
    Word(&'static str, fn(&str) -> bool),
    Truth,
    /// A number without sign and fraction.
    Whole,
    List(&'static Self),
    /// A mapping whose keys are the author's own.
    Each(&'static Self),
    /// A mapping with these keys only, of which the first ones must be there: so many.
    Map(usize, &'static [(&'static str, &'static Self)]),
}

static TASK: Shape = Map(
    12,
    &[
        ("id", &Word("a GUID", is_guid)),
        (
            "name",
            &Word("letters, digits and hyphens", |text| {
                is_of(text, |c| c.is_ascii_alphanumeric() || c == '-')
            }),
        ),
        (
            "friendlyName",
            &Word("text of 40 characters", |text| !text.is_empty() && text.chars().count() <= 40),
        ),
        ("description", &Text),
        ("author", &Text),
        ("category", &Word("a category", |text| CATEGORIES.contains(&text))),
        ("runsOn", &List(&Word("what runs tasks", |text| RUNNERS.contains(&text)))),
        ("visibility", &List(&Word("Build or Release", |text| ["Build", "Release"].contains(&text)))),
        ("version", &Map(3, &[("Major", &Whole), ("Minor", &Whole), ("Patch", &Whole)])),
        ("instanceNameFormat", &Text),
        ("inputs", &List(&INPUT)),
        ("execution", &EXECUTION),
        ("$schema", &Text),
        ("helpMarkDown", &Text),
        ("helpUrl", &Text),
        ("releaseNotes", &Text),
        ("minimumAgentVersion", &Word("a version", |text| is_of(text, |c| c.is_ascii_digit() || c == '.'))),
        ("groups", &List(&GROUP)),
        ("outputVariables", &List(&Map(2, &[("name", &NAME), ("description", &Text)]))),
        ("restrictions", &Map(0, &[("settableVariables", &Map(1, &[("allowed", &List(&NAME))]))])),
    ],
);

static INPUT: Shape = Map(
    3,
    &[
        ("name", &NAME),
        ("label", &Text),
        (
            "type",
            &Word("a kind of input", |text| KINDS.contains(&text) || text.starts_with("connectedService:")),
        ),
        ("defaultValue", &Text),
        ("required", &Truth),
        ("helpMarkDown", &Text),
        ("groupName", &Text),
        ("visibleRule", &Text),
        ("options", &Each(&Text)),
        ("properties", &Each(&Text)),
        ("aliases", &List(&Text)),
    ],
);

static GROUP: Shape =
    Map(2, &[("name", &Text), ("displayName", &Text), ("isExpanded", &Truth), ("visibleRule", &Text)]);

static HANDLER: Shape = Map(1, &[("target", &Text)]);

static EXECUTION: Shape =
    Map(0, &[("Node10", &HANDLER), ("Node16", &HANDLER), ("Node20_1", &HANDLER), ("Node24", &HANDLER)]);

static NAME: Shape = Word("a letter, then letters and digits", |text| {
    is_of(text, |c| c.is_ascii_alphanumeric()) && text.starts_with(|c: char| c.is_ascii_alphabetic())
});

const CATEGORIES: [&str; 10] = [
    "Build",
    "Utility",
    "Test",
    "Package",
    "Deploy",
    "Azure Repos",
    "Azure Boards",
    "Azure Pipelines",
    "Azure Test Plans",
    "Azure Artifacts",
];
const RUNNERS: [&str; 5] = ["Agent", "DeploymentGroup", "MachineGroup", "Server", "ServerGate"];
const KINDS: [&str; 7] = ["boolean", "filePath", "multiLine", "pickList", "radio", "secureFile", "string"];

fn is_of(text: &str, fits: fn(char) -> bool) -> bool {
    !text.is_empty() && text.chars().all(fits)
}

fn is_guid(text: &str) -> bool {
    let parts: Vec<_> = text.split('-').map(str::len).collect();
    parts == [8, 4, 4, 4, 12] && is_of(text, |c| c.is_ascii_hexdigit() || c == '-')
}

/// Returns what is wrong, each with its place.
fn mistakes(value: &Value, shape: &Shape, place: &str) -> Vec<String> {
    let wanted = |what: &str, fits: bool| {
        if fits { Vec::new() } else { vec![format!("{place} is {value}, not {what}")] }
    };
    match (shape, value) {
        (Text, _) => wanted("text", value.is_string()),
        (Word(what, fits), _) => wanted(what, value.as_str().is_some_and(fits)),
        (Truth, _) => wanted("true or false", value.is_boolean()),
        (Whole, _) => wanted("a whole number", value.is_u64()),
        (List(item), Value::Array(values)) => {
            let places = values.iter().enumerate();
            places.flat_map(|(at, value)| mistakes(value, item, &format!("{place}[{at}]"))).collect()
        }
        (Each(item), Value::Object(values)) => {
            values.iter().flat_map(|(key, value)| mistakes(value, item, &format!("{place}.{key}"))).collect()
        }
        (Map(needed, keys), Value::Object(values)) => {
            let missing = keys[..*needed].iter().filter(|(key, _)| !values.contains_key(*key));
            let mut found: Vec<_> = missing.map(|(key, _)| format!("{place} has no {key}")).collect();
            for (key, value) in values {
                match keys.iter().find(|(known, _)| known == key) {
                    Some((_, shape)) => found.extend(mistakes(value, shape, &format!("{place}.{key}"))),
                    None => found.push(format!("{place} has an unknown key {key}")),
                }
            }
            found
        }
        (List(_), _) => wanted("a list", false),
        (Each(_) | Map(..), _) => wanted("a mapping", false),
    }
}

fn task() -> Value {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/task.json");
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

/// What is wrong with a `task.json`.
pub(super) fn mistakes_of_task(task: &Value) -> Vec<String> {
    mistakes(task, &TASK, "task")
}

#[test]
fn task_json_is_as_microsofts_schema_and_tools_want_it() {
    assert_eq!(mistakes_of_task(&task()), [""; 0]);
}

#[test]
fn a_mistake_in_task_json_is_found_wherever_it_stands() {
    let whole = task();
    for (place, key, value, expected) in [
        ("", "id", Value::from("da47d58d"), "task.id is \"da47d58d\", not a GUID"),
        ("", "name", Value::from("Mirror Git"), "task.name"),
        ("", "friendlyName", Value::from("x".repeat(41)), "task.friendlyName"),
        ("", "category", Value::from("Utilities"), "task.category"),
        ("", "runOn", Value::from("Agent"), "task has an unknown key runOn"),
        ("", "runsOn", Value::from("Agent"), "task.runsOn is \"Agent\", not a list"),
        ("/visibility", "0", Value::from("build"), "task.visibility[0]"),
        ("/version", "Patch", Value::from("0"), "task.version.Patch is \"0\", not a whole number"),
        ("/inputs/0", "name", Value::from("source url"), "task.inputs[0].name"),
        ("/inputs/0", "type", Value::from("text"), "task.inputs[0].type"),
        ("/inputs/0", "required", Value::from("true"), "task.inputs[0].required"),
        ("/inputs/0", "default", Value::from(""), "task.inputs[0] has an unknown key default"),
        ("/groups/0", "displayName", Value::Null, "task.groups[0].displayName"),
        ("/execution", "Node14", Value::Null, "task.execution has an unknown key Node14"),
        ("/execution/Node24", "target", Value::from(1), "task.execution.Node24.target"),
    ] {
        let mut broken = whole.clone();
        match broken.pointer_mut(place).unwrap() {
            Value::Object(values) => values.insert(key.to_owned(), value),
            values => Some(std::mem::replace(&mut values[key.parse::<usize>().unwrap()], value)),
        };
        let found = mistakes(&broken, &TASK, "task");
        assert!(found.len() == 1 && found[0].starts_with(expected), "{expected}: {found:?}");
    }
    for key in ["id", "inputs", "instanceNameFormat", "execution"] {
        let mut broken = whole.clone();
        broken.as_object_mut().unwrap().remove(key);
        assert_eq!(mistakes(&broken, &TASK, "task"), [format!("task has no {key}")]);
    }
}
