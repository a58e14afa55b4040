//! Building a [`Config`]: which layers, which rules.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
#[cfg(feature = "sqlite")]
use speckit_core::config::history::GenerationCause;
#[cfg(feature = "app")]
use speckit_core::config::resolve::Extension;
use speckit_core::config::resolve::Rules;
#[cfg(feature = "schema")]
use speckit_core::config::schema::{Schema, SchemaMap};
use speckit_core::config::source::{Environment, Language, Override, parse, prefix_of};
use speckit_core::config::{HotReloadConfig, WatchMode};
#[cfg(feature = "sqlite")]
use speckit_core::store::StoreConfig;
use speckit_core::tree::in_report_order;
use speckit_core::tree::typed::to_value;
use speckit_core::{Code, Diagnostic, Key, Layer, LayerKind, Origin, Source};

use crate::config::engine::{Fallback, HotReloadFn, Start};
use crate::config::error::ConfigError;
use crate::config::handle::Config;
#[cfg(feature = "sqlite")]
use crate::config::history::SqliteJournal;
#[cfg(feature = "sqlite")]
use crate::config::history::options::{JournalOpener, RecordOptions, RetentionFn};
use crate::config::loading::{Check, Inspection, LayerCheck, Loader, RuleOptions, SchemaSource};
#[cfg(feature = "schema")]
use crate::config::schemas::{Compile, compile_text};
use crate::config::sources::Sources;
use crate::config::violations::Violations;
use crate::os::documents::FileSource;
use crate::os::world::{Host, World};

/// Collects the layers and the rules of a configuration; [`Builder::open`] loads it.
///
/// Layers in order of priority, lowest first: defaults, files in the order given, environment, overrides.
pub struct Builder<T> {
    /// Mistakes in the defaults and the schema, which [`Builder::open`] reports.
    mistakes: Vec<Diagnostic>,
    pub(crate) options: RuleOptions,
    pub(crate) sources: Sources,
    pub(crate) schema: SchemaSource,
    checks: Vec<Check<T>>,
    watching: HotReloadConfig,
    hot_reload_of: Option<HotReloadFn<T>>,
    extra_paths: Vec<PathBuf>,
    fallback: Option<Fallback>,
    layer_check: Option<LayerCheck>,
    /// How much of the history is kept.
    #[cfg(feature = "sqlite")]
    retention_of: Option<RetentionFn<T>>,
    #[cfg(feature = "sqlite")]
    history: Option<JournalOpener>,
    #[cfg(feature = "sqlite")]
    cause: GenerationCause,
    world: Option<Arc<dyn World>>,
}

impl<T> Default for Builder<T> {
    fn default() -> Self {
        let mut watching = HotReloadConfig::default();
        watching.watch_paths.clear();
        Self {
            mistakes: Vec::new(),
            options: RuleOptions::default(),
            sources: Sources::default(),
            schema: SchemaSource::None,
            checks: Vec::new(),
            watching,
            hot_reload_of: None,
            extra_paths: Vec::new(),
            fallback: None,
            layer_check: None,
            #[cfg(feature = "sqlite")]
            retention_of: None,
            #[cfg(feature = "sqlite")]
            history: None,
            #[cfg(feature = "sqlite")]
            cause: GenerationCause::Opened,
            world: None,
        }
    }
}

impl<T: DeserializeOwned + Send + Sync + 'static> Config<T> {
    /// Collects the layers and the rules of a configuration.
    pub fn builder() -> Builder<T> {
        Builder::default()
    }
}

