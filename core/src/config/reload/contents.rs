//! Content hashes of all sources at one read, to detect changed and lost files.

use alloc::collections::BTreeMap;

use crate::tree::{Fingerprint, Text};

/// The content of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// No file.
    Missing,
    /// A file that could not be read; the hash of the reason.
    Unreadable(Fingerprint),
    /// A file without bytes.
    Empty,
    /// The hash of its bytes.
    Bytes(Fingerprint),
}

impl Content {
    /// The content of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        if bytes.is_empty() { Self::Empty } else { Self::Bytes(Fingerprint::of_bytes(bytes)) }
    }

    /// A file that could not be read for this reason.
    pub fn unreadable(reason: &str) -> Self {
        Self::Unreadable(Fingerprint::of_bytes(reason.as_bytes()))
    }
}

/// The content of every source at one read: files by their paths, and other sources by their names.
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
    /// Adds the content of a file.
    pub fn add_file(&mut self, path: impl Into<Text>, content: Content) {
        self.files.insert(path.into(), content);
    }

    /// Adds a source that is not a file, such as the environment.
    pub fn add(&mut self, name: impl Into<Text>, hash: Fingerprint) {
        self.rest.insert(name.into(), hash);
    }

    /// Adds everything of another read, which overrides sources that both have.
    pub fn extend(&mut self, other: Self) {
        self.files.extend(other.files);
        self.rest.extend(other.rest);
    }

    /// Whether the content of a file was added.
    pub fn has_file(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// The paths of all files, existing and missing ones.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(Text::as_str)
    }

    /// The files whose content differs from `before`, sorted by path. A file that was not read is not changed.
    pub fn files_changed_since<'a>(&'a self, before: &'a Self) -> impl Iterator<Item = &'a str> {
        let is_other = |path: &Text, content: &Content| {
            before.files.get(path).copied().unwrap_or(Content::Missing) != *content
        };
        let changed = self.files.iter().filter(move |(path, content)| is_other(path, content));
        changed.map(|(path, _)| path.as_str())
    }

    /// Whether a file that had bytes is now empty, missing or unreadable: new bytes may be about to come. A file that
    /// was not read is not lost.
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
    fn a_missing_file_that_is_not_read_any_more_is_not_changed() {
        let mut before = Contents::default();
        before.add_file("override.toml", Content::Missing);
        let now = Contents::default();
        assert_eq!(now.files_changed_since(&before).count(), 0);
        assert_eq!(before.files_changed_since(&now).count(), 0);
    }
}
