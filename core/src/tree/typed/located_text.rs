//! A text with the file that sets it, for settings whose meaning depends on their place, such as relative paths.

use alloc::borrow::ToOwned as _;
use alloc::string::String;
use core::fmt;

use serde::de::value::{SeqDeserializer, StrDeserializer};
use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};

use crate::tree::{Kind, LayerKind, Value};

/// The name by which a deserializer of this crate recognises a located text.
const NAME: &str = "$speckit::LocatedText";

/// A text, and the path of the file that sets it.
///
/// ```
/// use speckit_core::config::source::{Language, parse};
/// use speckit_core::tree::typed::{LocatedText, from_value};
/// use speckit_core::{LayerKind, Source};
/// let file = Source::document(LayerKind::File, "etc/app.toml", "folder = 'data'");
/// let layer = parse(&file, Language::Toml).unwrap();
/// let folder: LocatedText = from_value(layer.root().get(&"folder".parse().unwrap()).unwrap()).unwrap();
/// assert_eq!((folder.text.as_str(), folder.file.as_deref()), ("data", Some("etc/app.toml")));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocatedText {
    /// The text.
    pub text: String,
    /// The path of the file. `None` for a text that no file sets, and where serde reads it into a buffer first (below a flattened,
    /// untagged or tagged type), or where another deserializer reads it.
    pub file: Option<String>,
}

/// Whether a newtype struct of this name is read as [`parts`].
pub(super) fn is_located(name: &str) -> bool {
    name == NAME
}

/// What [`LocatedText`] reads of a text; `None` for another value, and for a text that no file sets.
pub(super) fn parts(value: &Value) -> Option<[&str; 2]> {
    let source = value.origin().source();
    let is_in_file = matches!(source.layer(), LayerKind::File | LayerKind::Dotenv);
    match value.kind() {
        Kind::String(text) if is_in_file => Some([text.as_str(), source.path()]),
        _ => None,
    }
}

/// Reads the parts of a located text.
pub(super) fn visit_parts<'de, V: Visitor<'de>, E: Error>(
    parts: [&'de str; 2],
    visitor: V,
) -> Result<V::Value, E> {
    visitor.visit_newtype_struct(PartsReader(parts, core::marker::PhantomData))
}

/// Deserializes a text as its two parts.
struct PartsReader<'de, E>([&'de str; 2], core::marker::PhantomData<E>);

impl<'de, E: Error> Deserializer<'de> for PartsReader<'de, E> {
    type Error = E;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        let parts = self.0.into_iter().map(StrDeserializer::<E>::new);
        visitor.visit_seq(SeqDeserializer::new(parts))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de> Deserialize<'de> for LocatedText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(NAME, LocatedTextVisitor)
    }
}

struct LocatedTextVisitor;

impl<'de> Visitor<'de> for LocatedTextVisitor {
    type Value = LocatedText;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("string")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<LocatedText, D::Error> {
        deserializer.deserialize_str(self)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<LocatedText, E> {
        Ok(LocatedText { text: text.to_owned(), file: None })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<LocatedText, A::Error> {
        let missing = |length| A::Error::invalid_length(length, &"a text and its file");
        let text = parts.next_element()?.ok_or_else(|| missing(0))?;
        let file = parts.next_element()?.ok_or_else(|| missing(1))?;
        Ok(LocatedText { text, file: Some(file) })
    }
}
