//! The rules of the configuration, ready to check.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use speckit_core::config::resolve::Checked;
use speckit_core::policy::findings::{
    Baseline, CheckOptions, CheckedFiles, FileCheck, PolicyReport, SkipReason,
};
use speckit_core::policy::rules::{RuleError, has_own_rules};
use speckit_core::policy::{CheckEvent, Enforcement, Policy, PolicyConfig};
use speckit_core::{Code, Diagnostic, Key, LayerKind};

use crate::context::{Context, Exit, Need, Untrusted, visible_path};
use speckit::agents::secret_variables;
use speckit::internal::documents::{Disk, absolute, exists, read_source};
use speckit::policy::{
    Changes, CheckedTree, Content, GitError, GitRepository, MAX_FILE_BYTES, check_tree, run_commands,
};

/// The policy of the configuration, and what the options add to it.
pub(super) struct Checker<'a> {
    context: &'a Context,
    pub(super) config: PolicyConfig,
    policy: Policy,
    /// The accepted findings, if there is a file with them.
    baseline: Option<Baseline>,
    has_own_rules: bool,
    /// The variables that commands do not inherit.
    secret_variables: BTreeSet<String>,
    /// Why no command may run.
    untrusted: Option<Untrusted>,
}

/// What a check looks at.
pub(super) enum Scope {
    /// All files below the current folder.
    Tree,
    /// These files and folders.
    Paths(Vec<PathBuf>),
    /// The changes of commits.
    Changes(CheckEvent),
}

impl<'a> Checker<'a> {
    /// Reads the configuration. An invalid one is reported, and ends the check.
    pub(super) fn open(context: &'a Context) -> Result<Self, Exit> {
        let (opened, checked) = context.open_valid().map_err(|_| Exit::Incomplete)?;
        let config = context.typed(&opened, checked.clone()).map_err(|_| Exit::Incomplete)?.policy;
        let untrusted = context.untrusted(&opened, Need::COMMANDS);
        Ok(Self { untrusted, ..Self::of(context, &config, &checked)? })
    }

    /// The rules of a valid configuration, whose patterns are checked.
    pub(super) fn of(context: &'a Context, config: &PolicyConfig, checked: &Checked) -> Result<Self, Exit> {
        let root = checked.merged().root();
        let refused = |errors: Vec<RuleError>| {
            context.refuse(&errors.iter().map(RuleError::diagnostic).collect::<Vec<_>>())
        };
        let policy = Policy::compile_unchecked(config).map_err(refused)?.with_places(root);
        let has_own_rules = has_own_rules(root);
        let (config, secret_variables) = (config.clone(), secret_variables(checked));
        Ok(Self { context, config, policy, baseline: None, has_own_rules, secret_variables, untrusted: None })
    }

    /// Says that no configuration sets a rule, if so.
    pub(super) fn note_missing_rules(&self) {
        if !self.has_own_rules {
            self.context.terminal.note(&no_rules(Path::new(".")));
        }
    }

    pub(super) fn is_off(&self) -> bool {
        self.config.enforce == Enforcement::Off
    }

    /// With only some rules, if any are named.
    pub(super) fn with_rules(mut self, names: &[String], no_exclude: bool) -> Result<Self, Exit> {
        if !names.is_empty() {
            self.policy = self.policy.only(names).map_err(|unknown| {
                let error = Diagnostic::error(Code::PolicyUnknown, Key::root(), unknown.to_string());
                let help = match unknown.nearest {
                    Some(nearest) => format!("did you mean `{nearest}`?"),
                    None => "`speckit show policy.rules` lists the rules".into(),
                };
                self.context.refuse(&[error.help(help)])
            })?;
        }
        if no_exclude {
            self.policy = self.policy.without_excludes();
        }
        Ok(self)
    }

    /// With the accepted findings of a file: that of the options, which must exist, else that of the settings, which may not.
    pub(super) fn with_baseline(mut self, named: Option<&Path>) -> Result<Self, Exit> {
        let path = named.map_or_else(|| PathBuf::from(&self.config.baseline), Path::to_path_buf);
        if named.is_none() && !exists(&path) {
            return Ok(self);
        }
        let source = read_source(&Disk, LayerKind::File, &path)
            .map_err(|unread| self.context.refuse(&[unread.diagnostic(&path)]))?;
        let baseline = Baseline::parse(source.text()).map_err(|error| {
            let error = Diagnostic::error(
                Code::PolicyBaseline,
                Key::root(),
                format!("`{}`: {error}", path.display()),
            );
            self.context.refuse(&[error.help("`speckit policy baseline` writes it anew")])
        })?;
        self.baseline = Some(baseline);
        Ok(self)
    }

    /// Whether findings are compared with accepted ones.
    pub(super) fn has_baseline(&self) -> bool {
        self.baseline.is_some()
    }

