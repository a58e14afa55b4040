//! A part of the settings of a running configuration.

use std::fmt;
use std::future::poll_fn;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::mpsc::{RecvError, RecvTimeoutError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use arc_swap::ArcSwap;
use futures_core::Stream;

use super::snapshot::Snapshot;
use crate::os::clock;
use crate::sync::notifier::Follower;

/// A part of the settings of a running configuration, from [`Config::select`](crate::Config::select). Its type does not name that of
/// the settings, so that a component can take the view of its own part.
///
/// It waits for changes of this part: [`View::changed`] in any async runtime, [`View::wait`] on a thread, or as a [`Stream`]. They compare
/// with what they returned last (at first with the part at [`Config::select`](crate::Config::select)), so a change that was taken back
/// meanwhile is none, and of several changes only the newest is returned. The last one is never missed. They end when the last
/// [`Config`](crate::Config), watcher and read guard of the configuration are dropped.
///
/// The comparison runs in the waiting task. A view has no queue and no thread. It keeps the newest generation, and the settings that it
/// returned last.
pub struct View<U: ?Sized> {
    source: Arc<dyn PartSource<U>>,
    follower: Follower,
    returned: Selected<U>,
}

impl<U: ?Sized + PartialEq + 'static> View<U> {
    pub(crate) fn new<T, F>(current: &Arc<ArcSwap<Snapshot<T>>>, follower: Follower, part: F) -> Self
    where
        T: Send + Sync + 'static,
        F: Fn(&T) -> &U + Send + Sync + 'static,
    {
        let source = Arc::new(Selection { current: Arc::clone(current), part: Arc::new(part) });
        Self { returned: source.current(), source, follower }
    }
}

impl<U: ?Sized> View<U> {
    /// The part as it is now, also after the configuration was dropped. Whether a change was returned does not depend on this call.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let config = Config::builder().defaults_toml("port = 80").open()?;
    /// let port = config.select(|settings| &settings["port"]);
    /// assert_eq!(*port.current(), 80);
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    pub fn current(&self) -> Selected<U> {
        self.source.current()
    }

    /// The part when it has changed, in any async runtime. Cancel safe.
    ///
    /// ```
    /// # #[derive(serde::Deserialize)]
    /// # struct Settings { database: Database }
    /// #[derive(PartialEq, serde::Deserialize)]
    /// struct Database { url: String, pool: u32 }
    /// # struct Pool;
    /// # impl Pool { fn rebuild(&self, _: &Database) {} }
    /// # async fn follow(config: speckit::Config<Settings>, pool: Pool) {
    /// let mut database = config.select(|settings| &settings.database);
    /// while let Ok(database) = database.changed().await {
    ///     pool.rebuild(&database);
    /// }
    /// # }
    /// ```
    ///
    /// # Errors
    /// The configuration was dropped, and its last change has been returned.
    pub async fn changed(&mut self) -> Result<Selected<U>, RecvError> {
        poll_fn(|context| self.poll_changed(context)).await
    }

    /// The part when it has changed, on a thread that waits.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let config = Config::builder().defaults_toml("port = 80").open()?;
    /// let mut port = config.select(|settings| &settings["port"]);
    /// drop(config);
    /// assert!(port.wait().is_err());
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// As those of [`View::changed`].
    pub fn wait(&mut self) -> Result<Selected<U>, RecvError> {
        self.wait_timeout(Duration::MAX).map_err(|_| RecvError)
    }

    /// As [`View::wait`], at most for `timeout`; [`Duration::ZERO`] only looks whether there is a change.
    ///
    /// ```
    /// use std::time::Duration;
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let config = Config::builder().defaults_toml("port = 80").open()?;
    /// let mut port = config.select(|settings| &settings["port"]);
    /// assert!(port.wait_timeout(Duration::ZERO).is_err(), "nothing has changed");
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// The time is over, or one of those of [`View::changed`].
    pub fn wait_timeout(&mut self, timeout: Duration) -> Result<Selected<U>, RecvTimeoutError> {
        let deadline = clock::now().checked_add(timeout);
        loop {
            let rest =
                deadline.map_or(Duration::MAX, |deadline| deadline.saturating_duration_since(clock::now()));
            let version = self.follower.wait(rest)?;
            if let Some(changed) = self.compare(version) {
                return Ok(changed);
            }
        }
    }

