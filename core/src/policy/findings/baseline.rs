//! The accepted findings of old code.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

/// The form of the document.
const VERSION: u32 = 1;

/// The accepted findings of old code, by their content: a finding that moves stays accepted, and a changed line is a new one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    entries: Vec<BaselineEntry>,
}

/// An accepted finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BaselineEntry {
    pub(super) path: String,
    pub(super) rule: String,
    /// The hash of its line without white space.
    pub(super) line: String,
}

/// Why a text is no baseline.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BaselineFileError {
    /// It is not the JSON of a baseline.
    #[error("the baseline cannot be read: {0}")]
    Form(String),
    /// A merge of two branches left its marks.
    #[error("the baseline has conflict markers: keep the lines of both sides, and remove the markers")]
    Conflict,
    /// A newer version wrote it.
    #[error("the baseline has version {0}, and this program reads version {VERSION}")]
    Version(u32),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    findings: Vec<BaselineEntry>,
}

impl Baseline {
    pub(super) fn of(entries: impl IntoIterator<Item = BaselineEntry>) -> Self {
        let mut entries: Vec<BaselineEntry> = entries.into_iter().collect();
        entries.sort();
        Self { entries }
    }

    /// Reads the document that [`Baseline::to_json`] writes.
    ///
    /// # Errors
    /// It has another form or version; the message has the line and column.
    pub fn parse(text: &str) -> Result<Self, BaselineFileError> {
        if text.lines().any(|line| line.starts_with(&"<".repeat(7))) {
            return Err(BaselineFileError::Conflict);
        }
        let document: Document =
            serde_json::from_str(text).map_err(|error| BaselineFileError::Form(error.to_string()))?;
        if document.version != VERSION {
            return Err(BaselineFileError::Version(document.version));
        }
        Ok(Self { entries: document.findings })
    }

    /// The document, with one finding in a line, so that changes of it are easy to review and to merge.
    pub fn to_json(&self) -> String {
        let lines = self.entries.iter().filter_map(|entry| serde_json::to_string(entry).ok());
        let lines = lines.collect::<Vec<_>>().join(",\n");
        let (open, close) = if lines.is_empty() { ("", "") } else { ("\n", "\n") };
        alloc::format!("{{\"version\":{VERSION},\"findings\":[{open}{lines}{close}]}}\n")
    }

    /// The number of accepted findings.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it accepts nothing.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The files with accepted findings.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        let paths = self.entries.iter().map(|entry| entry.path.as_str()).filter(|path| !path.is_empty());
        paths.collect::<BTreeSet<_>>().into_iter()
    }

    pub(super) fn has(&self, entry: &BaselineEntry) -> bool {
        self.entries.contains(entry)
    }

    /// Which findings are accepted: each entry accepts one of its rule, line and path, or, if there is no file at its path any
    /// more, one of its rule and line in another file.
    pub(super) fn accepts(&self, findings: &[BaselineEntry], gone: &dyn Fn(&str) -> bool) -> Vec<bool> {
        let mut here: BTreeMap<&BaselineEntry, usize> = BTreeMap::new();
        for entry in &self.entries {
            *here.entry(entry).or_default() += 1;
        }
        let mut take = |entry: &BaselineEntry| here.get_mut(entry).is_some_and(take_one);
        let mut accepted: Vec<bool> = findings.iter().map(&mut take).collect();
        let mut moved: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for (entry, count) in &here {
            if *count > 0 && gone(&entry.path) {
                *moved.entry((&entry.rule, &entry.line)).or_default() += count;
            }
        }
        for (finding, accepted) in findings.iter().zip(&mut accepted).filter(|(_, accepted)| !**accepted) {
            let key = (finding.rule.as_str(), finding.line.as_str());
            *accepted = moved.get_mut(&key).is_some_and(take_one);
        }
        accepted
    }
}

fn take_one(count: &mut usize) -> bool {
    let is_left = *count > 0;
    *count -= usize::from(is_left);
    is_left
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str, rule: &str, line: &str) -> BaselineEntry {
        BaselineEntry { path: path.into(), rule: rule.into(), line: line.into() }
    }

    #[test]
    fn each_entry_accepts_one_finding() {
        let baseline = Baseline::of([entry("a", "r", "1"), entry("a", "r", "1"), entry("b", "r", "2")]);
        let findings =
            [entry("a", "r", "1"), entry("a", "r", "1"), entry("a", "r", "1"), entry("c", "r", "2")];
        assert_eq!(baseline.accepts(&findings, &|_| false), [true, true, false, false]);
        assert_eq!(baseline.accepts(&findings, &|path| path == "b"), [true, true, false, true]);
    }

    #[test]
    fn the_document_is_read_as_it_was_written() {
        let baseline = Baseline::of([entry("b", "r", "2"), entry("a\"\n", "r", "1")]);
        let text = baseline.to_json();
        assert_eq!(text.lines().count(), 4);
        assert_eq!(Baseline::parse(&text), Ok(baseline));
        assert_eq!(Baseline::parse(&Baseline::default().to_json()), Ok(Baseline::default()));
        let newer = Baseline::parse("{\"version\": 2, \"findings\": []}").unwrap_err();
        assert_eq!(newer.to_string(), "the baseline has version 2, and this program reads version 1");
        let wrong = Baseline::parse("{\"version\": 1,\n\"finding\": []}").unwrap_err().to_string();
        assert!(wrong.contains("unknown field `finding`") && wrong.contains("line 2"), "{wrong}");
    }
}
