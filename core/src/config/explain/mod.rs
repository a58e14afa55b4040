//! Explanations: which layers set a key, which value won, and the facts of its schema.
//!
//! They are read from the history that the merge kept; nothing is merged again.

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use serde::Serialize;

use crate::config::Merged;
use crate::config::schema::{Alternative, Facts, Reload};
use crate::tree::diff::Change;
use crate::tree::{Key, Kind, LayerKind, Origin, REDACTED, Value, redact_at};

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
    /// The table or list around the key that a higher layer replaced, which removed the key; the last of the history is what
    /// replaced it.
    #[serde(serialize_with = "as_optional_text", skip_serializing_if = "Option::is_none")]
    pub replaced: Option<Key>,
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
    /// Which credential the agents get, for the keys of a provider that decide about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
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
    let Found { value, history, replaced } = view.look_up(merged);
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
        replaced,
        types: facts.map(|facts| facts.types.to_string()),
        range: facts.and_then(|facts| facts.range.clone()),
        alternatives: facts.map(|facts| facts.alternatives.clone()).unwrap_or_default(),
        default: facts.and_then(|facts| facts.default.as_ref()).map(hide),
        description: facts.and_then(|facts| facts.description.clone()),
        variable: variable.map(String::from).or(own),
        reload: facts.map(|facts| facts.reload).unwrap_or_default(),
        secret,
        pending_restart: None,
        credential: None,
    })
}

fn as_text<S: serde::Serializer>(key: &Key, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(key)
}

fn as_optional_text<S: serde::Serializer>(key: &Option<Key>, serializer: S) -> Result<S::Ok, S::Error> {
    key.as_ref().map(|key| key.to_string()).serialize(serializer)
}

impl Explanation {
    /// Adds which credential the agents of a provider get. The text holds no secret.
    #[must_use]
    pub fn with_credential(self, credential: Option<String>) -> Self {
        Self { credential, ..self }
    }

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

/// The value of a key, and the values of all layers.
struct Found<'v> {
    value: Option<&'v Value>,
    history: Vec<Contribution>,
    /// See [`Explanation::replaced`].
    replaced: Option<Key>,
}

/// The value that replaced a table or a list in which the key was set.
struct Replacement<'v> {
    value: &'v Value,
    /// How many segments its key has.
    depth: usize,
}

struct View<'a> {
    key: &'a Key,
    is_secret: &'a dyn Fn(&Key, &Value) -> bool,
}

impl View<'_> {
    /// The value of the key, and the values of all layers.
    ///
    /// A value below a replaced or removed table is looked up in the shadows of that table.
    fn look_up<'v>(&self, merged: &'v Merged) -> Found<'v> {
        let mut history = Vec::new();
        let mut replacement = None;
        let mut at = Key::root();
        let mut value = Some(merged.root());
        for (depth, segment) in self.key.segments().iter().enumerate() {
            if let Some(above) = value {
                replacement = self.shadowed_below(above, depth, &mut history).or(replacement);
            }
            at.push(segment.clone());
            value = value.and_then(|above| above.get(&Key::root().join(segment.clone())));
            if let (None, Some(mark)) = (value, merged.removed(&at)) {
                let is_set_below = self.shadowed_below(mark, depth + 1, &mut history).is_some();
                if is_set_below || at == *self.key {
                    history.push(self.contribution(mark, Decision::Won));
                    return Found { value: None, history, replaced: None };
                }
            }
        }
        let mut replaced = None;
        if let Some(value) = value {
            self.value_and_shadows(value, &mut history);
        } else if let Some(Replacement { value, depth }) = replacement {
            let removed = value.with_kind(Kind::Unset);
            history.push(self.contribution(&removed, Decision::Won));
            let is_value = !matches!(value.kind(), Kind::Unset);
            let segments = self.key.segments().iter().take(depth).cloned();
            replaced = is_value.then(|| segments.fold(Key::root(), |key, segment| key.join(segment)));
        }
        // A default that was replaced may be filled in again.
        let used = history.iter().filter(|part| part.decision != Decision::Shadowed);
        let used: Vec<Origin> = used.map(|part| part.origin.clone()).collect();
        history.retain(|part| {
            let is_default = part.origin.layer() == LayerKind::Defaults;
            !(part.decision == Decision::Shadowed && is_default && used.contains(&part.origin))
        });
        Found { value, history, replaced }
    }

    /// The values of the key in the values that `above` replaced, with their histories; `above` is at the first `depth` segments
    /// of the key. Returns what replaced the last one.
    fn shadowed_below<'v>(
        &self,
        above: &'v Value,
        depth: usize,
        history: &mut Vec<Contribution>,
    ) -> Option<Replacement<'v>> {
        let mut replacement = None;
        let replacing = above.shadowed().iter().skip(1).chain([above]);
        for (lower, upper) in above.shadowed().iter().zip(replacing) {
            let first = history.len();
            let mut value = Some(lower);
            for (inner, segment) in self.key.segments().iter().enumerate().skip(depth) {
                if let Some(above) = value.filter(|_| inner > depth) {
                    replacement = self.shadowed_below(above, inner, history).or(replacement);
                }
                value = value.and_then(|above| above.get(&Key::root().join(segment.clone())));
            }
            if let Some(value) = value {
                self.value_and_shadows(value, history);
                replacement = Some(Replacement { value: upper, depth });
            }
            for contribution in history.iter_mut().skip(first) {
                contribution.decision = Decision::Shadowed;
            }
        }
        replacement
    }

    /// A value and its shadows.
    fn value_and_shadows(&self, value: &Value, history: &mut Vec<Contribution>) {
        self.shadowed_below(value, self.key.segments().len(), history);
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

#[cfg(test)]
mod tests;
