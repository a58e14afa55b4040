use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use alloc::{format, vec};

use serde::{Deserialize, Serialize};
use toml::value::Datetime;

use super::*;
use crate::tree::Kind;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Drawing {
    Point,
    Radius(f32),
    Maybe(Option<u8>),
    Corners(i8, i8),
    Box { width: u64, depth: Option<u64> },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Medium {
    Memory,
    Disk { path: String },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    Wait(u64),
    Stop,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum AnyScalar {
    Whole(i64),
    Float(f64),
    Text(String),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Nothing;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Everything {
    shapes: Vec<Drawing>,
    inner: [Medium; 2],
    adjacent: (Adjacent, Adjacent),
    untagged: Vec<AnyScalar>,
    wide: (i128, i128, u128, u64, i64),
    floats: Vec<f64>,
    single: Vec<f32>,
    by_port: BTreeMap<u16, bool>,
    by_flag: BTreeMap<bool, char>,
    holes: Vec<Option<u8>>,
    none: Option<String>,
    some: Option<Box<Medium>>,
    nothing: Nothing,
    date: Datetime,
    #[serde(flatten)]
    rest: BTreeMap<String, AnyScalar>,
}

fn everything() -> Everything {
    Everything {
        shapes: vec![
            Drawing::Point,
            Drawing::Radius(0.1),
            Drawing::Maybe(None),
            Drawing::Maybe(Some(1)),
            Drawing::Corners(i8::MIN, i8::MAX),
            Drawing::Box { width: u64::MAX, depth: None },
        ],
        inner: [Medium::Memory, Medium::Disk { path: "p".into() }],
        adjacent: (Adjacent::Wait(3), Adjacent::Stop),
        untagged: vec![AnyScalar::Whole(2), AnyScalar::Float(2.0), AnyScalar::Text("2".into())],
        wide: (i128::MIN, i128::MAX, u128::MAX, u64::MAX, i64::MIN),
        floats: vec![0.1, -0.0, f64::MAX, f64::MIN_POSITIVE, f64::INFINITY],
        single: vec![0.1, f32::MAX, f32::MIN_POSITIVE, 16_777_217.0, 1e-45],
        by_port: BTreeMap::from([(80, true), (443, false)]),
        by_flag: BTreeMap::from([(true, 'é')]),
        holes: vec![None, Some(1)],
        none: None,
        some: Some(Box::new(Medium::Memory)),
        nothing: Nothing,
        date: "1979-05-27T07:32:00Z".parse().unwrap(),
        rest: BTreeMap::from([("extra".into(), AnyScalar::Float(1.5))]),
    }
}

#[test]
fn written_settings_read_back() {
    let value = to_value(&everything(), &origin()).unwrap();
    assert_eq!(from_value(&value), Ok(everything()));
    assert!(matches!(value.member("date").unwrap().kind(), Kind::Datetime(_)));
    assert_eq!(value.member("none"), None);
    let nan: f64 = from_value(&to_value(&f64::NAN, &origin()).unwrap()).unwrap();
    assert!(nan.is_nan());
}

#[test]
fn every_value_is_at_the_origin() {
    let value = to_value(&everything(), &origin()).unwrap();
    value.leaves_and_elements(&mut |key, leaf| assert_eq!(leaf.origin(), &origin(), "{key}"));
    assert_eq!(value.origin(), &origin());
}

#[test]
fn variants_and_options_are_written_like_toml_with_null() {
    let written = |value: Result<Value, TypedError>| value.unwrap().to_string();
    let shapes = to_value(&everything().shapes, &origin());
    assert_eq!(
        written(shapes),
        "[\"Point\", { Radius = 0.1 }, { Maybe = null }, { Maybe = 1 }, { Corners = [-128, 127] }, \
         { Box = { width = 18446744073709551615 } }]"
    );
    assert_eq!(written(to_value(&(None::<u8>, ()), &origin())), "[null, null]");
    assert_eq!(written(to_value(&None::<u8>, &origin())), "null");
    assert_eq!(written(to_value(&BTreeMap::from([('x', None), ('y', Some(1))]), &origin())), "{ y = 1 }");
}

#[test]
fn a_key_that_is_not_a_scalar_is_rejected() {
    let error = |value: Result<Value, TypedError>| value.unwrap_err().to_string();
    let maps = BTreeMap::from([("a", [BTreeMap::from([(vec![1], 1)])])]);
    assert_eq!(
        error(to_value(&maps, &origin())),
        "defaults: a[0]: expected string, integer, boolean or character as a key, found array"
    );
}

#[test]
fn a_member_that_is_written_twice_is_rejected() {
    #[derive(Serialize)]
    struct Twice {
        port: u16,
        #[serde(flatten)]
        rest: BTreeMap<&'static str, u16>,
    }
    let twice = BTreeMap::from([("x", Twice { port: 1, rest: BTreeMap::from([("port", 2)]) })]);
    let error = to_value(&twice, &origin()).unwrap_err();
    assert_eq!(error.to_string(), "defaults: x.port: `port` is set a second time");
    assert_eq!(error.into_diagnostic().code, "type/duplicate");
}

#[test]
fn an_error_of_a_type_keeps_its_key() {
    struct Unwritable;
    impl Serialize for Unwritable {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("not today"))
        }
    }
    #[derive(Serialize)]
    enum WithUnwritable {
        Pair(u8, Unwritable),
        One(Unwritable),
        Named { it: Unwritable },
    }
    let error = |value| to_value(&value, &origin()).unwrap_err().to_string();
    assert_eq!(error(WithUnwritable::Pair(1, Unwritable)), "defaults: Pair[1]: not today");
    assert_eq!(error(WithUnwritable::One(Unwritable)), "defaults: One: not today");
    assert_eq!(error(WithUnwritable::Named { it: Unwritable }), "defaults: Named.it: not today");
}

#[test]
fn settings_nested_too_deep_are_rejected() {
    #[derive(Serialize)]
    struct Nest(Vec<Nest>);
    let nest = |depth| (1..depth).fold(Nest(vec![]), |inside, _| Nest(vec![inside]));
    assert!(to_value(&nest(MAX_DEPTH), &origin()).is_ok());
    let error = to_value(&nest(MAX_DEPTH + 1), &origin()).unwrap_err();
    assert_eq!(error.kind, TypedErrorKind::TooDeep);
    assert_eq!(error.key.segments().len(), MAX_DEPTH);
    assert!(format!("{error}").ends_with("nested deeper than 100 levels"));
}
