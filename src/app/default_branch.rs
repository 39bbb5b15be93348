//! Sets the destination's default branch to that of the source.

use crate::config::mirror_spec::{Existence, MirrorSpec};
use crate::config::step::Step;
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
