//! The position of an explanation in the value and in the schema.

use super::finding::{Finding, FindingMessage};
use crate::tree::{Code, Key, Segment, Value};

/// The key that is being explained, and the code of the keyword that led to the current node.
pub(super) struct FindingContext {
    pub(super) key: Key,
    pub(super) via: Code,
    /// Alternatives are being compared: expensive help texts are left out.
    pub(super) brief: bool,
}

impl FindingContext {
    pub(super) fn inside(&mut self, segment: Segment, via: Code, explain: impl FnOnce(&mut Self)) {
        let outer = core::mem::replace(&mut self.via, via);
        self.key.push(segment);
        explain(self);
        self.key.pop();
        self.via = outer;
    }

    pub(super) fn finding(&self, code: Code, message: impl Into<FindingMessage>, value: &Value) -> Finding {
        Finding::new(code, self.key.clone(), message, value.origin())
    }
}
