//! Sets the destination's default branch to that of the source.

use crate::cancel::CancelToken;
use crate::config::mirror_spec::{Existence, MirrorSpec};
use crate::config::step::Step;
use crate::error::{CreateProblem, Error, ErrorKind, Failure, Phase};
use crate::local::default_branch;
use crate::mirror::head;
use crate::mirror::ports::{Destination, Mode, Refresh, Source};
use crate::protocol::ref_list::RefList;
use crate::protocol::ref_name::RefName;
use crate::remote::url::RemoteUrl;
use crate::report::outcome::{Created, DefaultBranchEnd};
use crate::transport::Context;
use crate::transport::interface::HostInterface;

/// Compares the two default branches once the branches are mirrored, and sets the destination's where it differs.
pub(super) fn follow(
    step: &Step,
    spec: &MirrorSpec,
    source: &dyn Source,
    destination: &mut dyn Destination,
    created: Created,
    context: &Context,
) -> DefaultBranchEnd {
    let refs = &source.info().refs;
    let Some(wanted) = refs.head().cloned() else { return DefaultBranchEnd::Left };
    let is_selected = step.policy.selection.contains(wanted.as_bytes());
    let would_be_there = step.mode == Mode::DryRun && is_selected && refs.get(&wanted).is_some();
    if destination.info().refs.get(&wanted).is_none() && !would_be_there {
        // It is not selected, or did not arrive: then that is told.
        return DefaultBranchEnd::Left;
    }
    if current(spec, destination, created).as_ref() == Some(&wanted) {
        return DefaultBranchEnd::Same;
    }
    if step.mode == Mode::DryRun {
        return DefaultBranchEnd::Planned(wanted);
    }
    match set(spec, &wanted, context) {
        Ok(()) => DefaultBranchEnd::Set(wanted),
        Err(failure) => {
            let error = destination.info().label.error(Phase::SetDefaultBranch, failure);
            DefaultBranchEnd::NotSet(wanted, Box::new(error))
        }
    }
}

/// The branches of a destination before a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Before {
    /// It had none: what is mirrored into it is a first mirror.
    None,
    /// It had some.
    Some,
}

impl Before {
    /// Looks at what a destination lists.
    pub(super) fn of(refs: &RefList) -> Self {
        if refs.refs().iter().any(|listed| listed.name.is_branch()) { Self::Some } else { Self::None }
    }
}

/// Compares the two default branches at the end of a first mirror, and leaves the destination's as it is.
pub(super) fn compare(
    spec: &MirrorSpec,
    source: &dyn Source,
    destination: &mut dyn Destination,
    cancel: &CancelToken,
) -> DefaultBranchEnd {
    let Some(wanted) = source.info().refs.head().cloned() else { return DefaultBranchEnd::Left };
    if destination.info().refs.get(&wanted).is_none() {
        // It is not selected, or did not arrive: then that is told.
        return DefaultBranchEnd::Left;
    }
    let there = match &spec.destination.url {
        RemoteUrl::Local(path) => default_branch::of(path.as_path()),
        RemoteUrl::Web(_) | RemoteUrl::Ssh(_) => {
            if let Err(error) = head::learn(destination, &wanted, cancel) {
                log::debug!("its default branch is not known: {error}");
                return DefaultBranchEnd::Left;
            }
            destination.info().refs.head().cloned()
        }
    };
    match there {
        None => DefaultBranchEnd::Left,
        Some(there) if there == wanted => DefaultBranchEnd::Same,
        Some(there) => DefaultBranchEnd::Differs { wanted, there },
    }
}

/// Returns the destination's default branch, as far as it can be known. Hosts that were asked for a list have told it.
fn current(spec: &MirrorSpec, destination: &mut dyn Destination, created: Created) -> Option<RefName> {
    if let RemoteUrl::Local(path) = &spec.destination.url {
        return default_branch::of(path.as_path());
    }
    let listed = spec.member().and_then(|member| match &member.existence {
        Existence::Listed(listed) if created == Created::No => listed.default_branch.as_deref(),
        _ => None,
    });
    if let Some(listed) = listed {
        return RefName::new(listed.as_bytes());
    }
    if let Err(error) = destination.refresh(Refresh::Symrefs) {
        log::debug!("its default branch is not known: {error}");
        return None;
    }
    destination.info().refs.head().cloned()
}

