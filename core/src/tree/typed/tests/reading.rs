use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;
use core::num::NonZeroU16;

use serde::Deserialize;
use toml::value::Datetime;

use super::*;

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Tier {
    Low,
    Medium,
    High,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Model {
    provider: String,
    tier: Tier,
    #[serde(default)]
    aliases: Vec<String>,
    note: Option<String>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Settings {
    models: BTreeMap<String, Model>,
    multiplier: f64,
    window: (u16, i8),
    mark: char,
}

#[test]
fn nested_settings_are_read_from_toml() {
    let value = toml(concat!(
        "multiplier = 2\nwindow = [500, -1]\nmark = \"é\"\n",
        "[models.pro]\nprovider = \"openai\"\ntier = \"high\"\naliases = [\"p\"]\nnote = \"n\"\n",
        "[models.flash]\nprovider = \"google\"\ntier = \"low\"\n",
    ));
    let settings: Settings = from_value(&value).unwrap();
    let model =
        |provider: &str, tier, aliases, note| Model { provider: provider.into(), tier, aliases, note };
    assert_eq!(
        settings,
        Settings {
            models: BTreeMap::from([
                ("flash".into(), model("google", Tier::Low, vec![], None)),
                ("pro".into(), model("openai", Tier::High, vec!["p".into()], Some("n".into()))),
            ]),
            multiplier: 2.0,
            window: (500, -1),
            mark: 'é',
        }
    );
}

#[derive(Debug, PartialEq, Deserialize)]
enum Shape {
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
        from_value::<BTreeMap<String, Vec<Shape>>>(&value).unwrap().remove("a").unwrap(),
        [Shape::Point, Shape::Point, Shape::Radius(1.0), Shape::Corners(1, 2), Shape::Box { width: 3 }]
    );
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Store {
    Memory,
    Sqlite { path: String, size: u32 },
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(tag = "t", content = "c")]
enum Step {
    Wait(u64),
    Stop,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(untagged)]
enum Command {
    Line(String),
    Words(Vec<String>),
    Limit { limit: i64 },
}

#[derive(Debug, PartialEq, Deserialize)]
struct Mixed {
    store: Vec<Store>,
    steps: Vec<Step>,
    commands: Vec<Command>,
    #[serde(flatten)]
    rest: BTreeMap<String, Option<u8>>,
}

#[test]
fn tagged_untagged_and_flattened_types_are_read() {
    let value = json(
        r#"{"store": [{"kind": "memory"}, {"size": 9, "kind": "sqlite", "path": "p"}],
            "steps": [{"c": 5, "t": "Wait"}, {"t": "Stop"}],
            "commands": ["ls", ["ls", "-l"], {"limit": -3}],
            "x": 7, "y": null}"#,
    );
    let mixed: Mixed = from_value(&value).unwrap();
    assert_eq!(mixed.store, [Store::Memory, Store::Sqlite { path: "p".into(), size: 9 }]);
    assert_eq!(mixed.steps, [Step::Wait(5), Step::Stop]);
    let words = Command::Words(vec!["ls".into(), "-l".into()]);
    assert_eq!(mixed.commands, [Command::Line("ls".into()), words, Command::Limit { limit: -3 }]);
    assert_eq!(mixed.rest, BTreeMap::from([("x".into(), Some(7)), ("y".into(), None)]));
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
fn floats_take_integers_and_toml_s_special_values() {
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
fn a_date_is_its_text_or_a_date() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Both {
        date: Datetime,
        text: String,
        optional: Option<Datetime>,
    }
    let both: Both =
        from_value(&toml("date = 1979-05-27T07:32:00Z\ntext = 1979-05-27\noptional = 07:32:00")).unwrap();
    assert_eq!(both.date.to_string(), "1979-05-27T07:32:00Z");
    assert_eq!(both.text, "1979-05-27");
    assert_eq!(both.optional.unwrap().to_string(), "07:32:00");
}

#[test]
fn bytes_come_from_texts_and_from_lists_of_integers() {
    struct Bytes(Vec<u8>);
    impl<'de> Deserialize<'de> for Bytes {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct AnyBytes;
            impl serde::de::Visitor<'_> for AnyBytes {
                type Value = Bytes;
                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("bytes")
                }
                fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Bytes, E> {
                    Ok(Bytes(bytes.to_vec()))
                }
            }
            deserializer.deserialize_bytes(AnyBytes)
        }
    }
    assert_eq!(from_value::<Bytes>(&json("\"é\"")).unwrap().0, [0xc3, 0xa9]);
    assert_eq!(from_value::<Bytes>(&json("[0, 255]")).unwrap().0, [0, 255]);
    let refused = from_value::<Bytes>(&json("[0, 256]")).err().unwrap();
    assert_eq!(
        refused.to_string(),
        "app.json:1:5: [1]: expected u8 from 0 to 255, found a number out of range"
    );
    assert_eq!(
        refusal::<BTreeMap<String, Vec<u8>>>(&json("{\"a\": 1}")),
        "app.json:1:7: a: expected a sequence, found integer"
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
    let keys = |text| refusal::<BTreeMap<u8, u8>>(&toml(text));
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
