//! The environment as a layer: which key a variable sets, and how its text is read.
//!
//! `PREFIX_A__B_C` sets the key `a.b_c`: `__` separates keys, `_` is part of a key. The known keys come from the
//! schema, and for tables with free names from the layers below, so that no name is guessed.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::tree::{Fingerprint, Origin, Source};

mod free_names;
mod listing;
mod names;
mod prefix;
mod reader;
mod secrets;
mod service_links;

pub use free_names::FreeNames;
pub use listing::listing;
pub use names::{EnvironmentNames, VariableRow};
pub use prefix::prefix_of;

/// The content of a variable.
#[derive(Clone, PartialEq, Eq)]
pub enum Variable {
    /// A text.
    Text(String),
    /// Bytes that are not UTF-8.
    NotUnicode,
}

/// A snapshot of the environment or of a `.env` file, and the secret files that its variables name.
///
/// `Debug` shows only names.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, Variable>,
    files: BTreeMap<String, Result<String, String>>,
    dotenv: Option<Positions>,
}

/// The `.env` file of variables, with the line and the column of each.
#[derive(Clone)]
struct Positions {
    file: String,
    of: BTreeMap<String, (u32, u32)>,
}

impl Environment {
    /// An environment of these variables.
    pub fn new<N: Into<String>>(variables: impl IntoIterator<Item = (N, Variable)>) -> Self {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value)).collect();
        Self { variables, files: BTreeMap::new(), dotenv: None }
    }

    /// The variables of a `.env` file.
    pub(super) fn of_file(
        file: &str,
        variables: BTreeMap<String, Variable>,
        positions: BTreeMap<String, (u32, u32)>,
    ) -> Self {
        let dotenv = Some(Positions { file: file.into(), of: positions });
        Self { variables, files: BTreeMap::new(), dotenv }
    }

    /// The `.env` file that has the variables; `None` for the environment.
    pub fn file(&self) -> Option<&str> {
        self.dotenv.as_ref().map(|dotenv| dotenv.file.as_str())
    }

    /// The source of one variable, with this text.
    fn source(&self, name: &str, text: &str) -> Arc<Source> {
        match &self.dotenv {
            None => Source::variable(name, text),
            Some(Positions { file, of }) => {
                Source::dotenv_variable(file, of.get(name).copied().unwrap_or_default(), name, text)
            }
        }
    }

    /// The origin of a variable, without its text.
    fn origin(&self, name: &str) -> Origin {
        Origin::whole(&self.source(name, ""))
    }

    /// An environment of these texts: pairs of `&str`, those of a map of `String`, or `std::env::vars()`.
    ///
    /// ```
    /// use std::collections::BTreeMap;
    /// use speckit_core::config::source::Environment;
    /// let map = BTreeMap::from([(String::from("APP_PORT"), String::from("80"))]);
    /// assert_eq!(Environment::of(&map).text("APP_PORT"), Some("80"));
    /// assert_eq!(Environment::of(map).text("APP_PORT"), Some("80"));
    /// assert_eq!(Environment::of([("APP_PORT", "80")]).text("APP_PORT"), Some("80"));
    /// ```
    pub fn of<N: Into<String>, V: Into<String>>(variables: impl IntoIterator<Item = (N, V)>) -> Self {
        Self::new(variables.into_iter().map(|(name, text)| (name, Variable::Text(text.into()))))
    }

    /// This environment, limited to the variables that `is_wanted` accepts.
    #[must_use]
    pub fn filtered(mut self, is_wanted: impl Fn(&str) -> bool) -> Self {
        self.variables.retain(|name, _| is_wanted(name));
        self
    }

    /// These variables, and those of a lower environment that they do not have.
    #[must_use]
    pub fn with_lower(mut self, lower: &Self) -> Self {
        for (name, variable) in &lower.variables {
            self.variables.entry(name.clone()).or_insert_with(|| variable.clone());
        }
        self
    }

    /// The names of the variables, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.variables.keys().map(String::as_str)
    }

    /// The text of a variable.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.variables.get(name)? {
            Variable::Text(text) => Some(text),
            Variable::NotUnicode => None,
        }
    }

    /// Whether a variable is set, also to an empty text or to bytes that are not UTF-8.
    pub fn is_set(&self, name: &str) -> bool {
        self.variables.contains_key(name)
    }

    /// A hash of all variables with their texts, to compare two environments.
    pub fn fingerprint(&self) -> Fingerprint {
        let mut bytes = Vec::new();
        for name in self.variables.keys() {
            let text = self.text(name).map(str::as_bytes);
            for part in [Some(name.as_bytes()), text] {
                let length = part.map_or(u64::MAX, |part| part.len() as u64);
                bytes.extend_from_slice(&length.to_le_bytes());
                bytes.extend_from_slice(part.unwrap_or_default());
            }
        }
        Fingerprint::of_bytes(&bytes)
    }

    /// Adds the content of a file that [`EnvironmentNames::secret_files`] listed, or the reason why it cannot be read. The
    /// reason must not contain the secret.
    pub fn add_file(&mut self, path: impl Into<String>, content: Result<String, String>) {
        self.files.insert(path.into(), content);
    }
}

impl core::fmt::Debug for Environment {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list().entries(self.variables.keys()).finish()
    }
}
