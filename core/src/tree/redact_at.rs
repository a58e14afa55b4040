//! A tree with its secrets replaced.

use alloc::vec::Vec;

use crate::tree::{Key, Kind, Past, Segment, Text, Value};

/// The replacement for a secret.
pub const REDACTED: &str = "[redacted]";

/// The value at `key` of its tree, with every secret in it replaced by [`REDACTED`].
#[must_use]
pub fn redact_at(value: &Value, key: &Key, is_secret: &dyn Fn(&Key, &Value) -> bool) -> Value {
    redacted(value, &mut key.clone(), is_secret).unwrap_or_else(|| value.clone())
}

/// The redacted value, or `None` if there is nothing to redact.
fn redacted(value: &Value, key: &mut Key, is_secret: &dyn Fn(&Key, &Value) -> bool) -> Option<Value> {
    let kind = redacted_kind(value, key, is_secret);
    let shadowed = redacted_past(value.shadowed(), key, is_secret);
    let joined = redacted_past(value.joined(), key, is_secret);
    if kind.is_none() && shadowed.is_none() && joined.is_none() {
        return None;
    }
    let past = Past {
        shadowed: shadowed.unwrap_or_else(|| value.shadowed().to_vec()),
        joined: joined.unwrap_or_else(|| value.joined().to_vec()),
        extends: value.extends(),
    };
    let redacted = match kind {
        Some(kind) => Value::new(kind, value.origin().clone()),
        None => value.clone(),
    };
    Some(redacted.with_past(past))
}

fn redacted_kind(value: &Value, key: &mut Key, is_secret: &dyn Fn(&Key, &Value) -> bool) -> Option<Kind> {
    match value.kind() {
        Kind::Table(members) => {
            let mut changed = None;
            for (name, member) in members {
                key.push(Segment::Name(name.clone()));
                if let Some(redacted) = redacted(member, key, is_secret) {
                    changed.get_or_insert_with(|| members.clone()).insert(name.clone(), redacted);
                }
                key.pop();
            }
            changed.map(Kind::Table)
        }
        Kind::Array(elements) => {
            let mut changed = None;
            for (index, element) in elements.iter().enumerate() {
                key.push(Segment::Index(index));
                if let Some(redacted) = redacted(element, key, is_secret) {
                    changed.get_or_insert_with(|| elements.clone()).set(index, redacted);
                }
                key.pop();
            }
            changed.map(Kind::Array)
        }
        Kind::Unset => None,
        _ => is_secret(key, value).then(|| Kind::String(Text::new_static(REDACTED))),
    }
}

fn redacted_past(
    past: &[Value],
    key: &mut Key,
    is_secret: &dyn Fn(&Key, &Value) -> bool,
) -> Option<Vec<Value>> {
    let mut changed = None;
    for (index, value) in past.iter().enumerate() {
        if let Some(redacted) = redacted(value, key, is_secret) {
            let values: &mut Vec<Value> = changed.get_or_insert_with(|| past.to_vec());
            if let Some(slot) = values.get_mut(index) {
                *slot = redacted;
            }
        }
    }
    changed
}
