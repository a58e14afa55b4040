//! How to correct a syntax error of JSON.

use crate::text::look_alike;

/// Which comments and commas are allowed, or how to allow them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum WayOut {
    /// The text is JSON with comments.
    Lenient,
    /// A file, which may be called `.jsonc`.
    Rename,
    /// There is none.
    None,
}

/// What to write instead of `rest`, where `wanted` is expected.
pub(super) fn help(before: &str, rest: &str, wanted: &str, way: WayOut) -> Option<&'static str> {
    let is_lenient = way == WayOut::Lenient;
    let is_name = wanted.starts_with("a name");
    let is_value = wanted == "a value";
    let is_separator = wanted.starts_with("`,`");
    let before = before.trim_end_matches([' ', '\t', '\n', '\r']);
    let word = rest.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let c = match rest.chars().next() {
        Some(c) => c,
        None if before.trim_matches(['\u{feff}', ' ', '\t', '\n', '\r']).is_empty() => {
            return Some("write {} for an empty configuration");
        }
        None => return None,
    };
    Some(match c {
        '/' if is_lenient && rest.starts_with("/*") => "close the comment with `*/`",
        '#' if is_lenient => "a comment begins with `//`",
        ';' if is_lenient && before.is_empty() => "a comment begins with `//`",
        '/' if is_lenient => "a comment begins with `//` or `/*`",
        '/' | '#' if way == WayOut::None => "JSON has no comments: remove it",
        '/' | '#' => "JSON has no comments: remove it; or call the file `.jsonc`, to allow `//` and `/* */`",
        ';' if before.is_empty() => "JSON has no comments: remove it",
        ';' if is_separator => "put a comma between two members",
        ';' => "remove it",
        '}' | ']' if before.ends_with(',') && way == WayOut::None => "remove the comma before it",
        '}' | ']' if before.ends_with(',') && !is_lenient => {
            "remove the comma before it; or call the file `.jsonc`, to allow it"
        }
        '}' if wanted.starts_with("the end") => "remove it: there is one `}` too many",
        ']' if wanted.starts_with("the end") => "remove it: there is one `]` too many",
        ']' if wanted.contains('}') => "close the object with `}` first, or remove the `]`",
        '}' if wanted.contains(']') => "close the list with `]` first, or remove the `}`",
        ',' if before.ends_with(',') => "remove one of the two commas",
        ',' if before.ends_with(['[', '{']) => "remove the comma",
        ',' if is_value => "write a value before the comma",
        _ if wanted.starts_with("the end") => "JSON allows one value at the top level: merge the two",
        '0'..='9' if is_name && ends_with_number(before.trim_end_matches(',')) => {
            "write a number without commas, such as 1000, and a decimal number with a point, such as 1.5"
        }
        '=' if wanted == "`:`" => "write `:` between name and value",
        '"' | '{' | '[' if is_separator => "put a comma before it",
        '\'' | '`' if !is_name => "put a string in double quotes",
        c if look_alike(c) == Some('"') => "use straight quotes: \"text\"",
        c if is_name && (matches!(c, '\'' | '`') || c.is_alphabetic()) => "put the name in double quotes",
        '+' | '.' => "write a number as 3, -0.5 or 1e6",
        c if look_alike(c) == Some('-') => "write a minus as `-`",
        c if is_separator && c.is_alphanumeric() && ends_with_number(before) => {
            "write a number as 3, -0.5 or 1e6; put a value with a unit in double quotes"
        }
        _ if !is_value => return None,
        _ => match word.to_ascii_lowercase().as_str() {
            "none" | "nil" | "null" | "undefined" => "write `null`",
            "true" | "false" => "write `true` or `false` in lower case",
            "yes" | "no" | "on" | "off" => "write `true` or `false`, or put a string in double quotes",
            "nan" | "inf" | "infinity" => "JSON has no such number: write `null`, or put it in double quotes",
            "" => return None,
            _ => "put a string in double quotes; only `true`, `false` and `null` need none",
        },
    })
}

fn ends_with_number(text: &str) -> bool {
    text.ends_with(|c: char| c.is_ascii_digit())
}
