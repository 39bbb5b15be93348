//! The first bytes of a session: Git's service, or what the account's login scripts or shell print.

/// The speaker of the first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opening {
    /// A service that speaks v2.
    V2,
    /// A service that speaks v0 or v1, or says at once why it does not.
    Earlier,
    /// Nobody's that speaks Git: text for people.
    Text,
}

/// The begin of a first line that has no id, behind its length.
const STARTS: [&[u8]; 4] = [b"version 2", b"version 1", b"ERR ", b"shallow "];

impl Opening {
    /// Tells it by all bytes that came; none where more of them are needed.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        match bytes.split_at_checked(4)? {
            // A repository without refs, of a server without v2.
            (b"0000", _) => Some(Self::Earlier),
            (length, line) if length.iter().all(u8::is_ascii_hexdigit) => Self::of_line(line),
            _ => Some(Self::Text),
        }
    }

    /// Looks at the line, too: text may begin as a length does, as in `2024-11-28` or `beef`.
    fn of_line(line: &[u8]) -> Option<Self> {
        if let Some(start) = STARTS.iter().find(|start| line.starts_with(start)) {
            return Some(if *start == b"version 2" { Self::V2 } else { Self::Earlier });
        }
        let id = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        match line.get(id) {
            None if id <= 64 => None,
            Some(b' ') if id == 40 || id == 64 => Some(Self::Earlier),
            _ if STARTS.iter().any(|start| start.starts_with(line)) => None,
            _ => Some(Self::Text),
        }
    }
}

/// Returns where the service begins behind a text that was printed before.
pub(super) fn service_behind(text: &[u8]) -> Option<usize> {
    // A flush-pkt is no sign: text has zeros, too.
    let begins = |bytes: &[u8]| {
        !bytes.starts_with(b"0000") && matches!(Opening::of(bytes), Some(Opening::V2 | Opening::Earlier))
    };
    (0..text.len()).find(|at| text.get(*at..).is_some_and(begins))
}

#[cfg(test)]
mod tests {
    use super::*;

    const V0: &str = "00e51234567890123456789012345678901234567890 HEAD\0multi_ack";

    #[test]
    fn a_service_and_a_text_are_told_apart_by_the_first_line() {
        for (bytes, opening) in [
            ("000eversion 2\n", Opening::V2),
            ("000dversion 2", Opening::V2),
            ("000eversion 1\n", Opening::Earlier),
            ("0000", Opening::Earlier),
            ("0009ERR x", Opening::Earlier),
            ("0035shallow 1234", Opening::Earlier),
            (V0, Opening::Earlier),
            ("Welcome to host42\n", Opening::Text),
            ("This account is currently not available.\n", Opening::Text),
            ("2024-11-28 10:00 login\n", Opening::Text),
            ("2024\n", Opening::Text),
            ("beef and cafe\n", Opening::Text),
            ("deadbeef\n", Opening::Text),
            ("000eversion 3\n", Opening::Text),
            ("\x1b[31mhi", Opening::Text),
        ] {
            assert_eq!(Opening::of(bytes.as_bytes()), Some(opening), "{bytes}");
        }
        let sha256 = format!("0135{} HEAD", "ab".repeat(32));
        assert_eq!(Opening::of(sha256.as_bytes()), Some(Opening::Earlier));
        assert_eq!(Opening::of(&[b'a'; 70]), Some(Opening::Text));
    }

    #[test]
    fn what_may_still_become_either_is_waited_for() {
        for bytes in ["", "We", "000e", "000eversi", "000eversion ", "0009E", &V0[..30], &V0[..44]] {
            assert_eq!(Opening::of(bytes.as_bytes()), None, "{bytes}");
        }
    }

    #[test]
    fn the_service_is_found_behind_the_text() {
        for (text, service) in
            [("Welcome\n", V0), ("no line break", "000eversion 2\n"), ("10000 bytes\n", V0)]
        {
            assert_eq!(service_behind(format!("{text}{service}").as_bytes()), Some(text.len()));
            assert_eq!(service_behind(text.as_bytes()), None);
        }
    }
}
