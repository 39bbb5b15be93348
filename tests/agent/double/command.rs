//! The agent's reading of a line: text, a logging command, or something that wanted to be one.

use std::collections::BTreeMap;

const PREFIX: &str = "##vso[";

/// `##vso[area.event name=value;…]data`, unescaped. Area, event and property names are in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    pub area: String,
    pub event: String,
    pub properties: BTreeMap<String, String>,
    pub data: String,
}

impl Command {
    pub fn is(&self, area: &str, event: &str) -> bool {
        self.area == area && self.event == event
    }

    pub fn property(&self, name: &str) -> Option<&str> {
        self.properties.get(name).map(String::as_str)
    }

    pub fn flag(&self, name: &str) -> bool {
        self.property(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }
}

/// What a line of output is to the agent.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    Text,
    Command(Command),
    /// Not readable as a command although it holds `##vso`: printed, with a warning.
    Malformed,
}

/// Reads one line. The prefix counts wherever it stands; what is before it is dropped.
pub fn parse(line: &str) -> Line {
    match parse_command(line) {
        Some(command) => Line::Command(command),
        None if line.to_ascii_lowercase().contains("##vso") => Line::Malformed,
        None => Line::Text,
    }
}

fn parse_command(line: &str) -> Option<Command> {
    let (_, rest) = line.split_once(PREFIX)?;
    let (header, data) = rest.split_once(']')?;
    let (name, properties) = header.split_once(' ').unwrap_or((header, ""));
    let parts: Vec<_> = name.split('.').filter(|part| !part.is_empty()).collect();
    let [area, event] = parts.as_slice() else { return None };
    let properties = properties
        .split(';')
        .filter_map(|property| property.split_once('='))
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name.to_lowercase(), unescape(value)))
        .collect();
    Some(Command { area: area.to_lowercase(), event: event.to_lowercase(), properties, data: unescape(data) })
}

/// The order is the agent's: `%AZP25` last, so that an escaped per cent sign escapes nothing anew.
pub fn unescape(text: &str) -> String {
    [("%3B", ";"), ("%0D", "\r"), ("%0A", "\n"), ("%5D", "]"), ("%AZP25", "%")]
        .iter()
        .fold(text.to_owned(), |text, (escape, plain)| text.replace(escape, plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(line: &str) -> Command {
        match parse(line) {
            Line::Command(command) => command,
            other => panic!("{line:?} is {other:?}"),
        }
    }

    #[test]
    fn a_command_counts_anywhere_in_a_line() {
        let command = command("remote: hello ##vso[Task.SetVariable variable=a;isOutput=true]b]c");
        assert!(command.is("task", "setvariable"));
        assert_eq!(command.property("variable"), Some("a"));
        assert!(command.flag("isoutput"));
        assert_eq!(command.data, "b]c");
    }

    #[test]
    fn an_escaped_per_cent_sign_escapes_nothing_anew() {
        assert_eq!(command("##vso[task.debug]100%AZP25 %AZP250A %0A").data, "100% %0A \n");
        assert_eq!(command("##vso[task.logissue code=a%3Bb%5D;type=error]").property("code"), Some("a;b]"));
    }

    #[test]
    fn what_only_looks_like_a_command_is_malformed() {
        for line in
            ["##vso[task]", "##vso[task.a.b]", "##vso[task.complete result=Failed;", "##VSO[task.debug]x"]
        {
            assert_eq!(parse(line), Line::Malformed, "{line}");
        }
        assert_eq!(parse("**vso[task.debug]x"), Line::Text);
    }

    #[test]
    fn empty_properties_are_dropped_and_names_are_not_trimmed() {
        let command = command("##vso[task.complete result=; done=true;]");
        assert_eq!(command.property("result"), None);
        assert_eq!(command.property(" done"), Some("true"));
    }
}
