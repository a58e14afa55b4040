//! Variables of secrets: which texts may be shown, and which variables name a file.

use alloc::string::String;
use alloc::vec::Vec;

use super::Environment;
use super::names::{EnvironmentNames, Meaning};
use crate::config::schema::Facts;
use crate::tree::{Key, TypeSet};

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

    /// Whether the text of a variable of this key may be shown: neither the key, nor one above or below it, is secret. The text
    /// of a table, or of a list of tables, is not shown, as any part of it may be.
    pub(super) fn may_show(&self, key: &Key) -> bool {
        let holds_tables = |types: TypeSet| types.contains(TypeSet::OBJECT);
        let Facts { types, element_types, .. } = self.facts(key);
        if holds_tables(types) || (types.contains(TypeSet::ARRAY) && holds_tables(element_types)) {
            return false;
        }
        let is_secret = |key: &Key| {
            self.schema.is_some_and(|schema| schema.is_secret(key))
                || self
                    .outline
                    .is_some_and(|outline| outline.has_secret_at(key) || outline.has_secret_below(key))
        };
        let is_near = |secret: &Key| key.starts_with(secret) || secret.starts_with(key);
        !is_secret(key)
            && !is_secret(&key.element(0))
            && !self.secrets.is_some_and(|secrets| secrets.iter().any(is_near))
    }
}
