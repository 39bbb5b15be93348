//! Prints `docs/troubleshooting.md` from the table of advice that the task itself uses; its test fails when
//! the file is stale.
//!
//! ```text
//! cargo run --example troubleshooting-doc > docs/troubleshooting.md
//! ```

#![expect(clippy::print_stdout, reason = "printing is its purpose")]

use std::borrow::Cow;

use mirror_git_repository::auth::identity::{ConnectionType, CredentialOrigin};
use mirror_git_repository::error::{
    CertificateErrorKind, ContainerProblem, CreateProblem, ErrorKind, Indivisible, LfsProblem, LocalProblem,
    Phase, ProxyErrorKind, RepositoryProblem, TokenProblem, UnreachableReason,
};
use mirror_git_repository::hosts::Host;
use mirror_git_repository::report::advice::By;
use mirror_git_repository::report::advice::phrases::PHRASES;
use mirror_git_repository::report::advice::table::{Case, Chapter, Row, chapters};

const INTRODUCTION: &str = "\
# Troubleshooting

<!-- Made by `cargo run --example troubleshooting-doc > docs/troubleshooting.md` from the task's own advice. -->

Search this page for a piece of your error message. If several rows match, use the first. If none does, look in
[Sign-in and rights](#sign-in-and-rights), [Network and certificates](#network-and-certificates) and
[Any server](#any-server).

An error of the step names the side (source or destination), what was being done, and what the server said. Then comes
the advice that stands in this page.

In the names of inputs, `…` stands for `source` or `destination`: `…GitRepositoryUri` is `sourceGitRepositoryUri` for
an error of the source.

To see more, run the pipeline with the variable `System.Debug` set to `true`. Then the log shows each request with its
status and its time, and what both servers can do.
";

/// What placeholders of the table stand for where no side is known.
const NAMES: [(&str, &str); 14] = [
    (
        "{turn LFS on}",
        "Turn Git LFS on: at GitLab in the project's Settings > General > Visibility, project features, permissions; at \
         Bitbucket under Repository settings; at Gitea 'LFS_START_SERVER = true' in app.ini. Azure Repos has it over HTTPS \
         alone: give the https URL, with a token or a connection in place of the SSH key. Into a folder bring the objects with \
         'git lfs fetch --all'; a checkout of the agent brings those of its commit alone, and only with 'lfs: true'",
    ),
    (
        "{lfs quota}",
        "the quota for Git LFS: at GitHub the budget of the repository's owner (Settings > Billing and licensing > Budgets and \
         alerts), at GitLab the storage limit of the project or of its group (Settings > Usage quotas), at Bitbucket the \
         storage in the plan of the workspace",
    ),
    ("'{url}'", "`…GitRepositoryUri`"),
    ("'{token}'", "`…GitRepositoryPersonalAccessToken`"),
    ("'{authentication}'", "`…Authentication`"),
    ("'{verify}'", "`…VerifySSLCertificate`"),
    ("'{authority}'", "`…CertificateAuthority`"),
    ("{right}", "read or write to"),
    ("{rights}", "'Read', at the destination 'Contribute', 'Create branch', 'Create tag' and 'Force push'"),
    ("{scope}", "Code (Read), at the destination Code (Read & write)"),
    ("{contents}", "Read-only, at the destination Read and write"),
    ("{never overwritten}", " At the destination, a folder that holds something else is never overwritten."),
    ("{create}", " At the destination, let it be created with 'createDestination', where there is none."),
    ("{proxy}", "the setting that the error names"),
];

fn main() {
    print!("{}", page());
}

fn page() -> String {
    let chapters: Vec<_> = chapters().iter().map(chapter).collect();
    format!("{INTRODUCTION}{}", chapters.concat())
}

fn chapter(Chapter { topic, rows }: &Chapter) -> String {
    let rows: Vec<_> = rows.iter().map(row).collect();
    format!(
        "\n## {}\n\n| Error | Meaning | What to do |\n| --- | --- | --- |\n{}",
        topic.title(),
        rows.concat()
    )
}

fn row(Row { case, by, advice }: &Row) -> String {
    let looks = match case {
        Case::Says(texts) => texts.iter().map(|text| format!("`{text}`")).collect::<Vec<_>>().join("<br>"),
        Case::Kind(ErrorKind::Status(status)) => status.to_string(),
        Case::Kind(kind) => looks_of_kind(*kind).into_owned(),
        Case::KindsOfTokenService(kinds) => {
            let kinds: Vec<_> = kinds.iter().map(|kind| looks_of_kind(*kind)).collect();
            format!("A server that issues tokens:<br>{}", kinds.join("<br>"))
        }
        Case::RefusedByInterface(phase, host) => {
            let done = match phase {
                Phase::ListRepositories => "Repositories are not listed",
                Phase::Create => "A repository is not created",
                _ => "A default branch is not set",
            };
            let name = match host {
                Host::AzureRepos => "Azure DevOps",
                host => host.info().name,
            };
            format!("{done} at {name}: `401`, `403` or `404`")
        }
        Case::OtherStatus => "Another status of HTTP above 399".to_owned(),
        Case::Message(text) => format!("`{text}`"),
    };
    let names = match case {
        Case::Kind(ErrorKind::NoToken(_)) => By::Entra,
        _ => *by,
    };
    let prose = |text| prose(text, names);
    format!("| {looks}{} | {} | {} |\n", signed_in(*by), prose(advice.meaning), prose(advice.text))
}

fn prose(text: &str, by: By) -> String {
    let (credentials, account) = names_of(by);
    let text = PHRASES.iter().fold(text.to_owned(), |text, phrase| text.replace(phrase.name, phrase.agent));
    let text = text.replace("{credentials}", credentials).replace("{account}", account);
    NAMES.iter().fold(text, |text, (name, shown)| text.replace(name, shown)).replace('*', "\\*")
}

/// Names the credentials, and whom they sign in.
fn names_of(by: By) -> (&'static str, &'static str) {
    match by {
        By::Anything | By::Nothing => ("the token or connection", "the account that signs in"),
        By::Key => ("the SSH key", "the owner of the SSH key"),
        By::Entra => ("the connection or environment", "the identity"),
        By::Credentials(CredentialOrigin::Token | CredentialOrigin::Url) => {
            ("the token", "the owner of the token")
        }
        By::Credentials(CredentialOrigin::Connection(_)) => {
            ("the connection", "the account of the connection")
        }
        By::Credentials(CredentialOrigin::GitHubApp) => ("the App", "the App"),
        By::Credentials(CredentialOrigin::AzureEnvironment) => ("the environment", "the identity"),
        By::Credentials(CredentialOrigin::Job) => ("the job's token", "the job's own identity"),
    }
}

fn signed_in(by: By) -> &'static str {
    match by {
        By::Anything => "",
        By::Nothing => ", without credentials",
        By::Key => ", over SSH",
        By::Entra => ", with an identity of Microsoft Entra",
        By::Credentials(CredentialOrigin::Token) => ", with a token or password",
        By::Credentials(CredentialOrigin::Url) => ", with a password in the URL",
        By::Credentials(CredentialOrigin::Job) => ", with the job's own token",
        By::Credentials(CredentialOrigin::GitHubApp) => ", with a GitHub App of your own",
        By::Credentials(CredentialOrigin::AzureEnvironment) => ", with the identity of the environment",
        By::Credentials(CredentialOrigin::Connection(of)) => match of {
            ConnectionType::OtherGit => ", with an Other Git connection",
            ConnectionType::AzureDevOps => ", with an Azure DevOps connection",
            ConnectionType::AzureResourceManager => ", with an Azure Resource Manager connection",
            ConnectionType::AzureRepos => ", with an Azure Repos connection",
            ConnectionType::GitHub => ", with a GitHub connection",
        },
    }
}

/// What an error of this kind looks like.
fn looks_of_kind(kind: ErrorKind) -> Cow<'static, str> {
    if let ErrorKind::Rejected(reason) = kind {
        return format!("A local repository: `{reason}`").into();
    }
    looks_of(kind).into()
}

