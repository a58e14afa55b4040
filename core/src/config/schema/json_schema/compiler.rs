//! The state of a compilation: which subschemas have a number, and which are still to be read.

use alloc::collections::btree_map::Entry;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::documents::{Documents, SchemaLocation, Targets};
use super::graph::{NodeId, SchemaGraph};
use super::pattern::Pattern;
use crate::tree::{Code, Diagnostic, Key, Text, Value};

/// Compiles documents; `keywords` reads single keywords.
pub(super) struct Compiler<'d> {
    documents: &'d Documents,
    /// Whether the documents are known to be valid.
    is_checked: bool,
    pub(super) graph: SchemaGraph,
    /// The nodes that references lead to, by document, key in the document, and what dynamic references in it mean.
    known: BTreeMap<(usize, Key, Scope), NodeId>,
    /// The places that references lead to. Any other place is reached once, from the subschema around it.
    targets: Targets,
    queue: VecDeque<(SchemaLocation, Scope)>,
    /// Equal patterns are compiled once.
    patterns: BTreeMap<String, Pattern>,
    /// The scope of the subschema that is being read.
    scope: Scope,
    /// How many subschemas have a number. They are read in the order of their numbers.
    count: usize,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// Warnings about the schema, which can be used all the same.
    pub(super) warnings: Vec<Diagnostic>,
}

/// The outermost resource on the way to a subschema that has each dynamic name: where a dynamic reference leads.
///
/// The same subschema with two such scopes is two nodes, so that every reference of the graph is a fixed one.
type Scope = Arc<BTreeMap<Text, String>>;

impl<'d> Compiler<'d> {
    /// A compiler that begins at the root of the documents.
    pub(super) fn new(documents: &'d Documents, is_checked: bool) -> Self {
        let mut compiler = Self {
            documents,
            is_checked,
            graph: SchemaGraph::default(),
            targets: documents.targets(),
            known: BTreeMap::new(),
            patterns: BTreeMap::new(),
            queue: VecDeque::new(),
            scope: Scope::default(),
            count: 0,
            diagnostics: Vec::new(),
            warnings: Vec::new(),
        };
        if let Some(start) = documents.start() {
            compiler.node(start);
        }
        compiler
    }

    /// The next subschema to read; its references are resolved in its own scope.
    pub(super) fn next(&mut self) -> Option<SchemaLocation> {
        let (location, scope) = self.queue.pop_front()?;
        self.scope = scope;
        Some(location)
    }

    /// The number of a subschema. The subschema is read later, so that no chain of references can overflow the stack.
    pub(super) fn node(&mut self, location: SchemaLocation) -> NodeId {
        let location = location.entered(self.documents);
        let address = &location.resource.address;
        let mut scope = Arc::clone(&self.scope);
        for name in self.documents.dynamic_names(address) {
            if !scope.contains_key(name) {
                Arc::make_mut(&mut scope).insert(name.clone(), address.clone());
            }
        }
        let id = NodeId(u32::try_from(self.count).unwrap_or(u32::MAX));
        if self.targets.contains(&location) {
            let place = (location.resource.document, location.key.clone(), Arc::clone(&scope));
            match self.known.entry(place) {
                Entry::Occupied(known) => return *known.get(),
                Entry::Vacant(new) => drop(new.insert(id)),
            }
        }
        self.count += 1;
        self.queue.push_back((location, scope));
        id
    }

    /// The pattern of a text.
    ///
    /// # Errors
    /// What is invalid in it.
    pub(super) fn pattern(&mut self, text: &str) -> Result<Pattern, String> {
        if let Some(known) = self.patterns.get(text) {
            return Ok(known.clone());
        }
        let pattern = if self.is_checked { Pattern::uncompiled(text)? } else { Pattern::new(text)? };
        self.patterns.insert(text.into(), pattern.clone());
        Ok(pattern)
    }

    /// The target of a reference, if there is one that can be resolved.
    pub(super) fn reference(
        &mut self,
        location: &SchemaLocation,
        name: &str,
        value: &Value,
    ) -> Option<NodeId> {
        let text = value.as_str()?;
        match self.documents.resolve(&location.resource, text) {
            Ok(target) if name == "$ref" => Some(self.node(target)),
            Ok(target) => {
                let outermost = self.documents.dynamic_name(&target, text).and_then(|name| {
                    let address = self.scope.get(&name)?;
                    self.documents.dynamic_anchor(address, &name).cloned()
                });
                Some(self.node(outermost.unwrap_or(target)))
            }
            Err(why) => {
                let message = format!("`{name}` to `{text}` cannot be resolved: {why}");
                let diagnostic =
                    Diagnostic::error(Code::SchemaUnsupported, location.key.child(name), message);
                self.diagnostics.push(diagnostic.at(value.origin()).help(if text.starts_with('#') {
                    "define it there, or correct the pointer"
                } else {
                    "map its address to the folder that has the document"
                }));
                None
            }
        }
    }

    /// The numbers of a list of subschemas.
    pub(super) fn list(&mut self, location: &SchemaLocation) -> Vec<NodeId> {
        let elements = location.value.as_array().into_iter().flatten().enumerate();
        elements.map(|(index, value)| self.node(location.element(index, value))).collect()
    }

    /// The numbers of subschemas by name.
    pub(super) fn map(&mut self, location: &SchemaLocation) -> BTreeMap<Text, NodeId> {
        let members = location.value.as_table().into_iter().flatten();
        members.map(|(name, value)| (name.clone(), self.node(location.child(name, value)))).collect()
    }

    /// Reports an invalid value at a key.
    pub(super) fn invalid(&mut self, key: Key, value: &Value, message: impl Into<String>) {
        let diagnostic = Diagnostic::error(Code::SchemaInvalid, key, message);
        self.diagnostics.push(diagnostic.at(value.origin()));
    }
}
