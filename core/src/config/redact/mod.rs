//! Redaction of secrets, in values and in lines of source.

use crate::tree::{Key, Value};

mod description;
mod masked_line;
mod masks;
mod schema_values;
mod search;
mod unparsed;

pub use crate::tree::REDACTED;
use crate::tree::redact_at;
pub(crate) use description::{Description, DescriptionSources, EVERY_NAME};
pub use masks::Masks;
pub(crate) use masks::SourceMask;
pub use schema_values::without_secret_defaults;
pub(crate) use search::{
    KeyDescription, Meaning, SecretSearch, is_beside_secret, may_be_secret, secret_names,
};

/// Whether the value at a key is secret.
pub(crate) type IsSecret = dyn Fn(&Key, &Value) -> bool;

/// The tree with every secret value replaced by [`REDACTED`], at the same place; histories too.
///
/// `is_secret` is true for a value at or below a secret setting. In a table or list at such a key every scalar is
/// replaced, and the shape stays. Subtrees without secrets are shared with `root`.
///
/// A value keeps its origin, so [`Origin::raw`](crate::tree::Origin::raw) still returns the original text.
///
/// ```
/// use speckit_core::{Key, LayerKind, Source, Value};
/// use speckit_core::config::redact::redact;
/// use speckit_core::config::source::{Language, parse};
/// let source = Source::document(LayerKind::File, "app.toml", "token = 'hunter2'\nport = 80\n");
/// let layer = parse(&source, Language::Toml)?;
/// let shown = redact(layer.root(), &|key: &Key, _: &Value| key.last_name() == Some("token"));
/// assert_eq!(shown.to_string(), r#"{ port = 80, token = "[redacted]" }"#);
/// # Ok::<(), Vec<speckit_core::Diagnostic>>(())
/// ```
#[must_use]
pub fn redact(root: &Value, is_secret: &dyn Fn(&Key, &Value) -> bool) -> Value {
    redact_at(root, &Key::root(), is_secret)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::source::{Language, parse};
    use crate::config::{Layer, MergeStrategy, Merged};
    use crate::tree::{Kind, LayerKind, Segment, Source};
    use alloc::string::ToString;
    use alloc::vec::Vec;

    fn layer(text: &str) -> Layer {
        parse(&Source::document(LayerKind::File, "a.toml", text), Language::Toml).unwrap()
    }

    fn below_secret(key: &Key, _: &Value) -> bool {
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
        let merged = Merged::of([&low, &high], &|_| MergeStrategy::Join).unwrap();
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
        let shown = redact(layer.root(), &|_, _| false);
        let (Kind::Table(a), Kind::Table(b)) = (layer.root().kind(), shown.kind()) else { unreachable!() };
        assert!(a.ptr_eq(b));
    }
}
