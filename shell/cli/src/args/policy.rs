//! The options of `policy`.

use std::ffi::OsString;

use clap::Subcommand;
use speckit::policy::HookName;

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Check in git hooks what is committed and pushed
    Hooks {
        #[command(subcommand)]
        command: HooksCommand,
    },
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum HooksCommand {
    /// Install the hooks; one that is there already is kept as NAME.before-speckit, and runs first
    ///
    /// pre-commit checks the staged files, commit-msg the message, and pre-push the files of the pushed commits.
    ///
    /// Exit: 0 installed; 2 nothing was changed, since git looks for hooks outside of this repository, or a hook would be lost.
    Install {
        /// pre-commit, commit-msg or pre-push [default: all three]
        #[arg(value_name = "NAME")]
        names: Vec<HookName>,
    },
    /// Ask git whether it runs the hooks
    ///
    /// Exit: 0 it runs each; 1 one does not run; 2 git could not be asked.
    Status {
        /// pre-commit, commit-msg or pre-push [default: all three]
        #[arg(value_name = "NAME")]
        names: Vec<HookName>,
    },
    /// Remove the hooks, and restore those that were there before
    ///
    /// Exit: 0 removed; 2 a hook is not from speckit, or was edited, and is still there.
    Uninstall {
        /// pre-commit, commit-msg or pre-push [default: all three]
        #[arg(value_name = "NAME")]
        names: Vec<HookName>,
    },
    /// Do the work of a hook; the installed scripts call it
    #[command(hide = true)]
    Run {
        /// pre-commit, commit-msg or pre-push
        name: HookName,
        /// What git gives the hook, after `--`
        #[arg(last = true)]
        arguments: Vec<OsString>,
    },
}
