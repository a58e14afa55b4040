//! What every command works with: the options, the rules they name, and the configuration they give.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::de::{DeserializeOwned, IgnoredAny};
use speckit_core::agents::Stage;
use speckit_core::agents::preflight::{VariableState, check_providers};
use speckit_core::app::AppConfig;
use speckit_core::config::redact::Masks;
use speckit_core::config::resolve::{Checked, Inputs, Refused, Rules};
use speckit_core::config::source::{Environment, Override};
use speckit_core::tree::is_ok;
use speckit_core::{Code, CodeFamily, Diagnostic, Key, Merged, Severity, Value};

use crate::args::{Format, Globals};
use crate::terminal::Terminal;
use speckit::app::{
    ConfigLoader, PREFIX, RESERVED, application_defaults, application_rules, application_schema,
};
use speckit::internal::documents::{Disk, FileSource, command_state};
use speckit::internal::schemas::compile_file;
use speckit::internal::{environment, look_up, place};
use speckit::{Builder, Sources};

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Done, the answer is yes.
    Yes,
    /// The answer is no.
    No,
    /// It could not be done.
    Failed,
}

/// The options with where to write.
pub(crate) struct Context {
    pub(crate) globals: Globals,
    pub(crate) terminal: Terminal,
}

/// A configuration that was asked for: its rules, what it was made of, and what became of it.
pub(crate) struct Opened {
    pub(crate) rules: Rules,
    pub(crate) inputs: Inputs,
    pub(crate) outcome: Result<Checked, Refused>,
}

impl Context {
    pub(crate) fn is_json(&self) -> bool {
        self.globals.format == Some(Format::Json)
    }

    /// Tells whether the built-in schema is in force, and with it the rules of the application.
    pub(crate) fn is_application(&self) -> bool {
        self.globals.schema.is_none()
    }

    /// The rules that the options name.
    ///
    /// # Errors
    /// Every mistake of the schema, or why it cannot be read.
    pub(crate) fn rules(&self) -> Result<Rules, Vec<Diagnostic>> {
        let (rules, defaults) = match &self.globals.schema {
            Some(path) => (Rules::new(Some(compile_file(&Disk, path, &self.globals.schema_map)?)), None),
            None => (application_rules(application_schema()?), Some(application_defaults()?)),
        };
        let rules = rules.with_prefix(self.prefix(), RESERVED).strict(self.globals.strict);
        Ok(rules.over(defaults.as_slice()))
    }

    /// Loads the layered configuration; says on stderr what is wrong with the rules themselves.
    pub(crate) fn open(&self) -> Result<Opened, Outcome> {
        let opened = self.rules().and_then(|rules| {
            let sources = self.sources()?;
            let inputs = sources.gather(&Disk, rules.names(None).as_ref(), environment::capture);
            let outcome = rules.check(rules.read(&inputs));
            Ok(Opened { rules, inputs, outcome })
        });
        opened.map_err(|findings| self.refuse(&findings))
    }

    /// Loads the layered configuration and reports its findings; `Err` where it is refused.
    pub(crate) fn open_valid(&self) -> Result<(Opened, Checked), Outcome> {
        let opened = self.open()?;
        match &opened.outcome {
            Ok(checked) => {
                let masks = opened.masks();
                self.terminal.report(checked.findings(), &masks);
                let checked = checked.clone();
                Ok((opened, checked))
            }
            Err(refused) => {
                let masks = opened.masks();
                self.terminal.report(refused.findings(), &masks);
                if self.is_json() {
                    let findings = masks.scrubbed(refused.findings());
                    self.terminal.json(&serde_json::json!({ "ok": false, "diagnostics": findings }));
                }
                Err(verdict(refused.findings()))
            }
        }
    }

    /// Reports findings that are about no configuration, and gives how the command ends.
    pub(crate) fn refuse(&self, findings: &[Diagnostic]) -> Outcome {
        self.terminal.report(findings, &Masks::of_schemas(findings));
        if self.is_json() {
            self.terminal.json(&serde_json::json!({ "ok": false, "diagnostics": findings }));
        }
        Outcome::Failed
    }

    /// A running configuration of the layers and rules that the options name: the application's own.
    pub(crate) fn application(&self) -> Result<Builder<AppConfig>, Outcome> {
        let sources = self.sources().map_err(|findings| self.refuse(&findings))?;
        let loader = ConfigLoader::of(sources, self.globals.strict);
        Ok(loader.builder().env_prefix(self.prefix()))
    }

    /// The same of a schema that was given.
    pub(crate) fn of_schema(&self, path: &Path) -> Result<Builder<IgnoredAny>, Outcome> {
        let sources = self.sources().map_err(|findings| self.refuse(&findings))?;
        let builder = Builder::default().schema_file(path, self.globals.schema_map.clone()).sources(sources);
        Ok(builder
            .env_prefix(self.prefix())
            .env_reserved(RESERVED.iter().copied())
            .strict(self.globals.strict))
    }

    /// The same builder, which records what becomes of it: in the file that the options name, else, of the application's
    /// own configuration, in that of its settings. `began` is when what is recorded was begun.
    pub(crate) fn recorded<T>(&self, builder: Builder<T>, began: Duration) -> Builder<T>
    where
        T: DeserializeOwned + Send + Sync + 'static,
    {
        let named = self.named_database(&environment::capture());
        // The settings of another schema say nothing of this program: its texts are kept where that is asked for.
        if named.is_some() || self.is_application() {
            return builder.recorded(named, began);
        }
        builder
    }

