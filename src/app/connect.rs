//! Opens the repositories of a mirror by what their URLs ask for.

use crate::error::{Error, RemoteLabel, Side};
use crate::hosts::identity::RepositoryAddress;
use crate::local::{CloneFolder, LocalDestination, LocalSource, Session};
use crate::mirror::ports::{Destination, Source};
use crate::protocol::ls_refs::Peel;
use crate::remote::url::RemoteUrl;
use crate::transport::endpoint::Endpoint;
use crate::transport::smart_http::{Elsewhere, HttpTransport};
use crate::transport::ssh::SshTransport;
use crate::transport::{Context, ReceivePack, UploadPack};

/// Signs in at a source and lists its refs; `prefixes` spares servers what is not asked for, and with `peeled` it can
/// tell which tags are of commits.
///
/// # Errors
/// Whatever keeps the list away, with [`Phase::List`](crate::error::Phase::List).
pub fn open_source(
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
pub fn open_destination(
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
pub fn open_clone(
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
