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
use speckit_core::config::schema::SchemaMap;
use speckit_core::config::source::{Environment, Language, Override, parse};
use speckit_core::config::{HotReloadConfig, WatchMode};
#[cfg(feature = "sqlite")]
use speckit_core::store::StoreConfig;
use speckit_core::tree::in_report_order;
use speckit_core::tree::typed::to_value;
use speckit_core::{Diagnostic, Layer, LayerKind, Origin, Source};

use crate::config::engine::{Fallback, HotReloadFn, Start};
use crate::config::error::ConfigError;
use crate::config::handle::Config;
#[cfg(feature = "sqlite")]
use crate::config::history::SqliteJournal;
#[cfg(feature = "sqlite")]
use crate::config::history::journal::{JournalOpener, RecordOptions, RetentionFn};
use crate::config::loading::{Check, Inspection, Loader, RuleOptions, SchemaSource};
#[cfg(feature = "schema")]
use crate::config::schemas::compile_text;
use crate::config::sources::Sources;
use crate::os::documents::FileSource;
use crate::os::world::{Host, World};

/// Collects the layers and the rules of a configuration; [`Builder::open`] loads it.
///
/// Layers in order of priority, lowest first: defaults, files in the order given, environment, overrides.
pub struct Builder<T> {
    /// What is wrong with the defaults and the schema, for [`Builder::open`] to report.
    mistakes: Vec<Diagnostic>,
    pub(crate) options: RuleOptions,
    pub(crate) sources: Sources,
    pub(crate) schema: SchemaSource,
    checks: Vec<Check<T>>,
    watching: HotReloadConfig,
    follow: Option<HotReloadFn<T>>,
    extra_paths: Vec<PathBuf>,
    fallback: Option<Fallback>,
    /// How much is kept, where something is.
    #[cfg(feature = "sqlite")]
    retention_of: Option<RetentionFn<T>>,
    #[cfg(feature = "sqlite")]
    journal: Option<JournalOpener>,
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
            follow: None,
            extra_paths: Vec::new(),
            fallback: None,
            #[cfg(feature = "sqlite")]
            retention_of: None,
            #[cfg(feature = "sqlite")]
            journal: None,
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
    #[must_use]
    pub fn defaults_toml(self, text: &str) -> Self {
        self.defaults_text("defaults", text)
    }

    pub(crate) fn defaults_text(mut self, name: &str, text: &str) -> Self {
        match parse(&Source::document(LayerKind::Defaults, name, text), Language::Toml) {
            Ok(layer) => self.options.defaults.push(layer),
            Err(findings) => self.mistakes.extend(findings),
        }
        self
    }

    /// Takes defaults from settings, as serde writes them. They must be a tree: a map whose keys are no texts is a mistake that
    /// [`Builder::open`] reports.
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

    /// Holds the configuration against a Draft 7 schema, and takes types, defaults and secrets from it.
    #[cfg(feature = "schema")]
    #[must_use]
    pub fn schema_json(self, text: &str) -> Self {
        self.schema_text("schema", text)
    }

    #[cfg(feature = "schema")]
    pub(crate) fn schema_text(mut self, name: &str, text: &str) -> Self {
        match compile_text(name, text) {
            Ok(schema) => self.schema = SchemaSource::Given(Box::new(schema)),
            Err(findings) => self.mistakes.extend(findings),
        }
        self
    }

    /// As [`Builder::schema_json`], with a schema file, JSON or (by its name) TOML. `maps` say in which folders the
    /// documents of URLs lie that it refers to; nothing is fetched.
    ///
    /// A change of it, or of a file that it refers to, is a reload; a schema that is wrong is a refusal.
    #[cfg(feature = "schema")]
    #[must_use]
    pub fn schema_file(mut self, path: impl Into<PathBuf>, maps: Vec<SchemaMap>) -> Self {
        self.schema = SchemaSource::File { path: path.into(), maps };
        self
    }

    /// As [`Builder::schema_json`], with the schema that `schemars` makes of the type.
    #[cfg(feature = "schemars")]
    #[must_use]
    pub fn schema_of_type(self) -> Self
    where
        T: schemars::JsonSchema,
    {
        let schema =
            schemars::generate::SchemaSettings::draft07().into_generator().into_root_schema_for::<T>();
        self.schema_json(&schema.to_value().to_string())
    }

