use super::*;
use crate::auth::credentials::Credentials;
use crate::auth::identity::Identity;
use crate::config::entra_identity::EntraIdentity;
use crate::hosts::Host;
use crate::remote::url::RemoteUrl;
use ConnectionType::{AzureDevOps, AzureRepos, AzureResourceManager, GitHub, OtherGit};

const ID: &str = "3f2b1c00-0000-4000-8000-000000000000";

/// Reads a connection of a scheme, with parameters and a URL.
fn read_of(
    connection_type: ConnectionType,
    scheme: &str,
    parameters: &[(&str, &str)],
    url: &str,
) -> Result<Connection, String> {
    let mut variables = vec![
        (format!("ENDPOINT_AUTH_SCHEME_{ID}"), scheme.to_owned()),
        (format!("ENDPOINT_URL_{ID}"), url.to_owned()),
    ];
    let named = |(key, value): &(&str, &str)| match key.strip_prefix("DATA_") {
        Some(key) => (format!("ENDPOINT_DATA_{ID}_{key}"), (*value).to_owned()),
        None => (format!("ENDPOINT_AUTH_PARAMETER_{ID}_{key}"), (*value).to_owned()),
    };
    variables.extend(parameters.iter().map(named));
    let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
    read(&Environment { variables, arguments: Vec::new() }, connection_type, ID)
}

fn sent(connection: &Connection, host: Host) -> String {
    let ConnectionCredentials::Static(credentials) = &connection.credentials else {
        panic!("{connection:?}")
    };
    credentials.authorizations(host.schemes())[0].expose().to_owned()
}

#[test]
fn every_scheme_with_a_token_signs_in() {
    let token = |key| [(key, "t0ken")];
    let password = [("USERNAME", "bob"), ("PASSWORD", "p%2Fw")];
    let (own, host) = ("https://github.com/", Host::GitHub);
    let azure = "https://dev.azure.com/contoso/";
    for (connection_type, scheme, parameters, url, host, given) in [
        (OtherGit, "UsernamePassword", &password[..], own, host, "bob:p%252Fw"),
        (OtherGit, "UsernamePassword", &token("PASSWORD"), own, host, "t0ken"),
        (OtherGit, "Token", &token("APITOKEN"), own, host, "t0ken"),
        (OtherGit, "Token", &token("ACCESSTOKEN"), own, host, "t0ken"),
        (OtherGit, "OAuth", &token("ACCESSTOKEN"), own, host, "t0ken"),
        (OtherGit, "PersonalAccessToken", &token("ACCESSTOKEN"), own, host, "t0ken"),
        (OtherGit, "InstallationToken", &token("ACCESSTOKEN"), own, host, "t0ken"),
        (AzureRepos, "UsernamePassword", &password, azure, Host::AzureRepos, "bob:p%252Fw"),
        (AzureRepos, "UsernamePassword", &token("PASSWORD"), azure, Host::AzureRepos, "t0ken"),
        (AzureRepos, "Token", &token("APITOKEN"), azure, Host::AzureRepos, "t0ken"),
        (AzureRepos, "PersonalAccessToken", &token("ACCESSTOKEN"), azure, Host::AzureRepos, "t0ken"),
        (GitHub, "OAuth", &token("ACCESSTOKEN"), own, host, "t0ken"),
        (GitHub, "OAuth2", &token("ACCESSTOKEN"), own, host, "t0ken"),
        (GitHub, "personalaccesstoken", &token("ACCESSTOKEN"), own, host, "t0ken"),
        (GitHub, "InstallationToken", &token("ACCESSTOKEN"), own, host, "t0ken"),
        (GitHub, "Token", &token("ACCESSTOKEN"), own, host, "t0ken"),
        (GitHub, "Token", &token("APITOKEN"), own, host, "t0ken"),
    ] {
        let connection = read_of(connection_type, scheme, parameters, url).unwrap();
        let expected =
            Credentials::parse(given).unwrap().authorizations(host.schemes())[0].expose().to_owned();
        assert_eq!(sent(&connection, host), expected, "{connection_type:?} {scheme}");
        let identity = Identity::Connection { connection_type, id: ID.to_owned(), application: None };
        assert_eq!(connection.identity, identity);
    }
    for scheme in ["None", "Anonymous"] {
        let anonymous = read_of(OtherGit, scheme, &[], own).unwrap();
        assert!(matches!(anonymous.credentials, ConnectionCredentials::None));
    }
}

