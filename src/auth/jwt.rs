//! JSON Web Tokens (RFC 7519) that are signed by RS256, which a GitHub App and an application of Microsoft Entra prove by
//! that they hold their private key.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::{Map, Value};
use thiserror::Error;

use crate::error::{ErrorKind, Failure, TokenProblem};
use crate::secret::Secret;

/// An RSA key that signs tokens.
pub struct SigningKey(RsaKeyPair);

/// The reason why a private key cannot sign. It shows nothing of the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SigningKeyError {
    /// Something else, or a broken file.
    #[error("there is no private key in PEM form")]
    NoKey,
    /// It has a passphrase.
    #[error("the private key is encrypted; give it without a passphrase")]
    Encrypted,
    /// A key of an elliptic curve, say.
    #[error("the private key is no RSA key")]
    NotRsa,
    /// A key of less than 2048 bits is easily broken; ring signs by none of more than 4096.
    #[error("the RSA key has not 2048 to 4096 bits")]
    Length,
    /// It is damaged, or of a kind that nobody makes: of three primes, say, or with an exponent below 65537.
    #[error("the RSA key is damaged, or of an unusual kind")]
    Damaged,
    /// This machine gave no random number to sign with.
    #[error("this machine gave no random number to sign with")]
    NoRandomNumber,
}

impl SigningKey {
    /// Reads the first private key of a PEM file: PKCS#1, which GitHub gives, or PKCS#8.
    ///
    /// # Errors
    ///
    /// Fails if there is none, or it is not one of RSA with 2048 to 4096 bits and without a passphrase.
    pub fn from_pem(pem: &Secret) -> Result<Self, SigningKeyError> {
        // Editors of Windows begin a file with a byte order mark.
        let pem = pem.expose().trim_start_matches('\u{feff}');
        let key = match PrivateKeyDer::from_pem_slice(pem.as_bytes()) {
            // PKCS#1 says so within, PKCS#8 in its first line.
            _ if is_encrypted(pem) => return Err(SigningKeyError::Encrypted),
            Ok(PrivateKeyDer::Pkcs1(key)) => RsaKeyPair::from_der(key.secret_pkcs1_der()),
            Ok(PrivateKeyDer::Pkcs8(key)) => RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()),
            Ok(_) => return Err(SigningKeyError::NotRsa),
            Err(_) => return Err(SigningKeyError::NoKey),
        };
        key.map(Self).map_err(|rejected| match rejected.to_string().as_str() {
            // ring has no other way to tell.
            "WrongAlgorithm" => SigningKeyError::NotRsa,
            "TooSmall" | "TooLarge" | "PrivateModulusLenNotMultipleOf512Bits" => SigningKeyError::Length,
            _ => SigningKeyError::Damaged,
        })
    }

    /// Returns the token of these claims. `header` is what its header holds beside `alg` and `typ`.
    ///
    /// # Errors
    ///
    /// Fails if this machine has no random number to sign with.
    pub fn sign(&self, header: &[(&str, &str)], claims: &Value) -> Result<Secret, SigningKeyError> {
        let usual = [("alg", "RS256"), ("typ", "JWT")];
        let header: Map<_, _> = usual
            .iter()
            .chain(header)
            .map(|(name, value)| ((*name).to_owned(), Value::from(*value)))
            .collect();
        let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encoded(&Value::Object(header)), encoded(claims));
        let mut signature = vec![0; self.0.public().modulus_len()];
        self.0
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
            .map_err(|_| SigningKeyError::NoRandomNumber)?;
        Ok(Secret::new(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))))
    }
}

fn is_encrypted(pem: &str) -> bool {
    ["-----BEGIN ENCRYPTED PRIVATE KEY-----", "Proc-Type: 4,ENCRYPTED"].iter().any(|mark| pem.contains(mark))
}

/// Returns the `jti` of a new token, which no other one has: 128 random bits in hexadecimal.
///
/// # Errors
///
/// Fails if this machine has no random number.
pub fn random_id() -> Result<String, SigningKeyError> {
    let mut id = [0; 16];
    SystemRandom::new().fill(&mut id).map_err(|_| SigningKeyError::NoRandomNumber)?;
    Ok(format!("{:032x}", u128::from_be_bytes(id)))
}

/// Shows nothing of the key.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey")
    }
}

impl From<SigningKeyError> for Failure {
    fn from(error: SigningKeyError) -> Self {
        Self::new(ErrorKind::NoToken(TokenProblem::SigningKey), error.to_string()).of_token_service()
    }
}

#[cfg(test)]
mod tests {
    use ring::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
    use serde_json::json;

    use super::*;
    use crate::auth::testing::{PKCS1, PKCS8};

    fn key(pem: &str) -> Result<SigningKey, SigningKeyError> {
        SigningKey::from_pem(&Secret::new(pem))
    }

    fn decoded(part: &str) -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    }

    #[test]
    fn a_token_holds_what_was_given_and_is_signed() {
        for pem in [PKCS1, PKCS8] {
            let key = key(pem).unwrap();
            let claims = json!({"iss": 7, "aud": "https://x/y"});
            let token = key.sign(&[("x5t", "thumbprint")], &claims).unwrap();
            let (signed, signature) = token.expose().rsplit_once('.').unwrap();
            let (header, payload) = signed.split_once('.').unwrap();
            assert_eq!(decoded(header), json!({"alg": "RS256", "typ": "JWT", "x5t": "thumbprint"}));
            assert_eq!(decoded(payload), claims);
            let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.0.public_key());
            public.verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
        }
    }

    #[test]
    fn a_key_is_read_as_windows_writes_it() {
        key(&format!("\u{feff}{}", PKCS1.replace('\n', "\r\n"))).unwrap();
    }

    #[test]
    fn what_cannot_sign_is_told_apart() {
        let damaged = PKCS8.replace("MIIEvA", "MIIEvB");
        let none = PKCS1.replace(" PRIVATE KEY", " PUBLIC KEY");
        for (pem, expected) in [
            ("", SigningKeyError::NoKey),
            ("hunter22", SigningKeyError::NoKey),
            (&none, SigningKeyError::NoKey),
            (include_str!("testing/encrypted.pkcs1.pem"), SigningKeyError::Encrypted),
            (include_str!("testing/encrypted.pkcs8.pem"), SigningKeyError::Encrypted),
            (include_str!("testing/ec.sec1.pem"), SigningKeyError::NotRsa),
            (include_str!("testing/ec.pkcs8.pem"), SigningKeyError::NotRsa),
            (include_str!("testing/rsa-1024.pem"), SigningKeyError::Length),
            (&damaged, SigningKeyError::Damaged),
        ] {
            assert_eq!(key(pem).unwrap_err(), expected, "{pem}");
        }
        let failure = Failure::from(SigningKeyError::NoKey);
        assert_eq!(failure.kind, ErrorKind::NoToken(TokenProblem::SigningKey));
    }

    #[test]
    fn a_key_does_not_print() {
        assert_eq!(format!("{:?}", key(PKCS8).unwrap()), "SigningKey");
    }

    #[test]
    fn no_two_ids_are_the_same() {
        let [one, other] = [random_id().unwrap(), random_id().unwrap()];
        assert!(one.len() == 32 && one != other, "{one} {other}");
    }
}
