//! Reads from a destination, by upload-pack of the same address.

use super::connection::Transport;
use super::known_servers::KnownServer;
use super::upload_pack;
use crate::error::Failure;
use crate::protocol::Service;
use crate::protocol::advertisement::{Advertisement, Version};
use crate::protocol::ls_refs::Peel;
use crate::protocol::ref_list::RefList;

/// The first words of a destination's upload-pack, as far as they are known.
#[derive(Debug)]
pub(super) struct Reading {
    /// Those for this repository, without refs.
    own: Option<Advertisement>,
    /// Those for others of the server.
    known: Option<KnownServer>,
}

impl Reading {
    /// Begins without having asked.
    pub(super) fn new(known: Option<KnownServer>) -> Self {
        Self { own: None, known }
    }

    /// Lists `HEAD` and the refs that begin with one of `prefixes`.
    ///
    /// # Errors
    /// Those of the transport and of the protocol.
    pub(super) fn list(
        &mut self,
        transport: &mut dyn Transport,
        prefixes: &[String],
    ) -> Result<RefList, Failure> {
        match &self.own {
            Some(server) if server.version == Version::V2 => {
                upload_pack::list_refs(transport, server, prefixes, Peel::No)
            }
            _ => {
                let (server, refs) = upload_pack::list(transport, prefixes, Peel::No)?;
                self.note(server);
                Ok(refs)
            }
        }
    }

    /// Lists `HEAD`, and what a server that cannot be asked for it alone lists with it. What the server has told for another
    /// repository is not asked for again.
    ///
    /// # Errors
    /// Those of [`list`](Self::list).
    pub(super) fn list_head(&mut self, transport: &mut dyn Transport) -> Result<RefList, Failure> {
        let known = self.known.as_ref().filter(|_| self.own.is_none());
        if let Some(server) = known.and_then(KnownServer::told) {
            match upload_pack::list_refs(transport, &server, &[], Peel::No) {
                Ok(refs) => return Ok(refs),
                Err(failure) => {
                    log::debug!("{failure}; it is asked for its capabilities");
                    transport.hang_up(Service::UploadPack);
                }
            }
        }
        self.list(transport, &[])
    }

    /// Returns the first words for this repository. Those for another will not do for a pack: what may be left out of it is
    /// a setting of each.
    ///
    /// # Errors
    /// Those of the transport and of the protocol.
    pub(super) fn server(&mut self, transport: &mut dyn Transport) -> Result<&Advertisement, Failure> {
        match self.own.take() {
            Some(own) => Ok(self.own.insert(own)),
            None => upload_pack::first_words(transport).map(|server| self.note(server)),
        }
    }

    fn note(&mut self, server: Advertisement) -> &Advertisement {
        if let Some(known) = &self.known {
            known.note(&server);
        }
        self.own.insert(Advertisement { refs: RefList::default(), ..server })
    }
}
