//! What is left of another variant where a higher layer chooses one.
//!
//! The variants are the alternatives of `anyOf` or `oneOf`, and a discriminator names one: a member that each alternative
//! allows other values (`kind = "s3"`), or the one member that each alternative has (`s3.bucket`). If a layer changes the
//! discriminator, members of the layers below it that another variant knows, and the chosen one does not, are removed.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::discriminator::Discriminator;
use super::graph::{Combined, NodeId, NodeSet, NodeUsers, SchemaGraph};
use super::schema::Schema;
use crate::tree::{Key, Kind, Origin, Segment, Table, Text, Value, redact_at};

/// The layer that changed the variant of a table.
struct Change<'v> {
    branches: &'v [NodeId],
    discriminator: Discriminator,
    chosen: Vec<NodeId>,
    /// The values of the layers below the change, lowest first.
    lower: &'v [Value],
    /// Those of the layer that made the change and of the layers above it.
    upper: &'v [Value],
}

impl Schema {
    /// The tree with marks ([`Kind::Unset`]) in the place of what is left of other variants; `None` if nothing is.
    pub(crate) fn without_left_overs(&self, root: &Value) -> Option<Value> {
        self.graph.without_left_overs(&[SchemaGraph::ROOT], root)
    }

    /// Where the variant was changed, and which layer the value at the key is left from: ``` `kind` is `fs` since
    /// local.toml:2:8; `size` is left from base.toml:3:10, where `kind` was `s3` ```. `None` if it is not left from a layer below a
    /// change.
    pub(crate) fn left_from(
        &self,
        root: &Value,
        key: &Key,
        is_secret: &dyn Fn(&Key, &Value) -> bool,
    ) -> Option<String> {
        let mut nodes = Vec::from([SchemaGraph::ROOT]);
        if !self.graph.variants_below.contains(SchemaGraph::ROOT) {
            return None;
        }
        let mut value = root;
        let mut at = Key::root();
        let segments = key.segments();
        for (depth, segment) in segments.iter().enumerate() {
            let rest =
                segments.iter().skip(depth).fold(Key::root(), |key, segment| key.join(segment.clone()));
            let sets = |layer: &&Value| is_set(layer.get(&rest));
            let change = self.graph.changes(&nodes, value).into_iter().find(|change| {
                change.lower.iter().any(|layer| sets(&layer))
                    && !change.upper.iter().any(|layer| sets(&layer))
            });
            if let Some(change) = change {
                let place = change.lower.iter().rposition(|layer| sets(&layer))?;
                let left = change.lower.get(place)?.get(&rest)?.origin();
                let tagged = |layer: &&Value| change.tag(&self.graph, layer).is_some();
                let before = change.lower.iter().take(place + 1).rfind(tagged);
                let before = before.or_else(|| change.lower.iter().rfind(tagged))?;
                let (now, _) = self.since(&change, &at, is_secret)?;
                let was = self.variant(&change, (before, "was"), &at, is_secret)?;
                let name = Key::root().join(segments.last()?.clone());
                return Some(format!("{now}; `{name}` is left from {left}, where {was}"));
            }
            let here = self.graph.conjunction(&nodes, Some(value));
            nodes = self.graph.below(&here, segment);
            at.push(segment.clone());
            value = value.get(&Key::root().join(segment.clone()))?;
        }
        None
    }
}

impl Schema {
    /// Where the variant of the table at the key was changed: ``` `kind` is `fs` since local.toml:2:8 ```, and this place. `None` if
    /// no layer changed it.
    pub(crate) fn variant_since(
        &self,
        root: &Value,
        key: &Key,
        is_secret: &dyn Fn(&Key, &Value) -> bool,
    ) -> Option<(String, Origin)> {
        let mut nodes = Vec::from([SchemaGraph::ROOT]);
        if !self.graph.variants_below.contains(SchemaGraph::ROOT) {
            return None;
        }
        let mut value = root;
        for segment in key.segments() {
            nodes = self.graph.below(&self.graph.conjunction(&nodes, Some(value)), segment);
            value = value.get(&Key::root().join(segment.clone()))?;
        }
        self.since(self.graph.changes(&nodes, value).first()?, key, is_secret)
    }

    fn since(
        &self,
        change: &Change<'_>,
        at: &Key,
        is_secret: &dyn Fn(&Key, &Value) -> bool,
    ) -> Option<(String, Origin)> {
        let layer = change.upper.first()?;
        let origin = change.tag(&self.graph, layer)?.1.origin();
        Some((
            format!("{} since {origin}", self.variant(change, (layer, "is"), at, is_secret)?),
            origin.clone(),
        ))
    }

