//! The position of an explanation in the value and in the schema.

use alloc::collections::BTreeSet;
use alloc::sync::Arc;

use super::graph::NodeId;
use super::violation::{Violation, ViolationMessage};
use crate::config::redact::IsSecret;
use crate::tree::{Code, Key, Kind, Segment, Value, redact_at};

/// The key that is being explained, and the code of the keyword that led to the current node.
pub(super) struct ViolationContext {
    pub(super) key: Key,
    pub(super) via: Code,
    /// Alternatives are being compared: expensive help texts are left out.
    pub(super) brief: bool,
    /// The nodes that are explained in the present list of violations, each at a key.
    pub(super) explained: BTreeSet<(NodeId, Key)>,
    is_secret: Arc<IsSecret>,
}

impl ViolationContext {
    /// The context of the root, where `via` is the code for a schema that refuses everything.
    pub(super) fn new(via: Code, is_secret: Arc<IsSecret>) -> Self {
        Self { key: Key::root(), via, brief: false, explained: BTreeSet::new(), is_secret }
    }

    /// Whether the value at the present key is secret.
    pub(super) fn is_secret(&self, value: &Value) -> bool {
        (self.is_secret)(&self.key, value)
    }

    /// Whether the value at a key is secret.
    pub(super) fn is_secret_at(&self, key: &Key, value: &Value) -> bool {
        (self.is_secret)(key, value)
    }

    /// Whether the value contains a secret, so that no message may show all of it.
    pub(super) fn holds_secret(&self, value: &Value) -> bool {
        matches!(value.kind(), Kind::Table(_) | Kind::Array(_))
            && redact_at(value, &self.key, &*self.is_secret) != *value
    }

    /// Begins another list of violations, and returns what belongs to the present one.
    pub(super) fn begin_list(&mut self) -> BTreeSet<(NodeId, Key)> {
        core::mem::take(&mut self.explained)
    }

    /// Returns to the list that [`ViolationContext::begin_list`] left.
    pub(super) fn end_list(&mut self, outer: BTreeSet<(NodeId, Key)>) {
        self.explained = outer;
    }

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
