//! Maps a missing or incomplete answer to its kind: the network, a proxy or TLS. A transient fault is told
//! from what cannot.

use std::io::{self, Read};

use rustls::Error as TlsError;
use rustls::{AlertDescription, InvalidMessage};
use ureq::{Error, Timeout};

use super::certificate;
use crate::error::{CertificateErrorKind, ErrorKind, Failure, UnreachableReason};

const UNKNOWN_NAME: ErrorKind = ErrorKind::Unreachable(UnreachableReason::UnknownName);

/// Says why a request was not answered.
pub(crate) fn failure(error: Error) -> Failure {
    match error {
        Error::Io(error) => of_io(error),
        Error::Rustls(error) => of_tls(&error).unwrap_or_else(|| {
            // What is wrong before anything is sent is this machine's trust store.
            let what = "no server can be verified, since no authority is known to this machine";
            Failure::new(ErrorKind::Certificate(CertificateErrorKind::NoTrustStore), what)
        }),
        Error::HostNotFound => Failure::new(UNKNOWN_NAME, "no server of that name was found"),
        Error::Timeout(timeout) => of_timeout(timeout),
        Error::LargeResponseHeader(..) => {
            Failure::new(ErrorKind::Protocol, "the head of the server's answer is too large")
        }
        Error::Protocol(_) => {
            Failure::new(ErrorKind::NotAGitServer, format!("the server does not speak HTTP: {error}"))
        }
        _ => Failure::new(ErrorKind::Interrupted, error.to_string()),
    }
}

fn of_io(error: io::Error) -> Failure {
    if error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<Failure>) {
        return error.into();
    }
    if let Some(failure) = tls_error(&error).and_then(of_tls) {
        return failure;
    }
    if is_unknown_name(&error) {
        return Failure::new(UNKNOWN_NAME, format!("no server of that name was found: {error}"));
    }
    error.into()
}

/// Returns true if the name could not be resolved, for which the standard library has no kind of its own.
fn is_unknown_name(error: &io::Error) -> bool {
    let by_code = cfg!(windows) && matches!(error.raw_os_error(), Some(11001..=11004));
    by_code || error.to_string().starts_with("failed to lookup address information")
}

fn of_timeout(timeout: Timeout) -> Failure {
    let (kind, what) = match timeout {
        Timeout::Resolve => {
            (ErrorKind::Unreachable(UnreachableReason::Other), "its name could not be looked up")
        }
        Timeout::Connect => {
            (ErrorKind::Unreachable(UnreachableReason::Other), "it did not take the connection")
        }
        Timeout::RecvResponse => (ErrorKind::Interrupted, "the head of the answer did not come to its end"),
        Timeout::Global => (ErrorKind::Interrupted, "the answer did not come to its end"),
        Timeout::PerWrite => (ErrorKind::Interrupted, "the server took nothing"),
        _ => (ErrorKind::Interrupted, "nothing came from the server"),
    };
    Failure::new(kind, format!("timed out: {what}"))
}

fn tls_error(error: &io::Error) -> Option<&TlsError> {
    error.get_ref()?.downcast_ref()
}

/// Tells what damages a connection from what is wrong at an end of it; none for anything else.
fn of_tls(error: &TlsError) -> Option<Failure> {
    use AlertDescription::{
        BadRecordMac, DecodeError, DecryptError, HandshakeFailure, InsufficientSecurity, InternalError,
        ProtocolVersion, RecordOverflow,
    };
    match error {
        TlsError::InvalidCertificate(reason) => Some(certificate::failure(reason)),
        TlsError::NoCertificatesPresented => {
            let what = "the server shows no certificate";
            Some(Failure::new(ErrorKind::Certificate(CertificateErrorKind::Other), what))
        }
        TlsError::PeerIncompatible(_)
        | TlsError::AlertReceived(HandshakeFailure | InsufficientSecurity | ProtocolVersion) => Some(
            Failure::new(ErrorKind::TlsTerms, "there is no TLS version or cipher in common with the server"),
        ),
        TlsError::InvalidMessage(InvalidMessage::InvalidContentType) => {
            Some(Failure::new(ErrorKind::Protocol, "the server does not speak TLS"))
        }
        TlsError::DecryptError
        | TlsError::InvalidMessage(_)
        | TlsError::PeerSentOversizedRecord
        | TlsError::AlertReceived(
            BadRecordMac | DecodeError | DecryptError | InternalError | RecordOverflow,
        ) => Some(broken(error)),
        TlsError::AlertReceived(alert) => {
            let what = format!("the server ended the TLS connection with {}", in_words(*alert));
            Some(Failure::new(ErrorKind::Protocol, what))
        }
        TlsError::PeerMisbehaved(_)
        | TlsError::InappropriateMessage { .. }
        | TlsError::InappropriateHandshakeMessage { .. } => {
            Some(Failure::new(ErrorKind::Protocol, "the server breaks the rules of TLS"))
        }
        _ => None,
    }
}

