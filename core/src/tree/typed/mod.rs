//! Typed settings: reads a type of the program from a tree of values, and writes it as one.
//!
//! An error holds the key and the place of its value. It names types and never shows the value, which may be a
//! secret.
//!
//! serde reads the members of untagged, internally tagged and flattened types into a buffer first, without their
//! places. Several errors below such a type are reported at the buffered table; one is found by trying other values. Numbers
//! in a buffer are 64-bit integers or floats: a wider integer becomes the nearest float, and a whole float such as `2.0` is an
//! integer only where the type refuses the float. (A flattened `Option` refuses nothing: serde makes `None` of a mistake in it.)
//! A date in a buffer is its text.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use notes::ReadNotes;
use value_reader::ValueReader;
use whole_numbers::read_with_whole_numbers;

use crate::tree::{Code, Diagnostic, Key, MAX_DEPTH, Origin, Text, Value};

#[macro_use]
mod methods;

mod adjacently_tagged;
mod aliases;
mod all_errors;
mod culprit;
mod enclosing;
mod exact_reader;
mod failure;
mod located_text;
mod name_reader;
mod name_writer;
mod notes;
mod outline;
mod outline_search;
mod probe;
mod secret;
#[cfg(test)]
mod tests;
mod value_reader;
mod value_writer;
mod whole_numbers;
mod words;

pub(crate) use all_errors::error_besides_missing;
pub use located_text::LocatedText;
pub use outline::{LazyOutline, Outline};
pub use secret::{Secret, deserialize_secret};

/// Why a value does not fit a type, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TypedError {
    /// The key that it is about. For a missing field: the key that it would have.
    pub key: Key,
    /// The place of the value; for a missing field, of the table that lacks it.
    pub origin: Option<Origin>,
    /// What is wrong.
    pub kind: TypedErrorKind,
}

/// What is wrong with a value. Only [`TypedErrorKind::Custom`] may quote it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TypedErrorKind {
    /// A value of another type, or one of the right type that the type does not allow.
    #[error("expected {expected}, found {found}")]
    Mismatch {
        /// The expected value, as the type describes it.
        expected: String,
        /// The type of the value: `string`, `number with a fraction`, `array of 3 elements`.
        found: String,
    },
    /// A number beyond the bounds of its type.
    #[error("expected {expected} from {low} to {high}, found a number out of range")]
    OutOfRange {
        /// The name of the type.
        expected: &'static str,
        /// Its lowest value.
        low: String,
        /// Its highest value.
        high: String,
    },
    /// A field without a value.
    #[error("missing key `{field}`")]
    Missing {
        /// The name of the field.
        field: &'static str,
    },
    /// A member that the type has no field for. Its name ends the key.
    #[error("unknown key, expected {}", OneOf(expected))]
    UnknownField {
        /// The known fields.
        expected: &'static [&'static str],
        /// The field that was probably meant.
        nearest: Option<&'static str>,
    },
    /// A value that names no variant of an enum.
    #[error("unknown variant, expected {}", OneOf(expected))]
    UnknownVariant {
        /// The known variants.
        expected: &'static [&'static str],
        /// The variant that was probably meant.
        nearest: Option<&'static str>,
    },
    /// A field that is set under two of its names, or a member that is written twice.
    #[error("`{field}` is set a second time")]
    Duplicate {
        /// The name of the field.
        field: Text,
    },
    /// Settings that lie deeper in one another than a tree of values may be.
    #[error("nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// The message of a type with its own code for reading or writing. It may quote the value.
    #[error("{message}")]
    Custom {
        /// The message of the type.
        message: String,
    },
}

impl TypedError {
    /// Whether the message comes from the code of a type, and so may quote the value.
    pub fn is_custom(&self) -> bool {
        matches!(self.kind, TypedErrorKind::Custom { .. })
    }

    /// The error as a diagnostic, with a code `type/…`.
    pub fn into_diagnostic(self) -> Diagnostic {
        let mut diagnostic = Diagnostic::error(self.kind.code(), self.key, alloc::format!("{}", self.kind));
        diagnostic.help = self.kind.help();
        diagnostic.origin = self.origin;
        diagnostic
    }
}

/// `app.toml:3:8: server.port: expected u16, found string`, without an unknown place or key.
impl fmt::Display for TypedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(origin) = &self.origin {
            write!(f, "{origin}: ")?;
        }
        if !self.key.is_root() {
            write!(f, "{}: ", self.key)?;
        }
        write!(f, "{}", self.kind)
    }
}

impl core::error::Error for TypedError {}

impl TypedErrorKind {
    fn code(&self) -> Code {
        match self {
            Self::Mismatch { .. } => Code::TypeMismatch,
            Self::OutOfRange { .. } => Code::TypeOutOfRange,
            Self::Missing { .. } => Code::TypeMissing,
            Self::UnknownField { .. } => Code::TypeUnknownField,
            Self::UnknownVariant { .. } => Code::TypeUnknownVariant,
            Self::Duplicate { .. } => Code::TypeDuplicate,
            Self::TooDeep => Code::TypeTooDeep,
            Self::Custom { .. } => Code::TypeCustom,
        }
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::UnknownField { nearest, .. } | Self::UnknownVariant { nearest, .. } => {
                nearest.map(|name| alloc::format!("did you mean `{name}`?"))
            }
            Self::Duplicate { .. } => Some("keep one of them".into()),
            _ => None,
        }
    }
}

