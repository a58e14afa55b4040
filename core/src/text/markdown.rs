//! Text inside Markdown.

#[cfg(feature = "policy")]
use alloc::format;
use alloc::string::String;

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

#[cfg(all(test, feature = "policy"))]
mod tests {
    use super::*;

    #[test]
    fn code_has_no_markup() {
        assert_eq!(code("`</code>|\n@a"), "<code>&#96;&#60;&#47;code&#62;&#124;&#92;n&#64;a</code>");
    }
}
