//! Explanations: which layers set a key, which value won, and the facts of its schema.
//!
//! They are read from the history that the merge kept; nothing is merged again.

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use serde::Serialize;

use crate::config::Merged;
use crate::config::schema::{Alternative, Facts, Reload};
use crate::tree::diff::Change;
use crate::tree::{Key, Kind, Origin, REDACTED, Value, redact_at};

mod text;

/// How the value of one layer was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// It is the final value, or it removed the key.
    Won,
    /// A higher layer replaced it.
    Shadowed,
    /// It is a part of the final value.
    Merged,
}

/// The value of one layer for a key.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Contribution {
    /// Where it was written.
    pub origin: Origin,
    /// The original text.
    pub raw: String,
    /// The value; `None` if the layer removed the key.
    pub value: Option<Value>,
    /// How it was used.
    pub decision: Decision,
}

/// The explanation of one key, as plain data with secrets redacted.
///
/// It serialises to the JSON of `speckit explain`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// The key.
    #[serde(serialize_with = "as_text")]
    pub key: Key,
    /// The value; `None` if no layer sets the key or a layer removed it.
    pub value: Option<Value>,
    /// Where the value was set; `None` without a value.
    pub winner: Option<Origin>,
    /// The values of all layers, lowest first.
    pub history: Vec<Contribution>,
    /// The allowed types, if the schema or the type of the settings knows the key.
    #[serde(rename = "type")]
    pub types: Option<String>,
    /// The bounds as text.
    pub range: Option<String>,
    /// The alternatives of the schema, if they differ in more than their types.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<Alternative>,
    /// The schema's `default`.
    pub default: Option<Value>,
    /// The schema's `description`.
    pub description: Option<String>,
    /// The variable of the environment that sets the key.
    pub variable: Option<String>,
    /// When a change takes effect.
    pub reload: Reload,
    /// Whether the key is at or below a secret setting.
    pub secret: bool,
    /// The written value that waits for a restart, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending_restart: Option<PendingRestart>,
}

/// The written value of a key that keeps its running value until a restart.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PendingRestart {
    /// The value; `None` if the key is no longer set.
    pub value: Option<Value>,
    /// Where it was written.
    pub origin: Option<Origin>,
}

/// Explains one key; `None` for a key that no layer has and that has no facts (see [`nearest_keys`](crate::tree::nearest::nearest_keys)).
///
/// `facts` are those of the schema or of the type, `None` for an unknown key. `is_secret` is true for a value at or below a secret
/// setting. For a table, the history contains what each layer added to it.
///
/// ```
/// use speckit_core::{Key, Layer, LayerKind, MergeStrategy, Merged, Source};
/// use speckit_core::config::explain::explain;
/// use speckit_core::config::source::{Language, parse};
/// let layer = |name: &str, text: &str| parse(&Source::document(LayerKind::File, name, text), Language::Toml);
/// let layers = [layer("low.toml", "port = 80\n")?, layer("high.toml", "port = 81\n")?];
/// let merged = Merged::of(&layers, &|_| MergeStrategy::Join).unwrap();
/// let port = explain(&merged, &Key::of(["port"]), None, &|_, _| false, None).unwrap();
/// assert_eq!(
///     port.to_text(),
///     "\
/// port = 81
///   set by     high.toml:1:8 (file)
///   reload     without a restart
///   layers     lowest first
///     file   low.toml:1:8    80   shadowed
///     file   high.toml:1:8   81   won
/// "
/// );
/// # Ok::<(), Vec<speckit_core::Diagnostic>>(())
/// ```
pub fn explain(
    merged: &Merged,
    key: &Key,
    facts: Option<&Facts>,
    is_secret: &dyn Fn(&Key, &Value) -> bool,
    variable: Option<&str>,
) -> Option<Explanation> {
    let view = View { key, is_secret };
    let (value, history) = view.look_up(merged);
    if value.is_none() && history.is_empty() && facts.is_none() {
        return None;
    }
    let secret = facts.is_some_and(|facts| facts.secret) || value.is_some_and(|value| is_secret(key, value));
    let hide = |value: &Value| redact_at(value, key, &|at, value| secret || is_secret(at, value));
    let own = facts.and_then(|facts| facts.variable.as_ref()).map(|name| String::from(name.as_str()));
    Some(Explanation {
        key: key.clone(),
        value: value.map(hide),
        winner: value.map(|value| value.origin().clone()),
        history: if secret { history.into_iter().map(Contribution::hidden).collect() } else { history },
        types: facts.map(|facts| facts.types.to_string()),
        range: facts.and_then(|facts| facts.range.clone()),
        alternatives: facts.map(|facts| facts.alternatives.clone()).unwrap_or_default(),
        default: facts.and_then(|facts| facts.default.as_ref()).map(hide),
        description: facts.and_then(|facts| facts.description.clone()),
        variable: variable.map(String::from).or(own),
        reload: facts.map(|facts| facts.reload).unwrap_or_default(),
        secret,
        pending_restart: None,
    })
}

fn as_text<S: serde::Serializer>(key: &Key, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(key)
}

