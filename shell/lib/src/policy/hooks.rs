//! The git hooks of a repository.

use std::io;
use std::path::{Path, PathBuf};

use speckit_core::Diagnostic;
use speckit_core::config::source::ReplacedFile;
use speckit_core::policy::hooks::{
    FolderPlace, FoundHook, HookError, HookFacts, HookName, HookScript, HookState, HookStatus, HooksFolder,
    InstallPlan, UninstallPlan, check_folder, hook_script, plan_install, plan_uninstall, read_probe,
};

use super::git::GitRepository;
use crate::os::documents::{self, PathContent};

/// The folder in which git looks for the hooks of a repository.
#[derive(Debug)]
pub struct GitHooks<'r> {
    repository: &'r GitRepository,
    path: PathBuf,
    folder: HooksFolder,
}

/// The files of a hook, with the bytes of what is there.
struct HookFiles {
    facts: HookFacts,
    bytes: Option<Vec<u8>>,
    path: PathBuf,
    former: PathBuf,
}

/// What was done to install a hook.
#[derive(Debug)]
pub struct InstalledHook {
    /// What was done.
    pub plan: InstallPlan,
    /// What the new file lacks of the one that it replaced, such as its owner.
    pub warnings: Vec<Diagnostic>,
}

impl<'r> GitHooks<'r> {
    /// Asks git where the hooks are, and who decides it.
    ///
    /// # Errors
    /// git fails.
    pub fn of(repository: &'r GitRepository) -> Result<Self, HookError> {
        let (path, git_folder) = (repository.hooks_folder()?, repository.common_folder()?);
        // git resolves the links of both.
        let place = if path.starts_with(&git_folder) {
            FolderPlace::OwnGitFolder
        } else if repository.tracks_files_of(&path) {
            FolderPlace::Tracked
        } else {
            FolderPlace::Elsewhere
        };
        let folder = HooksFolder {
            path: path.display().to_string(),
            git_folder: git_folder.display().to_string(),
            place,
            setting: repository.hooks_path_setting()?,
        };
        Ok(Self { repository, path, folder })
    }

    /// The folder, and the setting that decides it.
    pub fn folder(&self) -> &HooksFolder {
        &self.folder
    }

    /// Installs hooks that call the program with this absolute path, and gives what was done. A hook that is there already is kept as
    /// `NAME.before-speckit`, and runs first. If one cannot be installed, none is.
    ///
    /// # Errors
    /// The folder is not that of this repository, something would be lost, or a file cannot be written.
    pub fn install(&self, names: &[HookName], program: &Path) -> Result<Vec<InstalledHook>, HookError> {
        check_folder(&self.folder)?;
        let planned = names.iter().map(|name| {
            let files = self.files(*name)?;
            let script = hook_script(*name, program.as_os_str().as_encoded_bytes());
            let plan = plan_install(&files.facts, files.bytes.as_ref() == Some(&script))?;
            Ok((files, script, plan))
        });
        let planned = planned.collect::<Result<Vec<_>, HookError>>()?;
        let performed = planned.into_iter().map(|(files, script, plan)| {
            let replaced = files.install(&script, plan).map_err(|error| files.failed(&error))?;
            Ok(InstalledHook { plan, warnings: replaced.warnings(&files.facts.path) })
        });
        performed.collect()
    }

    /// Removes a hook of speckit, gives the one that was there before its name back, and returns which of both was done.
    ///
    /// # Errors
    /// The folder is not that of this repository, the file is not from speckit or was edited, or it cannot be removed.
    pub fn uninstall(&self, name: HookName) -> Result<UninstallPlan, HookError> {
        check_folder(&self.folder)?;
        let files = self.files(name)?;
        let plan = plan_uninstall(&files.facts)?;
        let done = match plan {
            UninstallPlan::Nothing => Ok(()),
            UninstallPlan::Remove => documents::remove(&files.path),
            UninstallPlan::Restore => documents::rename(&files.former, &files.path),
        };
        done.map(|()| plan).map_err(|error| files.failed(&error))
    }

    /// Whether git runs a hook of speckit. git is asked to run it, and the script only reports that.
    ///
    /// # Errors
    /// The file of the hook cannot be read.
    pub fn status(&self, name: HookName) -> Result<HookStatus, HookError> {
        let HookFiles { facts, path, .. } = self.files(name)?;
        let state = HookState::without_probe(&facts).unwrap_or_else(|| {
            let output = self.repository.probe_hook(name, &path);
            let last_line = output.lines().map(str::trim).rfind(|line| !line.is_empty());
            HookState::of_probe(read_probe(name, &output), last_line.unwrap_or_default())
        });
        Ok(HookStatus::new(facts, state))
    }

    fn files(&self, name: HookName) -> Result<HookFiles, HookError> {
        let (path, former) = (self.path.join(name.as_str()), self.path.join(name.former()));
        let shown = path.display().to_string();
        let content = documents::content_of(&path)
            .map_err(|error| HookError::File { path: shown.clone(), reason: error.to_string() })?;
        let (found, bytes, is_executable) = match content {
            PathContent::Absent => (FoundHook::Absent, None, false),
            PathContent::Folder => (FoundHook::Folder, None, false),
            PathContent::Other => (FoundHook::Other, None, true),
            PathContent::File { bytes, is_executable } => {
                let found = HookScript::read(&bytes).map_or(FoundHook::Other, FoundHook::Ours);
                (found, Some(bytes), is_executable)
            }
        };
        let has_former = documents::exists(&former);
        let facts = HookFacts { name, path: shown, found, is_executable, has_former };
        Ok(HookFiles { facts, bytes, path, former })
    }
}

impl HookFiles {
    fn install(&self, script: &[u8], plan: InstallPlan) -> io::Result<ReplacedFile> {
        match plan {
            InstallPlan::Nothing => Ok(ReplacedFile::default()),
            InstallPlan::Write => documents::write_executable(&self.path, script),
            InstallPlan::KeepAndWrite => {
                documents::rename(&self.path, &self.former)?;
                documents::write_executable(&self.path, script).inspect_err(|_| {
                    // The error that matters is the first one.
                    let _ = documents::rename(&self.former, &self.path);
                })
            }
        }
    }

    fn failed(&self, error: &io::Error) -> HookError {
        HookError::File { path: self.facts.path.clone(), reason: error.to_string() }
    }
}
