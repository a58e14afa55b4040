//! The parts of a text in Go.

use memchr::{memchr, memmem};

use super::{Region, Scanner};

/// Reads a whole text.
pub(super) fn scan(scanner: &mut Scanner) {
    while let Some(byte) = scanner.peek() {
        let rest = scanner.rest();
        match byte {
            b'/' if rest.starts_with(b"//") => scanner.take_line(Region::Comment),
            b'/' if rest.starts_with(b"/*") => scanner.take_closed(Region::Comment, block_comment(rest)),
            b'`' => scanner.take_closed(Region::String, raw_string(rest)),
            b'"' | b'\'' => match literal(rest, byte) {
                Some(length) => scanner.take(Region::String, length),
                None => scanner.take_line(Region::Code),
            },
            _ => scanner.take(Region::Code, 1),
        }
    }
}

fn block_comment(rest: &[u8]) -> Option<usize> {
    Some(memmem::find(rest.get(2..)?, b"*/")? + 4)
}

fn raw_string(rest: &[u8]) -> Option<usize> {
    Some(memchr(b'`', rest.get(1..)?)? + 2)
}

/// The length of a string or rune, unless its line ends before it.
fn literal(rest: &[u8], quote: u8) -> Option<usize> {
    let mut at = 1;
    loop {
        match rest.get(at..)? {
            [byte, ..] if *byte == quote => return Some(at + 1),
            [] | [b'\n', ..] => return None,
            [b'\\', escaped, ..] if *escaped != b'\n' => at += 2,
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Language;
    use super::super::testing::assert_parts;

    fn assert_go(marked: &str) {
        assert_parts(Language::Go, marked);
    }

    #[test]
    fn comments_do_not_nest() {
        assert_go("a «// b»\nc «/* d /* e */» f */ «/**/» / g");
        assert_go("a «/*/ b */» c");
    }

    #[test]
    fn a_string_ends_at_a_quote_that_is_not_escaped() {
        assert_go("a(‹\"\\\"//\"›, ‹\"\\\\\"›, ‹\"'`\"›) «// b»");
    }

    #[test]
    fn a_raw_string_has_no_escapes_and_may_have_lines() {
        assert_go("a(‹`\\`›, ‹`b\n// \"c\n`›)");
    }

    #[test]
    fn a_rune_is_a_string() {
        assert_go("a(‹'\"'›, ‹'\\''›, ‹'\\\\'›, ‹'`'›, ‹'\\u00e9'›, ‹'日'›)");
    }

    #[test]
    fn a_string_or_rune_without_an_end_is_code_up_to_the_line_end() {
        assert_go("a(\"b // c\nd(‹\"e\"›)");
        assert_go("a('b \"c\" \\\nd(‹\"e\"›)");
    }

    #[test]
    fn a_comment_or_raw_string_without_an_end_is_code_like_all_after_it() {
        assert_go("a /* b \"c\"\n// d");
        assert_go("a(`b \"c\"\n// d");
    }
}
