//! The name of each mirror at the destination, as a template: `{organization}-{project}-{repository}`.

use thiserror::Error;

/// A template. Each of its values is from outside, and what it makes is for a host's rule to clean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameTemplate(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Repository,
    Project,
    Organization,
}

/// The values for a template. One that the source's host does not have is empty.
#[derive(Clone, Copy, Debug, Default)]
pub struct NameValues<'a> {
    /// The repository's own name.
    pub repository: &'a str,
    /// The name of its project; of GitLab the path of its group below the source's.
    pub project: &'a str,
    /// The name of its organization, collection, owner, group or workspace.
    pub organization: &'a str,
}

/// The reason why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TemplateError {
    /// A brace has no other.
    #[error("a '{{' or '}}' has no other")]
    Brace,
    /// It names a value that there is not.
    #[error("'{{{0}}}' is none of {{repository}}, {{project}} and {{organization}}")]
    Unknown(String),
    /// All repositories would have the same name.
    #[error("'{{repository}}' is missing, so that many would have one name")]
    NoRepository,
}

/// The characters that may stand between two values, and go where one of them is empty.
const SEPARATORS: [char; 4] = ['-', '_', '.', ' '];

impl NameTemplate {
    /// Reads a template. The names of values are in letters of either case.
    ///
    /// # Errors
    ///
    /// Fails if it names a value that there is not, or not the repository.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let (mut parts, mut rest) = (Vec::new(), text);
        while let Some((before, behind)) = rest.split_once('{') {
            let (name, after) = behind.split_once('}').ok_or(TemplateError::Brace)?;
            parts.push(literal(before)?);
            parts.push(match name.to_ascii_lowercase().as_str() {
                "repository" => Part::Repository,
                "project" => Part::Project,
                "organization" => Part::Organization,
                _ => return Err(TemplateError::Unknown(name.to_owned())),
            });
            rest = after;
        }
        parts.push(literal(rest)?);
        parts.retain(|part| *part != Part::Text(String::new()));
        if parts.contains(&Part::Repository) { Ok(Self(parts)) } else { Err(TemplateError::NoRepository) }
    }

    /// Fills the values in. A `/` in a project is a `-`. Where a value is empty, so is what parts it from the next, or, at
    /// the end, from the last.
    pub fn fill(&self, values: &NameValues<'_>) -> String {
        let project = values.project.replace('/', "-");
        let mut name = String::new();
        let mut is_after_nothing = false;
        for part in &self.0 {
            let value = match part {
                Part::Text(text) if is_after_nothing => text.trim_start_matches(SEPARATORS),
                Part::Text(text) => text,
                Part::Repository => values.repository,
                Part::Project => &project,
                Part::Organization => values.organization,
            };
            is_after_nothing = value.is_empty() && (is_after_nothing || !matches!(part, Part::Text(_)));
            name.push_str(value);
        }
        if is_after_nothing { name.trim_end_matches(SEPARATORS).to_owned() } else { name }
    }
}

/// The template where none is given: the repository's own name.
impl Default for NameTemplate {
    fn default() -> Self {
        Self(vec![Part::Repository])
    }
}

fn literal(text: &str) -> Result<Part, TemplateError> {
    if text.contains(['{', '}']) { Err(TemplateError::Brace) } else { Ok(Part::Text(text.to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(template: &str, [organization, project, repository]: [&str; 3]) -> String {
        NameTemplate::parse(template).unwrap().fill(&NameValues { repository, project, organization })
    }

    #[test]
    fn a_template_is_filled_with_values() {
        for (template, expected) in [
            ("{repository}", "app"),
            ("{project}-{repository}", "team-app"),
            ("{Organization}.{PROJECT}.{repository}-mirror", "contoso.team.app-mirror"),
            ("a{repository}{repository}b", "aappappb"),
        ] {
            assert_eq!(fill(template, ["contoso", "team", "app"]), expected);
        }
        assert_eq!(fill("{project}-{repository}", ["g", "a/b", "app"]), "a-b-app");
        let values = NameValues { repository: "app", ..NameValues::default() };
        assert_eq!(NameTemplate::default().fill(&values), "app");
        assert_eq!(NameTemplate::parse("{repository}"), Ok(NameTemplate::default()));
    }

    #[test]
    fn an_empty_value_takes_its_separator_along() {
        for (template, expected) in [
            ("{project}-{repository}", "app"),
            ("{repository}-{project}", "app"),
            ("{organization} _ {project}-{repository}", "app"),
            ("x-{project}-{repository}", "x-app"),
            ("{repository}-{project}-mirror", "app-mirror"),
            ("-{repository}-", "-app-"),
        ] {
            assert_eq!(fill(template, ["", "", "app"]), expected, "{template}");
        }
    }

    #[test]
    fn a_value_is_not_read_as_a_template() {
        assert_eq!(
            fill("{project}-{repository}", ["o", "{repository}", "{project}"]),
            "{repository}-{project}"
        );
    }

    #[test]
    fn a_text_that_is_no_template_is_refused() {
        for (text, error) in [
            ("", TemplateError::NoRepository),
            ("{project}", TemplateError::NoRepository),
            ("{repository", TemplateError::Brace),
            ("repository}", TemplateError::Brace),
            ("{{repository}}", TemplateError::Unknown("{repository".to_owned())),
            ("{repo}", TemplateError::Unknown("repo".to_owned())),
            ("{}", TemplateError::Unknown(String::new())),
        ] {
            assert_eq!(NameTemplate::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn errors_of_templates_are_told_in_words() {
        for (error, words) in [
            (TemplateError::Brace, "a '{' or '}' has no other"),
            (
                TemplateError::Unknown("x".to_owned()),
                "'{x}' is none of {repository}, {project} and {organization}",
            ),
            (TemplateError::NoRepository, "'{repository}' is missing, so that many would have one name"),
        ] {
            assert_eq!(error.to_string(), words);
        }
    }
}
