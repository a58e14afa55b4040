//! Comments of JavaScript.

use super::super::{Region, Scanner};

/// Reads the first line if it names an interpreter.
pub(super) fn read_first_line(scanner: &mut Scanner) {
    if scanner.starts_with(b"#!") {
        scanner.take(Region::Comment, line_length(scanner.rest()));
    }
}

/// Reads a comment, if one begins here.
pub(super) fn read(scanner: &mut Scanner) -> bool {
    let rest = scanner.rest();
    match rest {
        [b'/', b'/', ..] => scanner.take(Region::Comment, line_length(rest)),
        [b'/', b'*', text @ ..] => {
            let end = memchr::memmem::find(text, b"*/");
            scanner.take_closed(Region::Comment, end.map(|end| end + 4));
        }
        _ => return false,
    }
    true
}

/// How many bytes come before the next line end. U+2028 and U+2029 end a line too.
pub(super) fn line_length(text: &[u8]) -> usize {
    let mut length = 0;
    while let Some(rest) = text.get(length..)
        && let Some(found) = memchr::memchr3(b'\n', b'\r', 0xE2, rest)
    {
        length += found;
        if begins_with_line_end(rest.get(found..).unwrap_or_default()) {
            return length;
        }
        length += 1;
    }
    text.len()
}

pub(super) fn begins_with_line_end(text: &[u8]) -> bool {
    matches!(text, [b'\n' | b'\r', ..] | [0xE2, 0x80, 0xA8 | 0xA9, ..])
}
