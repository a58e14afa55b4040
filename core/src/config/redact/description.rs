//! What the schema, the type of the settings and the builder together describe at one key.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::search::{KeyDescription, Meaning};
use crate::config::schema::{Schema, SchemaDescription};
use crate::tree::typed::Outline;
use crate::tree::{Key, Segment, Value};

/// In the key of a further secret: stands for every name. No setting has this name.
pub(crate) const EVERY_NAME: &str = "\0";

/// What describes the keys of a configuration.
#[derive(Clone, Copy)]
pub(crate) struct DescriptionSources<'r> {
    pub(crate) schema: Option<&'r Schema>,
    pub(crate) outline: Option<&'r Outline>,
    pub(crate) further_secrets: &'r BTreeSet<Key>,
}

/// The value at one key, as far as it is described.
pub(crate) struct Description<'r> {
    sources: DescriptionSources<'r>,
    schema: Option<SchemaDescription>,
    outlines: Vec<&'r Outline>,
    /// What remains of the further secret keys below this one.
    further: Vec<&'r [Segment]>,
}

impl<'r> Description<'r> {
    /// The description of the whole tree.
    pub(crate) fn of(sources: DescriptionSources<'r>) -> Self {
        Self {
            sources,
            schema: sources.schema.map(Schema::description),
            outlines: sources.outline.into_iter().collect(),
            further: sources.further_secrets.iter().map(Key::segments).collect(),
        }
    }

    /// The further secret keys below members or elements that are wanted.
    fn further_below(&self, is_wanted: impl Fn(&Segment) -> bool) -> Vec<&'r [Segment]> {
        let below = self.further.iter().filter_map(|rest| rest.split_first());
        below.filter(|(first, _)| is_wanted(first)).map(|(_, rest)| rest).collect()
    }
}

impl KeyDescription for Description<'_> {
    fn is_secret(&self) -> bool {
        self.schema.as_ref().is_some_and(KeyDescription::is_secret)
            || self.outlines.iter().any(|outline| outline.is_secret())
            || self.further.iter().any(|rest| rest.is_empty())
    }

    fn has_secret(&self) -> bool {
        self.schema.as_ref().is_some_and(KeyDescription::has_secret)
            || self.outlines.iter().any(|outline| outline.has_secret())
            || !self.further.is_empty()
    }

    fn lists(&self, value: &Value) -> bool {
        let is_variant =
            |text: &str| self.outlines.iter().any(|outline| outline.variants().any(|name| name == text));
        self.schema.as_ref().is_some_and(|schema| schema.lists(value))
            || value.as_str().is_some_and(is_variant)
    }

    fn below(&self, segment: &Segment) -> (Self, Meaning) {
        let schema = self.schema.as_ref().map(|schema| schema.below(segment));
        let mut further = self.further_below(|first| first == segment);
        let is_named = !further.is_empty();
        further
            .extend(self.further_below(|first| matches!(segment, Segment::Name(_)) && is_every_name(first)));
        let is_entry = !further.is_empty();
        let meanings = self.outlines.iter().map(|outline| meaning_of(outline, segment));
        let meanings = meanings.chain(schema.iter().map(|(_, meaning)| *meaning));
        let meaning =
            meanings.chain(is_entry.then_some(if is_named { Meaning::Named } else { Meaning::Entry })).max();
        let below = Self {
            sources: self.sources,
            schema: schema.map(|(below, _)| below),
            outlines: self.outlines.iter().filter_map(|outline| outline.below(segment)).collect(),
            further,
        };
        (below, meaning.unwrap_or(Meaning::Open))
    }

    fn named(&self, is_wanted: &dyn Fn(&str) -> bool) -> Self {
        Self {
            sources: self.sources,
            schema: self.schema.as_ref().map(|schema| schema.named(is_wanted)),
            outlines: with_secret(self.outlines.iter().flat_map(|outline| outline.named(is_wanted))),
            further: self.further_below(|first| is_name(first, is_wanted)),
        }
    }

    fn entries(&self) -> Self {
        Self {
            sources: self.sources,
            schema: self.schema.as_ref().map(KeyDescription::entries),
            outlines: with_secret(self.outlines.iter().filter_map(|outline| outline.others())),
            further: self.further_below(is_every_name),
        }
    }

    fn elements(&self) -> Self {
        Self {
            sources: self.sources,
            schema: self.schema.as_ref().map(KeyDescription::elements),
            outlines: with_secret(self.outlines.iter().flat_map(|outline| outline.elements())),
            further: self.further_below(|first| matches!(first, Segment::Index(_))),
        }
    }

    fn anywhere(&self, is_wanted: &dyn Fn(&str) -> bool) -> Self {
        let mut outlines = Vec::new();
        if let Some(root) = self.sources.outline {
            root.anywhere(is_wanted, &mut outlines);
        }
        let further = self.sources.further_secrets.iter().flat_map(|key| {
            let segments = key.segments();
            let ends = segments.iter().zip(1..).filter(|(segment, _)| is_name(segment, is_wanted));
            ends.filter_map(|(_, end)| segments.get(end..))
        });
        Self {
            sources: self.sources,
            schema: self.schema.as_ref().map(|schema| schema.anywhere(is_wanted)),
            outlines: with_secret(outlines),
            further: further.collect(),
        }
    }

    fn or(&self, other: &Self) -> Self {
        Self {
            sources: self.sources,
            schema: self.schema.as_ref().zip(other.schema.as_ref()).map(|(one, other)| one.or(other)),
            outlines: self.outlines.iter().chain(&other.outlines).copied().collect(),
            further: self.further.iter().chain(&other.further).copied().collect(),
        }
    }
}

fn with_secret<'o>(outlines: impl IntoIterator<Item = &'o Outline>) -> Vec<&'o Outline> {
    outlines.into_iter().filter(|outline| outline.has_secret()).collect()
}

fn is_name(segment: &Segment, is_wanted: &dyn Fn(&str) -> bool) -> bool {
    matches!(segment, Segment::Name(name) if name != EVERY_NAME && is_wanted(name))
}

fn is_every_name(segment: &Segment) -> bool {
    matches!(segment, Segment::Name(name) if name == EVERY_NAME)
}

/// What the type reads at a member or an element.
fn meaning_of(outline: &Outline, segment: &Segment) -> Meaning {
    let is_field = matches!(segment, Segment::Name(name) if outline.field(name).is_some());
    match outline.below(segment) {
        Some(_) if is_field => Meaning::Named,
        Some(_) => Meaning::Entry,
        None if outline.is_open() => Meaning::Open,
        None => Meaning::Refused,
    }
}
