//! The parts of a text in Rust, as rustc reads them.

#[cfg(test)]
mod tests;

use memchr::{memchr, memchr2, memmem};

use super::{Region, Scanner};

/// Reads a whole text.
pub(super) fn scan(scanner: &mut Scanner) {
    scan_preamble(scanner);
    while let Some(byte) = scanner.peek() {
        let rest = scanner.rest();
        match byte {
            b'/' if rest.starts_with(b"//") => scanner.take_line(Region::Comment),
            b'/' if rest.starts_with(b"/*") => scanner.take_closed(Region::Comment, block_comment(rest)),
            b'"' => scanner.take_closed(Region::String, string(rest, 0)),
            b'\'' => scan_quote(scanner),
            _ => match word(rest) {
                0 => scanner.take(Region::Code, 1),
                length => scan_word(scanner, length),
            },
        }
    }
}

/// Reads the byte order mark, the line for the system's loader and the front matter, which are no tokens.
fn scan_preamble(scanner: &mut Scanner) {
    if scanner.starts_with("\u{feff}".as_bytes()) {
        scanner.take(Region::Code, 3);
    }
    if scanner.starts_with(b"#!") && !begins_attribute(scanner.rest().get(2..).unwrap_or_default()) {
        scanner.take_line(Region::Comment);
    }
    scanner.take(Region::Code, blanks(scanner.rest()));
    let rest = scanner.rest();
    let dashes = rest.iter().take_while(|byte| **byte == b'-').count();
    if dashes >= 3
        && let Some(close) =
            memmem::find_iter(rest, b"\n---").find(|at| closes_front_matter(rest, *at, dashes))
    {
        scanner.take(Region::Code, close + 1);
        scanner.take_line(Region::Code);
    }
}

/// Whether the line after this line end begins with as many dashes as the front matter.
fn closes_front_matter(rest: &[u8], line_end: usize, dashes: usize) -> bool {
    let line = rest.get(line_end + 1..).unwrap_or_default();
    line.iter().take(dashes).filter(|byte| **byte == b'-').count() == dashes
}

/// Whether the text after `#!` continues an inner attribute: with `[` after blanks and comments that document nothing.
fn begins_attribute(mut rest: &[u8]) -> bool {
    loop {
        rest = rest.get(blanks(rest)..).unwrap_or_default();
        let comment = match rest {
            [b'/', b'/' | b'*', ..] if documents(rest) => return false,
            [b'/', b'/', ..] => memchr(b'\n', rest),
            [b'/', b'*', ..] => block_comment(rest),
            _ => return rest.starts_with(b"["),
        };
        rest = comment.and_then(|length| rest.get(length..)).unwrap_or_default();
    }
}

fn documents(comment: &[u8]) -> bool {
    match comment {
        [_, _, b'!', ..] => true,
        [_, b'/', b'/', after @ ..] => !after.starts_with(b"/"),
        [_, b'*', b'*', after @ ..] => !matches!(after, [b'*' | b'/', ..]),
        _ => false,
    }
}

/// The length of a comment that may contain others, unless it has no end.
fn block_comment(rest: &[u8]) -> Option<usize> {
    let (mut at, mut depth) = (2, 1_usize);
    while depth > 0 {
        at += memchr2(b'/', b'*', rest.get(at..)?)?;
        let mark = rest.get(at..at + 2)?;
        match mark {
            b"/*" => depth += 1,
            b"*/" => depth -= 1,
            _ => at -= 1,
        }
        at += 2;
    }
    Some(at)
}

/// The length of a string after `prefix` bytes, with its suffix, unless it has no end.
fn string(rest: &[u8], prefix: usize) -> Option<usize> {
    let mut at = prefix + 1;
    loop {
        at += memchr2(b'"', b'\\', rest.get(at..)?)?;
        if rest.get(at) == Some(&b'"') {
            return Some(at + 1 + suffix(rest.get(at + 1..)?));
        }
        at += 2;
    }
}

/// The length of a raw string after `prefix` bytes, with its suffix, unless it has no end.
fn raw_string(rest: &[u8], prefix: usize, hashes: usize) -> Option<usize> {
    let mut at = prefix + hashes + 1;
    loop {
        at += memchr(b'"', rest.get(at..)?)? + 1;
        let end = rest.get(at..)?.iter().take(hashes).take_while(|byte| **byte == b'#').count();
        at += end;
        if end == hashes {
            return Some(at + suffix(rest.get(at..)?));
        }
    }
}

