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

    /// Returns the address of the mirror of this name, in this project where there are some; none if the name cannot be in
    /// an address.
    pub fn address(&self, project: &str, name: &str) -> Option<RemoteUrl> {
        match self {
            Self::Container(host, container) => {
                let management = host.info().management?;
                let container = container.project(project).unwrap_or_else(|| container.clone());
                let place = RepositoryPlace { container, name: name.to_owned() };
                (management.url)(&place).map(RemoteUrl::Web)
            }
            Self::Below(_, above) => Some(above.below(&format!("{name}.git"))),
            Self::Folder(folder) => Some(RemoteUrl::Local(folder.join(format!("{name}.git")).into())),
        }
    }
}
