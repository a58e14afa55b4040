use alloc::collections::BTreeMap;
use alloc::ffi::CString;
use alloc::vec::Vec;
use core::num::NonZeroU16;

use serde::Deserialize;
use toml::value::Datetime;

use super::*;

#[derive(Debug, PartialEq, Deserialize)]
enum Figure {
    Point,
    Radius(f64),
    Corners(i32, i32),
    Box { width: u8 },
}

#[test]
fn an_externally_tagged_variant_is_a_name_or_a_table_of_one_member() {
    let value = toml(
        "a = [\"Point\", { Point = {} }, { Radius = 1 }, { Corners = [1, 2] }, { Box = { width = 3 } }]",
    );
    assert_eq!(
        from_value::<BTreeMap<String, Vec<Figure>>>(&value).unwrap().remove("a").unwrap(),
        [Figure::Point, Figure::Point, Figure::Radius(1.0), Figure::Corners(1, 2), Figure::Box { width: 3 }]
    );
}

#[test]
fn null_absent_and_unset_are_none() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Three {
        null: Option<u8>,
        absent: Option<u8>,
        unset: Option<u8>,
        #[serde(default)]
        plain: u8,
    }
    let unset = || Value::new(crate::tree::Kind::Unset, origin());
    let null = Value::new(crate::tree::Kind::Null, origin());
    let members = [("null".into(), null), ("unset".into(), unset()), ("plain".into(), unset())];
    let three: Three = from_value(&Value::table(members, origin())).unwrap();
    assert_eq!(three, Three { null: None, absent: None, unset: None, plain: 0 });
    assert_eq!(from_value::<Option<u8>>(&unset()), Ok(None));
}

#[test]
fn integers_are_exact_to_their_bounds() {
    let edges = json("[-170141183460469231731687303715884105728, 170141183460469231731687303715884105727]");
    assert_eq!(from_value::<[i128; 2]>(&edges), Ok([i128::MIN, i128::MAX]));
    assert_eq!(from_value(&json("[340282366920938463463374607431768211455, 2.0]")), Ok([u128::MAX, 2]));
    assert_eq!(
        from_value(&json("[18446744073709551615, 1.8e19]")),
        Ok([u64::MAX, 18_000_000_000_000_000_000])
    );
    assert_eq!(from_value(&json("[-128, 127, 1.0, 1e2]")), Ok([i8::MIN, i8::MAX, 1, 100]));
    assert_eq!(from_value(&json("7")), Ok(NonZeroU16::new(7).unwrap()));
}

#[test]
fn integers_and_the_special_values_of_toml_are_floats() {
    assert_eq!(
        from_value(&json("[1, 0.5, 1e300, 18446744073709551616]")),
        Ok([1.0, 0.5, 1e300, 2f64.powi(64)])
    );
    assert_eq!(from_value(&json("0.1")), Ok(0.1f32));
    let specials: BTreeMap<String, f32> = from_value(&toml("a = nan\nb = inf\nc = -inf")).unwrap();
    assert!(specials["a"].is_nan());
    assert_eq!((specials["b"], specials["c"]), (f32::INFINITY, f32::NEG_INFINITY));
}

#[test]
fn a_date_is_read_as_a_text_or_as_a_date() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Dates {
        date: Datetime,
        text: String,
        optional: Option<Datetime>,
    }
    let dates: Dates =
        from_value(&toml("date = 1979-05-27T07:32:00Z\ntext = 1979-05-27\noptional = 07:32:00")).unwrap();
    assert_eq!(dates.date.to_string(), "1979-05-27T07:32:00Z");
    assert_eq!(dates.text, "1979-05-27");
    assert_eq!(dates.optional.unwrap().to_string(), "07:32:00");
}

#[test]
fn bytes_are_read_from_texts_and_from_lists_of_integers() {
    let bytes = |text| from_value::<CString>(&json(text)).unwrap().into_bytes();
    assert_eq!(bytes("\"é\""), [0xc3, 0xa9]);
    assert_eq!(bytes("[1, 255]"), [1, 255]);
    assert_eq!(
        error_of::<CString>(&json("[0, 256]")),
        "app.json:1:5: [1]: expected u8 from 0 to 255, found a number out of range"
    );
    assert_eq!(
        error_of::<BTreeMap<String, Vec<u8>>>(&json("{\"a\": 1}")),
        "app.json:1:7: a: expected array, found integer"
    );
}

#[test]
fn keys_of_maps_are_integers_booleans_and_variants_too() {
    #[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Day {
        Sunday,
    }
    #[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
    struct Port(u16);
    assert_eq!(
        from_value(&toml("80 = true\n443 = false")),
        Ok(BTreeMap::from([(Port(80), true), (Port(443), false)]))
    );
    assert_eq!(from_value(&toml("true = 1")), Ok(BTreeMap::from([(true, 1)])));
    assert_eq!(from_value(&toml("sunday = 1")), Ok(BTreeMap::from([(Day::Sunday, 1)])));
    assert_eq!(from_value(&toml("x = 1")), Ok(BTreeMap::from([(Some('x'), 1)])));
    let keys = |text| error_of::<BTreeMap<u8, u8>>(&toml(text));
    assert_eq!(keys("256 = 1"), "app.toml:1:7: 256: expected u8 from 0 to 255, found a number out of range");
    for text in ["01 = 1", "x = 1", "\"1.0\" = 1", "\"+1\" = 1", "1e2 = 1", "-0 = 1"] {
        assert!(keys(text).ends_with("expected u8 as a key, found string"), "{text} {}", keys(text));
    }
}

#[test]
fn values_of_any_type_are_read_as_json() {
    let value = toml("a = 1\nb = [1.5, true]\nc = 1979-05-27\nd = {}\nbig = 18446744073709551615");
    assert_eq!(from_value::<serde_json::Value>(&value), Ok(value.to_json()));
    assert_eq!(from_value::<serde::de::IgnoredAny>(&value).err(), None);
    assert_eq!(from_value::<()>(&json("null")), Ok(()));
}
