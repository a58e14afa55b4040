//! Values that set a part of a list, or of a table that replaces the one below it.
//!
//! A variable or an override that names an item (`APP_PORTS__0`, `--set ports[0]=80`) changes this item of the list that the
//! layers below have. So the value of its layer is that list with the change.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::config::MergeStrategy;
use crate::config::merge::{extended, merge_below};
use crate::config::schema::Schema;
use crate::text::count;
use crate::tree::{Key, Kind, List, Origin, Segment, Text, TypeSet, Value};

/// The layers below the value, which it may change in part.
#[derive(Clone, Copy)]
pub(super) struct LowerLayers<'a> {
    pub(super) schema: Option<&'a Schema>,
    /// Their merged tree.
    pub(super) present: Option<&'a Value>,
}

/// Why items do not make a list: its message and help.
pub(super) struct ItemError {
    /// The number of the item that is wrong.
    pub(super) index: usize,
    pub(super) message: String,
    pub(super) help: String,
}

impl LowerLayers<'_> {
    /// A table that sets only these members.
    pub(super) fn table(&self, key: &Key, members: Vec<(Text, Value)>, origin: Origin) -> Value {
        let change = Value::table(members, origin);
        let replaces = self.strategy(key) == MergeStrategy::Replace;
        match self.value(key).filter(|lower| replaces && lower.as_table().is_some()) {
            None => change,
            Some(lower) => {
                let strategy = |at: &Key| if at == key { MergeStrategy::Join } else { self.strategy(at) };
                let joined = merge_below(key, &lower, &change, &strategy);
                extended(joined.kind().clone(), change)
            }
        }
    }

    /// A list that sets only these items, in the order of their numbers.
    ///
    /// # Errors
    /// An item that is not in the list of the layers below, nor the next one after it. Without such a list, items that do not begin
    /// at 0 or have gaps.
    pub(super) fn list(
        &self,
        key: &Key,
        items: Vec<(usize, Value)>,
        origin: Origin,
    ) -> Result<Value, ItemError> {
        let lower = self.value(key);
        let lower = lower.as_ref().and_then(Value::as_array);
        let mut elements: List = lower.cloned().unwrap_or_default();
        for (index, item) in &items {
            match elements.get(*index) {
                Some(below) => {
                    let changed = merge_below(&key.element(*index), below, item, &|at| self.strategy(at));
                    elements.set(*index, changed);
                }
                None if *index == elements.len() => elements.extend([item.clone()]),
                None if lower.is_some() => {
                    let length = elements.len();
                    let message = format!("there is no item {index}: the list has {}", count(length, "item"));
                    let help = match length {
                        0 => "0 adds one".into(),
                        1 => "0 changes the item, and 1 adds one".into(),
                        _ => format!("0 to {} change an item, and {length} adds one", length - 1),
                    };
                    return Err(ItemError { index: *index, message, help });
                }
                None => {
                    let message = format!("item {} is not set, but a later item is", elements.len());
                    let help = "number the items from 0 without gaps".into();
                    return Err(ItemError { index: *index, message, help });
                }
            }
        }
        let change = Value::array(items.into_iter().map(|(_, item)| item), origin);
        Ok(match lower {
            Some(_) => extended(Kind::Array(elements), change),
            None => change,
        })
    }

    /// The key with numbers in the place of names where a list is: `ports.0` is `ports[0]`.
    pub(super) fn with_indices(&self, key: &Key) -> Key {
        let mut found = Key::root();
        for segment in key.segments() {
            let index = match segment {
                Segment::Name(name) if name.len() == 1 || !name.starts_with('0') => {
                    name.parse::<usize>().ok().filter(|_| name.bytes().all(|byte| byte.is_ascii_digit()))
                }
                _ => None,
            };
            found.push(match index.filter(|_| self.is_list(&found)) {
                Some(index) => Segment::Index(index),
                None => segment.clone(),
            });
        }
        found
    }

    /// The first list in which the key gives an item a name, and this name.
    pub(super) fn named_item(&self, key: &Key) -> Option<(Key, Text)> {
        let mut at = Key::root();
        for segment in key.segments() {
            match segment {
                Segment::Name(name) if self.is_list(&at) && !self.may_be_table(&at) => {
                    return Some((at, name.clone()));
                }
                segment => at.push(segment.clone()),
            }
        }
        None
    }

    /// Whether the schema allows a table in the place of a list.
    fn may_be_table(&self, key: &Key) -> bool {
        let types = self.schema.and_then(|schema| schema.types(key)).map(|(types, _)| types);
        types.is_some_and(|types| types.contains(TypeSet::OBJECT))
    }

    fn is_list(&self, key: &Key) -> bool {
        match self.value(key) {
            Some(value) if !matches!(value.kind(), Kind::Null | Kind::Unset) => value.as_array().is_some(),
            _ => {
                let types = self.schema.and_then(|schema| schema.types(key)).map(|(types, _)| types);
                types.is_some_and(|types| types.contains(TypeSet::ARRAY) && !types.contains(TypeSet::OBJECT))
            }
        }
    }

    /// The value of the layers below, the default of the schema included.
    fn value(&self, key: &Key) -> Option<Value> {
        let default = || self.schema?.facts(key)?.default;
        let Some(value) = self.present.and_then(|present| present.get(key)) else { return default() };
        let strategy = self.strategy(key);
        let joined = (value.as_array().is_some() && strategy.joins(value)).then(default).flatten();
        let is_new = |default: &Value| {
            let parts = value.joined().iter().chain([value]);
            parts.map(Value::origin).all(|origin| origin != default.origin())
        };
        Some(match joined.filter(is_new) {
            Some(default) => merge_below(key, &default, value, &|at| self.strategy(at)),
            None => value.clone(),
        })
    }

    /// How a value at the key is merged.
    pub(super) fn strategy(&self, key: &Key) -> MergeStrategy {
        self.schema.map(|schema| schema.merge_strategy(key)).unwrap_or_default()
    }
}
