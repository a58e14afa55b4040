use alloc::collections::BTreeMap;
use alloc::format;
use alloc::vec::Vec;

use serde::Deserialize;

use super::places::{Backend, Either, Shape};
use super::*;

const CANARY: &str = "hunter2";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum NearTier {
    Low,
    Hunter3,
}

#[derive(Debug, Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Field {
    Known,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only rejections are tested")]
struct Flattened {
    #[serde(flatten)]
    rest: BTreeMap<String, u8>,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only rejections are tested")]
struct Strict {
    secret: u8,
}

/// Asserts that `value` is rejected as a `T`, and that no text of the failure contains the canary.
fn rejected_silently<T: DeserializeOwned>(value: &Value) {
    let error = from_value::<T>(value).err().unwrap();
    let shown = format!("{error} {error:?} {:?}", error.kind);
    let diagnostic = error.into_diagnostic();
    let json = serde_json::to_string(&diagnostic).unwrap();
    for text in [shown, format!("{diagnostic:?}"), json] {
        assert!(!text.contains(CANARY) && !text.contains("4242"), "{text}");
    }
}

#[test]
fn no_failure_shows_a_text() {
    let text = toml(&format!("secret = \"{CANARY}\""));
    rejected_silently::<BTreeMap<String, u8>>(&text);
    rejected_silently::<BTreeMap<String, u128>>(&text);
    rejected_silently::<BTreeMap<String, f64>>(&text);
    rejected_silently::<BTreeMap<String, bool>>(&text);
    rejected_silently::<BTreeMap<String, char>>(&text);
    rejected_silently::<BTreeMap<String, ()>>(&text);
    rejected_silently::<BTreeMap<String, Vec<String>>>(&text);
    rejected_silently::<BTreeMap<String, (u8, u8)>>(&text);
    rejected_silently::<BTreeMap<String, Strict>>(&text);
    rejected_silently::<BTreeMap<String, Option<u8>>>(&text);
    rejected_silently::<BTreeMap<String, NearTier>>(&text);
    rejected_silently::<BTreeMap<String, Shape>>(&text);
    rejected_silently::<BTreeMap<String, Field>>(&text);
    rejected_silently::<BTreeMap<String, Backend>>(&text);
    rejected_silently::<BTreeMap<String, Either>>(&text);
    rejected_silently::<BTreeMap<String, core::net::IpAddr>>(&text);
    rejected_silently::<BTreeMap<String, core::time::Duration>>(&text);
    rejected_silently::<BTreeMap<String, toml::value::Datetime>>(&text);
    rejected_silently::<Strict>(&text);
    rejected_silently::<Flattened>(&text);
}

#[test]
fn no_failure_inside_a_table_shows_the_value() {
    let tagged = format!("[s]\nkind = \"memory\"\nsize = \"{CANARY}\"");
    rejected_silently::<BTreeMap<String, Backend>>(&toml(&tagged));
    rejected_silently::<BTreeMap<String, Backend>>(&toml(&format!("[s]\nkind = \"{CANARY}\"")));
    rejected_silently::<BTreeMap<String, Shape>>(&toml(&format!("s = {{ Radius = \"{CANARY}\" }}")));
    rejected_silently::<BTreeMap<String, u8>>(&toml(&format!("a = [[\"{CANARY}\"]]")));
}

#[test]
fn no_failure_shows_a_number() {
    let wide = "4242424242424242424242424242424242";
    for number in ["424242", "-424242", "4242.5", "4242e300", wide] {
        let value = json(&format!("{{\"secret\": {number}}}"));
        rejected_silently::<Strict>(&value);
        rejected_silently::<Flattened>(&value);
        rejected_silently::<BTreeMap<String, core::num::NonZeroI8>>(&value);
        rejected_silently::<BTreeMap<String, char>>(&value);
        rejected_silently::<BTreeMap<String, NearTier>>(&value);
        rejected_silently::<BTreeMap<String, Either>>(&value);
    }
}

#[test]
fn an_error_that_a_hand_written_type_wraps_shows_no_value() {
    struct Wrapped;
    impl<'de> Deserialize<'de> for Wrapped {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let tier = NearTier::deserialize(deserializer);
            tier.map(|_| Self).map_err(|e| serde::de::Error::custom(format_args!("{e} {e:?}")))
        }
    }
    rejected_silently::<BTreeMap<String, Wrapped>>(&toml(&format!("secret = \"{CANARY}\"")));
}
