//! Azure Repos in the cloud, its two domains, and the collection of a pipeline: the repositories that its job's token
//! is for, in the cloud or on a server.

use std::num::NonZeroU64;

use percent_encoding::percent_decode_str;
use serde::Deserialize;

use super::account::{Account, AccountRequest};
use super::azure_address;
use super::azure_address::{OLD_DOMAIN, WEB};
use super::host_info::{Host, HostInfo, Marks, NO_MARKS, OTHER, Service};
use super::listing::{Listing, azure};
use super::management;
use super::name_rule;
use super::pages;
use super::pages::{Compare, First, PagePlace, Pages, Settings};
use crate::auth::scheme::{AuthScheme, HostSchemes};
use crate::http::api::ApiAnswer;
use crate::mirror::ref_rule::RefRule;
use crate::remote::ssh_url::SshUrl;
use crate::remote::web_url::{Scheme, WebUrl};

const SSH: [&str; 2] = ["ssh.dev.azure.com", "vs-ssh.visualstudio.com"];

pub(super) const INFO: HostInfo = HostInfo {
    host: Host::AzureRepos,
    word: "azure",
    name: "Azure Repos",
    // A personal access token goes with any user; tokens of Microsoft Entra and of jobs are Bearer tokens.
    schemes: HostSchemes { bare_token: &[AuthScheme::Basic(""), AuthScheme::Bearer], after_user: &[] },
    // "Git limits" of its documentation: 5 GB a push.
    max_push: |_| NonZeroU64::new(5_000_000_000),
    ref_rules: &[RefRule::CaseInsensitive, RefRule::TagsMustPeelToCommits],
    marks: Marks { web: &[WEB, "*.visualstudio.com"], ssh: &SSH, ..NO_MARKS },
    service: Service::Rules { web: of_web, ssh: of_ssh },
    pages: Some(Pages {
        repository: azure_address::pages,
        of_ssh: pages_of_ssh,
        branch: "?version=GB",
        tag: "?version=GT",
        commit: "/commit/",
        place: PagePlace::Query,
        compare: Some(Compare {
            before: "/branchCompare?baseVersion=GC",
            between: "&targetVersion=GC",
            first: First::Old,
        }),
        settings: Some(Settings {
            name: "Project settings › Repositories",
            address: azure_address::settings,
            says: &["tf401027", "tf401028", "tf402455", "genericcontribute", "forcepush", "policyexempt"],
        }),
        ..pages::NONE
    }),
    interface,
    account: Some(AccountRequest { below: "_apis/connectionData?api-version=7.1-preview", read: account }),
    listing: Some(Listing {
        base: azure::base,
        container: |_| None,
        first: azure::first_in_cloud,
        read: azure::read,
    }),
    management: Some(management::azure::CLOUD),
    names: name_rule::AZURE,
    address: azure_address::of_cloud,
    ..OTHER
};

/// The id of nobody, which requests have whose token was not looked at.
const ANONYMOUS: &str = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa";

/// Returns the address of a repository's organization.
fn interface(repository: &WebUrl) -> Option<WebUrl> {
    let organization = match repository.host() {
        WEB => repository.path().split('/').nth(1).filter(|name| !name.is_empty())?,
        host => host.strip_suffix(OLD_DOMAIN).map(|_| "")?,
    };
    Some(repository.at_root(organization))
}

/// Reads an answer to `GET _apis/connectionData`.
pub(super) fn account(answer: &ApiAnswer) -> Option<Account> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct ConnectionData {
        authenticated_user: User,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct User {
        id: String,
        custom_display_name: Option<String>,
        provider_display_name: Option<String>,
    }
    let ConnectionData { authenticated_user: user } = answer.success()?;
    if user.id.eq_ignore_ascii_case(ANONYMOUS) {
        return Some(Account::Anonymous);
    }
    [user.custom_display_name, user.provider_display_name]
        .iter()
        .flatten()
        .find_map(|name| Account::named(name))
}

