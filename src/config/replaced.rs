//! Inputs and service connections that a variable of the pipeline stands in for.
//!
//! An agent before 5.277.0 sets a pipeline variable named `INPUT_…` or `ENDPOINT_…` over what it set for the task
//! itself, so that whoever may set a variable chooses where a token goes. Later agents keep the two apart.

use crate::agent::environment::Environment;

/// The first version whose task inputs no variable replaces.
const KEEPS_APART: [u32; 3] = [5, 277, 0];

/// Prefixes of variables that an old agent sets only for the task, unless a variable has such a name.
const OWN: [&str; 4] = ["INPUT_", "ENDPOINT_", "SECRET_", "SECUREFILE_"];

/// Says so, at the end of a sentence that begins with the input.
pub(crate) fn problem(verb: &str, variable: &str) -> String {
    format!(
        "{verb} replaced by the pipeline's variable '{variable}', which agents before 5.277.0 let through; rename that \
         variable, or update the agent"
    )
}

impl Environment {
    /// Returns what the agent itself gave under this name, and not a variable of the pipeline in its place.
    pub(crate) fn given(&self, name: &str) -> Option<&str> {
        self.text(name).filter(|_| self.replaced(|replaced| replaced == name.to_uppercase()).is_none())
    }

    /// Returns the variable of the pipeline whose value stands in place of what the agent gave this task under a name
    /// that `is_used` accepts. Names are compared in upper case.
    pub(crate) fn replaced(&self, is_used: impl Fn(&str) -> bool) -> Option<String> {
        if !self.is_in_pipeline() || !self.is_of_old_agent() {
            return None;
        }
        let names = self.text("VSTS_PUBLIC_VARIABLES")?;
        let names: Vec<String> = serde_json::from_str(names).unwrap_or_default();
        names.into_iter().find(|name| {
            let variable = name.replace(['.', ' '], "_").to_uppercase();
            OWN.iter().any(|prefix| variable.starts_with(prefix)) && is_used(&variable)
        })
    }

    fn is_of_old_agent(&self) -> bool {
        let Some(version) = self.text("AGENT_VERSION") else { return false };
        let parts: Vec<u32> = version.split('.').map_while(|part| part.parse().ok()).collect();
        !parts.is_empty() && parts.as_slice() < KEEPS_APART.as_slice()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(version: &str, names: &str) -> Option<String> {
        let variables = [("TF_BUILD", "True"), ("AGENT_VERSION", version), ("VSTS_PUBLIC_VARIABLES", names)];
        let variables = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
        let environment = Environment { variables, arguments: Vec::new() };
        environment.replaced(|name| ["INPUT_PRUNE", "SYSTEM_DEBUG"].contains(&name))
    }

    #[test]
    fn a_variable_replaces_an_input_only_on_old_agents() {
        let names = r#"["System.Debug", "input.prune", "INPUT_OTHER"]"#;
        for (version, is_old) in [
            ("2.195.2", true),
            ("4.277.0", true),
            ("5.276.9", true),
            ("5.277.0", false),
            ("5.277.1", false),
            ("6.0.0", false),
            ("", false),
            ("latest", false),
        ] {
            assert_eq!(replaced(version, names), is_old.then(|| "input.prune".to_owned()), "{version}");
        }
    }

    #[test]
    fn variables_of_other_names_replace_nothing() {
        for names in [r#"["System.Debug", "INPUT_OTHER", "prune"]"#, "[]", "", "no JSON"] {
            assert_eq!(replaced("4.248.0", names), None, "{names}");
        }
    }
}
