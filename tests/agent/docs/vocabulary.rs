//! The words of Azure Pipelines that our YAML uses, place by place. A word that is not here is a mistake, or has to be
//! looked up and added: an agent's server would refuse it, or worse, ignore it.

use std::fmt::Display;

use yaml_rust2::Yaml;

use Shape::{Condition, Either, First, List, Map, Names, Scalar, Step, Truth, Word};

/// What may stand at one place.
pub(super) enum Shape {
    /// A word, a number or a truth value.
    Scalar,
    /// `true` or `false`.
    Truth,
    /// One of these words.
    Word(&'static [&'static str]),
    /// An expression that also says what is to become of it after a failure.
    Condition,
    /// Any number of these.
    List(&'static Self),
    /// A mapping whose keys are the author's own.
    Names(&'static Self),
    /// A mapping with these keys only; of each group of needs there is at least one.
    Map(Needs, Keys),
    /// A mapping with these keys and those of every step.
    Step(Keys),
    /// A mapping whose first key tells what it is.
    First(Keys),
    /// The first of these that is of the same kind: a scalar, a list or a mapping.
    Either(&'static [Self]),
}

type Needs = &'static [&'static [&'static str]];
type Keys = &'static [(&'static str, &'static Shape)];

/// What a walk through a pipeline finds.
#[derive(Default)]
pub(super) struct Found<'a> {
    /// What is wrong, each with its place.
    pub(super) mistakes: Vec<String>,
    /// The steps with a task that is not in [`TASKS`], and their places.
    pub(super) others: Vec<(String, &'a Yaml)>,
}

/// Tasks that the pages use beside ours: what they need, and what else they take.
const TASKS: [(&str, &[&str], &[&str]); 3] = [
    ("DownloadSecureFile@1", &["secureFile"], &["retryCount", "socketTimeout"]),
    ("InstallSSHKey@0", &["knownHostsEntry", "sshKeySecureFile"], &["sshPublicKey", "sshPassphrase"]),
    ("NodeTool@0", &[], &["versionSource", "versionSpec", "versionFilePath", "checkLatest"]),
];

/// Without one of these in a condition, a step also runs after a failure that `succeeded()` would have seen.
const STATUS: [&str; 5] = ["succeeded(", "succeededOrFailed(", "failed(", "always(", "canceled("];

pub(super) static PIPELINE: Shape = Map(
    &[&["stages", "jobs", "steps"]],
    &[
        ("name", &Scalar),
        ("trigger", &TRIGGER),
        ("pr", &PULL_REQUESTS),
        ("schedules", &SCHEDULES),
        ("resources", &RESOURCES),
        ("variables", &VARIABLES),
        ("pool", &POOL),
        ("lockBehavior", &LOCK),
        ("stages", &STAGES),
        ("jobs", &JOBS),
        ("steps", &STEPS),
    ],
);

static WORDS: Shape = List(&Scalar);
static ONE_OR_MORE: Shape = Either(&[Scalar, List(&Scalar)]);
static FILTER: Shape = Map(&[&["include", "exclude"]], &[("include", &WORDS), ("exclude", &WORDS)]);
static LOCK: Shape = Word(&["sequential", "runLatest"]);

static TRIGGER: Shape = Either(&[
    Word(&["none"]),
    List(&Scalar),
    Map(&[], &[("batch", &Truth), ("branches", &FILTER), ("tags", &FILTER), ("paths", &FILTER)]),
]);

static PULL_REQUESTS: Shape = Either(&[
    Word(&["none"]),
    List(&Scalar),
    Map(&[], &[("autoCancel", &Truth), ("branches", &FILTER), ("paths", &FILTER), ("drafts", &Truth)]),
]);

static SCHEDULES: Shape = List(&First(&[("cron", &SCHEDULE)]));
static SCHEDULE: Shape = Map(
    &[&["branches"]],
    &[
        ("cron", &Scalar),
        ("displayName", &Scalar),
        ("branches", &FILTER),
        ("always", &Truth),
        ("batch", &Truth),
    ],
);

static RESOURCES: Shape = Map(&[&["repositories"]], &[("repositories", &REPOSITORIES)]);
static REPOSITORIES: Shape = List(&First(&[("repository", &REPOSITORY)]));
static REPOSITORY: Shape = Map(
    &[&["type"], &["name"]],
    &[
        ("repository", &Scalar),
        ("type", &Word(&["git", "github", "githubenterprise", "bitbucket"])),
        ("name", &Scalar),
        ("ref", &Scalar),
        ("endpoint", &Scalar),
        ("trigger", &TRIGGER),
    ],
);

static VARIABLES: Shape = Either(&[Names(&Scalar), List(&First(&[("name", &VARIABLE), ("group", &GROUP)]))]);
static VARIABLE: Shape = Map(&[&["value"]], &[("name", &Scalar), ("value", &Scalar), ("readonly", &Truth)]);
static GROUP: Shape = Map(&[], &[("group", &Scalar)]);

static POOL: Shape =
    Either(&[Scalar, Map(&[], &[("name", &Scalar), ("vmImage", &Scalar), ("demands", &ONE_OR_MORE)])]);

static STAGES: Shape = List(&First(&[("stage", &STAGE)]));
static STAGE: Shape = Map(
    &[&["jobs"]],
    &[
        ("stage", &Scalar),
        ("displayName", &Scalar),
        ("dependsOn", &ONE_OR_MORE),
        ("condition", &Condition),
        ("variables", &VARIABLES),
        ("pool", &POOL),
        ("lockBehavior", &LOCK),
        ("jobs", &JOBS),
    ],
);

static JOBS: Shape = List(&First(&[("job", &JOB), ("deployment", &DEPLOYMENT)]));
static JOB: Shape = Map(
    &[&["steps"]],
    &[
        ("job", &Scalar),
        ("displayName", &Scalar),
        ("dependsOn", &ONE_OR_MORE),
        ("condition", &Condition),
        ("timeoutInMinutes", &Scalar),
        ("variables", &VARIABLES),
        ("strategy", &STRATEGY),
        ("pool", &POOL),
        ("uses", &Map(&[], &[("repositories", &WORDS), ("pools", &WORDS)])),
        ("steps", &STEPS),
    ],
);
static STRATEGY: Shape = Map(
    &[&["matrix", "parallel"]],
    &[("matrix", &Names(&Names(&Scalar))), ("parallel", &Scalar), ("maxParallel", &Scalar)],
);
static DEPLOYMENT: Shape = Map(
    &[&["environment"], &["strategy"]],
    &[
        ("deployment", &Scalar),
        ("displayName", &Scalar),
        ("dependsOn", &ONE_OR_MORE),
        ("condition", &Condition),
        ("timeoutInMinutes", &Scalar),
        ("variables", &VARIABLES),
        ("pool", &POOL),
        ("environment", &Scalar),
        ("strategy", &Map(&[&["runOnce"]], &[("runOnce", &Map(&[&["deploy"]], &[("deploy", &HOOK)]))])),
    ],
);
static HOOK: Shape = Map(&[&["steps"]], &[("pool", &POOL), ("steps", &STEPS)]);

static STEPS: Shape = List(&First(&[
    ("checkout", &Step(&[("checkout", &Word(&["none", "self"])), ("fetchDepth", &Scalar)])),
    ("task", &Step(&[("task", &Scalar), ("inputs", &Names(&Scalar))])),
    ("script", &Step(&[("script", &Scalar), ("workingDirectory", &Scalar)])),
    ("bash", &Step(&[("bash", &Scalar), ("workingDirectory", &Scalar)])),
    ("publish", &Step(&[("publish", &Scalar), ("artifact", &Scalar)])),
    ("download", &Step(&[("download", &Scalar), ("artifact", &Scalar), ("patterns", &Scalar)])),
]));

/// What every step takes.
static EVERY_STEP: Keys = &[
    ("name", &Scalar),
    ("displayName", &Scalar),
    ("condition", &Condition),
    ("continueOnError", &Truth),
    ("enabled", &Truth),
    ("timeoutInMinutes", &Scalar),
    ("env", &Names(&Scalar)),
];

/// Looks at a whole pipeline.
pub(super) fn walk(pipeline: &Yaml) -> Found<'_> {
    let mut found = Found::default();
    found.look("pipeline", &PIPELINE, pipeline);
    found
}

impl<'a> Found<'a> {
    fn say(&mut self, place: &str, what: impl Display) {
        self.mistakes.push(format!("{place} {what}"));
    }

    fn look(&mut self, place: &str, shape: &'static Shape, yaml: &'a Yaml) {
        match shape {
            Scalar => self.require(place, is_scalar(yaml), "is of the wrong kind"),
            Truth => self.require(place, yaml.as_bool().is_some(), "is neither true nor false"),
            Word(words) => {
                let is_known = yaml.as_str().is_some_and(|word| words.contains(&word));
                self.require(place, is_known, format_args!("is none of {words:?}"));
            }
            Condition => {
                let text = yaml.as_str().unwrap_or_default();
                let has_status = STATUS.iter().any(|status| text.contains(status));
                self.require(place, has_status, format_args!("has none of {STATUS:?}"));
            }
            List(shape) => {
                self.require(place, yaml.as_vec().is_some(), "is no list");
                for (at, yaml) in yaml.as_vec().into_iter().flatten().enumerate() {
                    self.look(&format!("{place}[{at}]"), shape, yaml);
                }
            }
            Names(shape) => {
                for (key, yaml) in self.entries(place, yaml) {
                    self.look(&format!("{place}.{key}"), shape, yaml);
                }
            }
            Map(needs, keys) => self.look_at_keys(place, needs, [keys, &[]], yaml),
            Step(keys) => {
                self.look_at_keys(place, &[], [keys, EVERY_STEP], yaml);
                self.look_at_task(place, yaml);
            }
            First(kinds) => {
                let first = self.entries(place, yaml).first().map_or("", |(key, _)| key);
                match kinds.iter().find(|(key, _)| *key == first) {
                    Some((_, shape)) => self.look(place, shape, yaml),
                    None => self.say(place, format_args!("begins with '{first}'")),
                }
            }
            Either(shapes) => match shapes.iter().find(|shape| is_of_kind(shape, yaml)) {
                Some(shape) => self.look(place, shape, yaml),
                None => self.say(place, "is of the wrong kind"),
            },
        }
    }

    fn require(&mut self, place: &str, holds: bool, otherwise: impl Display) {
        if !holds {
            self.say(place, otherwise);
        }
    }

    fn look_at_keys(&mut self, place: &str, needs: Needs, keys: [Keys; 2], yaml: &'a Yaml) {
        let given = self.entries(place, yaml);
        for (key, yaml) in &given {
            match keys.iter().copied().flatten().find(|(known, _)| known == key) {
                Some((_, shape)) => self.look(&format!("{place}.{key}"), shape, yaml),
                None => self.say(place, format_args!("has no key '{key}'")),
            }
        }
        for need in needs {
            let is_met = given.iter().any(|(key, _)| need.contains(key));
            self.require(place, is_met, format_args!("lacks '{}'", need.join("' or '")));
        }
    }

    fn look_at_task(&mut self, place: &str, step: &'a Yaml) {
        let Some(name) = step["task"].as_str() else { return };
        let Some((_, needs, may)) = TASKS.iter().find(|(known, ..)| *known == name) else {
            self.others.push((place.to_owned(), step));
            return;
        };
        let given = &step["inputs"];
        for need in *needs {
            self.require(place, !given[*need].is_badvalue(), format_args!("lacks the input '{need}'"));
        }
        for (key, _) in self.entries(place, given) {
            let is_known = needs.contains(&key) || may.contains(&key);
            self.require(place, is_known, format_args!("has no input '{key}'"));
        }
    }

    /// The keys and values of a mapping, in their order.
    fn entries(&mut self, place: &str, yaml: &'a Yaml) -> Vec<(&'a str, &'a Yaml)> {
        self.require(place, yaml.as_hash().is_some(), "is no mapping");
        let entries = yaml.as_hash().into_iter().flatten();
        entries.map(|(key, value)| (key.as_str().expect("a word"), value)).collect()
    }
}

const fn is_scalar(yaml: &Yaml) -> bool {
    matches!(yaml, Yaml::String(_) | Yaml::Integer(_) | Yaml::Real(_) | Yaml::Boolean(_))
}

fn is_of_kind(shape: &Shape, yaml: &Yaml) -> bool {
    match shape {
        Scalar | Truth | Word(_) | Condition => is_scalar(yaml),
        List(_) => yaml.as_vec().is_some(),
        Names(_) | Map(..) | Step(_) | First(_) => yaml.as_hash().is_some(),
        Either(shapes) => shapes.iter().any(|shape| is_of_kind(shape, yaml)),
    }
}
