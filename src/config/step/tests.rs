mod repositories;

use std::ffi::OsString;

use super::*;
use crate::auth::credentials::Credentials;
use crate::auth::identity::{ConnectionType, CredentialOrigin};
use crate::config::input_error::InputPlace;
use crate::error::Side;
use crate::hosts::Host;
use crate::http::network::CertificateVerification;
use crate::local::CloneFolder;
use crate::remote::url::RemoteUrl;

const SOURCE: &str = "https://source.example/r";
const DESTINATION: &str = "https://destination.example/r";

fn environment(variables: &[(&str, &str)], arguments: &[&str]) -> Environment {
    Environment {
        variables: variables.iter().map(|(name, value)| (name.into(), value.into())).collect(),
        arguments: arguments.iter().map(Into::into).collect(),
    }
}

/// As the agent sets it: both URLs are there unless `inputs` has them.
fn by_agent(inputs: &[(&str, &str)]) -> Result<Step, Vec<String>> {
    let mut variables =
        vec![("TF_BUILD", "True"), ("SOURCE_TOKEN", "other"), ("INPUT_DESTINATIONVERIFYSSLCERTIFICATE", "")];
    variables.extend(inputs);
    variables.extend([
        ("INPUT_SOURCEGITREPOSITORYURI", SOURCE),
        ("INPUT_DESTINATIONGITREPOSITORYURI", DESTINATION),
    ]);
    run(&environment(&variables, &[]))
}

fn cli(variables: &[(&str, &str)], arguments: &[&str]) -> Result<Step, Vec<String>> {
    run(&environment(variables, arguments))
}

fn run(environment: &Environment) -> Result<Step, Vec<String>> {
    of_environment(environment).map_err(|errors| errors.iter().map(ToString::to_string).collect())
}

/// Returns the one mirror that the inputs ask for.
fn mirror(step: &Step) -> &MirrorSpec {
    &step.given
}

fn authorization(endpoint: &Endpoint) -> String {
    let issued = endpoint.tokens.as_ref().unwrap().current(&crate::auth::testing::context(), |_| ()).unwrap();
    issued.credentials.authorizations(Host::Other.schemes())[0].expose().to_owned()
}

fn expected(given: &str) -> String {
    Credentials::parse(given).unwrap().authorizations(Host::Other.schemes())[0].expose().to_owned()
}

#[test]
fn the_two_urls_are_enough() {
    let step = by_agent(&[]).unwrap();
    assert_eq!(mirror(&step).source.url.to_string(), SOURCE);
    assert_eq!(mirror(&step).destination.url.to_string(), DESTINATION);
    assert!(mirror(&step).source.tokens.is_none() && mirror(&step).destination.tokens.is_none());
    assert_eq!(mirror(&step).source.verification, CertificateVerification::On);
    assert_eq!(mirror(&step).destination.verification, CertificateVerification::On);
    assert_eq!(step.mode, Mode::Mirror);
    assert_eq!(mirror(&step).clone_directory, None);
    assert_eq!(step.policy.prune, Prune::Delete);
    assert_eq!(step.policy.empty_source, EmptySource::Refuse);
    assert_eq!(step.policy.selection.prefixes(), ["refs/heads/", "refs/tags/"]);
    assert_eq!((step.creation, step.default_branch), (Creation::Never, DefaultBranch::Leave));
}

#[test]
fn every_input_of_the_agent_is_read() {
    let step = by_agent(&[
        ("INPUT_SOURCEGITREPOSITORYPERSONALACCESSTOKEN", " token1 "),
        ("INPUT_DESTINATIONGITREPOSITORYPERSONALACCESSTOKEN", "bob:token2"),
        ("INPUT_SOURCEVERIFYSSLCERTIFICATE", "False"),
        ("INPUT_DESTINATIONVERIFYSSLCERTIFICATE", "TRUE"),
        ("INPUT_SOURCEGITREPOSITORYCLONEDIRECTORYNAME", "app.git"),
        ("INPUT_INCLUDEREFS", "refs/heads/a,b\r\n\n  refs/tags/v* \n"),
        ("INPUT_EXCLUDEREFS", "refs/tags/v0*"),
        ("INPUT_PRUNE", " fALSE "),
        ("INPUT_DRYRUN", "true"),
        ("INPUT_ALLOWEMPTYSOURCE", "true"),
    ])
    .unwrap();
    assert_eq!(authorization(&mirror(&step).source), expected("token1"));
    assert_eq!(authorization(&mirror(&step).destination), expected("bob:token2"));
    assert_eq!(mirror(&step).source.verification, CertificateVerification::Off);
    assert_eq!(mirror(&step).clone_directory, Some(CloneFolder::below("", "app.git")));
    assert_eq!(step.policy.selection.prefixes(), ["refs/heads/a,b", "refs/tags/v"]);
    assert!(!step.policy.selection.contains(b"refs/tags/v0.1"));
    assert_eq!(step.policy.prune, Prune::Keep);
    assert_eq!(step.policy.empty_source, EmptySource::Allow);
    assert_eq!(step.mode, Mode::DryRun);
}

