//! The global options, and the rules, configuration and database that they select.

use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use speckit_core::agents::Stage;
use speckit_core::agents::credentials::VariableState;
use speckit_core::agents::preflight::{Requirements, check_providers};
use speckit_core::app::AppConfig;
use speckit_core::config::redact::Masks;
use speckit_core::config::resolve::{Checked, Rules};
use speckit_core::config::source::{
    Environment, EnvironmentNames, Language, Override, ReplacedFile, prefix_of,
};
use speckit_core::store;
use speckit_core::text::visible;
use speckit_core::tree::is_ok;
use speckit_core::{Code, Diagnostic, Key, Value};

use crate::args::{Globals, KeyChange};
use crate::terminal::Terminal;
use speckit::agents::CredentialSource as _;
use speckit::app::{ConfigLoader, PREFIX, RESERVED};
use speckit::commands::steps::valid;
use speckit::internal::documents::{Disk, FileSource, command_state, write_atomically};
use speckit::internal::{PROJECT_FILE, environment, location, look_up, schemas};
use speckit::store::unread_log;
use speckit::{Builder, Inspection, Sources};

mod logins;
mod trust;

pub(crate) use logins::Logins;
pub(crate) use speckit::commands::steps::CommandResult;
pub(crate) use speckit_core::Exit;
pub(crate) use trust::{Need, Untrusted};

/// The global options and the terminal.
pub(crate) struct Context {
    pub(crate) globals: Globals,
    pub(crate) terminal: Terminal,
}

impl Context {
    pub(crate) fn is_json(&self) -> bool {
        self.terminal.is_json()
    }

    /// Whether the built-in schema applies, and with it the rules of the application.
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
    /// What is wrong with the schema or with the options.
    fn inspection(&self) -> Result<Inspection, Vec<Diagnostic>> {
        let inspection = match &self.globals.schema {
            Some(path) => self.with_schema(path)?.inspect_without_type(),
            None => self.application()?.inspect(),
        };
        inspection.map_err(|error| error.diagnostics().to_vec())
    }

    /// Reads the layered configuration; reports what is wrong with the schema or with the options.
    pub(crate) fn open(&self) -> Result<Inspection, Exit> {
        self.inspection().map_err(|diagnostics| self.refuse(&diagnostics))
    }

    /// Reads the layered configuration and reports its diagnostics; `Err` if it is invalid.
    pub(crate) fn open_valid(&self) -> Result<(Inspection, Checked), Exit> {
        let opened = self.open()?;
        let checked = valid(&self.terminal, &opened)?.clone();
        Ok((opened, checked))
    }

    /// The application's settings; `Err`, with a report, if they have another type.
    pub(crate) fn typed(&self, opened: &Inspection, checked: Checked) -> Result<AppConfig, Exit> {
        let resolved = checked.typed::<AppConfig>().map_err(|refused| {
            self.terminal.report(refused.diagnostics(), &opened.masks());
            Exit::of_invalid(refused.diagnostics())
        })?;
        Ok(resolved.config().clone())
    }

    /// See [`Output::refuse`](speckit::internal::output::Output::refuse).
    pub(crate) fn refuse(&self, diagnostics: &[Diagnostic]) -> Exit {
        self.terminal.refuse(diagnostics)
    }

    /// See [`Output::report_refusal`](speckit::internal::output::Output::report_refusal).
    pub(crate) fn report_refusal(&self, diagnostics: &[Diagnostic], masks: &Masks) {
        self.terminal.report_refusal(diagnostics, masks);
    }

    /// Writes a file, and reports what it lacks of the one that it replaces.
    ///
    /// # Errors
    /// An error of the system.
    pub(crate) fn write_file(&self, path: &Path, text: &str) -> io::Result<()> {
        let replaced = write_atomically(path, text)?;
        self.report_replaced(path, &replaced);
        Ok(())
    }

    /// See [`Output::report_replaced`](speckit::internal::output::Output::report_replaced).
    pub(crate) fn report_replaced(&self, path: &Path, replaced: &ReplacedFile) {
        self.terminal.report_replaced(path, replaced);
    }

    /// See [`Output::print`](speckit::internal::output::Output::print).
    pub(crate) fn print(&self, document: &impl Serialize, text: impl Display) {
        self.terminal.print(document, text);
    }

