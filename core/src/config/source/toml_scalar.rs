//! The strings, numbers, booleans and dates of TOML.

use alloc::borrow::Cow;
use alloc::string::ToString;

use toml_parser::decoder::{IntegerRadix, ScalarKind};
use toml_parser::{ErrorSink, ParseError, Raw};

use crate::tree::{Kind, Number, Text};

pub(super) enum Scalar {
    Kind(Kind),
    /// A number of more than 128 bits, other than a decimal one.
    TooWide,
}

pub(super) fn scalar(raw: Raw<'_>, error: &mut dyn ErrorSink) -> Scalar {
    let mut text = Cow::Borrowed("");
    let number = match raw.decode_scalar(&mut text, error) {
        ScalarKind::String => return Scalar::Kind(Kind::String(Text::new(text))),
        ScalarKind::Boolean(bool) => return Scalar::Kind(Kind::Bool(bool)),
        ScalarKind::DateTime => match text.parse() {
            Ok(datetime) => return Scalar::Kind(Kind::Datetime(datetime)),
            Err(_) => {
                error.report_error(ParseError::new("not a date"));
                return Scalar::Kind(Kind::Null);
            }
        },
        ScalarKind::Integer(radix) => integer(&text, radix),
        ScalarKind::Float if text.contains(['i', 'n']) => text.parse().ok().map(Number::Float),
        ScalarKind::Float => decimal(&text),
    };
    number.map_or(Scalar::TooWide, |number| Scalar::Kind(Kind::Number(number)))
}

fn integer(text: &str, radix: IntegerRadix) -> Option<Number> {
    if let Ok(int) = i64::from_str_radix(text, radix.value()) {
        return Some(Number::Int(int));
    }
    match i128::from_str_radix(text, radix.value()) {
        Ok(wide) => Some(Number::Decimal(wide.to_string().into())),
        Err(_) if radix == IntegerRadix::Dec => decimal(text),
        Err(_) => None,
    }
}

/// A number that keeps its digits where 64 bits do not hold them.
fn decimal(text: &str) -> Option<Number> {
    Number::parse(text.trim_start_matches('+')).ok()
}
