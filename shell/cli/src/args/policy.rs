//! The options of `policy`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use speckit::policy::HookName;

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Check files against the rules of [policy.rules]
    ///
    /// Without PATH, all files below the current folder are checked, except those that .gitignore names. Findings in the baseline do not
    /// count, nor those that a comment suppresses: `speckit:allow RULE reason`.
    ///
    /// Exit: 0 no new error (with --strict: no new finding); 1 a new one, or a command of [policy.commands] failed; 2 the check could not be done.
    Check(PolicyCheckArgs),
    /// Accept the findings of today: write them to a file that later checks read
    Baseline {
        /// The file, which is overwritten [default: policy.baseline]
        file: Option<PathBuf>,
    },
    /// Write the findings as a page for people
    Dashboard(PolicyDashboardArgs),
    /// Check in git hooks what is committed and pushed
    Hooks {
        #[command(subcommand)]
        command: HooksCommand,
    },
}

#[derive(Args, Clone, Debug, Default)]
pub(crate) struct PolicyCheckArgs {
    /// Files or folders to check [default: the current folder]
    pub(crate) paths: Vec<PathBuf>,
    /// Check what git has staged: the files as the next commit will have them
    #[arg(long, conflicts_with_all = ["paths", "range"])]
    pub(crate) staged: bool,
    /// Check the files that a range of commits changes, as the last commit has them
    #[arg(long, value_name = "A..B", conflicts_with = "paths")]
    pub(crate) range: Option<String>,
    /// Check only this rule; repeatable
    #[arg(long, value_name = "ID")]
    pub(crate) rule: Vec<String>,
    /// The file with accepted findings [default: policy.baseline]
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Check files that the rules exclude too
    #[arg(long)]
    pub(crate) no_exclude: bool,
    /// Write the report to a file; the standard output then has a summary
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Check again whenever a file or a rule changes
    #[arg(long, conflicts_with_all = ["staged", "range", "output"])]
    pub(crate) watch: bool,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct PolicyDashboardArgs {
    /// Write one self-contained HTML page
    #[arg(long, value_name = "FILE", conflicts_with = "markdown", required_unless_present = "markdown")]
    pub(crate) html: Option<PathBuf>,
    /// Write Markdown
    #[arg(long, value_name = "FILE")]
    pub(crate) markdown: Option<PathBuf>,
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
