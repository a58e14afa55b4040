//! Aliases of fields (`serde(alias)`), so that layers that use different names of one field set the same key.

use super::Outline;
use crate::tree::{Key, Kind, List, Segment, Table, Text, Value};

impl Outline {
    /// The value with each alias replaced by the name of its field; `None` if there is no alias in it. An alias beside the name of
    /// its field, or beside another alias, stays, so that the type refuses both. `is_own_key` keeps a name that is a key of its own.
    pub(crate) fn canonical(&self, value: &Value, is_own_key: &dyn Fn(&Key) -> bool) -> Option<Value> {
        if self.has_aliases { self.canonical_at(value, &mut Key::root(), is_own_key) } else { None }
    }

    /// The key with the names of fields in the place of aliases.
    pub(crate) fn canonical_key(&self, key: &Key) -> Key {
        let mut outline = Some(self);
        key.segments().iter().fold(Key::root(), |canonical, segment| {
            let field = outline.and_then(|outline| match segment {
                Segment::Name(name) => outline.field(name).map(|field| Segment::Name(Text::new(field))),
                Segment::Index(_) => None,
            });
            outline = outline.and_then(|outline| outline.below(segment));
            canonical.join(field.unwrap_or_else(|| segment.clone()))
        })
    }

    fn canonical_at(&self, value: &Value, key: &mut Key, is_own_key: &dyn Fn(&Key) -> bool) -> Option<Value> {
        let mut below = |outline: &Self, value: &Value, segment: Segment| {
            key.push(segment);
            let canonical = outline.canonical_at(value, key, is_own_key);
            key.pop();
            canonical
        };
        match value.kind() {
            Kind::Table(members) => {
                let mut renamed: Option<Table> = None;
                for (name, member) in members {
                    let Some(outline) = self.member(name) else { continue };
                    if let Some(member) = below(outline, member, Segment::Name(name.clone())) {
                        renamed.get_or_insert_with(|| members.clone()).insert(name.clone(), member);
                    }
                }
                let aliases = &self.rare().aliases;
                for (alias, field) in aliases {
                    let names = aliases.iter().filter(|(_, other)| *other == field).map(|(name, _)| name);
                    let is_alone =
                        names.chain([field]).filter(|name| members.contains_key(name)).count() == 1;
                    if members.contains_key(alias) && is_alone && !is_own_key(&key.child(*alias)) {
                        let members = renamed.get_or_insert_with(|| members.clone());
                        let member = members.remove(alias);
                        member.and_then(|member| members.insert(Text::new_static(field), member));
                    }
                }
                renamed.map(|members| value.with_kind(Kind::Table(members)))
            }
            Kind::Array(elements) => {
                let outline = self.elements.as_deref()?;
                let mut renamed: Option<List> = None;
                for (index, element) in elements.iter().enumerate() {
                    if let Some(element) = below(outline, element, Segment::Index(index)) {
                        renamed.get_or_insert_with(|| elements.clone()).set(index, element);
                    }
                }
                renamed.map(|elements| value.with_kind(Kind::Array(elements)))
            }
            _ => None,
        }
    }
}
