//! Loading what a builder has collected.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use speckit_core::config::resolve::Rules;
#[cfg(feature = "sqlite")]
use speckit_core::store::StoreConfig;
use speckit_core::tree::in_report_order;
use speckit_core::{Code, Diagnostic, Key};

use super::Builder;
use crate::config::engine::Start;
use crate::config::error::ConfigError;
use crate::config::handle::Config;
#[cfg(feature = "sqlite")]
use crate::config::history::options::RecordOptions;
use crate::config::inspection::Inspection;
use crate::config::loading::Loader;
use crate::os::world::{Host, World};

impl<T: DeserializeOwned + Send + Sync + 'static> Builder<T> {
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

    /// Reads everything once and checks all rules: for commands that show a configuration, even a refused one. Each file is read
    /// once, so it may be a pipe.
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
    pub fn inspect(self) -> Result<Inspection, ConfigError> {
        self.inspection(true)
    }

    /// As [`Builder::inspect`], without reading the settings as their type: for a type that asks for nothing, only the schema says
    /// what a text is.
    #[doc(hidden)]
    pub fn inspect_without_type(self) -> Result<Inspection, ConfigError> {
        self.inspection(false)
    }

    fn inspection(mut self, is_typed: bool) -> Result<Inspection, ConfigError> {
        let world = self.world.take().unwrap_or_else(|| Arc::new(Host::read_once()));
        let loader = self.loader(&*world)?;
        #[cfg(feature = "sources")]
        let loader = self.with_sources(loader)?;
        Ok(loader.inspect(&*world, is_typed))
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
    pub(super) fn loader(&mut self, world: &dyn World) -> Result<Loader<T>, ConfigError> {
        let mut mistakes = std::mem::take(&mut self.mistakes);
        let has_wrong_prefix = mistakes.iter().any(|mistake| mistake.code == Code::RulePrefix);
        if self.options.prefix.is_none() && !has_wrong_prefix && !self.sources.dotenv.is_empty() {
            mistakes.push(without_prefix());
        }
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
    pub fn open(self) -> Result<Config<T>, ConfigError> {
        let opened = self.open_config();
        #[cfg(feature = "tracing")]
        if let Err(refusal) = &opened {
            crate::config::tracing_events::load_failed(refusal.diagnostics());
        }
        opened
    }

    fn open_config(mut self) -> Result<Config<T>, ConfigError> {
        let world = self.world.take().unwrap_or_else(|| Arc::new(Host::default()));
        let loader = self.loader(&*world)?;
        #[cfg(feature = "sources")]
        let loader = self.with_sources(loader)?;
        self.open_with(loader, world)
    }

    pub(super) fn open_with(
        self,
        loader: Loader<T>,
        world: Arc<dyn World>,
    ) -> Result<Config<T>, ConfigError> {
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

fn without_prefix() -> Diagnostic {
    let message = "`dotenv` needs the prefix of the variables";
    Diagnostic::error(Code::RulePrefix, Key::root(), message)
        .help("call `env_prefix`, such as `.env_prefix(\"APP\")`")
}

fn unknown_secret(key: Key) -> Diagnostic {
    Diagnostic::error(Code::RuleKey, key, "the settings have no such key, which `secret` names")
        .help("name a key of the settings; for the items of a list or the values of a map, name the list or the map")
}