impl Explanation {
    /// Adds the change of the key in `pending`, the changes that wait for a restart.
    #[must_use]
    pub fn with_pending(mut self, pending: &[Change], is_secret: &dyn Fn(&Key, &Value) -> bool) -> Self {
        let secret = self.secret;
        let change = pending.iter().find(|change| change.key == self.key);
        self.pending_restart = change.map(|change| PendingRestart {
            value: change.redacted(&|key, value| secret || is_secret(key, value)).new,
            origin: change.new.as_ref().map(|value| value.origin().clone()),
        });
        self
    }
}

impl Contribution {
    fn hidden(self) -> Self {
        let value = self.value.map(|value| redact_at(&value, &Key::root(), &|_, _| true));
        Self { raw: REDACTED.into(), value, ..self }
    }
}

struct View<'a> {
    key: &'a Key,
    is_secret: &'a dyn Fn(&Key, &Value) -> bool,
}

impl View<'_> {
    /// The value of the key, and the values of all layers.
    ///
    /// A value below a replaced or removed table is looked up in the shadows of that table.
    fn look_up<'v>(&self, merged: &'v Merged) -> (Option<&'v Value>, Vec<Contribution>) {
        let segments = self.key.segments();
        let mut history = Vec::new();
        let mut at = Key::root();
        let mut value = Some(merged.root());
        for (depth, segment) in segments.iter().enumerate() {
            let rest = below(segments, depth);
            if let Some(above) = value {
                self.shadowed_below(above, &rest, &mut history);
            }
            at.push(segment.clone());
            value = value.and_then(|above| above.get(&Key::root().join(segment.clone())));
            if let (None, Some(mark)) = (value, merged.removed(&at)) {
                let rest = below(segments, depth + 1);
                self.shadowed_below(mark, &rest, &mut history);
                if rest.is_root() || !history.is_empty() {
                    history.push(self.contribution(mark, Decision::Won));
                }
                return (None, history);
            }
        }
        if let Some(value) = value {
            self.value_and_shadows(value, &mut history);
        }
        (value, history)
    }

    /// The values at `rest` in the values that `above` replaced, with their histories.
    fn shadowed_below(&self, above: &Value, rest: &Key, history: &mut Vec<Contribution>) {
        for lower in above.shadowed() {
            let first = history.len();
            let segments = rest.segments();
            let mut value = Some(lower);
            for (depth, segment) in segments.iter().enumerate() {
                if let Some(above) = value.filter(|_| depth > 0) {
                    self.shadowed_below(above, &below(segments, depth), history);
                }
                value = value.and_then(|above| above.get(&Key::root().join(segment.clone())));
            }
            match value {
                Some(value) if rest.is_root() => self.value_or_parts(value, history),
                Some(value) => self.value_and_shadows(value, history),
                None => {}
            }
            for contribution in history.iter_mut().skip(first) {
                contribution.decision = Decision::Shadowed;
            }
        }
    }

    /// A value and its shadows.
    fn value_and_shadows(&self, value: &Value, history: &mut Vec<Contribution>) {
        self.shadowed_below(value, &Key::root(), history);
        self.value_or_parts(value, history);
    }

    /// A value, or the values of single layers that it was joined from.
    fn value_or_parts(&self, value: &Value, history: &mut Vec<Contribution>) {
        match value.joined() {
            [] => history.push(self.contribution(value, Decision::Won)),
            parts => {
                // An item has another index in its layer: a secret would be looked for in the wrong place.
                let is_list = value.as_array().is_some();
                let hides = is_list && redact_at(value, self.key, self.is_secret) != *value;
                let parts = parts.iter().map(|part| self.contribution(part, Decision::Merged));
                history.extend(parts.map(|part| if hides { part.hidden() } else { part }));
            }
        }
    }

    fn contribution(&self, value: &Value, decision: Decision) -> Contribution {
        let shown = redact_at(value, self.key, self.is_secret);
        let value_of = |value: &Value| (!matches!(value.kind(), Kind::Unset)).then(|| value.clone());
        Contribution {
            origin: value.origin().clone(),
            raw: self.raw(value, &shown),
            value: value_of(&shown),
            decision,
        }
    }

    /// The original text, unless it may contain a secret.
    ///
    /// An origin may cover more than its value, such as a whole variable for each value in its JSON. Then the value
    /// is formatted instead.
    fn raw(&self, value: &Value, shown: &Value) -> String {
        if (self.is_secret)(self.key, value) && !matches!(value.kind(), Kind::Unset) {
            return REDACTED.into();
        }
        let raw = value.origin().raw();
        let exact = match value.kind() {
            Kind::String(text) => raw == text.as_str() || is_quoted(raw),
            Kind::Array(_) | Kind::Table(_) => raw.starts_with(['[', '{']) && shown == value,
            Kind::Unset => return String::new(),
            _ => !raw.contains(['{', '[', '"', '\'', '=', ',', '\n']),
        };
        if exact { raw.into() } else { shown.to_string() }
    }
}

/// Whether the text is a single quoted string.
fn is_quoted(raw: &str) -> bool {
    raw.len() > 1 && raw.starts_with(['"', '\'']) && raw.chars().next_back() == raw.chars().next()
}

fn below(segments: &[crate::tree::Segment], depth: usize) -> Key {
    segments.iter().skip(depth).fold(Key::root(), |key, segment| key.join(segment.clone()))
}

#[cfg(test)]
mod tests;
