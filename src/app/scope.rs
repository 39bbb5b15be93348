//! The extent of a step: one repository, or those of a container.

use std::path::PathBuf;

use crate::config::mirror_spec::MirrorSpec;
use crate::containers::list::{Endless, WholeList};
use crate::containers::target::Target;
use crate::error::{ContainerProblem, Error, ErrorKind, Failure, Phase, RemoteLabel, Side};
use crate::hosts;
use crate::hosts::Host;
use crate::hosts::address::{Address, Container, ContainerKind};
use crate::local::repository_folder;
use crate::remote::url::RemoteUrl;
use crate::transport::Context;
use crate::transport::endpoint::Endpoint;
use crate::transport::interface::HostInterface;

/// The work of a step.
#[derive(Debug)]
pub(crate) enum Scope {
    /// To mirror the one repository to the other, as they were named.
    Named,
    /// To mirror the repositories of a container.
    Container(Box<(SourceContainer, Target)>),
}

/// The container that repositories are read from.
#[derive(Debug)]
pub(crate) enum SourceContainer {
    /// At a host that lists them.
    Host(Container),
    /// A folder of this machine, with these repositories.
    Folder(Result<WholeList, Endless>),
}

/// Finds out what a step is to do. The source decides: where it is a container, the destination is one, too. The host is
/// asked only where its addresses do not tell.
///
/// # Errors
///
/// Fails, with [`Phase::Plan`], if one side is a container and the other a repository.
pub(crate) fn of(given: &MirrorSpec, context: &Context) -> Result<Scope, Error> {
    let Some(source) = source_container(&given.source, context) else {
        return match address(&given.destination) {
            Address::Container(_) => {
                let message = "it is no repository, but holds some, and the source is one";
                Err(problem(given, Side::Destination, ContainerProblem::OneSource, message))
            }
            _ => Ok(Scope::Named),
        };
    };
    if given.clone_directory.is_some() {
        let message = "a clone directory is for one repository, and the source holds many";
        return Err(problem(given, Side::Source, ContainerProblem::CloneDirectory, message));
    }
    let Some(target) = target(&given.destination) else {
        let message = "it is one repository, and the source holds many";
        return Err(problem(given, Side::Destination, ContainerProblem::OneDestination, message));
    };
    if target.has_projects() && !source.has_projects() {
        let message = "it is an organization, and a repository is in a project of it, which nothing names";
        return Err(problem(given, Side::Destination, ContainerProblem::NoProject, message));
    }
    Ok(Scope::Container(Box::new((source, target))))
}

fn problem(given: &MirrorSpec, side: Side, problem: ContainerProblem, message: &str) -> Error {
    let label = RemoteLabel::new(side, given.endpoint(side).url.to_string());
    label.error(Phase::Plan, Failure::new(ErrorKind::Container(problem), message))
}

fn address(endpoint: &Endpoint) -> Address {
    hosts::address(&endpoint.url, endpoint.host_override)
}

fn source_container(endpoint: &Endpoint, context: &Context) -> Option<SourceContainer> {
    if let RemoteUrl::Local(folder) = &endpoint.url {
        return repository_folder::repositories_in(folder.as_path()).map(SourceContainer::Folder);
    }
    match address(endpoint) {
        Address::Container(container) => Some(SourceContainer::Host(container)),
        Address::AskHost(container) => {
            let mut interface = HostInterface::new(endpoint, &container, context)?;
            interface.is_container(&container).then_some(SourceContainer::Host(container))
        }
        Address::Repository | Address::PageOfRepository(_) | Address::PageOfContainer(_) | Address::Tfvc => {
            None
        }
    }
}

/// Returns the place of the mirrors of a container; none where the address is known to be that of one repository.
fn target(endpoint: &Endpoint) -> Option<Target> {
    let host = endpoint.host();
    match (&endpoint.url, address(endpoint)) {
        (RemoteUrl::Local(folder), _) => {
            let folder = folder.as_path();
            (!repository_folder::is_repository(folder)).then(|| Target::Folder(PathBuf::from(folder)))
        }
        (_, Address::Container(container) | Address::AskHost(container)) => {
            Some(Target::Container(host, container))
        }
        (RemoteUrl::Web(_), _) if is_known(host) => None,
        (url, _) => Some(Target::Below(host, url.clone())),
    }
}

/// Tells whether the addresses of a host's containers are known.
fn is_known(host: Host) -> bool {
    host.info().listing.is_some()
}

impl SourceContainer {
    /// Returns the name of the organization, owner or group, for the names of mirrors.
    pub(crate) fn organization(&self) -> &str {
        match self {
            Self::Host(container) => container.kind.organization(),
            Self::Folder(_) => "",
        }
    }

    /// Tells whether each repository in it is in a project.
    fn has_projects(&self) -> bool {
        match self {
            Self::Host(container) => {
                !matches!(container.kind, ContainerKind::Owner { .. } | ContainerKind::Group { .. })
            }
            Self::Folder(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use git2::Repository;

    use super::*;
    use crate::agent::recorder::Written;
    use crate::app::services::Services;
    use crate::mirror::testing::Silent;
    use crate::report::testing::{log_to, step};

    /// Tells the scope of a step between folders, or what is wrong.
    fn scope(source: &std::path::Path, destination: &std::path::Path) -> Result<&'static str, ErrorKind> {
        let step = step(source.to_str().unwrap(), destination.to_str().unwrap(), &[]);
        let context = Services::start().context(&step, &log_to(&Written::default()), Arc::new(Silent));
        match of(&step.given, &context) {
            Ok(Scope::Named) => Ok("named"),
            Ok(Scope::Container(..)) => Ok("container"),
            Err(error) => Err(error.failure.kind),
        }
    }

    #[test]
    fn many_repositories_do_not_go_into_the_folder_of_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        Repository::init_bare(path("many/a.git")).unwrap();
        Repository::init_bare(path("one.git")).unwrap();
        Repository::init(path("tree")).unwrap();
        for repository in ["one.git", "tree"] {
            let expected = ErrorKind::Container(ContainerProblem::OneDestination);
            assert_eq!(scope(&path("many"), &path(repository)), Err(expected), "{repository}");
        }
        std::fs::create_dir(path("empty")).unwrap();
        for place in ["empty", "none"] {
            assert_eq!(scope(&path("many"), &path(place)), Ok("container"), "{place}");
        }
        assert_eq!(scope(&path("one.git"), &path("none")), Ok("named"));
    }
}
