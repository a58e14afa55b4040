//! Loads the configuration of the shipped application, as the program does.

use std::path::PathBuf;

use speckit_core::app::{AppConfig, Application};
use speckit_core::config::source::{Environment, Override, prefix_of};

use crate::Config;
use crate::config::builder::Builder;
use crate::config::error::ConfigError;
use crate::config::sources::Sources;
use crate::os::documents::FileSource;
#[cfg(feature = "sqlite")]
use crate::os::{clock, environment};

/// The prefix of the program's variables.
pub const PREFIX: &str = "SPECKIT";
/// Variables with this prefix that belong to the program.
pub const RESERVED: &[&str] = &["CONFIG", "DATABASE", "TRUST"];

/// Loads [`AppConfig`] from the embedded defaults, a file, the environment and overrides.
///
/// A program that names the file trusts it: the question whether a person trusts a `./speckit.toml` belongs to the program `speckit`, which
/// finds that file by itself.
///
/// ```
/// use speckit::app::ConfigLoader;
/// use speckit::Environment;
/// let config = ConfigLoader::new("speckit.toml")
///     .environment(Environment::of([("SPECKIT_RETRY__MAX_ATTEMPTS", "5")]))
///     .load()?;
/// assert_eq!(config.retry.max_attempts, 5);
/// # Ok::<(), speckit::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ConfigLoader {
    sources: Sources,
    strict: bool,
    prefix: String,
    #[cfg_attr(not(feature = "sqlite"), expect(dead_code, reason = "there is nothing to record in"))]
    is_recorded: bool,
}

impl ConfigLoader {
    /// A loader of the file or folder at `path`, which need not exist.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let files = vec![FileSource { path: path.into(), required: false, language: None }];
        Self::of(Sources { files, ..Sources::default() }, false, PREFIX)
    }

    /// A loader of these sources. Under another prefix than [`PREFIX`], no name is reserved.
    #[doc(hidden)]
    pub fn of(sources: Sources, strict: bool, prefix: impl Into<String>) -> Self {
        Self { sources, strict, prefix: prefix.into(), is_recorded: false }
    }

    /// Reads this environment instead of that of the process.
    #[must_use]
    pub fn environment(mut self, environment: Environment) -> Self {
        self.sources.environment = Some(environment);
        self
    }

    /// Adds overrides above all other layers.
    #[must_use]
    pub fn overrides(mut self, overrides: Vec<Override>) -> Self {
        self.sources.overrides = overrides;
        self
    }

    /// Treats warnings as errors.
    #[must_use]
    pub fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// Records what [`ConfigLoader::open`] and its reloads accept and refuse, as `store.history`, `store.keep_generations` and
    /// `store.keep_mib` say, in the database `store.path` or that of the variable `SPECKIT_DATABASE`.
    #[cfg(feature = "sqlite")]
    #[must_use]
    pub fn recorded(mut self) -> Self {
        self.is_recorded = true;
        self
    }

    /// Loads the configuration.
    ///
    /// # Errors
    /// [`ConfigError::Refused`] with all diagnostics, if one of them is an error.
    pub fn load(&self) -> Result<AppConfig, ConfigError> {
        self.builder().open().map(|config| (*config.current()).clone())
    }

    /// Loads the configuration for watching and reloading, with the quiet period, the mode and the paths of its own
    /// `hot_reload`.
    ///
    /// # Errors
    /// [`ConfigError::Refused`] with all diagnostics, if one of them is an error.
    pub fn open(&self) -> Result<Config<AppConfig>, ConfigError> {
        let builder = self.builder();
        #[cfg(feature = "sqlite")]
        if self.is_recorded {
            let environment = self.sources.environment.clone().unwrap_or_else(environment::capture);
            let named = environment.text(&format!("{PREFIX}_DATABASE")).filter(|path| !path.is_empty());
            let builder = builder.recorded(named.map(PathBuf::from), clock::since_epoch());
            return builder.history_settings(|settings| settings.store.clone()).open();
        }
        builder.open()
    }

    /// A builder with the layers and rules of the shipped application.
    #[doc(hidden)]
    pub fn builder(&self) -> Builder<AppConfig> {
        let is_own = prefix_of(&self.prefix).is_ok_and(|prefix| prefix == PREFIX);
        Builder::<AppConfig>::default()
            .defaults_text("defaults.toml", AppConfig::DEFAULTS)
            .schema_prepared_as("config.schema.json", AppConfig::SCHEMA, AppConfig::PREPARED_SCHEMA)
            .with_extension(|| Box::new(Application::default()))
            .env_prefix(self.prefix.as_str())
            .env_reserved(RESERVED.iter().copied().filter(|_| is_own))
            .strict(self.strict)
            .sources(self.sources.clone())
            .hot_reload(|config| config.hot_reload.clone())
    }
}
