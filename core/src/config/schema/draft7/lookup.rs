//! Looking up a key in a schema: its facts, its types, and the known keys.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::assertion::{Assertion, list};
use super::facts::{Facts, NamedVariable, Reload};
use super::graph::{NodeId, SchemaGraph, SchemaNode};
use super::schema::Schema;
use crate::config::ListStrategy;
use crate::text::count;
use crate::tree::nearest::nearest;
use crate::tree::{Key, Segment, Text, TypeSet};

/// How deep [`Schema::keys`] follows a schema that refers to itself.
const MAX_NAMES: usize = 12;

impl Schema {
    /// The facts that the schema states about a key; `None` for an unknown key.
    pub fn facts(&self, key: &Key) -> Option<Facts> {
        let mut facts = Facts::default();
        let full = key.segments().len();
        self.visit(key, &mut |depth, node| {
            let notes = &node.notes;
            facts.secret |= notes.secret;
            if let Some(reload) = notes.reload {
                facts.reload = reload;
            }
            if depth < full {
                return;
            }
            facts.description = facts.description.take().or_else(|| notes.description.clone());
            facts.default = facts.default.take().or_else(|| notes.default.clone());
            facts.range = facts.range.take().or_else(|| range(node));
            facts.aliases.extend(notes.aliases.iter().cloned());
            facts.variable = facts.variable.take().or_else(|| notes.variable.clone());
            facts.deprecated |= notes.deprecated;
            if facts.merge == ListStrategy::Replace {
                facts.merge = notes.merge.unwrap_or_default();
            }
        });
        (facts.types, facts.element_types) = self.types(key)?;
        Some(facts)
    }

    /// The types that the schema allows for a key, and for its elements if it is a list; `None` for an unknown key.
    pub(crate) fn types(&self, key: &Key) -> Option<(TypeSet, TypeSet)> {
        let full = key.segments().len();
        let mut known = key.is_root();
        self.visit(key, &mut |depth, node| known |= depth == full && !node.refuses);
        let at = |key: &Key| self.graph.types_at(SchemaGraph::ROOT, key.segments());
        known.then(|| (at(key), at(&key.element(0))))
    }

    /// The variable that the schema names for a key (`x-env`).
    pub(crate) fn variable(&self, key: &Key) -> Option<Text> {
        let full = key.segments().len();
        let mut variable = None;
        self.visit(key, &mut |depth, node| {
            if depth == full && variable.is_none() {
                variable.clone_from(&node.notes.variable);
            }
        });
        variable
    }

    /// Whether the key, or one above it, is secret.
    ///
    /// An unknown key is secret if the nearest known key is, as it may be a misspelling of it.
    pub fn is_secret(&self, key: &Key) -> bool {
        let leads_to_secret = |id: &NodeId| self.graph.secrets_below.contains(*id);
        if !leads_to_secret(&SchemaGraph::ROOT) {
            return false;
        }
        let mut secret = false;
        let mut reached = 0;
        let mut refused = 0;
        self.visit_while(key, &mut |depth, nodes| {
            for node in nodes.iter().map(|id| self.graph.node(*id)) {
                secret |= node.notes.secret;
                let deepest = if node.refuses { &mut refused } else { &mut reached };
                *deepest = depth.max(*deepest);
            }
            nodes.iter().any(leads_to_secret)
        });
        if secret || refused <= reached {
            return secret;
        }
        let mut segments = key.segments().iter();
        let mut meant =
            segments.by_ref().take(reached).fold(Key::root(), |key, known| key.join(known.clone()));
        let Some(Segment::Name(unknown)) = segments.next() else { return false };
        let (names, _) = self.wanted_names(&meant, &|_| true);
        if names.contains(unknown) {
            return false;
        }
        let Some(near) = nearest(unknown, names.iter().map(Text::as_str)) else { return false };
        meant.push(Segment::Name(near.into()));
        self.is_secret(&segments.fold(meant, |key, below| key.join(below.clone())))
    }

    /// Whether the schema itself describes the member `name` of the root: in `properties`, `required`, or `patternProperties` by a pattern
    /// that not every name matches.
    pub(crate) fn names_at_root(&self, name: &str) -> bool {
        let mut is_named = false;
        self.visit(&Key::root(), &mut |_, node| {
            let mut patterns = node.patterns.iter().map(|(pattern, _)| pattern);
            is_named |= node.properties.contains_key(name)
                || node.required.iter().any(|required| required == name)
                || patterns.any(|pattern| pattern.is_match(name) && !pattern.is_match("a"));
        });
        is_named
    }

    /// When a change of the key takes effect.
    pub fn reload(&self, key: &Key) -> Reload {
        let mut reload = Reload::default();
        self.visit_while(key, &mut |_, nodes| {
            for node in nodes.iter().map(|id| self.graph.node(*id)) {
                reload = node.notes.reload.unwrap_or(reload);
            }
            nodes.iter().any(|id| self.graph.reloads_below.contains(*id))
        });
        reload
    }