#[test]
fn what_is_only_at_the_destination_is_overwritten_and_not_kept_unless_asked() {
    let policy = |inputs: &[(&str, &str)]| {
        let policy = by_agent(inputs).unwrap().policy;
        (policy.diverged, policy.replaced)
    };
    assert_eq!(policy(&[]), (DivergedRefs::Overwrite, KeepReplaced::Nothing));
    for (word, diverged) in
        [("Keep", DivergedRefs::Keep), ("fail", DivergedRefs::Fail), ("overwrite", DivergedRefs::Overwrite)]
    {
        assert_eq!(policy(&[("INPUT_DIVERGEDREFS", word)]).0, diverged, "{word}");
    }
    let days = ("INPUT_KEEPREPLACEDDAYS", "7");
    for (word, replaced) in [
        ("tags", KeepReplaced::Tags { days: 7 }),
        ("none", KeepReplaced::Nothing),
        ("False", KeepReplaced::Nothing),
    ] {
        assert_eq!(policy(&[("INPUT_KEEPREPLACED", word), days]).1, replaced, "{word}");
    }
    assert_eq!(policy(&[("INPUT_KEEPREPLACED", "tags")]).1, KeepReplaced::Tags { days: 90 });
}

#[test]
fn a_push_is_cut_at_the_size_that_is_given() {
    assert_eq!(by_agent(&[]).unwrap().max_push, None);
    let step = by_agent(&[("INPUT_MAXPUSHSIZE", " 1500 MiB ")]).unwrap();
    assert_eq!(step.max_push.map(NonZeroU64::get), Some(1_572_864_000));
    let hand = ["--source", SOURCE, "--destination", DESTINATION, "--max-push-size", "2GB"];
    assert_eq!(cli(&[], &hand).unwrap().max_push.map(NonZeroU64::get), Some(2_000_000_000));
}

#[test]
fn bad_values_about_what_is_lost_and_pushed_are_named_at_once() {
    let errors = by_agent(&[
        ("INPUT_DIVERGEDREFS", "merge"),
        ("INPUT_KEEPREPLACED", "branches"),
        ("INPUT_KEEPREPLACEDDAYS", "36501"),
        ("INPUT_MAXPUSHSIZE", "100m"),
    ])
    .unwrap_err();
    let starts = [
        "input 'divergedRefs' is 'merge', not overwrite, keep or fail; for example: keep",
        "input 'keepReplacedDays' is '36501', not a number from 1 to 36500; for example: 90",
        "input 'keepReplaced' is 'branches', not none or tags; for example: tags",
        "input 'maxPushSize' cannot be used: the unit 'm' is not known; write '100 MiB'",
    ];
    assert_eq!(errors.len(), starts.len(), "{errors:#?}");
    for (error, start) in errors.iter().zip(starts) {
        assert!(error.starts_with(start), "{error}");
    }
    for days in ["0", "-1", "90 days"] {
        let errors = by_agent(&[("INPUT_KEEPREPLACEDDAYS", days)]).unwrap_err();
        assert!(errors.len() == 1 && errors[0].contains(&format!("is '{days}', not a number")), "{errors:?}");
    }
}

#[test]
fn refs_get_other_names_by_lines_of_both_callers() {
    let lines = ["refs/heads/*:refs/heads/upstream/*", "refs/tags/*:refs/tags/up-*"];
    let flags =
        ["--source", SOURCE, "--destination", DESTINATION, "--map-refs", lines[0], "--map-refs", lines[1]];
    let given = format!("{}\r\n\n  {} \n", lines[0], lines[1]);
    for step in [by_agent(&[("INPUT_MAPREFS", &given)]), cli(&[], &flags)] {
        let selection = step.unwrap().policy.selection;
        let shown: Vec<_> = selection.map().lines().iter().map(ToString::to_string).collect();
        assert_eq!(shown, lines);
        assert!(selection.contains(b"refs/heads/upstream/main") && !selection.contains(b"refs/heads/main"));
    }
    for step in [by_agent(&[("INPUT_MAPREFS", " \n")]), by_agent(&[])] {
        assert!(step.unwrap().policy.selection.map().is_identity());
    }
}

