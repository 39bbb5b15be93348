//! The kinds of Git hosts, and the shape of what is known of one.

use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};

use super::account::AccountRequest;
use super::address::{Address, Parts};
use super::listing::Listing;
use super::management::Management;
use super::name_rule;
use super::name_rule::NameRule;
use super::pages::Pages;
use crate::auth::scheme::{AuthScheme, HostSchemes, InterfaceScheme};
use crate::mirror::ports::{DefaultBranchTime, Unreferenced};
use crate::mirror::ref_rule::RefRule;
use crate::remote::web_url::WebUrl;

/// A kind of Git host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Host {
    /// Azure Repos in the cloud.
    AzureRepos,
    /// Azure DevOps Server, on premises.
    AzureDevOpsServer,
    /// GitHub in the cloud.
    GitHub,
    /// GitLab, where its name says so.
    GitLab,
    /// Bitbucket Cloud.
    BitbucketCloud,
    /// Bitbucket Data Center, on premises.
    BitbucketDataCenter,
    /// Google Cloud Source Repositories.
    CloudSourceRepositories,
    /// Google Secure Source Manager.
    SecureSourceManager,
    /// `CodeCommit` of AWS.
    CodeCommit,
    /// Gitea or Forgejo, where its name says so.
    Gitea,
    /// Gerrit, where its name says so.
    Gerrit,
    /// Any other, such as a GitLab or a GitHub Enterprise Server under a name of its own.
    Other,
}

/// All that is known of a host.
#[derive(Debug)]
pub struct HostInfo {
    /// The host.
    pub host: Host,
    /// Its name in an input.
    pub word: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// The ways to send a token there.
    pub schemes: HostSchemes,
    /// The most refs that one push may change, if there is a limit.
    pub max_updates: Option<NonZeroUsize>,
    /// The largest push that a server of it takes, in bytes, by the server's name.
    pub max_push: MaxPush,
    /// The fate of objects that a push brings and that none of its refs needs, whatever program answers.
    pub unreferenced: Unreferenced,
    /// The time at which a new repository has a default branch.
    pub default_branch: DefaultBranchTime,
    /// The most repositories that it lets one account create in a minute, if there is a limit.
    pub max_creations: Option<NonZeroU32>,
    /// The fate of a repository that does not exist and is asked for to push to it.
    pub missing: MissingRepository,
    /// Rules for the refs that it takes.
    pub ref_rules: &'static [RefRule],
    /// The marks that it is told from others by.
    pub marks: Marks,
    /// The ways that lead to one repository.
    pub service: Service,
    /// The comparison of paths on a server of its kind, where that is no cloud service.
    pub paths: Paths,
    /// Its pages for browsers, where they are known.
    pub pages: Option<Pages>,
    /// The address of its interface.
    pub interface: Interface,
    /// The scheme by which its interface takes a token.
    pub interface_scheme: InterfaceScheme,
    /// The request that names the account whose credentials are sent, where there is one.
    pub account: Option<AccountRequest>,
    /// The requests that list the repositories of a container, where there are some.
    pub listing: Option<Listing>,
    /// The requests about one repository, where they are known.
    pub management: Option<Management>,
    /// The names of repositories that it takes.
    pub names: NameRule,
    /// The reading of an address at a server of its kind.
    pub address: ReadAddress,
}

/// Returns the largest push that the server of this name takes, in bytes; none where it is not known.
pub type MaxPush = fn(&str) -> Option<NonZeroU64>;

/// Reads what an address at a host of this kind leads to.
pub type ReadAddress = fn(&Parts<'_>) -> Address;

/// Returns the address of the interface for a repository at a host of this kind; none where it is not known. It is at
/// the repository's own server, or at one that the host has for its interface: credentials go there.
pub type Interface = fn(&WebUrl) -> Option<WebUrl>;

/// The fate of a repository that does not exist and is asked for to push to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingRepository {
    /// Nothing.
    Refused,
    /// The host may create it, before anything is pushed: where that is not wanted, it must be asked by its interface first.
    Created,
}

/// The marks of a host. A `*` in a name stands for anything.
#[derive(Debug)]
pub struct Marks {
    /// Names of its web servers.
    pub web: &'static [&'static str],
    /// Names of its SSH servers.
    pub ssh: &'static [&'static str],
    /// A part of the path of every repository, where anybody can run a server.
    pub path: Option<&'static str>,
    /// Labels in the names of servers that others run.
    pub labels: &'static [&'static str],
    /// Headers that no other kind of server sends, also with a refusal. Proxies pass them on.
    pub headers: &'static [&'static str],
}

/// The rules by which the ways to one repository of a cloud service are told to be that.
#[derive(Debug)]
pub enum Service {
    /// None: it is no such service, or they are not known.
    None,
    /// Under each of these names a path means the same. Its case does not matter, nor a `.git` at its end.
    Names {
        /// The names of its web servers.
        web: &'static [&'static str],
        /// The names of its SSH servers.
        ssh: &'static [&'static str],
    },
    /// By rules of its own, which return what all ways to a repository have in common. They are given the server's name
    /// and the parts of the path, all in lower case.
    Rules {
        /// For web servers.
        web: fn(&str, &[String]) -> Option<Vec<String>>,
        /// For SSH servers.
        ssh: fn(&str, &[String]) -> Option<Vec<String>>,
    },
}

/// The comparison of the paths of two repositories of one server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paths {
    /// As they are: one repository can lie beside another that differs only in case, or in a `.git`.
    Exact,
    /// Without regard to case.
    NoCase,
    /// Without regard to case and to a `.git` at the end.
    NoCaseNoSuffix,
}

/// A host of which nothing is known, and which no mark leads to.
pub(super) const OTHER: HostInfo = HostInfo {
    host: Host::Other,
    word: "other",
    name: "a Git server",
    schemes: HostSchemes {
        bare_token: &[
            AuthScheme::Basic("x-access-token"),
            AuthScheme::Bearer,
            AuthScheme::Basic("oauth2"),
            AuthScheme::TokenAsUser,
        ],
        after_user: &[AuthScheme::Bearer],
    },
    max_updates: None,
    max_push: |_| None,
    unreferenced: Unreferenced::Unknown,
    default_branch: DefaultBranchTime::WithPush,
    max_creations: None,
    missing: MissingRepository::Refused,
    ref_rules: &[],
    marks: Marks { web: &[], ssh: &[], path: None, labels: &[], headers: &[] },
    service: Service::None,
    paths: Paths::Exact,
    pages: None,
    interface: |_| None,
    interface_scheme: InterfaceScheme::AsGit,
    account: None,
    listing: None,
    management: None,
    names: name_rule::USUAL,
    address: |_| Address::Repository,
};

/// No marks: the base of those that a host has.
pub(super) const NO_MARKS: Marks = OTHER.marks;
