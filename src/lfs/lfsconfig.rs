//! The settings of a repository's `.lfsconfig` that say where its LFS objects are.
//!
//! The file is of Git's format (`git-config`, CONFIGURATION FILE). Anyone who may push writes it. Only what git-lfs
//! takes as safe and a mirror needs is read: `lfs.url` and `remote.NAME.lfsurl`; `lfs.pushurl` is for those who push there,
//! and a source is only read. Includes are not followed.

use std::fmt;

/// The largest file that is read, in bytes. Real ones have a few lines.
pub const LARGEST: usize = 64 << 10;

/// The remote whose setting counts: what a clone calls the repository that it was made of.
const ORIGIN: &str = "origin";

/// The content of a `.lfsconfig`. It does not show the values, which can hold a password.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct LfsConfig {
    url: Option<String>,
    origin_url: Option<String>,
}

/// The reason why a file is no `.lfsconfig`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LfsConfigError {
    /// It is larger than [`LARGEST`].
    #[error("it is larger than {} KiB", LARGEST >> 10)]
    TooLarge,
    /// Git would refuse it, too.
    #[error("its line {0} is not written as Git's configuration is")]
    Malformed(usize),
}

impl LfsConfig {
    /// Reads the content of a `.lfsconfig`. Of a setting that is there twice, the last one counts.
    ///
    /// # Errors
    ///
    /// Fails if it is too large or not of Git's format.
    pub fn parse(content: &[u8]) -> Result<Self, LfsConfigError> {
        if content.len() > LARGEST {
            return Err(LfsConfigError::TooLarge);
        }
        let mut config = Self::default();
        let mut reader = Reader::new(content);
        let result = reader.read(&mut |section, key, value| config.set(section, key, value));
        result.map_err(|Malformed| LfsConfigError::Malformed(reader.line))?;
        Ok(config)
    }

    /// Returns the URL that LFS objects of this repository are at: `lfs.url`, else `remote.origin.lfsurl`.
    pub fn url(&self) -> Option<&str> {
        self.url.as_deref().or(self.origin_url.as_deref())
    }

    fn set(&mut self, section: &Section, key: &str, value: Option<&str>) {
        let Some(value) = value else { return };
        let place = match (section.name.as_str(), section.subsection.as_deref(), key) {
            ("lfs", None, "url") => &mut self.url,
            ("remote", Some(ORIGIN), "lfsurl") => &mut self.origin_url,
            _ => return,
        };
        *place = Some(value.to_owned());
    }
}

impl fmt::Debug for LfsConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LfsConfig").finish_non_exhaustive()
    }
}

/// The section that settings are of; its name is in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Section {
    name: String,
    subsection: Option<String>,
}

/// Bytes that Git would not take.
#[derive(Debug)]
struct Malformed;

/// A reader of Git's configuration, byte by byte as Git's own is (`config.c`).
struct Reader<'a> {
    rest: &'a [u8],
    line: usize,
    place: Place,
}

/// Tells whether bytes are left. The end is a line feed, too.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Within,
    AtEnd,
}

/// Hears of a section, a key in lower case, and its value; a switch that is on has none.
type Found<'f> = dyn FnMut(&Section, &str, Option<&str>) + 'f;

impl<'a> Reader<'a> {
    fn new(content: &'a [u8]) -> Self {
        let rest = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
        Self { rest, line: 1, place: Place::Within }
    }

    fn read(&mut self, found: &mut Found<'_>) -> Result<(), Malformed> {
        let mut section = Section::default();
        loop {
            match self.next() {
                b'\n' if self.place == Place::AtEnd => return Ok(()),
                b'#' | b';' => self.skip_line(),
                byte if is_blank(byte) => {}
                b'[' => section = self.section()?,
                byte if byte.is_ascii_alphabetic() => {
                    let (key, value) = self.setting(byte)?;
                    found(&section, &key, value.as_deref());
                }
                _ => return Err(Malformed),
            }
        }
    }

    /// Returns the next byte; CRLF is one line feed.
    fn next(&mut self) -> u8 {
        let (byte, rest) = match self.rest {
            [b'\r', b'\n', rest @ ..] => (b'\n', rest),
            [byte, rest @ ..] => (*byte, rest),
            [] => {
                self.place = Place::AtEnd;
                return b'\n';
            }
        };
        self.rest = rest;
        self.line += usize::from(byte == b'\n');
        byte
    }

