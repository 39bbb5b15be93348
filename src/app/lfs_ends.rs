//! The two ends of a mirror's LFS objects: where the repositories' URLs, and the source's `.lfsconfig`, say that they are.

use std::net::ToSocketAddrs;
use std::sync::Arc;

use super::lfs_ssh;
use crate::agent::log::Log;
use crate::config::mirror_spec::MirrorSpec;
use crate::error::{ErrorKind, Failure, LfsProblem, Phase, Purpose, RemoteLabel, Side};
use crate::hosts::identity::RepositoryAddress;
use crate::lfs::batch::Operation;
use crate::lfs::copies::{Connect, Ends};
use crate::lfs::endpoint::{Endpoint as Address, Repository, SshEndpoint, Trust, WebEndpoint};
use crate::lfs::folder::ObjectFolder;
use crate::lfs::lfs_url::LfsUrl;
use crate::lfs::lfsconfig::LfsConfig;
use crate::lfs::place::Place;
use crate::lfs::server::{LfsServer, ServerSettings};
use crate::lfs::ssh_authenticate;
use crate::lfs::store::{ObjectDestination, ObjectSource};
use crate::local::lfs_folder::LfsFolder;
use crate::local::{Session, lfs_folder};
use crate::mirror::ports::Mode;
use crate::remote::url::RemoteUrl;
use crate::secret::SecretMasker as _;
use crate::transport::Context;
use crate::transport::endpoint::Endpoint;

/// A mirror whose LFS objects are looked for when the first one is needed.
pub(crate) struct LfsEnds {
    pub(crate) mirror: Arc<MirrorSpec>,
    /// The use of the repository that is written.
    pub(crate) purpose: Purpose,
    /// The decision whether a repository may be made for them, on this machine.
    pub(crate) mode: Mode,
    /// The push to that.
    pub(crate) session: Session,
    /// The names of both sides in errors.
    pub(crate) labels: (RemoteLabel, RemoteLabel),
    /// A branch that is mirrored, under its name at the source and at the destination: some servers decide by it who may.
    pub(crate) branches: (Option<String>, Option<String>),
    pub(crate) context: Context,
    pub(crate) log: Log,
}

impl LfsEnds {
    /// Returns what connects the ends.
    pub(crate) fn into_connect(self) -> Connect {
        Box::new(move |settings| {
            let (from, to) = &self.labels;
            let source = self.source(settings).map_err(|failure| from.error(Phase::Lfs, failure))?;
            let destination = self.destination().map_err(|failure| to.error(Phase::Lfs, failure))?;
            Ok(Ends { source: (source, from.clone()), destination: (destination, to.clone()) })
        })
    }

    fn source(&self, settings: Option<&[u8]>) -> Result<Arc<dyn ObjectSource + Send + Sync>, Failure> {
        let repository = self.repository(Side::Source);
        match self.source_address(settings, &repository)? {
            Address::Web(web) => Ok(Arc::new(self.server(Side::Source, web, repository))),
            Address::Ssh(ssh) => Ok(Arc::new(self.server_behind_ssh(Side::Source, &ssh, repository)?)),
            Address::Folder(path) => {
                let objects = self.folder(lfs_folder::of_source(path.as_path())?);
                // One that LFS never was in has none at all, like a server without it.
                if objects.exists() {
                    Ok(Arc::new(objects))
                } else {
                    Err(no_service("it has no LFS objects"))
                }
            }
        }
    }

    fn destination(&self) -> Result<Arc<dyn ObjectDestination + Send + Sync>, Failure> {
        if let (Purpose::Clone, Some(folder)) = (self.purpose, &self.mirror.clone_directory) {
            let source = RepositoryAddress::new(&self.mirror.source.url, self.mirror.source.host_override);
            let folder = lfs_folder::of_clone(folder, source, self.mode, &self.session)?;
            return Ok(Arc::new(self.folder(folder)));
        }
        let repository = self.repository(Side::Destination);
        match Address::of(&repository).map_err(|none| no_service(&none.to_string()))? {
            Address::Web(web) => Ok(Arc::new(self.server(Side::Destination, web, repository))),
            Address::Ssh(ssh) => Ok(Arc::new(self.server_behind_ssh(Side::Destination, &ssh, repository)?)),
            Address::Folder(path) => {
                let site = self.mirror.destination_site(path.as_path());
                let folder = lfs_folder::of_destination(&site, self.mode, &self.session)?;
                Ok(Arc::new(self.folder(folder)))
            }
        }
    }

