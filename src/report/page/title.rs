//! The title of the page: the agent shows the name of its file.

use percent_encoding::percent_decode_str;

use crate::agent::masks::Masks;
use crate::remote::url::RemoteUrl;
use crate::text;

/// The title where no destination can be named.
pub(crate) const UNNAMED: &str = "Mirror Git repository";

/// Number of characters of a destination's name that are shown.
const LONGEST: usize = 60;

/// Number of parts of a server's path that a name is made of: its last ones tell most.
const PARTS: usize = 2;

/// Parts of an address that are no names.
const NO_NAMES: [&str; 8] = ["_git", "_full", "_optimized", "scm", "v1", "v3", "repos", "projects"];

/// Returns the title of a page about the mirror at this address, without what is secret. Only letters, digits and a few
/// signs are in it, which mean nothing in a path of any system.
pub(crate) fn of(destination: &RemoteUrl, masks: &Masks) -> String {
    let (path, parts) = match destination {
        RemoteUrl::Web(url) => (url.path().to_owned(), PARTS),
        RemoteUrl::Ssh(url) => (url.path().to_owned(), PARTS),
        RemoteUrl::Local(path) => (path.to_string(), 1),
    };
    let decoded = text::of_bytes(&percent_decode_str(&path).collect::<Vec<_>>()).into_owned();
    let name = short(&decoded, parts);
    let shows_secret = [&path, &decoded, &name].iter().any(|text| masks.clean(text) != ***text);
    if shows_secret || name.is_empty() { UNNAMED.to_owned() } else { format!("Mirror to {name}") }
}

fn short(path: &str, parts: usize) -> String {
    let words = path.split(['/', '\\']).filter(|word| !word.is_empty() && !NO_NAMES.contains(word));
    let words: Vec<_> = words.map(|word| clean(word.strip_suffix(".git").unwrap_or(word))).collect();
    let words: Vec<_> = words.into_iter().filter(|word| !word.is_empty()).collect();
    let last = words.iter().skip(words.len().saturating_sub(parts)).cloned().collect::<Vec<_>>().join("-");
    let shown: String = last.chars().take(LONGEST).collect();
    shown.trim_end_matches(['-', '.']).to_owned()
}

/// Replaces what is not sure to be harmless in the name of a file, nor in a logging command.
fn clean(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let plain: String = word.chars().map(|c| if is_plain(c) { c } else { '-' }).collect();
    plain.trim_matches(['-', '.']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    fn title(url: &str) -> String {
        of(
            &RemoteUrl::parse(url).unwrap().0,
            &Masks::of(&[Secret::new("hunter2hunter2"), Secret::new("a/b c")]),
        )
    }

    #[test]
    fn a_page_is_named_by_the_end_of_the_destinations_address() {
        for (url, expected) in [
            ("https://github.com/contoso/app.git", "Mirror to contoso-app"),
            ("https://dev.azure.com/contoso/my%20project/_git/app", "Mirror to my-project-app"),
            ("git@ssh.dev.azure.com:v3/contoso/p/app", "Mirror to p-app"),
            ("https://gitlab.com/group/sub/app", "Mirror to sub-app"),
            ("https://stash.example.org/scm/key/app.git", "Mirror to key-app"),
            ("https://github.com/contoso", "Mirror to contoso"),
            ("/srv/git/app.git", "Mirror to app"),
            ("https://github.com", UNNAMED),
        ] {
            assert_eq!(title(url), expected, "{url}");
        }
    }

    #[test]
    fn no_character_of_a_path_or_a_command_is_in_a_title() {
        for url in [
            "https://git.example.org/..%2f..%2fetc/passwd",
            "https://git.example.org/a%0a%23%23vso[task.complete]/x;y=%5d",
            "https://git.example.org/%E6%97%A5%E6%9C%AC/con.",
            "/srv/..\\..\\x:y*?\"<>|",
            "/srv/a\u{202e}b/%00",
        ] {
            let title = title(url);
            let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ');
            assert!(title.chars().all(is_plain) && !title.contains(".."), "{title}");
            assert!(!title.ends_with(['.', ' ']), "{title}");
        }
        assert!(title(&format!("https://git.example.org/{}", "x".repeat(5000))).len() < 80);
    }

    #[test]
    fn a_secret_is_not_in_a_title() {
        for url in [
            "https://git.example.org/hunter2hunter2/r",
            "https://git.example.org/hunter2%68unter2",
            "https://git.example.org/a/b%20c",
        ] {
            assert_eq!(title(url), UNNAMED, "{url}");
        }
    }
}
