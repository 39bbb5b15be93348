//! Lists the containers of both sides, and makes mirrors of the repositories.

use std::collections::HashMap;
use std::sync::Arc;

use super::connect::concurrently;
use super::scope::SourceContainer;
use crate::agent::log::Log;
use crate::config::mirror_spec::{Chosen, Existence, Member, MirrorSpec};
use crate::config::repositories::Creation;
use crate::config::step::Step;
use crate::containers::expansion;
use crate::containers::expansion::{ExpandedMirror, ExpansionRules, UnnamedMirror, UnnamedReason};
use crate::containers::target::Target;
use crate::error::{ContainerProblem, Error, ErrorKind, Failure, Phase, RemoteLabel, Side};
use crate::hosts::identity::RepositorySet;
use crate::hosts::listing::{Content, ListedRepository, Wikis};
use crate::local::repository_folder;
use crate::remote::url::RemoteUrl;
use crate::report::outcome::ListedContainer;
use crate::transport::Context;
use crate::transport::endpoint::Endpoint;
use crate::transport::interface::{HostInterface, HostList};

/// Repositories by what their addresses are looked for by.
type ByAddress<'a> = HashMap<String, &'a ListedRepository>;

/// Lists both sides at the same time, and makes this job's mirrors.
///
/// # Errors
///
/// Fails, with [`Phase::ListRepositories`], if a list cannot be had whole.
pub(crate) fn mirrors(
    step: &Step,
    source: SourceContainer,
    target: &Target,
    context: &Context,
    log: &Log,
) -> Result<(ListedContainer, Vec<Arc<MirrorSpec>>), Vec<Error>> {
    let given = &*step.given;
    let organization = source.organization().to_owned();
    let (listed, there) = concurrently(
        || list_source(&given.source, source, step.repositories.wikis, context),
        || list_target(step, target, context, log),
    );
    let (HostList { list, account }, there) = match (listed, there) {
        (Ok(listed), Ok(there)) => (listed, there),
        (listed, there) => return Err(listed.err().into_iter().chain(there.err()).collect()),
    };
    let rules = ExpansionRules {
        selection: &step.repositories.selection,
        wikis: step.repositories.wikis,
        names: &step.repositories.names,
        organization: &organization,
        target,
        slice: step.repositories.slice,
    };
    let mut expansion = rules.expand(&list);
    let only_at_destination = match &there {
        Some(there) if rules.slice.is_first() => rules.only_at_destination(&list, there),
        _ => Vec::new(),
    };
    let by_address = by_address(target, there.as_deref());
    let cleaned = expansion.cleaned();
    let mut specs = Vec::new();
    for mirror in std::mem::take(&mut expansion.mirrors) {
        let path = expansion::path(&mirror.repository, mirror.content);
        match spec(given, target, mirror, by_address.as_ref()) {
            Some(spec) => specs.push(Arc::new(spec)),
            None => expansion.unnamed.push(UnnamedMirror { path, refusal: UnnamedReason::Unusable }),
        }
    }
    let is_read = |one: &&ListedRepository| rules.selection.contains(&one.path());
    let read = list.repositories.iter().filter(is_read).map(|one| (&one.clone_url, given.source.host()));
    refuse_sources(&specs, &read.collect())
        .map_err(|failure| vec![label(given, Side::Destination).error(Phase::Plan, failure)])?;
    let listed = ListedContainer {
        source: label(given, Side::Source),
        destination: label(given, Side::Destination),
        account,
        slice: rules.slice,
        expansion,
        cleaned,
        only_at_destination,
    };
    Ok((listed, specs))
}

fn label(given: &MirrorSpec, side: Side) -> RemoteLabel {
    RemoteLabel::new(side, given.endpoint(side).url.to_string())
}

/// Refuses a mirror into a repository that is mirrored itself: what one run writes, the next one would mirror again.
fn refuse_sources(specs: &[Arc<MirrorSpec>], read: &RepositorySet) -> Result<(), Failure> {
    let is_read = |spec: &&Arc<MirrorSpec>| read.contains(&spec.destination.url, spec.destination.host());
    let Some(spec) = specs.iter().find(is_read) else { return Ok(()) };
    let message = format!(
        "'{}' would be mirrored into '{}', which is mirrored, too",
        spec.name(),
        spec.destination.url
    );
    Err(Failure::new(ErrorKind::Container(ContainerProblem::Same), message))
}

fn list_source(
    endpoint: &Endpoint,
    source: SourceContainer,
    wikis: Wikis,
    context: &Context,
) -> Result<HostList, Error> {
    let label = RemoteLabel::new(Side::Source, endpoint.url.to_string());
    let container = match source {
        SourceContainer::Folder(list) => {
            let list = list.map_err(|error| label.error(Phase::ListRepositories, error))?;
            return Ok(HostList { list, account: None });
        }
        SourceContainer::Host(container) => container,
    };
    let listed = match HostInterface::new(endpoint, &container, context) {
        Some(mut interface) => interface.list(&container, wikis),
        None => Err(Failure::new(
            ErrorKind::Container(ContainerProblem::NoList),
            "its host's interface is not known, or is not for what signs in",
        )),
    };
    listed.map_err(|failure| label.error(Phase::ListRepositories, failure))
}