#[test]
fn what_cannot_sign_in_is_said() {
    let (github, azure) = ("https://github.com/", "https://dev.azure.com/contoso");
    let no_url = "names a service connection that has no https:// or http:// URL, so that no server is known for its \
                  credentials: give it the server's URL";
    let by = |scheme: &str, wanted: &str| {
        format!("names a service connection that signs in by '{scheme}'; use one that signs in by {wanted}")
    };
    let no_token = "names a service connection that cannot sign in: it holds no token".to_owned();
    let user_or_token = "a user and a password, or by a token";
    let azure_ways = "a token, or by a user and a password";
    let github_ways = "a GitHub App, by OAuth or by a personal access token";
    for (connection_type, scheme, url, error) in [
        (OtherGit, "WorkloadIdentityFederation", github, by("WorkloadIdentityFederation", user_or_token)),
        (OtherGit, "ssh", github, by("ssh", user_or_token)),
        (OtherGit, "Token", github, no_token.clone()),
        (OtherGit, "UsernamePassword", github, no_token.clone()),
        (OtherGit, "None", "", no_url.to_owned()),
        (OtherGit, "None", "ssh://git@host/r", no_url.to_owned()),
        (OtherGit, "None", "host/r", no_url.to_owned()),
        (AzureRepos, "Token", azure, no_token.clone()),
        (AzureRepos, "OAuth", azure, by("OAuth", azure_ways)),
        (AzureRepos, "None", azure, by("None", azure_ways)),
        (
            AzureRepos,
            "WorkloadIdentityFederation",
            azure,
            "names a service connection that signs in by a workload identity; use one of the type Azure DevOps for that"
                .to_owned(),
        ),
        (
            AzureRepos,
            "Token",
            "https://dev.azure.com/",
            "names a service connection for 'https://dev.azure.com', which is no organization and no collection: give \
             it the URL of one"
                .to_owned(),
        ),
        (GitHub, "InstallationToken", github, no_token),
        (GitHub, "JWT", github, by("JWT", github_ways)),
        (GitHub, "UsernamePassword", github, by("UsernamePassword", github_ways)),
    ] {
        assert_eq!(read_of(connection_type, scheme, &[], url).unwrap_err(), error, "{connection_type:?}");
    }
    let missing = read(&Environment::default(), OtherGit, ID).unwrap_err();
    assert!(missing.contains("was not given: check that it exists"), "{missing}");
}

const IDS: [(&str, &str); 2] = [("TENANTID", "contoso.example"), ("SERVICEPRINCIPALID", "client-1")];
const PEM: &str = concat!(
    include_str!("../../auth/testing/rsa.pkcs8.pem"),
    include_str!("../../auth/testing/rsa.certificate.pem")
);

