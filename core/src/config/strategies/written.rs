//! The text of a generated tree, and the tree with origins in that text.

use alloc::string::{String, ToString as _};
use alloc::sync::Arc;
use alloc::vec::{self, Vec};
use core::ops::Range;

use super::PlainValue;
use crate::tree::{Key, LayerKind, Origin, Source, Value};

/// The tree with origins in its own text, one line for each leaf.
pub(super) fn with_origins(node: &PlainValue, kind: LayerKind, name: &str, lines: bool) -> Value {
    let mut text = TreeWriter::default();
    match node {
        PlainValue::Table(members) if !members.is_empty() => text.lines(node, &Key::root()),
        _ => text.inline(node),
    }
    let source = if lines {
        Source::document(kind, name, text.written)
    } else {
        Source::fragment(kind, name, text.written)
    };
    locate(node, &source, &mut text.spans.into_iter())
}

fn locate(node: &PlainValue, source: &Arc<Source>, spans: &mut vec::IntoIter<Range<usize>>) -> Value {
    let origin = Origin::new(source, spans.next().unwrap_or_default());
    match node {
        PlainValue::Leaf(kind) => Value::new(kind.clone(), origin),
        PlainValue::Array(elements) => {
            let elements: Vec<_> = elements.iter().map(|element| locate(element, source, spans)).collect();
            Value::array(elements, origin)
        }
        PlainValue::Table(members) => {
            let members: Vec<_> =
                members.iter().map(|(name, member)| (name.clone(), locate(member, source, spans))).collect();
            Value::table(members, origin)
        }
    }
}

/// A text that is being written, with the span of each value in depth-first order.
#[derive(Default)]
pub(super) struct TreeWriter {
    pub(super) written: String,
    spans: Vec<Range<usize>>,
}

impl TreeWriter {
    /// One `dotted.key = value` a line.
    pub(super) fn lines(&mut self, node: &PlainValue, key: &Key) {
        match node {
            PlainValue::Table(members) if key.is_root() || !members.is_empty() => {
                let at = self.begin();
                for (name, member) in members {
                    self.lines(member, &key.child(name.clone()));
                }
                self.end(at);
            }
            value => {
                self.written.push_str(&key.to_string());
                self.written.push_str(" = ");
                self.inline(value);
                self.written.push('\n');
            }
        }
    }

    /// The plain members of a table first, then one `[header]` for each table in it.
    pub(super) fn sections(&mut self, node: &PlainValue, key: &Key) {
        let PlainValue::Table(members) = node else { return };
        if !key.is_root() {
            self.written.push('[');
            self.written.push_str(&key.to_string());
            self.written.push_str("]\n");
        }
        let (tables, plain): (Vec<_>, Vec<_>) =
            members.iter().partition(|(_, member)| matches!(member, PlainValue::Table(_)));
        for (name, member) in plain {
            self.lines(member, &Key::of([name.clone()]));
        }
        for (name, member) in tables {
            self.sections(member, &key.child(name.clone()));
        }
    }

    /// The value as TOML writes it on one line; `null` and `unset` for what TOML cannot express.
    fn inline(&mut self, node: &PlainValue) {
        let at = self.begin();
        match node {
            PlainValue::Leaf(kind) => {
                let source = Source::fragment(LayerKind::Defaults, "", "");
                let leaf = Value::new(kind.clone(), Origin::whole(&source));
                self.written.push_str(&leaf.to_string());
            }
            PlainValue::Array(elements) => {
                self.written.push('[');
                for (i, element) in elements.iter().enumerate() {
                    self.written.push_str(if i == 0 { "" } else { ", " });
                    self.inline(element);
                }
                self.written.push(']');
            }
            PlainValue::Table(members) if members.is_empty() => self.written.push_str("{}"),
            PlainValue::Table(members) => {
                for (i, (name, member)) in members.iter().enumerate() {
                    self.written.push_str(if i == 0 { "{ " } else { ", " });
                    self.written.push_str(&Key::of([name.clone()]).to_string());
                    self.written.push_str(" = ");
                    self.inline(member);
                }
                self.written.push_str(" }");
            }
        }
        self.end(at);
    }

    fn begin(&mut self) -> usize {
        self.spans.push(self.written.len()..self.written.len());
        self.spans.len() - 1
    }

    fn end(&mut self, at: usize) {
        if let Some(span) = self.spans.get_mut(at) {
            span.end = self.written.len();
        }
    }
}
