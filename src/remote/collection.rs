//! The collection of an Azure DevOps pipeline: the repositories that its job's token is for.

use super::{Scheme, WebUrl};

/// An organisation of Azure DevOps in the cloud, or a collection of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Collection {
    /// The organisation of this name, in lower case. It has two addresses.
    Organisation(String),
    /// The collection at this URL.
    Server(WebUrl),
}

impl Collection {
    /// Reads the URL of a collection, as the agent gives it.
    pub fn parse(text: &str) -> Option<Self> {
        let (url, _) = WebUrl::parse(text).ok()?;
        if is_cloud(&url) { organisation(&url).map(Self::Organisation) } else { Some(Self::Server(url)) }
    }

    /// Whether a repository is in it, so that the job's token may go there.
    pub fn holds(&self, repository: &WebUrl) -> bool {
        match self {
            Self::Organisation(name) => {
                repository.scheme() == Scheme::Https && organisation(repository).as_ref() == Some(name)
            }
            Self::Server(url) => {
                let (all, given) = (url.path().to_lowercase(), repository.path().to_lowercase());
                let below = given.strip_prefix(&all).is_some_and(|rest| rest.starts_with('/'));
                url.same_origin(repository) && below && given.contains("/_git/")
            }
        }
    }
}

fn is_cloud(url: &WebUrl) -> bool {
    url.host() == "dev.azure.com" || url.host().strip_suffix(".visualstudio.com").is_some()
}

/// `org` of `https://dev.azure.com/org/…` and of `https://org.visualstudio.com/…`.
fn organisation(url: &WebUrl) -> Option<String> {
    let name = match url.host() {
        "dev.azure.com" => url.path().split('/').nth(1)?,
        host => host.strip_suffix(".visualstudio.com")?,
    };
    let of_default_port = url.port() == 443;
    (of_default_port && !name.is_empty() && !name.contains('.')).then(|| name.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(collection: &str, repository: &str) -> bool {
        Collection::parse(collection).unwrap().holds(&WebUrl::parse(repository).unwrap().0)
    }

    #[test]
    fn an_organisation_has_two_addresses() {
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
    fn a_collection_of_a_server_is_what_is_below_it() {
        let collection = "https://tfs.example.org:8080/tfs/DefaultCollection/";
        assert!(holds(collection, "https://tfs.example.org:8080/tfs/defaultcollection/p/_git/r"));
        for repository in [
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