#[test]
fn every_scheme_of_microsoft_entra_names_an_identity() {
    let workload = "WorkloadIdentityFederation";
    let id_token = [("IDTOKEN", "id-t0ken")];
    let key = [("SERVICEPRINCIPALKEY", "hunter22")];
    let certificate = [("AUTHENTICATIONTYPE", "spnCertificate"), ("SERVICEPRINCIPALCERTIFICATE", PEM)];
    let authority = [("DATA_ACTIVEDIRECTORYAUTHORITY", "https://login.microsoftonline.us/")];
    for (connection_type, scheme, more, shown) in [
        (AzureDevOps, workload, &[][..], "Workload"),
        (AzureDevOps, workload, &id_token, "late_bound: Some"),
        (AzureResourceManager, "workloadidentityfederation", &authority, "Workload"),
        (AzureResourceManager, "ServicePrincipal", &key, "ClientSecret"),
        (AzureResourceManager, "ServicePrincipal", &certificate, "Certificate"),
    ] {
        let connection = read_of(connection_type, scheme, &[&IDS, more].concat(), "").unwrap();
        let application = Some("client-1".to_owned());
        let identity = Identity::Connection { connection_type, id: ID.to_owned(), application };
        assert_eq!(connection.identity, identity, "{scheme}");
        let known = format!("{:?}", connection.credentials);
        assert!(
            known.contains(shown) && !known.contains("hunter22") && !known.contains("id-t0ken"),
            "{known}"
        );
    }
    for (more, id) in
        [(&[][..], None), (&IDS[1..], Some("client-1")), (&[("CLIENTID", "client-2")], Some("client-2"))]
    {
        let connection = read_of(AzureResourceManager, "ManagedServiceIdentity", more, "").unwrap();
        let ConnectionCredentials::Entra(entra) = connection.credentials else { panic!("an identity") };
        assert_eq!(entra.application().as_deref(), id);
    }
}

#[test]
fn the_authority_is_that_of_the_connections_cloud() {
    let public = "https://login.microsoftonline.com";
    let both = [
        ("DATA_ENVIRONMENTAUTHORITYURL", "https://login.chinacloudapi.cn/"),
        ("DATA_ACTIVEDIRECTORYAUTHORITY", "https://login.microsoftonline.us/"),
    ];
    for (data, authority) in [
        (&[][..], public),
        (&both[..1], "https://login.chinacloudapi.cn"),
        (&both, "https://login.microsoftonline.us"),
    ] {
        let read = read_of(AzureDevOps, "WorkloadIdentityFederation", &[&IDS, data].concat(), "").unwrap();
        let ConnectionCredentials::Entra(entra) = read.credentials else { panic!("an identity") };
        let EntraIdentity::Workload { at, .. } = *entra else { panic!("{entra:?}") };
        assert_eq!(at.authority.to_string(), authority);
    }
    for (authority, problem) in [
        (
            "http://login.microsoftonline.com",
            "cannot sign in: the authority 'http://login.microsoftonline.com' is no https:// URL without a query",
        ),
        (
            "https://login.microsoftonline.com/?next=x",
            "cannot sign in: the authority 'https://login.microsoftonline.com/?***' is no https:// URL without a query",
        ),
    ] {
        let given = [&IDS[..], &[("DATA_ACTIVEDIRECTORYAUTHORITY", authority)]].concat();
        let error = read_of(AzureDevOps, "WorkloadIdentityFederation", &given, "").unwrap_err();
        assert_eq!(error, format!("names a service connection that {problem}"));
    }
}

