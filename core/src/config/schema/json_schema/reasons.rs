//! Why a keyword that combines subschemas applies, in the words of the configuration.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::assertion::{Assertion, joined, list};
use super::check::SchemaValidator;
use super::graph::{Combined, NodeId, SchemaNode};
use super::violation::Violation;
use super::violation_context::ViolationContext;
use crate::tree::{Code, Key, TypeSet, Value};

impl SchemaValidator {
    /// What makes a value of this key match the condition of an `if`: `tls = true`; `cert` for a key that is present.
    pub(super) fn condition(&self, id: NodeId, value: &Value, context: &ViolationContext) -> Option<String> {
        let graph = &self.schema.graph;
        let nodes = graph.certain(&[id]);
        let nodes = || nodes.iter().map(|id| graph.node(*id));
        let named = nodes().flat_map(|node| &node.properties);
        let values = named.filter_map(|(name, of)| {
            let member = value.member(name)?;
            let is_stated = self.schema.graph.certain(&[*of]).iter().any(|id| is_listed(graph.node(*id)));
            let is_shown = is_stated && !context.is_secret_at(&context.key.child(name.clone()), member);
            is_shown.then(|| (name, format!("`{} = {member}`", Key::of([name.clone()]))))
        });
        let mut reasons: Vec<_> = values.collect();
        for name in nodes().flat_map(|node| &node.required) {
            if reasons.iter().all(|(known, _)| *known != name) {
                reasons.push((name, format!("`{}`", Key::of([name.clone()]))));
            }
        }
        let reasons: Vec<String> = reasons.into_iter().map(|(_, reason)| reason).collect();
        (!reasons.is_empty()).then(|| joined(&reasons, "and"))
    }

    /// What a `not` excludes, of a value that matches its subschema.
    pub(super) fn excluded(&self, id: NodeId, value: &Value) -> Option<String> {
        let graph = &self.schema.graph;
        let node = graph.node(id);
        if let Some(target) = node.reference {
            return self.excluded(target, value);
        }
        let alone = |holds: bool| (holds && node.is_alone()).then_some(());
        let names: Vec<String> =
            node.required.iter().map(|name| format!("`{}`", Key::of([name.clone()]))).collect();
        if let [Combined::AnyOf(branches) | Combined::OneOf(branches)] = node.combined.as_slice()
            && names.is_empty()
        {
            return branches
                .iter()
                .find(|branch| self.valid(**branch, value))
                .and_then(|id| self.excluded(*id, value));
        }
        match (names.as_slice(), node.assertions.as_slice()) {
            ([only], []) => alone(node.combined.is_empty()).map(|()| format!("{only} is not allowed here")),
            ([_, ..], []) => alone(node.combined.is_empty())
                .map(|()| format!("{} exclude each other", joined(&names, "and"))),
            ([], [Assertion::Const(only)]) => {
                Some(format!("expected any value but {}", list(core::slice::from_ref(only))))
            }
            ([], [Assertion::Enum(all)]) => Some(format!("expected any value but {}", list(all))),
            ([], [Assertion::Pattern(pattern)]) => {
                Some(format!("expected a string that does not match `{}`", pattern.as_str()))
            }
            ([], []) if node.types != TypeSet::ANY => {
                alone(true).map(|()| format!("expected any type but {}", node.types))
            }
            _ => None,
        }
    }
}

/// Whether the node allows only listed values.
fn is_listed(node: &SchemaNode) -> bool {
    node.assertions.iter().any(|assertion| matches!(assertion, Assertion::Const(_) | Assertion::Enum(_)))
}

impl Violation {
    /// The same with the reason why its subschema applies.
    pub(super) fn because(self, reason: &str) -> Self {
        if self.code == Code::SchemaRequired {
            let message = format!("{}, which {reason} requires", self.message).into();
            return Self { message, ..self };
        }
        let why = format!("this holds for {reason}");
        let help = Some(self.help.as_ref().map_or_else(|| why.clone(), |help| format!("{help}; {why}")));
        Self { help, ..self }
    }
}
