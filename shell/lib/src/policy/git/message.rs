//! The settings that decide what git removes from a message.

use speckit_core::policy::git::{GitError, MessageCleanup};

use super::GitRepository;
use crate::os::environment;

impl GitRepository {
    /// What git removes from the message of the commit whose hook this process is.
    ///
    /// # Errors
    /// git fails.
    pub fn message_cleanup(&self) -> Result<MessageCleanup, GitError> {
        // git gives hooks this editor if it starts none (git's `builtin/commit.c`).
        let editor = environment::capture_wanted(&|name| name == "GIT_EDITOR");
        let has_editor = editor.text("GIT_EDITOR") != Some(":");
        let comment = match self.setting("core.commentString")? {
            Some(comment) => Some(comment),
            None => self.setting("core.commentChar")?,
        };
        let cleanup = self.setting("commit.cleanup")?;
        Ok(MessageCleanup::new(cleanup.as_deref(), comment.as_deref(), has_editor))
    }

    fn setting(&self, key: &str) -> Result<Option<String>, GitError> {
        self.git.answer("config", &["config", "--get", key])
    }
}
