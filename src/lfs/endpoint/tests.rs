use super::*;
use crate::hosts::azure_repos::Collection;

fn repository(url: &str) -> Repository {
    let (url, _) = RemoteUrl::parse(url).unwrap();
    Repository { host: Host::of_url(&url), url, bounds: Bounds::Server, place: Some(Place::Public) }
}

fn web_urls(url: &str) -> (String, Option<String>) {
    match Endpoint::of(&repository(url)) {
        Ok(Endpoint::Web(web)) => {
            assert_eq!(web.trust, Trust::Repository);
            (web.url.expose().to_owned(), web.otherwise.map(|url| url.expose().to_owned()))
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_endpoint_follows_from_the_url_of_a_repository() {
    for (url, expected) in [
        ("https://github.com/o/r", "https://github.com/o/r.git/info/lfs"),
        ("https://github.com/o/r.git", "https://github.com/o/r.git/info/lfs"),
        ("https://github.com/o/r.git/", "https://github.com/o/r.git/info/lfs"),
        ("http://127.0.0.1:8080/r", "http://127.0.0.1:8080/r.git/info/lfs"),
        ("https://host/r?sig=1%2F", "https://host/r.git/info/lfs?sig=1%2F"),
        ("https://host/", "https://host/info/lfs"),
        ("https://host/.git", "https://host/.git/info/lfs"),
        ("https://user:secret@host/a%20b/r", "https://host/a%20b/r.git/info/lfs"),
        ("https://host/r.GIT", "https://host/r.GIT.git/info/lfs"),
        ("https://host/_git/_full/r", "https://host/_git/r.git/info/lfs"),
    ] {
        assert_eq!(web_urls(url).0, expected);
    }
    let (first, otherwise) = web_urls("https://github.com/o/r");
    assert_eq!((first.is_empty(), otherwise), (false, None));
}

#[test]
fn azure_repos_is_asked_in_both_ways() {
    let base = "https://dev.azure.com/o/My%20Project/_git";
    let expected = (format!("{base}/r.git/info/lfs"), Some(format!("{base}/r/info/lfs")));
    for url in [format!("{base}/r"), format!("{base}/_full/r"), format!("{base}/_optimized/r")] {
        assert_eq!(web_urls(&url), expected);
    }
    assert_eq!(web_urls(&format!("{base}/r.git")), (format!("{base}/r.git/info/lfs"), None));
    let server = web_urls("https://tfs.example.org/tfs/Main/p/_git/r");
    assert_eq!(server.1.as_deref(), Some("https://tfs.example.org/tfs/Main/p/_git/r/info/lfs"));
}

#[test]
fn a_server_behind_ssh_is_asked_where_its_objects_are() {
    for (url, path, guess) in [
        ("git@github.com:o/r.git", "o/r.git", "https://github.com/o/r.git/info/lfs"),
        ("ssh://git@host:7999/p/r", "/p/r", "https://host/p/r.git/info/lfs"),
        ("ssh://[::1]/r", "/r", "https://[::1]/r.git/info/lfs"),
        ("git@host:a b/r.git", "a b/r.git", "https://host/a%20b/r.git/info/lfs"),
    ] {
        let Ok(Endpoint::Ssh(ssh)) = Endpoint::of(&repository(url)) else { panic!("{url}") };
        assert_eq!((ssh.ssh.path(), ssh.guess.unwrap().expose()), (path, guess));
    }
}

#[test]
fn a_repository_without_lfs_has_no_endpoint() {
    let none = |url: &str| Endpoint::of(&repository(url)).unwrap_err();
    assert_eq!(none("git@ssh.dev.azure.com:v3/o/p/r"), NoLfs::AzureBySsh);
    assert_eq!(none("https://git-codecommit.us-east-1.amazonaws.com/v1/repos/r"), NoLfs::Host);
    assert!(matches!(Endpoint::of(&repository("/srv/r.git")), Ok(Endpoint::Folder(_))));
}

fn configured(text: &str, repository: &Repository) -> Result<Trust, EndpointError> {
    match Endpoint::configured(text, repository)? {
        Endpoint::Web(web) => {
            assert_eq!(web.otherwise, None);
            assert_eq!(
                web.batch().expose(),
                format!("{}/objects/batch", web.url.expose().trim_end_matches('/'))
            );
            Ok(web.trust)
        }
        Endpoint::Ssh(_) => Ok(Trust::Repository),
        Endpoint::Folder(path) => panic!("{path}"),
    }
}

#[test]
fn a_source_names_a_public_server_or_its_own() {
    let github = repository("https://github.com/o/r");
    for (text, trust) in [
        ("https://github.com/o/r.git/info/lfs", Trust::Repository),
        ("https://GitHub.com:443/o/other", Trust::Repository),
        ("https://lfs.example.org/o/r", Trust::Elsewhere),
        ("https://lfs.example.org/o/r/", Trust::Elsewhere),
        ("https://github.com:8443/o/r", Trust::Elsewhere),
        ("https://1.1.1.1/o/r", Trust::Elsewhere),
        // What a name is resolved to is looked at when it is.
        ("https://intranet/o/r", Trust::Elsewhere),
    ] {
        assert_eq!(configured(text, &github), Ok(trust), "{text}");
    }
}

#[test]
fn a_source_names_nothing_that_only_this_machine_reaches() {
    use EndpointError as E;
    let github = repository("https://github.com/o/r");
    for (text, error) in [
        ("https://127.0.0.1/o/r", E::Inside(Place::Loopback)),
        ("https://localhost:8080/o/r", E::Inside(Place::Loopback)),
        ("https://2130706433/o/r", E::Inside(Place::Loopback)),
        ("https://0x7f.1/o/r", E::Inside(Place::Loopback)),
        ("https://[::ffff:169.254.169.254]/o/r", E::Inside(Place::LinkLocal)),
        ("https://10.0.0.1/o/r", E::Inside(Place::Private)),
        ("https://[fd00::1]/o/r", E::Inside(Place::Private)),
        ("https://224.0.0.1/o/r", E::Inside(Place::Nowhere)),
        ("http://github.com/o/r", E::NotEncrypted),
        ("http://lfs.example.org/o/r", E::NotEncrypted),
        ("https://user@lfs.example.org/o/r", E::Url(LfsUrlError::UserInfo)),
        ("https://user:secret@github.com/o/r", E::Url(LfsUrlError::UserInfo)),
        ("https://lfs.example.org/o/r?token=secret", E::Query),
        ("https://github.com/o/r?x", E::Query),
        ("git@github.com:o/r.git", E::OtherSshServer),
        ("ssh://evil.example.org/o/r.git", E::OtherSshServer),
        ("file:///etc/passwd", E::Path),
        ("/etc/passwd", E::Path),
        ("../other", E::Path),
        ("git://host/r", E::Url(LfsUrlError::NotWeb)),
        ("ext::sh -c id", E::Url(LfsUrlError::NotWeb)),
        ("", E::Url(LfsUrlError::NotWeb)),
        ("-oProxyCommand=id:r.git", E::Url(LfsUrlError::NotWeb)),
    ] {
        assert_eq!(configured(text, &github), Err(error), "{text}");
    }
}

#[test]
fn a_source_inside_names_what_is_where_it_is() {
    let mut inside = repository("http://git.corp/o/r");
    inside.place = Some(Place::Private);
    for (text, expected) in [
        ("http://git.corp/o/r", Ok(Trust::Repository)),
        ("http://10.1.2.3/o/r", Ok(Trust::Elsewhere)),
        ("https://lfs.example.org/o/r", Ok(Trust::Elsewhere)),
        ("http://lfs.example.org/o/r", Ok(Trust::Elsewhere)),
        ("http://127.0.0.1/o/r", Err(EndpointError::Inside(Place::Loopback))),
        ("http://169.254.169.254/o/r", Err(EndpointError::Inside(Place::LinkLocal))),
    ] {
        assert_eq!(configured(text, &inside), expected, "{text}");
    }
    let mut here = repository("http://127.0.0.1:8080/r");
    assert_eq!(configured("http://127.0.0.1:8080/x", &here), Ok(Trust::Repository), "the repository itself");
    assert!(configured("http://127.0.0.1:9090/x", &here).is_err(), "its place is not known");
    here.place = Some(Place::Loopback);
    assert_eq!(configured("http://127.0.0.1:9090/x", &here), Ok(Trust::Elsewhere));
}

#[test]
fn a_source_behind_ssh_names_its_own_server_only() {
    let ssh = repository("git@git.example.org:o/r.git");
    for (text, expected) in [
        ("git@git.example.org:o/lfs.git", Ok(Trust::Repository)),
        ("ssh://git@GIT.example.org/o/lfs.git", Ok(Trust::Repository)),
        ("root@git.example.org:o/lfs.git", Err(EndpointError::OtherSshServer)),
        ("ssh://git@git.example.org:2222/o/lfs.git", Err(EndpointError::OtherSshServer)),
        ("git@evil.example.org:o/lfs.git", Err(EndpointError::OtherSshServer)),
        ("https://git.example.org/o/r.git/info/lfs", Ok(Trust::Elsewhere)),
        ("http://git.example.org/o/r.git/info/lfs", Err(EndpointError::NotEncrypted)),
    ] {
        assert_eq!(configured(text, &ssh), expected, "{text}");
    }
}

#[test]
fn credentials_for_a_collection_stay_in_it() {
    let own = "https://dev.azure.com/org/p/_git/r";
    let bounds = Bounds::Collection(Collection::parse("https://dev.azure.com/org/").unwrap());
    let repository = Repository { bounds, ..repository(own) };
    let trust = |url: &str| match Endpoint::configured(url, &repository) {
        Ok(Endpoint::Web(web)) => web.trust,
        other => panic!("{other:?}"),
    };
    assert_eq!(trust("https://dev.azure.com/org/q/_git/lfs/info/lfs"), Trust::Repository);
    for url in [
        "https://dev.azure.com/other/p/_git/r/info/lfs",
        "https://dev.azure.com/org%2f..%2fother/p/_git/r/info/lfs",
    ] {
        assert_eq!(trust(url), Trust::Elsewhere, "{url}");
    }
}
