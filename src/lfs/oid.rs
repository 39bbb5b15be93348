//! The name of an LFS object: the SHA-256 of its content.

use std::fmt;

use serde::{Serialize, Serializer};

/// The id of an LFS object. It shows itself, and is written to JSON, as 64 hexadecimal digits in lower case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Oid([u8; 32]);

impl Oid {
    /// The object without content, which servers often report as missing.
    pub const EMPTY: Self = Self([
        0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27,
        0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
    ]);

    /// Takes the bytes of a hash.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads 64 digits; none for any other text, and none for digits in upper case, which git-lfs refuses too.
    pub fn from_hex(digits: &[u8]) -> Option<Self> {
        if digits.iter().any(u8::is_ascii_uppercase) {
            return None;
        }
        let mut bytes = [0; 32];
        hex::decode_to_slice(digits, &mut bytes).ok()?;
        Some(Self(bytes))
    }

    /// Returns the bytes of the hash.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Oid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn the_empty_object_is_the_hash_of_nothing() {
        assert_eq!(Oid::EMPTY.as_bytes()[..], Sha256::digest(b"")[..]);
    }

    #[test]
    fn what_is_no_hash_in_lower_case_is_none() {
        let digits = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393";
        assert_eq!(Oid::from_hex(digits.as_bytes()).unwrap().to_string(), digits);
        for given in [digits.to_uppercase(), digits[1..].to_owned(), format!("{digits}0"), "g".repeat(64)] {
            assert_eq!(Oid::from_hex(given.as_bytes()), None, "{given}");
        }
    }

    proptest! {
        #[test]
        fn an_id_is_read_as_it_was_shown(bytes: [u8; 32]) {
            let id = Oid::new(bytes);
            prop_assert_eq!(Oid::from_hex(format!("{id:?}").as_bytes()), Some(id));
            prop_assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{id}\""));
        }
    }
}
