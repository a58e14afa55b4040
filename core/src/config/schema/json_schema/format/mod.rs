//! The formats of JSON Schema Draft 7 (validation, section 7.3), each checked by the grammar of its RFC.

mod email;
mod host;
mod pointer;
mod time;

use core::net::{Ipv4Addr, Ipv6Addr};

use iri_string::spec::{IriSpec, UriSpec};
use iri_string::template::UriTemplateStr;
use iri_string::validate::{iri, iri_reference};

use super::pattern::Pattern;

/// A format that Draft 7 defines.
#[derive(Clone, Copy, Debug)]
pub(super) struct StringFormat {
    /// The name that schemas use.
    pub(super) name: &'static str,
    /// Completes "expected …", with an example.
    pub(super) description: &'static str,
    /// Whether a text is of the format.
    pub(super) accepts: Predicate,
}

type Predicate = fn(&str) -> bool;

/// Names, descriptions and predicates.
const FORMATS: [(&str, &str, Predicate); 17] = [
    // RFC 3339, section 5.6.
    ("date-time", "an RFC 3339 date and time (2026-01-31T12:00:00Z)", time::is_date_time),
    ("date", "an RFC 3339 date (2026-01-31)", time::is_date),
    ("time", "an RFC 3339 time with an offset (12:00:00Z)", time::is_time),
    // `Mailbox` of RFC 5321, section 4.1.2, and of RFC 6531, section 3.3.
    ("email", "an e-mail address (ann@example.com)", email::is_mailbox),
    ("idn-email", "an internationalized e-mail address (ann@bücher.example)", email::is_idn_mailbox),
    // RFC 1123, section 2.1, and RFC 5890, section 2.3.2.3.
    ("hostname", "a host name (db.example.com)", host::is_hostname),
    ("idn-hostname", "an internationalized host name (bücher.example)", host::is_idn_hostname),
    // `dotnum` of RFC 2673, section 3.2, and RFC 4291, section 2.2.
    ("ipv4", "an IPv4 address (192.0.2.1)", |text| text.parse::<Ipv4Addr>().is_ok()),
    ("ipv6", "an IPv6 address (2001:db8::1)", |text| text.parse::<Ipv6Addr>().is_ok()),
    // RFC 3986, sections 3 and 4.1, and RFC 3987, section 2.2.
    ("uri", "a URI with a scheme (https://example.com/path)", |text| iri::<UriSpec>(text).is_ok()),
    ("uri-reference", "a URI or a relative reference (../path?query)", |text| {
        iri_reference::<UriSpec>(text).is_ok()
    }),
    ("iri", "an IRI with a scheme (https://bücher.example/größe)", |text| iri::<IriSpec>(text).is_ok()),
    ("iri-reference", "an IRI or a relative reference (../größe?query)", |text| {
        iri_reference::<IriSpec>(text).is_ok()
    }),
    // RFC 6570, section 2, of any of its four levels.
    ("uri-template", "an RFC 6570 URI template (https://example.com/{id})", is_template),
    // RFC 6901, section 3, and draft-bhutton-relative-json-pointer-00, section 3, which every text of the draft that
    // Draft 7 names satisfies.
    ("json-pointer", "a JSON pointer (/models/0/name)", pointer::is_pointer),
    ("relative-json-pointer", "a relative JSON pointer (1/name)", pointer::is_relative_pointer),
    // ECMA-262.
    ("regex", "an ECMA-262 regular expression (^[a-z]+$)", |text| Pattern::new(text).is_ok()),
];

impl StringFormat {
    /// The format of that name; `None` if Draft 7 defines none, so that every text passes.
    pub(super) fn named(wanted: &str) -> Option<Self> {
        let (name, description, accepts) = FORMATS.into_iter().find(|(name, ..)| *name == wanted)?;
        Some(Self { name, description, accepts })
    }
}

/// Whether the text is a URI template.
///
/// The library rejects literals that are not ASCII, so each such character is replaced by `-`, which is allowed in a
/// literal and not in an expression.
fn is_template(text: &str) -> bool {
    UriTemplateStr::new(&text.replace(|c: char| !c.is_ascii() && !c.is_control(), "-")).is_ok()
}

/// Asserts that the format accepts every text of the first list and none of the second.
#[cfg(test)]
fn check(name: &str, accepted: &[&str], rejected: &[&str]) {
    let format = StringFormat::named(name).unwrap();
    for text in accepted {
        assert!((format.accepts)(text), "{name} rejects {text:?}");
    }
    for text in rejected {
        assert!(!(format.accepts)(text), "{name} accepts {text:?}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_names_are_no_formats() {
        for name in ["uuid", "Date", ""] {
            assert!(StringFormat::named(name).is_none(), "{name}");
        }
    }

    #[test]
    fn every_example_in_a_description_is_of_its_format() {
        for (name, description, accepts) in FORMATS {
            let (_, example) = description.rsplit_once(" (").unwrap();
            assert!(accepts(example.strip_suffix(')').unwrap()), "{name}: {example}");
        }
    }

    #[test]
    fn addresses_are_written_in_full_and_in_decimal() {
        check("ipv4", &["0.0.0.0", "255.255.255.255"], &["", "1.2.3", "01.2.3.4", "1.2.3.256", "1.2.3.4/8"]);
        check("ipv6", &["::", "64:ff9b::192.0.2.33"], &["", "1::2::3", "fe80::1%eth0", "[::1]", "::1/64"]);
    }

    #[test]
    fn a_uri_has_a_scheme_and_a_reference_need_not() {
        let (absolute, relative) =
            (["https://a:b@c:80/d?e#f", "urn:isbn:1"], ["", "?a", "../x?y=/?#/?", "//h//p"]);
        check("uri", &absolute, &relative);
        check(
            "uri-reference",
            &absolute,
            &["1a://host", "http://[1.2.3.4]", "a b", "a\\b", "a%2", "a#b#c", "é"],
        );
        check("uri-reference", &relative, &[]);
    }

    #[test]
    fn an_iri_takes_more_characters_but_the_same_shape() {
        check("iri", &["http://bücher.example/größe?ä=ö#ü"], &["größe", "ü:a", "http://a b", "a:\u{fdd0}"]);
        check(
            "iri-reference",
            &["größe", "?\u{e000}", "\u{10000}"],
            &["\\größe", "#\u{e000}", "ä%2", "\u{85}"],
        );
    }

    #[test]
    fn a_template_has_literals_of_any_script_and_names_of_ascii() {
        check(
            "uri-template",
            &["", "/größe/{id}", "{+base}{/path*}{?q,lang:2}{&page}{#part}", "{a.b_c%20d}", "a%2F~('a')!"],
            &[
                "{", "}", "{}", "{a", "{a{b}}", "{a,}", "{a-b}", "{!a}", "{ä}", "{a:x}", "{a*b}", "a b",
                "a%2", "<a>",
            ],
        );
        check("uri-template", &[], &["a\u{7f}", "a\u{85}"]);
    }

    #[test]
    fn a_regex_is_one_of_ecma() {
        check("regex", &["", "^[a-z]{2,}$", r"(?<year>\d{4})-\k<year>"], &["(", "[a", r"\Z", "a**"]);
    }
}
