//! Opens the repositories of a mirror by what their URLs ask for.

use std::panic;
use std::thread;

use super::creation::DestinationMaker;
use crate::config::mirror_spec::{Chosen, MirrorSpec};
use crate::error::{Error, ErrorKind, Phase, RemoteLabel, Side};
use crate::hosts::account::Account;
use crate::hosts::azure_repos;
use crate::hosts::identity::RepositoryAddress;
use crate::local::{CloneFolder, LocalDestination, LocalSource, Session};
use crate::mirror::events::Event;
use crate::mirror::policy::Selection;
use crate::mirror::ports::{Destination, Mode, Source};
use crate::mirror::push_started::PushStarted;
use crate::mirror::ref_rule::RefRule;
use crate::protocol::ls_refs::Peel;
use crate::remote::url::RemoteUrl;
use crate::remote::web_url::WebUrl;
use crate::report::connection_test::{Access, Connection, ConnectionTest, SignIn};
use crate::report::outcome::Created;
use crate::transport::endpoint::Endpoint;
use crate::transport::known_servers::{KnownServer, KnownServers};
use crate::transport::receive_pack::DestinationServer;
use crate::transport::smart_http::{HttpTransport, OtherServer};
use crate::transport::ssh::SshTransport;
use crate::transport::{Context, ReceivePack, UploadPack};

/// The repositories of a mirror, their refs listed.
pub(crate) struct Repositories {
    pub(crate) source: Box<dyn Source>,
    pub(crate) destination: Box<dyn Destination>,
    pub(crate) clone: Option<LocalDestination>,
}

/// The repositories of a mirror, or what is wrong with any; in a dry run also what is known of the connection to each.
pub(crate) struct Connected {
    pub(crate) repositories: Result<Repositories, Vec<Error>>,
    pub(crate) test: Option<ConnectionTest>,
}

/// One side, its refs listed, and the account that signed in there, where it was asked for and named.
struct Opened<R: ?Sized> {
    repository: Box<R>,
    account: Option<Account>,
}

/// Lists both sides at the same time, and the clone if one is kept. In a dry run each host is asked for the account that
/// signed in.
pub(crate) fn open(
    mirror: &MirrorSpec,
    selection: &Selection,
    mode: Mode,
    context: &Context,
    session: &Session,
    maker: &DestinationMaker<'_>,
) -> Connected {
    let MirrorSpec { source: from, destination: to, clone_directory, .. } = mirror;
    let prefixes: Vec<String> = selection.prefixes().into_iter().map(str::to_owned).collect();
    let peeled = if to.may_have(RefRule::TagsMustPeelToCommits) { Peel::Yes } else { Peel::No };
    // The others of a container are at the same server.
    let known = mirror.member().map(|_| &context.known_servers);
    let (source, destination) = concurrently(
        || told(Side::Source, open_source(from, &prefixes, peeled, mode, context, known), context),
        || {
            let opened = maker.open(|| open_destination(mirror, mode, context, session));
            told(Side::Destination, opened, context)
        },
    );
    let destination = match (destination, &source) {
        (Err(reason), Ok(source)) => create(reason, source, mirror, mode, context, session, maker),
        (opened, _) => opened,
    };
    let destination =
        destination.and_then(|opened| maker.require_narrow(opened.repository.info()).map(|()| opened));
    // The clone is a mirror of its own: what is pushed there is no push to the destination.
    let of_clone = Session { push_started: PushStarted::default(), ..session.clone() };
    let clone = clone_directory.as_ref().map(|folder| open_clone(folder, from, &of_clone, context));
    let test = (mode == Mode::DryRun).then(|| connection_test(mirror, &source, &destination, maker));
    let repositories = match (source, destination, clone.transpose()) {
        (Ok(Opened { repository: source, .. }), Ok(Opened { repository: destination, .. }), Ok(clone)) => {
            Ok(Repositories { source, destination, clone })
        }
        (source, destination, clone) => {
            let of_destination = destination.err().filter(|_| !waits_for_source(&source, maker));
            Err(source.err().into_iter().chain(of_destination).chain(clone.err()).collect())
        }
    };
    Connected { repositories, test }
}

/// Tells that a side has answered.
fn told<T>(side: Side, answer: T, context: &Context) -> T {
    context.events.on(Event::Answered(side));
    answer
}

/// Creates the destination that could not be opened for this reason, if it is to be, and opens it.
fn create(
    reason: Error,
    source: &Opened<dyn Source>,
    mirror: &MirrorSpec,
    mode: Mode,
    context: &Context,
    session: &Session,
    maker: &DestinationMaker<'_>,
) -> Result<Opened<dyn Destination>, Error> {
    let open = || open_destination(mirror, mode, context, session).map(|opened| opened.repository);
    context.events.on(Event::Started(Phase::Create));
    let repository = maker.create(reason, source.repository.info(), open)?;
    Ok(Opened { repository, account: None })
}

