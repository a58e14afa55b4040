//! Looking up a key in a schema: its facts, its types, and the known keys.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::assertion::{Assertion, list};
use super::facts::{Facts, NamedVariable, Reload, TypeSet};
use super::graph::{Items, Judged, NodeId, SchemaGraph, SchemaNode};
use crate::config::ListStrategy;
use crate::text::count;
use crate::tree::nearest::nearest;
use crate::tree::{Key, Segment, Text};

/// How deep [`SchemaGraph::keys`] follows a schema that refers to itself.
const MAX_NAMES: usize = 12;

impl SchemaGraph {
    /// The facts that the schema states about a key; `None` for an unknown key.
    pub(super) fn facts(&self, key: &Key) -> Option<Facts> {
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
        (facts.types, facts.element_types) = self.types_of(key)?;
        Some(facts)
    }

    /// The types of a key and of its elements, without the rest of its facts.
    pub(super) fn types_of(&self, key: &Key) -> Option<(TypeSet, TypeSet)> {
        let full = key.segments().len();
        let mut known = key.is_root();
        self.visit(key, &mut |depth, node| known |= depth == full && !node.refuses);
        let at = |key: &Key| self.types_at(Self::ROOT, key.segments());
        known.then(|| (at(key), at(&key.element(0))))
    }

