//! Checks files against the rules of a policy: those of a folder, those that git has staged or pushes, and git hooks.
//!
//! The rules are values of the core ([`Policy`]); this module reads the files.
//!
//! ```no_run
//! use std::path::Path;
//! use speckit::policy::{Policy, PolicyConfig, check_tree};
//!
//! let config: PolicyConfig = serde_json::from_str(
//!     r#"{"rules": {"no_print": {"pattern": "println!", "message": "use the log"}}}"#,
//! )?;
//! let policy = Policy::compile(&config).expect("the rules are valid");
//! let checks = check_tree(&policy, Path::new("."), &[]).expect("the folder exists");
//! let report = policy.conclude(checks, &Default::default());
//! println!("{} new findings", report.findings.len());
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! What the next commit changes:
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

mod commands;
mod git;
mod hooks;
mod tree;
#[cfg(feature = "watch")]
mod watcher;

pub use commands::run_commands;
pub use git::{Content, Contents, GitRepository};
pub use hooks::{GitHooks, InstalledHook};
pub use speckit_core::policy::git::{ChangedFile, Changes, GitError, LOCAL_VARIABLES, MessageCleanup};
pub use speckit_core::policy::hooks::{
    HookError, HookName, HookState, HookStatus, HooksFolder, InstallPlan, UninstallPlan,
};
pub use speckit_core::policy::{Policy, PolicyConfig};
pub use tree::{CheckedTree, MAX_FILE_BYTES, PathError, check_tree, path_in_tree};
#[cfg(feature = "watch")]
pub use watcher::TreeWatcher;
