//! How the agent makes the values of inputs, and the names of environment variables.

use std::collections::BTreeMap;

/// A pipeline variable.
#[derive(Clone, Debug)]
pub enum Variable {
    Public(String),
    Secret(String),
}

impl Variable {
    pub fn value(&self) -> &str {
        match self {
            Self::Public(value) | Self::Secret(value) => value,
        }
    }
}

/// Returns a variable's name in the environment.
pub fn environment_name(name: &str) -> String {
    name.replace(['.', ' '], "_").to_uppercase()
}

/// Makes an input's value: the given one or the default, trimmed, then expanded from the pipeline's variables and
/// what is left from the agent's environment. What a variable brings is neither trimmed nor expanded again.
pub fn value(
    given: &str,
    variables: &BTreeMap<String, Variable>,
    environment: &BTreeMap<String, String>,
) -> String {
    let from_variables = expand(given.trim(), |name| {
        let found = variables.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, variable)| variable.value().to_owned())
    });
    expand(&from_variables, |name| environment.get(name).cloned())
}

/// Replaces each `$(name)` that `lookup` knows; the others stay.
fn expand(text: &str, lookup: impl Fn(&str) -> Option<String>) -> String {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("$(") {
        expanded.push_str(before);
        let found = after.split_once(')').and_then(|(name, tail)| Some((lookup(name)?, tail)));
        let (replacement, tail) = found.unwrap_or(("$(".to_owned(), after));
        expanded.push_str(&replacement);
        rest = tail;
    }
    expanded + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(given: &str) -> String {
        let variables = BTreeMap::from([
            ("Build.Repository.Uri".to_owned(), Variable::Public("https://host/$(Token) ".to_owned())),
            ("Token".to_owned(), Variable::Secret("s3cret".to_owned())),
        ]);
        value(given, &variables, &BTreeMap::from([("HOME".to_owned(), "/root".to_owned())]))
    }

    #[test]
    fn text_is_trimmed_but_not_what_a_variable_brings() {
        assert_eq!(made("  plain \n"), "plain");
        assert_eq!(made(" $(build.repository.uri) "), "https://host/$(Token) ");
    }

    #[test]
    fn unknown_variables_stay_and_the_agents_environment_comes_last() {
        assert_eq!(made("$(Unknown)/$(token)/$(HOME)/$(open"), "$(Unknown)/s3cret//root/$(open");
    }

    #[test]
    fn names_lose_dots_and_spaces_and_keep_hyphens() {
        assert_eq!(environment_name("Build.Repository Uri-x"), "BUILD_REPOSITORY_URI-X");
    }
}