    /// The database: what the options name, else what the settings say, as far as they can be read. Where not all of them can, it
    /// may be another one than they name, which the warning says.
    ///
    /// # Errors
    /// Where it is below the home folder, and there is none.
    pub(crate) fn database(&self) -> Result<(PathBuf, Option<Diagnostic>), Diagnostic> {
        if let Some(named) = self.named_database(&environment::capture()) {
            return Ok((named, None));
        }
        let layers = self.rules().and_then(|rules| {
            let inputs = self.sources()?.gather(&Disk, rules.names(None).as_ref(), environment::capture);
            Ok(rules.read(&inputs))
        });
        let is_whole = layers.as_ref().is_ok_and(|read| is_ok(read.findings()));
        let layers = layers.ok().filter(|_| self.is_application());
        let layers = layers.map(|read| read.layers().to_vec()).unwrap_or_default();
        let path = place::database(&|key: &Key| look_up(&layers, key))?;
        let warning = (!is_whole).then(|| {
            let name = path.display();
            let message = format!(
                "the configuration cannot be read as a whole, and may name another one than `{name}`"
            );
            let help = "`speckit check` says what is wrong; --database FILE names the database";
            Diagnostic::warning(Code::StoreUnsure, Key::of(["store", "path"]), message).help(help)
        });
        Ok((path, warning))
    }

    /// The database that the command line names, else the environment.
    fn named_database(&self, environment: &Environment) -> Option<PathBuf> {
        let variable = format!("{}_DATABASE", self.prefix());
        let named = environment.text(&variable).filter(|path| !path.is_empty()).map(PathBuf::from);
        // `--database=~/FILE` is no home folder to a shell.
        let named = self.globals.database.clone().or(named)?;
        Some(place::expanded(&named.to_string_lossy()).unwrap_or(named))
    }

    fn prefix(&self) -> String {
        self.globals.env_prefix.clone().unwrap_or_else(|| PREFIX.into())
    }

    pub(crate) fn sources(&self) -> Result<Sources, Vec<Diagnostic>> {
        let environment = environment::capture();
        let named = environment.text(&format!("{}_CONFIG", self.prefix())).filter(|path| !path.is_empty());
        let required = |path: PathBuf| FileSource { path, required: true };
        let files = if !self.globals.config.is_empty() {
            self.globals.config.iter().cloned().map(required).collect()
        } else if let Some(path) = named {
            vec![required(path.into())]
        } else {
            let user = environment::home().map(|home| home.join(".code/config.toml"));
            let paths = user.into_iter().chain(["speckit.toml".into()]);
            paths.map(|path| FileSource { path, required: false }).collect()
        };
        let assignments = self.globals.set.iter().map(|text| Override::assignment(text));
        let (set, wrong): (Vec<_>, Vec<_>) = assignments.partition(Result::is_ok);
        if !wrong.is_empty() {
            return Err(wrong.into_iter().filter_map(Result::err).collect());
        }
        let mut overrides: Vec<Override> = set.into_iter().flatten().collect();
        overrides.extend(self.globals.unset.iter().map(|key| Override::Unset { key: key.clone() }));
        if let Some(path) = self.named_database(&environment).filter(|_| self.is_application()) {
            overrides.push(Override::Set { key: "store.path".into(), text: path.display().to_string() });
        }
        Ok(Sources { files, environment: Some(environment), overrides })
    }
}

impl Opened {
    /// The merged tree, whether it obeys its rules or not.
    pub(crate) fn merged(&self) -> Option<&Merged> {
        match &self.outcome {
            Ok(checked) => Some(checked.merged()),
            Err(refused) => refused.merged(),
        }
    }

    /// Every finding, in the order of reports.
    pub(crate) fn findings(&self) -> &[Diagnostic] {
        match &self.outcome {
            Ok(checked) => checked.findings(),
            Err(refused) => refused.findings(),
        }
    }

    /// The masks of every secret of the configuration.
    pub(crate) fn masks(&self) -> Masks {
        match &self.outcome {
            Ok(checked) => checked.masks(&self.rules),
            Err(refused) => refused.masks(&self.rules),
        }
    }

    /// The API keys and the commands that the gates of these stages need and the machine lacks, as warnings.
    pub(crate) fn lacking(&self, root: &Value, stages: &[Stage]) -> Vec<Diagnostic> {
        let environment = &self.inputs.environment;
        let variable = |name: &str| match environment.text(name) {
            None => VariableState::Unset,
            Some("") => VariableState::Empty,
            Some(_) => VariableState::Set,
        };
        let command = |command: &str| command_state(command, environment.text("PATH"));
        check_providers(root, stages, &variable, &command)
    }

    /// The variable that sets a key.
    pub(crate) fn variable(&self, key: &Key, root: &Value) -> Option<String> {
        self.rules.names(Some(root))?.variable(key)
    }
}

/// No for a configuration that is wrong, failed where a part of it, or of the command line, could not be read.
pub(crate) fn verdict(findings: &[Diagnostic]) -> Outcome {
    let unread = |found: &Diagnostic| {
        let is_file = found.code.family() == CodeFamily::File && found.code != Code::FileEmpty;
        found.severity == Severity::Error
            && (is_file || matches!(found.code, Code::EnvFile | Code::OverrideKey))
    };
    if findings.iter().any(unread) { Outcome::Failed } else { Outcome::No }
}
