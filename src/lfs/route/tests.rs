use serde_json::{Value, json};

use super::*;
use crate::hosts::Host;
use crate::hosts::azure_repos::Collection;
use crate::hosts::bounds::Bounds;
use crate::lfs::action::RawAction;
use crate::lfs::endpoint::{Endpoint, Trust};
use crate::remote::url::RemoteUrl;

fn repository(url: &str, place: Option<Place>) -> Repository {
    let (url, _) = RemoteUrl::parse(url).unwrap();
    Repository { host: Host::of_url(&url), url, bounds: Bounds::Server, place }
}

fn public(url: &str) -> Repository {
    repository(url, Some(Place::Public))
}

fn endpoint(repository: &Repository) -> WebEndpoint {
    match Endpoint::of(repository).unwrap() {
        Endpoint::Web(web) => web,
        other => panic!("{other:?}"),
    }
}

fn action(href: &str, header: &Value, sign_in: SignIn) -> Action {
    let raw: RawAction = serde_json::from_value(json!({ "href": href, "header": header })).unwrap();
    Action::new(&raw, sign_in, None).unwrap()
}

fn route(href: &str, repository: &Repository) -> Result<(Credentials, Reach), RouteError> {
    let route = Route::new(&action(href, &json!({}), SignIn::NotSaid), &endpoint(repository), repository)?;
    assert_eq!(route.url.expose(), href);
    Ok((route.credentials, route.reach))
}

#[test]
fn credentials_go_to_the_origin_of_the_repository_alone() {
    let azure = public("https://dev.azure.com/o/p/_git/r");
    let own = Ok((Credentials::OfSide, Reach::Any));
    let other = Ok((Credentials::None, Reach::LikeRepository));
    for (href, expected) in [
        ("https://dev.azure.com/o/p/_git/r/info/lfs/objects/1", own),
        ("https://dev.azure.com/", own),
        ("https://dev.azure.com:8443/o", other),
        ("https://dev.azure.com.evil.net/o", other),
        ("https://o.visualstudio.com/p", other),
        ("https://x.blob.core.windows.net/1?sig=a", other),
        ("https://1.1.1.1/1", other),
        ("https://intranet/1", other),
        ("http://dev.azure.com/o", Err(RouteError::NotEncrypted)),
        ("https://127.0.0.1/1", Err(RouteError::Inside(Place::Loopback))),
        ("https://localhost/1", Err(RouteError::Inside(Place::Loopback))),
        ("https://168.63.129.16/1", Err(RouteError::Inside(Place::LinkLocal))),
        ("https://169.254.169.254/latest", Err(RouteError::Inside(Place::LinkLocal))),
        ("https://192.168.0.1/1", Err(RouteError::Inside(Place::Private))),
        ("https://[::ffff:10.0.0.1]/1", Err(RouteError::Inside(Place::Private))),
    ] {
        let href = LfsUrl::parse(href).unwrap();
        assert_eq!(route(href.expose(), &azure), expected, "{href}");
    }
}

#[test]
fn an_action_that_signs_in_itself_gets_nothing_of_ours() {
    let repository = public("https://git.example.org/r");
    let href = "https://git.example.org/r.git/info/lfs/objects/1";
    let credentials = |href: &str, header: Value, sign_in| {
        let route = Route::new(&action(href, &header, sign_in), &endpoint(&repository), &repository).unwrap();
        route.credentials
    };
    let none = json!({});
    for (href, header, sign_in, expected) in [
        (href, none.clone(), SignIn::NotSaid, Credentials::OfSide),
        (href, json!({ "Accept": "application/vnd.git-lfs" }), SignIn::NotSaid, Credentials::OfSide),
        (href, json!({ "authorization": "Basic eA==" }), SignIn::NotSaid, Credentials::None),
        (href, none.clone(), SignIn::Done, Credentials::None),
        ("https://git.example.org/1?token=abc", none.clone(), SignIn::NotSaid, Credentials::None),
        ("https://git.example.org/1?token=", none.clone(), SignIn::NotSaid, Credentials::OfSide),
    ] {
        assert_eq!(credentials(href, header.clone(), sign_in), expected, "{href} {header}");
    }
}

#[test]
fn a_server_that_a_source_names_gets_no_credentials() {
    let github = public("https://github.com/o/r");
    let Ok(Endpoint::Web(elsewhere)) = Endpoint::configured("https://lfs.example.org/r", &github) else {
        panic!()
    };
    assert_eq!(elsewhere.trust, Trust::Elsewhere);
    for (href, expected) in [
        ("https://lfs.example.org/1", Credentials::None),
        // It may lead back to the repository's own server, which asks for them itself.
        ("https://github.com/o/r.git/info/lfs/1", Credentials::OfSide),
    ] {
        let route = Route::new(&action(href, &json!({}), SignIn::NotSaid), &elsewhere, &github).unwrap();
        assert_eq!(route.credentials, expected, "{href}");
    }
}

#[test]
fn a_repository_inside_may_have_its_objects_there() {
    let corp = repository("http://git.corp/r", Some(Place::Private));
    assert_eq!(route("http://10.0.0.7/1", &corp), Ok((Credentials::None, Reach::LikeRepository)));
    assert_eq!(route("http://minio.corp/1", &corp), Ok((Credentials::None, Reach::LikeRepository)));
    assert_eq!(route("http://127.0.0.1/1", &corp), Err(RouteError::Inside(Place::Loopback)));
    let unknown = repository("http://git.corp/r", None);
    assert_eq!(route("http://10.0.0.7/1", &unknown), Err(RouteError::Inside(Place::Private)));
    let here = repository("http://127.0.0.1:8080/r", Some(Place::Loopback));
    assert_eq!(route("http://127.0.0.1:8080/1", &here), Ok((Credentials::OfSide, Reach::Any)));
    assert_eq!(route("http://127.0.0.1:9000/1", &here), Ok((Credentials::None, Reach::LikeRepository)));
}