    /// See [`Output::fail`](speckit::internal::output::Output::fail).
    pub(crate) fn fail(&self, message: impl Display) -> Exit {
        self.terminal.fail(message)
    }

    /// Warns of entries that a command cannot read, since they are in a log that it could only read by writing.
    pub(crate) fn warn_of_unread_log(&self, database: &Path) {
        let unread = unread_log(database).map(|log| store::unread_log(&visible_path(&log)));
        self.terminal.report(unread.as_slice(), &Masks::default());
    }

    /// See [`Output::fail_with_help`](speckit::internal::output::Output::fail_with_help).
    pub(crate) fn fail_with_help(&self, message: impl Display, help: impl Display) -> Exit {
        self.terminal.fail_with_help(message, help)
    }

    /// A builder of the application's own configuration, from the layers that the options name.
    pub(crate) fn application(&self) -> Result<Builder<AppConfig>, Vec<Diagnostic>> {
        Ok(ConfigLoader::of(self.sources()?, self.globals.strict, self.prefix()).builder())
    }

    /// A builder of a configuration of another schema, from the layers that the options name.
    pub(crate) fn with_schema(&self, path: &Path) -> Result<Builder<IgnoredAny>, Vec<Diagnostic>> {
        let builder =
            Builder::default().schema_file(path, self.globals.schema_map.clone()).sources(self.sources()?);
        let is_own = prefix_of(self.prefix()).is_ok_and(|prefix| prefix == PREFIX);
        let environment = environment::capture();
        let reserved = RESERVED.iter().filter(|suffix| is_own && !self.is_key(suffix, &environment));
        let builder = builder.env_prefix(self.prefix()).env_reserved(reserved.copied());
        Ok(builder.strict(self.globals.strict))
    }

    /// The builder with its reloads recorded, from the time `began` on: in the database that the options name, else in
    /// that of the application's settings.
    pub(crate) fn recorded<T>(&self, builder: Builder<T>, began: Duration) -> Builder<T>
    where
        T: DeserializeOwned + Send + Sync + 'static,
    {
        let named = self.named_database(&environment::capture());
        // The settings of another schema name no database, so that only the options turn the recording on.
        if named.is_some() || self.is_application() {
            return builder.recorded(named, began);
        }
        builder
    }

    /// The database that the options name, else the settings. The warning says that settings could not be read, and that
    /// they may name another database.
    ///
    /// # Errors
    /// The path begins with `~`, and there is no home folder; or it is of a file that is not trusted. It was reported.
    pub(crate) fn database(&self) -> Result<(PathBuf, Option<Diagnostic>), Exit> {
        if let Some(named) = self.named_database(&environment::capture()) {
            return Ok((named, None));
        }
        let inspection = self.inspection();
        let is_whole = inspection.as_ref().is_ok_and(|inspection| is_ok(inspection.diagnostics()));
        if let Ok(opened) = &inspection {
            self.require_trust(opened, Need::DATABASE)?;
        }
        let path = self.configured_database(inspection.as_ref().ok())?;
        let warning = (!is_whole).then(|| {
            let name = path.display();
            let message = format!(
                "not all of the configuration can be read; it may name another database than `{name}`"
            );
            let help = "run `speckit check` to see what is wrong, or name the database with --database FILE";
            Diagnostic::warning(Code::StoreUnsure, Key::of(["store", "path"]), message).help(help)
        });
        Ok((path, warning))
    }

    /// The database that the options name, else the settings of a configuration that was read, which is valid.
    ///
    /// # Errors
    /// As those of [`Context::database`].
    pub(crate) fn database_of(&self, opened: &Inspection) -> Result<PathBuf, Exit> {
        if let Some(named) = self.named_database(&environment::capture()) {
            return Ok(named);
        }
        self.require_trust(opened, Need::DATABASE)?;
        self.configured_database(Some(opened))
    }

    /// The database of the settings, else that of the application's defaults. The settings of another schema name none.
    fn configured_database(&self, inspection: Option<&Inspection>) -> Result<PathBuf, Exit> {
        let layers = inspection.filter(|_| self.is_application()).map(Inspection::layers).unwrap_or_default();
        location::database(&|key: &Key| look_up(layers, key)).map_err(|diagnostic| self.refuse(&[diagnostic]))
    }

