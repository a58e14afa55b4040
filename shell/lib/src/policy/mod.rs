//! The files that git has staged or pushes, and git hooks.
//!
//! ```no_run
//! use speckit::policy::{Content, GitRepository};
//!
//! let repository = GitRepository::discover(".".as_ref())?;
//! let staged = repository.staged()?;
//! for content in repository.contents(&staged, 1 << 20)? {
//!     if let (file, Content::Bytes(bytes)) = content? {
//!         println!("{}: {} bytes will be committed", file.path, bytes.len());
//!     }
//! }
//! # Ok::<(), speckit::policy::GitError>(())
//! ```

mod git;
mod hooks;

pub use git::{Content, Contents, GitRepository};
pub use hooks::GitHooks;
pub use speckit_core::policy::git::{ChangedFile, Changes, GitError, LOCAL_VARIABLES, MessageCleanup};
pub use speckit_core::policy::hooks::{
    HookError, HookName, HookState, HookStatus, HooksFolder, InstallPlan, UninstallPlan,
};