#[test]
fn a_repository_behind_ssh_has_no_origin_for_credentials() {
    let ssh = public("git@git.example.org:o/r.git");
    let url = LfsUrl::parse("https://git.example.org/o/r.git/info/lfs").unwrap();
    let endpoint = WebEndpoint { url, otherwise: None, trust: Trust::Elsewhere };
    let action = action("https://git.example.org/1", &json!({}), SignIn::NotSaid);
    let route = Route::new(&action, &endpoint, &ssh).unwrap();
    assert_eq!((route.credentials, route.reach), (Credentials::None, Reach::LikeRepository));
}

/// Follows a redirect of an action at the repository's own server.
fn redirected(request: Request, status: u16, location: &str) -> Result<Route, RouteError> {
    let repository = public("https://git.example.org/r");
    let header = json!({ "Cookie": "a=b", "Key": "value", "Content-Type": "a/b" });
    let action = action("https://git.example.org/objects/1", &header, SignIn::NotSaid);
    let route = Route::new(&action, &endpoint(&repository), &repository).unwrap();
    assert_eq!(route.credentials, Credentials::OfSide);
    route.redirected(request, status, location, &repository)
}

#[test]
fn a_redirect_to_another_server_takes_no_credentials_along() {
    for (location, credentials, fields) in [
        ("/objects/2", Credentials::OfSide, 3),
        ("https://GIT.example.org:443/2", Credentials::OfSide, 3),
        ("//storage.example.org/2?sig=a", Credentials::None, 1),
        ("https://git.example.org:8443/2", Credentials::None, 1),
    ] {
        let route = redirected(Request::Download, 302, location).unwrap();
        assert_eq!((route.credentials, route.fields.iter().count()), (credentials, fields), "{location}");
    }
    let repository = public("https://git.example.org/r");
    let back = redirected(Request::Download, 302, "https://storage.example.org/2").unwrap();
    let back = back.redirected(Request::Download, 302, "https://git.example.org/3", &repository).unwrap();
    assert_eq!(back.credentials, Credentials::None, "what was dropped stays so");
}

#[test]
fn a_redirect_leads_where_an_action_may_lead() {
    for (location, error) in [
        ("http://git.example.org/2", RouteError::NotEncrypted),
        ("http://storage.example.org/2", RouteError::NotEncrypted),
        ("https://127.0.0.1/2", RouteError::Inside(Place::Loopback)),
        ("https://0xa9fea9fe/2", RouteError::Inside(Place::LinkLocal)),
        ("https://user:pass@storage.example.org/2", RouteError::Location(LfsUrlError::UserInfo)),
        ("file:///etc/passwd", RouteError::Location(LfsUrlError::NotWeb)),
        ("https://", RouteError::Location(LfsUrlError::Malformed)),
    ] {
        assert_eq!(redirected(Request::Download, 302, location), Err(error), "{location}");
    }
}

#[test]
fn a_redirect_keeps_the_request() {
    for (request, status, kept) in [
        (Request::Download, 301, true),
        (Request::Download, 302, true),
        (Request::Download, 303, true),
        (Request::Download, 307, true),
        (Request::Download, 308, true),
        (Request::Download, 300, false),
        (Request::Download, 304, false),
        (Request::Upload, 301, false),
        (Request::Upload, 302, false),
        (Request::Upload, 303, false),
        (Request::Upload, 307, true),
        (Request::Verify, 302, false),
        (Request::Verify, 308, true),
    ] {
        let expected = if kept { Ok(()) } else { Err(RouteError::Status(status)) };
        assert_eq!(redirected(request, status, "/2").map(|_| ()), expected, "{request:?} {status}");
    }
}

#[test]
fn a_redirect_into_another_collection_takes_no_credentials_along() {
    let url = "https://dev.azure.com/contoso/p/_git/r";
    let bounds = Bounds::Collection(Collection::parse("https://dev.azure.com/contoso").unwrap());
    let repository = Repository { bounds, ..public(url) };
    let route = Route::of_batch(&endpoint(&repository), Fields::none());
    assert_eq!((route.credentials, route.reach), (Credentials::OfSide, Reach::Any));
    for (location, credentials) in [
        ("/contoso/p/_git/moved.git/info/lfs/objects/batch", Credentials::OfSide),
        ("/fabrikam/p/_git/r.git/info/lfs/objects/batch", Credentials::None),
    ] {
        let next = route.redirected(Request::Batch, 307, location, &repository).unwrap();
        assert_eq!(next.credentials, credentials, "{location}");
    }
}

#[test]
fn redirects_end_after_five() {
    let repository = public("https://git.example.org/r");
    let mut route = redirected(Request::Download, 302, "/2").unwrap();
    for _ in 1..MOST_REDIRECTS {
        route = route.redirected(Request::Download, 302, "/3", &repository).unwrap();
    }
    assert_eq!(route.redirected(Request::Download, 302, "/3", &repository), Err(RouteError::TooMany));
}