    fn skip_line(&mut self) {
        while self.next() != b'\n' {}
    }

    /// Reads what follows `[`: `name]`, `name "subsection"]`, or the older `name.subsection]`, which is in lower case.
    fn section(&mut self) -> Result<Section, Malformed> {
        let mut name = String::new();
        loop {
            match self.next() {
                b']' if name.is_empty() => return Err(Malformed),
                b']' => {
                    let (name, subsection) = match name.split_once('.') {
                        Some((name, subsection)) => (name.to_owned(), Some(subsection.to_owned())),
                        None => (name, None),
                    };
                    return Ok(Section { name, subsection });
                }
                byte if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.') => {
                    name.push(char::from(byte.to_ascii_lowercase()));
                }
                b'\n' => return Err(self.unfinished_line()),
                byte if is_blank(byte) => return Ok(Section { name, subsection: Some(self.subsection()?) }),
                _ => return Err(Malformed),
            }
        }
    }

    /// Reads what follows the blank: `"subsection"]`.
    fn subsection(&mut self) -> Result<String, Malformed> {
        loop {
            match self.next() {
                b'"' => break,
                b'\n' => return Err(self.unfinished_line()),
                byte if is_blank(byte) => {}
                _ => return Err(Malformed),
            }
        }
        let mut name = Vec::new();
        loop {
            let byte = match self.next() {
                b'"' => break,
                b'\\' => self.next(),
                byte => byte,
            };
            if byte == b'\n' {
                return Err(self.unfinished_line());
            }
            name.push(byte);
        }
        if self.next() == b']' { Ok(crate::text::of_bytes(&name).into_owned()) } else { Err(Malformed) }
    }

    /// Reads a setting whose key begins with this byte, up to the end of its line.
    fn setting(&mut self, first: u8) -> Result<(String, Option<String>), Malformed> {
        let mut key = String::from(char::from(first.to_ascii_lowercase()));
        let mut next = self.next();
        while next.is_ascii_alphanumeric() || next == b'-' {
            key.push(char::from(next.to_ascii_lowercase()));
            next = self.next();
        }
        while matches!(next, b' ' | b'\t') {
            next = self.next();
        }
        match next {
            b'\n' => Ok((key, None)),
            b'=' => Ok((key, Some(self.value()?))),
            _ => Err(Malformed),
        }
    }

    /// Reads a value: blanks around it do not count, a comment ends it, `"` keeps both, `\` escapes and joins lines.
    fn value(&mut self) -> Result<String, Malformed> {
        let (mut value, mut kept, mut quoted) = (Vec::new(), 0, Quoted::No);
        loop {
            match (self.next(), quoted) {
                (b'\n', Quoted::No) => break,
                (b'\n', Quoted::Yes) => return Err(self.unfinished_line()),
                (b'#' | b';', Quoted::No) => {
                    self.skip_line();
                    break;
                }
                (byte, Quoted::No) if is_blank(byte) => {
                    // Those before it count never, those behind it only if something follows.
                    if !value.is_empty() {
                        value.push(byte);
                    }
                    continue;
                }
                (b'"', _) => quoted = quoted.other(),
                (b'\\', _) => match self.next() {
                    b'\n' => {}
                    escape => value.push(escaped(escape)?),
                },
                (byte, _) => value.push(byte),
            }
            kept = value.len();
        }
        value.truncate(kept);
        // Git ends a value at a NUL, and a URL holds none.
        if value.contains(&0) { Err(Malformed) } else { Ok(crate::text::of_bytes(&value).into_owned()) }
    }

    /// Notes that the fault is in the line that just ended.
    fn unfinished_line(&mut self) -> Malformed {
        self.line -= usize::from(self.place == Place::Within);
        Malformed
    }
}

/// Tells whether a value is between quotes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quoted {
    Yes,
    No,
}

impl Quoted {
    fn other(self) -> Self {
        if self == Self::Yes { Self::No } else { Self::Yes }
    }
}

/// Tells whether Git takes a byte for a blank.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

