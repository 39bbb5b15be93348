//! Prints `docs/troubleshooting.md` from the table of advice that the task itself uses; its test fails when
//! the file is stale.
//!
//! ```text
//! cargo run --example troubleshooting-doc > docs/troubleshooting.md
//! ```

#![expect(clippy::print_stdout, reason = "printing is its purpose")]

use mirror_git_repository::auth::credentials::CredentialSource;
use mirror_git_repository::error::{CertificateErrorKind, ErrorKind, ProxyErrorKind};
use mirror_git_repository::report::advice::table::{Chapter, TABLE};
use mirror_git_repository::report::advice::{By, Cause, Hint};

const INTRODUCTION: &str = "\
# Troubleshooting

<!-- Made by `cargo run --example troubleshooting-doc > docs/troubleshooting.md` from the task's own advice. -->

The step's error names the side (source or destination), what was being done, what the server said, and this advice.
Search this page for a piece of the error. Tables are in the order in which the task looks: the first row that fits
counts, and the last table is for errors without words that are known.

In the names of inputs, `…` stands for `source` or `destination`: `…GitRepositoryUri` is `sourceGitRepositoryUri` for
an error of the source.

To see more, run the pipeline with the variable `System.Debug` set to `true`: then the log tells each request, its
status, its time, and what both servers can do.
";

/// What placeholders of the table stand for where no side is known.
const NAMES: [(&str, &str); 8] = [
    ("'{url}'", "`…GitRepositoryUri`"),
    ("'{token}'", "`…GitRepositoryPersonalAccessToken`"),
    ("'{connection}'", "`…ServiceConnection`"),
    ("'{verify}'", "`…VerifySSLCertificate`"),
    ("'{authority}'", "`…CertificateAuthority`"),
    ("{credentials}", "the token or connection"),
    ("{right}", "read or write to"),
    ("{proxy}", "the setting that the error names"),
];

fn main() {
    print!("{}", page());
}

fn page() -> String {
    let chapters: Vec<_> = TABLE.iter().map(chapter).collect();
    format!("{INTRODUCTION}{}", chapters.concat())
}

fn chapter(Chapter { title, hints }: &Chapter) -> String {
    let rows: Vec<_> = hints.iter().map(row).collect();
    format!("\n## {title}\n\n| Error | Meaning | What to do |\n| --- | --- | --- |\n{}", rows.concat())
}

fn row(hint: &Hint) -> String {
    let texts: Vec<_> = hint.says.iter().map(|text| format!("`{text}`")).collect();
    let cause = if texts.is_empty() { cause(hint.kind) } else { texts.join("<br>") };
    format!("| {cause}{} | {} | {} |\n", signed_in(hint.by), prose(hint.meaning), prose(hint.advice))
}

fn prose(text: &str) -> String {
    NAMES.iter().fold(text.to_owned(), |text, (name, shown)| text.replace(name, shown)).replace('*', "\\*")
}

fn signed_in(by: By) -> &'static str {
    match by {
        By::Anything => "",
        By::Nothing => ", without credentials",
        By::Key => ", over SSH",
        By::Credentials(CredentialSource::Job) => ", with the job's own token",
        By::Credentials(_) => ", with a token or password",
    }
}

/// What an error of this kind looks like.
fn cause(cause: Cause) -> String {
    match cause {
        Cause::Of(ErrorKind::Status(status)) => status.to_string(),
        Cause::Of(kind) => looks(kind).to_owned(),
        Cause::OfReasons(reasons) => {
            let said: Vec<_> = reasons.iter().map(|reason| format!("`{reason}`")).collect();
            said.join(", ")
        }
        Cause::OfAnyStatus => "Another status of HTTP above 399".to_owned(),
        Cause::Any => "Anything".to_owned(),
    }
}

fn looks(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Unreachable => "No such server, or nobody listens there",
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
        ErrorKind::Forbidden => "403",
        ErrorKind::NotFound => "404 or 410",
        ErrorKind::SignInScheme => "401, for NTLM, Negotiate or Digest alone",
        ErrorKind::Proxy(ProxyErrorKind::Unreachable) => "The proxy cannot be reached",
        ErrorKind::Proxy(ProxyErrorKind::Unauthorized) => "407",
        ErrorKind::Proxy(ProxyErrorKind::SignInScheme) => "407, for NTLM, Negotiate or Digest alone",
        ErrorKind::Proxy(ProxyErrorKind::Refused) => "The proxy does not let it through",
        ErrorKind::Proxy(ProxyErrorKind::ServerUnreachable) => "502, 503 or 504 from the proxy",
        ErrorKind::TooLarge => "413",
        ErrorKind::LengthRequired => "411",
        ErrorKind::WebPage => "A web page in place of Git's answer",
        ErrorKind::Redirect => "A redirect that cannot be followed",
        ErrorKind::NotAGitServer => "An answer that is not Git's",
        ErrorKind::DumbHttp => "A list of refs as a file, and no service of Git",
        ErrorKind::NotListed => "`ERR` in place of the refs, in other words than those above",
        ErrorKind::Stale => "An object that was listed is gone",
        ErrorKind::Refused => "The server refuses, in other words than those above",
        ErrorKind::Protocol => "The server breaks Git's protocol",
        ErrorKind::Input => "The repository cannot be mirrored as it is",
        ErrorKind::EmptySource => "The source has no ref that the selection includes",
        ErrorKind::NoBranches => "The source lists no branch that the selection includes",
        ErrorKind::TooManyDeletions => "More of a pattern's refs would be deleted than is allowed",
        ErrorKind::Local => "A local repository is damaged, or cannot be read or written",
        ErrorKind::Unsupported => {
            "A local repository needs what is not supported, or an object is too large for it"
        }
        ErrorKind::Occupied => "The folder for the clone holds something else",
        _ => "Another error",
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
        assert!(!page.contains("Another error"), "a fault has no name in 'looks'");
        let rows = page.lines().filter(|line| line.starts_with('|'));
        assert!(rows.clone().count() > 80, "{}", rows.count());
        for row in rows {
            assert_eq!(row.matches(" |").count(), 3, "{row}");
        }
    }
}
