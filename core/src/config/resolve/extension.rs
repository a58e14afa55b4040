//! What an application adds to the rules of its configuration.

use alloc::vec::Vec;
use core::fmt;

use crate::config::Layer;
use crate::tree::{Diagnostic, Key, Value};

/// A layer in the present form of its file, and the warnings of its migration in the order of reports.
pub type Migrated = (Layer, Vec<Diagnostic>);

/// What an application adds to the rules of its configuration, beyond what a schema can say.
pub trait Extension: fmt::Debug + Send {
    /// Converts a layer from an older form of its file; `None` where it has the present form.
    ///
    /// The error is every reason why the layer cannot be converted, in the order of reports.
    fn migrate(&self, layer: &Layer) -> Option<Result<Migrated, Vec<Diagnostic>>>;

    /// Whether nothing is known of the value at this key, so that it is masked like a secret. It is asked about every layer,
    /// and about those in an older form as they were written.
    fn is_masked(&self, key: &Key) -> bool;

    /// Checks a merged tree, beside its schema. `violations` are those of the schema; the extension may change or remove
    /// them, and adds its own.
    fn check(&self, root: &Value, violations: &mut Vec<Diagnostic>);
}