/// `nothing`, `` `a` ``, `` `a`, `b` or `c` ``.
struct OneOf<'a>(&'a [&'static str]);

impl fmt::Display for OneOf<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((last, front)) = self.0.split_last() else {
            return f.write_str("nothing");
        };
        for (i, name) in front.iter().enumerate() {
            write!(f, "{}`{name}`", if i == 0 { "" } else { ", " })?;
        }
        write!(f, "{}`{last}`", if front.is_empty() { "" } else { " or " })
    }
}

/// Reads settings from a tree of values.
///
/// If layers name different variants of an enum with content, the highest one counts. Null and absent members are `None`. A whole float (`2.0`) is an integer where one is expected, an
/// integer is a float; nothing else is converted.
///
/// # Errors
/// The first value that does not fit its type, in the order of keys.
///
/// ```
/// use speckit_core::{LayerKind, Source};
/// use speckit_core::config::source::{Language, parse};
/// use speckit_core::tree::typed::from_value;
/// #[derive(serde::Deserialize)]
/// struct Settings { server: Server }
/// #[derive(serde::Deserialize)]
/// struct Server { port: u16 }
///
/// let text = |port| Source::document(LayerKind::File, "app.toml", format!("[server]\nport = {port}\n"));
/// let good = parse(&text("80"), Language::Toml)?;
/// assert_eq!(from_value::<Settings>(good.root()).unwrap().server.port, 80);
///
/// let bad = parse(&text("99999"), Language::Toml)?;
/// assert_eq!(
///     from_value::<Settings>(bad.root()).err().unwrap().to_string(),
///     "app.toml:2:8: server.port: expected u16 from 0 to 65535, found a number out of range"
/// );
/// # Ok::<(), Vec<speckit_core::Diagnostic>>(())
/// ```
pub fn from_value<T: DeserializeOwned>(value: &Value) -> Result<T, TypedError> {
    read_with_whole_numbers(value, &ReadNotes::new())
}

/// Settings that were read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read<T> {
    /// The settings.
    pub settings: T,
    /// An error for each member that no field reads.
    pub unknown: Vec<TypedError>,
    /// The keys of values of the type [`Secret`], which the [`Outline`] does not have where serde does not give the names of fields.
    pub secrets: Vec<Key>,
    /// The keys of what lower layers set for other variants of an enum than the one that a higher layer names, each with the place
    /// of that one.
    pub left_overs: Vec<(Key, Origin)>,
}

/// Why settings cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistakes {
    /// Every value that does not fit its type, and every missing one.
    pub errors: Vec<TypedError>,
    /// An error for each member that no field reads.
    pub unknown: Vec<TypedError>,
}

/// Reads settings from a tree of values: the settings with what was noticed, or all errors.
///
/// After each error the type is read again with the value that the wrong one shadows, or with a made-up one.
///
/// # Errors
/// Every value that does not fit its type, and every missing one.
pub fn read<T: DeserializeOwned>(value: &Value) -> Result<Read<T>, Mistakes> {
    let notes = ReadNotes::new();
    match read_with_whole_numbers(value, &notes) {
        Ok(settings) => {
            let (secrets, left_overs) = (notes.secret_keys(value), notes.left_overs(value));
            Ok(Read { settings, unknown: notes.into_errors(value), secrets, left_overs })
        }
        Err(first) => Err(all_errors::all_errors::<T>(value, first)),
    }
}

fn read_once<T: DeserializeOwned>(value: &Value, notes: &ReadNotes) -> Result<T, TypedError> {
    notes.forget_members();
    T::deserialize(ValueReader(value, notes)).map_err(|failure| failure.at(value).finish())
}

/// Writes settings as a tree of values, each at `origin`.
///
/// A member that is `None` is left out; elsewhere `None` is null. Enums are written as their type says,
/// a variant with content as a table of one member.
///
/// # Errors
/// A map whose keys are not texts, integers, booleans or characters; a member that is written twice;
/// settings nested deeper than [`MAX_DEPTH`]; an error of a type's own code.
///
/// ```
/// use speckit_core::{LayerKind, Origin, Source};
/// use speckit_core::tree::typed::to_value;
/// #[derive(serde::Serialize)]
/// struct Server { host: Option<String>, port: u16 }
///
/// let origin = Origin::whole(&Source::fragment(LayerKind::Defaults, "defaults", ""));
/// let value = to_value(&Server { host: None, port: 80 }, &origin)?;
/// assert_eq!(value.to_string(), "{ port = 80 }");
/// # Ok::<(), speckit_core::tree::typed::TypedError>(())
/// ```
pub fn to_value<T: Serialize>(settings: &T, origin: &Origin) -> Result<Value, TypedError> {
    let writer = value_writer::ValueWriter::new(origin);
    settings
        .serialize(writer)
        .map(|slot| writer.or_null(slot))
        .map_err(|failure| TypedError { origin: Some(origin.clone()), ..failure.finish() })
}
