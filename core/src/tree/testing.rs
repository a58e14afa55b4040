//! Generated trees for the properties that this crate tests in its own modules.

use alloc::string::String;

use proptest::prelude::*;

use crate::tree::{Kind, LayerKind, Number, Origin, Source, Text, Value};

/// Tables of everything that TOML can express: odd names, control characters, huge integers, nan, dates, empty tables.
pub(crate) fn trees() -> impl Strategy<Value = Value> {
    let value = leaves().prop_recursive(4, 40, 5, |below| {
        prop_oneof![
            prop::collection::vec(below.clone(), 0..4).prop_map(|elements| Value::array(elements, origin())),
            members(below.clone()),
            prop::collection::vec(members(below), 1..3).prop_map(|elements| Value::array(elements, origin())),
        ]
    });
    members(value)
}

fn members(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    let names = prop_oneof![
        prop::sample::select(&["a", "b", "c", "port"][..]).prop_map(Text::from),
        any::<String>().prop_map(Text::from),
    ];
    prop::collection::vec((names, value), 0..4).prop_map(|members| Value::table(members, origin()))
}

fn leaves() -> impl Strategy<Value = Value> {
    let number = |number: Number| Kind::Number(number);
    let integer = any::<i128>().prop_map(move |int| match i64::try_from(int) {
        Ok(small) => Kind::Number(Number::Int(small)),
        Err(_) => Kind::Number(Number::Decimal(std::string::ToString::to_string(&int).into())),
    });
    prop_oneof![
        any::<bool>().prop_map(Kind::Bool),
        any::<i64>().prop_map(move |int| number(Number::Int(int))),
        integer,
        any::<f64>().prop_map(move |float| number(Number::Float(float))),
        "-?[1-9][0-9]{0,30}(\\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?"
            .prop_filter_map("a number", move |text| Number::parse(&text).ok().map(number)),
        prop::sample::select(
            &[f64::NAN, -f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 0.0, 5e-324, f64::MAX][..]
        )
        .prop_map(move |float| number(Number::Float(float))),
        any::<String>().prop_map(|text| Kind::String(text.into())),
        "[\u{0}-\u{ae}\"'\\\\\u{200b}-\u{202e}\u{2066}\u{feff}\u{e0001}\u{e0041}]{0,6}"
            .prop_map(|text| Kind::String(text.into())),
        prop::sample::select(
            &["1979-05-27T07:32:00.5Z", "1979-05-27T07:32:00-07:00", "1979-05-27", "07:32:00"][..]
        )
        .prop_filter_map("a date of TOML", |text| text.parse().ok().map(Kind::Datetime)),
    ]
    .prop_map(|kind| Value::new(kind, origin()))
}

fn origin() -> Origin {
    Origin::whole(&Source::fragment(LayerKind::Override, "generated", ""))
}