fn set(spec: &MirrorSpec, wanted: &RefName, context: &Context) -> Result<(), Failure> {
    let endpoint = &spec.destination;
    if let RemoteUrl::Local(path) = &endpoint.url {
        return default_branch::set(path.as_path(), wanted);
    }
    let place = spec.place();
    let interface = place.as_ref().and_then(|place| HostInterface::new(endpoint, &place.container, context));
    match place.zip(interface) {
        Some((place, mut interface)) => interface.set_default_branch(&place, wanted),
        None => Err(Failure::new(
            ErrorKind::Create(CreateProblem::NoInterface),
            format!("it is not '{wanted}', and its host has no interface that is known for that"),
        )),
    }
}

/// Learns what the destination's default branch is now.
///
/// # Errors
///
/// Those of the destination.
pub(super) fn learn(destination: &mut dyn Destination) -> Result<(), Error> {
    destination.refresh(Refresh::Refs)?;
    destination.refresh(Refresh::Symrefs)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::agent::recorder::Written;
    use crate::app::services::Services;
    use crate::mirror::testing::{MemoryDestination, MemorySource, Silent};
    use crate::report::testing::{log_to, step};

    /// Compares a source whose default branch is `trunk` with a destination that has these branches and names one.
    fn compared(branches: &[(&str, u8)], head: Option<&str>) -> (DefaultBranchEnd, usize) {
        let mut source = MemorySource::new(&[("refs/heads/trunk", 1), ("refs/heads/other", 2)]);
        source.info.refs = source.info.refs.with_head("refs/heads/trunk");
        let step = step("https://a.example/r", "https://b.example/r", &[]);
        let mut destination = MemoryDestination::new(branches);
        destination.heads = head.iter().filter_map(|head| RefName::new(head.as_bytes())).collect();
        let end = compare(&step.given, &source, &mut destination, &CancelToken::default());
        (end, destination.heads_asked)
    }

    #[test]
    fn a_first_mirror_ends_with_a_comparison_of_the_default_branches() {
        let both = [("refs/heads/trunk", 1), ("refs/heads/other", 2)];
        let [trunk, other] = ["refs/heads/trunk", "refs/heads/other"];
        assert_eq!(compared(&both, Some(trunk)), (DefaultBranchEnd::Same, 1));
        let (wanted, there) =
            (RefName::new(trunk.as_bytes()).unwrap(), RefName::new(other.as_bytes()).unwrap());
        assert_eq!(compared(&both, Some(other)), (DefaultBranchEnd::Differs { wanted, there }, 1));
        assert_eq!(compared(&both, None), (DefaultBranchEnd::Left, 1));
        // It did not arrive.
        assert_eq!(compared(&both[1..], Some(other)), (DefaultBranchEnd::Left, 0));
    }

    #[test]
    fn a_branch_that_would_not_be_there_is_not_planned_as_the_default() {
        let folder = tempfile::tempdir().unwrap();
        git2::Repository::init_bare(folder.path().join("b")).unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let mut source = MemorySource::new(&[("refs/heads/trunk", 1), ("refs/heads/other", 2)]);
        let trunk = RefName::new(b"refs/heads/trunk").unwrap();
        source.info.refs = source.info.refs.with_head("refs/heads/trunk");
        for (selected, expected) in
            [("refs/heads/*", DefaultBranchEnd::Planned(trunk)), ("refs/heads/other", DefaultBranchEnd::Left)]
        {
            let variables = [("INPUT_DRYRUN", "true"), ("INPUT_INCLUDEREFS", selected)];
            let step = step(&path("a"), &path("b"), &variables);
            let context = Services::start().context(&step, &log_to(&Written::default()), Arc::new(Silent));
            let mut destination = MemoryDestination::new(&[]);
            let end = follow(&step, &step.given, &source, &mut destination, Created::No, &context);
            assert_eq!(end, expected, "{selected}");
        }
    }
}
