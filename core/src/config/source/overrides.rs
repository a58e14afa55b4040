//! Overrides: `KEY=VALUE` of a command line or of the embedding program, `--unset KEY`, and whole trees of values.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::Serialize;

use super::parts::LowerLayers;
use super::text::{json_value, value_of_key};
use crate::config::known_keys::KnownKeys;
use crate::config::schema::Schema;
use crate::config::{Layer, merge};
use crate::tree::nearest::nearest_keys;
use crate::tree::typed::LazyOutline;
use crate::tree::{Code, Diagnostic, Key, Kind, LayerKind, MAX_DEPTH, Origin, Segment, Source, Text, Value};

/// One override, as written.
#[derive(Clone, PartialEq, Eq)]
pub enum Override {
    /// `KEY=VALUE`: the text is read as a value of the key's type, like that of a variable.
    Set {
        /// The key, in the syntax of [`Key`].
        key: String,
        /// The text of the value.
        text: String,
    },
    /// `KEY=JSON`: the value is JSON, whatever the type of the key is.
    Json {
        /// The key, in the syntax of [`Key`].
        key: String,
        /// The value as JSON.
        json: String,
    },
    /// Removes the key that lower layers set.
    Unset {
        /// The key, in the syntax of [`Key`].
        key: String,
    },
    /// Values with their origins, such as those of a command line that is parsed already.
    Values(Value),
    /// An override with a name for its origin, such as `--port`.
    Named {
        /// The name, in the place of `--set KEY`.
        name: String,
        /// The override.
        change: Box<Self>,
    },
}

/// Shows only keys, as texts may be secret.
impl core::fmt::Debug for Override {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Set { key, .. } => write!(f, "Set({key})"),
            Self::Json { key, .. } => write!(f, "Json({key})"),
            Self::Unset { key } => write!(f, "Unset({key})"),
            Self::Values(_) => f.write_str("Values"),
            Self::Named { name, change } => write!(f, "Named({name}: {change:?})"),
        }
    }
}

impl Override {
    /// Splits `KEY=VALUE` at the first `=` outside of quotes.
    ///
    /// # Errors
    /// `override/key` when there is no `=`.
    pub fn assignment(text: &str) -> Result<Self, Diagnostic> {
        let mut quote = None;
        let at = text.char_indices().find(|(_, c)| {
            match (quote, *c) {
                (None, '"' | '\'') => quote = Some(*c),
                (Some(open), c) if open == c => quote = None,
                _ => {}
            }
            quote.is_none() && *c == '='
        });
        match at {
            Some((at, _)) => {
                let (key, rest) = text.split_at(at);
                Ok(Self::Set { key: key.trim().into(), text: rest.get(1..).unwrap_or_default().into() })
            }
            None => {
                Err(Diagnostic::error(Code::OverrideKey, Key::root(), "expected KEY=VALUE, found no `=`")
                    .help("write --set server.port=8080"))
            }
        }
    }

    /// The same with the text of [`Override::Set`] as JSON.
    #[must_use]
    pub fn into_json(self) -> Self {
        match self {
            Self::Set { key, text } => Self::Json { key, json: text },
            other => other,
        }
    }

    /// Values that serde serializes, with `name` as their origin. What is null or empty, such as a `None`, overrides nothing.
    ///
    /// ```
    /// use std::collections::BTreeMap;
    /// use speckit_core::config::source::Override;
    /// let arguments = BTreeMap::from([("port", Some(80)), ("workers", None)]);
    /// let (layer, _) = Override::layer(&[Override::values("command line", &arguments)?], None, None, None);
    /// assert_eq!(layer.unwrap().root().to_string(), "{ port = 80 }");
    /// # Ok::<(), speckit_core::Diagnostic>(())
    /// ```
    ///
    /// # Errors
    /// A value that no configuration has, such as a table with keys that are not strings.
    pub fn values(name: impl Into<String>, values: &impl Serialize) -> Result<Self, Diagnostic> {
        let layer = Layer::of_values(LayerKind::Override, name, values)?;
        let nothing = || Value::table([], layer.root().origin().clone());
        Ok(Self::Values(without_nulls(layer.root()).unwrap_or_else(nothing)))
    }