    /// What a list at the key does with the one below it.
    pub fn list_strategy(&self, key: &Key) -> ListStrategy {
        self.strategy_at(SchemaGraph::ROOT, key.segments()).unwrap_or_default()
    }

    /// The first strategy in the order of [`Schema::visit`].
    fn strategy_at(&self, id: NodeId, segments: &[Segment]) -> Option<ListStrategy> {
        if !self.graph.strategies_below.contains(id) {
            return None;
        }
        let node = self.graph.node(id);
        let own = match segments.split_first() {
            None => node.notes.merge,
            Some((Segment::Name(name), rest)) => {
                node.of_member(name).find_map(|of| self.strategy_at(of, rest))
            }
            Some((Segment::Index(index), rest)) => {
                node.of_element(*index).and_then(|of| self.strategy_at(of, rest))
            }
        };
        own.or_else(|| node.in_place().into_iter().find_map(|part| self.strategy_at(part, segments)))
    }

    /// Visits each node that may apply to the key or to one above it, whatever the values are:
    /// alternatives count too, since a setting is secret if it is secret in one of them.
    fn visit(&self, key: &Key, visit: &mut dyn FnMut(usize, &SchemaNode)) {
        self.visit_while(key, &mut |depth, nodes| {
            nodes.iter().for_each(|id| visit(depth, self.graph.node(*id)));
            true
        });
    }

    /// Visits the nodes that may apply to each part of the key, from the root on, until `visit` returns false.
    fn visit_while(&self, key: &Key, visit: &mut dyn FnMut(usize, &[NodeId]) -> bool) {
        let mut here: Vec<NodeId> = Vec::from([SchemaGraph::ROOT]);
        for depth in 0..=key.segments().len() {
            let nodes = self.graph.with_parts(&here);
            if !visit(depth, &nodes) {
                return;
            }
            let mut next = Vec::new();
            for id in nodes {
                let node = self.graph.node(id);
                match key.segments().get(depth) {
                    Some(Segment::Name(name)) => next.extend(node.of_member(name)),
                    Some(Segment::Index(index)) => {
                        next.extend(node.of_element(*index));
                        next.extend(node.contains());
                    }
                    None => {}
                }
            }
            here = next;
        }
    }

    /// The keys that the schema names, tables and lists included, in their order.
    pub fn keys(&self) -> Vec<Key> {
        let mut keys = BTreeSet::new();
        self.keys_below(SchemaGraph::ROOT, &mut Key::root(), &mut Vec::new(), &mut keys);
        keys.into_iter().collect()
    }

    fn keys_below(&self, id: NodeId, key: &mut Key, open: &mut Vec<NodeId>, keys: &mut BTreeSet<Key>) {
        if open.contains(&id) || key.segments().len() >= MAX_NAMES {
            return;
        }
        open.push(id);
        let node = self.graph.node(id);
        for (name, of) in &node.properties {
            if self.graph.node(*of).refuses {
                continue;
            }
            key.push(Segment::Name(name.clone()));
            keys.insert(key.clone());
            self.keys_below(*of, key, open, keys);
            key.pop();
        }
        for part in node.in_place() {
            self.keys_below(part, key, open, keys);
        }
        open.pop();
    }

    /// The variables that the schema names, sorted by name.
    pub(super) fn find_named_variables(&self) -> Vec<NamedVariable> {
        let silent = |node: &SchemaNode| node.notes.variable.is_none() && node.notes.aliases.is_empty();
        if self.graph.nodes.iter().all(silent) {
            return Vec::new();
        }
        let mut all = Vec::new();
        for key in self.keys() {
            let Some(facts) = self.facts(&key) else { continue };
            let former = facts.aliases.into_iter().filter(|alias| is_variable(alias));
            let names =
                facts.variable.map(|name| (name, false)).into_iter().chain(former.map(|name| (name, true)));
            all.extend(names.map(|(variable, former)| NamedVariable { variable, key: key.clone(), former }));
        }
        all.sort_by(|a, b| a.variable.cmp(&b.variable).then_with(|| a.key.cmp(&b.key)));
        all
    }