fn escaped(byte: u8) -> Result<u8, Malformed> {
    match byte {
        b't' => Ok(b'\t'),
        b'b' => Ok(0x08),
        b'n' => Ok(b'\n'),
        b'\\' | b'"' => Ok(byte),
        _ => Err(Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Option<String> {
        LfsConfig::parse(text.as_bytes()).unwrap().url().map(str::to_owned)
    }

    #[test]
    fn the_url_of_lfs_is_found() {
        for (text, expected) in [
            ("[lfs]\n\turl = https://host/r\n", "https://host/r"),
            ("[LFS]\nURL=https://host/r", "https://host/r"),
            ("\u{feff}[lfs]\r\n\turl = https://host/r\r\n", "https://host/r"),
            ("[lfs] url = https://host/r # here", "https://host/r"),
            ("[lfs]url=\"https://host/r#a;b\" ; there", "https://host/r#a;b"),
            ("; first\n# second\n[lfs]\n url = https://host/\\\n  r\n", "https://host/  r"),
            ("[lfs]\nurl = \"a\\tb\\\\\\\"c\\n\" d  e  \n", "a\tb\\\"c\n d  e"),
            ("[lfs]\nurl = \"  a  \"  \n", "  a  "),
            ("[lfs]\nurl = one\nurl = two\n[core]\nx = y\n[lfs]\nurl = three\n", "three"),
            ("[lfs]\nurl =\n", ""),
            ("[remote \"origin\"]\nlfsurl = https://host/r\n", "https://host/r"),
            ("[Remote.ORIGIN]\nLfsUrl = https://host/r\n", "https://host/r"),
            ("[remote \"or\\igin\"]\nlfsurl = https://host/r\n", "https://host/r"),
            ("[remote \"origin\"]\nlfsurl = other\n[lfs]\nurl = this\n", "this"),
            ("[lfs]\nflag\nurl = this\n", "this"),
            ("[lfs]\nurl = this\\", "this"),
            ("[lfs]\nurl = this  \\\n", "this  "),
        ] {
            assert_eq!(url(text).as_deref(), Some(expected), "{text:?}");
        }
    }

    #[test]
    fn other_settings_are_not_read() {
        for text in [
            "",
            "url = https://host/r\n",
            "[lfs]\npushurl = https://host/r\n",
            "[lfs \"https://host\"]\nurl = https://host/r\n",
            "[lfs]\nurl\n",
            "[lfs]\nconcurrenttransfers = 8\n",
            "[remote \"Origin\"]\nlfsurl = https://host/r\n",
            "[remote \"upstream\"]\nlfsurl = https://host/r\n",
            "[remote]\nlfsurl = https://host/r\n",
            "[remote \"origin\"]\nurl = https://host/r\nlfspushurl = x\n",
            "[include]\npath = /etc/passwd\n",
            "[lfs-url]\nurl = x\n[xlfs]\nurl = x\n",
        ] {
            assert_eq!(url(text), None, "{text:?}");
        }
    }

    #[test]
    fn what_git_refuses_is_refused_with_its_line() {
        for (text, line) in [
            ("[lfs\nurl = x\n", 1),
            ("[lfs]\n\n1url = x\n", 3),
            ("[lfs]\nurl_x = x\n", 2),
            ("[lfs]\nurl x\n", 2),
            ("[lfs]\nurl = \"x\n", 2),
            ("[lfs]\nurl = \\x\n", 2),
            ("[lfs \"a]\nurl = x\n", 1),
            ("[lfs \"a\" ]\nurl = x\n", 1),
            ("[lfs a]\nurl = x\n", 1),
            ("<<<<<<< HEAD\n[lfs]\n", 1),
            ("[lfs]\nurl = x\n=======\n", 3),
        ] {
            assert_eq!(LfsConfig::parse(text.as_bytes()), Err(LfsConfigError::Malformed(line)), "{text:?}");
        }
        assert_eq!(LfsConfig::parse(&vec![b'\n'; LARGEST + 1]), Err(LfsConfigError::TooLarge));
        assert_eq!(LfsConfig::parse(&vec![b'\n'; LARGEST]), Ok(LfsConfig::default()));
    }

    #[test]
    fn a_value_is_not_shown() {
        let config = LfsConfig::parse(b"[lfs]\nurl = https://a:hunter22@host/r\n").unwrap();
        assert!(!format!("{config:?}").contains("hunter22"));
    }
}
