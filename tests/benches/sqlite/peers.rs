//! The peers of the comparison.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use speckit::store::rusqlite::{Connection, TransactionBehavior};
use speckit::store::{Store, StoreOptions, SynchronousMode};

/// A way to use SQLite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SqlitePeer {
    Store,
    /// Reads with [`Store::query_row`], and otherwise as `Store`.
    QueryRow,
    BusyTimeout,
    Mutex,
}

pub(crate) fn mode_name(mode: SynchronousMode) -> &'static str {
    match mode {
        SynchronousMode::Normal => "normal",
        SynchronousMode::Full => "full",
    }
}

pub(crate) fn mode_of(name: &str) -> SynchronousMode {
    if name == "full" { SynchronousMode::Full } else { SynchronousMode::Normal }
}

impl SqlitePeer {
    const ALL: [Self; 4] = [Self::Store, Self::QueryRow, Self::BusyTimeout, Self::Mutex];
    pub(crate) const WRITERS: [Self; 3] = [Self::Store, Self::BusyTimeout, Self::Mutex];
    /// The first one is compared with the others.
    pub(crate) const READERS: [Self; 4] = [Self::QueryRow, Self::Store, Self::BusyTimeout, Self::Mutex];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::QueryRow => "query_row",
            Self::BusyTimeout => "busy_timeout",
            Self::Mutex => "mutex",
        }
    }

    pub(crate) fn of(name: &str) -> Self {
        Self::ALL.into_iter().find(|peer| peer.name() == name).expect("a peer has that name")
    }
}

const INSERT: &str = "INSERT INTO rows (writer, text) VALUES (?1, ?2)";
const SELECT: &str = "SELECT text FROM rows WHERE id = ?1";
const TEXT: &str = "a text of the length that such texts have, more or less";

/// Creates the table, and some rows to read.
pub(crate) fn prepare(path: &Path) {
    let store = Store::open(path).expect("it can be opened");
    let made = store.write(|tx| {
        tx.execute_batch(
            "CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, writer INTEGER, text TEXT)",
        )?;
        for _ in 0..1000 {
            tx.execute(INSERT, (0, TEXT))?;
        }
        Ok(())
    });
    made.expect("it can be written");
}

/// The state that all threads of a process share.
#[derive(Clone)]
pub(crate) enum SharedPeer {
    Store(Store),
    QueryRow(Store),
    BusyTimeout(Arc<Path>, SynchronousMode),
    Mutex(Arc<Mutex<Connection>>),
}

impl SharedPeer {
    pub(crate) fn open(peer: SqlitePeer, path: &Path, synchronous: SynchronousMode) -> Self {
        let store = || StoreOptions::new(path).synchronous(synchronous).open().expect("it can be opened");
        match peer {
            SqlitePeer::Store => Self::Store(store()),
            SqlitePeer::QueryRow => Self::QueryRow(store()),
            SqlitePeer::BusyTimeout => Self::BusyTimeout(path.into(), synchronous),
            SqlitePeer::Mutex => Self::Mutex(Arc::new(Mutex::new(connect(path, synchronous)))),
        }
    }

    /// The connection of one thread.
    pub(crate) fn connection(&self) -> PeerConnection {
        match self {
            Self::Store(store) => PeerConnection::Store(store.clone()),
            Self::QueryRow(store) => PeerConnection::QueryRow(store.clone()),
            Self::BusyTimeout(path, synchronous) => {
                PeerConnection::Own(Box::new(connect(path, *synchronous)))
            }
            Self::Mutex(connection) => PeerConnection::Mutex(Arc::clone(connection)),
        }
    }
}

pub(crate) enum PeerConnection {
    Store(Store),
    QueryRow(Store),
    Own(Box<Connection>),
    Mutex(Arc<Mutex<Connection>>),
}

impl PeerConnection {
    pub(crate) fn write(&mut self, writer: i64) {
        match self {
            Self::Store(store) | Self::QueryRow(store) => store
                .write(move |tx| Ok(tx.prepare_cached(INSERT)?.execute((writer, TEXT))?))
                .map(drop)
                .expect("it can be written"),
            Self::Own(connection) => insert(connection, writer),
            Self::Mutex(connection) => insert(&mut connection.lock().expect("no thread panicked"), writer),
        }
    }

    pub(crate) fn read(&mut self, id: i64) -> usize {
        let select = |connection: &Connection| {
            let mut select = connection.prepare_cached(SELECT).expect("the table is there");
            select.query_row([id], |row| row.get::<_, String>(0)).expect("the row is there").len()
        };
        match self {
            Self::Store(store) => store.read(|tx| Ok(select(tx))).expect("it can be read"),
            Self::QueryRow(store) => {
                let text = store.query_row(SELECT, [id], |row| row.get::<_, String>(0));
                text.expect("it can be read").len()
            }
            Self::Own(connection) => select(connection),
            Self::Mutex(connection) => select(&connection.lock().expect("no thread panicked")),
        }
    }
}

fn insert(connection: &mut Connection, writer: i64) {
    let begun = connection.transaction_with_behavior(TransactionBehavior::Immediate);
    let transaction = begun.expect("the lock is free within the time");
    let inserted = transaction.prepare_cached(INSERT).and_then(|mut insert| insert.execute((writer, TEXT)));
    inserted.expect("it can be written");
    transaction.commit().expect("it can be committed");
}

/// A connection with the store's settings.
fn connect(path: &Path, synchronous: SynchronousMode) -> Connection {
    let connection = Connection::open(path).expect("it can be opened");
    let settings = format!(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = {}; PRAGMA foreign_keys = ON; PRAGMA cache_size = -32768;
         PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 1073741824;",
        mode_name(synchronous)
    );
    connection.execute_batch(&settings).expect("the settings are right");
    connection.busy_timeout(Duration::from_secs(60)).expect("it can be set");
    connection
}
