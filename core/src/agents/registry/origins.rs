//! The origins of diagnostics.

use crate::tree::{Diagnostic, Key, Origin, Value};

/// The origin of the value at a key, if there is a tree that has it.
pub(crate) fn origin_of<'t>(root: Option<&'t Value>, key: &Key) -> Option<&'t Origin> {
    root?.get(key).map(Value::origin)
}

/// The diagnostic at this origin, if there is one.
pub(super) fn located(diagnostic: Diagnostic, origin: Option<&Origin>) -> Diagnostic {
    match origin {
        Some(origin) => diagnostic.at(origin),
        None => diagnostic,
    }
}