    /// The database that the command line names, else the environment.
    fn named_database(&self, environment: &Environment) -> Option<PathBuf> {
        let named = self.own_variable("DATABASE", environment).map(PathBuf::from);
        // A shell does not expand the `~` of `--database=~/FILE`.
        let named = self.globals.database.clone().or(named)?;
        Some(location::expanded(&named.to_string_lossy()).unwrap_or(named))
    }

    /// The language of every configuration file, if the options say it.
    pub(crate) fn language(&self) -> Option<Language> {
        self.globals.config_format.map(Language::from)
    }

    fn prefix(&self) -> &str {
        self.globals.env_prefix.as_deref().unwrap_or(PREFIX)
    }

    /// The text of a variable of the program itself, such as `SPECKIT_DATABASE`, whatever the prefix of the settings is.
    fn own_variable<'e>(&self, suffix: &str, environment: &'e Environment) -> Option<&'e str> {
        let text = environment.text(&format!("{PREFIX}_{suffix}")).filter(|text| !text.is_empty())?;
        (!self.is_key(suffix, environment)).then_some(text)
    }

    /// Whether such a variable is set and sets a key of the schema of --schema. Then it does not belong to the program.
    fn is_key(&self, suffix: &str, environment: &Environment) -> bool {
        let variable = format!("{PREFIX}_{suffix}");
        let Some(path) = self.globals.schema.as_ref().filter(|_| environment.is_set(&variable)) else {
            return false;
        };
        // A schema that cannot be read is reported where it is used.
        let (Ok(schema), Ok(prefix)) =
            (schemas::compile_file(&Disk, path, &self.globals.schema_map), prefix_of(self.prefix()))
        else {
            return false;
        };
        let names = EnvironmentNames::new(&prefix, &[], Some(&schema), None);
        schema.keys().iter().any(|key| names.variable(key).as_deref() == Some(&variable))
    }

    pub(crate) fn sources(&self) -> Result<Sources, Vec<Diagnostic>> {
        let environment = environment::capture();
        let named = self.own_variable("CONFIG", &environment);
        let language = self.language();
        let required = |path: PathBuf| FileSource { path, required: true, language };
        let files = if !self.globals.config.is_empty() {
            self.globals.config.iter().cloned().map(required).collect()
        } else if let Some(path) = named {
            vec![required(path.into())]
        } else {
            let user = environment::home().map(|home| home.join(".code/config.toml"));
            let paths = user.into_iter().chain([PROJECT_FILE.into()]);
            paths.map(|path| FileSource { path, required: false, language }).collect()
        };
        let changes = self.globals.changes.iter().map(|change| match change {
            KeyChange::Set(text) => Override::assignment(text),
            KeyChange::SetJson(text) => Override::assignment(text).map(Override::into_json),
            KeyChange::Unset(key) => Ok(Override::Unset { key: key.clone() }),
        });
        let (overrides, wrong): (Vec<_>, Vec<_>) = changes.partition(Result::is_ok);
        if !wrong.is_empty() {
            return Err(wrong.into_iter().filter_map(Result::err).collect());
        }
        let mut overrides: Vec<Override> = overrides.into_iter().flatten().collect();
        if let Some(path) = self.named_database(&environment).filter(|_| self.is_application()) {
            overrides.push(Override::Set { key: "store.path".into(), text: path.display().to_string() });
        }
        Ok(Sources { files, environment: Some(environment), overrides, ..Sources::default() })
    }
}

/// A path in a line of text: what a terminal would not show in it, and a line end, is escaped.
pub(crate) fn visible_path(path: &Path) -> String {
    visible(&path.to_string_lossy())
}

/// Warnings about credentials and commands that the gates of these stages need, and this machine does not have.
pub(crate) fn missing_requirements(
    environment: &Environment,
    root: &Value,
    stages: &[Stage],
    logins: &Logins,
) -> Vec<Diagnostic> {
    let requirements = Requirements {
        variable: &|name| VariableState::of(environment.text(name)),
        login: &|name| logins.login_state(name),
        command: &|command| command_state(command, environment.text("PATH")),
    };
    check_providers(root, stages, &requirements)
}