fn looks_of(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Rejected(_) => "A local repository does not take a ref",
        ErrorKind::Unreachable(UnreachableReason::UnknownName) => "No server of that name was found",
        ErrorKind::Unreachable(UnreachableReason::ConnectionRefused) => "Nobody listens at the server's port",
        ErrorKind::Unreachable(UnreachableReason::Other) => {
            "The server does not answer, or no way leads there"
        }
        ErrorKind::Interrupted => "The connection is lost, or a time-out",
        ErrorKind::Certificate(kind) => looks_of_certificate(kind),
        ErrorKind::TlsTerms => "No TLS version or cipher in common",
        ErrorKind::HostKey => "The SSH server's host key is not known",
        ErrorKind::Algorithms => "SSH without an algorithm in common",
        ErrorKind::Key => "A private key that `ssh` cannot use",
        ErrorKind::LoginOutput => "Text over SSH before Git speaks",
        ErrorKind::NoService => "SSH ends before Git speaks, in other words than those above",
        ErrorKind::NoGit => "SSH ends with 126 or 127 and names Git's program",
        ErrorKind::ProgramMissing => "`ssh` cannot be run",
        ErrorKind::RequestTimeout => "408, 504 or 524",
        ErrorKind::Unavailable { .. } => "409, 423, 425, 429, or 500 and above",
        ErrorKind::Unauthorized => "401, or a sign-in page in place of Git",
        ErrorKind::TokenExpired => "401 to a push, though the token had served",
        ErrorKind::Forbidden => "403",
        ErrorKind::NotFound => "404 or 410",
        ErrorKind::SignInScheme => "401, for NTLM, Negotiate or Digest alone",
        ErrorKind::Proxy(ProxyErrorKind::Unreachable) => "The proxy cannot be reached",
        ErrorKind::Proxy(ProxyErrorKind::Unauthorized) => "407",
        ErrorKind::Proxy(ProxyErrorKind::SignInScheme) => "407, for NTLM, Negotiate or Digest alone",
        ErrorKind::Proxy(ProxyErrorKind::Refused) => "The proxy does not let it through",
        ErrorKind::Proxy(ProxyErrorKind::ServerUnreachable) => "502, 503 or 504 from the proxy",
        ErrorKind::TooLarge => "413",
        ErrorKind::Indivisible(Indivisible::OneCommit) => "One commit is larger than the destination takes",
        ErrorKind::Indivisible(Indivisible::Merge) => {
            "What a merge brings beside is larger than the destination takes"
        }
        ErrorKind::Indivisible(Indivisible::NoCuts) => {
            "A push is larger than the destination takes, and its history cannot be cut"
        }
        ErrorKind::LengthRequired => "411",
        ErrorKind::WebPage => "A web page in place of Git's answer",
        ErrorKind::Redirect => "A redirect that cannot be followed",
        ErrorKind::NotAGitServer => "An answer that is not Git's",
        ErrorKind::DumbHttp => "A list of refs as a file, and no service of Git",
        ErrorKind::NotListed => "`ERR` in place of the refs, in other words than those above",
        ErrorKind::Storage => "The server cannot write its repository",
        ErrorKind::Damaged => "The repository lacks objects of its own",
        ErrorKind::ObjectsNotKept => "It reported refs as done whose objects it does not have",
        ErrorKind::Stale => "An object that was listed is gone",
        ErrorKind::Refused => "The server refuses, in other words than those above",
        ErrorKind::Protocol => "The server breaks Git's protocol",
        ErrorKind::Status(_) => "A status of HTTP above 399",
        ErrorKind::Repository(problem) => looks_of_repository(problem),
        ErrorKind::Unsupported => "A local repository needs a feature or a size that is not supported",
        ErrorKind::Occupied => "Something else stands where the clone directory is to be",
        ErrorKind::EmptySource => "The source has no ref that the selection includes",
        ErrorKind::NoBranches => "The source lists no branch that the selection includes",
        ErrorKind::NamesCollide => "Refs cannot have the names that the map gives them",
        ErrorKind::TooManyDeletions => "More of a pattern's refs would be deleted than is allowed",
        ErrorKind::Diverged => "Refs of the destination have commits that the source does not have there",
        ErrorKind::Local(LocalProblem::Repository) => {
            "A local repository is damaged, or cannot be read or written"
        }
        ErrorKind::Local(LocalProblem::TemporaryFile) => "The temporary file for the pack cannot be written",
        ErrorKind::NoToken(problem) => looks_of_no_token(problem),
        ErrorKind::Lfs(problem) => looks_of_lfs(problem),
        ErrorKind::Container(problem) => looks_of_container(problem),
        ErrorKind::Create(problem) => looks_of_creation(problem),
        ErrorKind::Unrelated => "The repository at the destination has nothing of the source",
    }
}

