//! The sections of the troubleshooting page, and the links to them.

use crate::homepage::{Document, Homepage};

/// A section of the troubleshooting page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// Wrong inputs.
    Inputs,
    /// Plans that are refused, and refs that are not done.
    Plans,
    /// The words of SSH.
    Ssh,
    /// The words of Azure Repos.
    AzureRepos,
    /// The words of GitHub.
    GitHub,
    /// The words of other hosts.
    OtherHosts,
    /// The words of Git.
    Git,
    /// The words of web servers and proxies.
    Web,
    /// Tokens that are got during a run.
    Tokens,
    /// Many repositories, and what is created.
    Containers,
    /// Objects of Git LFS.
    Lfs,
    /// Local repositories.
    Repositories,
    /// Credentials that are not taken, and rights that are missing, in words that are not known.
    SignIn,
    /// Connections that do not come about, or end.
    Network,
    /// Other errors without words that are known.
    AnyServer,
}

impl Topic {
    /// Returns the heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Inputs => "Inputs",
            Self::Plans => "Plans and refs",
            Self::Ssh => "SSH",
            Self::AzureRepos => "Azure Repos",
            Self::GitHub => "GitHub",
            Self::OtherHosts => "Other hosts",
            Self::Git => "Git",
            Self::Web => "Web servers and proxies",
            Self::Tokens => "Tokens of Microsoft Entra and of GitHub Apps",
            Self::Containers => "Projects and organizations",
            Self::Lfs => "Git LFS",
            Self::Repositories => "Repositories",
            Self::SignIn => "Sign-in and rights",
            Self::Network => "Network and certificates",
            Self::AnyServer => "Any server",
        }
    }

    /// Returns the name of the heading in a link, as GitHub and GitLab make it.
    pub fn anchor(self) -> String {
        self.title().to_lowercase().replace(' ', "-")
    }

    /// Returns the address of the section, where this build has one.
    pub fn link(self) -> Option<String> {
        Homepage::of_build().map(|homepage| self.at(homepage))
    }

    fn at(self, homepage: Homepage) -> String {
        homepage.section(Document::Troubleshooting, &self.anchor())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::advice::{chapters, kinds, table};

    #[test]
    fn every_link_leads_to_a_heading_of_the_page() {
        let page = include_str!("../../../docs/troubleshooting.md");
        let headings: Vec<_> = page.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        let topics: Vec<_> = chapters().iter().map(|chapter| chapter.topic).collect();
        assert_eq!(topics.iter().map(|topic| topic.title()).collect::<Vec<_>>(), headings);
        for kind in kinds::all() {
            assert!(topics.contains(&table::topic_of(kind)), "{kind:?}");
        }
        for topic in topics {
            assert!(topic.anchor().chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{topic:?}");
        }
    }

    #[test]
    fn a_link_names_the_page_of_this_version_and_the_section() {
        let homepage = Homepage::at("https://git.example/mirror").unwrap();
        let page = homepage.document(Document::Troubleshooting);
        assert_eq!(Topic::Web.at(homepage), format!("{page}#web-servers-and-proxies"));
    }
}
