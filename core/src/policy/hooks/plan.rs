//! What is done with the files of one hook.

use alloc::string::String;

use super::error::HookError;
use super::folder::{FolderPlace, HooksFolder};
use super::name::HookName;
use super::script::HookScript;

/// The files of one hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookFacts {
    /// The hook.
    pub name: HookName,
    /// The path of its file.
    pub path: String,
    /// What is there.
    pub found: FoundHook,
    /// Whether git would run it: it may be executed.
    pub is_executable: bool,
    /// Whether a hook from before is kept beside it.
    pub has_former: bool,
}

/// What is at the path of a hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FoundHook {
    /// Nothing.
    Absent,
    /// A script of speckit.
    Ours(HookScript),
    /// The file of another, or a link.
    Other,
    /// A folder.
    Folder,
}

/// How a hook is installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstallPlan {
    /// It is there as it would be written.
    Nothing,
    /// The script is written.
    Write,
    /// The hook that is there gets its other name, then the script is written.
    KeepAndWrite,
}

/// How a hook is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UninstallPlan {
    /// There is none.
    Nothing,
    /// The script is removed.
    Remove,
    /// The hook from before gets its name back, in the place of the script.
    Restore,
}

/// Whether the hooks in a folder belong to this repository alone.
///
/// # Errors
/// [`HookError::ForeignFolder`]: git tracks the folder, or it is outside the git folder of this repository.
pub fn check_folder(folder: &HooksFolder) -> Result<(), HookError> {
    match folder.place {
        FolderPlace::OwnGitFolder => Ok(()),
        FolderPlace::Tracked | FolderPlace::Elsewhere => {
            Err(HookError::ForeignFolder { folder: folder.clone().into() })
        }
    }
}

/// Decides how to install a hook. `is_current` is whether the file has the very bytes that would be written.
///
/// # Errors
/// There is something that would be lost.
pub fn plan_install(facts: &HookFacts, is_current: bool) -> Result<InstallPlan, HookError> {
    let (name, path) = (facts.name, facts.path.clone());
    match &facts.found {
        FoundHook::Absent => Ok(InstallPlan::Write),
        FoundHook::Ours(script) if script.is_edited => Err(HookError::Edited { name, path }),
        FoundHook::Ours(_) if is_current && facts.is_executable => Ok(InstallPlan::Nothing),
        FoundHook::Ours(_) => Ok(InstallPlan::Write),
        FoundHook::Other if facts.has_former => Err(HookError::TwoFormer { name, path }),
        FoundHook::Other => Ok(InstallPlan::KeepAndWrite),
        FoundHook::Folder => Err(HookError::IsFolder { path }),
    }
}

/// Decides how to remove a hook.
///
/// # Errors
/// The file is not from speckit, or was edited.
pub fn plan_uninstall(facts: &HookFacts) -> Result<UninstallPlan, HookError> {
    let (name, path) = (facts.name, facts.path.clone());
    match &facts.found {
        FoundHook::Ours(script) if script.is_edited => Err(HookError::Edited { name, path }),
        FoundHook::Absent | FoundHook::Ours(_) if facts.has_former => Ok(UninstallPlan::Restore),
        FoundHook::Ours(_) => Ok(UninstallPlan::Remove),
        FoundHook::Absent => Ok(UninstallPlan::Nothing),
        FoundHook::Other | FoundHook::Folder => {
            Err(HookError::NotOurs { name, path, has_former: facts.has_former })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    fn ours(is_edited: bool) -> FoundHook {
        FoundHook::Ours(HookScript { name: HookName::PreCommit, program: Vec::new(), is_edited })
    }

    fn facts(found: FoundHook, has_former: bool) -> HookFacts {
        let path = "/hooks/pre-commit".into();
        HookFacts { name: HookName::PreCommit, path, found, is_executable: true, has_former }
    }

    #[test]
    fn a_hook_of_another_is_kept_unless_one_is_kept_already() {
        let install = |found, has_former| plan_install(&facts(found, has_former), false);
        assert_eq!(install(FoundHook::Absent, false), Ok(InstallPlan::Write));
        assert_eq!(install(FoundHook::Absent, true), Ok(InstallPlan::Write));
        assert_eq!(install(FoundHook::Other, false), Ok(InstallPlan::KeepAndWrite));
        assert!(matches!(install(FoundHook::Other, true), Err(HookError::TwoFormer { .. })));
        assert!(matches!(install(FoundHook::Folder, false), Err(HookError::IsFolder { .. })));
    }

    #[test]
    fn our_script_is_written_again_only_if_it_is_another_or_may_not_be_executed() {
        let mut ours_there = facts(ours(false), true);
        assert_eq!(plan_install(&ours_there, true), Ok(InstallPlan::Nothing));
        assert_eq!(plan_install(&ours_there, false), Ok(InstallPlan::Write));
        ours_there.is_executable = false;
        assert_eq!(plan_install(&ours_there, true), Ok(InstallPlan::Write));
        assert!(matches!(plan_install(&facts(ours(true), false), false), Err(HookError::Edited { .. })));
    }

    #[test]
    fn only_our_own_script_is_removed_and_the_hook_from_before_returns() {
        let uninstall = |found, has_former| plan_uninstall(&facts(found, has_former));
        assert_eq!(uninstall(ours(false), false), Ok(UninstallPlan::Remove));
        assert_eq!(uninstall(ours(false), true), Ok(UninstallPlan::Restore));
        assert_eq!(uninstall(FoundHook::Absent, true), Ok(UninstallPlan::Restore));
        assert_eq!(uninstall(FoundHook::Absent, false), Ok(UninstallPlan::Nothing));
        assert!(matches!(uninstall(ours(true), true), Err(HookError::Edited { .. })));
        for has_former in [false, true] {
            let refused = uninstall(FoundHook::Other, has_former);
            assert!(
                matches!(refused, Err(HookError::NotOurs { has_former: kept, .. }) if kept == has_former)
            );
        }
    }
}