    /// Layers a file, TOML or (by its name) JSON, or a folder of TOML files. It may be absent.
    #[must_use]
    pub fn file(mut self, path: impl Into<PathBuf>) -> Self {
        self.sources.files.push(FileSource { path: path.into(), required: false });
        self
    }

    /// Layers a file or a folder that must be there.
    #[must_use]
    pub fn required_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.sources.files.push(FileSource { path: path.into(), required: true });
        self
    }

    /// Layers the variables `PREFIX_…`: `APP_SERVER__PORT` is `server.port`.
    #[must_use]
    pub fn env_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.options.prefix = Some(prefix.into());
        self
    }

    /// Reads this environment and not that of the process; for tests.
    #[must_use]
    pub fn environment(mut self, environment: Environment) -> Self {
        self.sources.environment = Some(environment);
        self
    }

    /// Overrides one key by a text, which becomes a value of the key's type.
    #[must_use]
    pub fn set(mut self, key: impl Into<String>, text: impl Into<String>) -> Self {
        self.sources.overrides.push(Override::Set { key: key.into(), text: text.into() });
        self
    }

    /// Removes a key that lower layers set.
    #[must_use]
    pub fn unset(mut self, key: impl Into<String>) -> Self {
        self.sources.overrides.push(Override::Unset { key: key.into() });
        self
    }

    /// Makes every warning an error.
    #[must_use]
    pub fn strict(mut self, strict: bool) -> Self {
        self.options.strict = strict;
        self
    }

    /// Adds a rule of the application's own about the typed settings. Every rule is asked, and every refusal told.
    #[must_use]
    pub fn validate<E: fmt::Display>(
        mut self,
        rule: impl Fn(&T) -> Result<(), E> + Send + Sync + 'static,
    ) -> Self {
        self.checks.push(Arc::new(move |settings| rule(settings).map_err(|error| error.to_string())));
        self
    }

    /// How long files must be quiet before a reload; 2 s where nothing is said. A storm of changes waits at most
    /// ten times as long.
    #[must_use]
    pub fn debounce(mut self, quiet: Duration) -> Self {
        self.watching.debounce_ms = crate::os::clock::millis(quiet);
        self
    }

    /// How changes are noticed; [`WatchMode::Auto`] where nothing is said.
    #[must_use]
    pub fn watch_mode(mut self, mode: WatchMode) -> Self {
        self.watching.mode = mode;
        self
    }

    /// Reads again when this file, or what lies directly in this folder, changes too, although nothing of the
    /// configuration lies there: a certificate that a rule looks at, say.
    #[must_use]
    pub fn watch_path(mut self, path: impl Into<PathBuf>) -> Self {
        self.extra_paths.push(path.into());
        self
    }

    /// Takes the quiet period, the way of watching and further paths from the settings themselves, at each reload.
    #[must_use]
    pub fn hot_reload(mut self, of: impl Fn(&T) -> HotReloadConfig + Send + Sync + 'static) -> Self {
        self.follow = Some(Arc::new(of));
        self
    }

    /// Opens even where the files are refused, with what update_waiting in for them. [`Config::status`] says why, and the first
    /// reload that is accepted replaces it.
    #[must_use]
    pub fn fallback(mut self, fallback: Fallback) -> Self {
        self.fallback = Some(fallback);
        self
    }

    /// Keeps in this database what is accepted and what is refused: the texts of the files and the redacted values of the
    /// newest 1000 generations, and as many refusals. The file is made where it is missing, readable by its owner alone;
    /// it is not encrypted, and the texts may hold secrets (see [`Builder::history_settings`]).
    ///
    /// Nothing waits for it but the drop of the last [`Config`], and whoever reads the [`History`](crate::config::history::History): a
    /// program that ends by [`std::process::exit`] calls its `flush` before. What cannot be written is a warning
    /// (`history/unwritten`), and a database that cannot be opened is one of [`Config::status`] (`history/unavailable`), until
    /// the program starts again.
    #[cfg(feature = "sqlite")]
    #[must_use]
    pub fn history(mut self, path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        self.journal = Some(Box::new(move |_| {
            Ok(Arc::new(SqliteJournal::new(path, crate::store::Synchronous::default())))
        }));
        self
    }

    /// Takes from the settings how much is kept ([`StoreConfig::history`] and [`StoreConfig::keep_generations`]), anew for
    /// each generation and refusal.
    #[cfg(feature = "sqlite")]
    #[must_use]
    pub fn history_settings(mut self, of: impl Fn(&T) -> StoreConfig + Send + Sync + 'static) -> Self {
        self.retention_of = Some(Arc::new(of));
        self
    }

    /// Reads these sources and no others.
    #[must_use]
    pub fn sources(mut self, sources: Sources) -> Self {
        self.sources = sources;
        self
    }

    /// Leaves variables of the prefix alone that name no key: with the prefix `APP`, `.env_reserved(["LOG"])` keeps `APP_LOG` for
    /// the program itself.
    #[must_use]
    pub fn env_reserved<S: Into<String>>(mut self, suffixes: impl IntoIterator<Item = S>) -> Self {
        self.options.reserved.extend(suffixes.into_iter().map(Into::into));
        self
    }

    /// Adds what the application itself demands to the rules, made anew for each schema.
    #[cfg(feature = "app")]
    pub(crate) fn extended_by(mut self, extension: fn() -> Box<dyn Extension>) -> Self {
        self.options.extension = Some(extension);
        self
    }

    /// Records what is accepted and refused in the file `named`, else in that of the settings, as the program `speckit` does.
    #[cfg(feature = "sqlite")]
    #[doc(hidden)]
    #[must_use]
    pub fn recorded(mut self, named: Option<PathBuf>, began: Duration) -> Self {
        self.journal = Some(super::history::location::journal(named, began));
        self
    }

    /// Why what is opened comes into force.
    #[cfg(feature = "sqlite")]
    #[doc(hidden)]
    #[must_use]
    pub fn because(mut self, cause: GenerationCause) -> Self {
        self.cause = cause;
        self
    }

    /// Reads files, the environment and the time of this world and not of the machine; for simulations.
    #[must_use]
    pub fn world(mut self, world: Arc<dyn World>) -> Self {
        self.world = Some(world);
        self
    }

    /// Reads everything once and holds it against the rules, but for those of [`Builder::validate`]: for commands that show a
    /// configuration, even where it is refused. A pipe will do for a file.
    ///
    /// # Errors
    /// [`ConfigError::Rules`] with every mistake of the defaults and the schema.
    pub fn inspect(mut self) -> Result<Inspection, ConfigError> {
        let world = self.world.take().unwrap_or_else(|| Arc::new(Host::read_once()));
        let mut loader = self.loader(&*world)?;
        let reading = loader.read(&*world, &[]);
        loader.inspect(reading)
    }

    /// The rules alone; nothing is read but the files of a schema.
    ///
    /// # Errors
    /// As those of [`Builder::inspect`].
    pub fn rules(mut self) -> Result<Rules, ConfigError> {
        let world = self.world.take().unwrap_or_else(|| Arc::new(Host::read_once()));
        Ok(self.loader(&*world)?.into_rules())
    }

    /// The one loader of a configuration, which every reading goes through.
    fn loader(&mut self, world: &dyn World) -> Result<Loader<T>, ConfigError> {
        let mistakes = std::mem::take(&mut self.mistakes);
        if !mistakes.is_empty() {
            return Err(ConfigError::rules(in_report_order(mistakes)));
        }
        let schema = std::mem::take(&mut self.schema);
        let checks = std::mem::take(&mut self.checks);
        Loader::new(
            std::mem::take(&mut self.sources),
            schema,
            std::mem::take(&mut self.options),
            checks,
            world,
        )
    }

    /// Loads the configuration once. No step before this one fails: everything that is wrong is reported here.
    ///
    /// # Errors
    /// [`ConfigError::Rules`] with every mistake of the defaults and the schema, since nothing can be held against them;
    /// [`ConfigError::Refused`] with every finding about the configuration, as soon as one is an error.
    pub fn open(mut self) -> Result<Config<T>, ConfigError> {
        let world = self.world.take().unwrap_or_else(|| Arc::new(Host::default()));
        let loader = self.loader(&*world)?;
        let watching = self.watching;
        #[cfg(feature = "sqlite")]
        let record = self.journal.map(|open| RecordOptions {
            open,
            is_set_by_settings: self.retention_of.is_some(),
            retention_of: self.retention_of.unwrap_or_else(|| Arc::new(|_| StoreConfig::default())),
            cause: self.cause,
        });
        let follow = self.follow.unwrap_or_else(|| Arc::new(move |_| watching.clone()));
        Config::of(Start {
            loader,
            world,
            follow,
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