/// Returns organization, project and repository of an address.
fn of_web(host: &str, path: &[String]) -> Option<Vec<String>> {
    if let Some(organization) = host.strip_suffix(OLD_DOMAIN) {
        return below(organization, path.strip_prefix(&["defaultcollection".to_owned()]).unwrap_or(path));
    }
    match path {
        [organization, path @ ..] if host == WEB => below(organization, path),
        _ => None,
    }
}

/// Reads what stands behind the organization: `PROJECT/_git/REPOSITORY`, or `_git/REPOSITORY` where both have one name.
/// A repository can be called `x.git`, beside one that is called `x`.
fn below(organization: &str, path: &[String]) -> Option<Vec<String>> {
    let words: Vec<_> = path.iter().map(String::as_str).filter(|word| *word != "_full").collect();
    let (project, repository) = match words.as_slice() {
        [project, "_git", repository] => (project, repository),
        ["_git", repository] => (repository, repository),
        _ => return None,
    };
    Some([organization, project, repository].map(str::to_owned).to_vec())
}

/// Returns the address at which a repository in the cloud lists all its refs: where it has "limited refs", the ordinary
/// one shows only those that its users chose, and a mirror of them would delete the others. None for an address that
/// asks for a view already (`_full`, `_optimized`), or that has a query.
pub fn with_all_refs(url: &WebUrl) -> Option<WebUrl> {
    let (before, repository) = url.path().rsplit_once("/_git/")?;
    let is_whole = is_cloud(url) && !repository.contains('/') && url.query().is_none();
    if !is_whole || repository.is_empty() {
        return None;
    }
    let given = url.to_string();
    let root = given.strip_suffix(url.path())?;
    WebUrl::parse(&format!("{root}{before}/_git/_full/{repository}")).ok().map(|(url, _)| url)
}

/// Returns the address on the web server of a repository behind an SSH server.
fn pages_of_ssh(url: &SshUrl) -> Option<WebUrl> {
    let path = pages::at_server(WEB, url).filter(|_| SSH.contains(&url.host()))?;
    match path.path().split('/').skip(1).collect::<Vec<_>>()[..] {
        ["v3", organization, project, repository] => {
            Some(path.at_root(&format!("{organization}/{project}/_git/{repository}")))
        }
        _ => None,
    }
}

/// Reads `v3/ORGANIZATION/PROJECT/REPOSITORY`.
fn of_ssh(host: &str, path: &[String]) -> Option<Vec<String>> {
    match path {
        [version, repository @ ..] if SSH.contains(&host) && version == "v3" && repository.len() == 3 => {
            Some(repository.to_vec())
        }
        _ => None,
    }
}

/// The number of times that a server and what stands before it could decode a path.
const DECODINGS: usize = 4;

/// An organization of Azure DevOps in the cloud, or a collection of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Collection {
    /// The organization of this name, in lower case. It has two addresses.
    Organization(String),
    /// The collection at this URL.
    Server(WebUrl),
}

impl Collection {
    /// Reads the URL of a collection, as the agent gives it.
    pub fn parse(text: &str) -> Option<Self> {
        let (url, _) = WebUrl::parse(text).ok()?;
        if is_cloud(&url) { organization(&url).map(Self::Organization) } else { Some(Self::Server(url)) }
    }

    /// Tells whether a repository is in it, so that the job's token may go there.
    pub fn holds(&self, repository: &WebUrl) -> bool {
        self.is_above(repository)
            && match self {
                Self::Organization(_) => true,
                // A server can have other services below such an address.
                Self::Server(_) => repository.path().to_lowercase().contains("/_git/"),
            }
    }

    /// Tells the same of an address that the user gave, which can be its own, or that of a project in it, too.
    pub fn holds_given(&self, address: &WebUrl) -> bool {
        self.holds(address)
            || match self {
                Self::Organization(_) => false,
                Self::Server(own) => {
                    let is_itself =
                        own.same_origin(address) && own.path().eq_ignore_ascii_case(address.path());
                    is_itself || self.is_above(address) && is_project(own, address)
                }
            }
    }

