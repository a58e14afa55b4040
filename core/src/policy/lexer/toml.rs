//! The parts of a text in TOML. A quoted key is a string.

use super::quoted::{Backslash, one_line, triple};
use super::{Region, Scanner};

/// Reads a whole text.
pub(super) fn scan(scanner: &mut Scanner) {
    while let Some(code) = memchr::memchr3(b'#', b'"', b'\'', scanner.rest()) {
        scanner.take(Region::Code, code);
        if scanner.starts_with(b"#") {
            scanner.take(Region::Comment, scanner.line_length());
        } else {
            scanner.take_closed(Region::String, string_length(scanner.rest()));
        }
    }
}

/// The length of a string, or `None` if it has several lines and no end.
fn string_length(text: &[u8]) -> Option<usize> {
    let backslash = if text.starts_with(b"'") { Backslash::Literal } else { Backslash::Escapes };
    if !text.starts_with(b"'''") && !text.starts_with(b"\"\"\"") {
        return Some(one_line(text, backslash));
    }
    let end = triple(text, backslash)?;
    // Up to two quotes before the closing three belong to the string.
    let more =
        text.get(end..).unwrap_or_default().iter().take(2).take_while(|byte| text.first() == Some(byte));
    Some(end + more.count())
}

#[cfg(test)]
mod tests {
    use super::super::Language;
    use super::super::testing::assert_parts;

    fn assert(marked: &str) {
        assert_parts(Language::Toml, marked);
    }

    #[test]
    fn a_comment_ends_with_its_line_and_a_string_hides_no_comment() {
        assert("a = 1 «# one»\n«# two»\r\nb = ‹\"# no\"› «# yes \"no\"»");
        assert("a = 1 «# one»\rb = 2");
    }

    #[test]
    fn a_quoted_key_is_a_string() {
        assert("‹\"a # b\"›.‹'c'› = { ‹\"d\"› = [‹''›, ‹\"\"›] }\n[‹\"e\"›.f]");
    }

    #[test]
    fn a_backslash_escapes_only_in_basic_strings() {
        assert(r#"a = ‹"\""› «# c»"#);
        assert(r#"a = ‹"\\"› «# c»"#);
        assert(r"a = ‹'\'› «# c»");
        assert("a = ‹\"\"\"\\\"\"\" \\\\\"\"\"› «# c»");
        assert("a = ‹'''\\'''› «# c»");
    }

    #[test]
    fn up_to_two_quotes_stand_before_the_closing_three() {
        assert("a = ‹\"\"\"\n# b\n\"\"\"› «# c»");
        assert("a = ‹\"\"\"b\"\"\"\"\"› «# c»");
        assert("a = ‹'''''b'''''› «# c»");
        assert("a = ‹''''''''› ‹'b'› «# c»");
        assert("a = ‹\"\"\"\"\"\"› «# c»");
    }

    #[test]
    fn a_string_without_an_end_ends_with_its_line() {
        assert("a = ‹\"b # c›\nd = ‹'e›\r\nf = 1 «# g»");
        assert("a = ‹\"b\\›\nd = 1 «# e»");
    }

    #[test]
    fn a_string_of_several_lines_without_an_end_is_code() {
        assert("a = ‹'b'› «# c»\nd = \"\"\"e\n# f\n'g'");
        assert("a = '''b\\'");
    }
}
