//! Unknown keys are mistakes of every layer that sets them, also where a higher layer sets them again.

use alloc::vec::Vec;

use crate::tree::{Diagnostic, Origin, Value};

/// The diagnostic at the place of each layer that sets its key in this tree, if it is about an unknown key; lowest layer first.
pub(super) fn in_every_layer(diagnostic: Diagnostic, root: &Value) -> Vec<Diagnostic> {
    let mut places: Vec<Origin> = Vec::new();
    if let (true, Some(value), Some(reported)) =
        (diagnostic.code.refuses_key(), root.get(&diagnostic.key), &diagnostic.origin)
    {
        // A report of a schema is at the name of a key, and one of a type at its value.
        let name = diagnostic.key.last_name().filter(|_| reported != value.origin());
        let place =
            |part: &Value| name.map_or_else(|| part.origin().clone(), |name| part.origin().of_name(name));
        for set in value.shadowed().iter().chain([value]) {
            let parts = if set.joined().is_empty() { core::slice::from_ref(set) } else { set.joined() };
            places.extend(parts.iter().map(place).filter(|place| place != reported));
        }
    }
    let others = places.iter().map(|place| diagnostic.clone().at(place));
    let mut all: Vec<Diagnostic> = others.collect();
    all.push(diagnostic);
    all
}
