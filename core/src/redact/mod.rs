//! Redaction: what is secret is shown nowhere, neither as a value nor in a line of source.

use alloc::sync::Arc;
use alloc::vec::Vec;

use smol_str::SmolStr;

use crate::key::{Key, Segment};
use crate::value::{Kind, Past, Value};

#[cfg(test)]
mod canary;
mod masks;
mod unparsed;

pub use masks::Masks;
pub(crate) use masks::SourceMask;

/// What stands in the place of a secret.
pub const REDACTED: &str = "[redacted]";

/// The tree with every secret value replaced by [`REDACTED`], at the same place; histories too.
///
/// `is_secret` is true for a key at or below a secret setting. Of a table or list at such a key every scalar is
/// replaced, so that the shape stays. Subtrees without secrets are shared with `root`.
///
/// A value keeps its origin, and so [`Origin::raw`](crate::Origin::raw) still leads to the text as it was written.
///
/// ```
/// use speckit_core::{Key, LayerKind, Source, redact::redact, source::{Language, parse}};
/// let source = Source::document(LayerKind::File, "app.toml", "token = 'hunter2'\nport = 80\n");
/// let layer = parse(&source, Language::Toml)?;
/// let shown = redact(layer.root(), &|key: &Key| key.last_name() == Some("token"));
/// assert_eq!(shown.to_string(), r#"{ port = 80, token = "[redacted]" }"#);
/// # Ok::<(), Vec<speckit_core::Diagnostic>>(())
/// ```
#[must_use]
pub fn redact(root: &Value, is_secret: &dyn Fn(&Key) -> bool) -> Value {
    redact_at(root, &Key::root(), is_secret)
}

/// The same for a value that stands at `key` of its tree.
#[must_use]
pub fn redact_at(value: &Value, key: &Key, is_secret: &dyn Fn(&Key) -> bool) -> Value {
    redacted(value, &mut key.clone(), is_secret).unwrap_or_else(|| value.clone())
}

/// The redacted value, or `None` where there is nothing to redact.
fn redacted(value: &Value, key: &mut Key, is_secret: &dyn Fn(&Key) -> bool) -> Option<Value> {
    let kind = redacted_kind(value, key, is_secret);
    let shadowed = redacted_past(value.shadowed(), key, is_secret);
    let joined = redacted_past(value.joined(), key, is_secret);
    if kind.is_none() && shadowed.is_none() && joined.is_none() {
        return None;
    }
    let past = Past {
        shadowed: shadowed.unwrap_or_else(|| value.shadowed().to_vec()),
        joined: joined.unwrap_or_else(|| value.joined().to_vec()),
    };
    let redacted = match kind {
        Some(kind) => Value::new(kind, value.origin().clone()),
        None => value.clone(),
    };
    Some(redacted.with_past(past))
}

fn redacted_kind(value: &Value, key: &mut Key, is_secret: &dyn Fn(&Key) -> bool) -> Option<Kind> {
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
                    changed.get_or_insert_with(|| (**elements).clone()).set(index, redacted);
                }
                key.pop();
            }
            changed.map(|elements| Kind::Array(Arc::new(elements)))
        }
        Kind::Unset => None,
        _ => is_secret(key).then(|| Kind::String(SmolStr::new_static(REDACTED))),
    }
}

fn redacted_past(past: &[Value], key: &mut Key, is_secret: &dyn Fn(&Key) -> bool) -> Option<Vec<Value>> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merge::{Layer, ListStrategy, Merged};
    use crate::origin::{LayerKind, Source};
    use crate::source::{Language, parse};
    use alloc::string::ToString;

    fn layer(text: &str) -> Layer {
        parse(&Source::document(LayerKind::File, "a.toml", text), Language::Toml).unwrap()
    }

    fn below_secret(key: &Key) -> bool {
        matches!(key.segments().first(), Some(Segment::Name(name)) if name == "secret")
    }

    #[test]
    fn every_scalar_below_a_secret_key_is_replaced_and_the_shape_stays() {
        let layer = layer(
            "open = 1\n[secret]\na = 'x'\nb = [1, { c = 2026-01-01 }]\nempty = []\nd = true\n[secret.e]\n",
        );
        assert_eq!(
            redact(layer.root(), &below_secret).to_string(),
            "{ open = 1, secret = { a = \"[redacted]\", b = [\"[redacted]\", { c = \"[redacted]\" }], \
             d = \"[redacted]\", e = {}, empty = [] } }"
        );
    }

    #[test]
    fn histories_are_redacted_too_and_places_stay() {
        let (low, high) = (layer("secret = 'old'\n[t]\nx = 1\n"), layer("secret = 'new'\n[t]\nx = 2\n"));
        let merged = Merged::of([&low, &high], &|_| ListStrategy::Replace).unwrap();
        let shown = redact(merged.root(), &below_secret);
        let secret = shown.member("secret").unwrap();
        assert_eq!(secret.as_str(), Some(REDACTED));
        assert_eq!(secret.shadowed().first().unwrap().as_str(), Some(REDACTED));
        assert_eq!(secret.origin(), merged.root().member("secret").unwrap().origin());
        let contributions: Vec<_> = shown.joined().iter().map(ToString::to_string).collect();
        assert_eq!(
            contributions,
            ["{ secret = \"[redacted]\", t = { x = 1 } }", "{ secret = \"[redacted]\", t = { x = 2 } }"]
        );
    }

    #[test]
    fn a_tree_without_secrets_is_shared() {
        let layer = layer("[t]\nx = [1, 2]\n");
        let shown = redact(layer.root(), &|_| false);
        let (Kind::Table(a), Kind::Table(b)) = (layer.root().kind(), shown.kind()) else { unreachable!() };
        assert!(a.ptr_eq(b));
    }
}
