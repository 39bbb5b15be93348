//! The repository or the owner that an App signs in for, at the interface of its GitHub.

use percent_encoding::{percent_decode_str, utf8_percent_encode};

use crate::remote::web_url::WebUrl;
use crate::secret::ESCAPED;

/// A repository by its owner and name, or an owner, at the interface of its GitHub. Both names are parts of a path,
/// percent-encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppTarget {
    api: WebUrl,
    owner: String,
    repository: Option<String>,
}

impl AppTarget {
    /// Takes the address of the interface, such as `https://api.github.com`, and the names as they stand in a URL; without
    /// a repository it is all of the owner. None if a name is empty or would lead elsewhere in a path.
    pub fn new(api: WebUrl, owner: &str, repository: Option<&str>) -> Option<Self> {
        let repository = match repository {
            Some(name) => Some(segment(name)?),
            None => None,
        };
        Some(Self { api, owner: segment(owner)?, repository })
    }

    pub(super) fn api(&self) -> &WebUrl {
        &self.api
    }

    pub(super) fn owner(&self) -> &str {
        &self.owner
    }

    pub(super) fn repository(&self) -> Option<&str> {
        self.repository.as_deref()
    }
}

fn segment(name: &str) -> Option<String> {
    let name = percent_decode_str(name).decode_utf8().ok()?;
    let is_name = !matches!(&*name, "" | "." | "..") && !name.contains(['/', '\\']);
    is_name.then(|| utf8_percent_encode(&name, ESCAPED).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_one_part_of_a_path_each() {
        let api = WebUrl::parse("https://api.github.com").unwrap().0;
        let target = |owner: &str, repository: &str| {
            let target = AppTarget::new(api.clone(), owner, Some(repository));
            target.map(|target| (target.owner, target.repository.unwrap()))
        };
        for (given, expected) in [
            (("Contoso", "App.x_1-2"), ("Contoso", "App.x_1-2")),
            (("a b", "a%20b"), ("a%20b", "a%20b")),
            (("a?b=c#d", "ü"), ("a%3Fb%3Dc%23d", "%C3%BC")),
            (("%252e%252e", "..."), ("%252e%252e", "...")),
        ] {
            let expected = Some((expected.0.to_owned(), expected.1.to_owned()));
            assert_eq!(target(given.0, given.1), expected, "{given:?}");
        }
        for name in ["", ".", "..", "%2e%2E", "a/b", "a%2Fb", "a\\b", "%FF"] {
            assert_eq!((target(name, "r"), target("o", name)), (None, None), "{name}");
            assert_eq!(AppTarget::new(api.clone(), name, None), None, "{name}");
        }
        let owner = AppTarget::new(api, "Contoso", None).unwrap();
        assert_eq!((owner.owner(), owner.repository()), ("Contoso", None));
    }
}
