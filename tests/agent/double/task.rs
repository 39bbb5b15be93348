//! A task's folder on an agent, and what its `task.json` says.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use serde_json::Value;
use tempfile::TempDir;

use super::stand_in;
use crate::support::program;

/// Returns `<platform>-<arch>` as Node names what this test runs on.
pub fn platform() -> String {
    let arch = match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("linux-{arch}")
}

/// A staged task, as the agent unpacks it from a VSIX: without executable bits.
#[derive(Debug)]
pub struct TaskFolder {
    folder: TempDir,
}

impl TaskFolder {
    /// Stages the task with no binary in it.
    pub fn without_binary() -> Self {
        let folder = TempDir::new().unwrap();
        let from = staged().unwrap_or_else(|| source_tree().to_owned());
        for name in ["task.json", "launcher.js", "icon.png"] {
            fs::copy(from.join(name), folder.path().join(name)).unwrap();
        }
        // The agent's own folders are open to other users of the machine; temporary folders are not.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        Self { folder }
    }

    /// Stages the task as it is: the binary is the staged one, or that of this build.
    pub fn complete() -> Self {
        let built = Path::new(env!("CARGO_BIN_EXE_mirror-git-repository")).to_owned();
        let binary = staged().map_or(built, |task| task.join(binary_in_task()));
        Self::with_binary(&fs::read(&binary).unwrap_or_else(|error| panic!("{}: {error}", binary.display())))
    }

    /// Stages the task with `binary` for this platform.
    pub fn with_binary(binary: &[u8]) -> Self {
        let task = Self::without_binary();
        task.put_binary(binary);
        task
    }

    fn put_binary(&self, binary: &[u8]) {
        program::write(&self.binary(), binary, "644");
    }

    /// Stages the task with a program written for the occasion, run by `node`, in place of its binary. The program
    /// finds its own path in `process.argv[1]`.
    pub fn with_stand_in(node: &Path, program: &str) -> Self {
        let task = Self::without_binary();
        let script = task.path().join("stand-in.js");
        fs::write(&script, format!("'use strict'; process.argv.splice(1, 1);\n{program}\n")).unwrap();
        task.put_binary(&stand_in::program(node, &script));
        task
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn binary(&self) -> PathBuf {
        self.path().join(binary_in_task())
    }

    pub fn definition(&self) -> Definition {
        Definition::read(&self.path().join("task.json"))
    }
}

fn binary_in_task() -> PathBuf {
    Path::new("bin").join(platform()).join("mirror-git-repository")
}

/// Returns the staged task that `TASK` names, if it does.
fn staged() -> Option<PathBuf> {
    std::env::var_os("TASK").map(|folder| source_tree().join(folder))
}

/// Returns the folder of `Cargo.toml`.
pub fn source_tree() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The things that the agent gives beside the value of an input, which is an id then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    None,
    Connection,
    SecureFile,
}

/// A `task.json`.
#[derive(Debug)]
pub struct Definition {
    json: Value,
}

impl Definition {
    pub fn read(file: &Path) -> Self {
        Self { json: serde_json::from_slice(&fs::read(file).unwrap()).unwrap() }
    }

    pub fn json(&self) -> &Value {
        &self.json
    }

    /// Name and default value of each input, as the task declares them.
    pub fn inputs(&self) -> Vec<(&str, &str)> {
        let inputs = self.json["inputs"].as_array().unwrap();
        inputs
            .iter()
            .map(|input| {
                let name = input["name"].as_str().unwrap();
                self.resource(name);
                (name, input["defaultValue"].as_str().unwrap_or_default())
            })
            .collect()
    }

    /// The names by which YAML may give an input: its own, then its aliases. The server gives the agent the value under
    /// the input's own name.
    pub fn names(&self, name: &str) -> Vec<&str> {
        let input = self.input(name);
        let aliases = input["aliases"].as_array().into_iter().flatten();
        [&input["name"]].into_iter().chain(aliases).map(|name| name.as_str().unwrap()).collect()
    }

    /// What the agent gives beside the value of an input.
    pub fn resource(&self, name: &str) -> Resource {
        match self.input(name)["type"].as_str().unwrap() {
            "string" | "boolean" | "multiLine" | "pickList" => Resource::None,
            "secureFile" => Resource::SecureFile,
            // Its name, then which schemes the editor offers.
            kind if kind.starts_with("connectedService:") => Resource::Connection,
            kind => panic!("the double does not know what the agent does with an input of type '{kind}'"),
        }
    }

    /// The inputs that the editor shows at once where some have these values: those of the open groups whose rule
    /// holds.
    pub fn shown(&self, values: &[(&str, &str)]) -> Vec<&str> {
        let is_open = |input: &Value| {
            let groups = self.json["groups"].as_array().unwrap();
            groups.iter().any(|group| group["name"] == input["groupName"] && group["isExpanded"] == true)
        };
        let value = |name: &str| match values.iter().find(|(known, _)| *known == name) {
            Some((_, value)) => *value,
            None => self.input(name)["defaultValue"].as_str().unwrap(),
        };
        let holds = |rule: &str| {
            rule.split("||").any(|term| {
                let (term, wanted) = term.split_once('=').unwrap();
                let name = term.trim_end_matches('!');
                (value(name.trim()) == wanted.trim()) != term.ends_with('!')
            })
        };
        let inputs = self.json["inputs"].as_array().unwrap().iter();
        let shown = inputs.filter(|input| is_open(input) && input["visibleRule"].as_str().is_none_or(holds));
        shown.map(|input| input["name"].as_str().unwrap()).collect()
    }

    fn input(&self, name: &str) -> &Value {
        let inputs = self.json["inputs"].as_array().unwrap();
        inputs.iter().find(|input| input["name"] == name).unwrap_or_else(|| panic!("no input '{name}'"))
    }

    /// Names of the output variables: setting one sets `<step>.<name>` only.
    pub fn output_variables(&self) -> Vec<&str> {
        let outputs = self.json["outputVariables"].as_array().unwrap();
        outputs.iter().map(|output| output["name"].as_str().unwrap()).collect()
    }

    /// Names that the task may set; none means any.
    pub fn settable_variables(&self) -> Option<Vec<&str>> {
        let allowed = self.json["restrictions"]["settableVariables"]["allowed"].as_array()?;
        Some(allowed.iter().map(|name| name.as_str().unwrap()).collect())
    }

    /// The file that a handler of the task runs.
    pub fn target(&self, handler: &str) -> &str {
        self.json["execution"][handler]["target"].as_str().unwrap()
    }
}