    /// Tells whether what is asked for below this address is asked of it.
    pub fn holds_interface(&self, interface: &WebUrl) -> bool {
        self.is_above(&interface.at_root(&format!("{}/_apis", interface.path())))
    }

    /// Tells whether a URL is below its own.
    fn is_above(&self, url: &WebUrl) -> bool {
        if !url.path().split('/').skip(1).all(is_plain) {
            return false;
        }
        match self {
            Self::Organization(name) => {
                url.scheme() == Scheme::Https && organization(url).as_ref() == Some(name)
            }
            Self::Server(own) => {
                let (above, below) = (own.path().to_lowercase(), url.path().to_lowercase());
                own.same_origin(url) && below.strip_prefix(&above).is_some_and(|rest| rest.starts_with('/'))
            }
        }
    }

    /// Tells whether a URL is at the server that holds it, which serves other collections, too.
    pub fn shares_server_with(&self, url: &WebUrl) -> bool {
        match self {
            Self::Organization(_) => is_azure_devops(url),
            Self::Server(own) => own.same_origin(url),
        }
    }
}

/// Tells whether a part of a path stays one part of it, however often it is decoded: `..%2FOther` is another collection to a
/// server that takes `%2F` for a slash. What Azure DevOps takes as a name has none of these characters.
pub(crate) fn is_plain(segment: &str) -> bool {
    let mut segment = segment.to_owned();
    for _ in 0..DECODINGS {
        let separates = |c: char| matches!(c, '/' | '\\' | ';') || c.is_control();
        // IIS also decodes `%u002F`.
        let is_iis_escape = segment.to_ascii_lowercase().contains("%u");
        if is_iis_escape || segment.contains(separates) || matches!(segment.as_str(), "" | "." | "..") {
            return false;
        }
        let Ok(decoded) = percent_decode_str(&segment).decode_utf8() else { return false };
        if decoded == segment {
            return true;
        }
        segment = decoded.into_owned();
    }
    false
}

/// The servers of [`is_azure_devops`], in words.
pub const AZURE_DEVOPS: &str = "https://dev.azure.com and https://*.visualstudio.com";

/// Tells whether a server is one of Azure DevOps in the cloud, to which the tokens of Microsoft Entra go: by its name and
/// port alone, whatever an input or a header says.
pub fn is_azure_devops(url: &WebUrl) -> bool {
    let is_organization = |name: &str| !name.is_empty() && !name.contains('.');
    let is_named = url.host() == WEB || url.host().strip_suffix(OLD_DOMAIN).is_some_and(is_organization);
    url.scheme() == Scheme::Https && url.port() == 443 && is_named
}

/// Tells whether a URL below that of a collection is the address of a project: one name, which no page or service has.
fn is_project(collection: &WebUrl, url: &WebUrl) -> bool {
    let below = url.path().get(collection.path().len()..).unwrap_or_default();
    below.strip_prefix('/').is_some_and(|name| !name.contains('/') && !name.starts_with(['_', '$']))
}

fn is_cloud(url: &WebUrl) -> bool {
    url.host() == WEB || url.host().strip_suffix(OLD_DOMAIN).is_some()
}

