//! Ranges of commits, as `--range` has them.

use alloc::string::String;

use super::error::GitError;
use super::object::ObjectId;

/// Two revisions whose trees are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Range {
    /// The revision before.
    pub from: String,
    /// The revision whose files are checked.
    pub to: String,
    /// Whether `to` is compared with the last common commit of both (`A...B`) instead of `from`.
    pub is_from_merge_base: bool,
}

/// Reads `A..B` or `A...B`. A missing side is `HEAD`, as for `git diff`.
///
/// # Errors
/// [`GitError::InvalidRange`]: there are no two dots, or more than three, or a revision that git would take for an option.
///
/// ```
/// use speckit_core::policy::git::parse_range;
/// let range = parse_range("origin/main...HEAD").unwrap();
/// assert_eq!((&*range.from, &*range.to, range.is_from_merge_base), ("origin/main", "HEAD", true));
/// assert!(parse_range("main").is_err());
/// ```
pub fn parse_range(text: &str) -> Result<Range, GitError> {
    let invalid = || GitError::InvalidRange { range: text.into() };
    let (from, rest) = text.split_once("..").ok_or_else(invalid)?;
    let (to, is_from_merge_base) = rest.strip_prefix('.').map_or((rest, false), |to| (to, true));
    let is_revision = |side: &str| !side.starts_with(['-', '.', '^']) && !side.contains("..");
    if !is_revision(from) || !is_revision(to) {
        return Err(invalid());
    }
    let side = |side: &str| String::from(if side.is_empty() { "HEAD" } else { side });
    Ok(Range { from: side(from), to: side(to), is_from_merge_base })
}

impl Range {
    /// Whether the branch is new: CI systems give zeros as the commit before.
    pub fn is_new(&self) -> bool {
        ObjectId::new(&self.from).is_some_and(|id| id.is_null())
    }

    /// Whether the branch is deleted: CI systems give zeros as the commit afterwards.
    pub fn is_deleted(&self) -> bool {
        ObjectId::new(&self.to).is_some_and(|id| id.is_null())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn two_and_three_dots_are_told_apart_and_a_missing_side_is_head() {
        let of = |text| parse_range(text).map(|range| (range.from, range.to, range.is_from_merge_base));
        let sides = |from: &str, to: &str, dots| Ok((from.into(), to.into(), dots));
        assert_eq!(of("a..b"), sides("a", "b", false));
        assert_eq!(of("a...b"), sides("a", "b", true));
        assert_eq!(of("v1.2..v1.3"), sides("v1.2", "v1.3", false));
        assert_eq!(of("a.."), sides("a", "HEAD", false));
        assert_eq!(of("...b"), sides("HEAD", "b", true));
    }

    #[test]
    fn other_texts_are_refused() {
        for wrong in ["", "a", "a.b", "a....b", "a..b..c", "--output=x..b", "a..-b", "^a..b"] {
            assert_eq!(parse_range(wrong), Err(GitError::InvalidRange { range: wrong.into() }));
        }
    }

    #[test]
    fn zeros_name_a_branch_that_does_not_exist() {
        let zeros = "0".repeat(40);
        let range = parse_range(&format!("{zeros}..HEAD")).unwrap();
        assert!(range.is_new() && !range.is_deleted());
        let range = parse_range(&format!("HEAD..{zeros}")).unwrap();
        assert!(!range.is_new() && range.is_deleted());
    }
}
