//! The comments of a text that parses, as TOML or as JSON with comments.

use core::ops::Range;

/// The ranges of the comments in a text that parses, in order; each with what begins it (`#`, `//`, `/*`).
///
/// The languages need not be distinguished: outside of strings, `#` is in no JSON and `/` is in no TOML.
pub(crate) fn comments(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    core::iter::from_fn(move || {
        loop {
            let start = at + text.get(at..)?.find(['"', '\'', '#', '/'])?;
            let rest = text.get(start..)?;
            let comment = comment_length(rest);
            at = start + comment.unwrap_or_else(|| string_length(rest));
            if comment.is_some() {
                return Some(start..at);
            }
        }
    })
}

/// The length of the comment at the beginning of a text.
fn comment_length(text: &str) -> Option<usize> {
    if let Some(inside) = text.strip_prefix("/*") {
        return Some(inside.find("*/").map_or(text.len(), |end| end + "/**/".len()));
    }
    let is_comment = text.starts_with('#') || text.starts_with("//");
    is_comment.then(|| text.lines().next().unwrap_or_default().len())
}

/// The length of the string at the beginning of a text; 1 without one.
fn string_length(text: &str) -> usize {
    let Some(quotes) = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quotes| text.starts_with(quotes))
    else {
        return 1;
    };
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(quotes.len()) {
        let rest = text.get(at..).unwrap_or_default();
        if is_escaped {
            is_escaped = false;
        } else if c == '\\' {
            is_escaped = quotes.starts_with('"');
        } else if let Some(after) = rest.strip_prefix(quotes) {
            // A string in three quotes may end with one or two more.
            let more = after.chars().take_while(|next| *next == c).take(quotes.len() - 1).count();
            return at + quotes.len() + more;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn comments_are_found_outside_of_strings() {
        for (text, expected) in [
            ("# a\r\nx = 1 # b\n", ["# a", "# b"].as_slice()),
            ("x = '#' # it's\ny = 'a\\' # c", &["# it's", "# c"]),
            ("x = \"\\\"#\\\\\" # a", &["# a"]),
            ("x = \"\"\"\n# \" \\\"\"\" # in\"\"\"\"\" # a\n", &["# a"]),
            ("x = '''\n# ' \\''''' # a\ny = \"\" # b\nz = '' # c\n", &["# a", "# b", "# c"]),
            ("a.\"#\".b = [ # a\n1, # b\n]", &["# a", "# b"]),
            (
                "{\"a\": \"//\", // it's \"b\"\n/* c\n# // */ \"#\": \"\" /**/}",
                &["// it's \"b\"", "/* c\n# // */", "/**/"],
            ),
            ("\"\\\\\" // a", &["// a"]),
            ("", &[]),
        ] {
            let found: Vec<&str> = comments(text).map(|comment| &text[comment]).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
