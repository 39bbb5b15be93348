//! The agent's side of the output, ported from its source (`Command.cs`, `CommandStringConvertor.cs`), as the oracle of
//! tests and of a fuzz target.

/// A logging command as the agent understands it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parsed {
    pub(crate) area: String,
    pub(crate) event: String,
    pub(crate) properties: Vec<(String, String)>,
    pub(crate) data: String,
}

impl Parsed {
    pub(crate) fn property(&self, name: &str) -> Option<&str> {
        let found = self.properties.iter().find(|(property, _)| property.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// Returns the lines of an output as .NET's `ReadLine` gives them: `\n`, `\r\n` and a lone `\r` end one.
pub(crate) fn lines(output: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = output;
    while let Some(end) = rest.find(['\r', '\n']) {
        lines.push(&rest[..end]);
        let length = if rest[end..].starts_with("\r\n") { 2 } else { 1 };
        rest = &rest[end + length..];
    }
    if !rest.is_empty() {
        lines.push(rest);
    }
    lines
}

/// Returns the command in a line, wherever in the line it stands.
pub(crate) fn parse(line: &str) -> Option<Parsed> {
    let (_, command) = line.split_once("##vso[")?;
    let (header, data) = command.split_once(']')?;
    let (name, properties) = header.split_once(' ').unwrap_or((header, ""));
    let parts: Vec<_> = name.split('.').filter(|part| !part.is_empty()).collect();
    let [area, event] = parts[..] else { return None };
    let properties = properties.split(';').filter_map(|property| property.split_once('='));
    let properties = properties.filter(|(_, value)| !value.is_empty());
    Some(Parsed {
        area: area.to_ascii_lowercase(),
        event: event.to_ascii_lowercase(),
        properties: properties.map(|(name, value)| (name.to_owned(), unescaped(value))).collect(),
        data: unescaped(data),
    })
}

fn unescaped(text: &str) -> String {
    text.replace("%3B", ";")
        .replace("%0D", "\r")
        .replace("%0A", "\n")
        .replace("%5D", "]")
        .replace("%AZP25", "%")
}

#[test]
fn the_oracle_reads_as_the_agent_does() {
    assert_eq!(lines("a\rb\r\nc\n\nd"), ["a", "b", "c", "", "d"]);
    let parsed = parse("remote: x##vso[Task.SetVariable Variable=a%3Bb; c=1;d=]%AZP250A]%0A").unwrap();
    assert_eq!((parsed.area.as_str(), parsed.event.as_str()), ("task", "setvariable"));
    assert_eq!(parsed.properties.len(), 2);
    assert_eq!(parsed.property("variable"), Some("a;b"));
    assert_eq!(parsed.property(" c"), Some("1"));
    assert_eq!(parsed.data, "%0A]\n");
    for none in ["##vso", "##vso[task.debug", "##vso[debug]", "##vso[a.b.c]", "##VSO[task.debug]", ""] {
        assert_eq!(parse(none), None, "{none}");
    }
}
