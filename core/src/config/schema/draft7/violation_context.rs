//! The position of an explanation in the value and in the schema.

use super::violation::{Violation, ViolationMessage};
use crate::tree::{Code, Key, Segment, Value};

/// The key that is being explained, and the code of the keyword that led to the current node.
pub(super) struct ViolationContext {
    pub(super) key: Key,
    pub(super) via: Code,
    /// Alternatives are being compared: expensive help texts are left out.
    pub(super) brief: bool,
}

impl ViolationContext {
    pub(super) fn inside(&mut self, segment: Segment, via: Code, explain: impl FnOnce(&mut Self)) {
        let outer = core::mem::replace(&mut self.via, via);
        self.key.push(segment);
        explain(self);
        self.key.pop();
        self.via = outer;
    }

    pub(super) fn violation(
        &self,
        code: Code,
        message: impl Into<ViolationMessage>,
        value: &Value,
    ) -> Violation {
        Violation::new(code, self.key.clone(), message, value.origin())
    }
}
