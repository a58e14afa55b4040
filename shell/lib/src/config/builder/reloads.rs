//! How a running configuration detects changes, and what it starts with if its files are refused.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use speckit_core::config::{HotReloadConfig, WatchMode};

use super::Builder;
use crate::config::engine::Fallback;

impl<T: DeserializeOwned + Send + Sync + 'static> Builder<T> {
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

    /// Opens with a fallback instead of [`ConfigError::Refused`](crate::ConfigError::Refused): after a mistake in a file, a variable or an override, or an
    /// error of [`Builder::validate`]. [`ConfigError::Rules`](crate::ConfigError::Rules) and a fallback that is refused too still fail. [`Config::status`](crate::Config::status) has the reason. The first
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
}
