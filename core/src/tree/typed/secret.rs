//! A secret as a type: its value is never shown, and its key is redacted without a schema.

use core::fmt;
use core::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Visitor};
use serde::{Serialize, Serializer};
use zeroize::Zeroize;

use crate::tree::REDACTED;

/// The name by which a deserializer of this crate recognises a secret.
const NAME: &str = "$speckit::Secret";

pub(super) fn is_secret(name: &str) -> bool {
    name == NAME
}

/// A secret setting. `Debug` and `Display` show `[redacted]`, its key is redacted wherever the configuration is shown, and its
/// memory is overwritten when it is dropped.
///
/// Below a type with a flattened field, a secret is known only after the settings were read (warning `type/secret`), because serde does not
/// tell the names of such fields. Within a flattened, untagged or tagged type it is not found. Name the keys of both with `Builder::secret`.
///
/// `Serialize` writes the value, so that it can be a default; do not serialize it to anything that people see.
///
/// ```
/// use speckit_core::tree::typed::Secret;
/// let password = Secret::new(String::from("hunter2"));
/// assert_eq!(format!("{password} {password:?}"), "[redacted] [redacted]");
/// assert_eq!(password.expose(), "hunter2");
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Hides a value.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value. Copies of it are not wiped.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// The schema of the value, with `x-secret`.
#[cfg(feature = "schemars")]
impl<T: Zeroize + schemars::JsonSchema> schemars::JsonSchema for Secret<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> alloc::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let mut schema = T::json_schema(generator);
        schema.insert("x-secret".into(), true.into());
        schema
    }
}

impl<T: Zeroize> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl<T: Zeroize> fmt::Display for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl<T: Zeroize + Serialize> Serialize for Secret<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(NAME, &self.0)
    }
}

impl<'de, T: Zeroize + Deserialize<'de>> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize_secret(deserializer).map(Self)
    }
}

/// Reads a field of any type as a secret, such as one of the type `secrecy::SecretString`.
///
/// ```
/// use speckit_core::tree::typed::{Outline, deserialize_secret};
///
/// #[derive(serde::Deserialize)]
/// struct Settings {
///     #[serde(deserialize_with = "deserialize_secret")]
///     password: String,
/// }
///
/// assert!(Outline::of::<Settings>().has_secret_at(&"password".parse()?));
/// # Ok::<(), speckit_core::tree::KeyError>(())
/// ```
///
/// # Errors
/// As those of the type.
pub fn deserialize_secret<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    struct SecretVisitor<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for SecretVisitor<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a secret")
        }

        fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
            T::deserialize(deserializer)
        }
    }

    deserializer.deserialize_newtype_struct(NAME, SecretVisitor(PhantomData))
}
