//! As much of HTTP/1.1 as a server on loopback reads: a request's head, and its body in either framing.

use std::io::{self, BufRead, Read};

/// The request line and the header fields.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
}

/// How a request says where its body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    Empty,
    Length(u64),
    Chunked,
}

impl Head {
    /// Reads the next request's head; `None` where the client has closed the connection between two requests.
    pub(crate) fn read(from: &mut impl BufRead) -> io::Result<Option<Self>> {
        let request = line(from)?;
        if request.is_empty() {
            return Ok(None);
        }
        let mut words = request.split(' ');
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let mut head = Self { method: method.to_owned(), target: target.to_owned(), headers: Vec::new() };
        loop {
            let field = line(from)?;
            if field.is_empty() {
                return Ok(Some(head));
            }
            let (name, value) = field.split_once(':').ok_or(io::ErrorKind::InvalidData)?;
            head.headers.push((name.to_owned(), value.trim().to_owned()));
        }
    }

    /// The value of a header field, by its name in any case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub(crate) fn framing(&self) -> Framing {
        if self.header("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
            return Framing::Chunked;
        }
        match self.header("content-length").and_then(|length| length.parse().ok()) {
            Some(0) | None => Framing::Empty,
            Some(length) => Framing::Length(length),
        }
    }
}

/// A request's body, decoded. A connection that ends before the body does is an error.
#[derive(Debug)]
pub(crate) struct Body<R> {
    from: R,
    framing: Framing,
    /// Bytes left of the body, or of the current chunk.
    left: u64,
}

impl<R: BufRead> Body<R> {
    pub(crate) fn new(from: R, framing: Framing) -> Self {
        let left = if let Framing::Length(length) = framing { length } else { 0 };
        Self { from, framing, left }
    }

    fn next_chunk(&mut self) -> io::Result<()> {
        let size = line(&mut self.from)?;
        self.left = u64::from_str_radix(size.trim(), 16).map_err(|_| io::ErrorKind::UnexpectedEof)?;
        if self.left == 0 {
            line(&mut self.from)?;
            self.framing = Framing::Empty;
        }
        Ok(())
    }
}

impl<R: BufRead> Read for Body<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 && self.framing == Framing::Chunked {
            self.next_chunk()?;
        }
        if self.left == 0 || buffer.is_empty() {
            return Ok(0);
        }
        let count = (&mut self.from).take(self.left).read(buffer)?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= count as u64;
        if self.left == 0 && self.framing == Framing::Chunked {
            line(&mut self.from)?;
        }
        Ok(count)
    }
}

/// One line without its line end; empty at the end of the stream.
fn line(from: &mut impl BufRead) -> io::Result<String> {
    let mut text = String::new();
    from.read_line(&mut text)?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}