    /// Checks the files of the disk.
    pub(super) fn check_files(&self, scope: Scope) -> Result<PolicyReport, Exit> {
        let paths = match &scope {
            Scope::Paths(paths) => paths.as_slice(),
            _ => &[],
        };
        let checks = check_tree(&self.policy, Path::new("."), paths).map_err(|errors| {
            let error = |error: &speckit::policy::PathError| {
                Diagnostic::error(Code::PolicyPath, Key::root(), error.to_string())
            };
            self.context.refuse(&errors.iter().map(error).collect::<Vec<_>>())
        })?;
        self.conclude(checks, &scope)
    }

    /// Checks the files of the disk that changed since the last check. No command runs.
    pub(super) fn recheck(&self, tree: &mut CheckedTree, paths: &[PathBuf]) -> PolicyReport {
        tree.check(&self.policy, Path::new("."), paths);
        self.policy.conclude(
            tree.checks().filter(|check| check.path() != self.config.baseline).cloned(),
            &self.options(if paths.is_empty() { CheckedFiles::Tree } else { CheckedFiles::Named }),
        )
    }

    /// Checks the changes of commits.
    pub(super) fn check_changes(
        &self,
        repository: &GitRepository,
        changes: &Changes,
        event: CheckEvent,
    ) -> Result<PolicyReport, Exit> {
        let mut wanted = changes.clone();
        wanted.files.retain(|file| self.policy.looks_at(&file.path));
        let contents =
            repository.contents(&wanted, MAX_FILE_BYTES).map_err(|error| self.refuse_git(&error))?;
        let unconcerned = changes.files.iter().filter(|file| !self.policy.looks_at(&file.path));
        let mut checks: Vec<FileCheck> = unconcerned.map(|file| FileCheck::unconcerned(&file.path)).collect();
        for content in contents {
            let (file, content) = content.map_err(|error| self.refuse_git(&error))?;
            checks.push(match content {
                Content::Bytes(bytes) => self.policy.check_file(&file.path, &bytes),
                Content::LfsPointer => FileCheck::skipped(&file.path, SkipReason::Binary),
                Content::TooLarge { .. } => FileCheck::skipped(&file.path, SkipReason::TooLarge),
                _ => FileCheck::skipped(&file.path, SkipReason::Unreadable),
            });
        }
        self.conclude(checks, &Scope::Changes(event))
    }

    /// Checks the message of a commit, without what git removes from it.
    pub(super) fn check_message(&self, file: &str, text: &str) -> PolicyReport {
        self.policy.conclude([self.policy.check_message(file, text)], &self.options(CheckedFiles::Message))
    }

    fn options(&self, files: CheckedFiles) -> CheckOptions {
        let baseline = self.baseline.clone().unwrap_or_default();
        let gone = baseline.paths().filter(|path| !exists(Path::new(path)));
        let gone: BTreeSet<String> = gone.map(String::from).collect();
        CheckOptions::default().files(files).strict(self.context.globals.strict).baseline(baseline).gone(gone)
    }

    /// Concludes, and runs the commands of the event.
    fn conclude(&self, checks: Vec<FileCheck>, scope: &Scope) -> Result<PolicyReport, Exit> {
        let (event, files) = match scope {
            Scope::Changes(event) => (*event, CheckedFiles::Changed),
            Scope::Tree => (CheckEvent::Check, CheckedFiles::Tree),
            Scope::Paths(_) => (CheckEvent::Check, CheckedFiles::Named),
        };
        let options = self.options(files);
        let mut checks = checks;
        checks.retain(|check| check.path() != self.config.baseline);
        let paths: Vec<String> = checks.iter().map(|check| check.path().to_owned()).collect();
        let report = self.policy.conclude(checks, &options);
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        let commands: Vec<_> = self.config.commands_for(event, &paths).collect();
        if commands.is_empty() {
            return Ok(report);
        }
        if let Some(untrusted) = &self.untrusted {
            return Err(self.context.refuse_untrusted(untrusted));
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime =
            runtime.map_err(|error| self.context.fail(format!("commands cannot be run: {error}")))?;
        let outcomes = runtime.block_on(run_commands(commands, &self.secret_variables));
        Ok(report.with_commands(&self.policy, outcomes))
    }

    pub(super) fn refuse_git(&self, error: &GitError) -> Exit {
        self.context.refuse(&[error.diagnostic()])
    }
}

/// The note that no configuration sets a rule, with the file of a folder above that may do so.
fn no_rules(folder: &Path) -> String {
    let folder = absolute(folder).unwrap_or_default();
    let above =
        folder.ancestors().skip(1).map(|folder| folder.join("speckit.toml")).find(|file| exists(file));
    let hint =
        above.map(|file| format!("; `{}` is not read here: check from its folder", visible_path(&file)));
    format!(
        "note: no configuration sets a rule, so that only the shipped rules are checked{}\n",
        hint.unwrap_or_default()
    )
}
