//! Canonical names, aliases, and suggestions for unknown names.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::tree::Text;
use crate::tree::nearest::nearest;

/// Canonical names and their aliases.
///
/// A name always resolves to a name that resolves to itself.
///
/// ```
/// use speckit_core::agents::registry::NameTable;
/// let names = NameTable::new(["claude"], [("sonnet", "claude"), ("best", "sonnet")])?;
/// assert_eq!(names.resolve("best"), Ok("claude"));
/// assert_eq!(names.resolve("claud").unwrap_err().nearest.as_deref(), Some("claude"));
/// # Ok::<(), Vec<speckit_core::agents::registry::NameError>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameTable {
    canonical: BTreeSet<Text>,
    /// Each with its canonical name.
    aliases: BTreeMap<Text, Text>,
}

/// An error in a set of names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum NameError {
    /// The name of an alias is taken: by a canonical name, or by an alias of the same or another target.
    #[error("`{name}` is a name of `{first}` and of `{second}`")]
    Duplicate {
        /// The name.
        name: String,
        /// The target that keeps it.
        first: String,
        /// The target that is rejected.
        second: String,
    },
    /// The target of an alias does not exist.
    #[error("alias `{alias}` points to {unknown}")]
    UnknownTarget {
        /// The alias.
        alias: String,
        /// Its target.
        unknown: UnknownName,
    },
    /// Aliases form a cycle without a canonical name.
    #[error("cycle of aliases: {}", cycle_text(.path))]
    Cycle {
        /// The aliases of the cycle in order, starting with the smallest.
        path: Vec<String>,
    },
}

/// A name that does not exist.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("unknown name `{name}`")]
pub struct UnknownName {
    /// The name.
    pub name: String,
    /// The most similar canonical name or alias.
    pub nearest: Option<String>,
    /// Every canonical name, sorted.
    pub available: Vec<String>,
}

impl UnknownName {
    /// Help for the reader: ``did you mean `claude`? the models are claude, gemini``.
    pub fn help(&self) -> String {
        let mut help = match &self.nearest {
            Some(nearest) => alloc::format!("did you mean `{nearest}`? "),
            None => String::new(),
        };
        match self.available.as_slice() {
            [] => help.push_str("there are no models"),
            names => {
                help.push_str("the models are ");
                help.push_str(&names.join(", "));
            }
        }
        help
    }
}

impl NameTable {
    /// A table of canonical names and aliases; the target of an alias may be another alias.
    ///
    /// # Errors
    /// Every duplicate in the given order, then every cycle and unknown target in the order of names.
    pub fn new<'a>(
        canonical: impl IntoIterator<Item = &'a str>,
        aliases: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, Vec<NameError>> {
        let (table, errors) = Self::with_errors(canonical, aliases);
        if errors.is_empty() { Ok(table) } else { Err(errors) }
    }

    /// The table of all valid names, and the errors. The first use of a name keeps it.
    pub fn with_errors<'a>(
        canonical: impl IntoIterator<Item = &'a str>,
        aliases: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> (Self, Vec<NameError>) {
        let canonical: BTreeSet<Text> = canonical.into_iter().map(Text::new).collect();
        let mut targets: BTreeMap<Text, Text> = BTreeMap::new();
        let mut errors = Vec::new();
        for (alias, target) in aliases {
            let taken = match canonical.get(alias) {
                Some(name) => Some(name),
                None => targets.get(alias),
            };
            match taken {
                Some(first) => errors.push(NameError::Duplicate {
                    name: alias.into(),
                    first: first.as_str().into(),
                    second: target.into(),
                }),
                None => drop(targets.insert(alias.into(), target.into())),
            }
        }
        let mut table = Self { canonical, aliases: BTreeMap::new() };
        let mut broken = BTreeSet::new();
        for alias in targets.keys() {
            match follow(alias, &targets) {
                ChainEnd::Name(name) if table.canonical.contains(name) => {
                    table.aliases.insert(alias.clone(), name.clone());
                }
                ChainEnd::Name(name) => {
                    let unknown = table.unknown(name);
                    broken.insert(NameError::UnknownTarget { alias: alias.as_str().into(), unknown });
                }
                ChainEnd::Cycle(path) => {
                    broken.insert(NameError::Cycle { path });
                }
            }
        }
        errors.extend(broken);
        (table, errors)
    }

