//! The message of a commit that is being made.

use alloc::string::String;

/// What git removes from the file of a message after the hook commit-msg (git-commit(1), `--cleanup`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageCleanup {
    /// What a comment begins with: `core.commentString` or `core.commentChar`.
    comment: String,
    removes_comments: bool,
    removes_patch: bool,
}

/// What stands after the comment sign of the line before the patch of `git commit --verbose` (git's `wt-status.c`).
const SCISSORS: &str = " ------------------------ >8 ------------------------";

impl MessageCleanup {
    /// The cleanup by the settings `commit.cleanup` and `core.commentString`, and whether the message was written in an editor: without
    /// one there are no comments of git.
    ///
    /// ```
    /// use speckit_core::policy::git::MessageCleanup;
    /// let cleanup = MessageCleanup::new(None, None, true);
    /// assert_eq!(cleanup.committed("Add x\n\n# On branch main\n"), "Add x\n\n\n");
    /// ```
    pub fn new(cleanup: Option<&str>, comment: Option<&str>, has_editor: bool) -> Self {
        // `auto` chooses a sign that no line of the message begins with, and tries this one first.
        let comment = comment.filter(|comment| !matches!(*comment, "" | "auto")).unwrap_or("#").into();
        let removes_comments = match cleanup {
            Some("strip") => true,
            Some("verbatim" | "whitespace" | "scissors") => false,
            _ => has_editor,
        };
        let removes_patch = has_editor && !matches!(cleanup, Some("verbatim" | "whitespace"));
        Self { comment, removes_comments, removes_patch }
    }

    /// The message without what git removes. A removed comment leaves an empty line, so that the number of each line stays.
    pub fn committed(&self, file: &str) -> String {
        let is_scissors = |line: &str| line.trim_end().strip_prefix(&*self.comment) == Some(SCISSORS);
        let lines = file.split_inclusive('\n').take_while(|line| !(self.removes_patch && is_scissors(line)));
        let kept =
            |line| if self.removes_comments && str::starts_with(line, &*self.comment) { "\n" } else { line };
        lines.map(kept).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn comments_and_the_patch_below_the_scissors_are_removed() {
        let file = format!("a\n# b\nc\n#{SCISSORS}\ndiff --git a/secret\n");
        assert_eq!(MessageCleanup::new(None, None, true).committed(&file), "a\n\nc\n");
        assert_eq!(MessageCleanup::new(Some("scissors"), None, true).committed(&file), "a\n# b\nc\n");
        assert_eq!(MessageCleanup::new(Some("verbatim"), None, true).committed(&file), file);
    }

    #[test]
    fn a_message_that_no_editor_wrote_has_no_comments() {
        assert_eq!(MessageCleanup::new(None, None, false).committed("#12 is mended\n"), "#12 is mended\n");
        assert_eq!(MessageCleanup::new(Some("strip"), None, false).committed("#12\nx"), "\nx");
    }

    #[test]
    fn comments_may_begin_with_another_sign() {
        let cleanup = MessageCleanup::new(None, Some(";;"), true);
        assert_eq!(cleanup.committed(&format!("#1\n;; x\n;;{SCISSORS}\npatch\n")), "#1\n\n");
        assert_eq!(MessageCleanup::new(None, Some("auto"), true).committed("# x\n"), "\n");
    }
}
