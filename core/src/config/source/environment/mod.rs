//! The environment as a layer: which variable means which key, and what its text means there.
//!
//! `PREFIX_A__B_C` is the key `a.b_c`: `__` stands between keys, `_` inside them. Which keys there are comes from
//! the schema, and for tables with free names from the layers below, so that no name is guessed.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use crate::tree::Fingerprint;

mod names;
mod reader;

pub use names::{EnvironmentNames, VariableRow};

/// What a variable holds.
#[derive(Clone, PartialEq, Eq)]
pub enum Variable {
    /// A text.
    Text(String),
    /// Bytes that are no UTF-8.
    NotUnicode,
}

/// The environment as it was at one moment, and the secret files that its variables name.
///
/// `Debug` shows names only.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, Variable>,
    files: BTreeMap<String, Result<String, String>>,
}

impl Environment {
    /// The environment of these variables.
    pub fn new<N: Into<String>>(variables: impl IntoIterator<Item = (N, Variable)>) -> Self {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value)).collect();
        Self { variables, files: BTreeMap::new() }
    }

    /// The environment of these texts.
    pub fn of<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self::new(variables.into_iter().map(|(name, text)| (name, Variable::Text(text.into()))))
    }

    /// The variables of this environment with a name that is wanted.
    #[must_use]
    pub fn filtered(mut self, is_wanted: impl Fn(&str) -> bool) -> Self {
        self.variables.retain(|name, _| is_wanted(name));
        self
    }

    /// The text of a variable.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.variables.get(name)? {
            Variable::Text(text) => Some(text),
            Variable::NotUnicode => None,
        }
    }

    /// Tells whether a variable is set, to anything.
    pub fn is_set(&self, name: &str) -> bool {
        self.variables.contains_key(name)
    }

    /// A hash of every variable with its text, by which two environments are told apart.
    pub fn fingerprint(&self) -> Fingerprint {
        let mut bytes = Vec::new();
        for (name, variable) in &self.variables {
            let text = match variable {
                Variable::Text(text) => Some(text.as_bytes()),
                Variable::NotUnicode => None,
            };
            for part in [Some(name.as_bytes()), text] {
                let length = part.map_or(u64::MAX, |part| part.len() as u64);
                bytes.extend_from_slice(&length.to_le_bytes());
                bytes.extend_from_slice(part.unwrap_or_default());
            }
        }
        Fingerprint::of_bytes(&bytes)
    }

    /// Keeps what the shell read for a path that [`EnvironmentNames::secret_files`] named; the error is a reason
    /// without the file's content.
    pub fn add_file(&mut self, path: impl Into<String>, content: Result<String, String>) {
        self.files.insert(path.into(), content);
    }
}

impl core::fmt::Debug for Environment {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list().entries(self.variables.keys()).finish()
    }
}
