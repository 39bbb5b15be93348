//! The project's address on the web, and those of its documentation.
//!
//! A build knows the address where the variable `MIRROR_GIT_REPOSITORY_HOMEPAGE` holds it, as `scripts/package --homepage`
//! sets it. A build for trying has none, and links to nothing.

/// The address that this build was told.
const ADDRESS: Option<&str> = option_env!("MIRROR_GIT_REPOSITORY_HOMEPAGE");

/// The project's place on the web.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Homepage {
    /// Its address, without a slash at the end.
    address: &'static str,
}

/// A page of the documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Document {
    /// The overview.
    Readme,
    /// The errors, and what to do about each.
    Troubleshooting,
    /// The parts of a run, its log and its page.
    HowItWorks,
    /// A run by hand.
    CommandLine,
}

impl Homepage {
    /// Returns that of this build, if it has one.
    pub fn of_build() -> Option<Self> {
        Self::at(ADDRESS?)
    }

    /// Returns the one at this address; of no text, none.
    pub fn at(address: &'static str) -> Option<Self> {
        (!address.is_empty()).then_some(Self { address })
    }

    /// Returns the address of a page, as it was in this version.
    pub fn document(self, document: Document) -> String {
        format!("{}/blob/v{}/{}", self.address, env!("CARGO_PKG_VERSION"), document.path())
    }

    /// Returns the address of a section of a page.
    pub fn section(self, document: Document, anchor: &str) -> String {
        format!("{}#{anchor}", self.document(document))
    }
}

impl Document {
    /// Every page.
    pub const ALL: [Self; 4] = [Self::Readme, Self::Troubleshooting, Self::HowItWorks, Self::CommandLine];

    /// Returns the page's file in the repository.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Readme => "README.md",
            Self::Troubleshooting => "docs/troubleshooting.md",
            Self::HowItWorks => "docs/how-it-works.md",
            Self::CommandLine => "docs/command-line.md",
        }
    }
}

/// Returns the address of a page, where this build has one.
pub fn document(document: Document) -> Option<String> {
    Some(Homepage::of_build()?.document(document))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_page_is_that_of_this_version() {
        let version = env!("CARGO_PKG_VERSION");
        let homepage = Homepage::at("https://git.example/mirror").unwrap();
        assert_eq!(
            homepage.section(Document::Troubleshooting, "github"),
            format!("https://git.example/mirror/blob/v{version}/docs/troubleshooting.md#github")
        );
    }

    #[test]
    fn a_build_without_an_address_links_to_nothing() {
        assert_eq!(Homepage::at(""), None);
        assert_eq!(document(Document::Readme).is_some(), ADDRESS.is_some_and(|address| !address.is_empty()));
    }

    #[test]
    fn every_page_is_a_file_of_the_repository() {
        for page in Document::ALL {
            assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(page.path()).is_file(), "{page:?}");
        }
    }
}
