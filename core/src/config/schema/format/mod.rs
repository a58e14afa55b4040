//! The formats of JSON Schema Draft 7, each judged by the grammar of its RFC.

mod email;
mod host;
mod pointer;
mod template;
mod time;
mod uri;

use core::net::{Ipv4Addr, Ipv6Addr};

use super::pattern::Pattern;

/// A format of Draft 7 (validation, section 7.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// `date-time` of RFC 3339, section 5.6.
    DateTime,
    /// `full-date` of RFC 3339, section 5.6.
    Date,
    /// `full-time` of RFC 3339, section 5.6.
    Time,
    /// `Mailbox` of RFC 5321, section 4.1.2.
    Email,
    /// `Mailbox` of RFC 6531, section 3.3.
    IdnEmail,
    /// A host name of RFC 1123, section 2.1.
    Hostname,
    /// A host name of RFC 5890, section 2.3.2.3.
    IdnHostname,
    /// `dotnum` of RFC 2673, section 3.2.
    Ipv4,
    /// An address of RFC 4291, section 2.2.
    Ipv6,
    /// `URI` of RFC 3986, section 3.
    Uri,
    /// `URI-reference` of RFC 3986, section 4.1.
    UriReference,
    /// `IRI` of RFC 3987, section 2.2.
    Iri,
    /// `IRI-reference` of RFC 3987, section 2.2.
    IriReference,
    /// `URI-Template` of RFC 6570, section 2, of any of its four levels.
    UriTemplate,
    /// `json-pointer` of RFC 6901, section 3.
    JsonPointer,
    /// `relative-json-pointer` of draft-bhutton-relative-json-pointer-00, section 3, which every text of the
    /// draft that Draft 7 names satisfies.
    RelativeJsonPointer,
    /// A pattern of ECMA-262.
    Regex,
}

impl Format {
    const ALL: [Self; 17] = [
        Self::DateTime,
        Self::Date,
        Self::Time,
        Self::Email,
        Self::IdnEmail,
        Self::Hostname,
        Self::IdnHostname,
        Self::Ipv4,
        Self::Ipv6,
        Self::Uri,
        Self::UriReference,
        Self::Iri,
        Self::IriReference,
        Self::UriTemplate,
        Self::JsonPointer,
        Self::RelativeJsonPointer,
        Self::Regex,
    ];

    /// The format that a schema calls so, or nothing: a format that Draft 7 does not define passes every text.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// The name that schemas use.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::DateTime => "date-time",
            Self::Date => "date",
            Self::Time => "time",
            Self::Email => "email",
            Self::IdnEmail => "idn-email",
            Self::Hostname => "hostname",
            Self::IdnHostname => "idn-hostname",
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
            Self::Uri => "uri",
            Self::UriReference => "uri-reference",
            Self::Iri => "iri",
            Self::IriReference => "iri-reference",
            Self::UriTemplate => "uri-template",
            Self::JsonPointer => "json-pointer",
            Self::RelativeJsonPointer => "relative-json-pointer",
            Self::Regex => "regex",
        }
    }

    /// What a text of the format is, with an example, as the end of "expected …".
    pub(super) fn description(self) -> &'static str {
        match self {
            Self::DateTime => "a date and time as RFC 3339 writes it (2026-01-31T12:00:00Z)",
            Self::Date => "a date as RFC 3339 writes it (2026-01-31)",
            Self::Time => "a time with its offset as RFC 3339 writes it (12:00:00Z)",
            Self::Email => "an e-mail address (ann@example.com)",
            Self::IdnEmail => "an e-mail address, of any script (ann@bücher.example)",
            Self::Hostname => "a host name (db.example.com)",
            Self::IdnHostname => "a host name, of any script (bücher.example)",
            Self::Ipv4 => "an IPv4 address (192.0.2.1)",
            Self::Ipv6 => "an IPv6 address (2001:db8::1)",
            Self::Uri => "a URI with its scheme (https://example.com/path)",
            Self::UriReference => "a URI or a relative reference (../path?query)",
            Self::Iri => "an IRI with its scheme (https://bücher.example/größe)",
            Self::IriReference => "an IRI or a relative reference (../größe?query)",
            Self::UriTemplate => "a URI template as RFC 6570 writes it (https://example.com/{id})",
            Self::JsonPointer => "a JSON pointer (/models/0/name)",
            Self::RelativeJsonPointer => "a relative JSON pointer (1/name)",
            Self::Regex => "a regular expression of ECMA-262 (^[a-z]+$)",
        }
    }

    /// Tells whether the text is of the format.
    pub(super) fn accepts(self, text: &str) -> bool {
        match self {
            Self::DateTime => time::is_date_time(text),
            Self::Date => time::is_date(text),
            Self::Time => time::is_time(text),
            Self::Email => email::is_mailbox(text),
            Self::IdnEmail => email::is_idn_mailbox(text),
            Self::Hostname => host::is_hostname(text),
            Self::IdnHostname => host::is_idn_hostname(text),
            Self::Ipv4 => text.parse::<Ipv4Addr>().is_ok(),
            Self::Ipv6 => text.parse::<Ipv6Addr>().is_ok(),
            Self::Uri => uri::is_absolute(text, uri::Alphabet::Uri),
            Self::UriReference => uri::is_reference(text, uri::Alphabet::Uri),
            Self::Iri => uri::is_absolute(text, uri::Alphabet::Iri),
            Self::IriReference => uri::is_reference(text, uri::Alphabet::Iri),
            Self::UriTemplate => template::is_template(text),
            Self::JsonPointer => pointer::is_pointer(text),
            Self::RelativeJsonPointer => pointer::is_relative_pointer(text),
            Self::Regex => Pattern::new(text).is_ok(),
        }
    }
}

/// Checks a table: every text of the first list is of the format, none of the second is.
#[cfg(test)]
fn check(name: &str, accepted: &[&str], refused: &[&str]) {
    let format = Format::named(name).unwrap();
    for text in accepted {
        assert!(format.accepts(text), "{name} refuses {text:?}");
    }
    for text in refused {
        assert!(!format.accepts(text), "{name} accepts {text:?}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_finds_its_format_and_no_other_does() {
        for format in Format::ALL {
            assert_eq!(Format::named(format.name()), Some(format));
        }
        assert_eq!(Format::named("uuid"), None, "a format of later drafts");
        assert_eq!(Format::named("Date"), None);
        assert_eq!(Format::named(""), None);
    }

    #[test]
    fn every_example_in_a_description_is_of_its_format() {
        for format in Format::ALL {
            let (_, example) = format.description().rsplit_once(" (").unwrap();
            assert!(format.accepts(example.strip_suffix(')').unwrap()), "{example}");
        }
    }

    #[test]
    fn addresses_are_written_in_full_and_in_decimal() {
        check(
            "ipv4",
            &["0.0.0.0", "10.20.30.40", "255.255.255.255"],
            &["", "1.2.3", "1.2.3.4.", "01.2.3.4", "1.2.3.256", "１.2.3.4", " 1.2.3.4", "1.2.3.4/8"],
        );
        check(
            "ipv6",
            &["::", "fe80::1", "2001:DB8:0:0:0:0:0:1", "64:ff9b::192.0.2.33"],
            &["", ":", "1::2::3", "fe80::1%eth0", "[::1]", "::1/64", "::fffff", "1:2:3:4:5:6:7:8:9"],
        );
    }

    #[test]
    fn a_regex_is_one_of_ecma() {
        check("regex", &["", "^[a-z]{2,}$", r"(?<year>\d{4})-\k<year>"], &["(", "[a", r"\Z", "a**"]);
    }
}