    /// Returns the address of the source's objects: what its `.lfsconfig` says comes first.
    fn source_address(&self, settings: Option<&[u8]>, repository: &Repository) -> Result<Address, Failure> {
        // The objects of a folder lie in it; the file says where those find them who come over the network.
        let settings = settings.filter(|_| !matches!(repository.url, RemoteUrl::Local(_)));
        let settings = settings.map(LfsConfig::parse).transpose().unwrap_or_else(|error| {
            self.log.warning(&format!("{}: its .lfsconfig is not read: {error}", self.labels.0));
            None
        });
        let Some(text) = settings.as_ref().and_then(LfsConfig::url) else {
            return Address::of(repository).map_err(|none| no_service(&none.to_string()));
        };
        for mask in LfsUrl::masks_in(text) {
            self.log.mask(&mask);
        }
        let address = Address::configured(text, repository).map_err(|error| {
            let message = format!("the address of LFS in its .lfsconfig is not asked: {error}");
            Failure::new(ErrorKind::Lfs(LfsProblem::Address), message)
        })?;
        if let Address::Web(WebEndpoint { url, trust: Trust::Elsewhere, .. }) = &address {
            let source = &self.labels.0;
            self.log.line(&format!(
                "{source}: its .lfsconfig says that its LFS objects are at {url}, which is asked without credentials"
            ));
        }
        Ok(address)
    }

    fn server(&self, side: Side, web: WebEndpoint, repository: Repository) -> LfsServer {
        let endpoint = self.mirror.endpoint(side);
        LfsServer::new(ServerSettings {
            endpoint: web,
            repository,
            operation: operation(side),
            ref_name: match side {
                Side::Source => self.branches.0.clone(),
                Side::Destination => self.branches.1.clone(),
            },
            network: endpoint.network.clone(),
            verification: endpoint.verification,
            tokens: endpoint.tokens.clone(),
            schemes: endpoint.server_schemes(),
            context: self.context.for_tokens(),
        })
    }

    /// Returns the server that the SSH server of a repository names when it is asked.
    fn server_behind_ssh(
        &self,
        side: Side,
        ssh: &SshEndpoint,
        repository: Repository,
    ) -> Result<LfsServer, Failure> {
        let guessed = ssh_authenticate::guessed(ssh)?.endpoint;
        let session = lfs_ssh::session(ssh, &repository, operation(side), &self.context, side);
        Ok(self.server(side, guessed, repository).signed_in_by(session))
    }

    fn folder(&self, folder: LfsFolder) -> ObjectFolder {
        let LfsFolder { trusted, below, permissions } = folder;
        ObjectFolder::new(trusted, below, &self.session.cancel).with_permissions(permissions)
    }

    fn repository(&self, side: Side) -> Repository {
        let endpoint = self.mirror.endpoint(side);
        let Endpoint { url, bounds, .. } = endpoint;
        let (host, place) = (endpoint.host(), self.place(endpoint));
        Repository { url: url.clone(), host, bounds: bounds.clone(), place }
    }

    /// Returns the place of a repository's server in the network, if all its addresses have the same. A name that
    /// only a proxy knows has none.
    fn place(&self, endpoint: &Endpoint) -> Option<Place> {
        let (host, port) = match &endpoint.url {
            RemoteUrl::Web(url) => (url.host().to_owned(), url.port()),
            RemoteUrl::Ssh(url) => (url.host().to_owned(), url.port().unwrap_or(22)),
            RemoteUrl::Local(_) => return Some(Place::Loopback),
        };
        let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let look_up = move || (bare.as_str(), port).to_socket_addrs().map(Iterator::collect::<Vec<_>>);
        let addresses = self.context.cancel.run_interruptible(look_up)?.ok()?;
        let mut places = addresses.iter().map(|address| Place::of(address.ip()));
        let first = places.next()?;
        places.all(|place| place == first).then_some(first)
    }
}

fn operation(side: Side) -> Operation {
    match side {
        Side::Source => Operation::Download,
        Side::Destination => Operation::Upload,
    }
}

fn no_service(why: &str) -> Failure {
    Failure::new(ErrorKind::Lfs(LfsProblem::NoService), why)
}