fn looks_of_lfs(problem: LfsProblem) -> &'static str {
    match problem {
        LfsProblem::NoService => "A side has no Git LFS",
        LfsProblem::Missing => "The source does not have LFS objects",
        LfsProblem::WrongContent => "The content of an LFS object has another hash, or another size",
        LfsProblem::Answer => "A server answers in another way than the API of Git LFS",
        LfsProblem::Address => "A server sends to an address that is not followed",
        LfsProblem::OtherServer => "The LFS objects are at another server, which wants credentials",
        LfsProblem::Storage => "No more storage for Git LFS, such as `507`",
        LfsProblem::Bandwidth => "No more bandwidth for Git LFS, such as `509`",
        LfsProblem::Refused => "A server does not take an LFS object, such as `422`",
        LfsProblem::TooManyPointers => "More LFS objects than fit in one run",
        LfsProblem::Unread => "Parts of the pack that may be pointers",
    }
}

fn looks_of_container(problem: ContainerProblem) -> &'static str {
    match problem {
        ContainerProblem::NoList => "The host answers with something else than a list of repositories",
        ContainerProblem::CutShort => "The list of repositories is not whole",
        ContainerProblem::Endless => "The list of repositories has no end in sight",
        ContainerProblem::OneDestination => "The source holds many repositories, and the destination is one",
        ContainerProblem::OneSource => "The source is one repository, and the destination holds some",
        ContainerProblem::Same => "Source and destination are the same project or organization",
        ContainerProblem::CloneDirectory => "A clone directory with many repositories",
        ContainerProblem::NoProject => {
            "The destination is an organization of Azure DevOps, and the source has no projects"
        }
        ContainerProblem::NothingListed => "The source's list of repositories is empty",
        ContainerProblem::NothingSelected => "No repository of the source is selected",
    }
}

