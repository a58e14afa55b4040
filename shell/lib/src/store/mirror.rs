//! A value in memory that changes together with the database, or not at all.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;

use super::error::StoreError;
use super::transaction::{Transaction, Work};
use crate::sync::Mutex;

/// A value in memory that [`Store::update`](super::Store::update) changes together with the database: readers see the new
/// value when, and only when, what belongs to it is committed. It belongs to the store that first changes it; what other
/// processes write does not reach it.
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
    shared: Arc<Shared<V>>,
}

struct Shared<V> {
    current: ArcSwap<V>,
    /// What the present transaction, which is not committed yet, has made of it.
    draft: Mutex<Option<Arc<V>>>,
    /// The number of the store that has changed it; 0 where none has.
    owner: AtomicU64,
}

impl<V> Mirror<V> {
    /// A mirror of a value, such as one that was read from the database.
    pub fn new(value: V) -> Self {
        Self {
            shared: Arc::new(Shared {
                current: ArcSwap::from_pointee(value),
                draft: Mutex::default(),
                owner: AtomicU64::new(0),
            }),
        }
    }

    /// The value as it was committed last.
    pub fn load(&self) -> Arc<V> {
        self.shared.current.load_full()
    }

    /// A change of the value, by the store of that number.
    pub(super) fn changed_by<F>(&self, store: u64, change: F) -> Result<Update<V, F>, StoreError> {
        let owner = self.shared.owner.compare_exchange(0, store, Ordering::Relaxed, Ordering::Relaxed);
        if owner.is_err_and(|owner| owner != store) {
            return Err(StoreError::refused(
                "the mirror belongs to another store, which has changed it before",
            ));
        }
        Ok(Update { mirror: self.clone(), change, draft: None, replaced: None })
    }
}

impl<V> Clone for Mirror<V> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<V: fmt::Debug> fmt::Debug for Mirror<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Mirror").field(&self.load()).finish()
    }
}

/// A change of a value and of the database.
pub(super) struct Update<V, F> {
    mirror: Mirror<V>,
    change: F,
    /// What it made of the value, until that is committed.
    draft: Option<Arc<V>>,
    /// What it has replaced, which is dropped when nothing is held any more.
    replaced: Option<Arc<V>>,
}

impl<V, T, F> Work for Update<V, F>
where
    V: Clone + Send + Sync + 'static,
    T: Send + 'static,
    F: FnMut(&Transaction<'_>, &mut V) -> Result<T, StoreError> + Send + 'static,
{
    type Output = T;

    fn run(&mut self, transaction: &Transaction<'_>) -> Result<T, StoreError> {
        let shared = &self.mirror.shared;
        let before = shared.draft.lock().clone().unwrap_or_else(|| shared.current.load_full());
        let mut value = (*before).clone();
        let result = (self.change)(transaction, &mut value)?;
        let value = Arc::new(value);
        *shared.draft.lock() = Some(Arc::clone(&value));
        self.draft = Some(value);
        Ok(result)
    }

    fn committed(&mut self) {
        if let Some(value) = self.draft.take() {
            *self.mirror.shared.draft.lock() = None;
            self.replaced = Some(self.mirror.shared.current.swap(value));
        }
    }

    fn undone(&mut self) {
        if self.draft.take().is_some() {
            *self.mirror.shared.draft.lock() = None;
        }
    }
}