impl<T: DeserializeOwned + Send + Sync + 'static> Builder<T> {
    /// Takes defaults from a TOML text.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let config = Config::builder().defaults_toml("port = 80").open()?;
    /// assert_eq!(config.current()["port"], 80);
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    #[must_use]
    pub fn defaults_toml(self, text: &str) -> Self {
        self.defaults_text("defaults", text)
    }

    pub(crate) fn defaults_text(mut self, name: &str, text: &str) -> Self {
        match parse(&Source::document(LayerKind::Defaults, name, text), Language::Toml) {
            Ok(layer) => self.options.defaults.push(layer),
            Err(diagnostics) => self.mistakes.extend(diagnostics),
        }
        self
    }

    /// Takes defaults from settings, as serde writes them. Map keys that
    /// are not strings are a mistake, which [`Builder::open`] reports.
    ///
    /// ```
    /// # use speckit::Config;
    /// # type Settings = std::collections::BTreeMap<String, u16>;
    /// let config = Config::<Settings>::builder().defaults(&Settings::from([("port".into(), 80)])).open()?;
    /// assert_eq!(config.current()["port"], 80);
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    #[must_use]
    pub fn defaults(mut self, settings: &T) -> Self
    where
        T: Serialize,
    {
        let source = Source::fragment(LayerKind::Defaults, "defaults", "");
        match to_value(settings, &Origin::whole(&source)) {
            Ok(root) => self.options.defaults.push(Layer::new(root)),
            Err(error) => self.mistakes.push(error.into_diagnostic()),
        }
        self
    }

    /// Validates against a JSON Schema (Draft 4 to 2020-12, Draft 7 without `$schema`), and takes types, defaults and secrets
    /// from it.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let schema = r#"{ "properties": { "port": { "type": "integer", "minimum": 1 } } }"#;
    /// let builder = Config::builder().schema_json(schema);
    /// assert!(builder.set("port", "0").open().is_err());
    /// ```
    #[cfg(feature = "schema")]
    #[must_use]
    pub fn schema_json(self, text: &str) -> Self {
        self.schema_text("schema", text, Schema::compile)
    }

    /// As [`Builder::schema_json`], without the check that the text is a schema, which takes most of the time of a start. A
    /// keyword of a wrong form is ignored, so check the schema in a test:
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// const SCHEMA: &str = r#"{ "properties": { "port": { "type": "integer", "minimum": 1 } } }"#;
    ///
    /// let builder = Config::builder().schema_json_unchecked(SCHEMA);
    /// assert!(builder.set("port", "0").open().is_err());
    /// // In a test:
    /// assert!(Config::builder().schema_json(SCHEMA).open().is_ok());
    /// ```
    #[cfg(feature = "schema")]
    #[must_use]
    pub fn schema_json_unchecked(self, text: &str) -> Self {
        self.schema_text("schema", text, Schema::compile_unchecked)
    }

    #[cfg(feature = "schema")]
    pub(crate) fn schema_text(mut self, name: &str, text: &str, compile: Compile) -> Self {
        match compile_text(name, text, compile) {
            Ok(schema) => self.schema = SchemaSource::Given(Box::new(schema)),
            Err(diagnostics) => self.mistakes.extend(diagnostics),
        }
        self
    }

    /// As [`Builder::schema_json`], with a schema file: TOML if its name ends in `.toml`, else JSON. `maps` says which folder
    /// has the documents of which URLs; nothing is downloaded.
    ///
    /// While [`Config::watch`](crate::Config::watch) runs, a change of the schema file or of a file that it refers to starts a reload. If the new schema is invalid, the reload is
    /// refused.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let builder = Config::builder().schema_file("absent.schema.json", Vec::new());
    /// assert!(builder.open().unwrap_err().to_string().contains("absent.schema.json"));
    /// ```
    #[cfg(feature = "schema")]
    #[must_use]
    pub fn schema_file(mut self, path: impl Into<PathBuf>, maps: Vec<SchemaMap>) -> Self {
        self.schema = SchemaSource::File { path: path.into(), maps };
        self
    }

    /// As [`Builder::schema_json`], with the schema that `schemars` generates for the type.
    ///
    /// ```
    /// # use speckit::Config;
    /// #[derive(serde::Deserialize, schemars::JsonSchema)]
    /// struct Settings {
    ///     port: u16,
    /// }
    /// let builder = Config::<Settings>::builder().schema_of_type();
    /// assert!(builder.set("port", "many").open().is_err());
    /// ```
    #[cfg(feature = "schemars")]
    #[must_use]
    pub fn schema_of_type(self) -> Self
    where
        T: schemars::JsonSchema,
    {
        let schema =
            schemars::generate::SchemaSettings::draft07().into_generator().into_root_schema_for::<T>();
        self.schema_json_unchecked(&schema.to_value().to_string())
    }

    /// Adds a file as a layer, or a folder of TOML files. It may be absent. Its name says whether it is TOML, JSON (`.json`), or JSON with comments and
    /// trailing commas (`.jsonc`, `tsconfig.json`, …); without such a name it is JSON if it begins with `{`. See [`Language::of`].
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let config = Config::builder().file("absent.toml").open()?;
    /// assert!(config.current().is_empty());
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    #[must_use]
    pub fn file(mut self, path: impl Into<PathBuf>) -> Self {
        self.sources.files.push(FileSource { path: path.into(), required: false, language: None });
        self
    }

    /// As [`Builder::file`], in this language whatever its name is.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("ports.rc");
    /// use speckit::Language;
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// std::fs::write(&path, "{ \"port\": 80, /* open */ }")?;
    /// let config = Config::builder().file_as(&path, Language::Jsonc).open()?;
    /// assert_eq!(config.current()["port"], 80);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn file_as(mut self, path: impl Into<PathBuf>, language: Language) -> Self {
        let language = Some(language);
        self.sources.files.push(FileSource { path: path.into(), required: false, language });
        self
    }

    /// Adds a file or a folder that must exist.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let error = Config::builder().required_file("absent.toml").open().unwrap_err();
    /// assert_eq!(error.diagnostics()[0].code, "file/missing");
    /// ```
    #[must_use]
    pub fn required_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.sources.files.push(FileSource { path: path.into(), required: true, language: None });
        self
    }

    /// Adds the variables `PREFIX_…` as a layer: `APP_SERVER__PORT` is `server.port`. `APP`, `APP_` and `app` are the same
    /// prefix; [`Builder::open`] refuses one that no variable can have.
    ///
    /// ```
    /// # use speckit::Environment;
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let environment = Environment::of([("APP_PORT", "80")]);
    /// let builder = Config::builder().defaults_toml("port = 1").env_prefix("APP").environment(environment);
    /// assert_eq!(builder.open()?.current()["port"], 80);
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    #[must_use]
    pub fn env_prefix(mut self, prefix: impl Into<String>) -> Self {
        match prefix_of(&prefix.into()) {
            Ok(prefix) => self.options.prefix = Some(prefix),
            Err(diagnostic) => self.mistakes.push(diagnostic),
        }
        self
    }

    /// Reads this environment instead of that of the process; for tests.
    ///
    /// ```
    /// # use speckit::Environment;
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let builder = Config::builder().env_prefix("APP").environment(Environment::default());
    /// assert!(builder.open()?.current().is_empty());
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    #[must_use]
    pub fn environment(mut self, environment: Environment) -> Self {
        self.sources.environment = Some(environment);
        self
    }

    /// Overrides one key by a text, which becomes a value of the key's type.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let config = Config::builder().defaults_toml("port = 80").set("port", "81").open()?;
    /// assert_eq!(config.current()["port"], 81);
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    #[must_use]
    pub fn set(mut self, key: impl Into<String>, text: impl Into<String>) -> Self {
        self.sources.overrides.push(Override::Set { key: key.into(), text: text.into() });
        self
    }

    /// Overrides one key by a value as JSON, for a key that has several types.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, serde_json::Value>>;
    /// let config = Config::builder().set_json("command", r#"["ls", "-l"]"#).open()?;
    /// assert_eq!(config.current()["command"][1], "-l");
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    #[must_use]
    pub fn set_json(mut self, key: impl Into<String>, json: impl Into<String>) -> Self {
        self.sources.overrides.push(Override::Json { key: key.into(), json: json.into() });
        self
    }

    /// Removes a key that lower layers set.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let config = Config::builder().defaults_toml("port = 80").unset("port").open()?;
    /// assert!(config.current().is_empty());
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    #[must_use]
    pub fn unset(mut self, key: impl Into<String>) -> Self {
        self.sources.overrides.push(Override::Unset { key: key.into() });
        self
    }

    /// Makes every warning an error, except `env/case`: how a free name in capitals is read ([the guide](crate::guide::environment)).
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let config = Config::builder().strict(true).open()?;
    /// assert!(config.snapshot().warnings().is_empty());
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    #[must_use]
    pub fn strict(mut self, strict: bool) -> Self {
        self.options.strict = strict;
        self
    }

    /// Adds a rule that the application defines for its typed settings. All rules run, and every error is reported: a text, or
    /// [`Violations`] with keys, at the places that set these.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let builder = Config::builder().defaults_toml("port = 80");
    /// let builder = builder.validate(|settings| match settings["port"] {
    ///     0..1024 => Err("`port` needs root"),
    ///     _ => Ok(()),
    /// });
    /// assert!(builder.open().unwrap_err().to_string().contains("`port` needs root"));
    /// ```
    #[must_use]
    pub fn validate<E: Into<Violations>>(
        mut self,
        rule: impl Fn(&T) -> Result<(), E> + Send + Sync + 'static,
    ) -> Self {
        self.checks.push(Arc::new(move |settings| rule(settings).map_err(Into::into)));
        self
    }

    /// The debounce period of [`Config::watch`](crate::Config::watch): a reload starts when no change came for this long; 2 s by default. Continuous changes delay it
    /// by at most ten periods.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let config = Config::builder().debounce(std::time::Duration::from_millis(500)).open()?;
    /// config.hint(); // a source may have changed
    /// let wait = config.turn().unwrap(); // until the reload is due
    /// assert!(wait <= std::time::Duration::from_millis(500));
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    #[must_use]
    pub fn debounce(mut self, quiet: Duration) -> Self {
        self.watching.debounce_ms = crate::os::clock::millis(quiet);
        self
    }

    /// How changes are detected; [`WatchMode::Auto`] by default.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let config = Config::builder().watch_mode(speckit::WatchMode::Poll).open()?;
    /// assert_eq!(config.status().watching, speckit::Watching::Off);
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    #[must_use]
    pub fn watch_mode(mut self, mode: WatchMode) -> Self {
        self.watching.mode = mode;
        self
    }

    /// While watching, also reloads when this file, or a direct child of this folder, changes: for example a certificate that a rule
    /// checks.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let config = Config::builder().watch_path("certificate.pem").open()?;
    /// assert_eq!(config.snapshot().generation(), 1);
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    #[must_use]
    pub fn watch_path(mut self, path: impl Into<PathBuf>) -> Self {
        self.extra_paths.push(path.into());
        self
    }

    /// Takes the debounce period, the watch mode and further watched paths from the settings, at each reload. Replaces
    /// [`Builder::debounce`] and [`Builder::watch_mode`].
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let config = Config::builder().hot_reload(|_| speckit::HotReloadConfig::default()).open()?;
    /// assert_eq!(config.snapshot().generation(), 1);
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    #[must_use]
    pub fn hot_reload(mut self, read_from: impl Fn(&T) -> HotReloadConfig + Send + Sync + 'static) -> Self {
        self.hot_reload_of = Some(Arc::new(read_from));
        self
    }

    /// Opens with a fallback instead of [`ConfigError::Refused`]: after a mistake in a file, a variable or an override, or an
    /// error of [`Builder::validate`]. [`ConfigError::Rules`] and a fallback that is refused too still fail. [`Config::status`] has the reason. The first
    /// reload that is accepted replaces the fallback.
    ///
    /// ```
    /// # use speckit::Fallback;
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let builder = Config::builder().required_file("absent.toml").defaults_toml("port = 80");
    /// let config = builder.fallback(Fallback::Defaults).open()?;
    /// assert_eq!(config.current()["port"], 80);
    /// assert!(config.status().refusal.is_some());
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    #[must_use]
    pub fn fallback(mut self, fallback: Fallback) -> Self {
        self.fallback = Some(fallback);
        self
    }

    /// Records the history in this SQLite database: file texts and redacted values of the newest 1000 generations, and
    /// the newest 1000 refusals. A missing database is created, readable by its owner only; it is not encrypted, and the texts may
    /// contain secrets. To record no texts, set [`StoreConfig::history`] with [`Builder::history_settings`].
    ///
    /// Writes happen in the background; only reads of the [`History`](crate::config::history::History) and the drop of the last
    /// [`Config`] wait for them. Before [`std::process::exit`], call
    /// [`History::flush`](crate::config::history::History::flush). A failed write is a warning
    /// (`history/unwritten`); a database that cannot be opened is a warning in [`Config::status`] (`history/unavailable`), and
    /// is not opened again before the program restarts.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// # let folder = tempfile::tempdir()?;
    /// let config = Config::builder().history(folder.path().join("app.db")).open()?;
    /// assert_eq!(config.history().unwrap().generations()?.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "sqlite")]
    #[must_use]
    pub fn history(mut self, path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        self.history =
            Some(Box::new(move |_| Ok(SqliteJournal::new(path, crate::store::SynchronousMode::default()))));
        self
    }

    /// Takes the retention from the settings ([`StoreConfig::history`] and [`StoreConfig::keep_generations`]), again for
    /// each generation and refusal.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// # let folder = tempfile::tempdir()?;
    /// let builder = Config::builder().history(folder.path().join("app.db"));
    /// let config = builder.history_settings(|_| Default::default()).open()?;
    /// assert!(config.history().is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "sqlite")]
    #[must_use]
    pub fn history_settings(mut self, of: impl Fn(&T) -> StoreConfig + Send + Sync + 'static) -> Self {
        self.retention_of = Some(Arc::new(of));
        self
    }

    /// Replaces all files, the environment and the overrides by these. Without an environment, that of the process is read; for
    /// none, give `Environment::default()`.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let config = Config::builder().sources(speckit::Sources::default()).open()?;
    /// assert!(config.current().is_empty());
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    #[must_use]
    pub fn sources(mut self, sources: Sources) -> Self {
        self.sources = sources;
        self
    }

    /// Treats the value at this key, and all below it, as secret: it is redacted wherever the configuration is shown. A field of
    /// type [`Secret`](crate::Secret) needs no such call.
    ///
    /// There are no patterns: for the items of a list or the values of a map, name the list or the map. A key that the settings
    /// cannot have is a mistake, which [`Builder::open`] reports.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, String>>;
    /// let config = Config::builder().defaults_toml("password = 'hunter2'").secret("password").open()?;
    /// assert_eq!(config.snapshot().to_text(), "password = \"[redacted]\"\n");
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    #[must_use]
    pub fn secret(mut self, key: &str) -> Self {
        match key.parse() {
            Ok(key) => self.options.secrets.push(key),
            Err(error) => {
                let message = format!("`{key}` is not a key: {error}");
                self.mistakes.push(Diagnostic::error(Code::RuleKey, Key::root(), message));
            }
        }
        self
    }

    /// Refuses keys that the settings do not read, in files, defaults and overrides; without this call they are warnings.
    ///
    /// ```
    /// #[derive(Debug, serde::Deserialize)]
    /// struct Settings { port: u16 }
    /// let builder = speckit::Config::<Settings>::builder().defaults_toml("port = 80\nprot = 81");
    /// let error = builder.deny_unknown_fields(true).open().unwrap_err();
    /// assert!(error.to_string().contains("did you mean `port`?"));
    /// ```
    #[must_use]
    pub fn deny_unknown_fields(mut self, deny: bool) -> Self {
        self.options.deny_unknown = deny;
        self
    }

    /// Ignores the listed variables, which are no settings: with the prefix `APP`, `.env_reserved(["LOG"])` keeps `APP_LOG` for
    /// the program itself.
    ///
    /// ```
    /// # use speckit::Environment;
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let environment = Environment::of([("APP_LOG", "debug")]);
    /// let builder = Config::builder().env_prefix("APP").environment(environment);
    /// assert!(builder.env_reserved(["LOG"]).open()?.current().is_empty());
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    #[must_use]
    pub fn env_reserved<S: Into<String>>(mut self, suffixes: impl IntoIterator<Item = S>) -> Self {
        self.options.reserved.extend(suffixes.into_iter().map(Into::into));
        self
    }

    /// Adds the application's own rules, created again for each schema.
    #[cfg(feature = "app")]
    pub(crate) fn with_extension(mut self, extension: fn() -> Box<dyn Extension>) -> Self {
        self.options.extension = Some(extension);
        self
    }

    /// Records the history as the program `speckit` does: in the file `named`, or in that of the settings if it is `None`.
    /// `began` is when the command started, since 1970-01-01T00:00:00Z.
    #[cfg(feature = "sqlite")]
    #[doc(hidden)]
    #[must_use]
    pub fn recorded(mut self, named: Option<PathBuf>, began: Duration) -> Self {
        self.history = Some(super::history::location::journal(named, began));
        self
    }

    /// Refuses a configuration, and later a reload, for the reasons that `check` finds in its layers, which are passed lowest first, and
    /// with whether it is a reload.
    #[doc(hidden)]
    #[must_use]
    pub fn check_layers(
        mut self,
        check: impl Fn(&[Layer], bool) -> Vec<Diagnostic> + Send + Sync + 'static,
    ) -> Self {
        self.layer_check = Some(Arc::new(check));
        self
    }

    /// The cause that is recorded for the first generation.
    #[cfg(feature = "sqlite")]
    #[doc(hidden)]
    #[must_use]
    pub fn because(mut self, cause: GenerationCause) -> Self {
        self.cause = cause;
        self
    }

    /// Reads files, the environment and the clock from this [`World`] instead of the machine ([`Host`]); for tests.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let config = Config::builder().world(std::sync::Arc::new(speckit::world::Host::default())).open()?;
    /// assert!(config.current().is_empty());
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    #[must_use]
    pub fn world(mut self, world: Arc<dyn World>) -> Self {
        self.world = Some(world);
        self
    }

    /// Reads everything once and checks all rules except those of [`Builder::validate`]: for commands that show a
    /// configuration, even a refused one. Each file is read once, so it may be a pipe.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let inspection = Config::builder().required_file("absent.toml").inspect()?;
    /// assert!(inspection.outcome().is_err());
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// [`ConfigError::Rules`] with every mistake of the defaults and the schema.
    pub fn inspect(mut self) -> Result<Inspection, ConfigError> {
        let world = self.world.take().unwrap_or_else(|| Arc::new(Host::read_once()));
        Ok(self.loader(&*world)?.inspect(&*world))
    }

    /// The rules alone. Only schema files are read.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let rules = Config::builder().env_prefix("APP").rules()?;
    /// assert!(rules.keys().variable_names(None).is_some());
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// As those of [`Builder::inspect`].
    pub fn rules(mut self) -> Result<Rules, ConfigError> {
        let world = self.world.take().unwrap_or_else(|| Arc::new(Host::read_once()));
        Ok(self.loader(&*world)?.into_rules())
    }

    /// The loader for all reads of this configuration.
    fn loader(&mut self, world: &dyn World) -> Result<Loader<T>, ConfigError> {
        let mistakes = std::mem::take(&mut self.mistakes);
        if !mistakes.is_empty() {
            return Err(ConfigError::rules(in_report_order(mistakes)));
        }
        let schema = std::mem::take(&mut self.schema);
        let checks = std::mem::take(&mut self.checks);
        let options = std::mem::take(&mut self.options);
        let secrets = options.secrets.clone();
        let mut loader = Loader::new(std::mem::take(&mut self.sources), schema, options, checks, world)?;
        loader.layer_check = self.layer_check.take();
        let unknown = secrets.into_iter().filter(|key| loader.rules().keys().is_impossible(key));
        let mistakes: Vec<Diagnostic> = unknown.map(unknown_secret).collect();
        if mistakes.is_empty() { Ok(loader) } else { Err(ConfigError::rules(mistakes)) }
    }

    /// Loads the configuration once. Mistakes of all earlier steps are reported here.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let config = Config::builder().defaults_toml("port = 80").open()?;
    /// assert_eq!(config.load()["port"], 80);
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// [`ConfigError::Rules`] with every mistake of the defaults and the schema;
    /// [`ConfigError::Refused`] with all diagnostics, when one of them is an error.
    pub fn open(mut self) -> Result<Config<T>, ConfigError> {
        let world = self.world.take().unwrap_or_else(|| Arc::new(Host::default()));
        let loader = self.loader(&*world)?;
        let watching = self.watching;
        #[cfg(feature = "sqlite")]
        let record = self.history.map(|open| RecordOptions {
            open,
            is_set_by_settings: self.retention_of.is_some(),
            retention_of: self.retention_of.unwrap_or_else(|| Arc::new(|_| StoreConfig::default())),
            cause: self.cause,
        });
        let hot_reload_of = self.hot_reload_of.unwrap_or_else(|| Arc::new(move |_| watching.clone()));
        Config::of(Start {
            loader,
            world,
            hot_reload_of,
            extra_paths: self.extra_paths,
            fallback: self.fallback,
            #[cfg(feature = "sqlite")]
            record,
        })
    }
}

impl<T> fmt::Debug for Builder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("files", &self.sources.files)
            .field("prefix", &self.options.prefix)
            .finish_non_exhaustive()
    }
}

fn unknown_secret(key: Key) -> Diagnostic {
    Diagnostic::error(Code::RuleKey, key, "the settings have no such key, which `secret` names")
        .help("name a key of the settings; for the items of a list or the values of a map, name the list or the map")
}