fn looks_of_creation(problem: CreateProblem) -> &'static str {
    match problem {
        CreateProblem::NoInterface => "Nothing can be created at the host",
        CreateProblem::NameTaken => {
            "The host has a repository of that name, and does not show it, such as `409` or `422`"
        }
        CreateProblem::WiderProject => "The project is more visible than was asked for",
        CreateProblem::NarrowerGroup => "The group is less visible than was asked for",
        CreateProblem::WiderThanAsked => "The repository that was created is more visible than was asked for",
        CreateProblem::Answer => "The host answers in another way than with what it created",
    }
}

fn looks_of_no_token(problem: TokenProblem) -> &'static str {
    match problem {
        TokenProblem::AssertionOutsideItsTime => "`AADSTS700024`<br>`AADSTS500133`",
        TokenProblem::NoFederatedCredential => {
            "`AADSTS70021`<br>`AADSTS700211`<br>`AADSTS700212`<br>`AADSTS700213`"
        }
        TokenProblem::ForeignApplication => "`AADSTS70052`",
        TokenProblem::UnknownApplication => "`AADSTS700016`<br>`AADSTS700011`",
        TokenProblem::DisabledApplication => "`AADSTS7000112`<br>`AADSTS70001`<br>`AADSTS7000229`",
        TokenProblem::UnknownTenant => {
            "`AADSTS90002`<br>`AADSTS90038`<br>`AADSTS900023`<br>`AADSTS50059`<br>`AADSTS50128`"
        }
        TokenProblem::WrongSecret => "`AADSTS7000215`<br>`AADSTS70002`",
        TokenProblem::ExpiredSecret => "`AADSTS7000222`",
        TokenProblem::UnknownCertificate => {
            "`AADSTS700027`<br>`AADSTS700030`<br>`AADSTS7000214`<br>`AADSTS50012`"
        }
        TokenProblem::ConditionalAccess => "`AADSTS53003`<br>`AADSTS530031` to `AADSTS530036`",
        TokenProblem::UnknownResource => {
            "`AADSTS500011`<br>`AADSTS500014`<br>`AADSTS50001`<br>`AADSTS650052`"
        }
        TokenProblem::AssertionFile => "The file with the assertion cannot be used",
        TokenProblem::Entra => "`AADSTS` and another number",
        TokenProblem::IdToken => "The job gets no id token for a service connection",
        TokenProblem::NoManagedIdentity => "No managed identity answers, or not the one that is named",
        TokenProblem::SigningKey => "A private key, or a certificate beside it, cannot be used",
        TokenProblem::SecureFile => "The secure file cannot be downloaded",
        TokenProblem::UnknownApp => "GitHub does not know the App or its key",
        TokenProblem::AppClock => "GitHub takes the App's request for one of another time",
        TokenProblem::AppNotInstalled => "The App is not installed for the repository's owner",
        TokenProblem::AppSuspended => "The installation of the App is suspended",
        TokenProblem::Answer => "A server that issues tokens answers with something else",
    }
}

