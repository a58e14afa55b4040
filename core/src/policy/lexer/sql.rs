//! The parts of a text in SQL: the standard's, with the additions of PostgreSQL.
//!
//! Where MySQL or SQLite read the text in another way, what one of them executes is code.

use memchr::{memchr, memchr2, memmem};

use super::{Region, Scanner};

/// Reads a whole text.
pub(super) fn scan(scanner: &mut Scanner) {
    let mut comments_nest = true;
    while let Some(byte) = scanner.peek() {
        let rest = scanner.rest();
        match byte {
            b'-' if rest.starts_with(b"--") => scan_line_comment(scanner),
            b'/' if rest.starts_with(b"/*") => scan_comment(scanner, &mut comments_nest),
            b'\'' => scan_string(scanner, 0),
            b'"' | b'`' => scanner.take_closed(Region::Code, quoted(rest, 0, byte)),
            b'$' => match dollar_tag(rest) {
                Some(tag) => scanner.take_closed(Region::String, dollar_string(rest, tag)),
                // A parameter of SQLite, whose name is no prefix of a string.
                None => scanner.take(Region::Code, 1 + word(rest.get(1..).unwrap_or_default())),
            },
            _ => match word(rest) {
                0 => scanner.take(Region::Code, 1),
                length => scan_word(scanner, length),
            },
        }
    }
}

/// Reads a comment up to where PostgreSQL ends it, at a carriage return too, and as code up to the line end.
fn scan_line_comment(scanner: &mut Scanner) {
    scanner.take(Region::Comment, scanner.line_length());
    scanner.take_line(Region::Code);
}

/// Reads a comment up to where all dialects end it, and as code up to where the last one does.
fn scan_comment(scanner: &mut Scanner, nest: &mut bool) {
    let rest = scanner.rest();
    let Some(first) = memmem::find(rest.get(2..).unwrap_or_default(), b"*/").map(|length| length + 4) else {
        return scanner.take_closed(Region::Comment, None);
    };
    let executed = rest.starts_with(b"/*!") || rest.starts_with(b"/*M!");
    scanner.take(if executed { Region::Code } else { Region::Comment }, first);
    let opens_another = memmem::find(rest.get(2..first).unwrap_or_default(), b"/*").is_some();
    if *nest && opens_another {
        match nested_comment(rest) {
            Some(last) => scanner.take(Region::Code, last.saturating_sub(first)),
            // Comments that do not close are not nested ones.
            None => *nest = false,
        }
    }
}

/// The length of a comment that may contain others, unless it has no end.
fn nested_comment(rest: &[u8]) -> Option<usize> {
    let (mut at, mut depth) = (2, 1_usize);
    while depth > 0 {
        at += memchr2(b'/', b'*', rest.get(at..)?)?;
        match rest.get(at..at + 2)? {
            b"/*" => depth += 1,
            b"*/" => depth -= 1,
            _ => at -= 1,
        }
        at += 2;
    }
    Some(at)
}

/// Reads a word, and the string whose prefix it is.
fn scan_word(scanner: &mut Scanner, length: usize) {
    let rest = scanner.rest();
    let (word, after) = rest.split_at_checked(length).unwrap_or((rest, b""));
    match (word, after) {
        (b"E" | b"e", [b'\'', ..]) => scanner.take_closed(Region::String, escape_string(rest)),
        (b"B" | b"b" | b"N" | b"n" | b"X" | b"x", [b'\'', ..]) => scan_string(scanner, 1),
        (b"U" | b"u", [b'&', b'\'', ..]) => scan_string(scanner, 2),
        _ => scanner.take(Region::Code, length),
    }
}

/// Reads a string after its prefix, in which two quotes are one.
///
/// A backslash before a quote is a character of the standard and an escape of MySQL: the rest of the line is code then.
fn scan_string(scanner: &mut Scanner, prefix: usize) {
    let rest = scanner.rest();
    let end = quoted(rest, prefix, b'\'');
    match escaped_quote(rest, prefix + 1, end.unwrap_or(rest.len())) {
        Some(at) => {
            scanner.take(Region::String, at + 1);
            scanner.take_line(Region::Code);
        }
        None => scanner.take_closed(Region::String, end),
    }
}