    fn poll_changed(&mut self, context: &Context<'_>) -> Poll<Result<Selected<U>, RecvError>> {
        loop {
            let version = ready!(self.follower.poll(context))?;
            if let Some(changed) = self.compare(version) {
                return Poll::Ready(Ok(changed));
            }
        }
    }

    /// The part if it is another than the one returned last.
    fn compare(&mut self, version: u64) -> Option<Selected<U>> {
        let changed = self.source.changed_from(&self.returned);
        // Only now: if the application's comparison panics, the next call compares again.
        self.follower.seen = version;
        if let Some(changed) = &changed {
            self.returned = changed.clone();
        }
        changed
    }
}

/// The part after each change, until the configuration is dropped.
impl<U: ?Sized> Stream for View<U> {
    type Item = Selected<U>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Selected<U>>> {
        self.poll_changed(context).map(Result::ok)
    }
}

/// The copy returns the same changes, independently.
impl<U: ?Sized> Clone for View<U> {
    fn clone(&self) -> Self {
        let Self { source, follower, returned } = self;
        Self { source: Arc::clone(source), follower: follower.clone(), returned: returned.clone() }
    }
}

/// Shows no values, since they may be secrets.
impl<U: ?Sized> fmt::Debug for View<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("View").finish_non_exhaustive()
    }
}

/// A part of the settings of one generation, to keep. It holds the settings, and copies nothing of them.
pub struct Selected<U: ?Sized>(Arc<dyn Part<U>>);

impl<U: ?Sized> Deref for Selected<U> {
    type Target = U;

    fn deref(&self) -> &U {
        self.0.get()
    }
}

impl<U: ?Sized> Clone for Selected<U> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<U: ?Sized + fmt::Debug> fmt::Debug for Selected<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

/// A [`Selection`] without the type of the settings.
trait PartSource<U: ?Sized>: Send + Sync {
    fn current(&self) -> Selected<U>;

    /// The part if it is not equal to this one.
    fn changed_from(&self, returned: &U) -> Option<Selected<U>>;
}

/// Where a view reads.
struct Selection<T, F> {
    current: Arc<ArcSwap<Snapshot<T>>>,
    part: Arc<F>,
}

impl<T, U, F> Selection<T, F>
where
    T: Send + Sync + 'static,
    U: ?Sized + PartialEq + 'static,
    F: Fn(&T) -> &U + Send + Sync + 'static,
{
    fn load(&self) -> SelectedPart<T, F> {
        let settings = Arc::clone(self.current.load().settings());
        SelectedPart { settings, part: Arc::clone(&self.part) }
    }
}

impl<T, U, F> PartSource<U> for Selection<T, F>
where
    T: Send + Sync + 'static,
    U: ?Sized + PartialEq + 'static,
    F: Fn(&T) -> &U + Send + Sync + 'static,
{
    fn current(&self) -> Selected<U> {
        Selected(Arc::new(self.load()))
    }

    fn changed_from(&self, returned: &U) -> Option<Selected<U>> {
        let now = self.load();
        (now.get() != returned).then(|| Selected(Arc::new(now)))
    }
}

/// A [`Selected`] with the type of the settings.
trait Part<U: ?Sized>: Send + Sync {
    fn get(&self) -> &U;
}

struct SelectedPart<T, F> {
    settings: Arc<T>,
    part: Arc<F>,
}

impl<T, U, F> Part<U> for SelectedPart<T, F>
where
    T: Send + Sync,
    U: ?Sized,
    F: Fn(&T) -> &U + Send + Sync,
{
    fn get(&self) -> &U {
        (self.part)(&self.settings)
    }
}