#[test]
fn an_identity_that_lacks_a_part_is_told() {
    let by = |scheme: &str, wanted: &str| {
        format!("names a service connection that signs in by '{scheme}'; use one that signs in by {wanted}")
    };
    let cannot = |why: &str| format!("names a service connection that cannot sign in: {why}");
    let identities = "a workload identity, a service principal or a managed identity";
    let workload = "WorkloadIdentityFederation";
    let kind = |word| [IDS[0], IDS[1], ("AUTHENTICATIONTYPE", word)];
    let broken = [&kind("spnCertificate")[..], &[("SERVICEPRINCIPALCERTIFICATE", "hunter22")]].concat();
    for (connection_type, scheme, parameters, error) in [
        (AzureDevOps, "UsernamePassword", &IDS[..], by("UsernamePassword", "a workload identity")),
        (AzureDevOps, "ServicePrincipal", &IDS, by("ServicePrincipal", "a workload identity")),
        (AzureDevOps, workload, &[], cannot("it has no tenant id")),
        (AzureDevOps, workload, &IDS[..1], cannot("it has no application id")),
        (
            AzureDevOps,
            workload,
            &[("TENANTID", "../x"), IDS[1]],
            cannot("the tenant '../x' is neither an id nor a domain"),
        ),
        (AzureResourceManager, "PublishProfile", &IDS, by("PublishProfile", identities)),
        (AzureResourceManager, "ServicePrincipal", &IDS, cannot("it holds no client secret")),
        (
            AzureResourceManager,
            "ServicePrincipal",
            &kind("spnCertificate"),
            cannot("it holds no certificate"),
        ),
        (
            AzureResourceManager,
            "ServicePrincipal",
            &kind("spnX"),
            "names a service connection whose service principal proves itself by 'spnX'; use one with a client secret or a \
             certificate"
                .to_owned(),
        ),
        (
            AzureResourceManager,
            "ServicePrincipal",
            &broken,
            "names a service connection whose certificate cannot sign: there is no private key in PEM form"
                .to_owned(),
        ),
    ] {
        let said = read_of(connection_type, scheme, parameters, "").unwrap_err();
        assert_eq!(said, error, "{connection_type:?} {scheme}");
    }
}

#[test]
fn its_url_is_a_repository_only_if_it_looks_like_one() {
    for (url, repository) in [
        ("https://git.example.org/o/my repo.git", Some("https://git.example.org/o/my%20repo.git")),
        ("https://dev.azure.com/contoso/p/_git/r", Some("https://dev.azure.com/contoso/p/_git/r")),
        ("https://github.com/", None),
        ("https://dev.azure.com/contoso/", None),
    ] {
        let serves = read_of(OtherGit, "None", &[], url).unwrap().serves;
        assert_eq!(serves.repository().map(|url| url.to_string()).as_deref(), repository);
    }
    let azure =
        read_of(AzureRepos, "Token", &[("APITOKEN", "t0ken")], "https://tfs.example/c/p/_git/r").unwrap();
    assert_eq!(azure.serves.repository(), None);
}

#[test]
fn its_credentials_stay_at_its_scheme_host_and_port() {
    for (url, repository, holds) in [
        ("https://github.com/", "https://github.com/o/r", true),
        ("https://api.bitbucket.org/", "https://bitbucket.org/w/r", true),
        ("https://dev.azure.com/contoso", "https://contoso.visualstudio.com/p/_git/r", true),
        ("https://api.github.com", "https://github.com/o/r", true),
        ("https://api.github.com", "https://www.github.com/o/r", true),
        ("https://api.contoso.ghe.com/", "https://contoso.ghe.com/o/r", true),
        ("https://api.contoso.ghe.com/", "https://fabrikam.ghe.com/o/r", false),
        ("https://api.contoso.ghe.com/", "https://a.contoso.ghe.com/o/r", false),
        ("https://api.contoso.ghe.com:8443/", "https://contoso.ghe.com/o/r", false),
        ("http://api.contoso.ghe.com/", "https://contoso.ghe.com/o/r", false),
        ("https://api.contoso.ghe.com/", "http://contoso.ghe.com/o/r", false),
        ("https://api.contoso.ghe.com/", "https://github.com/o/r", false),
        ("https://api.github.com/", "https://contoso.ghe.com/o/r", false),
        ("https://api.github.com/", "https://github.com.evil.net/o/r", false),
        ("https://api.github.com/", "https://bitbucket.org/o/r", false),
        ("https://api.bitbucket.org/", "https://bitbucket.org:8443/w/r", false),
        ("https://GitHub.com:443/o", "https://github.com/o/r", true),
        ("https://github.com/", "https://github.com/o", true),
        ("https://api.github.com/", "https://github.com/o", true),
        ("https://api.contoso.ghe.com/", "https://contoso.ghe.com/o", true),
        ("https://api.bitbucket.org/", "https://bitbucket.org/w", true),
        ("https://dev.azure.com/contoso", "https://contoso.visualstudio.com/p", true),
        ("https://dev.azure.com/contoso", "https://contoso.visualstudio.com", true),
        ("https://github.com/", "https://gitlab.com/o", false),
        ("https://api.github.com/", "https://github.com.evil.net/o", false),
        ("https://dev.azure.com/contoso", "https://fabrikam.visualstudio.com/p", false),
        ("http://git.example.org:8080/a", "http://git.example.org:8080/b", true),
        ("https://github.com/", "http://github.com/o/r", false),
        ("http://github.com/", "https://github.com/o/r", false),
        ("https://api.git.example.org/", "https://git.example.org/o/r", false),
        ("https://github.com/", "https://api.github.com/o/r", false),
        ("http://api.bitbucket.org/", "http://bitbucket.org/w/r", false),
        ("https://git.example.org/", "https://git.example.org:8443/o/r", false),
        ("https://git.example.org/", "https://git.example.org./o/r", false),
        ("https://dev.azure.com/contoso", "https://fabrikam.visualstudio.com/p/_git/r", false),
        ("https://github.com/", "https://gitlab.com/o/r", false),
        ("https://github.com/", "https://github.com.evil.net/o/r", false),
        ("https://github.com/", "git@github.com:o/r.git", false),
        ("https://github.com/", "/srv/o/r", false),
    ] {
        let repository = RemoteUrl::parse(repository).unwrap().0;
        let token = [("ACCESSTOKEN", "t0ken")];
        for connection_type in [OtherGit, GitHub] {
            let connection = read_of(connection_type, "Token", &token, url).unwrap();
            assert_eq!(connection.serves.holds(&repository), holds, "{url} {repository}");
        }
    }
}

