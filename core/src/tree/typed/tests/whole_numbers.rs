//! Whole numbers that are written as floats, in what serde buffers.

use alloc::collections::BTreeMap;
use alloc::format;

use serde::Deserialize;

use super::*;

#[derive(Debug, PartialEq, Deserialize)]
struct Outer {
    port: u16,
    #[serde(flatten)]
    inner: Inner,
    #[serde(flatten)]
    rest: BTreeMap<String, toml::Value>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Inner {
    timeout: u64,
    offset: i32,
    ratio: f64,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Tagged {
    Disk { max: u64, ratio: f32 },
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Count(u8),
    Text(String),
    Pair { x: i64 },
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(untagged)]
enum Either {
    Int(u64),
    Float(f64),
}

#[test]
fn a_flattened_integer_reads_the_numbers_that_one_at_its_place_reads() {
    for (timeout, expected) in [
        ("1e3", 1000),
        ("1000.0", 1000),
        ("0.0", 0),
        ("1e19", 10_000_000_000_000_000_000),
        ("9007199254740993.0", 9_007_199_254_740_993),
        ("1000.00000000000000000000", 1000),
    ] {
        let text = format!("port = 8e1\ntimeout = {timeout}\noffset = -2.0\nratio = 1\n");
        let outer: Outer = from_value(&toml(&text)).unwrap();
        let inner = Inner { timeout: expected, offset: -2, ratio: 1.0 };
        assert_eq!(outer, Outer { port: 80, inner, rest: BTreeMap::new() }, "{timeout}");
    }
    for (timeout, found) in
        [("1.5", "number with a fraction"), ("-1.0", "a number out of range"), ("1e20", "number")]
    {
        let text = format!("port = 80\ntimeout = {timeout}\noffset = 1e0\nratio = 1.5\n");
        let error = error_of::<Outer>(&toml(&text));
        assert!(error.ends_with(&format!("found {found}")), "{timeout}: {error}");
    }
}

#[test]
fn variants_in_a_buffer_read_whole_numbers() {
    let disk = Tagged::Disk { max: 5000, ratio: 2.0 };
    assert_eq!(from_value(&toml("kind = 'disk'\nmax = 5e3\nratio = 2.0\n")), Ok(disk));
    let all: BTreeMap<String, Vec<Untagged>> = from_value(&toml("a = [1e2, 'x', { x = -2.0 }, 3]")).unwrap();
    let expected =
        [Untagged::Count(100), Untagged::Text("x".into()), Untagged::Pair { x: -2 }, Untagged::Count(3)];
    assert_eq!(all["a"], expected);
    assert!(from_value::<Vec<Untagged>>(&json("[3e2]")).is_err(), "300 is no u8");
}

#[test]
fn a_type_that_reads_floats_gets_a_whole_number_as_it_is_written() {
    let value = json("[1, 1.0, 1e3, 1.5]");
    let either: Vec<Either> = from_value(&value).unwrap();
    assert_eq!(either, [Either::Int(1), Either::Float(1.0), Either::Float(1e3), Either::Float(1.5)]);
    let any: Vec<toml::Value> = from_value(&value).unwrap();
    assert!(any[0].is_integer() && any[1..].iter().all(toml::Value::is_float));
    let outer: Outer = from_value(&toml(
        "port = 80\ntimeout = 1e3\noffset = 5\nratio = 2.0\na = 1.0\nz = 2.0\nn = { x = 3.0 }\n",
    ))
    .unwrap();
    assert_eq!(outer.inner, Inner { timeout: 1000, offset: 5, ratio: 2.0 });
    assert!(outer.rest["a"].is_float() && outer.rest["z"].is_float() && outer.rest["n"]["x"].is_float());
}

#[test]
fn a_mistake_beside_a_whole_number_is_found() {
    let found = read::<Outer>(&toml("port = 80\ntimeout = 1e3\noffset = 'x'\nratio = 1.0\nextra = 1\n"));
    let errors = found.unwrap_err().errors;
    assert_eq!(
        errors.iter().map(|error| error.to_string()).collect::<Vec<_>>(),
        ["app.toml:3:10: offset: expected i32, found string"]
    );
}

#[test]
fn members_that_no_field_reads_are_listed_once() {
    #[derive(Debug, Deserialize)]
    struct Settings {
        #[expect(dead_code, reason = "only read")]
        known: u8,
        size: Untagged,
    }
    let Read { settings, unknown, .. } =
        read::<Settings>(&toml("a = 1\nknown = 1\nsize = 2.0\nz = 1\n")).unwrap();
    assert_eq!(settings.size, Untagged::Count(2));
    assert_eq!(unknown.len(), 2, "{unknown:?}");
}
