//! Sets the destination's default branch to that of the source.

use crate::config::mirror_spec::{Existence, MirrorSpec};
use crate::error::{CreateProblem, Error, ErrorKind, Failure, Phase};
use crate::local::default_branch;
use crate::mirror::ports::{Destination, Mode, Refresh, Source};
use crate::protocol::ref_name::RefName;
use crate::remote::url::RemoteUrl;
use crate::report::outcome::{Created, DefaultBranchEnd};
use crate::transport::Context;
use crate::transport::interface::HostInterface;

/// Compares the two default branches once the branches are mirrored, and sets the destination's where it differs.
pub(super) fn follow(
    spec: &MirrorSpec,
    source: &dyn Source,
    destination: &mut dyn Destination,
    created: Created,
    mode: Mode,
    context: &Context,
) -> DefaultBranchEnd {
    let Some(wanted) = source.info().refs.head().cloned() else { return DefaultBranchEnd::Left };
    let would_be_there = mode == Mode::DryRun && source.info().refs.get(&wanted).is_some();
    if destination.info().refs.get(&wanted).is_none() && !would_be_there {
        // It is not selected, or did not arrive: then that is told.
        return DefaultBranchEnd::Left;
    }
    if current(spec, destination, created).as_ref() == Some(&wanted) {
        return DefaultBranchEnd::Same;
    }
    if mode == Mode::DryRun {
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
