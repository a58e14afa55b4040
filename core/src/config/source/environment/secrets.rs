//! Variables of secrets: which texts may be shown, and which variables name a file.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use super::Environment;
use super::names::{EnvironmentNames, Meaning};
use crate::config::redact::{Description, DescriptionSources, may_be_secret};
use crate::config::schema::Facts;
use crate::tree::{Key, Kind, MAX_DEPTH, Origin, Source, Text, TypeSet, Value};

impl EnvironmentNames<'_> {
    /// The paths in the `PREFIX_KEY_FILE` variables of secret keys. The caller reads these files.
    pub fn secret_files(&self, environment: &Environment) -> Vec<String> {
        let path_of = |name: &String| match self.meaning(name) {
            Meaning::SecretFile(key) => {
                environment.text(name).filter(|path| !path.is_empty() || !self.ignores_empty(&key))
            }
            _ => None,
        };
        environment.variables.keys().filter_map(path_of).map(String::from).collect()
    }

    /// Whether a variable holds a secret of the configuration, or the path of a file with one. A variable that sets no key holds one if
    /// the key that it spells would be secret.
    pub fn holds_secret(&self, variable: &str) -> bool {
        match self.meaning(variable) {
            Meaning::Ignored => false,
            Meaning::SecretFile(_) => true,
            Meaning::Key(key) | Meaning::Alias(key) | Meaning::Json(key) => !self.may_show(&key),
            Meaning::Ambiguous(first, second) => !self.may_show(&first) || !self.may_show(&second),
            Meaning::Unknown => {
                let stems = ["", "_FILE", "__JSON"].iter().filter_map(|ending| variable.strip_suffix(ending));
                let mut keys = stems.filter_map(|stem| self.suffix(stem)).map(spelled_key);
                keys.any(|key| self.is_secret(&key))
            }
        }
    }

    /// Whether the text of a variable of this key may be shown: it is no secret, and none in the wrong place. The text of a table,
    /// or of a list of tables, is not shown, as any part of it may be.
    pub(super) fn may_show(&self, key: &Key) -> bool {
        let holds_tables = |types: TypeSet| types.contains(TypeSet::OBJECT);
        let Facts { types, element_types, .. } = self.facts(key);
        if holds_tables(types) || (types.contains(TypeSet::ARRAY) && holds_tables(element_types)) {
            return false;
        }
        !self.is_secret(key)
    }

    /// Whether a text at the key is a secret, or may be one in the wrong place.
    fn is_secret(&self, key: &Key) -> bool {
        let no_keys = BTreeSet::new();
        let description = Description::of(DescriptionSources {
            schema: self.schema,
            outline: self.outline.map(|outline| &**outline),
            further_secrets: self.secrets.unwrap_or(&no_keys),
        });
        let text = Value::new(Kind::String(Text::default()), Origin::whole(&Source::variable("", "")));
        may_be_secret(description, key.segments(), &text)
    }
}

/// The key that the part of a variable after the prefix spells.
fn spelled_key(rest: &str) -> Key {
    Key::of(rest.split("__").take(MAX_DEPTH).map(str::to_lowercase))
}
