//! What every command works with: the options, the rules they name, and the configuration they give.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::de::{DeserializeOwned, IgnoredAny};
use speckit_core::agents::Stage;
use speckit_core::agents::preflight::{VariableState, check_providers};
use speckit_core::app::AppConfig;
use speckit_core::config::redact::Masks;
use speckit_core::config::resolve::{Checked, Rules};
use speckit_core::config::source::{Environment, Override};
use speckit_core::tree::is_ok;
use speckit_core::{Code, CodeFamily, Diagnostic, Key, Severity, Value};

use crate::args::{Format, Globals};
use crate::terminal::Terminal;
use speckit::app::{ConfigLoader, PREFIX, RESERVED};
use speckit::internal::documents::{FileSource, command_state};
use speckit::internal::{environment, location, look_up};
use speckit::{Builder, Inspection, Sources};

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
        let rules = match &self.globals.schema {
            Some(path) => self.with_schema(path)?.rules(),
            None => self.application()?.rules(),
        };
        rules.map_err(|error| error.diagnostics().to_vec())
    }

    /// Reads the layered configuration once.
    ///
    /// # Errors
    /// What is wrong with the rules themselves, or with the options.
    pub(crate) fn inspection(&self) -> Result<Inspection, Vec<Diagnostic>> {
        let inspection = match &self.globals.schema {
            Some(path) => self.with_schema(path)?.inspect(),
            None => self.application()?.inspect(),
        };
        inspection.map_err(|error| error.diagnostics().to_vec())
    }

    /// Reads the layered configuration; reports what is wrong with the rules themselves.
    pub(crate) fn open(&self) -> Result<Inspection, Outcome> {
        self.inspection().map_err(|findings| self.refuse(&findings))
    }

    /// Reads the layered configuration and reports its findings; `Err` where it is refused.
    pub(crate) fn open_valid(&self) -> Result<(Inspection, Checked), Outcome> {
        let opened = self.open()?;
        let masks = opened.masks();
        self.terminal.report(opened.findings(), &masks);
        match opened.outcome() {
            Ok(checked) => {
                let checked = checked.clone();
                Ok((opened, checked))
            }
            Err(refused) => {
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

    /// A builder of the application's own configuration, from the layers that the options name.
    pub(crate) fn application(&self) -> Result<Builder<AppConfig>, Vec<Diagnostic>> {
        let loader = ConfigLoader::of(self.sources()?, self.globals.strict);
        Ok(loader.builder().env_prefix(self.prefix()))
    }

    /// A builder of a configuration of another schema, from the layers that the options name.
    pub(crate) fn with_schema(&self, path: &Path) -> Result<Builder<IgnoredAny>, Vec<Diagnostic>> {
        let builder =
            Builder::default().schema_file(path, self.globals.schema_map.clone()).sources(self.sources()?);
        let builder = builder.env_prefix(self.prefix()).env_reserved(RESERVED.iter().copied());
        Ok(builder.strict(self.globals.strict))
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
        let inspection = self.inspection();
        let is_whole = inspection.as_ref().is_ok_and(|inspection| is_ok(inspection.findings()));
        let inspection = inspection.ok().filter(|_| self.is_application());
        let layers = inspection.map(|inspection| inspection.layers().to_vec()).unwrap_or_default();
        let path = location::database(&|key: &Key| look_up(&layers, key))?;
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
        Some(location::expanded(&named.to_string_lossy()).unwrap_or(named))
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

/// The API keys and the commands that the gates of these stages need and the machine lacks, as warnings.
pub(crate) fn lacking(environment: &Environment, root: &Value, stages: &[Stage]) -> Vec<Diagnostic> {
    let variable = |name: &str| match environment.text(name) {
        None => VariableState::Unset,
        Some("") => VariableState::Empty,
        Some(_) => VariableState::Set,
    };
    let command = |command: &str| command_state(command, environment.text("PATH"));
    check_providers(root, stages, &variable, &command)
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
