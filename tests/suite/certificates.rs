//! What a server has to show of itself: certificates of every kind that is not taken, and what is said of each.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::git::{BRANCHES_AND_TAGS, Repository, output};
use crate::support::git_server::Protocol;
use crate::support::nginx::{Nginx, Scheme, make_certificates};
use crate::support::task::{Outcome, Task};

const GOOD_NAMES: &str = "subjectAltName=DNS:localhost,IP:127.0.0.1";

const EC: &str = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1";

fn openssl(folder: &Path, arguments: &str) {
    output(Command::new("openssl").args(arguments.split(' ')).current_dir(folder), b"");
}

/// A certificate that is its own authority, as `openssl req -x509` makes it.
fn self_signed(folder: &Path, more: &str) {
    make_certificates(folder);
    let names =
        if more.contains("subjectAltName") { String::new() } else { format!(" -addext {GOOD_NAMES}") };
    let made =
        "req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.pem -days 2";
    openssl(folder, &format!("{made}{names} {more}").trim_end().replace("  ", " "));
}

/// A certificate of the private authority, with these extensions and this way to sign it.
fn signed(folder: &Path, extensions: &[&str], more: &str) {
    make_certificates(folder);
    fs::write(folder.join("index.txt"), "").unwrap();
    fs::write(folder.join("serial"), "1000").unwrap();
    fs::write(
        folder.join("ca.conf"),
        "[ca]\ndefault_ca=x\n[x]\ndatabase=index.txt\nnew_certs_dir=.\nserial=serial\ndefault_md=sha256\npolicy=p\n\
         default_days=2\n[p]\ncommonName=supplied\n",
    )
    .unwrap();
    fs::write(folder.join("extensions"), extensions.join("\n")).unwrap();
    openssl(folder, &format!("req -new {EC} -nodes -subj /CN=localhost -keyout server.key -out server.csr"));
    let extensions = if extensions.is_empty() { "" } else { " -extfile extensions" };
    let made =
        "ca -batch -config ca.conf -in server.csr -out server.pem -notext -cert ca.pem -keyfile ca.key";
    let made = if more.contains("-selfsign") {
        made.replace("-cert ca.pem -keyfile ca.key", "-keyfile server.key")
    } else {
        made.to_owned()
    };
    openssl(folder, format!("{made}{extensions} {more}").trim_end());
}

/// A run from an nginx that shows such a certificate, with its authority, or the certificate itself, given.
fn run(tls: &str, given: &str, make: impl Fn(&Path)) -> Outcome {
    let nginx = Nginx::start_with(tls, make);
    let source = Repository::init(nginx.path("source.git"));
    source.commit("main", 3);
    let destination = Repository::init(nginx.path("destination.git"));
    let from = nginx.url(Scheme::Https, Protocol::V2, "source.git");
    let to = nginx.url(Scheme::Http, Protocol::V2, "destination.git");
    let given = nginx.file(given);
    let outcome = Task::new(&from, &to).input("sourceCertificateAuthority", given.to_str().unwrap()).run();
    let is_mirrored = destination.refs(BRANCHES_AND_TAGS) == source.refs(BRANCHES_AND_TAGS);
    assert_eq!(outcome.result() == "Succeeded", is_mirrored, "{}", outcome.text);
    outcome
}

/// Old ways to sign are refused by OpenSSL itself, where nothing else is said.
const OLD: &str = "ssl_ciphers DEFAULT:@SECLEVEL=0;";

#[test]
fn a_certificate_that_is_given_itself_is_trusted() {
    run("", "server.pem", |folder| self_signed(folder, "")).succeeded();
    run("ssl_protocols TLSv1.2;", "server.pem", |folder| self_signed(folder, "")).succeeded();
    // As one that is no authority's, by whom it is signed does not matter.
    run("", "server.pem", |folder| signed(folder, &[GOOD_NAMES], "")).succeeded();
}

#[test]
fn a_certificate_that_is_given_itself_still_needs_name_and_time() {
    for (part, make) in [
        (
            "but for 'git.example.org'",
            &(|folder: &Path| self_signed(folder, "-addext subjectAltName=DNS:git.example.org"))
                as &dyn Fn(&Path),
        ),
        ("has expired on Thu, 02 Jan 2020", &|folder: &Path| {
            let times = "-selfsign -startdate 20200101000000Z -enddate 20200102000000Z";
            signed(folder, &[GOOD_NAMES, "basicConstraints=CA:TRUE"], times);
        }),
        ("is not valid before", &|folder: &Path| {
            let times = "-selfsign -startdate 20990101000000Z -enddate 20990102000000Z";
            signed(folder, &[GOOD_NAMES, "basicConstraints=CA:TRUE"], times);
        }),
    ] {
        let error = run("", "server.pem", make).failed();
        assert!(error.contains(part), "{error}");
    }
}