    /// ``` `kind` is `fs` ```, or ``` `fs` is set ```; `at` is the key of the table.
    fn variant(
        &self,
        change: &Change<'_>,
        (layer, verb): (&Value, &str),
        at: &Key,
        is_secret: &dyn Fn(&Key, &Value) -> bool,
    ) -> Option<String> {
        let (name, tag) = change.tag(&self.graph, layer)?;
        Some(match change.discriminator {
            Discriminator::Value(_) => {
                let tag = redact_at(tag, &at.child(name.clone()), is_secret);
                let text = tag.as_str().map_or_else(|| tag.to_string(), String::from);
                format!("`{name}` {verb} `{text}`")
            }
            Discriminator::Name => format!("`{name}` {verb} set"),
        })
    }
}

impl Change<'_> {
    /// The name of the member that names the variant of one layer, and its value.
    fn tag<'l>(&self, graph: &SchemaGraph, layer: &'l Value) -> Option<(Text, &'l Value)> {
        self.discriminator.tag(graph, self.branches, layer)
    }
}

fn is_set(value: Option<&Value>) -> bool {
    value.is_some_and(|value| !matches!(value.kind(), Kind::Unset))
}

impl SchemaGraph {
    /// The nodes from which alternatives with a discriminator can be reached.
    pub(super) fn find_variants(&self, users: &NodeUsers) -> NodeSet {
        self.leading_to(users, |_, node| {
            node.combined.iter().any(|combined| match combined {
                Combined::AnyOf(branches) | Combined::OneOf(branches) => {
                    self.discriminator(branches).is_some()
                }
                _ => false,
            })
        })
    }

    fn without_left_overs(&self, nodes: &[NodeId], value: &Value) -> Option<Value> {
        if !nodes.iter().any(|id| self.variants_below.contains(*id)) {
            return None;
        }
        let own = self.without_own_left_overs(nodes, value);
        let value = own.as_ref().unwrap_or(value);
        let nodes = self.conjunction(nodes, Some(value));
        let below =
            |segment: Segment, inner: &Value| self.without_left_overs(&self.below(&nodes, &segment), inner);
        let inner = match value.kind() {
            Kind::Table(members) => {
                let changed = members.iter().filter_map(|(name, member)| {
                    Some((name.clone(), below(Segment::Name(name.clone()), member)?))
                });
                with_members(value, members, changed.collect())
            }
            Kind::Array(elements) => {
                let mut all = elements.clone();
                let mut changes = false;
                for (index, element) in elements.iter().enumerate() {
                    if let Some(changed) = below(Segment::Index(index), element) {
                        all.set(index, changed);
                        changes = true;
                    }
                }
                changes.then(|| value.with_kind(Kind::Array(all)))
            }
            _ => None,
        };
        inner.or(own)
    }

    /// The table without what is left of other variants of its own.
    fn without_own_left_overs(&self, nodes: &[NodeId], value: &Value) -> Option<Value> {
        let mut result: Option<Value> = None;
        for change in self.changes(nodes, value) {
            let around = self.applicable(nodes, &|combined| match combined {
                Combined::AnyOf(branches) | Combined::OneOf(branches) if branches == change.branches => {
                    Vec::new()
                }
                Combined::AnyOf(branches) | Combined::OneOf(branches) => branches.clone(),
                Combined::If { then, otherwise, .. } => then.iter().chain(otherwise).copied().collect(),
                _ => Vec::new(),
            });
            let with_around = |branch: &[NodeId]| {
                let mut all = self.with_parts(branch);
                all.extend(&around);
                all
            };
            let others = change.branches.iter().filter(|branch| !change.chosen.contains(branch));
            let others: Vec<Vec<NodeId>> =
                others.map(|branch| with_around(core::slice::from_ref(branch))).collect();
            let upper: Vec<&Value> = change.upper.iter().collect();
            let Some(origin) =
                change.upper.first().and_then(|layer| Some(change.tag(self, layer)?.1.origin().clone()))
            else {
                continue;
            };
            let chosen = with_around(&change.chosen);
            let changed = self.marked(result.as_ref().unwrap_or(value), &chosen, &others, &upper, &origin);
            result = changed.or(result);
        }
        result
    }

