//! When a benchmark was measured, and of which version of the program.

use alloc::string::String;

/// When a benchmark was measured, and of which version of the program. What is not known is `None`.
///
/// ```
/// use speckit_core::bench::Provenance;
/// let at = Provenance::default().of_git_describe("1d0bc4ee0f5c2a1c4f6ad9d1d7e3a1f1c2b3d4e5-dirty\n");
/// assert_eq!(at.commit.as_deref(), Some("1d0bc4ee0f5c2a1c4f6ad9d1d7e3a1f1c2b3d4e5"));
/// assert_eq!(at.dirty, Some(true));
/// assert_eq!(Provenance::default().of_git_describe("fatal: not a git repository"), Provenance::default());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Provenance {
    /// When it was begun, in milliseconds since 1970-01-01T00:00:00Z.
    pub measured_at_ms: Option<u64>,
    /// The commit of the working folder.
    pub commit: Option<String>,
    /// Whether tracked files differed from the commit.
    pub dirty: Option<bool>,
    /// The number of the newest recorded generation of the configuration.
    pub generation: Option<u64>,
}

impl Provenance {
    /// With the commit that `git describe --always --dirty --abbrev=40 --exclude='*'` printed.
    #[must_use]
    pub fn of_git_describe(mut self, described: &str) -> Self {
        let described = described.trim();
        let (commit, dirty) = match described.strip_suffix("-dirty") {
            Some(commit) => (commit, true),
            None => (described, false),
        };
        // Hashes are of SHA-1 or SHA-256.
        if matches!(commit.len(), 40 | 64) && commit.chars().all(|c| c.is_ascii_hexdigit()) {
            (self.commit, self.dirty) = (Some(commit.into()), Some(dirty));
        }
        self
    }
}
