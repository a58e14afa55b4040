//! Overrides: `KEY=VALUE` of a command line or of the embedding program, and `--unset KEY`.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::text::{json_value, value_of_key};
use crate::config::schema::Schema;
use crate::config::{Layer, MergeStrategy, merge};
use crate::tree::nearest::nearest_keys;
use crate::tree::typed::LazyOutline;
use crate::tree::{Code, Diagnostic, Key, Kind, LayerKind, MAX_DEPTH, Origin, Segment, Source, Value};

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
}

/// Shows only keys, as texts may be secret.
impl core::fmt::Debug for Override {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Set { key, .. } => write!(f, "Set({key})"),
            Self::Json { key, .. } => write!(f, "Json({key})"),
            Self::Unset { key } => write!(f, "Unset({key})"),
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

    /// Reads a list of overrides into one layer; a later one wins over an earlier.
    ///
    /// Types come from the schema, else from the type of the settings, else from `present`, the merged tree below, else the value is a string.
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
        for one in overrides {
            match one.tree(schema, outline, present) {
                Ok(tree) => {
                    root = Some(match &root {
                        Some(below) => merge(below, &tree, &|_| MergeStrategy::Join),
                        None => tree,
                    });
                }
                Err(diagnostic) => diagnostics.push(diagnostic),
            }
        }
        let unset = overrides.iter().filter_map(|one| match one {
            Self::Unset { key } => {
                key.parse::<Key>().ok().filter(|key| (1..=MAX_DEPTH).contains(&key.segments().len()))
            }
            Self::Set { .. } | Self::Json { .. } => None,
        });
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
            let near = present.map(|present| nearest_keys(present, &key)).unwrap_or_default();
            diagnostics.push(match near.first() {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                None => diagnostic.help("remove the option"),
            });
        }
        (root.map(Layer::new), diagnostics)
    }

    fn tree(
        &self,
        schema: Option<&Schema>,
        outline: Option<&LazyOutline>,
        present: Option<&Value>,
    ) -> Result<Value, Diagnostic> {
        let (written, text, name) = match self {
            Self::Set { key, text } => (key, text.as_str(), "--set"),
            Self::Json { key, json } => (key, json.as_str(), "--set-json"),
            Self::Unset { key } => (key, "", "--unset"),
        };
        let place = if written.is_empty() { name.to_string() } else { format!("{name} {written}") };
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
        if key.segments().iter().any(|segment| matches!(segment, Segment::Index(_))) {
            let change = if matches!(self, Self::Unset { .. }) { "removed" } else { "set" };
            let message = format!("a single item of a list cannot be {change}");
            return Err(refuse(Code::OverrideKey, key, message).help("set the whole list: --set key=[1,2]"));
        }
        let value = match self {
            Self::Unset { .. } => Value::new(Kind::Unset, origin.clone()),
            Self::Json { .. } => json_value(text, &source).map_err(|found| {
                refuse(Code::OverrideType, key.clone(), format!("expected JSON, {found}"))
                    .help("write JSON: `30`, `\"text\"`, `[1,2]`, `{\"key\":1}`")
            })?,
            Self::Set { .. } => {
                value_of_key(&key, text, &source, schema, outline, present).map_err(|(error, help)| {
                    refuse(Code::OverrideType, key.clone(), error.to_string()).help(help)
                })?
            }
        };
        if key.segments().len() + value.levels() > MAX_DEPTH {
            return Err(refuse(Code::OverrideType, key, format!("nested deeper than {MAX_DEPTH} levels")));
        }
        let names = key.segments().iter().rev();
        Ok(names.fold(value, |inner, segment| match segment {
            Segment::Name(name) => Value::table([(name.clone(), inner)], origin.clone()),
            Segment::Index(_) => inner,
        }))
    }
}
