//! What a configuration was made of at one reading, by hashes: what changed, and what lost its content.

use alloc::collections::BTreeMap;

use crate::tree::{Fingerprint, Text};

/// What one source held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// There was none.
    Missing,
    /// There was one, and it could not be read; the hash of the reason.
    Unreadable(Fingerprint),
    /// A text without a character.
    Empty,
    /// The hash of its bytes.
    Bytes(Fingerprint),
}

impl Content {
    /// The content of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        if bytes.is_empty() { Self::Empty } else { Self::Bytes(Fingerprint::of_bytes(bytes)) }
    }

    /// What could not be read, for this reason.
    pub fn unreadable(reason: &str) -> Self {
        Self::Unreadable(Fingerprint::of_bytes(reason.as_bytes()))
    }
}

/// What every source held at one reading: files by their paths, and all that is no file.
///
/// ```
/// use speckit_core::config::reload::{Content, Contents};
/// let mut before = Contents::default();
/// before.add_file("app.toml", Content::of(b"port = 1\n"));
/// let mut now = Contents::default();
/// now.add_file("app.toml", Content::of(b""));
/// assert_eq!(now.files_changed_since(&before).collect::<Vec<_>>(), ["app.toml"]);
/// assert!(now.lost_content_since(&before), "an editor may have truncated it, and not yet written it");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    files: BTreeMap<Text, Content>,
    rest: BTreeMap<Text, Fingerprint>,
}

impl Contents {
    /// Notes what a file held.
    pub fn add_file(&mut self, path: impl Into<Text>, content: Content) {
        self.files.insert(path.into(), content);
    }

    /// Notes what a source held that is no file, such as the environment.
    pub fn add(&mut self, name: impl Into<Text>, hash: Fingerprint) {
        self.rest.insert(name.into(), hash);
    }

    /// Notes all that another reading held; where both know a source, the other is right.
    pub fn extend(&mut self, other: Self) {
        self.files.extend(other.files);
        self.rest.extend(other.rest);
    }

    /// Tells whether it is noted what a file held.
    pub fn has_file(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// The files, whether they were there or not.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(Text::as_str)
    }

    /// The files whose content is another than `before`, in the order of their names. What was not looked for has not
    /// changed.
    pub fn files_changed_since<'a>(&'a self, before: &'a Self) -> impl Iterator<Item = &'a str> {
        let is_other = |path: &Text, content: &Content| {
            before.files.get(path).copied().unwrap_or(Content::Missing) != *content
        };
        let changed = self.files.iter().filter(move |(path, content)| is_other(path, content));
        changed.map(|(path, _)| path.as_str())
    }

    /// Tells whether a file that had bytes has none now, or cannot be read: it may be about to get new ones. What was
    /// not looked for is not lost.
    pub fn lost_content_since(&self, before: &Self) -> bool {
        self.files.iter().any(|(path, content)| {
            matches!(before.files.get(path), Some(Content::Bytes(_))) && !matches!(content, Content::Bytes(_))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_missing_and_is_not_looked_for_any_more_did_not_change() {
        let mut before = Contents::default();
        before.add_file("override.toml", Content::Missing);
        let now = Contents::default();
        assert_eq!(now.files_changed_since(&before).count(), 0);
        assert_eq!(before.files_changed_since(&now).count(), 0);
    }
}
