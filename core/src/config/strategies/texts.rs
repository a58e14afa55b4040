//! Texts of the formats that occur in settings.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use proptest::prelude::{BoxedStrategy, Just, Strategy, any};
use proptest::string::string_regex;
use proptest::{prop_oneof, sample};

use crate::tree::Datetime;

/// The units that durations are written with.
const TIME_UNITS: [&str; 5] = ["ms", "s", "m", "min", "h"];

/// Texts of a format of JSON Schema; `None` for an unknown one.
pub(super) fn of_format(name: &str) -> Option<BoxedStrategy<String>> {
    Some(match name {
        "ipv4" => ipv4(),
        "ipv6" => ipv6(),
        "hostname" | "idn-hostname" => hostname(),
        "email" | "idn-email" => email(),
        "uri" | "iri" => uri("https", true),
        "uri-reference" | "iri-reference" => prop_oneof![uri("https", true), path("/", "")].boxed(),
        "uri-template" => uri("https", true).prop_map(|uri| uri + "/{id}").boxed(),
        "date" => date(),
        "time" => (time(), offset()).prop_map(|(time, offset)| time + offset).boxed(),
        "date-time" => date_time(),
        "json-pointer" => path("/", ""),
        "relative-json-pointer" => {
            (0..9_u8, path("/", "")).prop_map(|(up, path)| format!("{up}{path}")).boxed()
        }
        "regex" => matching("[a-z]{1,4}[+*?]?"),
        "uuid" => matching("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
        "duration" => matching("P[1-9]D|PT[1-9][0-9]?[HMS]"),
        _ => return None,
    })
}

/// Texts that match a pattern of a schema; `None` if the pattern is too difficult.
pub(super) fn of_pattern(pattern: &str) -> Option<BoxedStrategy<String>> {
    let (start, inner) = match pattern.strip_prefix('^') {
        Some(inner) => ("", inner),
        None => ("[a-z]{0,3}", pattern),
    };
    let (inner, end) = match inner.strip_suffix('$').filter(|inner| !inner.ends_with('\\')) {
        Some(inner) => (inner, ""),
        None => (inner, "[a-z]{0,3}"),
    };
    // A class that is negated, or one of all letters, contains characters that no person types.
    let typed = string_regex(&format!("{start}({inner}){end}")).ok()?;
    Some(
        typed
            .prop_map(|text| {
                text.chars().map(|c| if c.is_ascii() && !c.is_control() { c } else { 'x' }).collect()
            })
            .boxed(),
    )
}

/// Texts of the form of this one, if it has one: an address, a duration, a date, a URL, a path, …
pub(super) fn like(text: &str) -> Option<BoxedStrategy<String>> {
    let host_and_port =
        text.rsplit_once(':').filter(|(host, port)| is_hostname(host) && port.parse::<u16>().is_ok());
    Some(if let Ok(address) = text.parse::<SocketAddr>() {
        socket_address(address.is_ipv4())
    } else if let Ok(address) = text.parse::<IpAddr>() {
        if address.is_ipv4() { ipv4() } else { ipv6() }
    } else if host_and_port.is_some() {
        (hostname(), any::<u16>()).prop_map(|(host, port)| format!("{host}:{port}")).boxed()
    } else if let Ok(datetime) = text.parse::<Datetime>() {
        like_datetime(&datetime)
    } else if let Some((number, unit)) = quantity(text) {
        like_quantity(number, unit)
    } else if let Some((scheme, rest)) = text.split_once("://") {
        uri(scheme, rest.contains('/'))
    } else if text.split_once('@').is_some_and(|(user, host)| !user.is_empty() && is_hostname(host)) {
        email()
    } else if text.contains('/') || text.starts_with(['~', '.']) {
        let start = text.find(|c: char| c.is_alphanumeric()).unwrap_or_default();
        path(text.get(..start).unwrap_or_default(), extension(text))
    } else if !extension(text).is_empty() {
        prop_oneof![3 => path("", extension(text)), 1 => hostname()].boxed()
    } else {
        return None;
    })
}

/// Texts with other letters and digits in the places of those of this one: `1.2.3`, `#ff00aa`, `en-US`.
pub(super) fn of_same_classes(text: &str) -> BoxedStrategy<String> {
    let is_hexadecimal = text.chars().any(|c| c.is_ascii_digit())
        && text.chars().filter(|c| c.is_alphabetic()).all(|c| c.is_ascii_hexdigit());
    let letters = if is_hexadecimal { 6 } else { 26 };
    let classes: Vec<char> = text.chars().collect();
    proptest::collection::vec(any::<u8>(), classes.len())
        .prop_map(move |choices| {
            let replaced = classes.iter().zip(choices).map(|(c, choice)| match c {
                '0'..='9' => char::from(b'0' + choice % 10),
                'a'..='z' => char::from(b'a' + choice % letters),
                'A'..='Z' => char::from(b'A' + choice % letters),
                other => *other,
            });
            replaced.collect()
        })
        .boxed()
}

/// Names as people give them.
pub(super) fn word() -> BoxedStrategy<String> {
    matching("[a-z][a-z0-9_]{0,8}")
}

/// Texts that match a pattern of this file.
fn matching(pattern: &str) -> BoxedStrategy<String> {
    string_regex(pattern).map_or_else(|_| Just(String::new()).boxed(), Strategy::boxed)
}

fn ipv4() -> BoxedStrategy<String> {
    any::<Ipv4Addr>().prop_map(|address| address.to_string()).boxed()
}

fn ipv6() -> BoxedStrategy<String> {
    any::<Ipv6Addr>().prop_map(|address| address.to_string()).boxed()
}

fn socket_address(is_ipv4: bool) -> BoxedStrategy<String> {
    let with_ipv4 = any::<SocketAddrV4>().prop_map(|address| address.to_string());
    let with_ipv6 = (any::<Ipv6Addr>(), any::<u16>())
        .prop_map(|(address, port)| SocketAddrV6::new(address, port, 0, 0).to_string());
    let weights = if is_ipv4 { (3, 1) } else { (1, 3) };
    prop_oneof![weights.0 => with_ipv4, weights.1 => with_ipv6].boxed()
}

fn hostname() -> BoxedStrategy<String> {
    matching("[a-z][a-z0-9]{0,6}(-[a-z0-9]{1,3})?(\\.[a-z]{2,6}){0,2}")
}

fn is_hostname(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
}

fn email() -> BoxedStrategy<String> {
    matching("[a-z]{1,6}(\\.[a-z]{1,6})?@[a-z]{1,8}\\.(com|example|org)")
}

fn uri(scheme: &str, has_path: bool) -> BoxedStrategy<String> {
    let scheme = String::from(scheme);
    let port = prop_oneof![2 => Just(String::new()), 1 => (1..=u16::MAX).prop_map(|port| format!(":{port}"))];
    let rest = if has_path { path("/", "") } else { Just(String::new()).boxed() };
    (hostname(), port, rest)
        .prop_map(move |(host, port, path)| format!("{scheme}://{host}{port}{path}"))
        .boxed()
}

/// Paths of one to three names.
fn path(start: &str, extension: &str) -> BoxedStrategy<String> {
    let (start, extension) = (String::from(start), String::from(extension));
    matching("[a-z][a-z0-9_]{0,6}(/[a-z][a-z0-9_]{0,6}){0,2}")
        .prop_map(move |names| format!("{start}{names}{extension}"))
        .boxed()
}

/// The ending of a file name with its dot: `.toml`; empty if there is none.
fn extension(text: &str) -> &str {
    let name = text.rsplit('/').next().unwrap_or_default();
    let dot = name.rfind('.').filter(|dot| *dot > 0 && *dot + 1 < name.len());
    let ending = dot.and_then(|dot| name.get(dot..)).unwrap_or_default();
    if ending.chars().skip(1).all(char::is_alphanumeric) { ending } else { "" }
}

fn date() -> BoxedStrategy<String> {
    (1970..2100_u16, 1..=12_u8, 1..=28_u8)
        .prop_map(|(year, month, day)| format!("{year:04}-{month:02}-{day:02}"))
        .boxed()
}

fn time() -> BoxedStrategy<String> {
    (0..24_u8, 0..60_u8, 0..60_u8)
        .prop_map(|(hour, minute, second)| format!("{hour:02}:{minute:02}:{second:02}"))
        .boxed()
}

fn offset() -> impl Strategy<Value = &'static str> {
    sample::select(&["Z", "+02:00", "-08:00"][..])
}

