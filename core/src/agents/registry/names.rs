//! Names of things: canonical ones, aliases, and what a mistyped one may have meant.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::tree::Text;
use crate::tree::nearest::nearest;

/// Canonical names, and the aliases that lead to them.
///
/// The law: what a name resolves to resolves to itself.
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
    /// Straight to the canonical name.
    aliases: BTreeMap<Text, Text>,
}

/// What is wrong with a set of names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum NameError {
    /// An alias is taken already: it is a canonical name, or an alias of the same or another target.
    #[error("`{name}` is a name of `{first}` and of `{second}`")]
    Duplicate {
        /// The name that two have.
        name: String,
        /// Who has it already.
        first: String,
        /// Who wants it too.
        second: String,
    },
    /// An alias leads to a name that nothing has.
    #[error("alias `{alias}` leads to {unknown}")]
    UnknownTarget {
        /// The alias.
        alias: String,
        /// Where it leads.
        unknown: UnknownName,
    },
    /// Aliases lead to one another and to no canonical name.
    #[error("aliases lead in a circle: {}", circle(.path))]
    Cycle {
        /// The aliases in the order of the circle, each once, from the smallest.
        path: Vec<String>,
    },
}

/// A name that nothing has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("unknown name `{name}`")]
pub struct UnknownName {
    /// The name.
    pub name: String,
    /// The canonical name or alias that may have been meant.
    pub nearest: Option<String>,
    /// Every canonical name, sorted.
    pub available: Vec<String>,
}

impl UnknownName {
    /// The way out: ``did you mean `claude`? there are claude, gemini``.
    pub fn help(&self) -> String {
        let mut help = match &self.nearest {
            Some(nearest) => alloc::format!("did you mean `{nearest}`? "),
            None => String::new(),
        };
        match self.available.as_slice() {
            [] => help.push_str("there are none"),
            names => {
                help.push_str("there are ");
                help.push_str(&names.join(", "));
            }
        }
        help
    }
}

impl NameTable {
    /// A table of canonical names and of aliases, whose targets may be aliases themselves.
    ///
    /// # Errors
    /// Every duplicate in the order given, then every circle and unknown target in the order of names.
    pub fn new<'a>(
        canonical: impl IntoIterator<Item = &'a str>,
        aliases: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, Vec<NameError>> {
        let (table, errors) = Self::with_errors(canonical, aliases);
        if errors.is_empty() { Ok(table) } else { Err(errors) }
    }

    /// The table of what is right, and what is wrong. Of two with one name the first keeps it.
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
            match end_of(alias, &targets) {
                End::Name(name) if table.canonical.contains(name) => {
                    table.aliases.insert(alias.clone(), name.clone());
                }
                End::Name(name) => {
                    let unknown = table.unknown(name);
                    broken.insert(NameError::UnknownTarget { alias: alias.as_str().into(), unknown });
                }
                End::Cycle(path) => {
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
    /// [`UnknownName`] with what exists and the nearest name.
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

/// Where a chain of aliases ends.
enum End<'t> {
    Name(&'t Text),
    Cycle(Vec<String>),
}

fn end_of<'t>(alias: &'t Text, targets: &'t BTreeMap<Text, Text>) -> End<'t> {
    let mut path: Vec<&str> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut name = alias;
    while let Some(target) = targets.get(name) {
        if !seen.insert(name) {
            // What led into the circle is not of it; turned to its smallest name, a circle is reported once.
            let mut circle: Vec<String> =
                path.into_iter().skip_while(|step| *step != name.as_str()).map(String::from).collect();
            let smallest = circle.iter().enumerate().min_by_key(|(_, step)| *step).map_or(0, |(at, _)| at);
            circle.rotate_left(smallest);
            return End::Cycle(circle);
        }
        path.push(name);
        name = target;
    }
    End::Name(name)
}

/// `` `a` → `b` → `a` ``.
fn circle(path: &[String]) -> impl fmt::Display {
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
    fn a_circle_is_reported_once_and_without_the_way_into_it() {
        let aliases = [("into", "c"), ("c", "b"), ("b", "a"), ("a", "c"), ("self", "self"), ("good", "x")];
        let (table, errors) = NameTable::with_errors(["x"], aliases);
        let texts: Vec<_> = errors.iter().map(NameError::to_string).collect();
        assert_eq!(
            texts,
            ["aliases lead in a circle: `a` → `c` → `b` → `a`", "aliases lead in a circle: `self` → `self`"]
        );
        assert_eq!(table.resolve("good"), Ok("x"));
        assert!(table.resolve("into").is_err());
    }

    #[test]
    fn of_two_with_one_name_the_first_keeps_it_and_both_are_named() {
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
    fn an_unknown_target_names_what_exists() {
        let unknown = UnknownName {
            name: "gemni".into(),
            nearest: Some("gemini".into()),
            available: ["claude", "gemini"].map(String::from).into(),
        };
        assert_eq!(unknown.help(), "did you mean `gemini`? there are claude, gemini");
        assert_eq!(
            NameTable::new(["gemini", "claude"], [("a", "gemni")]),
            Err([NameError::UnknownTarget { alias: "a".into(), unknown }].into())
        );
    }

    #[test]
    fn names_are_case_sensitive_and_resolving_twice_changes_nothing() {
        let table = NameTable::new(["x"], [("a", "b"), ("b", "c"), ("c", "x")]).unwrap();
        for name in ["x", "a", "b", "c"] {
            let once = table.resolve(name).unwrap();
            assert_eq!(table.resolve(once), Ok(once));
        }
        assert!(table.resolve("X").is_err());
    }
}
