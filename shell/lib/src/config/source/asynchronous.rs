//! Sources that are read by tasks of a tokio runtime.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use speckit_core::config::source_machine::SourceTiming;
use speckit_core::retry::RetryConfig;
use tokio::runtime::Handle;

use super::content::SourceContent;
use super::error::SourceError;
use super::hint::Hint;
use super::own_source::{OwnSource, shown};
use super::reading::Reply;
use super::{DEFAULT_TIMEOUT, default_backoff};

/// A [`Source`](crate::Source) whose read is a task of a tokio runtime, for
/// [`Builder::async_source`](crate::Builder::async_source). A read that passes its time limit is cancelled at its next `await`.
///
/// ```
/// use speckit::{AsyncSource, Config, Language, SourceContent, SourceError};
///
/// struct Vault;
///
/// impl AsyncSource for Vault {
///     fn name(&self) -> String {
///         "vault".into()
///     }
///
///     async fn read(&self) -> Result<SourceContent, SourceError> {
///         Ok(SourceContent::text(Language::Toml, "port = 9000\n"))
///     }
/// }
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
/// # runtime.block_on(async {
/// let builder = Config::<std::collections::BTreeMap<String, u16>>::builder().async_source(Vault);
/// let config = builder.open_async().await?;
/// assert_eq!(config.load()["port"], 9000);
/// # Ok::<(), speckit::ConfigError>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait AsyncSource: Send + Sync + 'static {
    /// As [`Source::name`](crate::Source::name).
    fn name(&self) -> String;

    /// Reads the content.
    ///
    /// # Errors
    /// Any error: `?` converts it.
    fn read(&self) -> impl Future<Output = Result<SourceContent, SourceError>> + Send;

    /// As [`Source::read_if_changed`](crate::Source::read_if_changed).
    ///
    /// # Errors
    /// As those of [`AsyncSource::read`].
    fn read_if_changed(
        &self,
        version: &str,
    ) -> impl Future<Output = Result<SourceContent, SourceError>> + Send {
        let _ = version;
        self.read()
    }

    /// As [`Source::poll_interval`](crate::Source::poll_interval).
    fn poll_interval(&self) -> Option<Duration> {
        None
    }

    /// As [`Source::is_required`](crate::Source::is_required).
    fn is_required(&self) -> bool {
        true
    }

    /// As [`Source::timeout`](crate::Source::timeout).
    fn timeout(&self) -> Duration {
        DEFAULT_TIMEOUT
    }

    /// As [`Source::backoff`](crate::Source::backoff).
    fn backoff(&self) -> RetryConfig {
        default_backoff()
    }

    /// As [`Source::connect`](crate::Source::connect).
    fn connect(&self, hint: Hint) {
        drop(hint);
    }
}

impl OwnSource {
    pub(crate) fn of_async(source: impl AsyncSource, runtime: Handle) -> Self {
        let source = Arc::new(source);
        let connected = Arc::clone(&source);
        Self {
            name: shown(&source.name()),
            is_required: source.is_required(),
            timing: SourceTiming {
                poll_interval: source.poll_interval(),
                time_limit: source.timeout(),
                retry: source.backoff(),
            },
            is_async: true,
            connect: Box::new(move |hint| connected.connect(hint)),
            read: Box::new(move |version, reply: Reply| {
                let source = Arc::clone(&source);
                let task = runtime.spawn(async move {
                    reply.send(match version {
                        Some(version) => source.read_if_changed(&version).await,
                        None => source.read().await,
                    });
                });
                let task = task.abort_handle();
                Some(Box::new(move || task.abort()))
            }),
        }
    }
}
