//! The parts of a text in Rust, as rustc reads them.

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
        && let Some(close) = memmem::find_iter(rest, b"\n---").find(|at| closes_front_matter(rest, *at, dashes))
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
        b"r" | b"br" | b"cr" if opens => scanner.take_closed(Region::String, raw_string(rest, length, hashes)),
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

#[cfg(test)]
mod tests {
    use super::super::Language;
    use super::super::testing::assert_parts;

    fn assert_rust(marked: &str) {
        assert_parts(Language::Rust, marked);
    }

    #[test]
    fn comments_end_at_the_line_end_or_at_their_last_mark() {
        assert_rust("a «// b»\nc «/// d»\r\n«//! e»");
        assert_rust("a «/* b /* c */ d */» e «/***/» / * f");
        assert_rust("a «/** \" */» b «/*/ c */» d");
    }

    #[test]
    fn a_comment_or_a_string_without_an_end_is_code_like_all_after_it() {
        assert_rust("a /* b /* c */ // d");
        assert_rust("a(\"b // c\n\\\"");
        assert_rust("a(r#\"b\" // c\n");
    }

    #[test]
    fn a_string_ends_at_a_quote_that_is_not_escaped() {
        assert_rust("a(‹\"\\\"//\"›, ‹\"\\\\\"›) «// b»");
        assert_rust("a(‹\"b\n// c\"›)");
    }

    #[test]
    fn a_raw_string_ends_at_a_quote_with_its_hashes() {
        assert_rust("a(‹r\"\\\"›, ‹r#\"\"\"#›, ‹r##\"\"#\"##›, ‹br#\"\"\"#›, ‹cr#\"\"\"#›)");
        assert_rust("‹r#\"a\"#›# b");
    }

    #[test]
    fn a_prefix_and_a_suffix_belong_to_their_literal() {
        assert_rust("a(‹b\"\\\"\"›, ‹c\"\\\"\"›, ‹b'\\''›, ‹b'\"'›, ‹\"x\"_a1›, ‹'x'u8› 1)");
        assert_rust("abr‹\"\\\\\"› 1r‹\"\"› cr# b c‹'x'›");
    }

    #[test]
    fn a_name_after_r_and_a_hash_is_no_raw_string() {
        assert_rust("r#fn(r#type, ‹\"a\"›) r#br‹\"\\\"\"›");
    }

    #[test]
    fn a_character_is_told_from_a_lifetime_and_a_label() {
        assert_rust("a(‹'\"'›, ‹'\\''›, ‹'\\\\'›, ‹'/'›, ‹'''›, ‹'\\u{1f600}'›, ‹'é'›, ‹'日'›)");
        assert_rust("fn f<'a, 'é>(a: &'a str, b: &'_ u8) -> &'static str { ‹'a'› }");
        assert_rust("'a: loop { break 'a; } 'r#b ‹\"'\"›");
        assert_rust("a!('b‹\"c\"›, ‹'bcd'›)");
    }

    #[test]
    fn a_character_without_an_end_is_code_up_to_the_line_end_or_a_comment() {
        assert_rust("a('\\ b\nc(‹\"d\"›)");
        assert_rust("a('( «// b»\nc");
    }

    #[test]
    fn the_first_line_is_a_comment_for_the_loader_of_the_system_but_no_attribute() {
        assert_rust("«#!/usr/bin/env cargo»\nfn main() {}");
        assert_rust("#![no_std] «// a»");
        assert_rust("#! «/* a */»\n[no_std]");
        assert_rust("a\n#!/b ‹\"c\"›");
    }

    #[test]
    fn the_front_matter_of_a_script_is_code() {
        assert_rust("«#!/usr/bin/env cargo»\n---cargo\n# it's\n--\"\n--- \n‹\"a\"›");
        assert_rust("---\n# \"\n---\n‹\"a\"›");
        assert_rust("--- a ‹\"b\"›");
    }

    #[test]
    fn blanks_outside_of_ascii_end_a_word() {
        assert_rust("a\u{2028}‹r\"\\\"› b\u{85}‹b'\"'›");
    }
}
