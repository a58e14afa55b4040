//! The sources of the program, and what is waited for before a configuration is opened.

#[cfg(feature = "tokio")]
use std::sync::Arc;

use serde::de::DeserializeOwned;
#[cfg(feature = "tokio")]
use speckit_core::{Code, Diagnostic, Key};

use super::Builder;
use crate::config::error::ConfigError;
#[cfg(feature = "tokio")]
use crate::config::handle::Config;
use crate::config::loading::Loader;
#[cfg(feature = "tokio")]
use crate::config::source::AsyncSource;
#[cfg(feature = "tokio")]
use crate::config::source::blocks_runtime;
use crate::config::source::{OwnSource, Source, SourceSet};
#[cfg(feature = "tokio")]
use crate::os::world::Host;

impl<T: DeserializeOwned + Send + Sync + 'static> Builder<T> {
    /// Adds a source of the program, such as a vault or an address, as a layer above the files. A later one wins.
    ///
    /// [`Builder::open`] waits for its first read, and [`Config::reload`](crate::Config::reload) for another one, each within the time limit of the source. In
    /// between, it is read on threads of its own. What it returns takes effect after the debounce period with
    /// `Config::watch`; without a watcher, at the next `reload` or [`Config::turn`](crate::Config::turn).
    ///
    /// ```
    /// use std::time::Duration;
    /// use speckit::{Config, Source, SourceContent, SourceError};
    ///
    /// struct Parameters;
    ///
    /// impl Source for Parameters {
    ///     fn name(&self) -> String {
    ///         "parameters".into()
    ///     }
    ///
    ///     fn read(&self) -> Result<SourceContent, SourceError> {
    ///         Ok(SourceContent::values(std::collections::BTreeMap::from([("port", 9000)])))
    ///     }
    ///
    ///     fn poll_interval(&self) -> Option<Duration> {
    ///         Some(Duration::from_secs(60))
    ///     }
    /// }
    ///
    /// let config = Config::<std::collections::BTreeMap<String, u16>>::builder().source(Parameters).open()?;
    /// assert_eq!(config.load()["port"], 9000);
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    #[must_use]
    pub fn source(mut self, source: impl Source) -> Self {
        self.own_sources.push(OwnSource::of(source));
        self
    }

    /// As [`Builder::source`], for a source that tasks of a tokio runtime read: the runtime that this is called in, or that was entered with
    /// [`Handle::enter`](tokio::runtime::Handle::enter). [`Builder::open`] reports a mistake if there is none.
    ///
    /// In a runtime of a single thread, use [`Builder::open_async`].
    #[cfg(feature = "tokio")]
    #[must_use]
    pub fn async_source(mut self, source: impl AsyncSource) -> Self {
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => self.own_sources.push(OwnSource::of_async(source, runtime)),
            Err(_) => {
                let message = format!("no tokio runtime can read `{}`", source.name());
                let help = "call `async_source` in a runtime, or enter one with `Handle::enter`";
                self.mistakes.push(Diagnostic::error(Code::SourceRuntime, Key::root(), message).help(help));
            }
        }
        self
    }

    /// As [`Builder::open`], but waits for the sources without blocking the thread, in any async runtime.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    /// # runtime.block_on(async {
    /// let config = Config::builder().defaults_toml("port = 80").open_async().await?;
    /// assert_eq!(config.load()["port"], 80);
    /// # Ok::<(), speckit::ConfigError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As those of [`Builder::open`].
    #[cfg(feature = "tokio")]
    pub async fn open_async(mut self) -> Result<Config<T>, ConfigError> {
        let world = self.world.take().unwrap_or_else(|| Arc::new(Host::default()));
        let loader = self.loader(&*world)?;
        let loader = self.started_sources(loader)?;
        let sources = Arc::clone(&loader.own_sources);
        sources.wait_async().await;
        self.open_with(loader, world)
    }

    /// Begins to read the sources, and waits until each has been read once, or has failed.
    pub(super) fn with_sources(&mut self, loader: Loader<T>) -> Result<Loader<T>, ConfigError> {
        #[cfg(feature = "tokio")]
        if let Some(source) = self.own_sources.iter().find(|source| source.is_async())
            && blocks_runtime()
        {
            let message =
                format!("`open` blocks the only thread of the tokio runtime that reads `{}`", source.name());
            let diagnostic = Diagnostic::error(Code::SourceRuntime, Key::root(), message)
                .help("call `open_async().await`, or use a runtime with several threads");
            return Err(ConfigError::rules(vec![diagnostic]));
        }
        let loader = self.started_sources(loader)?;
        loader.own_sources.wait();
        Ok(loader)
    }

    fn started_sources(&mut self, mut loader: Loader<T>) -> Result<Loader<T>, ConfigError> {
        let sources = SourceSet::start(std::mem::take(&mut self.own_sources));
        loader.own_sources = sources.map_err(|diagnostic| ConfigError::rules(vec![diagnostic]))?.into();
        Ok(loader)
    }
}