    /// The key that `rest` spells using only names of the schema. Every table on the way must allow no other names, so
    /// that no layer can add a second key with this spelling. `behind` removes a name from the front of a text.
    ///
    /// `None` if the schema alone does not decide the key.
    pub(crate) fn closed_key(
        &self,
        mut rest: &str,
        behind: &dyn for<'v> Fn(&'v str, &str) -> Option<&'v str>,
    ) -> Option<Key> {
        let mut key = Key::root();
        let mut here = Vec::from([SchemaGraph::ROOT]);
        loop {
            let nodes = self.graph.with_parts(&here);
            let mut found: Option<(&Text, &str)> = None;
            for node in nodes.iter().map(|id| self.graph.node(*id)) {
                if self.takes_other_names(node) {
                    return None;
                }
                for name in node.properties.keys() {
                    let after =
                        behind(rest, name).filter(|after| after.is_empty() || after.starts_with("__"));
                    match (after, found) {
                        (Some(_), Some((known, _))) if known != name => return None,
                        (Some(after), _) => found = Some((name, after)),
                        (None, _) => {}
                    }
                }
            }
            let (name, after) = found?;
            here = nodes.iter().flat_map(|id| self.graph.node(*id).of_member(name)).collect();
            key.push(Segment::Name(name.clone()));
            match after.strip_prefix("__") {
                Some(below) => rest = below,
                None => {
                    let has_own = |id: &NodeId| self.graph.node(*id).notes.variable.is_some();
                    return (!self.graph.with_parts(&here).iter().any(has_own)).then_some(key);
                }
            }
        }
    }

    /// Whether the node allows members that it does not name.
    fn takes_other_names(&self, node: &SchemaNode) -> bool {
        let silent = node.properties.is_empty() && node.patterns.is_empty() && node.additional.is_none();
        let takes_rest = node.additional.is_none_or(|rest| !self.graph.node(rest).refuses);
        node.reference.is_none() && (!node.patterns.is_empty() || (takes_rest && !silent))
    }

    /// The names that the schema gives to the members of a table, and whether it allows others.
    pub fn member_names(&self, key: &Key) -> (Vec<Text>, bool) {
        let (names, open) = self.wanted_names(key, &|_| true);
        (names.into_iter().collect(), open)
    }

    /// [`Schema::member_names`], limited to the names that `wanted` accepts.
    pub(crate) fn wanted_names(&self, key: &Key, wanted: &dyn Fn(&str) -> bool) -> (BTreeSet<Text>, bool) {
        let full = key.segments().len();
        let mut names = BTreeSet::new();
        let mut open = false;
        self.visit(key, &mut |depth, node| {
            if depth == full && node.reference.is_none() {
                names.extend(node.properties.keys().filter(|name| wanted(name)).cloned());
                open |= self.takes_other_names(node);
            }
        });
        (names, open)
    }
}

/// Whether an entry of `x-aliases` is a variable, not a key: capitals, digits and `_` only.
pub(super) fn is_variable(alias: &str) -> bool {
    let allowed = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    alias.starts_with(|c: char| c.is_ascii_uppercase()) && alias.chars().all(allowed)
}

/// The bounds of a node as text.
fn range(node: &SchemaNode) -> Option<String> {
    let mut parts: Vec<String> = Vec::new();
    let (mut low, mut high) = (None, None);
    let (mut min, mut max, mut noun) = (None, None, "");
    for assertion in &node.assertions {
        match assertion {
            Assertion::Enum(allowed) => parts.push(format!("one of {}", list(allowed))),
            Assertion::Const(only) => parts.push(format!("only {only}")),
            Assertion::Minimum(bound) => low = Some((">=", bound)),
            Assertion::ExclusiveMinimum(bound) => low = Some((">", bound)),
            Assertion::Maximum(bound) => high = Some(("<=", bound)),
            Assertion::ExclusiveMaximum(bound) => high = Some(("<", bound)),
            Assertion::MultipleOf(step) => parts.push(format!("a multiple of {step}")),
            Assertion::Pattern(pattern) => parts.push(format!("matches `{}`", pattern.as_str())),
            Assertion::Format(format) => parts.push(format!("format {}", format.name)),
            Assertion::UniqueItems => parts.push("unique items".into()),
            Assertion::MinLength(n) => (min, noun) = (Some(*n), "character"),
            Assertion::MaxLength(n) => (max, noun) = (Some(*n), "character"),
            Assertion::MinItems(n) => (min, noun) = (Some(*n), "item"),
            Assertion::MaxItems(n) => (max, noun) = (Some(*n), "item"),
            Assertion::MinProperties(n) => (min, noun) = (Some(*n), "key"),
            Assertion::MaxProperties(n) => (max, noun) = (Some(*n), "key"),
        }
    }
    match (low, high) {
        (Some((">=", low)), Some(("<=", high))) => parts.insert(0, format!("{low}..={high}")),
        _ => {
            let bounds = low.into_iter().chain(high);
            parts.extend(bounds.map(|(sign, bound)| format!("{sign} {bound}")));
        }
    }
    parts.extend(match (min, max) {
        (Some(min), Some(max)) => Some(format!("{min}..={max} {noun}s")),
        (Some(min), None) => Some(format!("at least {}", count(min, noun))),
        (None, max) => max.map(|max| format!("at most {}", count(max, noun))),
    });
    (!parts.is_empty()).then(|| parts.join(", "))
}
