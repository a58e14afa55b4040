//! The words of a report for what serde and its derive macros say in words of Rust.
//!
//! Types have the names that they have everywhere in reports, those of [`TypeSet`](crate::tree::TypeSet).

use alloc::format;
use alloc::string::String;

use serde::de::Unexpected;

use crate::text::count;

/// One of the names that a setting allows.
const NAME: &str = "one of the allowed names";

/// What was expected: the text of a `Visitor`, in words of a configuration. A text that is not serde's stays.
pub(super) fn expected(text: &str) -> String {
    let (kind, length) = split_length(text);
    match (type_of_kind(kind), length) {
        (Some("array"), Some(length)) => counted(length),
        (Some(name), _) => name.into(),
        (None, _) => text.into(),
    }
}

/// An error of a type's own code; what serde says of an untagged enum has other words.
pub(super) fn message(text: String) -> String {
    match text.strip_prefix("data did not match any variant of untagged enum ") {
        Some(_) => "the value has none of the forms that are allowed here".into(),
        None => text,
    }
}

/// `array of 1 element`.
pub(super) fn counted(length: usize) -> String {
    format!("array of {}", count(length, "element"))
}

/// The type that serde found.
pub(super) fn found(found: Unexpected<'_>) -> &'static str {
    match found {
        Unexpected::Bool(_) => "boolean",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "integer",
        Unexpected::Float(float) if float % 1.0 != 0.0 => "number with a fraction",
        Unexpected::Float(_) => "number",
        Unexpected::Char(_) | Unexpected::Str(_) => "string",
        Unexpected::Bytes(_) => "bytes",
        Unexpected::Unit | Unexpected::Option => "null",
        Unexpected::Seq => "array",
        Unexpected::Map => "object",
        Unexpected::UnitVariant => "a variant without content",
        Unexpected::Enum
        | Unexpected::NewtypeVariant
        | Unexpected::TupleVariant
        | Unexpected::StructVariant => "a variant with content",
        // serde's text for a 128-bit integer holds its digits.
        Unexpected::Other(text) if text.starts_with("integer `") => "integer",
        Unexpected::Other(_) | Unexpected::NewtypeStruct => "value",
    }
}

/// Another value of the type that serde found.
pub(super) fn another(value: Unexpected<'_>) -> String {
    format!("another {}", found(value).trim_start_matches("a "))
}

/// The text without the number of elements at its end.
fn split_length(text: &str) -> (&str, Option<usize>) {
    if let Some((kind, rest)) = text.rsplit_once(" with ")
        && let Some(number) = rest.strip_suffix(" elements").or(rest.strip_suffix(" element"))
    {
        return (kind, number.parse().ok());
    }
    for kind in ["an array of length ", "a tuple of size "] {
        if let Some(number) = text.strip_prefix(kind) {
            return (kind, number.parse().ok());
        }
    }
    for kind in [" in sequence", " in map"] {
        let number = text.strip_suffix(kind).and_then(|text| text.split(' ').next());
        if let Some(number) = number.and_then(|number| number.parse().ok()) {
            return (kind.trim_start(), Some(number));
        }
    }
    (text, None)
}

fn type_of_kind(kind: &str) -> Option<&'static str> {
    let begins = |starts: &[&str]| starts.iter().any(|start| kind.starts_with(start));
    Some(match kind {
        "a sequence"
        | "sequence"
        | "in sequence"
        | "an array of length "
        | "a tuple of size "
        | "a tuple"
        | "a tuple struct"
        | "tuple variant"
        | "an array of arrays" => "array",
        "an empty array" => "array of 0 elements",
        "a map" | "map" | "in map" | "struct variant" => "object",
        "a boolean" => "boolean",
        "an integer" => "integer",
        "a float" => "number",
        "a string" | "a borrowed string" | "os string" => "string",
        "path string" | "a borrowed path" => "path",
        "a character" | "a char" => "one character",
        "byte array" | "a byte array" | "a borrowed byte array" => "bytes",
        "unit" | "unit value" | "an optional" | "option" | "Option value" => "null",
        "unit variant" => "a variant without content",
        "newtype variant" => "a variant with content",
        "newtype struct" => "value",
        "enum" | "an enum" | "variant identifier" => NAME,
        "field identifier" => "the name of a key",
        "anything at all" => "any value",
        _ if begins(&["tuple struct ", "tuple variant "]) => "array",
        _ if begins(&[
            "struct ",
            "struct variant ",
            "internally tagged enum ",
            "adjacently tagged enum ",
        ]) =>
        {
            "object"
        }
        _ if begins(&["unit variant "]) => "a variant without content",
        _ if begins(&["unit struct "]) => "null",
        _ if begins(&["enum ", "variant of enum "]) => NAME,
        _ => return None,
    })
}
