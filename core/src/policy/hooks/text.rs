//! The status of hooks as text.

use alloc::format;
use alloc::string::String;

use super::folder::{FolderPlace, HooksFolder};
use super::status::{HookState, HookStatus};
use crate::text::visible;

/// The folder of the hooks and a line for each hook, with what to do where it does not run.
pub fn status_text(folder: &HooksFolder, hooks: &[HookStatus]) -> String {
    let decided =
        folder.setting.as_ref().map_or_else(|| "the default of git".into(), |setting| setting.describe());
    let mut text = format!("hooks are in `{}` ({decided})\n", visible(&folder.path));
    for hook in hooks {
        text += &match hook.reason() {
            None => format!(
                "{:<10}  runs{}\n",
                hook.name,
                if hook.has_former { ", after the hook from before" } else { "" }
            ),
            Some(reason) => format!("{:<10}  does not run: {reason}\n", hook.name),
        };
    }
    let can_install = folder.place == FolderPlace::OwnGitFolder;
    if let Some(help) = hooks.iter().find_map(|hook| hook.help(can_install)) {
        text += &format!("help: {help}\n");
    } else if hooks.iter().any(|hook| !hook.runs()) {
        text += &format!("help: use the folder of this repository with `{}`\n", folder.way_back());
    }
    text
}

impl HookStatus {
    /// Why git does not run it; `None` if it does.
    pub fn reason(&self) -> Option<String> {
        let program = || visible(self.program.as_deref().unwrap_or_default());
        match &self.state {
            HookState::Runs => None,
            HookState::Absent => Some("it is not installed".into()),
            HookState::NotOurs => Some("another hook is in its place".into()),
            HookState::NotExecutable => Some("the file is not executable, and git ignores it".into()),
            HookState::NoProgram => Some(format!("`{}` is missing, and PATH has no speckit", program())),
            HookState::NotRun { reason } => Some(visible(reason)),
        }
    }

    fn help(&self, can_install: bool) -> Option<String> {
        let install = || can_install.then(|| "`speckit policy hooks install` installs it".into());
        match &self.state {
            HookState::Runs => None,
            HookState::Absent | HookState::NotOurs => install(),
            HookState::NotExecutable | HookState::NoProgram => {
                Some("`speckit policy hooks install` writes it anew".into())
            }
            HookState::NotRun { .. } => Some(format!("run `git hook run {}` to see why", self.name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::folder::HooksPathSetting;
    use super::super::name::HookName;
    use super::*;

    #[test]
    fn each_hook_has_a_line_and_the_first_that_does_not_run_a_way_out() {
        let hook = |name, state, has_former| HookStatus {
            name,
            path: "/r".into(),
            state,
            program: None,
            has_former,
        };
        let mut folder = HooksFolder {
            path: "/r/.git/hooks".into(),
            git_folder: "/r/.git".into(),
            place: FolderPlace::OwnGitFolder,
            setting: None,
        };
        let hooks = [
            hook(HookName::PreCommit, HookState::Runs, true),
            hook(HookName::CommitMsg, HookState::Runs, false),
            hook(HookName::PrePush, HookState::Absent, false),
        ];
        assert_eq!(
            status_text(&folder, &hooks),
            "hooks are in `/r/.git/hooks` (the default of git)\n\
             pre-commit  runs, after the hook from before\n\
             commit-msg  runs\n\
             pre-push    does not run: it is not installed\n\
             help: `speckit policy hooks install` installs it\n"
        );
        folder.place = FolderPlace::Elsewhere;
        folder.path = "/h".into();
        let (scope, origin) = ("global".into(), "file:/home/ada/.gitconfig".into());
        folder.setting = Some(HooksPathSetting { scope, origin, value: "/h".into() });
        assert_eq!(
            status_text(&folder, &hooks[2..]),
            "hooks are in `/h` (`core.hooksPath` is `/h` in the scope global (file:/home/ada/.gitconfig))\n\
             pre-push    does not run: it is not installed\n\
             help: use the folder of this repository with `git config --local core.hooksPath /r/.git/hooks`\n"
        );
    }
}
