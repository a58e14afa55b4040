use alloc::collections::BTreeMap;
use alloc::format;
use alloc::vec::Vec;

use serde::Deserialize;

use super::*;

const CANARY: &str = "hunter2";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Tier {
    Low,
    Hunter3,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only refusals are looked at")]
enum Shape {
    Radius(u8),
}

#[derive(Debug, Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Field {
    Known,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "kind")]
#[expect(dead_code, reason = "only refusals are looked at")]
enum Tagged {
    Sized { size: u16 },
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only refusals are looked at")]
struct Flat {
    #[serde(flatten)]
    rest: BTreeMap<String, u8>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "only refusals are looked at")]
enum Untagged {
    Number(u8),
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only refusals are looked at")]
struct Strict {
    secret: u8,
}

/// Asserts that reading `value` as `T` fails, and that no text of the failure shows the canary.
fn silent<T: DeserializeOwned>(value: &Value) {
    let error = from_value::<T>(value).err().unwrap();
    let shown = format!("{error} {error:?} {:?}", error.kind);
    let diagnostic = error.into_diagnostic();
    let json = serde_json::to_string(&diagnostic).unwrap();
    for text in [shown, format!("{diagnostic:?}"), json] {
        assert!(!text.contains(CANARY) && !text.contains("4242"), "{text}");
    }
}

#[test]
fn no_failure_shows_the_value() {
    let text = toml(&format!("secret = \"{CANARY}\""));
    silent::<BTreeMap<String, u8>>(&text);
    silent::<BTreeMap<String, u128>>(&text);
    silent::<BTreeMap<String, f64>>(&text);
    silent::<BTreeMap<String, bool>>(&text);
    silent::<BTreeMap<String, char>>(&text);
    silent::<BTreeMap<String, ()>>(&text);
    silent::<BTreeMap<String, Vec<String>>>(&text);
    silent::<BTreeMap<String, (u8, u8)>>(&text);
    silent::<BTreeMap<String, Strict>>(&text);
    silent::<BTreeMap<String, Option<u8>>>(&text);
    silent::<BTreeMap<String, Tier>>(&text);
    silent::<BTreeMap<String, Shape>>(&text);
    silent::<BTreeMap<String, Field>>(&text);
    silent::<BTreeMap<String, Tagged>>(&text);
    silent::<BTreeMap<String, Untagged>>(&text);
    silent::<BTreeMap<String, core::net::IpAddr>>(&text);
    silent::<BTreeMap<String, core::time::Duration>>(&text);
    silent::<BTreeMap<String, toml::value::Datetime>>(&text);
    silent::<Strict>(&text);
    silent::<Flat>(&text);
}

#[test]
fn no_failure_inside_a_table_shows_the_value() {
    let tagged = format!("[s]\nkind = \"Sized\"\nsize = \"{CANARY}\"");
    silent::<BTreeMap<String, Tagged>>(&toml(&tagged));
    silent::<BTreeMap<String, Tagged>>(&toml(&format!("[s]\nkind = \"{CANARY}\"")));
    silent::<BTreeMap<String, Shape>>(&toml(&format!("s = {{ Radius = \"{CANARY}\" }}")));
    silent::<BTreeMap<String, u8>>(&toml(&format!("a = [[\"{CANARY}\"]]")));
}

#[test]
fn no_failure_shows_a_number() {
    let wide = "4242424242424242424242424242424242";
    for number in ["424242", "-424242", "4242.5", "4242e300", wide] {
        let value = json(&format!("{{\"secret\": {number}}}"));
        silent::<Strict>(&value);
        silent::<Flat>(&value);
        silent::<BTreeMap<String, core::num::NonZeroI8>>(&value);
        silent::<BTreeMap<String, char>>(&value);
        silent::<BTreeMap<String, Tier>>(&value);
        silent::<BTreeMap<String, Untagged>>(&value);
    }
}

#[test]
fn an_error_inside_a_hand_written_type_shows_no_value_either() {
    struct Wrapped;
    impl<'de> Deserialize<'de> for Wrapped {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let tier = Tier::deserialize(deserializer);
            tier.map(|_| Self).map_err(|e| serde::de::Error::custom(format_args!("{e} {e:?}")))
        }
    }
    silent::<BTreeMap<String, Wrapped>>(&toml(&format!("secret = \"{CANARY}\"")));
}
