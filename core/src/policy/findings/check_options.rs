//! What a conclusion depends on beside the files.

use alloc::collections::BTreeSet;
use alloc::string::String;

use super::baseline::Baseline;

/// Which files of a tree were checked. Rules that require matches are decided for the whole tree only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CheckedFiles {
    /// All of them.
    #[default]
    Tree,
    /// Some that were named; the report says which rules are not decided.
    Named,
    /// Those of a commit.
    Changed,
}

/// What a conclusion depends on beside the files.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct CheckOptions {
    /// Which files were checked.
    pub files: CheckedFiles,
    /// Whether new findings of severity warning fail the check too.
    pub strict: bool,
    /// The accepted findings of old code.
    pub baseline: Baseline,
    /// The files of the baseline that do not exist any more.
    pub gone: BTreeSet<String>,
}

impl CheckOptions {
    /// Sets which files were checked.
    #[must_use]
    pub fn files(mut self, files: CheckedFiles) -> Self {
        self.files = files;
        self
    }

    /// Sets whether new warnings fail the check.
    #[must_use]
    pub fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// Sets the accepted findings of old code.
    #[must_use]
    pub fn baseline(mut self, baseline: Baseline) -> Self {
        self.baseline = baseline;
        self
    }

    /// Sets which files of the baseline do not exist any more.
    #[must_use]
    pub fn gone(mut self, gone: BTreeSet<String>) -> Self {
        self.gone = gone;
        self
    }
}