    /// The canonical name of a canonical name or alias. Names are case-sensitive.
    ///
    /// # Errors
    /// [`UnknownName`] with the nearest name and all canonical names.
    pub fn resolve(&self, name: &str) -> Result<&str, UnknownName> {
        let found = self.canonical.get(name).or_else(|| self.aliases.get(name));
        found.map(Text::as_str).ok_or_else(|| self.unknown(name))
    }

    /// The canonical names, sorted.
    pub fn canonical(&self) -> impl Iterator<Item = &str> {
        self.canonical.iter().map(Text::as_str)
    }

    pub(super) fn unknown(&self, name: &str) -> UnknownName {
        let aliases = self.aliases.keys().map(Text::as_str);
        UnknownName {
            name: name.into(),
            nearest: nearest(name, self.canonical().chain(aliases)).map(String::from),
            available: self.canonical().map(String::from).collect(),
        }
    }
}

/// The end of a chain of aliases.
enum ChainEnd<'t> {
    Name(&'t Text),
    Cycle(Vec<String>),
}

fn follow<'t>(alias: &'t Text, targets: &'t BTreeMap<Text, Text>) -> ChainEnd<'t> {
    let mut path: Vec<&str> = Vec::new();
    let mut visited = BTreeSet::new();
    let mut name = alias;
    while let Some(target) = targets.get(name) {
        if !visited.insert(name) {
            // Without the path into it, and from its smallest name on, each cycle is reported once.
            let mut cycle: Vec<String> =
                path.into_iter().skip_while(|step| *step != name.as_str()).map(String::from).collect();
            let smallest = cycle.iter().enumerate().min_by_key(|(_, step)| *step).map_or(0, |(at, _)| at);
            cycle.rotate_left(smallest);
            return ChainEnd::Cycle(cycle);
        }
        path.push(name);
        name = target;
    }
    ChainEnd::Name(name)
}

/// `` `a` → `b` → `a` ``.
fn cycle_text(path: &[String]) -> impl fmt::Display {
    let mut text = String::new();
    for step in path.iter().chain(path.first()) {
        let arrow = if text.is_empty() { "" } else { " → " };
        text.push_str(&alloc::format!("{arrow}`{step}`"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString as _;

    #[test]
    fn a_cycle_is_reported_once_and_without_the_path_into_it() {
        let aliases = [("into", "c"), ("c", "b"), ("b", "a"), ("a", "c"), ("self", "self"), ("good", "x")];
        let (table, errors) = NameTable::with_errors(["x"], aliases);
        let texts: Vec<_> = errors.iter().map(NameError::to_string).collect();
        assert_eq!(texts, ["cycle of aliases: `a` → `c` → `b` → `a`", "cycle of aliases: `self` → `self`"]);
        assert_eq!(table.resolve("good"), Ok("x"));
        assert!(table.resolve("into").is_err());
    }

    #[test]
    fn the_first_use_of_a_name_keeps_it_and_both_are_reported() {
        let (table, errors) = NameTable::with_errors(["x", "y"], [("a", "x"), ("a", "y"), ("y", "x")]);
        let duplicate = |name: &str, first: &str, second: &str| NameError::Duplicate {
            name: name.into(),
            first: first.into(),
            second: second.into(),
        };
        assert_eq!(errors, [duplicate("a", "x", "y"), duplicate("y", "y", "x")]);
        assert_eq!(table.resolve("a"), Ok("x"));
    }

    #[test]
    fn an_unknown_target_is_reported_with_all_names() {
        let unknown = UnknownName {
            name: "gemni".into(),
            nearest: Some("gemini".into()),
            available: ["claude", "gemini"].map(String::from).into(),
        };
        assert_eq!(unknown.help(), "did you mean `gemini`? the models are claude, gemini");
        assert_eq!(
            NameTable::new(["gemini", "claude"], [("a", "gemni")]),
            Err([NameError::UnknownTarget { alias: "a".into(), unknown }].into())
        );
    }
}
