//! The capabilities of servers that have told them for one repository, by which another one there is listed in one request
//! instead of two.
//!
//! Servers of protocol v2 tell the same for each repository, but for its object format and what its configuration switches
//! off. What does not fit is refused, and then the repository is asked itself.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use url::Origin;

use crate::protocol::advertisement::{Advertisement, Version};
use crate::remote::web_url::WebUrl;

/// The capabilities that servers have told in a step. Clones are the same.
#[derive(Clone, Default)]
pub struct KnownServers(Arc<Mutex<HashMap<Origin, Advertisement>>>);

impl KnownServers {
    /// Returns what a server has told for another repository, if it did in protocol v2.
    pub fn get(&self, repository: &WebUrl) -> Option<Advertisement> {
        self.servers().get(&repository.origin()).cloned()
    }

    /// Notes what a server has told. Before protocol v2 the refs come with it, which nothing spares.
    pub fn note(&self, repository: &WebUrl, told: &Advertisement) {
        if told.version == Version::V2 {
            self.servers().entry(repository.origin()).or_insert_with(|| told.clone());
        }
    }

    fn servers(&self) -> MutexGuard<'_, HashMap<Origin, Advertisement>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The words of a server at one repository, for others.
#[derive(Clone, Debug)]
pub struct KnownServer {
    servers: KnownServers,
    repository: WebUrl,
}

impl KnownServer {
    /// Looks among these for the server of a repository.
    pub fn new(servers: &KnownServers, repository: &WebUrl) -> Self {
        Self { servers: servers.clone(), repository: repository.clone() }
    }

    /// Returns what it has told, if it did in protocol v2.
    pub fn told(&self) -> Option<Advertisement> {
        self.servers.get(&self.repository)
    }

    /// Notes what it has told for this repository.
    pub fn note(&self, told: &Advertisement) {
        self.servers.note(&self.repository, told);
    }
}

impl fmt::Debug for KnownServers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KnownServers").field(&self.servers().keys()).finish()
    }
}
