//! The parts of a compiled schema as bytes.

use super::stored::{Stored, StoredReader, StoredWriter};
use crate::config::MergeStrategy;
use crate::config::schema::facts::Reload;
use crate::config::schema::json_schema::assertion::Assertion;
use crate::config::schema::json_schema::format::StringFormat;
use crate::config::schema::json_schema::graph::{
    Combined, Contains, Dependency, Items, NodeId, NodeSet, Notes, SchemaGraph, SchemaNode,
};
use crate::config::schema::json_schema::pattern::Pattern;
use crate::tree::Text;

stored_struct!(SchemaGraph {
    nodes,
    longest_chain,
    has_restarts,
    defaults_below,
    settled_defaults,
    strategies_below,
    reloads_below,
    secrets_below,
    deprecated_below,
    item_defaults_below,
    secret_names,
    variants_below,
    shared,
});

stored_struct!(SchemaNode {
    refuses,
    types,
    assertions,
    properties,
    patterns,
    additional,
    required,
    items,
    reference,
    all_of,
    combined,
    unevaluated_members,
    unevaluated_elements,
    notes,
    origin,
});

stored_struct!(Notes {
    description,
    default,
    secret,
    reload,
    merge,
    merge_at,
    aliases,
    variable,
    keeps_case,
    ignores_empty,
    deprecated,
});

stored_enum!(Items { 0 => Any, 1 => Each(node), 2 => Tuple { first, rest } });

stored_enum!(Combined {
    0 => AnyOf(branches),
    1 => OneOf(branches),
    2 => Not(node),
    3 => If { condition, then, otherwise },
    4 => Contains(contains),
    5 => PropertyNames(node),
    6 => Dependencies(dependencies),
});

stored_struct!(Contains { of, min, max, evaluates });

stored_enum!(Dependency { 0 => Names(names), 1 => Schema(node) });

stored_enum!(Assertion {
    0 => Enum(values),
    1 => Const(value),
    2 => Minimum(number),
    3 => ExclusiveMinimum(number),
    4 => Maximum(number),
    5 => ExclusiveMaximum(number),
    6 => MultipleOf(number),
    7 => MinLength(count),
    8 => MaxLength(count),
    9 => Pattern(pattern),
    10 => Format(format),
    11 => MinItems(count),
    12 => MaxItems(count),
    13 => UniqueItems,
    14 => MinProperties(count),
    15 => MaxProperties(count),
});

stored_enum!(Reload { 0 => Live, 1 => Restart });

stored_enum!(MergeStrategy { 0 => Join, 1 => Replace, 2 => Append, 3 => Union, 4 => By(name) });

impl Stored for NodeId {
    fn write(&self, writer: &mut StoredWriter<'_>) {
        self.0.write(writer);
    }

    fn read(reader: &mut StoredReader<'_>) -> Option<Self> {
        Stored::read(reader).map(Self)
    }
}

impl Stored for NodeSet {
    fn write(&self, writer: &mut StoredWriter<'_>) {
        self.0.write(writer);
    }

    fn read(reader: &mut StoredReader<'_>) -> Option<Self> {
        Stored::read(reader).map(Self)
    }
}

/// Its text: it is compiled when a value first needs it.
impl Stored for Pattern {
    fn write(&self, writer: &mut StoredWriter<'_>) {
        Text::new(self.as_str()).write(writer);
    }

    fn read(reader: &mut StoredReader<'_>) -> Option<Self> {
        let text = Text::read(reader)?;
        if let Some(known) = reader.patterns.iter().find(|known| known.as_str() == text.as_str()) {
            return Some(known.clone());
        }
        let pattern = Self::uncompiled(&text).ok()?;
        reader.patterns.push(pattern.clone());
        Some(pattern)
    }
}

impl Stored for StringFormat {
    fn write(&self, writer: &mut StoredWriter<'_>) {
        Text::new_static(self.name).write(writer);
    }

    fn read(reader: &mut StoredReader<'_>) -> Option<Self> {
        Self::named(&Text::read(reader)?)
    }
}
