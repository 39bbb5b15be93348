//! Opens the repositories of a mirror by what their URLs ask for.

use std::panic;
use std::thread;

use crate::config::mirror_spec::MirrorSpec;
use crate::error::{Error, RemoteLabel, Side};
use crate::hosts::identity::RepositoryAddress;
use crate::local::{CloneFolder, LocalDestination, LocalSource, Session};
use crate::mirror::policy::Selection;
use crate::mirror::ports::{Destination, Source};
use crate::mirror::push_started::PushStarted;
use crate::mirror::ref_rule::RefRule;
use crate::protocol::ls_refs::Peel;
use crate::remote::url::RemoteUrl;
use crate::transport::endpoint::Endpoint;
use crate::transport::smart_http::{Elsewhere, HttpTransport};
use crate::transport::ssh::SshTransport;
use crate::transport::{Context, ReceivePack, UploadPack};

/// The repositories of a mirror, their refs listed.
pub(crate) struct Repositories {
    pub(crate) source: Box<dyn Source>,
    pub(crate) destination: Box<dyn Destination>,
    pub(crate) clone: Option<LocalDestination>,
}

/// Lists both sides at the same time, and the clone if one is kept; reports what is wrong with any.
pub(crate) fn open(
    mirror: &MirrorSpec,
    selection: &Selection,
    context: &Context,
    session: &Session,
) -> Result<Repositories, Vec<Error>> {
    let MirrorSpec { source: from, destination: to, clone_directory, .. } = mirror;
    let prefixes: Vec<String> = selection.prefixes().into_iter().map(str::to_owned).collect();
    let peeled = if to.may_have(RefRule::TagsMustPeelToCommits) { Peel::Yes } else { Peel::No };
    let (source, destination) =
        at_once(|| open_source(from, &prefixes, peeled, context), || open_destination(to, context, session));
    // The clone is a mirror of its own: what is pushed there is no push to the destination.
    let of_clone = Session { push_started: PushStarted::default(), ..session.clone() };
    let clone = clone_directory.as_ref().map(|folder| open_clone(folder, from, &of_clone, context));
    match (source, destination, clone.transpose()) {
        (Ok(source), Ok(destination), Ok(clone)) => Ok(Repositories { source, destination, clone }),
        (source, destination, clone) => {
            Err(source.err().into_iter().chain(destination.err()).chain(clone.err()).collect())
        }
    }
}

/// Signs in at a source and lists its refs; `prefixes` spares servers what is not asked for, and with `peeled` it can
/// tell which tags are of commits.
///
/// # Errors
/// Whatever keeps the list away, with [`Phase::List`](crate::error::Phase::List).
fn open_source(
    endpoint: &Endpoint,
    prefixes: &[String],
    peeled: Peel,
    context: &Context,
) -> Result<Box<dyn Source>, Error> {
    let label = label(endpoint, Side::Source);
    match &endpoint.url {
        RemoteUrl::Web(url) => Ok(Box::new(UploadPack::open(
            HttpTransport::new(url, endpoint, Elsewhere::Followed, context),
            label,
            prefixes,
            peeled,
            &context.events,
        )?)),
        RemoteUrl::Ssh(url) => {
            let transport = SshTransport::new(url, context, Side::Source);
            Ok(Box::new(UploadPack::open(transport, label, prefixes, peeled, &context.events)?))
        }
        RemoteUrl::Local(path) => {
            Ok(Box::new(LocalSource::open(path.as_path(), label, peeled, &context.cancel, &context.events)?))
        }
    }
}

/// Signs in at a destination, with the right to write, and lists its refs.
///
/// # Errors
/// Whatever keeps the list away, with [`Phase::List`](crate::error::Phase::List).
fn open_destination(
    endpoint: &Endpoint,
    context: &Context,
    session: &Session,
) -> Result<Box<dyn Destination>, Error> {
    let label = label(endpoint, Side::Destination);
    let host = endpoint.host();
    match &endpoint.url {
        RemoteUrl::Web(url) => Ok(Box::new(ReceivePack::open(
            HttpTransport::new(url, endpoint, Elsewhere::Refused, context),
            label,
            host,
            &session.push_started,
            &context.events,
        )?)),
        RemoteUrl::Ssh(url) => {
            let transport = SshTransport::new(url, context, Side::Destination);
            let push_started = &session.push_started;
            Ok(Box::new(ReceivePack::open(transport, label, host, push_started, &context.events)?))
        }
        RemoteUrl::Local(path) => {
            Ok(Box::new(LocalDestination::open(path.as_path(), label, session, &context.events)?))
        }
    }
}

/// Opens the folder that keeps a clone of the source, or that shall keep one; changes nothing.
///
/// # Errors
/// A folder that is something else than a clone of the source, with [`Phase::List`](crate::error::Phase::List).
fn open_clone(
    folder: &CloneFolder,
    source: &Endpoint,
    session: &Session,
    context: &Context,
) -> Result<LocalDestination, Error> {
    LocalDestination::open_clone(
        folder.clone(),
        RepositoryAddress::new(&source.url, source.host_override),
        session,
        &context.events,
    )
}

fn label(endpoint: &Endpoint, side: Side) -> RemoteLabel {
    RemoteLabel::new(side, endpoint.url.to_string())
}

/// Does both at the same time, the first on a thread of its own; a bug there is one here, too.
pub(crate) fn at_once<A: Send, B>(first: impl FnOnce() -> A + Send, second: impl FnOnce() -> B) -> (A, B) {
    thread::scope(|scope| {
        let first = scope.spawn(first);
        let second = second();
        (first.join().unwrap_or_else(|bug| panic::resume_unwind(bug)), second)
    })
}