/// Tells whether the source is what keeps a destination from being created. That this is not there is no error of its own.
fn waits_for_source(source: &Result<Opened<dyn Source>, Error>, maker: &DestinationMaker<'_>) -> bool {
    source.is_err() && maker.is_to_be_created()
}

fn connection_test(
    mirror: &MirrorSpec,
    source: &Result<Opened<dyn Source>, Error>,
    destination: &Result<Opened<dyn Destination>, Error>,
    maker: &DestinationMaker<'_>,
) -> ConnectionTest {
    let redirected = match source {
        Ok(source) => &source.repository.info().label.redirected,
        Err(error) => &error.label.redirected,
    };
    let lets_write = match &mirror.destination.url {
        RemoteUrl::Local(_) => Access::Listed,
        RemoteUrl::Web(_) | RemoteUrl::Ssh(_) => Access::BeginsPush,
    };
    let mut to_destination = connection(SignIn::of(&mirror.destination, None), destination, lets_write);
    if maker.created() == Created::Planned || waits_for_source(source, maker) {
        to_destination.access = Access::WouldBeCreated;
    }
    ConnectionTest {
        source: connection(SignIn::of(&mirror.source, redirected.as_deref()), source, Access::Reads),
        destination: to_destination,
    }
}

fn connection<R: ?Sized>(sign_in: SignIn, opened: &Result<Opened<R>, Error>, access: Access) -> Connection {
    match opened {
        Ok(opened) => Connection { sign_in, account: opened.account.clone(), access },
        Err(error) => Connection { sign_in, account: None, access: Access::None(error.failure.clone()) },
    }
}

/// Signs in at a source and lists its refs; `prefixes` spares servers what is not asked for, and with `peeled` it can
/// tell which tags are of commits. What a known server has told for another repository is not asked for again.
///
/// # Errors
/// Whatever keeps the list away, with [`Phase::List`].
fn open_source(
    endpoint: &Endpoint,
    prefixes: &[String],
    peeled: Peel,
    mode: Mode,
    context: &Context,
    known: Option<&KnownServers>,
) -> Result<Opened<dyn Source>, Error> {
    let label = label(endpoint, Side::Source);
    match &endpoint.url {
        RemoteUrl::Web(url) => {
            let open = |url: &WebUrl| {
                let transport = || HttpTransport::new(url, endpoint, OtherServer::Followed, context);
                let (label, events) = (|| label.clone(), &context.events);
                if let Some(server) = known.and_then(|known| known.get(url)) {
                    match UploadPack::open_known(transport(), server, label(), prefixes, peeled, events) {
                        Err(error) => log::debug!("{error}; it is asked for its capabilities"),
                        opened => return opened,
                    }
                }
                let source = UploadPack::open(transport(), label(), prefixes, peeled, events)?;
                if let Some(known) = known.filter(|_| source.info().label.redirected.is_none()) {
                    known.note(url, source.server());
                }
                Ok(source)
            };
            let mut source = with_all_refs(url, open)?;
            let account = (mode == Mode::DryRun).then(|| source.account()).flatten();
            Ok(Opened { repository: Box::new(source), account })
        }
        RemoteUrl::Ssh(url) => {
            let transport = SshTransport::new(url, context, Side::Source);
            let source = UploadPack::open(transport, label, prefixes, peeled, &context.events)?;
            Ok(Opened { repository: Box::new(source), account: None })
        }
        RemoteUrl::Local(path) => {
            let source = LocalSource::open(path.as_path(), label, peeled, &context.cancel, &context.events)?;
            Ok(Opened { repository: Box::new(source), account: None })
        }
    }
}

/// Opens a source where its host lists all refs, if it has such an address and answers there; else as given.
fn with_all_refs<T>(given: &WebUrl, open: impl Fn(&WebUrl) -> Result<T, Error>) -> Result<T, Error> {
    let Some(all) = azure_repos::with_all_refs(given) else { return open(given) };
    match open(&all) {
        Err(error) if is_no_address(error.failure.kind) => {
            log::debug!("{error}; the source is listed as given");
            open(given)
        }
        outcome => outcome,
    }
}