/// Lists what the destination has, where it can be asked. Where what signs in may only push, and nothing is to be created,
/// that is not needed.
fn list_target(
    step: &Step,
    target: &Target,
    context: &Context,
    log: &Log,
) -> Result<Option<Vec<ListedRepository>>, Error> {
    let endpoint = &step.given.destination;
    let container = match target {
        Target::Below(..) => return Ok(None),
        Target::Folder(folder) => {
            let list = repository_folder::repositories_in(folder).and_then(Result::ok);
            return Ok(list.map(|list| list.repositories));
        }
        Target::Container(_, container) => container,
    };
    let Some(mut interface) = HostInterface::new(endpoint, container, context) else { return Ok(None) };
    match interface.list(container, Wikis::LeftOut) {
        Ok(HostList { list, .. }) => Ok(Some(list.repositories)),
        Err(failure) => {
            let error = label(&step.given, Side::Destination).error(Phase::ListRepositories, failure);
            let is_no_right = matches!(error.failure.kind, ErrorKind::Unauthorized | ErrorKind::Forbidden);
            if !is_no_right || step.creation != Creation::Never {
                return Err(error);
            }
            log.line(&format!("{error}; what only the destination has is not known"));
            Ok(None)
        }
    }
}

/// Returns what is there by its address, where the destination was asked at its host.
fn by_address<'a>(target: &Target, there: Option<&'a [ListedRepository]>) -> Option<ByAddress<'a>> {
    let list = there.filter(|_| matches!(target, Target::Container(..)))?;
    Some(list.iter().map(|one| (key(&one.clone_url), one)).collect())
}

/// Returns what an address is looked for by: hosts that list repositories tell no letters of either case apart.
fn key(url: &RemoteUrl) -> String {
    url.to_string().to_lowercase()
}

/// Makes a mirror; none if its name cannot be in an address.
fn spec(
    given: &MirrorSpec,
    target: &Target,
    mirror: ExpandedMirror,
    there: Option<&ByAddress<'_>>,
) -> Option<MirrorSpec> {
    let ExpandedMirror { repository, content, project, name } = mirror;
    let address = target.address(&project, &name.name)?;
    let existence = match there {
        None => Existence::Unknown,
        Some(there) => there
            .get(&key(&address))
            .map_or(Existence::Absent, |one| Existence::Listed(Box::new((*one).clone()))),
    };
    let (path, place) = (expansion::path(&repository, content), target.place(&project, &name.name));
    let from = match (&repository.wiki, content, repository.content) {
        (Some(wiki), Content::Wiki, Content::Code) => RemoteUrl::Web(wiki.clone()),
        _ => repository.clone_url,
    };
    Some(MirrorSpec {
        source: Endpoint { url: from, ..given.source.clone() },
        destination: Endpoint { url: address, ..given.destination.clone() },
        clone_directory: None,
        users_without_password: given.users_without_password.clone(),
        chosen: Chosen::ByList(Box::new(Member { path, content, size: repository.size, existence, place })),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::containers::naming::{MirrorName, Spelling};
    use crate::hosts::address::{Address, ContainerKind};
    use crate::hosts::listing::{Origin, RepositoryState};
    use crate::report::testing::step;
    use crate::{hosts, remote::web_url::WebUrl};

    fn repository(url: &str) -> ListedRepository {
        ListedRepository {
            id: url.to_owned(),
            name: "app".to_owned(),
            project: String::new(),
            project_name: String::new(),
            content: Content::Code,
            wiki: None,
            clone_url: WebUrl::parse(url).unwrap().0.into(),
            size: None,
            default_branch: None,
            state: RepositoryState::Active,
            origin: Origin::Own,
            visibility: None,
        }
    }

    /// Makes the mirror of a repository at GitHub, by this name in a container.
    fn mirror(destination: &str, name: &str) -> MirrorSpec {
        let step = step("https://github.com/wingtip", destination, &[]);
        let Address::Container(container) = hosts::address(&step.given.destination.url, None) else {
            panic!("{destination}")
        };
        let target = Target::Container(step.given.destination.host(), container);
        let mirror = ExpandedMirror {
            repository: repository("https://github.com/contoso/app.git"),
            content: Content::Code,
            project: "shop".to_owned(),
            name: MirrorName { name: name.to_owned(), spelling: Spelling::AsWritten },
        };
        spec(&step.given, &target, mirror, None).unwrap()
    }

    #[test]
    fn no_mirror_goes_into_a_repository_that_is_mirrored() {
        let read = ["https://github.com/contoso/app.git", "git@github.com:Contoso/lib.git"]
            .map(|url| RemoteUrl::parse(url).unwrap().0);
        let read = read.iter().map(|url| (url, hosts::Host::GitHub)).collect();
        for (container, name, is_refused) in [
            ("https://github.com/contoso", "app", true),
            ("https://www.github.com/CONTOSO", "lib", true),
            ("https://github.com/contoso", "app-mirror", false),
            ("https://github.com/fabrikam", "app", false),
        ] {
            let refused = refuse_sources(&[Arc::new(mirror(container, name))], &read);
            let kind = refused.err().map(|failure| failure.kind);
            let expected = is_refused.then_some(ErrorKind::Container(ContainerProblem::Same));
            assert_eq!(kind, expected, "{container} {name}");
        }
    }

    #[test]
    fn a_mirror_is_created_in_the_project_that_was_named() {
        let mirror = mirror("https://bitbucket.org/fabrikam/workspace/projects/KEY", "app");
        assert_eq!(mirror.destination.url.to_string(), "https://bitbucket.org/fabrikam/app.git");
        let (workspace, key) = ("fabrikam".to_owned(), "KEY".to_owned());
        assert_eq!(
            mirror.place().unwrap().container.kind,
            ContainerKind::WorkspaceProject { workspace, key }
        );
    }
}
