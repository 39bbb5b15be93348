//! Lines as .NET's `StreamReader.ReadLine` ends them: LF, CR LF, or a CR alone.

use std::io::{BufReader, Read};

/// Calls `each` with every line of `stream` until its end. Bytes that are no UTF-8 become U+FFFD.
pub fn read(stream: impl Read, mut each: impl FnMut(String)) {
    let mut line = Vec::new();
    let mut after_cr = false;
    for byte in BufReader::new(stream).bytes().map_while(Result::ok) {
        match byte {
            b'\n' if after_cr => {}
            b'\n' | b'\r' => each(String::from_utf8_lossy(&std::mem::take(&mut line)).into_owned()),
            other => line.push(other),
        }
        after_cr = byte == b'\r';
    }
    if !line.is_empty() {
        each(String::from_utf8_lossy(&line).into_owned());
    }
}

#[test]
fn a_lone_carriage_return_ends_a_line() {
    let mut lines = Vec::new();
    read(&b"10%\r20%\rdone\r\n\nlast"[..], |line| lines.push(line));
    assert_eq!(lines, ["10%", "20%", "done", "", "last"]);
}