fn date_time() -> BoxedStrategy<String> {
    (date(), time(), offset()).prop_map(|(date, time, offset)| format!("{date}T{time}{offset}")).boxed()
}

/// Dates and times with the same parts.
pub(super) fn like_datetime(datetime: &Datetime) -> BoxedStrategy<String> {
    let value = &datetime.0;
    match (value.date, value.time, value.offset) {
        (Some(_), Some(_), Some(_)) => date_time(),
        (Some(_), Some(_), None) => {
            (date(), time()).prop_map(|(date, time)| format!("{date}T{time}")).boxed()
        }
        (Some(_), ..) => date(),
        _ => time(),
    }
}

/// A number and its unit, with the space between them: `250ms`, `64 KiB`, `1.5s`, `80%`.
fn quantity(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end)?;
    let is_unit = unit.trim_start().chars().all(|c| c.is_alphabetic() || c == '%');
    (number.parse::<f64>().is_ok() && is_unit).then_some((number, unit))
}

fn like_quantity(number: &str, unit: &str) -> BoxedStrategy<String> {
    let space = unit.len() - unit.trim_start().len();
    let space = String::from(unit.get(..space).unwrap_or_default());
    let mut units = Vec::from([String::from(unit.trim_start())]);
    if TIME_UNITS.contains(&unit.trim_start()) {
        units.extend(TIME_UNITS.map(String::from));
    }
    let numbers = if number.contains('.') { "[1-9][0-9]?\\.[0-9]" } else { "0|[1-9][0-9]{0,3}" };
    (matching(numbers), sample::select(units))
        .prop_map(move |(number, unit)| format!("{number}{space}{unit}"))
        .boxed()
}
