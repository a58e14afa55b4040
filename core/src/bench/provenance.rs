//! When a benchmark was measured, and of which version of the program.

use alloc::string::String;

/// When a benchmark was measured, and of which version of the program. What is not known is `None`.
///
/// ```
/// use speckit_core::bench::Provenance;
/// let status = "# branch.oid 1d0bc4ee0f5c2a1c4f6ad9d1d7e3a1f1c2b3d4e5\n# branch.head main\n";
/// let at = Provenance::default().of_git_status(status);
/// assert_eq!(at.commit.as_deref(), Some("1d0bc4ee0f5c2a1c4f6ad9d1d7e3a1f1c2b3d4e5"));
/// assert_eq!(at.dirty, Some(false));
/// // A repository without a commit.
/// assert_eq!(Provenance::default().of_git_status("# branch.oid (initial)\n"), Provenance::default());
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
    /// With the commit that `git status --porcelain=v2 --branch --untracked-files=no` printed.
    #[must_use]
    pub fn of_git_status(mut self, status: &str) -> Self {
        let commit = status.lines().find_map(|line| line.strip_prefix("# branch.oid "));
        // Hashes are of SHA-1 or SHA-256.
        let is_hash = |commit: &&str| {
            matches!(commit.len(), 40 | 64) && commit.chars().all(|digit| digit.is_ascii_hexdigit())
        };
        if let Some(commit) = commit.filter(is_hash) {
            // Each line without `#` is about a changed file.
            let dirty = status.lines().any(|line| !line.starts_with('#'));
            (self.commit, self.dirty) = (Some(commit.into()), Some(dirty));
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    const COMMIT: &str = "1d0bc4ee0f5c2a1c4f6ad9d1d7e3a1f1c2b3d4e5";

    #[test]
    fn a_line_about_a_file_makes_the_commit_dirty() {
        let head = format!("# branch.oid {COMMIT}\n# branch.head main\n# branch.upstream origin/main\n");
        let dirty = |rest: &str| Provenance::default().of_git_status(&format!("{head}{rest}")).dirty;
        assert_eq!(dirty(""), Some(false));
        assert_eq!(dirty("# stash 2\n"), Some(false));
        for line in ["1 .M N... 100644 100644 100644 a a tracked\n", "u UU N... 1 1 1 1 a a a both\n"] {
            assert_eq!(dirty(line), Some(true), "{line}");
        }
    }

    #[test]
    fn what_is_no_hash_is_no_commit() {
        for status in ["", "fatal: not a git repository", "# branch.oid (initial)\n", "# branch.oid 1d0b\n"] {
            assert_eq!(Provenance::default().of_git_status(status), Provenance::default(), "{status}");
        }
    }
}
