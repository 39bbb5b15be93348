//! Object ids and the hash that makes them.

use std::fmt;

use sha1::Digest;

/// The hash function that names a repository's objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ObjectFormat {
    /// 20 bytes; what a server means that names no format.
    Sha1,
    /// 32 bytes.
    Sha256,
}

impl ObjectFormat {
    /// Returns the format of that name in Git's capabilities, if it is known.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "sha1" => Some(Self::Sha1),
            "sha256" => Some(Self::Sha256),
            _ => None,
        }
    }

    /// Returns the format's name in Git's capabilities.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
        }
    }

    /// Returns the number of bytes of a hash.
    pub fn hash_len(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }

    /// Returns the id that stands for "no object" in a ref update.
    pub fn zero(self) -> ObjectId {
        match self {
            Self::Sha1 => ObjectId::Sha1([0; 20]),
            Self::Sha256 => ObjectId::Sha256([0; 32]),
        }
    }

    /// Starts a running hash.
    pub fn hasher(self) -> Hasher {
        match self {
            Self::Sha1 => Hasher::Sha1(sha1::Sha1::new()),
            Self::Sha256 => Hasher::Sha256(sha2::Sha256::new()),
        }
    }
}

impl fmt::Display for ObjectFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The name of an object. `Display` writes all hexadecimal digits, `{:.10}` the first ten.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectId {
    /// An id of a sha1 repository.
    Sha1([u8; 20]),
    /// An id of a sha256 repository.
    Sha256([u8; 32]),
}

impl ObjectId {
    /// Returns the id of these bytes, or none if they are not as many as one of that format has.
    pub fn from_bytes(bytes: &[u8], format: ObjectFormat) -> Option<Self> {
        match format {
            ObjectFormat::Sha1 => bytes.try_into().ok().map(Self::Sha1),
            ObjectFormat::Sha256 => bytes.try_into().ok().map(Self::Sha256),
        }
    }

    /// Returns the id that the hexadecimal digits name, or none if they are not one of that format.
    pub fn from_hex(digits: &[u8], format: ObjectFormat) -> Option<Self> {
        match format {
            ObjectFormat::Sha1 => {
                let mut bytes = [0; 20];
                hex::decode_to_slice(digits, &mut bytes).ok()?;
                Some(Self::Sha1(bytes))
            }
            ObjectFormat::Sha256 => {
                let mut bytes = [0; 32];
                hex::decode_to_slice(digits, &mut bytes).ok()?;
                Some(Self::Sha256(bytes))
            }
        }
    }

    /// Returns the id's bytes: 20 or 32 of them.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Sha1(bytes) => bytes,
            Self::Sha256(bytes) => bytes,
        }
    }

    /// Returns the format that the id belongs to.
    pub fn format(&self) -> ObjectFormat {
        match self {
            Self::Sha1(_) => ObjectFormat::Sha1,
            Self::Sha256(_) => ObjectFormat::Sha256,
        }
    }

    /// Tells whether this is the id that stands for "no object".
    pub fn is_zero(&self) -> bool {
        self.as_bytes().iter().all(|byte| *byte == 0)
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = f.precision().unwrap_or(usize::MAX);
        for (place, byte) in self.as_bytes().iter().enumerate() {
            match digits.saturating_sub(place * 2) {
                0 => break,
                1 => write!(f, "{:x}", byte >> 4)?,
                _ => write!(f, "{byte:02x}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A hash that is fed piece by piece.
#[derive(Clone, Debug)]
pub enum Hasher {
    /// Makes 20 bytes.
    Sha1(sha1::Sha1),
    /// Makes 32 bytes.
    Sha256(sha2::Sha256),
}

impl Hasher {
    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha1(hash) => hash.update(bytes),
            Self::Sha256(hash) => hash.update(bytes),
        }
    }

    /// Returns the hash of all bytes taken.
    pub fn finish(self) -> ObjectId {
        match self {
            Self::Sha1(hash) => ObjectId::Sha1(hash.finalize().into()),
            Self::Sha256(hash) => ObjectId::Sha256(hash.finalize().into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_and_written_as_hexadecimal_digits() {
        let digits = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391";
        let id = ObjectId::from_hex(digits.as_bytes(), ObjectFormat::Sha1).unwrap();
        assert_eq!(id.to_string(), digits);
        assert_eq!(format!("{id:.10}"), "e69de29bb2");
        assert_eq!(format!("{id:.7}"), "e69de29");
    }

    #[test]
    fn an_id_of_the_wrong_length_or_with_other_letters_is_none() {
        for digits in ["", "e69d", "z69de29bb2d1d6434b8b29ae775ad8c2e48c5391"] {
            assert_eq!(ObjectId::from_hex(digits.as_bytes(), ObjectFormat::Sha1), None);
        }
        assert_eq!(ObjectId::from_hex(&[b'0'; 40], ObjectFormat::Sha256), None);
    }

    #[test]
    fn the_hash_of_an_empty_blob_is_the_one_that_git_knows() {
        for (format, expected) in [
            (ObjectFormat::Sha1, "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"),
            (ObjectFormat::Sha256, "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813"),
        ] {
            let mut hash = format.hasher();
            hash.update(b"blob 0");
            hash.update(b"\0");
            assert_eq!(hash.finish().to_string(), expected);
            assert!(format.zero().is_zero());
            assert_eq!(format.zero().as_bytes().len(), format.hash_len());
        }
    }
}
