//! The files of a rule.

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// Glob patterns over paths. `*` and `?` stop at `/`, `**` does not, and a pattern without `/` matches the name of a file in
/// any folder.
#[derive(Clone, Debug)]
pub(crate) struct Globs {
    globs: GlobSet,
    /// Whether `**` is among them, as in most rules.
    is_every: bool,
}

/// Why a glob pattern is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the glob pattern is invalid: {reason}")]
pub struct GlobError {
    /// The reason of the engine.
    pub reason: String,
}

impl Globs {
    /// Compiles patterns.
    ///
    /// # Errors
    /// The index of each invalid pattern, with the reason.
    pub(crate) fn new(patterns: &[String]) -> Result<Self, Vec<(usize, GlobError)>> {
        let mut builder = GlobSetBuilder::new();
        let mut errors = Vec::new();
        for (index, pattern) in patterns.iter().enumerate() {
            match glob(pattern) {
                Ok(glob) => drop(builder.add(glob)),
                Err(error) => errors.push((index, GlobError { reason: error.kind().to_string() })),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let too_large =
            |error: globset::Error| Vec::from([(0, GlobError { reason: error.kind().to_string() })]);
        let is_every = patterns.iter().any(|pattern| pattern == "**");
        builder.build().map(|globs| Self { globs, is_every }).map_err(too_large)
    }

    /// Matches no path.
    pub(crate) fn none() -> Self {
        Self { globs: GlobSet::empty(), is_every: false }
    }

    pub(crate) fn is_match(&self, path: &str) -> bool {
        self.is_every || self.globs.is_match(path)
    }
}

fn glob(pattern: &str) -> Result<globset::Glob, globset::Error> {
    // A folder stands for the files in it.
    let whole = match pattern.strip_suffix('/') {
        Some(folder) => alloc::format!("{folder}/**"),
        None => pattern.to_string(),
    };
    let whole = match whole.strip_prefix("./").or_else(|| whole.strip_prefix('/')) {
        Some(below) => below.to_string(),
        None if whole.contains('/') || whole == "**" => whole,
        None => alloc::format!("**/{whole}"),
    };
    GlobBuilder::new(&whole).literal_separator(true).backslash_escape(true).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, path: &str) -> bool {
        Globs::new(&[pattern.into()]).unwrap().is_match(path)
    }

    #[test]
    fn a_pattern_without_a_separator_matches_in_any_folder() {
        assert!(matches("*.rs", "a/b.rs") && matches("*.rs", "b.rs") && !matches("src/*.rs", "src/a/b.rs"));
        assert!(matches("src/**", "src/a/b.rs") && !matches("src/**", "lib/src/a.rs"));
        assert!(matches("**/src/**", "lib/src/a.rs") && matches("src/", "src/a.rs"));
        assert!(matches("/build.rs", "build.rs") && !matches("/build.rs", "a/build.rs"));
        assert!(matches("**", "any/where") && matches("{a,b}.txt", "x/b.txt"));
    }

    #[test]
    fn each_mistake_is_found() {
        let errors = Globs::new(&["[a".into(), "ok".into(), "{x".into()]).unwrap_err();
        assert_eq!(errors.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [0, 2]);
        assert!(errors[0].1.to_string().contains("unclosed character class"), "{}", errors[0].1);
    }
}