/// `org` of `https://dev.azure.com/org/…` and of `https://org.visualstudio.com/…`.
fn organization(url: &WebUrl) -> Option<String> {
    let name = match url.host() {
        WEB => url.path().split('/').nth(1)?,
        host => host.strip_suffix(OLD_DOMAIN)?,
    };
    let of_default_port = url.port() == 443;
    (of_default_port && !name.is_empty() && !name.contains('.')).then(|| name.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(collection: &str, repository: &str) -> bool {
        Collection::parse(collection).unwrap().holds_given(&WebUrl::parse(repository).unwrap().0)
    }

    #[test]
    fn all_refs_are_at_an_address_of_their_own_in_the_cloud() {
        let all = |url: &str| with_all_refs(&WebUrl::parse(url).unwrap().0).map(|url| url.to_string());
        for (url, expected) in [
            (
                "https://dev.azure.com/o/My%20Project/_git/r",
                "https://dev.azure.com/o/My%20Project/_git/_full/r",
            ),
            ("https://o@dev.azure.com/o/_git/r", "https://dev.azure.com/o/_git/_full/r"),
            ("https://o.visualstudio.com/p/_git/r.git/", "https://o.visualstudio.com/p/_git/_full/r.git"),
        ] {
            assert_eq!(all(url).as_deref(), Some(expected));
        }
        for url in [
            "https://dev.azure.com/o/p/_git/_full/r",
            "https://dev.azure.com/o/p/_git/_optimized/r",
            "https://dev.azure.com/o/p/_git/r?path=/a",
            "https://dev.azure.com/o/p/_git/",
            "https://dev.azure.com/o/p",
            "https://tfs.example.org/o/p/_git/r",
            "https://dev.azure.com.evil.net/o/p/_git/r",
        ] {
            assert_eq!(all(url), None, "{url}");
        }
    }

    #[test]
    fn the_cloud_is_known_by_name_scheme_and_port() {
        let is = |url: &str| is_azure_devops(&WebUrl::parse(url).unwrap().0);
        for url in [
            "https://dev.azure.com/o/p/_git/r",
            "https://O@Dev.Azure.com:443/",
            "https://o.visualstudio.com/p",
        ] {
            assert!(is(url), "{url}");
        }
        for url in [
            "http://dev.azure.com/o/p/_git/r",
            "https://dev.azure.com:8443/o/p/_git/r",
            "https://dev.azure.com./o/p/_git/r",
            "https://evil.dev.azure.com/o/p/_git/r",
            "https://dev.azure.com.evil.example/o/p/_git/r",
            "https://dev.azure.com@evil.example/o/p/_git/r",
            "https://a.b.visualstudio.com/p/_git/r",
            "https://visualstudio.com/p/_git/r",
            "https://xvisualstudio.com/p/_git/r",
            "https://o.visualstudio.com.evil.example/p/_git/r",
            "https://tfs.example.org/c/p/_git/r",
        ] {
            assert!(!is(url), "{url}");
        }
    }

    #[test]
    fn an_organization_has_two_addresses() {
        for collection in ["https://dev.azure.com/Contoso/", "https://contoso.visualstudio.com/"] {
            for repository in [
                "https://contoso@dev.azure.com/contoso/p/_git/r",
                "https://dev.azure.com/CONTOSO/_git/r",
                "https://contoso.visualstudio.com/p/_git/r",
                "https://contoso.visualstudio.com/DefaultCollection/p/_git/r",
            ] {
                assert!(holds(collection, repository), "{collection} {repository}");
            }
            for repository in [
                "https://dev.azure.com/contoso2/p/_git/r",
                "https://dev.azure.com/contoso.evil/p/_git/r",
                "https://dev.azure.com:8443/contoso/p/_git/r",
                "http://dev.azure.com/contoso/p/_git/r",
                "https://contoso.evil.visualstudio.com/p/_git/r",
                "https://contoso.visualstudio.com.evil.net/p/_git/r",
                "https://dev.azure.com.evil.net/contoso/p/_git/r",
                "https://github.com/contoso/r",
            ] {
                assert!(!holds(collection, repository), "{collection} {repository}");
            }
        }
    }

    #[test]
    fn the_server_of_a_collection_is_known_by_scheme_host_and_port() {
        let shares = |collection: &str, url: &str| {
            Collection::parse(collection).unwrap().shares_server_with(&WebUrl::parse(url).unwrap().0)
        };
        for (collection, url, expected) in [
            ("https://tfs.example.org/tfs/Main/", "https://TFS.example.org:443/tfs/Other/p/_git/r", true),
            ("https://tfs.example.org/tfs/Main/", "https://tfs.example.org:8443/tfs/Main/p/_git/r", false),
            ("https://tfs.example.org/tfs/Main/", "https://git.example.org/r", false),
            ("https://dev.azure.com/contoso/", "https://fabrikam.visualstudio.com/p/_git/r", true),
            ("https://contoso.visualstudio.com/", "https://dev.azure.com/contoso/p/_git/r", true),
            ("https://dev.azure.com/contoso/", "https://dev.azure.com:8443/contoso/p/_git/r", false),
            ("https://dev.azure.com/contoso/", "https://github.com/contoso/r", false),
        ] {
            assert_eq!(shares(collection, url), expected, "{collection} {url}");
        }
    }

    #[test]
    fn no_escape_leads_out_of_a_collection() {
        for part in [
            "..%2FOther",
            "..%2fOther",
            "..%5COther",
            "%2e%2e%5cOther",
            "..%252FOther",
            "..%25252FOther",
            "a%3Bb",
            "a;b",
            "%00",
            "%c0%ae%c0%ae",
            "%u002e%u002e",
            "%25u002fOther",
            "a%2525252525252f",
        ] {
            for (collection, at) in [
                ("https://tfs.example.org/tfs/Main/", "https://tfs.example.org/tfs/Main"),
                ("https://dev.azure.com/contoso/", "https://dev.azure.com/contoso"),
                ("https://dev.azure.com/contoso/", "https://contoso.visualstudio.com"),
            ] {
                assert!(!holds(collection, &format!("{at}/{part}/p/_git/r")), "{at} {part}");
                assert!(!holds(collection, &format!("{at}/p/_git/{part}/r")), "{at} {part}");
            }
        }
        for url in
            ["https://tfs.example.org/tfs/Main//p/_git/r", "https://tfs.example.org/tfs//Main/p/_git/r"]
        {
            assert!(!holds("https://tfs.example.org/tfs/Main/", url), "{url}");
        }
        assert!(!holds("https://dev.azure.com/contoso/", "https://dev.azure.com/contoso//p/_git/r"));
        for part in ["My%20Project", "100%25", "%E2%82%AC", "a%2Bb", "v1.0..2"] {
            let url = format!("https://tfs.example.org/tfs/Main/{part}/_git/{part}");
            assert!(holds("https://tfs.example.org/tfs/Main/", &url), "{url}");
        }
    }

    #[test]
    fn an_interface_is_at_its_collection_or_below() {
        let holds = |collection: &str, interface: &str| {
            let (interface, _) = WebUrl::parse(interface).unwrap();
            Collection::parse(collection).unwrap().holds_interface(&interface)
        };
        for (collection, interface) in [
            ("https://dev.azure.com/contoso/", "https://dev.azure.com/Contoso"),
            ("https://dev.azure.com/contoso/", "https://contoso.visualstudio.com"),
            ("https://contoso.visualstudio.com/", "https://dev.azure.com/contoso"),
            ("https://tfs.example.org/tfs/Main/", "https://tfs.example.org/tfs/main"),
            ("https://tfs.example.org/tfs/Main/", "https://tfs.example.org/tfs/Main/p"),
        ] {
            assert!(holds(collection, interface), "{collection} {interface}");
        }
        for (collection, interface) in [
            ("https://dev.azure.com/contoso/", "https://dev.azure.com/fabrikam"),
            ("https://dev.azure.com/contoso/", "https://dev.azure.com"),
            ("https://dev.azure.com/contoso/", "https://fabrikam.visualstudio.com"),
            ("https://dev.azure.com/contoso/", "http://dev.azure.com/contoso"),
            ("https://dev.azure.com/contoso/", "https://dev.azure.com/api/v3"),
            ("https://dev.azure.com/contoso/", "https://api.github.com"),
            ("https://tfs.example.org/tfs/Main/", "https://tfs.example.org/tfs"),
            ("https://tfs.example.org/tfs/Main/", "https://tfs.example.org/tfs/Main2"),
            ("https://tfs.example.org/tfs/Main/", "https://tfs.example.org/tfs/Main/..%2FOther"),
            ("https://tfs.example.org/tfs/Main/", "https://tfs.example.org/api/v4"),
            ("https://tfs.example.org/tfs/Main/", "https://tfs.example.org:8443/tfs/Main"),
        ] {
            assert!(!holds(collection, interface), "{collection} {interface}");
        }
    }

    #[test]
    fn a_collection_holds_its_projects_and_itself() {
        for (collection, container) in [
            ("https://dev.azure.com/contoso/", "https://dev.azure.com/Contoso"),
            ("https://dev.azure.com/contoso/", "https://dev.azure.com/contoso/My Project"),
            ("https://dev.azure.com/contoso/", "https://contoso.visualstudio.com"),
            ("https://contoso.visualstudio.com/", "https://contoso.visualstudio.com/DefaultCollection/p"),
            ("https://tfs.example.org/tfs/Main/", "https://tfs.example.org/tfs/main"),
            ("https://tfs.example.org/tfs/Main/", "https://tfs.example.org/tfs/Main/p"),
            ("https://tfs.example.org/Main/", "https://tfs.example.org/Main/p/"),
        ] {
            assert!(holds(collection, container), "{collection} {container}");
        }
        for (collection, container) in [
            ("https://dev.azure.com/contoso/", "https://dev.azure.com/fabrikam"),
            ("https://dev.azure.com/contoso/", "https://dev.azure.com"),
            ("https://dev.azure.com/contoso/", "https://fabrikam.visualstudio.com/contoso"),
            ("https://dev.azure.com/contoso/", "http://dev.azure.com/contoso"),
            ("https://dev.azure.com/contoso/", "https://dev.azure.com/contoso/..%2Ffabrikam"),
            ("https://tfs.example.org/tfs/Main/", "https://tfs.example.org/tfs"),
            ("https://tfs.example.org/tfs/Main/", "https://tfs.example.org"),
            ("https://tfs.example.org/tfs/Main/", "https://tfs.example.org/tfs/Main2"),
            ("https://tfs.example.org/tfs/Main/", "https://tfs.example.org/tfs/Other/p"),
            ("https://tfs.example.org/tfs/Main/", "https://tfs.example.org/tfs/Main/..%2FOther"),
            ("https://tfs.example.org/tfs/Main/", "https://tfs.example.org/tfs/Main/_settings"),
            ("https://tfs.example.org/tfs/Main/", "http://tfs.example.org/tfs/Main/p"),
            ("https://tfs.example.org/tfs/Main/", "https://tfs.example.org:8443/tfs/Main/p"),
        ] {
            assert!(!holds(collection, container), "{collection} {container}");
        }
    }

    #[test]
    fn a_collection_of_a_server_is_what_is_below_it() {
        let collection = "https://tfs.example.org:8080/tfs/DefaultCollection/";
        for url in ["", "/", "/p/_git/r", "/p", "/My%20Project/"] {
            let url = format!("https://tfs.example.org:8080/tfs/defaultcollection{url}");
            assert!(holds(collection, &url), "{url}");
        }
        for repository in [
            "https://tfs.example.org:8080/tfs",
            "https://tfs.example.org:8080/tfs/DefaultCollection2",
            "https://tfs.example.org:8080/tfs/Other",
            "https://tfs.example.org/tfs/DefaultCollection",
            "https://tfs.example.org:8080/tfs/DefaultCollection/_apis",
            "https://tfs.example.org:8080/tfs/DefaultCollection/$/p",
            "https://tfs.example.org:8080/tfs/DefaultCollection/..%2FOther",
            "https://tfs.example.org:8080/tfs/DefaultCollection2/p/_git/r",
            "https://tfs.example.org:8080/tfs/Other/p/_git/r",
            "https://tfs.example.org/tfs/DefaultCollection/p/_git/r",
            "http://tfs.example.org:8080/tfs/DefaultCollection/p/_git/r",
            "https://tfs.example.org:8080/tfs/DefaultCollection/p/r",
        ] {
            assert!(!holds(collection, repository), "{repository}");
        }
        assert_eq!(Collection::parse("no URL"), None);
        assert_eq!(Collection::parse("https://dev.azure.com/"), None);
    }
}