/// Tells the errors by which a server that was reached says that nothing of Git is at an address.
fn is_no_address(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::NotFound
            | ErrorKind::Forbidden
            | ErrorKind::Status(_)
            | ErrorKind::NotAGitServer
            | ErrorKind::WebPage
            | ErrorKind::DumbHttp
            | ErrorKind::Redirect
            | ErrorKind::NotListed
            | ErrorKind::Refused
            | ErrorKind::Protocol
    )
}

/// Signs in at a destination, with the right to write, and lists its refs. One whose name was computed is at its address or
/// nowhere.
///
/// # Errors
/// Whatever keeps the list away, with [`Phase::List`].
fn open_destination(
    mirror: &MirrorSpec,
    mode: Mode,
    context: &Context,
    session: &Session,
) -> Result<Opened<dyn Destination>, Error> {
    let endpoint = &mirror.destination;
    let label = label(endpoint, Side::Destination);
    let (host, push_started) = (endpoint.host(), &session.push_started);
    match &endpoint.url {
        RemoteUrl::Web(url) => {
            let other_server = match mirror.chosen {
                Chosen::ByUser => OtherServer::Refused,
                Chosen::ByList(_) => OtherServer::RefusedAsOtherNames(host),
            };
            let transport = HttpTransport::new(url, endpoint, other_server, context);
            let known = mirror.member().map(|_| KnownServer::new(&context.known_servers, url));
            let server = DestinationServer { host, name: url.host(), known };
            let mut destination = ReceivePack::open(transport, label, server, push_started, &context.events)?;
            let account = (mode == Mode::DryRun).then(|| destination.account()).flatten();
            Ok(Opened { repository: Box::new(destination), account })
        }
        RemoteUrl::Ssh(url) => {
            let transport = SshTransport::new(url, context, Side::Destination);
            let server = DestinationServer { host, name: url.host(), known: None };
            let destination = ReceivePack::open(transport, label, server, push_started, &context.events)?;
            Ok(Opened { repository: Box::new(destination), account: None })
        }
        RemoteUrl::Local(path) => {
            let site = mirror.destination_site(path.as_path());
            let destination = LocalDestination::open(site, label, session, &context.events)?;
            Ok(Opened { repository: Box::new(destination), account: None })
        }
    }
}

/// Opens the folder that keeps a clone of the source, or that shall keep one; changes nothing.
///
/// # Errors
/// A folder that is something else than a clone of the source, with [`Phase::List`].
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
pub(crate) fn concurrently<A: Send, B>(
    first: impl FnOnce() -> A + Send,
    second: impl FnOnce() -> B,
) -> (A, B) {
    thread::scope(|scope| {
        let first = scope.spawn(first);
        let second = second();
        (first.join().unwrap_or_else(|bug| panic::resume_unwind(bug)), second)
    })
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::error::{Failure, Phase};

    const GIVEN: &str = "https://dev.azure.com/o/p/_git/r";
    const ALL: &str = "https://dev.azure.com/o/p/_git/_full/r";

    /// Returns the addresses that are asked where the first one ends so, and what comes of it.
    fn asked(given: &str, first: Option<ErrorKind>) -> (Vec<String>, Result<String, ErrorKind>) {
        let asked = RefCell::new(Vec::new());
        let opened = with_all_refs(&WebUrl::parse(given).unwrap().0, |url| {
            asked.borrow_mut().push(url.to_string());
            match first {
                Some(kind) if asked.borrow().len() == 1 => {
                    let label = RemoteLabel::new(Side::Source, given);
                    Err(label.error(Phase::List, Failure::new(kind, "no")))
                }
                _ => Ok(url.to_string()),
            }
        });
        (asked.into_inner(), opened.map_err(|error| error.failure.kind))
    }

    #[test]
    fn a_source_is_opened_where_all_refs_are_listed() {
        assert_eq!(asked(GIVEN, None), (vec![ALL.to_owned()], Ok(ALL.to_owned())));
        let elsewhere = "https://github.com/o/r";
        assert_eq!(asked(elsewhere, None), (vec![elsewhere.to_owned()], Ok(elsewhere.to_owned())));
    }

    #[test]
    fn a_source_is_opened_as_given_where_nothing_is_there() {
        for kind in [ErrorKind::NotFound, ErrorKind::Status(400), ErrorKind::WebPage, ErrorKind::Forbidden] {
            assert_eq!(
                asked(GIVEN, Some(kind)),
                (vec![ALL.to_owned(), GIVEN.to_owned()], Ok(GIVEN.to_owned()))
            );
        }
        for kind in
            [ErrorKind::Unauthorized, ErrorKind::Interrupted, ErrorKind::Unavailable { retry_after: None }]
        {
            assert_eq!(asked(GIVEN, Some(kind)), (vec![ALL.to_owned()], Err(kind)));
        }
    }
}