#[test]
fn a_line_that_gives_no_ref_a_name_is_refused_beside_other_errors() {
    let errors = by_agent(&[("INPUT_MAPREFS", "refs/tags/*:refs/tags/*\nmain:main"), ("INPUT_PRUNE", "x")]);
    assert_eq!(errors.unwrap_err().len(), 2);
}

#[test]
fn a_line_that_gives_no_ref_a_name_is_refused_in_words() {
    let flags = ["--source", SOURCE, "--destination", DESTINATION, "--map-refs", "main:main"];
    for (errors, place) in [
        (by_agent(&[("INPUT_MAPREFS", "main:main")]), "input 'mapRefs'"),
        (cli(&[], &flags), "flag '--map-refs'"),
    ] {
        let expected = format!(
            "{place} cannot be used: the line 'main:main' has a name that does not begin with 'refs/'; write \
             'refs/heads/main:refs/heads/main'"
        );
        assert_eq!(errors.unwrap_err(), [expected]);
    }
    let flags = ["--source", SOURCE, "--destination", DESTINATION, "--map-refs", "^refs/heads/wip"];
    assert!(cli(&[], &flags).unwrap_err()[0].ends_with("leave refs out with '--exclude'"));
}

#[test]
fn an_input_that_a_variable_replaces_is_refused_on_an_old_agent() {
    let names = r#"["Input.destinationGitRepositoryUri", "ENDPOINT_URL_5f2c1f9e-3a57-4b8e-9d0c-1a2b3c4d5e6f", "INPUT_OTHER"]"#;
    let given = |version| {
        by_agent(&[
            ("AGENT_VERSION", version),
            ("VSTS_PUBLIC_VARIABLES", names),
            ("INPUT_SOURCESERVICECONNECTION", "5f2c1f9e-3a57-4b8e-9d0c-1a2b3c4d5e6f"),
            ("ENDPOINT_AUTH_SCHEME_5f2c1f9e-3a57-4b8e-9d0c-1a2b3c4d5e6f", "None"),
            ("ENDPOINT_URL_5f2c1f9e-3a57-4b8e-9d0c-1a2b3c4d5e6f", SOURCE),
        ])
    };
    let errors = given("5.276.0").unwrap_err();
    let starts = [
        "input 'sourceServiceConnection' names a service connection that is replaced by the pipeline's variable \
         'ENDPOINT_URL_5f2c1f9e-3a57-4b8e-9d0c-1a2b3c4d5e6f'",
        "input 'destinationGitRepositoryUri' is replaced by the pipeline's variable 'Input.destination",
    ];
    assert_eq!(errors.len(), starts.len(), "{errors:#?}");
    for (error, start) in errors.iter().zip(starts) {
        assert!(error.starts_with(start), "{error}");
    }
    assert!(given("5.277.0").is_ok());
}

#[test]
fn a_number_is_of_digits_alone() {
    let names = ["MAXATTEMPTS", "MAXDELETIONSPERCENT", "STALLTIMEOUTSECONDS", "RUNTIMEOUTMINUTES"];
    for name in names {
        let given = |value| by_agent(&[(&*format!("INPUT_{name}"), value)]);
        given("5").unwrap();
        for value in ["+5", "-5", "5 5", "0x5"] {
            let errors = given(value).unwrap_err();
            assert!(
                errors.len() == 1 && errors[0].contains(&format!("is '{value}', not a number")),
                "{errors:?}"
            );
        }
    }
}