/// The position of the first quote after an odd number of backslashes.
fn escaped_quote(rest: &[u8], start: usize, end: usize) -> Option<usize> {
    let mut at = start;
    while let Some(length) = memchr(b'\\', rest.get(at..end)?) {
        at += length + 1;
        if rest.get(at) == Some(&b'\'') {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// The length of what this quote closes, in which two quotes are one.
fn quoted(rest: &[u8], prefix: usize, quote: u8) -> Option<usize> {
    let mut at = prefix + 1;
    loop {
        at += memchr(quote, rest.get(at..)?)? + 1;
        if rest.get(at) != Some(&quote) {
            return Some(at);
        }
        at += 1;
    }
}

fn escape_string(rest: &[u8]) -> Option<usize> {
    let mut at = 2;
    loop {
        at += memchr2(b'\'', b'\\', rest.get(at..)?)?;
        let is_end = rest.get(at) == Some(&b'\'') && rest.get(at + 1) != Some(&b'\'');
        if is_end {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// `$$`, or `$` and `$` with a name between.
fn dollar_tag(rest: &[u8]) -> Option<&[u8]> {
    let name = rest.get(1..)?;
    let length = name.iter().take_while(|byte| **byte != b'$' && is_word(**byte)).count();
    let is_name = !name.first()?.is_ascii_digit() && name.get(length) == Some(&b'$');
    rest.get(..length + 2).filter(|_| is_name)
}

fn dollar_string(rest: &[u8], tag: &[u8]) -> Option<usize> {
    Some(memmem::find(rest.get(tag.len()..)?, tag)? + 2 * tag.len())
}

/// The length of a keyword, a name or a number. A name may contain `$`.
fn word(rest: &[u8]) -> usize {
    let starts = rest.first().is_some_and(|byte| is_word(*byte));
    rest.iter().take_while(|byte| starts && (is_word(**byte) || **byte == b'$')).count()
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::super::Language;
    use super::super::testing::assert_parts;

    fn assert_sql(marked: &str) {
        assert_parts(Language::Sql, marked);
    }

    #[test]
    fn comments_end_at_the_line_end_or_at_their_mark() {
        assert_sql("a «-- b '»\r\nc «/* d -- ' */» e - «/**/» -f / * g");
    }

    #[test]
    fn what_follows_a_carriage_return_in_a_comment_is_code() {
        assert_sql("«-- a»\rb 'c' -- d\r\n«-- e»\n‹'f'›");
    }

    #[test]
    fn a_nested_comment_is_one_up_to_where_every_dialect_ends_it() {
        assert_sql("a «/* b /* c */» d ' */ e ‹'f'›");
        assert_sql("a «/* b /* c */» d ‹'/* e'› «-- f»");
        assert_sql("a «/* /* */» b «/* /* */» ‹'c'›");
    }

    #[test]
    fn a_comment_that_mysql_executes_is_code() {
        assert_sql("/*!40101 SET a='b' */; /*M!1 it's */; «/* c */»");
    }

    #[test]
    fn two_quotes_in_a_string_are_one() {
        assert_sql("a ‹'it''s -- \n/*'›, ‹''›, ‹''''›, ‹'b'›");
        assert_sql("a ‹'\\\\'› ‹'b\\c'› «-- d»");
    }

    #[test]
    fn a_quote_after_a_backslash_makes_the_rest_of_the_line_code() {
        assert_sql("a ‹'b\\'›c', 'd' -- e\n‹'f'›");
        assert_sql("a ‹'C:\\'›, 'd'\n‹'f'›");
    }

    #[test]
    fn a_prefix_belongs_to_its_string() {
        assert_sql("a ‹E'b\\''''› ‹e'\\\\'› ‹X'1f'› ‹b'01'› ‹N'c'› ‹U&'d'› like‹'e'› u&f");
    }

    #[test]
    fn a_dollar_string_ends_at_its_own_tag() {
        assert_sql("a ‹$$b ' -- $ $c$ $$› ‹$d$ $$ $e$ ' $d$› «-- f»");
        assert_sql("a$b$ ‹'c'› $1 $2$ ‹'$$'› «-- d»");
    }

    #[test]
    fn the_name_of_a_parameter_is_no_prefix() {
        assert_sql("$e‹'b\\'›c', 'd'\n$n‹''› $1 ‹E'\\''›");
    }

    #[test]
    fn a_quoted_name_is_code() {
        assert_sql("a \"it's -- \"\"b\" `it's -- ``b` [c] ‹'d'›");
    }

    #[test]
    fn what_has_no_end_is_code_like_all_after_it() {
        assert_sql("a /* b\n-- c");
        assert_sql("a 'b\n-- c");
        assert_sql("a E'b\\'\n-- c");
        assert_sql("a $b$ c $$\n-- d");
        assert_sql("a \"b\n-- c");
    }
}