/// Reads an identifier, a number or a keyword, and the literal whose prefix it is.
fn scan_word(scanner: &mut Scanner, length: usize) {
    let rest = scanner.rest();
    let (prefix, after) = rest.split_at_checked(length).unwrap_or((rest, b""));
    let hashes = after.iter().take_while(|byte| **byte == b'#').count();
    let opens = after.get(hashes) == Some(&b'"');
    let name = after.get(hashes..).map_or(0, suffix);
    match prefix {
        b"r" | b"k" if hashes == 1 && name > 0 => scanner.take(Region::Code, length + hashes + name),
        b"b" if after.starts_with(b"'") => match character(rest, 1) {
            Ok(length) => scanner.take(Region::String, length),
            Err(length) => scanner.take(Region::Code, length),
        },
        b"b" | b"c" if opens && hashes == 0 => scanner.take_closed(Region::String, string(rest, length)),
        b"r" | b"br" | b"cr" if opens => {
            scanner.take_closed(Region::String, raw_string(rest, length, hashes))
        }
        _ => scanner.take(Region::Code, length),
    }
}

/// Reads a character literal, or the quote and name of a lifetime or label.
fn scan_quote(scanner: &mut Scanner) {
    let rest = scanner.rest();
    let name = rest.get(1..).unwrap_or_default();
    let length = if name.starts_with(b"r#") && suffix(name.get(2..).unwrap_or_default()) > 0 {
        2 + word(name.get(2..).unwrap_or_default())
    } else {
        word(name)
    };
    let closed = length > 0 && name.get(length) == Some(&b'\'') && !name.starts_with(b"r#");
    let one = name.first().map(|byte| character_length(*byte));
    match character(rest, 0) {
        // Several characters are an error that rustc reads as one literal, without a suffix.
        _ if closed && one != Some(length) => scanner.take(Region::String, length + 2),
        _ if length > 0 && !closed => scanner.take(Region::Code, 1 + length),
        Ok(length) => scanner.take(Region::String, length),
        Err(length) => scanner.take(Region::Code, length),
    }
}

/// The length of a character literal after `prefix` bytes, with its suffix; else the length of what has no end.
fn character(rest: &[u8], prefix: usize) -> Result<usize, usize> {
    let content = prefix + 1;
    let first = rest.get(content).map_or(0, |byte| character_length(*byte));
    let mut at = content;
    if rest.get(content) != Some(&b'\\') && rest.get(content + first) == Some(&b'\'') {
        at = content + first;
    }
    loop {
        match rest.get(at..).unwrap_or_default() {
            [b'\'', after @ ..] => return Ok(at + 1 + suffix(after)),
            // A comment begins after a quote that was forgotten.
            [] | [b'/', ..] => return Err(at),
            [b'\n', after @ ..] if !after.starts_with(b"'") => return Err(at),
            [b'\\', _, ..] => at += 2,
            _ => at += 1,
        }
    }
}

/// The number of bytes of a character, by its first byte.
fn character_length(first: u8) -> usize {
    usize::try_from(first.leading_ones()).unwrap_or(1).max(1)
}

/// The length of the suffix of a literal.
fn suffix(rest: &[u8]) -> usize {
    if rest.first().is_some_and(u8::is_ascii_digit) { 0 } else { word(rest) }
}

/// The length of an identifier, a number or a keyword. Outside of ASCII, all but blanks counts.
fn word(rest: &[u8]) -> usize {
    let mut at = 0;
    while let Some(byte) = rest.get(at)
        && (byte.is_ascii_alphanumeric() || *byte == b'_' || !byte.is_ascii())
    {
        if wide_blank(rest.get(at..).unwrap_or_default()) > 0 {
            break;
        }
        at += 1;
    }
    at
}

/// The length of the blanks at the begin.
fn blanks(rest: &[u8]) -> usize {
    let mut at = 0;
    loop {
        let rest = rest.get(at..).unwrap_or_default();
        at += match rest {
            [b'\t'..=b'\r' | b' ', ..] => 1,
            _ if wide_blank(rest) > 0 => wide_blank(rest),
            _ => return at,
        }
    }
}

/// The length of a blank outside of ASCII: of those that Unicode calls pattern white space.
fn wide_blank(rest: &[u8]) -> usize {
    match rest {
        [0xc2, 0x85, ..] => 2,
        [0xe2, 0x80, 0x8e | 0x8f | 0xa8 | 0xa9, ..] => 3,
        _ => 0,
    }
}