#[test]
fn every_bad_input_is_named_at_once() {
    let errors = by_agent(&[
        ("INPUT_SOURCEGITREPOSITORYURI", "ssh://bob:pw@github.com/o/r.git"),
        ("INPUT_SOURCEGITREPOSITORYPERSONALACCESSTOKEN", "a\nhunter2"),
        ("INPUT_SOURCEVERIFYSSLCERTIFICATE", "yes"),
        ("INPUT_DESTINATIONGITREPOSITORYURI", "  "),
        ("INPUT_DESTINATIONGITREPOSITORYPERSONALACCESSTOKEN", "bob:$(Destination.Token)"),
        ("INPUT_INCLUDEREFS", "main"),
        ("INPUT_EXCLUDEREFS", "refs/heads/"),
        ("INPUT_PRUNE", "1"),
        ("INPUT_DRYRUN", "$(DryRun)"),
    ])
    .unwrap_err();
    let starts = [
        "input 'sourceGitRepositoryUri' cannot be used: it holds a password, which SSH does not take",
        "input 'sourceGitRepositoryPersonalAccessToken' cannot be used: it holds a control character",
        "input 'sourceVerifySSLCertificate' must be true or false, not 'yes'",
        "input 'destinationGitRepositoryUri' is empty; for example: https://github.com/contoso/app",
        "input 'destinationGitRepositoryPersonalAccessToken' refers to the variable 'Destination.Token', which",
        "input 'includeRefs' cannot be used: the pattern 'main' does not begin with 'refs/'; write \
         'refs/heads/main'",
        "input 'excludeRefs' cannot be used: the pattern 'refs/heads/' ends in '/'",
        "input 'prune' must be true or false, not '1'",
        "input 'dryRun' refers to the variable 'DryRun', which is not defined in this run",
    ];
    assert_eq!(errors.len(), starts.len(), "{errors:#?}");
    for (error, start) in errors.iter().zip(starts) {
        assert!(error.starts_with(start), "{error}");
        assert!(!error.contains("hunter2"));
    }
}

#[test]
fn every_bad_line_of_a_list_is_named() {
    for (input, lines, bad) in [
        ("INPUT_INCLUDEREFS", "main\nrefs/tags/v*\nrelease/*\nmain", &["'main'", "'release/*'"][..]),
        ("INPUT_EXCLUDEREFS", "refs/heads/\nrefs/heads/a b", &["'refs/heads/'", "'refs/heads/a b'"]),
        ("INPUT_INCLUDEREPOSITORIES", "a//b\nshop/*\nc//d", &["'a//b'", "'c//d'"]),
    ] {
        let errors = by_agent(&[(input, lines)]).unwrap_err();
        assert_eq!(errors.len(), bad.len(), "{errors:?}");
        for (error, bad) in errors.iter().zip(bad) {
            assert!(error.contains(bad), "{error}");
        }
    }
}

#[test]
fn a_password_in_the_url_signs_in_unless_there_is_a_token() {
    let url = ("INPUT_SOURCEGITREPOSITORYURI", "https://bob:p%2Fw%2521@source.example/r");
    let step = by_agent(&[url]).unwrap();
    assert_eq!(mirror(&step).source.url.to_string(), SOURCE);
    assert_eq!(authorization(&mirror(&step).source), expected("bob:p/w%2521"));
    let step = by_agent(&[url, ("INPUT_SOURCEGITREPOSITORYPERSONALACCESSTOKEN", "token1")]).unwrap();
    assert_eq!(authorization(&mirror(&step).source), expected("token1"));
    let organization = ("INPUT_SOURCEGITREPOSITORYURI", "https://org@dev.azure.com/org/p/_git/r");
    assert!(mirror(&by_agent(&[organization]).unwrap()).source.tokens.is_none());
    let broken = ("INPUT_SOURCEGITREPOSITORYURI", "https://bob:hunter2%0A@source.example/r");
    let errors = by_agent(&[broken]).unwrap_err().concat();
    assert!(
        errors.starts_with("input 'sourceGitRepositoryUri' holds a password") && !errors.contains("hunter2")
    );
}

#[test]
fn a_service_connection_signs_in() {
    let connection = [
        ("INPUT_SOURCESERVICECONNECTION", "3f2b1c00-0000-4000-8000-000000000000"),
        ("ENDPOINT_URL_3f2b1c00-0000-4000-8000-000000000000", "https://source.example/"),
        ("ENDPOINT_AUTH_SCHEME_3f2b1c00-0000-4000-8000-000000000000", "UsernamePassword"),
        ("ENDPOINT_AUTH_PARAMETER_3f2b1c00-0000-4000-8000-000000000000_USERNAME", "bob"),
        ("ENDPOINT_AUTH_PARAMETER_3f2b1c00-0000-4000-8000-000000000000_PASSWORD", "hunter2"),
    ];
    let step = by_agent(&connection).unwrap();
    assert_eq!(authorization(&mirror(&step).source), expected("bob:hunter2"));
    assert_eq!(
        mirror(&step).source.tokens.as_ref().unwrap().identity().origin(),
        CredentialOrigin::Connection(ConnectionType::OtherGit)
    );
    assert!(mirror(&step).destination.tokens.is_none());
}

