//! Sources of the embedding program: a vault, a parameter store, an address.

use std::sync::Arc;
use std::time::Duration;

use speckit_core::retry::RetryConfig;

#[cfg(feature = "tokio")]
mod asynchronous;
mod content;
mod error;
mod hint;
mod own_source;
mod reading;
mod set;
mod state;
mod status;

#[cfg(feature = "tokio")]
pub use asynchronous::AsyncSource;
pub use content::SourceContent;
pub use error::SourceError;
pub use hint::Hint;
pub(crate) use own_source::OwnSource;
pub(crate) use set::SourceSet;
pub(crate) use state::SourceEvent;
pub use status::SourceStatus;

/// How long a read may take.
pub(crate) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// The waits of an outage: from 1 s to 1 min, each between a half and the whole of its maximum, so that clients do not come back
/// together.
pub(crate) fn default_backoff() -> RetryConfig {
    RetryConfig::default()
        .with_initial_backoff_ms(1000)
        .with_max_backoff_ms(60_000)
        .with_jitter(speckit_core::retry::Jitter::Equal)
}

/// Whether a thread that waits blocks the tokio runtime that it belongs to: the runtime has no other one.
#[cfg(feature = "tokio")]
pub(crate) fn blocks_runtime() -> bool {
    use tokio::runtime::{Handle, RuntimeFlavor};
    Handle::try_current().is_ok_and(|runtime| runtime.runtime_flavor() == RuntimeFlavor::CurrentThread)
}

#[cfg(not(feature = "tokio"))]
pub(crate) fn blocks_runtime() -> bool {
    false
}

/// A source of settings of the embedding program, for [`Builder::source`](crate::Builder::source).
///
/// It is read on threads of its own, never on the thread that reads the files. If a read fails, its last content stays in use, and
/// it is read again with growing waits.
///
/// ```
/// use speckit::{Config, Language, Source, SourceContent, SourceError};
///
/// struct Vault;
///
/// impl Source for Vault {
///     fn name(&self) -> String {
///         "vault".into()
///     }
///
///     fn read(&self) -> Result<SourceContent, SourceError> {
///         Ok(SourceContent::text(Language::Toml, "port = 9000\n"))
///     }
/// }
///
/// let config = Config::<std::collections::BTreeMap<String, u16>>::builder()
///     .defaults_toml("port = 80")
///     .source(Vault)
///     .open()?;
/// assert_eq!(config.load()["port"], 9000);
/// let why = config.snapshot().explain("port").unwrap();
/// assert_eq!(why.winner.unwrap().to_string(), "vault:1:8");
/// # Ok::<(), speckit::ConfigError>(())
/// ```
pub trait Source: Send + Sync + 'static {
    /// The name in origins, reports and the status; it must hold no secret. It is read once.
    fn name(&self) -> String;

    /// Reads the content. It may block, up to [`Source::timeout`].
    ///
    /// A read that takes longer counts as failed, and its result is ignored; the next read may begin while it still runs.
    ///
    /// # Errors
    /// Any error: `?` converts it.
    fn read(&self) -> Result<SourceContent, SourceError>;

    /// As [`Source::read`], with the [version](SourceContent::version) of the content that is in use now. If there is no other one, it
    /// returns [`SourceContent::unchanged`]. By default it reads everything.
    ///
    /// # Errors
    /// As those of [`Source::read`].
    fn read_if_changed(&self, version: &str) -> Result<SourceContent, SourceError> {
        let _ = version;
        self.read()
    }

    /// The time between two reads, at least 100 ms; by default `None`: the source is read once, and then after a [`Hint`] and at
    /// [`Config::reload`](crate::Config::reload).
    fn poll_interval(&self) -> Option<Duration> {
        None
    }

    /// Whether [`Builder::open`](crate::Builder::open) fails if the source cannot be read; by default `true`. Without a source that
    /// is not required, the configuration has a warning until the source answers.
    fn is_required(&self) -> bool {
        true
    }

    /// How long a read may take, at least 100 ms; 30 s by default.
    fn timeout(&self) -> Duration {
        DEFAULT_TIMEOUT
    }

    /// The waits after failed reads; by default from 1 s to 1 min. The number of attempts and the deadline do not count.
    fn backoff(&self) -> RetryConfig {
        default_backoff()
    }

    /// Gives the source a handle that it calls when its content may have changed. It is called once, before the first read, and must
    /// not block.
    fn connect(&self, hint: Hint) {
        drop(hint);
    }
}

/// A source that the program shares.
impl<S: Source + ?Sized> Source for Arc<S> {
    fn name(&self) -> String {
        (**self).name()
    }

    fn read(&self) -> Result<SourceContent, SourceError> {
        (**self).read()
    }

    fn read_if_changed(&self, version: &str) -> Result<SourceContent, SourceError> {
        (**self).read_if_changed(version)
    }

    fn poll_interval(&self) -> Option<Duration> {
        (**self).poll_interval()
    }

    fn is_required(&self) -> bool {
        (**self).is_required()
    }

    fn timeout(&self) -> Duration {
        (**self).timeout()
    }

    fn backoff(&self) -> RetryConfig {
        (**self).backoff()
    }

    fn connect(&self, hint: Hint) {
        (**self).connect(hint);
    }
}
