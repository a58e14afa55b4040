//! A value as text: as TOML writes it, and as JSON.

use alloc::string::{String, ToString};
use core::fmt;

use serde_json::value::RawValue;

use super::{Kind, Value};
use crate::tree::Number;
use crate::tree::key::{write_name, write_quoted};

/// The value as TOML writes it on one line: `"text"`, `[1, 2]`, `{ a = 1 }`; `null`, for which TOML has no notation.
///
/// The alternate form `{:#}` leaves null members out. It is TOML unless [`Value::has_null_item`].
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let without_null = f.alternate();
        let shows = |value: &Self| !(without_null && value.is_null());
        let write_value = |f: &mut fmt::Formatter<'_>, value: &Self| {
            if without_null { write!(f, "{value:#}") } else { write!(f, "{value}") }
        };
        match &self.kind {
            Kind::Null => f.write_str("null"),
            Kind::Unset => f.write_str("unset"),
            Kind::Bool(bool) => write!(f, "{bool}"),
            Kind::Number(Number::Float(float)) if float.is_nan() && float.is_sign_negative() => {
                f.write_str("-nan")
            }
            Kind::Number(number) => write!(f, "{number}"),
            Kind::String(text) => write_quoted(f, text),
            Kind::Datetime(datetime) => write!(f, "{datetime}"),
            Kind::Array(elements) => {
                f.write_str("[")?;
                for (i, element) in elements.iter().enumerate() {
                    f.write_str(if i == 0 { "" } else { ", " })?;
                    write_value(f, element)?;
                }
                f.write_str("]")
            }
            Kind::Table(members) => {
                let mut members = members.iter().filter(|(_, member)| shows(member)).peekable();
                if members.peek().is_none() {
                    return f.write_str("{}");
                }
                for (i, (name, member)) in members.enumerate() {
                    f.write_str(if i == 0 { "{ " } else { ", " })?;
                    write_name(f, name)?;
                    f.write_str(" = ")?;
                    write_value(f, member)?;
                }
                f.write_str(" }")
            }
        }
    }
}

/// The value as JSON. A date is its text; `nan` and `inf`, which JSON lacks, are their names as text.
///
/// `serde_json` writes every number with the digits that were read. In its own values, and in other formats that
/// know no `RawValue` of it, a number beyond 64 bits cannot be held so: see [`Value::to_json`].
impl serde::Serialize for Value {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.kind {
            Kind::Null | Kind::Unset => serializer.serialize_unit(),
            Kind::Bool(bool) => serializer.serialize_bool(*bool),
            Kind::Number(Number::Int(int)) => serializer.serialize_i64(*int),
            Kind::Number(Number::Float(float)) if float.is_finite() => serializer.serialize_f64(*float),
            Kind::Number(number @ Number::Float(_)) => serializer.collect_str(number),
            Kind::Number(number @ Number::Decimal(_)) => match RawValue::from_string(number.to_string()) {
                Ok(digits) => digits.serialize(serializer),
                Err(_) => serializer.serialize_f64(number.as_f64()),
            },
            Kind::String(text) => serializer.serialize_str(text),
            Kind::Datetime(datetime) => serializer.collect_str(datetime),
            Kind::Array(elements) => serializer.collect_seq(elements.iter()),
            Kind::Table(members) => {
                serializer.collect_map(members.iter().map(|(name, member)| (name.as_str(), member)))
            }
        }
    }
}

impl Value {
    /// The value as `serde_json` holds it: a number beyond 64 bits is the nearest float, and one beyond every float its text.
    pub fn to_json(&self) -> serde_json::Value {
        match &self.kind {
            Kind::Null | Kind::Unset => serde_json::Value::Null,
            Kind::Bool(bool) => (*bool).into(),
            Kind::Number(number) => number_to_json(number),
            Kind::String(text) => text.as_str().into(),
            Kind::Datetime(datetime) => datetime.to_string().into(),
            Kind::Array(elements) => elements.iter().map(Self::to_json).collect(),
            Kind::Table(members) => {
                members.iter().map(|(name, member)| (String::from(name.as_str()), member.to_json())).collect()
            }
        }
    }
}

fn number_to_json(number: &Number) -> serde_json::Value {
    if let Some(int) = number.as_i64().filter(|_| matches!(number, Number::Int(_))) {
        return int.into();
    }
    match number.as_u128().map(u64::try_from) {
        Some(Ok(int)) if matches!(number, Number::Decimal(_)) => int.into(),
        _ => serde_json::Number::from_f64(number.as_f64())
            .map_or_else(|| number.to_string().into(), serde_json::Value::Number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{LayerKind, Origin, Source};
    use alloc::format;

    fn origin() -> Origin {
        Origin::whole(&Source::fragment(LayerKind::Override, "test", ""))
    }

    fn read(digits: &str) -> Value {
        Value::new(Kind::Number(Number::parse(digits).unwrap()), origin())
    }

    #[test]
    fn json_text_keeps_the_digits_of_every_number() {
        for digits in [
            "18446744073709551617",
            "-9223372036854775809",
            "18446744073709551615",
            "1e400",
            "-1E+400",
            "1e-400",
            "3.141592653589793238",
            "123456789012345678901234567890123456789012345678901234567890.5",
            "-7",
            "0.5",
        ] {
            assert_eq!(
                serde_json::to_string(&Value::array([read(digits)], origin())).unwrap(),
                format!("[{digits}]")
            );
        }
        let not_finite = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY]
            .map(|float| Value::new(Kind::Number(Number::Float(float)), origin()));
        let text = serde_json::to_string(&Value::array(not_finite, origin())).unwrap();
        assert_eq!(text, r#"["nan","inf","-inf"]"#);
    }

    #[test]
    fn a_value_of_serde_json_holds_the_nearest_number() {
        let json = |digits: &str| read(digits).to_json().to_string();
        assert_eq!(json("18446744073709551615"), "18446744073709551615");
        assert_eq!(json("18446744073709551617"), "1.8446744073709552e+19");
        assert_eq!(json("-7"), "-7");
        assert_eq!(json("5.0"), "5.0");
        assert_eq!(json("1e400"), "\"1e400\"");
    }
}
