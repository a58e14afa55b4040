//! The hooks of a repository, as git sees them.
#![expect(clippy::disallowed_methods, reason = "this module is a door to git")]

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use speckit_core::policy::git::GitError;
use speckit_core::policy::hooks::{HookName, HooksPathSetting, PROBE_VARIABLE, parse_setting};

use super::GitRepository;

impl GitRepository {
    /// The folder in which git looks for hooks.
    pub(in crate::policy) fn hooks_folder(&self) -> Result<PathBuf, GitError> {
        self.path(&["--git-path", "hooks"])
    }

    /// The git folder that all work trees of the repository share.
    pub(in crate::policy) fn common_folder(&self) -> Result<PathBuf, GitError> {
        self.path(&["--git-common-dir"])
    }

    fn path(&self, arguments: &[&str]) -> Result<PathBuf, GitError> {
        let mut output = self.git.run("rev-parse", &[&["--path-format=absolute"], arguments].concat())?;
        output.pop_if(|byte| *byte == b'\n');
        Ok(path_of(output))
    }

    /// Who sets `core.hooksPath`.
    pub(in crate::policy) fn hooks_path_setting(&self) -> Result<Option<HooksPathSetting>, GitError> {
        let arguments = ["config", "--show-scope", "--show-origin", "-z", "--get", "core.hooksPath"];
        Ok(self.git.answer("config", &arguments)?.and_then(|output| parse_setting(&output)))
    }

    /// Whether git tracks a file of a folder of the work tree.
    pub(in crate::policy) fn tracks_files_of(&self, folder: &Path) -> bool {
        let mut command = self.git.command(&["--literal-pathspecs", "ls-files", "-z", "--"]);
        // A folder outside the work tree is an error of git.
        command.arg(folder).output().is_ok_and(|output| output.status.success() && !output.stdout.is_empty())
    }

    /// Asks git to run a hook, which only reports that it runs, and gives what was written to both streams. The hook must be a script
    /// of speckit.
    pub(in crate::policy) fn probe_hook(&self, name: HookName, path: &Path) -> String {
        // Hooks of the configuration (git 2.54) would run too, and do what they do.
        let has_others = self.git.answer("config", &["config", "--get-regexp", "^hook\\."]);
        if matches!(has_others, Ok(None)) {
            let mut command = self.git.command(&["hook", "run", name.as_str()]);
            let output = text_of(command.env(PROBE_VARIABLE, "1").output());
            // git 2.36 is the first with this command.
            if !output.contains("is not a git command") {
                return output;
            }
        }
        let mut script = Command::new(path);
        script.env(PROBE_VARIABLE, "1").stdin(Stdio::null());
        text_of(script.output())
    }
}

fn text_of(output: io::Result<Output>) -> String {
    match output {
        Ok(Output { stdout, stderr, .. }) => {
            String::from_utf8_lossy(&stdout).into_owned() + &String::from_utf8_lossy(&stderr)
        }
        Err(error) => error.to_string(),
    }
}

#[cfg(unix)]
fn path_of(bytes: Vec<u8>) -> PathBuf {
    use std::os::unix::ffi::OsStringExt as _;
    OsString::from_vec(bytes).into()
}

#[cfg(not(unix))]
fn path_of(bytes: Vec<u8>) -> PathBuf {
    OsString::from(String::from_utf8_lossy(&bytes).into_owned()).into()
}