#[test]
fn a_service_connection_may_give_the_url_and_must_fit_it() {
    let connection = |url| {
        by_agent(&[
            ("INPUT_DESTINATIONGITREPOSITORYURI", ""),
            ("INPUT_DESTINATIONSERVICECONNECTION", "3f2b1c00-0000-4000-8000-000000000000"),
            ("ENDPOINT_URL_3f2b1c00-0000-4000-8000-000000000000", url),
            ("ENDPOINT_AUTH_SCHEME_3f2b1c00-0000-4000-8000-000000000000", "Token"),
            ("ENDPOINT_AUTH_PARAMETER_3f2b1c00-0000-4000-8000-000000000000_APITOKEN", "hunter2"),
        ])
    };
    let step = connection("https://git.example/my team/r").unwrap();
    assert_eq!(mirror(&step).destination.url.to_string(), "https://git.example/my%20team/r");
    let starts =
        "input 'destinationGitRepositoryUri' is empty, and the URL in 'destinationServiceConnection'";
    assert!(connection("https://github.com/").unwrap_err()[0].starts_with(starts));
    let errors = by_agent(&[
        ("INPUT_SOURCESERVICECONNECTION", "3f2b1c00-0000-4000-8000-000000000000"),
        ("ENDPOINT_URL_3f2b1c00-0000-4000-8000-000000000000", "https://github.com/"),
        ("ENDPOINT_AUTH_SCHEME_3f2b1c00-0000-4000-8000-000000000000", "Token"),
        ("ENDPOINT_AUTH_PARAMETER_3f2b1c00-0000-4000-8000-000000000000_APITOKEN", "hunter2"),
    ])
    .unwrap_err();
    assert!(errors[0].contains("whose credentials do not go to 'https://source.example/r'"), "{errors:?}");
}

#[test]
fn the_jobs_token_signs_in_where_nothing_else_does() {
    let job = [
        ("INPUT_SOURCEGITREPOSITORYURI", "https://contoso@dev.azure.com/contoso/p/_git/r"),
        ("ENDPOINT_URL_SYSTEMVSSCONNECTION", "https://dev.azure.com/contoso/"),
        ("SECRET_SYSTEM_ACCESSTOKEN", "eyJ0eXAi"),
    ];
    let step = by_agent(&job).unwrap();
    assert_eq!(authorization(&mirror(&step).source), "Bearer eyJ0eXAi");
    assert!(mirror(&step).destination.tokens.is_none());
    let token = ("INPUT_SOURCEGITREPOSITORYPERSONALACCESSTOKEN", "token1");
    let step = by_agent(&[&job[..], &[token]].concat()).unwrap();
    assert_eq!(authorization(&mirror(&step).source), expected("token1"));
}

#[test]
fn a_token_for_ssh_is_warned_about() {
    let address = ("INPUT_DESTINATIONGITREPOSITORYURI", "git@github.com:contoso/app.git");
    let token = ("INPUT_DESTINATIONGITREPOSITORYPERSONALACCESSTOKEN", "token1");
    assert_eq!(by_agent(&[address]).unwrap().warnings, [""; 0]);
    let warning = "'destinationGitRepositoryPersonalAccessToken' is not used: SSH signs in with a key";
    assert_eq!(by_agent(&[address, token]).unwrap().warnings, [warning]);
}

#[test]
fn a_token_over_http_is_warned_of_unless_it_stays_here() {
    let token = ("INPUT_DESTINATIONGITREPOSITORYPERSONALACCESSTOKEN", "token1");
    let warnings = |url: &str, more: &[(&str, &str)]| {
        by_agent(&[&[("INPUT_DESTINATIONGITREPOSITORYURI", url)], more].concat()).unwrap().warnings
    };
    let said = warnings("http://git.example.org/r", &[token]);
    assert!(said.len() == 1 && said[0].contains("unencrypted") && said[0].contains("https://"), "{said:?}");
    assert!(!said[0].contains("token1"));
    assert_eq!(warnings("http://git.example.org/r", &[]), [""; 0]);
    assert_eq!(warnings("http://127.0.0.1:8080/r", &[token]), [""; 0]);
    assert_eq!(warnings("https://git.example.org/r", &[token]), [""; 0]);
}

