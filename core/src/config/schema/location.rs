//! Where an explanation stands.

use super::finding::{Finding, Message};
use crate::tree::{Code, Key, Segment, Value};

/// Where an explanation stands: the key, and the code of the keyword that led to the present node.
pub(super) struct Location {
    pub(super) key: Key,
    pub(super) via: Code,
    /// Alternatives are being compared: help that is dear to make is left out.
    pub(super) brief: bool,
}

impl Location {
    pub(super) fn inside(&mut self, segment: Segment, via: Code, explain: impl FnOnce(&mut Self)) {
        let outer = core::mem::replace(&mut self.via, via);
        self.key.push(segment);
        explain(self);
        self.key.pop();
        self.via = outer;
    }

    pub(super) fn finding(&self, code: Code, message: impl Into<Message>, value: &Value) -> Finding {
        Finding::new(code, self.key.clone(), message, value.origin())
    }
}
