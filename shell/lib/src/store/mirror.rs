//! A value in memory that changes together with the database, or not at all.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;

use super::error::StoreError;
use super::transaction::{Transaction, WriteOperation};
use crate::sync::Mutex;

/// A value in memory that [`Store::update`](super::Store::update) changes together with the database: readers see the new
/// value once its transaction is committed, and never before. It belongs to the store that first changes it; writes of other
/// processes do not change it.
///
/// ```
/// use speckit::store::{Mirror, Store, StoreError};
/// # let folder = tempfile::tempdir().unwrap();
/// let store = Store::open(folder.path().join("app.db"))?;
/// store.write(|tx| Ok(tx.execute_batch("CREATE TABLE users (name TEXT UNIQUE)")?))?;
/// let users = Mirror::new(Vec::<String>::new());
/// let add = |name: &'static str| {
///     move |tx: &speckit::store::Transaction<'_>, users: &mut Vec<String>| {
///         users.push(name.into());
///         tx.execute("INSERT INTO users VALUES (?1)", [name])?;
///         Ok(())
///     }
/// };
/// store.update(&users, add("ann"))?;
/// assert!(store.update(&users, add("ann")).is_err(), "the name is taken");
/// assert_eq!(*users.load(), ["ann"]);
/// # Ok::<(), StoreError>(())
/// ```
pub struct Mirror<V> {
    state: Arc<MirrorState<V>>,
}

struct MirrorState<V> {
    current: ArcSwap<V>,
    /// The value of the running transaction, which is not committed yet.
    draft: Mutex<Option<Arc<V>>>,
    /// The number of the store that it belongs to; 0 before the first change.
    owner: AtomicU64,
}

impl<V> Mirror<V> {
    /// A mirror of a value, such as one from the database.
    pub fn new(value: V) -> Self {
        Self {
            state: Arc::new(MirrorState {
                current: ArcSwap::from_pointee(value),
                draft: Mutex::default(),
                owner: AtomicU64::new(0),
            }),
        }
    }

    /// The last committed value.
    pub fn load(&self) -> Arc<V> {
        self.state.current.load_full()
    }

    /// A change of the value, by the store of that number.
    pub(super) fn changed_by<F>(&self, store: u64, change: F) -> Result<MirrorUpdate<V, F>, StoreError> {
        let owner = self.state.owner.compare_exchange(0, store, Ordering::Relaxed, Ordering::Relaxed);
        if owner.is_err_and(|owner| owner != store) {
            return Err(StoreError::refused("the mirror belongs to another store, which changed it first"));
        }
        Ok(MirrorUpdate { mirror: self.clone(), change, draft: None, replaced: None })
    }
}

impl<V> Clone for Mirror<V> {
    fn clone(&self) -> Self {
        Self { state: Arc::clone(&self.state) }
    }
}

impl<V: fmt::Debug> fmt::Debug for Mirror<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Mirror").field(&self.load()).finish()
    }
}

/// A change of a value and of the database.
pub(super) struct MirrorUpdate<V, F> {
    mirror: Mirror<V>,
    change: F,
    /// The new value, until it is committed.
    draft: Option<Arc<V>>,
    /// The replaced value, which is dropped without any lock.
    replaced: Option<Arc<V>>,
}

impl<V, T, F> WriteOperation for MirrorUpdate<V, F>
where
    V: Clone + Send + Sync + 'static,
    T: Send + 'static,
    F: FnMut(&Transaction<'_>, &mut V) -> Result<T, StoreError> + Send + 'static,
{
    type Output = T;

    fn run(&mut self, transaction: &Transaction<'_>) -> Result<T, StoreError> {
        let state = &self.mirror.state;
        let before = state.draft.lock().clone().unwrap_or_else(|| state.current.load_full());
        let mut value = (*before).clone();
        let result = (self.change)(transaction, &mut value)?;
        let value = Arc::new(value);
        *state.draft.lock() = Some(Arc::clone(&value));
        self.draft = Some(value);
        Ok(result)
    }

    fn committed(&mut self) {
        if let Some(value) = self.draft.take() {
            *self.mirror.state.draft.lock() = None;
            self.replaced = Some(self.mirror.state.current.swap(value));
        }
    }

    fn rolled_back(&mut self) {
        if self.draft.take().is_some() {
            *self.mirror.state.draft.lock() = None;
        }
    }
}