#[test]
fn a_file_of_authorities_must_be_one() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let errors = by_agent(&[
        ("INPUT_SOURCECERTIFICATEAUTHORITY", "/nowhere/ca.pem"),
        ("INPUT_DESTINATIONCERTIFICATEAUTHORITY", file.path().to_str().unwrap()),
    ])
    .unwrap_err();
    assert!(errors[0].starts_with("input 'sourceCertificateAuthority' names the file '/nowhere/ca.pem'"));
    assert!(errors[1].contains("cannot be used: it holds no certificate in PEM form"), "{errors:?}");
}

#[test]
fn the_kind_of_a_host_can_be_given() {
    let step = by_agent(&[("INPUT_SOURCEHOSTKIND", "GitLab"), ("INPUT_DESTINATIONHOSTKIND", "auto")]);
    let step = step.unwrap();
    assert_eq!(
        (mirror(&step).source.host_override, mirror(&step).source.host()),
        (Some(Host::GitLab), Host::GitLab)
    );
    assert_eq!(
        (mirror(&step).destination.host_override, mirror(&step).destination.host()),
        (None, Host::Other)
    );
    assert!(!mirror(&step).source.is_host_unknown() && mirror(&step).destination.is_host_unknown());

    let cloud = ("INPUT_DESTINATIONGITREPOSITORYURI", "https://github.com/contoso/app");
    assert!(!mirror(&by_agent(&[cloud]).unwrap()).destination.is_host_unknown());
    let other = by_agent(&[cloud, ("INPUT_DESTINATIONHOSTKIND", "other")]).unwrap();
    let other = &mirror(&other).destination;
    assert!(other.host() == Host::Other && !other.is_host_unknown());

    let hand = ["--source", SOURCE, "--destination", DESTINATION, "--destination-host-kind", "azureServer"];
    assert_eq!(mirror(&cli(&[], &hand).unwrap()).destination.host(), Host::AzureDevOpsServer);
}

#[test]
fn a_kind_of_host_that_is_none_is_told_all_kinds() {
    let errors =
        by_agent(&[("INPUT_SOURCEHOSTKIND", "svn"), ("INPUT_DESTINATIONHOSTKIND", "hg")]).unwrap_err();
    assert_eq!(
        errors[0],
        "input 'sourceHostKind' is 'svn', not one of auto, azure, azureServer, github, gitlab, bitbucketCloud, \
         bitbucketDataCenter, cloudSource, secureSource, codeCommit, gitea, gerrit, other; \
         for example: bitbucketDataCenter"
    );
    assert!(errors[1].starts_with("input 'destinationHostKind' is 'hg', not one of auto, azure,"));
}

#[test]
fn a_proxy_that_is_none_is_named_once() {
    let errors = by_agent(&[("HTTPS_PROXY", "socks5://host")]).unwrap_err();
    assert_eq!(errors.len(), 1, "{errors:?}");
    let step = by_agent(&[("HTTPS_PROXY", "http://bob:hunter2@proxy:1")]).unwrap();
    assert!(step.secrets.iter().any(|secret| secret.expose() == "hunter2"));
}

#[test]
fn secrets_in_a_url_are_masked_beside_a_token() {
    let step = by_agent(&[
        ("INPUT_SOURCEGITREPOSITORYURI", "https://bob:hunter2@host/r?sig=a%2Fbcdefgh"),
        ("INPUT_SOURCEGITREPOSITORYPERSONALACCESSTOKEN", "t0ken"),
        ("COPY", "https://bob:hunter2@host/r"),
    ])
    .unwrap();
    let masks = step.secrets;
    for form in ["hunter2", "Ym9iOmh1bnRlcjI=", "a%2Fbcdefgh", "a/bcdefgh", "t0ken"] {
        assert!(masks.iter().any(|mask| mask.expose() == form), "{form}");
    }
    assert!(!step.child_environment.variables().any(|(name, _)| name == "COPY"));
}

#[test]
fn a_repository_is_not_mirrored_to_itself() {
    let errors =
        by_agent(&[("INPUT_DESTINATIONGITREPOSITORYURI", "https://org@SOURCE.example:443/r/")]).unwrap_err();
    assert_eq!(errors, ["input 'destinationGitRepositoryUri' is the same repository as the source"]);
}

