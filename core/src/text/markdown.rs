//! Text inside Markdown.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::visible;

/// A text on one line, or for a cell of a table: nothing in it is markup.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in visible(text).chars() {
        if matches!(
            c,
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '&' | '$'
        ) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// A description on one line: nothing in it is markup, except code between backticks.
pub(crate) fn described(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let parts: Vec<&str> = line.split('`').collect();
    if parts.len().is_multiple_of(2) || line.contains("``") {
        return at_line_start(&escaped(&line));
    }
    let part = |(at, part): (usize, &&str)| match at % 2 {
        0 => escaped(part),
        _ => code_span(part),
    };
    at_line_start(&parts.iter().enumerate().map(part).collect::<String>())
}

/// Without what is markup only at the start of a line: a list, a number of a list, a line below a heading.
fn at_line_start(text: &str) -> String {
    let is_number = text.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with(['.', ')']);
    match text.find(['.', ')']) {
        Some(at) if is_number && at > 0 => {
            let (number, rest) = text.split_at(at);
            format!("{number}\\{rest}")
        }
        _ if text.starts_with(['-', '+', '=', ':']) => format!("\\{text}"),
        _ => text.into(),
    }
}

/// A text as code on one line, outside of tables: nothing in it is markup.
pub(crate) fn code_span(text: &str) -> String {
    let text = visible(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let space =
        if text.is_empty() || text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

/// A text as code, on one line, or for a cell of a table: nothing in it is markup, an address, or the name of a person.
#[cfg(feature = "policy")]
pub(crate) fn code(text: &str) -> String {
    let mut code = String::from("<code>");
    for c in visible(text).chars() {
        if c.is_ascii_punctuation() {
            code += &format!("&#{};", u32::from(c));
        } else {
            code.push(c);
        }
    }
    code + "</code>"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_keeps_its_code_and_has_no_other_markup() {
        assert_eq!(
            described("One of `a_b`,\n  <b>c_d</b> | *e*."),
            "One of `a_b`, \\<b\\>c\\_d\\</b\\> \\| \\*e\\*."
        );
        assert_eq!(described("an ` open_end"), "an \\` open\\_end");
        assert_eq!(described("- no list"), "\\- no list");
        assert_eq!(described("12. no number"), "12\\. no number");
        assert_eq!(described("12.5 of it"), "12\\.5 of it");
    }

    #[test]
    fn a_code_span_ends_where_its_text_does() {
        assert_eq!(code_span("a|b"), "`a|b`");
        assert_eq!(code_span("``a`"), "``` ``a` ```");
        assert_eq!(code_span(""), "`  `");
    }

    #[cfg(feature = "policy")]
    #[test]
    fn code_has_no_markup() {
        assert_eq!(code("`</code>|\n@a"), "<code>&#96;&#60;&#47;code&#62;&#124;&#92;n&#64;a</code>");
    }
}
