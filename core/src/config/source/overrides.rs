//! Overrides: `KEY=VALUE` of a command line or of the embedding program, and `--unset KEY`.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::parts::LowerLayers;
use super::text::{json_value, value_of_key};
use crate::config::schema::Schema;
use crate::config::{Layer, merge};
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
                    unset.extend(matches!(one, Self::Unset { .. }).then_some(key));
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
            let near = present.map(|present| nearest_keys(present, &key)).unwrap_or_default();
            diagnostics.push(match near.first() {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                None => diagnostic.help("remove the option"),
            });
        }
        (root.map(Layer::new), diagnostics)
    }

    /// Whether the key may be a part of a list, or of a table that replaces the one below it.
    fn may_be_part(&self, schema: Option<&Schema>) -> bool {
        let (Self::Set { key, .. } | Self::Json { key, .. } | Self::Unset { key }) = self;
        schema.is_some() || key.contains(|c: char| c.is_ascii_digit())
    }

    /// The key, and a tree that changes only this key.
    fn tree(
        &self,
        lower: LowerLayers<'_>,
        outline: Option<&LazyOutline>,
    ) -> Result<(Key, Value), Diagnostic> {
        let (written, text, name) = match self {
            Self::Set { key, text } => (key, text.as_str(), "--set"),
            Self::Json { key, json } => (key, json.as_str(), "--set-json"),
            Self::Unset { key } => (key, "", "--unset"),
        };
        if matches!(self, Self::Unset { .. }) && Self::assignment(written).is_ok() {
            // What follows the `=` may be a secret.
            let message = "expected KEY, found KEY=VALUE";
            let origin = Origin::whole(&Source::fragment(LayerKind::Override, name, ""));
            let diagnostic = Diagnostic::error(Code::OverrideKey, Key::root(), message).at(&origin);
            return Err(diagnostic.help("name only the key, or use --set"));
        }
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
        let key = lower.with_indices(&key);
        if let Some((list, name)) = lower.named_item(&key) {
            let message = format!("`{list}` is a list, which has no key `{name}`");
            return Err(refuse(Code::OverrideKey, key, message)
                .help(format!("write the number of the item, such as `{}`", list.element(0))));
        }
        if matches!((self, key.segments().last()), (Self::Unset { .. }, Some(Segment::Index(_)))) {
            let message = "a single item of a list cannot be removed";
            let help = format!("set the whole list: --set {}=…", key.parent().unwrap_or_default());
            return Err(refuse(Code::OverrideKey, key, message.into()).help(help));
        }
        let value = match self {
            Self::Unset { .. } => Value::new(Kind::Unset, origin.clone()),
            Self::Json { .. } => json_value(text, &source).map_err(|found| {
                refuse(Code::OverrideType, key.clone(), format!("expected JSON, found {found}"))
                    .help("write JSON: `30`, `\"text\"`, `[1,2]`, `{\"key\":1}`")
            })?,
            Self::Set { .. } => value_of_key(&key, text, &source, lower.schema, outline, lower.present)
                .map_err(|(error, help)| {
                    refuse(Code::OverrideType, key.clone(), error.to_string()).help(help)
                })?,
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
