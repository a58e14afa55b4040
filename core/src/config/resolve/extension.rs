//! Rules that an application adds to its schema.

use alloc::vec::Vec;
use core::fmt;

use crate::config::Layer;
use crate::tree::{Diagnostic, Key, Value};

/// A layer in the current file format, and the warnings of its migration in report order.
pub type Migrated = (Layer, Vec<Diagnostic>);

/// Rules of an application that a schema cannot express.
pub trait Extension: fmt::Debug + Send {
    /// Converts a layer from an older file format; `None` if it has the current one.
    ///
    /// The error is every reason why the layer cannot be converted, in report order.
    fn migrate(&self, layer: &Layer) -> Option<Result<Migrated, Vec<Diagnostic>>>;

    /// Keys that the schema does not have, and whose values are secret if somebody sets them.
    fn secrets(&self) -> Vec<Key>;

    /// Whether a value of another key holds a secret, such as an address with a password in it.
    fn holds_secret(&self) -> fn(&Key, &Value) -> bool;

    /// Whether the key is unknown, so that its value is masked like a secret. Called for every layer, and for layers in
    /// an older format before their migration.
    fn is_masked(&self, key: &Key) -> bool;

    /// Checks a merged tree in addition to its schema. `violations` are those of the schema; the extension may change or
    /// remove them, and adds its own.
    fn check(&self, root: &Value, violations: &mut Vec<Diagnostic>);
}
