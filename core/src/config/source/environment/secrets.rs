//! Variables of secrets: which texts may be shown, and which variables name a file.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use super::Environment;
use super::names::{EnvironmentNames, Meaning};
use crate::config::redact::{Description, DescriptionSources, may_be_secret};
use crate::config::schema::Facts;
use crate::tree::{Key, Kind, Origin, Source, Text, TypeSet, Value};

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

    /// Whether the text of a variable of this key may be shown: it is no secret, and none in the wrong place. The text of a table,
    /// or of a list of tables, is not shown, as any part of it may be.
    pub(super) fn may_show(&self, key: &Key) -> bool {
        let holds_tables = |types: TypeSet| types.contains(TypeSet::OBJECT);
        let Facts { types, element_types, .. } = self.facts(key);
        if holds_tables(types) || (types.contains(TypeSet::ARRAY) && holds_tables(element_types)) {
            return false;
        }
        let no_keys = BTreeSet::new();
        let description = Description::of(DescriptionSources {
            schema: self.schema,
            outline: self.outline.map(|outline| &**outline),
            further_secrets: self.secrets.unwrap_or(&no_keys),
        });
        let text = Value::new(Kind::String(Text::default()), Origin::whole(&Source::variable("", "")));
        !may_be_secret(description, key.segments(), &text)
    }
}