/// Returns the places and problems of a step that the agent gives these inputs.
fn problems(inputs: &[(&str, &str)]) -> Vec<(InputPlace, InputProblem)> {
    let urls = [("INPUT_SOURCEGITREPOSITORYURI", SOURCE), ("INPUT_DESTINATIONGITREPOSITORYURI", DESTINATION)];
    let environment = environment(&[&[("TF_BUILD", "True")], inputs, &urls].concat(), &[]);
    let errors = of_environment(&environment).map(|_| ()).err().unwrap_or_default();
    errors.into_iter().map(|error| (error.place, error.problem)).collect()
}

#[test]
fn a_page_is_answered_with_the_address_that_it_is_of() {
    let own = |url: &str| match RemoteUrl::parse(url).unwrap().0 {
        RemoteUrl::Web(url) => Box::new(url),
        other => panic!("{other}"),
    };
    for (input, url, problem) in [
        (
            "sourceGitRepositoryUri",
            "https://bob:hunter2hunter2@github.com/o/r/tree/main?plain=hunter2",
            InputProblem::PageOfRepository(own("https://github.com/o/r")),
        ),
        (
            "destinationGitRepositoryUri",
            "https://dev.azure.com/o/p/_wiki/wikis/p.wiki",
            InputProblem::PageOfContainer(own("https://dev.azure.com/o/p")),
        ),
        ("sourceGitRepositoryUri", "https://dev.azure.com/o/p/_versionControl", InputProblem::Tfvc),
        ("sourceGitRepositoryUri", "$/Contoso/Main", InputProblem::Tfvc),
    ] {
        let variable = format!("INPUT_{}", input.to_uppercase());
        assert_eq!(problems(&[(&variable, url)]), [(InputPlace::Input(input), problem)], "{url}");
    }
}

#[test]
fn a_page_is_known_at_a_server_whose_kind_is_given() {
    let url = ("INPUT_DESTINATIONGITREPOSITORYURI", "https://git.example.org/projects/PRJ/repos/r/browse");
    assert_eq!(problems(&[url]), []);
    for (kind, count) in [("auto", 0), ("github", 0), ("bitbucketDataCenter", 1)] {
        assert_eq!(problems(&[url, ("INPUT_DESTINATIONHOSTKIND", kind)]).len(), count, "{kind}");
    }
}

#[test]
fn a_page_in_a_service_connection_is_one_of_the_connection() {
    let id = "3f2b1c00-0000-4000-8000-000000000000";
    let inputs = [
        ("INPUT_SOURCEGITREPOSITORYURI".to_owned(), String::new()),
        ("INPUT_SOURCESERVICECONNECTION".to_owned(), id.to_owned()),
        (format!("ENDPOINT_URL_{id}"), "https://gitlab.com/g/r/-/tree/main".to_owned()),
        (format!("ENDPOINT_AUTH_SCHEME_{id}"), "UsernamePassword".to_owned()),
        (format!("ENDPOINT_AUTH_PARAMETER_{id}_USERNAME"), "bob".to_owned()),
        (format!("ENDPOINT_AUTH_PARAMETER_{id}_PASSWORD"), "hunter2".to_owned()),
    ];
    let inputs: Vec<_> = inputs.iter().map(|(name, value)| (&**name, &**value)).collect();
    let found = problems(&inputs);
    assert!(
        matches!(
            found[..],
            [(InputPlace::Input("sourceServiceConnection"), InputProblem::PageOfRepository(_))]
        ),
        "{found:?}"
    );
}

#[test]
fn pages_are_told_in_words() {
    for (url, words) in [
        (
            "https://bob:hunter2@gitlab.com/g/s/r/-/tree/main?ref_type=heads",
            "leads to a page for browsers; https://gitlab.com/g/s/r is the repository's own address",
        ),
        (
            "https://dev.azure.com/o/p/_boards",
            "leads to a page of https://dev.azure.com/o/p, not to a repository",
        ),
        ("$/Contoso/Main", "leads to Team Foundation Version Control, which is not Git"),
    ] {
        let errors = by_agent(&[("INPUT_DESTINATIONGITREPOSITORYURI", url)]).unwrap_err();
        assert_eq!(errors, [format!("input 'destinationGitRepositoryUri' {words}")]);
    }
}

