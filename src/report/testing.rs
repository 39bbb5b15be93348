//! Steps, their ends, and what the agent reads of them, for tests.

use std::sync::Arc;
use std::time::Duration;

use super::course::Course;
use super::outcome::{Created, DefaultBranchEnd, Extent, ListedContainer, MirrorOutcome, StepOutcome};
use crate::agent::environment::Environment;
use crate::agent::log::Log;
use crate::agent::recorder::Written;
use crate::config::mirror_spec::{Chosen, Existence, Member, MirrorSpec};
use crate::config::step::{Step, of_environment};
use crate::containers::expansion::{Expansion, ListCounts};
use crate::containers::slice::Slice;
use crate::error::{Error, RemoteLabel, Side};
use crate::hosts::listing::Content;
use crate::lfs::copies::LfsReport;
use crate::mirror::report::{Outcome, RefOutcome, Report};
use crate::mirror::testing::{id, name};
use crate::protocol::receive_pack::RefUpdate;
use crate::transport::endpoint::Endpoint;

/// Makes a log for an agent that writes there.
pub(crate) fn log_to(written: &Written) -> Log {
    Log::new(Box::new(written.clone()), Box::new(written.clone()), &by_agent(&[]))
}

fn by_agent(variables: &[(&str, &str)]) -> Environment {
    let variables = variables.iter().chain(&[("TF_BUILD", "True")]);
    Environment {
        variables: variables.map(|(name, value)| (name.into(), value.into())).collect(),
        arguments: Vec::new(),
    }
}

/// Reads a step of an agent from two URLs and further variables.
pub(crate) fn step(source: &str, destination: &str, variables: &[(&str, &str)]) -> Step {
    let urls = [("INPUT_SOURCEGITREPOSITORYURI", source), ("INPUT_DESTINATIONGITREPOSITORYURI", destination)];
    of_environment(&by_agent(&[&urls, variables].concat())).unwrap()
}

/// Makes the end of a mirror that took 5 s, 4 of them to relay.
pub(crate) fn ended(mirror: &Arc<MirrorSpec>, result: Result<Report, Vec<Error>>) -> MirrorOutcome {
    MirrorOutcome {
        mirror: Arc::clone(mirror),
        result,
        attempts: 1,
        push_started: true,
        cancelled: None,
        redirected: None,
        connection_test: None,
        created: Created::No,
        default_branch: DefaultBranchEnd::Left,
        lfs: LfsReport::default(),
        verified_at: None,
        elapsed: Duration::from_secs(5),
        course: Course::default(),
    }
}

/// Makes the end of a step that took 9 s, of these mirrors, which were named.
pub(crate) fn of_mirrors(mirrors: Vec<MirrorOutcome>) -> StepOutcome {
    StepOutcome {
        extent: Arc::new(Extent::Named),
        mirrors: mirrors.into_iter().map(Arc::new).collect(),
        cancelled: None,
        elapsed: Duration::from_secs(9),
    }
}

/// Makes the mirror of the member at this path, from and to addresses below those of a step.
pub(crate) fn member(step: &Step, path: &str) -> Arc<MirrorSpec> {
    let below = |endpoint: &Endpoint| Endpoint { url: endpoint.url.below(path), ..endpoint.clone() };
    let (content, existence) = (Content::Code, Existence::Unknown);
    let member = Member { path: path.to_owned(), content, size: None, existence, place: None };
    Arc::new(MirrorSpec {
        source: below(&step.given.source),
        destination: below(&step.given.destination),
        clone_directory: None,
        users_without_password: Vec::new(),
        chosen: Chosen::ByList(Box::new(member)),
    })
}

/// Returns the list of a step's source, of which so many are selected, all by this job.
pub(crate) fn listed(step: &Step, listed: usize, selected: usize) -> ListedContainer {
    let label = |side| RemoteLabel::new(side, step.given.endpoint(side).url.to_string());
    let counts = ListCounts { listed, selected, of_other_jobs: 0 };
    ListedContainer {
        source: label(Side::Source),
        destination: label(Side::Destination),
        account: None,
        slice: Slice::WHOLE,
        expansion: Expansion { counts, ..Expansion::default() },
        cleaned: Vec::new(),
        only_at_destination: Vec::new(),
    }
}

/// Makes the end of a step that took 9 s, over the repositories of a container.
pub(crate) fn of_container(listed: ListedContainer, mirrors: Vec<MirrorOutcome>) -> StepOutcome {
    StepOutcome { extent: Arc::new(Extent::Container(Box::new(listed))), ..of_mirrors(mirrors) }
}

/// Makes the report of a mirror that creates refs with these outcomes, three others being unchanged.
pub(crate) fn report(outcomes: &[Outcome]) -> Report {
    let outcome = |outcome: &Outcome| RefOutcome {
        update: RefUpdate::Create { name: name("refs/heads/a"), new: id(1) },
        outcome: outcome.clone(),
    };
    Report {
        outcomes: outcomes.iter().map(outcome).collect(),
        unchanged: 3,
        kept: vec![],
        taken: Vec::new(),
        contradicted: 0,
        pack_bytes: 7,
        pack_time: Duration::from_secs(1),
        push_size: crate::mirror::push_size::PushSize::default(),
        divided: None,
        interruption: None,
    }
}
