//! URIs of RFC 3986 and IRIs of RFC 3987, checked by grammar.

use core::net::Ipv6Addr;

/// The characters that a reference is written in.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Alphabet {
    /// ASCII (RFC 3986).
    Uri,
    /// Unicode (RFC 3987).
    Iri,
}

/// Tells whether the text is a reference with a scheme.
pub(super) fn is_absolute(text: &str, alphabet: Alphabet) -> bool {
    scheme(text).is_some() && is_reference(text, alphabet)
}

/// Tells whether the text is a reference, with a scheme or relative to one.
pub(super) fn is_reference(text: &str, alphabet: Alphabet) -> bool {
    let (text, fragment) = text.split_once('#').unwrap_or((text, ""));
    let (text, query) = text.split_once('?').unwrap_or((text, ""));
    let rest = match scheme(text) {
        Some(name) if is_scheme(name) => text.get(name.len() + 1..).unwrap_or_default(),
        // `path-noscheme`: a colon in the first segment of a path would end a scheme.
        Some(_) => return false,
        None => text,
    };
    let path = match rest.strip_prefix("//") {
        Some(rest) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            if !is_authority(authority, alphabet) {
                return false;
            }
            path
        }
        None => rest,
    };
    let private = |c| alphabet == Alphabet::Iri && is_iprivate(c);
    consists_of(path, |c| is_pchar(c, alphabet) || c == '/')
        && consists_of(query, |c| is_pchar(c, alphabet) || c == '/' || c == '?' || private(c))
        && consists_of(fragment, |c| is_pchar(c, alphabet) || c == '/' || c == '?')
}

/// What stands before a colon in the first segment.
fn scheme(text: &str) -> Option<&str> {
    let (before, _) = text.split_once(':')?;
    (!before.contains(['/', '?', '#'])).then_some(before)
}

/// RFC 3986, section 3.1.
fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

/// RFC 3986, section 3.2.
fn is_authority(text: &str, alphabet: Alphabet) -> bool {
    let is_named = |c| is_unreserved(c, alphabet) || is_sub_delim(c);
    let (user, location) = text.split_once('@').unwrap_or(("", text));
    let (host_is_fine, port) = match location.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((literal, port)) => (is_ip_literal(literal), port),
        None => {
            let (name, port) = location.split_at(location.find(':').unwrap_or(location.len()));
            (consists_of(name, is_named), port)
        }
    };
    host_is_fine
        && consists_of(user, |c| is_named(c) || c == ':')
        && (port.is_empty()
            || port.strip_prefix(':').is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit())))
}

/// RFC 3986, section 3.2.2: an IPv6 address, or one of a later version that says its number.
fn is_ip_literal(text: &str) -> bool {
    match text.strip_prefix(['v', 'V']).and_then(|rest| rest.split_once('.')) {
        Some((version, address)) => {
            !version.is_empty()
                && version.bytes().all(|byte| byte.is_ascii_hexdigit())
                && !address.is_empty()
                && address.chars().all(|c| is_unreserved(c, Alphabet::Uri) || is_sub_delim(c) || c == ':')
        }
        None => text.parse::<Ipv6Addr>().is_ok(),
    }
}

/// Tells whether the text is made of such characters and of octets written `%41`.
pub(super) fn consists_of(text: &str, is_allowed: impl Fn(char) -> bool) -> bool {
    let mut chars = text.chars();
    let is_hex = |chars: &mut core::str::Chars<'_>| chars.next().is_some_and(|c| c.is_ascii_hexdigit());
    while let Some(c) = chars.next() {
        let is_fine = if c == '%' { is_hex(&mut chars) && is_hex(&mut chars) } else { is_allowed(c) };
        if !is_fine {
            return false;
        }
    }
    true
}

fn is_pchar(c: char, alphabet: Alphabet) -> bool {
    is_unreserved(c, alphabet) || is_sub_delim(c) || c == ':' || c == '@'
}

fn is_unreserved(c: char, alphabet: Alphabet) -> bool {
    c.is_ascii_alphanumeric()
        || matches!(c, '-' | '.' | '_' | '~')
        || alphabet == Alphabet::Iri && is_ucschar(c) && !is_bidi_control(c)
}

fn is_sub_delim(c: char) -> bool {
    matches!(c, '!' | '$' | '&' | '\'' | '(' | ')' | '*' | '+' | ',' | ';' | '=')
}

/// RFC 3987, section 2.2: above the basic plane, planes end two code points early and the last three are left out.
pub(super) fn is_ucschar(c: char) -> bool {
    match u32::from(c) {
        0xa0..=0xd7ff | 0xf900..=0xfdcf | 0xfdf0..=0xffef => true,
        code @ 0x1_0000..=0xe_ffff => code & 0xffff <= 0xfffd && !(0xe_0000..0xe_1000).contains(&code),
        _ => false,
    }
}

/// RFC 3987, section 2.2.
pub(super) fn is_iprivate(c: char) -> bool {
    matches!(u32::from(c), 0xe000..=0xf8ff | 0xf_0000..=0xf_fffd | 0x10_0000..=0x10_fffd)
}

/// RFC 3987, section 4.1: the marks that turn the direction of text have no place in an IRI.
fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}')
}

#[cfg(test)]
mod tests {
    use super::super::check;

    #[test]
    fn a_uri_has_a_scheme() {
        check(
            "uri",
            &[
                "https://example.com",
                "a:",
                "file:///etc/hosts",
                "git+ssh://git@example.com:22/x.git",
                "urn:isbn:0451450523",
                "data:,a%20b",
                "x://",
            ],
            &[
                "",
                "example.com",
                "/path",
                "//host",
                "1a://host",
                "ä://host",
                "://host",
                "a_b:c",
                "?a:b",
                "#a:b",
            ],
        );
    }

    #[test]
    fn an_authority_is_user_host_and_port() {
        check(
            "uri",
            &["http://a:b@c:80/", "http://c:", "http://[::1]:80", "http://[v1.a:b]/", "http://%41.example/"],
            &[
                "http://c:8x",
                "http://a@b@c",
                "http://[::1",
                "http://[::1]x",
                "http://[1.2.3.4]",
                "http://[v.a]",
                "http://[fe80::1%25eth0]",
                "http://a[b]",
                "http://::1/",
            ],
        );
    }

    #[test]
    fn every_octet_is_of_the_grammar() {
        check(
            "uri-reference",
            &["", "#", "?", "a/b:c", "./a:b", "../x?y=/?#/?", "a%2fb", "//h//p"],
            &[
                "a b", "a\\b", "a%2", "a%", "%gg", "<a>", "a^b", "a|b", "{a}", "a#b#c", "é", "1:b", "a\n",
                "\"", "/[a]",
            ],
        );
    }

    #[test]
    fn an_iri_takes_more_characters_but_the_same_shape() {
        check(
            "iri",
            &["http://bücher.example/größe?ä=ö#ü", "urn:x:例"],
            &["größe", "ü:a", "http://a b", "http://a/\u{202e}b", "a:\u{fdd0}", "a:\u{1ffff}", "a:\u{e000}"],
        );
        check(
            "iri-reference",
            &["größe", "?\u{e000}", "\u{10000}"],
            &["\\größe", "#\u{e000}", "ä%2", "\u{e0001}", "\u{85}"],
        );
    }
}