#[test]
fn an_azure_repos_connection_serves_its_own_organization() {
    for (url, repository, holds) in [
        ("https://dev.azure.com/contoso", "https://dev.azure.com/Contoso/p/_git/r", true),
        ("https://dev.azure.com/contoso", "https://contoso.visualstudio.com/p/_git/r", true),
        ("https://contoso.visualstudio.com/", "https://contoso@dev.azure.com/contoso/p/_git/r", true),
        ("https://tfs.example:8443/tfs/Main", "https://tfs.example:8443/tfs/main/p/_git/r", true),
        ("https://tfs.example:8443/tfs/Main", "https://tfs.example:8443/tfs/main/p", true),
        ("https://tfs.example:8443/tfs/Main", "https://tfs.example:8443/tfs/Main", true),
        ("https://dev.azure.com/contoso", "https://contoso.visualstudio.com", true),
        ("https://dev.azure.com/contoso", "https://dev.azure.com/contoso/p", true),
        ("https://dev.azure.com/contoso", "https://dev.azure.com/fabrikam/p", false),
        ("https://tfs.example/tfs/Main", "https://tfs.example/tfs/Other/p", false),
        ("https://tfs.example/tfs/Main", "https://tfs.example/tfs", false),
        ("https://dev.azure.com/contoso", "https://dev.azure.com/fabrikam/p/_git/r", false),
        ("https://dev.azure.com/contoso", "http://dev.azure.com/contoso/p/_git/r", false),
        ("https://dev.azure.com/contoso", "https://dev.azure.com/contoso/..%2Ffabrikam/_git/r", false),
        ("https://tfs.example/tfs/Main", "https://tfs.example/tfs/Other/p/_git/r", false),
        ("https://tfs.example/tfs/Main", "https://tfs.example:8443/tfs/Main/p/_git/r", false),
        ("https://dev.azure.com/contoso", "https://github.com/contoso/r", false),
        ("https://dev.azure.com/contoso", "git@ssh.dev.azure.com:v3/contoso/p/r", false),
    ] {
        let connection = read_of(AzureRepos, "Token", &[("APITOKEN", "t0ken")], url).unwrap();
        let (repository, _) = RemoteUrl::parse(repository).unwrap();
        assert_eq!(connection.serves.holds(&repository), holds, "{url} {repository}");
    }
}
