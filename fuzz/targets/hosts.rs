//! What the interfaces of hosts say of repositories, in lists and alone: read without a panic, and every URL stays at the
//! server of its container. The first line is the value of the header fields that tell the next page.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mirror_git_repository::hosts;
use mirror_git_repository::hosts::Host;
use mirror_git_repository::hosts::address::{Address, Container};
use mirror_git_repository::hosts::listing::{ListAnswer, Listed, ListedRepository, Wikis};
use mirror_git_repository::hosts::management::RepositoryPlace;
use mirror_git_repository::remote::url::RemoteUrl;
use ureq::http::{HeaderMap, HeaderValue};

const CONTAINERS: [(Host, &str); 7] = [
    (Host::AzureRepos, "https://dev.azure.com/o/p"),
    (Host::AzureDevOpsServer, "https://tfs.example.org/tfs/Main/p"),
    (Host::GitHub, "https://github.com/o"),
    (Host::GitLab, "https://gitlab.com/g/s"),
    (Host::Gitea, "https://codeberg.org/o"),
    (Host::BitbucketCloud, "https://bitbucket.org/w"),
    (Host::BitbucketDataCenter, "https://example.org/bitbucket/projects/PRJ"),
];

fuzz_target!(|bytes: &[u8]| {
    let at = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(0);
    let (field, body) = bytes.split_at(at);
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_bytes(field) {
        for name in ["link", "x-next-page", "x-ms-continuationtoken"] {
            headers.insert(name, value.clone());
        }
    }
    let answer = ListAnswer { headers: &headers, body };
    for (host, url) in CONTAINERS {
        let Ok((url, _)) = RemoteUrl::parse(url) else { panic!("{url}") };
        let (Address::Container(container) | Address::AskHost(container)) = hosts::address(&url, Some(host)) else {
            panic!("{url}")
        };
        let (Some(listing), Some(management)) = (host.info().listing, host.info().management) else { panic!("{url}") };
        let first = (listing.first)(&container, Listed::Organization, Wikis::Mirrored).expect("a request");
        if let Ok(page) = (listing.read)(&container, &answer, &first) {
            page.repositories.iter().for_each(|repository| check(&container, repository));
            assert!(page.repositories.len() + page.unusable.len() <= bytes.len());
        }
        let place = RepositoryPlace { container: container.clone(), name: "r".to_owned() };
        if let Ok(repository) = (management.read)(&place, &answer) {
            check(&container, &repository);
        }
        for call in (management.before_creation)(&place) {
            let _ = (management.home)(&place, Default::default(), &answer).map(|home| (call, home));
        }
    }
});

fn check(container: &Container, repository: &ListedRepository) {
    let RemoteUrl::Web(url) = &repository.clone_url else { panic!("{repository:?}") };
    assert!(url.same_origin(&container.url), "{url}");
    assert!(repository.wiki.iter().all(|wiki| wiki.same_origin(&container.url)), "{repository:?}");
}