    /// The same with a name for the origin of its value.
    ///
    /// ```
    /// use speckit_core::config::source::Override;
    /// let set = Override::Set { key: "server.port".into(), text: "80".into() }.named("--port");
    /// let (layer, _) = Override::layer(&[set], None, None, None);
    /// let port = layer.unwrap().root().get(&"server.port".parse().unwrap()).cloned().unwrap();
    /// assert_eq!(port.origin().to_string(), "--port");
    /// ```
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self::Named { name: name.into(), change: Box::new(self) }
    }

    /// The override without its name.
    fn change(&self) -> &Self {
        match self {
            Self::Named { change, .. } => change.change(),
            change => change,
        }
    }

    /// Reads a list of overrides into one layer, in which each is merged over those before it, as if it were a layer of its own.
    ///
    /// Types come from the schema, else from the type of the settings, else from `present`, the merged tree of all layers below, else
    /// the value is a string. A key below an item of a list changes this item of the list below.
    /// Returns the layer of the valid overrides, and every diagnostic: `override/key`, `override/type`, and as a warning
    /// `override/unset` for a key that nothing sets.
    pub fn layer(
        overrides: &[Self],
        schema: Option<&Schema>,
        outline: Option<&LazyOutline>,
        present: Option<&Value>,
    ) -> (Option<Layer>, Vec<Diagnostic>) {
        let mut diagnostics = Vec::new();
        let mut root: Option<Value> = None;
        let mut unset = Vec::new();
        for one in overrides {
            let below = match (present, &root) {
                (Some(present), Some(root)) if one.may_be_part(schema) => {
                    let lower = LowerLayers { schema, present: Some(present) };
                    Some(merge(present, root, &|key| lower.strategy(key)))
                }
                (_, root) => root.clone().filter(|_| present.is_none()),
            };
            let lower = LowerLayers { schema, present: below.as_ref().or(present) };
            match one.tree(lower, outline) {
                Ok((key, tree)) => {
                    root = Some(match &root {
                        Some(below) => merge(below, &tree, &|key| lower.strategy(key)),
                        None => tree,
                    });
                    unset.extend(matches!(one.change(), Self::Unset { .. }).then_some(key));
                }
                Err(diagnostic) => diagnostics.push(diagnostic),
            }
        }
        for key in unset {
            let below = present.is_some_and(|present| present.get(&key).is_some());
            let has_default =
                schema.and_then(|schema| schema.facts(&key)).is_some_and(|facts| facts.default.is_some());
            let mark = root.as_ref().and_then(|root| root.get(&key));
            let Some(mark) = mark.filter(|mark| !below && !has_default && mark.shadowed().is_empty()) else {
                continue;
            };
            let diagnostic = Diagnostic::warning(Code::OverrideUnset, key.clone(), "nothing sets this key")
                .at(mark.origin());
            let known = KnownKeys { schema, outline: outline.map(|outline| &**outline) };
            let known = present.map(|present| known.among(present)).unwrap_or_default();
            let near = nearest_keys(known, &key);
            diagnostics.push(match near.first() {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                None => diagnostic.help("remove the option"),
            });
        }
        let root = root.filter(|root| root.as_table().is_none_or(|members| !members.is_empty()));
        (root.map(Layer::new), diagnostics)
    }

    /// Whether the key may be a part of a list, or of a table that replaces the one below it.
    fn may_be_part(&self, schema: Option<&Schema>) -> bool {
        let is_numbered = |key: &str| key.contains(|c: char| c.is_ascii_digit());
        match self {
            Self::Set { key, .. } | Self::Json { key, .. } | Self::Unset { key } => {
                schema.is_some() || is_numbered(key)
            }
            Self::Values(_) => false,
            Self::Named { change, .. } => change.may_be_part(schema),
        }
    }

    /// The key, and a tree that changes only this key.
    fn tree(
        &self,
        lower: LowerLayers<'_>,
        outline: Option<&LazyOutline>,
    ) -> Result<(Key, Value), Diagnostic> {
        let (written, text, option) = match self.change() {
            Self::Set { key, text } => (key, text.as_str(), "--set"),
            Self::Json { key, json } => (key, json.as_str(), "--set-json"),
            Self::Unset { key } => (key, "", "--unset"),
            Self::Values(root) => return Ok((Key::root(), root.clone())),
            Self::Named { change, .. } => return change.tree(lower, outline),
        };
        let given_name = match self {
            Self::Named { name, .. } => Some(name),
            _ => None,
        };
        let place = match given_name {
            Some(name) => name.clone(),
            None if written.is_empty() => option.to_string(),
            None => format!("{option} {written}"),
        };
        let is_unset = matches!(self.change(), Self::Unset { .. });
        if is_unset && Self::assignment(written).is_ok() {
            // What follows the `=` may be a secret.
            let message = "expected KEY, found KEY=VALUE";
            let place = given_name.map_or(option, String::as_str);
            let origin = Origin::whole(&Source::fragment(LayerKind::Override, place, ""));
            let diagnostic = Diagnostic::error(Code::OverrideKey, Key::root(), message).at(&origin);
            return Err(diagnostic.help("name only the key, or set it to the value"));
        }
        let source = Source::fragment(LayerKind::Override, place, text);
        let origin = Origin::whole(&source);
        let refuse =
            |code: Code, key: Key, message: String| Diagnostic::error(code, key, message).at(&origin);
        let key: Key = written.parse().map_err(|error: crate::tree::KeyError| {
            refuse(Code::OverrideKey, Key::root(), format!("`{written}` is not a key: {error}"))
        })?;
        if key.is_root() {
            return Err(refuse(Code::OverrideKey, key, "expected a key, found nothing".into()));
        }
        if key.segments().len() > MAX_DEPTH {
            return Err(refuse(
                Code::OverrideKey,
                Key::root(),
                format!("a key of more than {MAX_DEPTH} levels"),
            ));
        }
        let key = lower.with_indices(&key);
        if let Some((list, name)) = lower.named_item(&key) {
            let message = format!("`{list}` is a list, which has no key `{name}`");
            return Err(refuse(Code::OverrideKey, key, message)
                .help(format!("write the number of the item, such as `{}`", list.element(0))));
        }
        if is_unset && matches!(key.segments().last(), Some(Segment::Index(_))) {
            let message = "a single item of a list cannot be removed";
            let help = format!("set the whole list `{}`", key.parent().unwrap_or_default());
            return Err(refuse(Code::OverrideKey, key, message.into()).help(help));
        }
        let value = match self.change() {
            _ if is_unset => Value::new(Kind::Unset, origin.clone()),
            Self::Json { .. } => json_value(text, &source).map_err(|found| {
                refuse(Code::OverrideType, key.clone(), format!("expected JSON, found {found}"))
                    .help("write JSON: `30`, `\"text\"`, `[1,2]`, `{\"key\":1}`")
            })?,
            _ => value_of_key(&key, text, &source, lower.schema, outline, lower.present).map_err(
                |(error, help)| refuse(Code::OverrideType, key.clone(), error.to_string()).help(help),
            )?,
        };
        if key.segments().len() + value.levels() > MAX_DEPTH {
            return Err(refuse(Code::OverrideType, key, format!("nested deeper than {MAX_DEPTH} levels")));
        }
        let mut tree = value;
        let mut around = key.parent();
        for segment in key.segments().iter().rev() {
            let at = around.take().unwrap_or_default();
            tree = match segment {
                Segment::Name(name) => lower.table(&at, Vec::from([(name.clone(), tree)]), origin.clone()),
                Segment::Index(index) => {
                    lower.list(&at, Vec::from([(*index, tree)]), origin.clone()).map_err(|error| {
                        refuse(Code::OverrideKey, key.clone(), error.message).help(error.help)
                    })?
                }
            };
            around = at.parent();
        }
        Ok((key, tree))
    }
}