/// Names an alert as its RFC does, by what a server means by it.
fn in_words(alert: AlertDescription) -> String {
    use AlertDescription as Alert;
    match alert {
        Alert::UnrecognisedName => {
            "the alert 'unrecognized name': it does not serve this host name".to_owned()
        }
        Alert::CertificateRequired => {
            "the alert 'certificate required': it wants a client certificate".to_owned()
        }
        Alert::BadCertificate
        | Alert::UnsupportedCertificate
        | Alert::CertificateRevoked
        | Alert::CertificateExpired
        | Alert::CertificateUnknown
        | Alert::UnknownCA
        | Alert::AccessDenied => {
            format!("alert {}: it does not take the client certificate, or wants one", u8::from(alert))
        }
        other => format!("alert {}", u8::from(other)),
    }
}

/// The body of an answer, whose end before its time is told in the same words as that of a request. A record that
/// was damaged on the way is the connection's fault and not the server's.
#[derive(Debug)]
pub(crate) struct Body<R>(pub(crate) R);

impl<R: Read> Read for Body<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read(buf).map_err(|error| match Error::from(error) {
            Error::Timeout(timeout) => io::Error::other(of_timeout(timeout)),
            Error::Io(error) => match tls_error(&error) {
                Some(damage) => io::Error::other(broken(damage)),
                None => error,
            },
            other => io::Error::other(other),
        })
    }
}

fn broken(damage: &TlsError) -> Failure {
    let what = match damage {
        TlsError::AlertReceived(alert) => format!("the server ended it with {}", in_words(*alert)),
        _ => "a record came damaged".to_owned(),
    };
    Failure::new(ErrorKind::Interrupted, format!("the TLS connection broke: {what}"))
}

#[cfg(test)]
mod tests {
    use rustls::{CertificateError, PeerIncompatible};

    use super::*;

    fn over_io(error: TlsError) -> Error {
        Error::Io(io::Error::new(io::ErrorKind::InvalidData, error))
    }

    /// Returns the error for a body that ends so.
    fn read(error: fn() -> io::Error) -> Failure {
        struct Broken(fn() -> io::Error);
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(self.0())
            }
        }
        Body(Broken(error)).read(&mut [0]).unwrap_err().into()
    }

    #[test]
    fn damage_is_told_from_certificates_and_missing_tls() {
        for (error, kind) in [
            (TlsError::DecryptError, ErrorKind::Interrupted),
            (TlsError::InvalidMessage(InvalidMessage::MessageTooShort), ErrorKind::Interrupted),
            (TlsError::AlertReceived(AlertDescription::BadRecordMac), ErrorKind::Interrupted),
            (
                TlsError::InvalidCertificate(CertificateError::UnknownIssuer),
                ErrorKind::Certificate(CertificateErrorKind::UnknownIssuer),
            ),
            (
                TlsError::InvalidCertificate(CertificateError::NotValidForName),
                ErrorKind::Certificate(CertificateErrorKind::OtherName),
            ),
            (TlsError::InvalidMessage(InvalidMessage::InvalidContentType), ErrorKind::Protocol),
            (TlsError::PeerIncompatible(PeerIncompatible::NoCipherSuitesInCommon), ErrorKind::TlsTerms),
            (TlsError::AlertReceived(AlertDescription::HandshakeFailure), ErrorKind::TlsTerms),
            (TlsError::AlertReceived(AlertDescription::ProtocolVersion), ErrorKind::TlsTerms),
            (TlsError::AlertReceived(AlertDescription::UnrecognisedName), ErrorKind::Protocol),
        ] {
            assert_eq!(failure(over_io(error.clone())).kind, kind, "{error}");
        }
        let plain = failure(over_io(TlsError::InvalidMessage(InvalidMessage::InvalidContentType)));
        assert!(plain.message.starts_with("the server does not speak TLS"), "{plain}");
    }

    #[test]
    fn a_cut_or_a_record_that_does_not_decrypt_can_pass() {
        for kind in [io::ErrorKind::UnexpectedEof, io::ErrorKind::ConnectionReset] {
            assert_eq!(failure(Error::Io(kind.into())).kind, ErrorKind::Interrupted, "{kind}");
        }
        let damaged = || io::Error::new(io::ErrorKind::InvalidData, TlsError::DecryptError);
        assert_eq!(read(damaged).kind, ErrorKind::Interrupted);
    }

    #[test]
    fn names_and_time_outs_of_connecting_are_told_as_such() {
        assert_eq!(failure(Error::HostNotFound).kind, UNKNOWN_NAME);
        assert_eq!(
            failure(Error::Timeout(Timeout::Resolve)).kind,
            ErrorKind::Unreachable(UnreachableReason::Other)
        );
        assert_eq!(
            failure(Error::Timeout(Timeout::Connect)).kind,
            ErrorKind::Unreachable(UnreachableReason::Other)
        );
        let dripped = failure(Error::Timeout(Timeout::Global));
        assert_eq!(dripped.kind, ErrorKind::Interrupted);
        assert!(dripped.message.ends_with("did not come to its end"), "{dripped}");
        let silent = failure(Error::Timeout(Timeout::PerRead));
        assert_eq!(silent.kind, ErrorKind::Interrupted);
        assert_eq!(read(|| io::Error::other(Error::Timeout(Timeout::PerRead))), silent);
    }
}