    /// The variable that a subschema of the key names (`x-env`).
    pub(super) fn variable(&self, key: &Key) -> Option<Text> {
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
    pub(super) fn is_secret(&self, key: &Key) -> bool {
        let leads_to_secret = |id: &NodeId| self.secrets_below.get(id.0 as usize) == Some(&true);
        if !leads_to_secret(&Self::ROOT) {
            return false;
        }
        let mut secret = false;
        let mut reached = 0;
        let mut refused = 0;
        self.visit_while(key, &mut |depth, nodes| {
            for node in nodes.iter().map(|id| self.node(*id)) {
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
        let (names, _) = self.member_names(&meant, &|_| true);
        if names.contains(unknown) {
            return false;
        }
        let Some(near) = nearest(unknown, names.iter().map(Text::as_str)) else { return false };
        meant.push(Segment::Name(near.into()));
        self.is_secret(&segments.fold(meant, |key, below| key.join(below.clone())))
    }

    /// When a change of the key takes effect.
    pub(super) fn reload(&self, key: &Key) -> Reload {
        let mut reload = Reload::default();
        self.visit_while(key, &mut |_, nodes| {
            for node in nodes.iter().map(|id| self.node(*id)) {
                reload = node.notes.reload.unwrap_or(reload);
            }
            nodes.iter().any(|id| self.reloads_below.get(id.0 as usize) == Some(&true))
        });
        reload
    }

    /// What a list at the key does with the one below it.
    pub(super) fn list_strategy(&self, key: &Key) -> ListStrategy {
        self.strategy_at(Self::ROOT, key.segments()).unwrap_or_default()
    }

    /// The first strategy in the order of [`SchemaGraph::visit`].
    fn strategy_at(&self, id: NodeId, segments: &[Segment]) -> Option<ListStrategy> {
        if !self.strategies_below.get(id.0 as usize).is_some_and(|leads| *leads) {
            return None;
        }
        let node = self.node(id);
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

    /// For each node, whether a node that `is_wanted` accepts can be reached from it.
    pub(super) fn find_leading_to(&self, is_wanted: impl Fn(&SchemaNode) -> bool) -> Vec<bool> {
        let mut found: Vec<bool> = self.nodes.iter().map(is_wanted).collect();
        loop {
            let mut grew = false;
            for id in self.ids() {
                let node = self.node(id);
                let items: &[NodeId] = match &node.items {
                    Items::Any => &[],
                    Items::Each(each) => core::slice::from_ref(each),
                    Items::Tuple { first, .. } => first,
                };
                let rest = match &node.items {
                    Items::Tuple { rest, .. } => rest.as_ref(),
                    _ => None,
                };
                let below = node.properties.values().chain(node.patterns.iter().map(|(_, id)| id));
                let below = below.chain(&node.additional).chain(items).chain(rest).copied();
                let below = below.chain(node.contains());
                let reaches = below.chain(node.in_place()).any(|id| found.get(id.0 as usize) == Some(&true));
                if let Some(flag) = found.get_mut(id.0 as usize).filter(|flag| !**flag && reaches) {
                    *flag = true;
                    grew = true;
                }
            }
            if !grew {
                return found;
            }
        }
    }

    /// The types that the subschema allows for the value itself.
    pub(super) fn types(&self, id: NodeId) -> TypeSet {
        self.types_at(id, &[])
    }

    /// Visits each node that may apply to the key or to one above it, whatever the values are:
    /// alternatives count too, since a setting is secret if it is secret in one of them.
    fn visit(&self, key: &Key, visit: &mut dyn FnMut(usize, &SchemaNode)) {
        self.visit_while(key, &mut |depth, nodes| {
            nodes.iter().for_each(|id| visit(depth, self.node(*id)));
            true
        });
    }

    /// Visits the nodes that may apply to each part of the key, from the root on, until `visit` returns false.
    fn visit_while(&self, key: &Key, visit: &mut dyn FnMut(usize, &[NodeId]) -> bool) {
        let mut here: Vec<NodeId> = Vec::from([Self::ROOT]);
        for depth in 0..=key.segments().len() {
            let nodes = self.with_parts(&here);
            if !visit(depth, &nodes) {
                return;
            }
            let mut next = Vec::new();
            for id in nodes {
                let node = self.node(id);
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

    /// The nodes with all subschemas that apply to the same value, alternatives included.
    pub(super) fn with_parts(&self, nodes: &[NodeId]) -> Vec<NodeId> {
        if let [only] = nodes
            && !self.node(*only).has_parts()
        {
            return nodes.to_vec();
        }
        let mut all = Vec::new();
        let mut seen = BTreeSet::new();
        let mut rest: Vec<NodeId> = nodes.iter().rev().copied().collect();
        while let Some(id) = rest.pop() {
            if seen.insert(id) {
                all.push(id);
                rest.extend(self.node(id).in_place().into_iter().rev());
            }
        }
        all
    }

    /// The types that the key may have: those that all parts of `allOf` and some alternative of `anyOf` or `oneOf` allow.
    pub(super) fn types_at(&self, id: NodeId, segments: &[Segment]) -> TypeSet {
        let node = self.node(id);
        if let Some(target) = node.reference {
            return self.types_at(target, segments);
        }
        if node.refuses {
            return TypeSet::NONE;
        }
        let own = match segments.split_first() {
            None => node.assertions.iter().fold(node.types, |types, assertion| types.and(implied(assertion))),
            // A value that cannot be a table has no members: one side of a nullable union does not restrict them.
            Some((Segment::Name(_), _)) if !node.types.contains(TypeSet::OBJECT) => TypeSet::NONE,
            Some((Segment::Index(_), _)) if !node.types.contains(TypeSet::ARRAY) => TypeSet::NONE,
            Some((Segment::Name(name), rest)) => {
                node.of_member(name).fold(TypeSet::ANY, |types, of| types.and(self.types_at(of, rest)))
            }
            Some((Segment::Index(index), rest)) => {
                node.of_element(*index).map_or(TypeSet::ANY, |of| self.types_at(of, rest))
            }
        };
        let all = node.all_of.iter().fold(own, |types, part| types.and(self.types_at(*part, segments)));
        node.judged.iter().fold(all, |types, judged| match judged {
            Judged::AnyOf(branches) | Judged::OneOf(branches) => types.and(
                branches.iter().fold(TypeSet::NONE, |set, branch| set.or(self.types_at(*branch, segments))),
            ),
            _ => types,
        })
    }

    /// The keys that the schema names, tables and lists included, in their order.
    pub(super) fn keys(&self) -> Vec<Key> {
        let mut keys = BTreeSet::new();
        self.keys_below(Self::ROOT, &mut Key::root(), &mut Vec::new(), &mut keys);
        keys.into_iter().collect()
    }

    fn keys_below(&self, id: NodeId, key: &mut Key, open: &mut Vec<NodeId>, keys: &mut BTreeSet<Key>) {
        if open.contains(&id) || key.segments().len() >= MAX_NAMES {
            return;
        }
        open.push(id);
        let node = self.node(id);
        for (name, of) in &node.properties {
            if self.node(*of).refuses {
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
    pub(super) fn named_variables(&self) -> Vec<NamedVariable> {
        let silent = |node: &SchemaNode| node.notes.variable.is_none() && node.notes.aliases.is_empty();
        if self.nodes.iter().all(silent) {
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
    pub(super) fn closed_key(
        &self,
        mut rest: &str,
        behind: &dyn for<'v> Fn(&'v str, &str) -> Option<&'v str>,
    ) -> Option<Key> {
        let mut key = Key::root();
        let mut here = Vec::from([Self::ROOT]);
        loop {
            let nodes = self.with_parts(&here);
            let mut found: Option<(&Text, &str)> = None;
            for node in nodes.iter().map(|id| self.node(*id)) {
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
            here = nodes.iter().flat_map(|id| self.node(*id).of_member(name)).collect();
            key.push(Segment::Name(name.clone()));
            match after.strip_prefix("__") {
                Some(below) => rest = below,
                None => {
                    let has_own = |id: &NodeId| self.node(*id).notes.variable.is_some();
                    return (!self.with_parts(&here).iter().any(has_own)).then_some(key);
                }
            }
        }
    }

    /// Whether the node allows members that it does not name.
    fn takes_other_names(&self, node: &SchemaNode) -> bool {
        let silent = node.properties.is_empty() && node.patterns.is_empty() && node.additional.is_none();
        let takes_rest = node.additional.is_none_or(|rest| !self.node(rest).refuses);
        node.reference.is_none() && (!node.patterns.is_empty() || (takes_rest && !silent))
    }

    /// The names of a key's members that `wanted` accepts, and whether the schema allows other names.
    pub(super) fn member_names(&self, key: &Key, wanted: &dyn Fn(&str) -> bool) -> (BTreeSet<Text>, bool) {
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

/// The types that an assertion allows.
fn implied(assertion: &Assertion) -> TypeSet {
    match assertion {
        Assertion::Enum(allowed) => {
            allowed.iter().fold(TypeSet::NONE, |set, value| set.or(TypeSet::of(value)))
        }
        Assertion::Const(only) => TypeSet::of(only),
        _ => TypeSet::ANY,
    }
}

/// The bounds of a node as text.
fn range(node: &SchemaNode) -> Option<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut low: Option<(String, bool)> = None;
    let mut high: Option<(String, bool)> = None;
    let mut counts: (Option<usize>, Option<usize>, &str) = (None, None, "");
    for assertion in &node.assertions {
        match assertion {
            Assertion::Enum(allowed) => parts.push(format!("one of {}", list(allowed))),
            Assertion::Const(only) => parts.push(format!("only {only}")),
            Assertion::Minimum(bound) => low = Some((bound.to_string(), true)),
            Assertion::ExclusiveMinimum(bound) => low = Some((bound.to_string(), false)),
            Assertion::Maximum(bound) => high = Some((bound.to_string(), true)),
            Assertion::ExclusiveMaximum(bound) => high = Some((bound.to_string(), false)),
            Assertion::MultipleOf(step) => parts.push(format!("a multiple of {step}")),
            Assertion::Pattern(pattern) => parts.push(format!("matches `{}`", pattern.as_str())),
            Assertion::Format(format) => parts.push(format!("format {}", format.name)),
            Assertion::UniqueItems => parts.push("unique items".into()),
            Assertion::MinLength(n) => counts = (Some(*n), counts.1, "character"),
            Assertion::MaxLength(n) => counts = (counts.0, Some(*n), "character"),
            Assertion::MinItems(n) => counts = (Some(*n), counts.1, "item"),
            Assertion::MaxItems(n) => counts = (counts.0, Some(*n), "item"),
            Assertion::MinProperties(n) => counts = (Some(*n), counts.1, "key"),
            Assertion::MaxProperties(n) => counts = (counts.0, Some(*n), "key"),
        }
    }
    match (low, high) {
        (Some((low, true)), Some((high, true))) => parts.insert(0, format!("{low}..={high}")),
        (low, high) => {
            let sign =
                |inclusive: bool, sign: &str| if inclusive { format!("{sign}=") } else { sign.to_string() };
            parts.extend(low.map(|(bound, inclusive)| format!("{} {bound}", sign(inclusive, ">"))));
            parts.extend(high.map(|(bound, inclusive)| format!("{} {bound}", sign(inclusive, "<"))));
        }
    }
    match counts {
        (Some(low), Some(high), noun) => parts.push(format!("{low}..={high} {noun}s")),
        (Some(low), None, noun) => parts.push(format!("at least {}", count(low, noun))),
        (None, Some(high), noun) => parts.push(format!("at most {}", count(high, noun))),
        (None, None, _) => {}
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}