    /// The table with marks for the members that no layer of `upper` sets, and that one of `others` knows better than `chosen`.
    fn marked(
        &self,
        table: &Value,
        chosen: &[NodeId],
        others: &[Vec<NodeId>],
        upper: &[&Value],
        origin: &Origin,
    ) -> Option<Value> {
        let members = table.as_table()?;
        let changed =
            members.iter().filter(|(_, member)| is_set(Some(*member))).filter_map(|(name, member)| {
                let upper: Vec<&Value> = upper.iter().filter_map(|layer| layer.member(name)).collect();
                let other = others.iter().map(|nodes| self.knowledge(nodes, name)).max()?;
                if !upper.iter().any(|value| is_set(Some(value))) && other > self.knowledge(chosen, name) {
                    let mut shadowed = member.shadowed().to_vec();
                    shadowed.push(member.clone().with_shadowed(Vec::new()));
                    let mark = Value::new(Kind::Unset, origin.clone()).with_shadowed(shadowed);
                    return Some((name.clone(), mark));
                }
                let below =
                    |nodes: &[NodeId]| self.with_parts(&self.below(nodes, &Segment::Name(name.clone())));
                let others: Vec<Vec<NodeId>> = others.iter().map(|nodes| below(nodes)).collect();
                Some((name.clone(), self.marked(member, &below(chosen), &others, &upper, origin)?))
            });
        with_members(table, members, changed.collect())
    }

    /// The changes of the variant of a table, for each combination of alternatives that applies to it.
    fn changes<'v>(&'v self, nodes: &[NodeId], value: &'v Value) -> Vec<Change<'v>> {
        let layers = value.joined();
        if value.as_table().is_none() || layers.len() < 2 {
            return Vec::new();
        }
        let nodes = self.conjunction(nodes, Some(value));
        let combined = nodes.iter().flat_map(|id| &self.node(*id).combined);
        combined.filter_map(|combined| self.change(combined, value, layers)).collect()
    }

    fn change<'v>(
        &'v self,
        combined: &'v Combined,
        value: &Value,
        layers: &'v [Value],
    ) -> Option<Change<'v>> {
        let (Combined::AnyOf(branches) | Combined::OneOf(branches)) = combined else { return None };
        let discriminator = self.discriminator(branches)?;
        let tag_of = |layer| {
            let (name, value) = discriminator.tag(self, branches, layer)?;
            // The value below the only member may change.
            let value = matches!(discriminator, Discriminator::Value(_)).then(|| value.fingerprint());
            Some((name, value))
        };
        let tags: Vec<_> = layers.iter().map(tag_of).collect();
        let last = tags.iter().rev().flatten().next()?;
        let other = tags.iter().rposition(|tag| tag.as_ref().is_some_and(|tag| tag != last))?;
        let since = tags.iter().skip(other).position(|tag| tag.as_ref() == Some(last))? + other;
        let (lower, upper) = layers.split_at_checked(since)?;
        let (name, tag) = discriminator.tag(self, branches, layers.get(since)?)?;
        // A layer above the change may have removed the discriminator.
        let holds =
            last.1.is_none_or(|last| value.member(&name).is_some_and(|tag| tag.fingerprint() == last));
        let chosen = if holds { self.named_by(&discriminator, branches, (&name, tag)) } else { Vec::new() };
        (!chosen.is_empty()).then_some(Change { branches, discriminator, chosen, lower, upper })
    }

    /// How well the subschemas of a table know a member: 2 if one describes it, 0 if they refuse it, else 1.
    fn knowledge(&self, nodes: &[NodeId], name: &str) -> u8 {
        let describes = |id: NodeId| {
            let node = self.node(id);
            !node.refuses && (!node.has_only_references() || node.has_parts())
        };
        let nodes = || nodes.iter().map(|id| self.node(*id));
        let is_named = nodes().any(|node| {
            let named = node.properties.get(name).copied();
            let mut named = named
                .into_iter()
                .chain(node.patterns.iter().filter(|(p, _)| p.is_match(name)).map(|(_, id)| *id));
            named.any(|id| !self.node(id).refuses) || node.of_member(name).any(describes)
        });
        let refuses = |id: NodeId| self.node(id).refuses;
        let is_refused = || {
            nodes().any(|node| {
                node.of_member(name).any(refuses) || node.unevaluated_members.is_some_and(refuses)
            })
        };
        match () {
            () if is_named => 2,
            () if is_refused() => 0,
            () => 1,
        }
    }
}

/// The table with other values for some members; `None` without one.
fn with_members(table: &Value, members: &Table, changed: Vec<(Text, Value)>) -> Option<Value> {
    if changed.is_empty() {
        return None;
    }
    let mut members = members.clone();
    for (name, member) in changed {
        members.insert(name, member);
    }
    Some(table.with_kind(Kind::Table(members)))
}