fn looks_of_repository(problem: RepositoryProblem) -> &'static str {
    match problem {
        RepositoryProblem::FormatsDiffer => "Source and destination have different object formats",
        RepositoryProblem::Shallow => "It is a shallow repository",
        RepositoryProblem::NoFolder => "No such folder",
        RepositoryProblem::NoParentFolder => "The folder above it does not exist",
        RepositoryProblem::File => "It is a file, not the folder of a Git repository",
        RepositoryProblem::NoRepository => "It is no Git repository",
    }
}

fn looks_of_certificate(kind: CertificateErrorKind) -> &'static str {
    match kind {
        CertificateErrorKind::UnknownIssuer => {
            "The server's certificate is signed by an authority that is not known here"
        }
        CertificateErrorKind::NoTrustStore => "No server can be verified",
        CertificateErrorKind::OtherName => "The certificate is not for this host name",
        CertificateErrorKind::NoName => "The certificate holds no name of a server",
        CertificateErrorKind::Expired => "The certificate has expired",
        CertificateErrorKind::NotYetValid => "The certificate is not valid yet",
        CertificateErrorKind::OldVersion => "The certificate is of a version before X.509 v3",
        CertificateErrorKind::Signature => "The certificate's signature is not taken",
        CertificateErrorKind::Authority => "The certificate is that of an authority",
        CertificateErrorKind::Purpose => "The certificate is not for servers",
        CertificateErrorKind::Revoked => "The certificate was revoked",
        CertificateErrorKind::Other => "The certificate cannot be used",
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_page_is_that_of_the_table() {
        let page_there = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/troubleshooting.md"));
        assert_eq!(page_there.unwrap(), page(), "run the command at the head of this file");
    }

    #[test]
    fn every_row_has_a_cause_and_no_open_place() {
        let page = page();
        assert!(!page.contains(['{', '}']), "{page}");
        let rows = page.lines().filter(|line| line.starts_with('|'));
        assert!(rows.clone().count() > 80, "{}", rows.count());
        for row in rows {
            assert_eq!(row.matches(" |").count(), 3, "{row}");
        }
    }
}
