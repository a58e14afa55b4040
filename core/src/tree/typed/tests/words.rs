//! No report has the words of Rust, whatever a value is and whatever form the type has.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::super::words::{expected, found};
use super::toml;
use crate::tree::typed::from_value;

#[derive(Debug, Deserialize)]
struct Fields {
    #[expect(dead_code, reason = "it is only read")]
    size: u16,
}

#[derive(Debug, Deserialize)]
struct Nothing;

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "it is only read")]
struct Wrapper(Fields);

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "it is only read")]
struct Tuple(u16, u16);

macro_rules! enums {
    ($($(#[$attribute:meta])* $name:ident)*) => {$(
        #[derive(Debug, Deserialize)]
        $(#[$attribute])*
        #[expect(dead_code, reason = "it is only read")]
        enum $name {
            Alone,
            Fields { size: u16 },
            Wrapper(Fields),
        }
    )*};
}
enums! { External #[serde(tag = "kind")] Internal #[serde(tag = "kind", content = "of")] Adjacent #[serde(untagged)] Untagged }

/// The message for each value that the type refuses.
fn refusals<T: DeserializeOwned>() -> Vec<String> {
    let values = [
        "1",
        "-1",
        "1.5",
        "true",
        "''",
        "'Alone'",
        "'Fields'",
        "'Other'",
        "[]",
        "[1]",
        "[1, 2, 3]",
        "['a']",
        "{}",
        "{ size = 'a' }",
        "{ Alone = 1 }",
        "{ Fields = 1 }",
        "{ Fields = [] }",
        "{ Fields = {}, Alone = {} }",
        "{ Wrapper = 1 }",
        "{ a = {} }",
        "{ kind = 1 }",
        "{ kind = 'Fields' }",
        "{ kind = 'Fields', of = 1 }",
        "{ kind = 'Alone', of = 1 }",
        "{ kind = 'Wrapper', of = [] }",
        "2026-01-01",
        "300",
        "99999999999999999999",
    ];
    let refused = values.iter().filter_map(|value| {
        let root = toml(&alloc::format!("value = {value}\n"));
        from_value::<BTreeMap<String, T>>(&root).err().map(|error| error.to_string())
    });
    refused.collect()
}

#[test]
fn no_message_has_words_of_rust() {
    let all = [
        refusals::<Fields>(),
        refusals::<Nothing>(),
        refusals::<Wrapper>(),
        refusals::<Tuple>(),
        refusals::<External>(),
        refusals::<Internal>(),
        refusals::<Adjacent>(),
        refusals::<Untagged>(),
        refusals::<(u8, String)>(),
        refusals::<[u8; 2]>(),
        refusals::<[u8; 0]>(),
        refusals::<Vec<Tuple>>(),
        refusals::<BTreeSet<char>>(),
        refusals::<BTreeMap<u8, ()>>(),
        refusals::<Option<String>>(),
        refusals::<Option<bool>>(),
        refusals::<f64>(),
        refusals::<core::net::IpAddr>(),
        refusals::<core::time::Duration>(),
        refusals::<Result<u8, u8>>(),
    ];
    let all: Vec<String> = all.into_iter().flatten().collect();
    assert!(all.len() > 300, "{}", all.len());
    let strange = [
        "struct",
        "enum",
        "sequence",
        " map",
        "tuple",
        "newtype",
        "unit",
        "seq",
        "size 2",
        "length",
        "identifier",
    ];
    for message in all {
        assert!(!strange.iter().any(|word| message.contains(word)), "{message}");
    }
}

#[test]
fn every_type_that_serde_finds_has_a_name() {
    use serde::de::Unexpected as U;
    let all = [
        U::Bool(true),
        U::Unsigned(1),
        U::Signed(-1),
        U::Float(1.5),
        U::Float(1.0),
        U::Char('a'),
        U::Str("a"),
        U::Bytes(b"a"),
        U::Unit,
        U::Option,
        U::NewtypeStruct,
        U::Seq,
        U::Map,
        U::Enum,
        U::UnitVariant,
        U::NewtypeVariant,
        U::TupleVariant,
        U::StructVariant,
        U::Other("integer `1` as u128"),
        U::Other("x"),
    ];
    let names: BTreeSet<&str> = all.into_iter().map(found).collect();
    let expected = [
        "a variant with content",
        "a variant without content",
        "array",
        "boolean",
        "bytes",
        "integer",
        "null",
        "number",
        "number with a fraction",
        "object",
        "string",
        "value",
    ];
    assert_eq!(names, BTreeSet::from(expected));
}

#[test]
fn what_is_expected_keeps_its_number_of_elements_and_words_that_are_not_those_of_serde() {
    for (text, words) in [
        ("tuple struct Pair with 2 elements", "array of 2 elements"),
        ("struct Pair with 1 element", "object"),
        ("tuple variant Shape::Line with 2 elements", "array of 2 elements"),
        ("an array of length 1", "array of 1 element"),
        ("3 elements in sequence", "array of 3 elements"),
        ("1 element in map", "object"),
        ("a socket address", "a socket address"),
        ("u16", "u16"),
        ("an address with 2 parts", "an address with 2 parts"),
    ] {
        assert_eq!(expected(text), words, "{text}");
    }
}