/// A value without members that are null or empty tables; `None` for a value that is one.
fn without_nulls(value: &Value) -> Option<Value> {
    match value.kind() {
        Kind::Null => None,
        Kind::Table(members) => {
            let members =
                members.iter().filter_map(|(name, member)| Some((name.clone(), without_nulls(member)?)));
            let members: Vec<(Text, Value)> = members.collect();
            (!members.is_empty()).then(|| Value::table(members, value.origin().clone()))
        }
        _ => Some(value.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_null_and_an_empty_table_override_nothing() {
        let values = serde_json::json!({ "port": 81, "host": null, "log": { "level": null }, "labels": {} });
        let below = Value::table([], Origin::whole(&Source::fragment(LayerKind::Defaults, "defaults", "")));
        let read = |values: &serde_json::Value| {
            let (layer, diagnostics) =
                Override::layer(&[Override::values("own", values).unwrap()], None, None, Some(&below));
            assert!(diagnostics.is_empty(), "{diagnostics:?}");
            layer.map(|layer| layer.root().to_string())
        };
        assert_eq!(read(&values).as_deref(), Some("{ port = 81 }"));
        assert_eq!(read(&serde_json::json!({ "host": null })), None);
        assert_eq!(read(&serde_json::Value::Null), None);
    }
}
