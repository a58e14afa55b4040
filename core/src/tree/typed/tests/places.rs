use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use serde::Deserialize;
use serde::de::Error as _;

use super::*;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only rejections are tested")]
pub(super) struct Server {
    #[serde(alias = "listen")]
    port: u16,
    tier: Option<ServerTier>,
    #[serde(default)]
    hosts: Vec<(String, u8)>,
    #[serde(default)]
    shape: Option<Shape>,
    #[serde(default, deserialize_with = "even")]
    workers: u8,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ServerTier {
    Low,
    Medium,
    High,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only rejections are tested")]
pub(super) enum Shape {
    Point,
    Radius(f32),
    Box { width: u8 },
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only rejections are tested")]
struct Settings {
    server: BTreeMap<String, Server>,
}

fn even<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    let workers = u8::deserialize(deserializer)?;
    if workers % 2 == 0 { Ok(workers) } else { Err(D::Error::custom("expected an even number")) }
}

/// The error for a server `a` with these members, which begin in line 2.
fn server(members: &str) -> String {
    error_of::<Settings>(&toml(&alloc::format!("[server.a]\n{members}\n")))
}

/// Asserts the error of a server whose member in line 3 has this value.
#[track_caller]
fn assert_third_line(member: &str, value: &str, error: &str) {
    assert_eq!(server(&alloc::format!("port = 1\n{member} = {value}")), alloc::format!("app.toml:3:{error}"));
}

#[test]
fn a_value_of_another_type_is_reported_with_its_place() {
    for (port, found) in [
        ("\"x\"", "string"),
        ("[1]", "array"),
        ("{}", "object"),
        ("true", "boolean"),
        ("07:32:00", "datetime"),
        ("1.5", "number with a fraction"),
        ("nan", "number"),
    ] {
        let error = server(&alloc::format!("port = {port}"));
        assert_eq!(error, alloc::format!("app.toml:2:8: server.a.port: expected u16, found {found}"));
    }
    assert_eq!(
        error_of::<Settings>(&toml("server = 1")),
        "app.toml:1:10: server: expected object, found integer"
    );
    assert_eq!(
        error_of::<Settings>(&toml("[server]\na = 1")),
        "app.toml:2:5: server.a: expected object, found integer"
    );
    assert_eq!(error_of::<Settings>(&json(" [1]")), "app.json:1:2: expected object, found array");
}

#[test]
fn a_number_out_of_range_names_both_bounds() {
    for port in ["65536", "-1", "1e300"] {
        let error = server(&alloc::format!("port = {port}"));
        assert!(error.ends_with("expected u16 from 0 to 65535, found a number out of range"), "{error}");
    }
    assert_eq!(
        server("port = 1\nshape = { Radius = 1e39 }"),
        "app.toml:3:20: server.a.shape.Radius: expected f32 from -3.4028235e38 to 3.4028235e38, \
         found a number out of range"
    );
    assert_eq!(
        error_of::<f64>(&json("1e400")),
        "app.json:1:1: expected f64 from -1.7976931348623157e308 to 1.7976931348623157e308, \
         found a number out of range"
    );
    assert_eq!(
        error_of::<u128>(&json("-1")),
        "app.json:1:1: expected u128 from 0 to 340282366920938463463374607431768211455, \
         found a number out of range"
    );
    assert_eq!(
        error_of::<core::num::NonZeroU8>(&json("0")),
        "app.json:1:1: expected a nonzero u8, found another integer"
    );
}

#[test]
fn a_missing_field_is_placed_at_its_table() {
    assert_eq!(server("hosts = []"), "app.toml:1:1: server.a.port: missing key `port`");
    let error = from_value::<Settings>(&toml("x = 1")).unwrap_err();
    assert_eq!(error.key, Key::of(["server"]));
    assert_eq!(error.kind, TypedErrorKind::Missing { field: "server" });
    assert_eq!(error.origin.unwrap().line_column(), Some((1, 1)));
}

#[test]
fn an_unknown_field_or_variant_is_placed_at_its_value_and_names_the_nearest() {
    let fields = "unknown key, expected `listen`, `port`, `tier`, `hosts`, `shape` or `workers`";
    let variants = "unknown variant, expected `low`, `medium` or `high`";
    for (line, code, key, message, nearest) in [
        ("host = []", "type/unknown-field", "server.a.host", fields, "did you mean `hosts`?"),
        ("tier = \"hihg\"", "type/unknown-variant", "server.a.tier", variants, "did you mean `high`?"),
    ] {
        let value = toml(&alloc::format!("[server.a]\nport = 1\n{line}\n"));
        let diagnostic = from_value::<Settings>(&value).unwrap_err().into_diagnostic();
        assert_eq!(diagnostic.code, code);
        assert_eq!(diagnostic.key.to_string(), key);
        assert_eq!((&*diagnostic.message, diagnostic.help.as_deref()), (message, Some(nearest)));
        assert_eq!(diagnostic.origin.unwrap().to_string(), "app.toml:3:8");
    }
}

#[test]
fn wrong_content_of_a_variant_is_placed_inside_it() {
    for (shape, error) in [
        (
            "{ Box = { width = 256 } }",
            "27: server.a.shape.Box.width: expected u8 from 0 to 255, found a number out of range",
        ),
        ("{ Box = {} }", "17: server.a.shape.Box.width: missing key `width`"),
        ("{ Point = 1 }", "19: server.a.shape.Point: expected a variant without content, found integer"),
        ("\"Radius\"", "9: server.a.shape: expected a variant with content, found a variant without content"),
        (
            "{ Point = {}, Radius = 1 }",
            "9: server.a.shape: expected one member that names a variant, found object of 2 members",
        ),
        ("{ Pint = {} }", "9: server.a.shape: unknown variant, expected `Point`, `Radius` or `Box`"),
        ("7", "9: server.a.shape: expected one of the allowed names, found integer"),
    ] {
        assert_third_line("shape", shape, error);
    }
}

#[test]
fn an_element_is_placed_by_its_index() {
    for (hosts, error) in [
        ("[['a', 1], ['b', false]]", "26: server.a.hosts[1][1]: expected u8, found boolean"),
        ("[['a']]", "10: server.a.hosts[0]: expected array of 2 elements, found array of 1 element"),
        ("[['a', 1, 2]]", "10: server.a.hosts[0]: expected array of 2 elements, found array of 3 elements"),
    ] {
        assert_third_line("hosts", hosts, error);
    }
}

#[test]
fn a_field_under_two_names_is_placed_at_one_of_them() {
    assert_eq!(server("listen = 1\nport = 2"), "app.toml:3:8: server.a.port: `port` is set a second time");
}

#[test]
fn a_message_of_a_type_is_kept_and_marked() {
    let error = from_value::<Settings>(&toml("[server.a]\nport = 1\nworkers = 3")).unwrap_err();
    assert!(error.is_custom());
    assert_eq!(error.to_string(), "app.toml:3:11: server.a.workers: expected an even number");
    assert_eq!(error.into_diagnostic().code, "type/custom");
}

#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
#[expect(dead_code, reason = "only rejections are tested")]
pub(super) enum Backend {
    Memory { size: u16 },
    Disk { path: String, server: Option<Server> },
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only rejections are tested")]
struct WithLimits {
    name: String,
    #[serde(flatten)]
    lowest: Lowest,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only rejections are tested")]
struct Lowest {
    low: u8,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "only rejections are tested")]
pub(super) enum Either {
    Number(u8),
    Table { number: u8 },
}

#[test]
fn an_error_in_a_buffered_table_is_placed_at_the_table() {
    for (text, error) in [
        ("\n[s]\nkind = \"memory\"\nsize = \"x\"", "2:1: s: expected u16, found string"),
        ("[s]\nkind = \"memory\"", "1:1: s.size: missing key `size`"),
        ("[s]\nsize = 1", "1:1: s.kind: missing key `kind`"),
        ("[s]\nkind = \"dsk\"", "2:8: s.kind: unknown variant, expected `memory` or `disk`"),
        ("[s]\nkind = \"memory\"\nsize = 1\nsise = 2", "4:8: s.sise: unknown key, expected `size`"),
        (
            "[s]\nkind = \"disk\"\npath = \"p\"\n[s.server]\nport = 1\nprot = 2",
            "1:1: s: unknown key, expected `listen`, `port`, `tier`, `hosts`, `shape` or `workers`",
        ),
    ] {
        assert_eq!(error_of::<BTreeMap<String, Backend>>(&toml(text)), alloc::format!("app.toml:{error}"));
    }
    let flat = |text: &str| error_of::<BTreeMap<String, WithLimits>>(&toml(text));
    assert_eq!(flat("[f]\nname = \"n\"\nlow = true"), "app.toml:1:1: f: expected u8, found boolean");
    assert_eq!(flat("[f]\nname = \"n\""), "app.toml:1:1: f.low: missing key `low`");
    assert_eq!(flat("[f]\nname = 1\nlow = 1"), "app.toml:2:8: f.name: expected string, found integer");
    let either = from_value::<Vec<Either>>(&json("[1, {\"number\": true}]")).unwrap_err();
    assert!(either.is_custom());
    assert_eq!(
        either.to_string(),
        "app.json:1:5: [1]: the value has none of the forms that are allowed here"
    );
}