#[test]
fn a_password_in_the_url_is_warned_of_and_a_user_alone_is_noted() {
    let of = |url: &str, more: &[(&str, &str)]| {
        by_agent(&[&[("INPUT_SOURCEGITREPOSITORYURI", url)], more].concat()).unwrap()
    };
    let token = ("INPUT_SOURCEGITREPOSITORYPERSONALACCESSTOKEN", "hunter2");
    let password = of("https://bob:hunter2@source.example/r", &[]);
    assert!(
        password.warnings[0].starts_with(
            "the password in 'sourceGitRepositoryUri' belongs in 'sourceGitRepositoryPersonalAccessToken'"
        ),
        "{:?}",
        password.warnings
    );
    assert_eq!(mirror(&password).users_without_password, []);
    let unused = of("https://bob:hunter2@source.example/r", &[token]).warnings;
    let told = "the password in 'sourceGitRepositoryUri' is not used, since another input says what signs in; remove it";
    assert!(unused.len() == 1 && unused[0].starts_with(told), "{unused:?}");
    assert_eq!(mirror(&of("https://ghp_1@source.example/r", &[])).users_without_password, [Side::Source]);
    assert_eq!(mirror(&of("https://ghp_1@source.example/r", &[token])).users_without_password, []);
    let cli = cli(&[], &["--source", "https://bob:hunter2@source.example/r", "--destination", DESTINATION]);
    let warnings = cli.unwrap().warnings;
    assert!(warnings[0].starts_with("the password in '--source' belongs in 'SOURCE_TOKEN'"), "{warnings:?}");
}

#[test]
fn a_person_gives_flags_and_keeps_tokens_in_the_environment() {
    let variables = [
        ("SOURCE_TOKEN", "token1"),
        ("DESTINATION_TOKEN", ""),
        ("INPUT_DESTINATIONGITREPOSITORYPERSONALACCESSTOKEN", "token2"),
        ("INPUT_SOURCEGITREPOSITORYURI", "https://elsewhere.example/r"),
        ("INPUT_PRUNE", "false"),
    ];
    let arguments = [
        "--source",
        SOURCE,
        "--destination",
        DESTINATION,
        "--include=refs/heads/a",
        "--include",
        "refs/heads/b",
    ];
    let step = cli(&variables, &arguments).unwrap();
    assert_eq!(mirror(&step).source.url.to_string(), SOURCE);
    assert_eq!(authorization(&mirror(&step).source), expected("token1"));
    assert_eq!(authorization(&mirror(&step).destination), expected("token2"));
    assert_eq!(step.policy.prune, Prune::Keep);
    assert_eq!(step.policy.selection.prefixes(), ["refs/heads/a", "refs/heads/b"]);
}

#[test]
fn a_persons_mistakes_are_named_by_the_flag() {
    let errors = cli(&[("SOURCE_TOKEN", "a\nb")], &["--source=srv/r", "--max-attempts=many"]).unwrap_err();
    let starts = [
        "flag '--source' cannot be used: it may be a path",
        "environment variable 'SOURCE_TOKEN' cannot be used",
        "flag '--destination' is not given",
        "flag '--max-attempts' is 'many', not a number",
    ];
    assert_eq!(errors.len(), starts.len(), "{errors:#?}");
    for (error, start) in errors.iter().zip(starts) {
        assert!(error.starts_with(start), "{error}");
    }
}

#[cfg(unix)]
#[test]
fn a_value_that_is_not_utf_8_is_an_error() {
    use std::os::unix::ffi::OsStringExt as _;

    let mut environment = environment(&[("TF_BUILD", "True"), ("INPUT_SOURCEGITREPOSITORYURI", SOURCE)], &[]);
    let value = OsString::from_vec(b"https://host/\xff".to_vec());
    environment.variables.push(("INPUT_DESTINATIONGITREPOSITORYURI".into(), value));
    let errors = run(&environment).unwrap_err();
    assert_eq!(errors.len(), 1);
    assert!(errors[0].starts_with("input 'destinationGitRepositoryUri' is not valid UTF-8"));
}

#[test]
fn settings_show_no_secret() {
    let step = by_agent(&[
        ("INPUT_SOURCEGITREPOSITORYPERSONALACCESSTOKEN", "hunter2"),
        ("INPUT_DESTINATIONGITREPOSITORYURI", "https://bob:hunter2@destination.example/r?sig=hunter2"),
    ]);
    assert!(!format!("{step:?}").contains("hunter2"));
}