/// The file that is given, what is said, what is advised, and how the certificate is made.
type Case<'a> = (&'a str, &'a str, &'a str, &'a dyn Fn(&Path));

#[test]
fn each_fault_of_a_certificate_has_its_words_and_its_advice() {
    let old = "-startdate 20200101000000Z -enddate 20200102000000Z";
    let future = "-startdate 20990101000000Z -enddate 20990102000000Z";
    let cases: [Case<'_>; 9] = [
        ("ca.pem", "that this machine does not know", "'sourceCertificateAuthority'", &|folder| {
            signed(folder, &[GOOD_NAMES], "");
            // Another authority of the same name.
            openssl(
                folder,
                &format!("req -x509 {EC} -nodes -subj /CN=Other -keyout x.key -out ca.pem -days 2"),
            );
        }),
        ("ca.pem", "is that of an authority", "Give exactly this certificate", &|folder| {
            self_signed(folder, "");
        }),
        (
            "ca.pem",
            "not for this host name, but for 'a.example', 'b.example', '192.0.2.1'",
            "host name",
            &|folder| {
                signed(folder, &["subjectAltName=DNS:a.example,DNS:b.example,IP:192.0.2.1"], "");
            },
        ),
        ("ca.pem", "holds no name of a server", "subjectAltName", &|folder| {
            signed(folder, &["basicConstraints=CA:FALSE"], "");
        }),
        ("ca.pem", "has expired on Thu, 02 Jan 2020", "renewed, and check this machine's clock", &|folder| {
            signed(folder, &[GOOD_NAMES], old);
        }),
        ("ca.pem", "is not valid before Thu, 01 Jan 2099", "from when on", &|folder| {
            signed(folder, &[GOOD_NAMES], future);
        }),
        ("ca.pem", "version before X.509 v3", "made anew as X.509 v3", &|folder| signed(folder, &[], "")),
        ("ca.pem", "signed by a method that is not taken", "SHA-256", &|folder| {
            signed(folder, &[GOOD_NAMES], "-md sha1");
        }),
        ("ca.pem", "is not for servers", "serverAuth", &|folder| {
            signed(folder, &[GOOD_NAMES, "extendedKeyUsage=clientAuth"], "");
        }),
    ];
    for (given, said, advice, make) in cases {
        let error = run(OLD, given, make).failed();
        assert!(error.contains(said) && error.contains(advice), "{said}: {error}");
        for raw in ["Context", "Error", "webpki", "DnsName", "invalid peer"] {
            assert!(!error.contains(raw), "{raw} in {error}");
        }
    }
}

#[test]
fn a_server_with_old_terms_of_tls_only_is_told_so() {
    for terms in [
        "ssl_protocols TLSv1.2; ssl_ciphers AES128-SHA;",
        "ssl_protocols TLSv1.2; ssl_ciphers AES256-GCM-SHA384;",
        "ssl_protocols TLSv1.1; ssl_ciphers ALL:@SECLEVEL=0;",
    ] {
        let error = run(terms, "server.pem", |folder| self_signed(folder, "")).failed();
        assert!(error.contains("no TLS version or cipher in common"), "{error}");
        assert!(error.contains("TLS 1.3") && !error.contains("HandshakeFailure"), "{error}");
    }
}

/// A run from a server whose authority this machine does not know.
pub(crate) fn of_unknown_issuer() -> Outcome {
    run("", "ca.pem", |folder| {
        signed(folder, &[GOOD_NAMES], "");
        openssl(folder, &format!("req -x509 {EC} -nodes -subj /CN=Other -keyout x.key -out ca.pem -days 2"));
    })
}

/// A run from a server whose certificate has expired.
pub(crate) fn expired() -> Outcome {
    let times = "-startdate 20200101000000Z -enddate 20200102000000Z";
    run("", "ca.pem", |folder| signed(folder, &[GOOD_NAMES], times))
}

/// A run from a server whose certificate is for other names.
pub(crate) fn for_another_name() -> Outcome {
    run("", "ca.pem", |folder| signed(folder, &["subjectAltName=DNS:a.example,DNS:b.example"], ""))
}
