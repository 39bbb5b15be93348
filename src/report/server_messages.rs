//! Finds the messages about each rejected ref in a destination's text, which is about all refs of a push.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::mirror::report::{Outcome, RefOutcome, Refusal, Report};
use crate::protocol::ref_name::RefName;

/// The end of a line in which git tells what an update hook has said of one ref.
const DECLINED: &str = "hook declined to update ";

/// The lines of a text by the refs that they are about.
type MessageLines<'a> = HashMap<Cow<'a, str>, Vec<&'a str>>;

/// The texts of a run's pushes, divided. The key is where a text stands, since it is shared by the refs of its push and
/// can be long.
#[derive(Debug)]
pub(crate) struct ServerMessages<'a>(HashMap<*const str, (&'a str, MessageLines<'a>)>);

impl<'a> ServerMessages<'a> {
    /// Divides each text among the refs that its push had refused.
    pub(crate) fn in_report(report: &'a Report) -> Self {
        let mut pushes: HashMap<*const str, (&str, MessageLines<'_>)> = HashMap::new();
        for RefOutcome { update, outcome } in &report.outcomes {
            if let Outcome::Rejected(Refusal { remote, .. }) = outcome {
                let push = pushes.entry(Arc::as_ptr(remote)).or_insert_with(|| (remote, MessageLines::new()));
                push.1.insert(update.name().to_text(), Vec::new());
            }
        }
        for (text, refs) in pushes.values_mut() {
            divide(text, refs);
        }
        Self(pushes)
    }

    /// Returns the lines about a ref that was refused; none where the text is only about others.
    pub(crate) fn of(&self, name: &RefName, refusal: &Refusal) -> &[&'a str] {
        let push = self.0.get(&Arc::as_ptr(&refusal.remote));
        push.and_then(|(_, refs)| refs.get(&*name.to_text())).map_or(&[], Vec::as_slice)
    }
}

/// Gives each ref its lines: those that git ends with "hook declined", else those that name the ref and those that follow
/// them. What is about one ref, or names none, is about all of them.
fn divide<'a>(text: &'a str, refs: &mut MessageLines<'a>) {
    if refs.len() > 1 && text.contains(DECLINED) {
        divide_by_hook(text, refs);
    } else if refs.len() > 1 {
        divide_by_name(text, refs);
    }
    if refs.len() == 1 || (refs.values().all(Vec::is_empty) && !text.contains(DECLINED)) {
        let lines: Vec<_> = text.lines().filter(|line| !line.contains(DECLINED)).collect();
        for said in refs.values_mut() {
            said.clone_from(&lines);
        }
    }
}

fn divide_by_hook<'a>(text: &'a str, refs: &mut MessageLines<'a>) {
    let mut said = Vec::new();
    for line in text.lines() {
        match line.split_once(DECLINED) {
            None => said.push(line),
            Some((_, name)) => {
                let said = std::mem::take(&mut said);
                if let Some(lines) = refs.get_mut(name.trim_end()) {
                    *lines = said;
                }
            }
        }
    }
}

/// Gives each ref the lines behind its name. GitHub names a protected branch once (GH006, GH013), and then says in a
/// line each what of it is not allowed.
fn divide_by_name<'a>(text: &'a str, refs: &mut MessageLines<'a>) {
    let mut about = HashSet::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let words = line.split_whitespace();
        let words = words.map(|word| word.trim_matches(|c: char| c.is_ascii_punctuation() && c != '_'));
        let named: HashSet<&str> = words.filter(|word| refs.contains_key(*word)).collect();
        if !named.is_empty() || line.contains("refs/") {
            about = named;
        }
        for name in &about {
            if let Some(lines) = refs.get_mut(*name) {
                lines.push(line);
            }
        }
        // What follows a line about several is told of none: it would be kept as often as there are such refs.
        if about.len() > 1 {
            about.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the lines of a text that are about each of these refs, joined by a slash.
    fn divided<const N: usize>(text: &str, names: [&'static str; N]) -> [String; N] {
        let mut refs: MessageLines<'_> = names.iter().map(|&name| (name.into(), Vec::new())).collect();
        divide(text, &mut refs);
        names.map(|name| refs[name].join(" / "))
    }

    #[test]
    fn each_ref_has_what_its_own_hook_said() {
        let text = "GH001: a.bin is too large\nsee the policy\nerror: hook declined to update refs/heads/a\n\
                    TF402455: use a pull request\nerror: hook declined to update refs/heads/b\n";
        assert_eq!(
            divided(text, ["refs/heads/a", "refs/heads/b", "refs/heads/c"]),
            ["GH001: a.bin is too large / see the policy", "TF402455: use a pull request", ""]
        );
    }

    #[test]
    fn else_each_ref_has_the_lines_that_name_it() {
        let text =
            "error: GH006: Protected branch update failed for refs/heads/a.\nerror: 'refs/heads/ab' no";
        assert_eq!(
            divided(text, ["refs/heads/a", "refs/heads/ab", "refs/heads/b"]),
            [
                "error: GH006: Protected branch update failed for refs/heads/a.",
                "error: 'refs/heads/ab' no",
                ""
            ]
        );
    }

    #[test]
    fn lines_that_follow_the_name_of_a_ref_are_about_it() {
        let text = "welcome\n\
                    error: GH006: Protected branch update failed for refs/heads/a.\n\n\
                    - Cannot force-push to this branch\n\
                    error: GH013: Repository rule violations found for refs/heads/b.\n\
                    - Changes must be made through a pull request.\n\
                    error: refs/heads/other is nobody's\n\
                    - not told";
        assert_eq!(
            divided(text, ["refs/heads/a", "refs/heads/b", "refs/heads/c"]),
            [
                "error: GH006: Protected branch update failed for refs/heads/a. / - Cannot force-push to this branch",
                "error: GH013: Repository rule violations found for refs/heads/b. / - Changes must be made through \
                 a pull request.",
                ""
            ]
        );
    }

    #[test]
    fn each_of_many_refs_has_all_its_lines() {
        let names: Vec<_> = (0..200).map(|number| format!("refs/heads/topic/{number:05}")).collect();
        let lines = |name: &String| {
            format!(
                "error: GH013: Repository rule violations found for {name}.\n\
                 Review all repository rules at https://github.example.org/contoso/app/rules\n\
                 - Cannot create ref due to creations being restricted.\n\
                 - Changes must be made through a pull request.\n\
                 - Commits must have verified signatures.\n"
            )
        };
        let text: String = names.iter().map(lines).collect();
        let mut refs: MessageLines<'_> = names.iter().map(|name| (name.into(), Vec::new())).collect();
        divide(&text, &mut refs);
        for name in &names {
            assert_eq!(refs[name.as_str()].join("\n") + "\n", lines(name));
        }
    }

    #[test]
    fn a_text_that_names_no_ref_is_about_all() {
        let text = "fatal: pack exceeds maximum allowed size";
        assert_eq!(divided(text, ["refs/heads/a", "refs/heads/b"]), [text, text]);
    }

    #[test]
    fn a_text_about_one_ref_omits_what_its_reason_says() {
        let text = "not on a Friday\nerror: hook declined to update refs/heads/a";
        assert_eq!(divided(text, ["refs/heads/a"]), ["not on a Friday"]);
        assert_eq!(divided("GH006 for refs/heads/a\n- no force", ["refs/heads/a"])[0].lines().count(), 1);
        assert_eq!(divided("", ["refs/heads/a", "refs/heads/b"]), ["", ""]);
    }
}
