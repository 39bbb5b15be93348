//! The place where the mirrors of a container go, and the address of each there.

use std::path::PathBuf;

use crate::hosts::Host;
use crate::hosts::address::{Container, ContainerKind};
use crate::hosts::management::RepositoryPlace;
use crate::hosts::name_rule::{FOLDER, NameRule};
use crate::remote::url::RemoteUrl;

/// The place where the mirrors of a container go.
#[derive(Clone, Debug)]
pub enum Target {
    /// A container at a host whose interface is known.
    Container(Host, Container),
    /// The addresses below this one, at a server without such an interface: nothing is listed or created there.
    Below(Host, RemoteUrl),
    /// The folders in this one.
    Folder(PathBuf),
}

impl Target {
    /// Returns the rule for the names there.
    pub fn rule(&self) -> &'static NameRule {
        match self {
            Self::Container(host, _) | Self::Below(host, _) => &host.info().names,
            Self::Folder(_) => &FOLDER,
        }
    }

    /// Tells whether a repository there is in a project that its mirror names.
    pub fn has_projects(&self) -> bool {
        matches!(self, Self::Container(_, Container { kind: ContainerKind::Collection { .. }, .. }))
    }

    /// Returns the place of the mirror of this name at the interface of its host, in this project where there are some; none
    /// where no interface is known.
    pub fn place(&self, project: &str, name: &str) -> Option<RepositoryPlace> {
        let Self::Container(_, container) = self else { return None };
        let container = container.project(project).unwrap_or_else(|| container.clone());
        Some(RepositoryPlace { container, name: name.to_owned() })
    }

    /// Returns the address of the mirror of this name, in this project where there are some; none if the name cannot be in
    /// an address.
    pub fn address(&self, project: &str, name: &str) -> Option<RemoteUrl> {
        match self {
            Self::Container(host, _) => {
                let place = self.place(project, name)?;
                (host.info().management?.url)(&place).map(RemoteUrl::Web)
            }
            Self::Below(_, above) => Some(above.below(&format!("{name}.git"))),
            Self::Folder(folder) => Some(RemoteUrl::Local(folder.join(format!("{name}.git")).into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hosts;
    use crate::hosts::address::Address;

    fn below(url: &str) -> Target {
        Target::Below(Host::Other, RemoteUrl::parse(url).unwrap().0)
    }

    #[test]
    fn each_mirror_has_an_address_below_the_target() {
        for (target, address) in [
            (Target::Folder("/backup".into()), "/backup/my app.git"),
            (below("https://git.example.org/mirrors"), "https://git.example.org/mirrors/my%20app.git"),
            (below("git@git.example.org:mirrors/"), "ssh://git@git.example.org/mirrors/my%20app.git"),
        ] {
            let shown = target.address("", "my app").unwrap().to_string();
            let is_scp = shown.starts_with("git@");
            assert!(shown == address || is_scp && shown.ends_with(":mirrors/my app.git"), "{shown}");
        }
    }

    #[test]
    fn the_query_of_a_server_without_an_interface_stays() {
        let RemoteUrl::Web(url) = below("https://git.example.org/m?key=s3cret-key").address("", "a").unwrap()
        else {
            panic!("it is on the web")
        };
        assert_eq!(url.service_url("x"), "https://git.example.org/m/a.git/x?key=s3cret-key");
    }

    #[test]
    fn a_place_is_in_the_project_that_was_named() {
        let place = |url: &str| {
            let (url, _) = RemoteUrl::parse(url).unwrap();
            let Address::Container(container) = hosts::address(&url, None) else { panic!("{url}") };
            Target::Container(Host::of_url(&url), container).place("shop", "app").unwrap().container.kind
        };
        let (workspace, key) = ("contoso".to_owned(), "KEY".to_owned());
        assert_eq!(
            place("https://bitbucket.org/contoso/workspace/projects/KEY"),
            ContainerKind::WorkspaceProject { workspace, key }
        );
        let (collection, project) = ("contoso".to_owned(), "shop".to_owned());
        assert_eq!(place("https://dev.azure.com/contoso"), ContainerKind::Project { collection, project });
        assert_eq!(Target::Folder("/backup".into()).place("", "app"), None);
    }

    #[test]
    fn only_an_organization_of_azure_devops_has_projects() {
        for (url, expected) in
            [("https://dev.azure.com/contoso", true), ("https://dev.azure.com/contoso/shop", false)]
        {
            let (url, _) = RemoteUrl::parse(url).unwrap();
            let Address::Container(container) = hosts::address(&url, None) else { panic!("{url}") };
            assert_eq!(Target::Container(Host::AzureRepos, container).has_projects(), expected, "{url}");
        }
        assert!(!Target::Folder("/backup".into()).has_projects());
    }
}
