//! Addresses of pages, for links.

use alloc::format;
use alloc::string::String;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// What no part of a URI may contain (RFC 3986, section 2).
const ILLEGAL: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');
/// Only the host may contain brackets.
const ILLEGAL_IN_PATH: &AsciiSet = &ILLEGAL.add(b'[').add(b']');

/// The address as a URI, if it is one of the web. What a URI may not contain is percent-encoded.
///
/// A link to any other scheme could run a script.
pub(super) fn web_address(text: &str) -> Option<String> {
    let scheme = ["https://", "http://"].into_iter().find(|scheme| text.starts_with(scheme))?;
    let rest = text.get(scheme.len()..).filter(|rest| !rest.is_empty())?;
    let (host, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let host = utf8_percent_encode(host, ILLEGAL);
    Some(format!("{scheme}{host}{}", utf8_percent_encode(path, ILLEGAL_IN_PATH)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_web_are_links() {
        for text in
            ["", "docs/rules.md", "javascript:alert(1)", "https://", " https://a", "HTTPS://a", "file:///a"]
        {
            assert_eq!(web_address(text), None, "{text}");
        }
    }

    #[test]
    fn what_a_uri_may_not_contain_is_encoded() {
        for (text, uri) in [
            ("https://example.com/a#b?c=%20", "https://example.com/a#b?c=%20"),
            ("http://[::1]:80/a[0]", "http://[::1]:80/a%5B0%5D"),
            ("https://example.com/a b\">é\n", "https://example.com/a%20b%22%3E%C3%A9%0A"),
        ] {
            assert_eq!(web_address(text).as_deref(), Some(uri));
        }
    }
}
