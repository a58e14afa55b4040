//! The git hooks of speckit: their script, and when it is installed, removed, or does not run.
//!
//! The shell finds the facts and performs what is decided here.

mod error;
mod folder;
mod name;
mod plan;
mod script;
mod status;
mod text;

pub use error::HookError;
pub use folder::{FolderPlace, HooksFolder, HooksPathSetting, parse_setting};
pub use name::{HookName, UnknownHook};
pub use plan::{
    FoundHook, HookFacts, InstallPlan, UninstallPlan, check_folder, plan_install, plan_uninstall,
};
pub use script::{HookScript, PROBE_VARIABLE, ProbeAnswer, hook_script, read_probe};
pub use status::{HookState, HookStatus};
pub use text::status_text;
