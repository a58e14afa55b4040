//! A folder with a database, and helpers for its tests.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use speckit::store::rusqlite::Connection;
use speckit::store::{Store, StoreError, StoreOptions, Transaction};
use tempfile::TempDir;

/// A folder for a database.
pub struct TestDatabase {
    folder: TempDir,
}

impl TestDatabase {
    pub fn new() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("app.db")
    }

    pub fn options(&self) -> StoreOptions {
        StoreOptions::new(self.path())
    }

    /// A store with a table of unique names.
    pub fn store(&self) -> Store {
        open_with_tables(self.options())
    }

    /// A connection outside of the store.
    pub fn other_connection(&self) -> Connection {
        Connection::open(self.path()).unwrap()
    }
}

pub fn open_with_tables(options: StoreOptions) -> Store {
    let store = options.open().unwrap();
    store
        .write(|tx| {
            let sql = "CREATE TABLE IF NOT EXISTS entries (name TEXT NOT NULL UNIQUE);
                       CREATE TABLE IF NOT EXISTS accounts (id INTEGER PRIMARY KEY, sum INTEGER NOT NULL);
                       INSERT OR IGNORE INTO accounts VALUES (1, 1000), (2, 1000);";
            Ok(tx.execute_batch(sql)?)
        })
        .unwrap();
    store
}

pub fn insert(tx: &Transaction<'_>, name: &str) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT INTO entries VALUES (?1)")?.execute([name])?;
    Ok(())
}

/// Returns a closure that inserts a name.
pub fn add(
    name: impl Into<String>,
) -> impl FnMut(&Transaction<'_>) -> Result<(), StoreError> + Send + 'static {
    let name = name.into();
    move |tx| insert(tx, &name)
}

/// The committed names, sorted.
pub fn names(store: &Store) -> Vec<String> {
    let read = |tx: &Transaction<'_>| {
        let mut statement = tx.prepare("SELECT name FROM entries ORDER BY name")?;
        let names = statement.query_map([], |row| row.get(0))?;
        Ok(names.collect::<Result<Vec<String>, _>>()?)
    };
    store.read(read).unwrap()
}

pub fn query_number(store: &Store, sql: &'static str) -> i64 {
    store.read(|tx| Ok(tx.query_row(sql, [], |row| row.get(0))?)).unwrap()
}

/// Runs a future on this thread.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Runs a future like [`block_on`], and returns the text of a panic as an error.
pub fn catch_outcome<T>(future: impl Future<Output = T>) -> Result<T, String> {
    let waiting = std::panic::AssertUnwindSafe(|| block_on(future));
    std::panic::catch_unwind(waiting).map_err(|panic| (*panic.downcast_ref::<&str>().unwrap()).to_owned())
}

/// Panics without a message on the standard error.
pub fn panic_quietly(text: &'static str) -> ! {
    std::panic::resume_unwind(Box::new(text))
}

type BlockingWrite = Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send>>;

/// Blocks the writing thread with a closure, so that the writes submitted meanwhile form one group.
pub struct BlockedWriter {
    release_sender: Sender<()>,
    job: BlockingWrite,
}

impl BlockedWriter {
    pub fn new(store: &Store) -> Self {
        let (start_sender, start_receiver) = channel();
        let (release_sender, release_receiver) = channel::<()>();
        let job = Box::pin(store.write_async(move |_| {
            // If another closure ends the transaction, this one runs again. Then the channels are closed, and it does not block.
            let _ = start_sender.send(());
            let _ = release_receiver.recv();
            Ok(())
        }));
        start_receiver.recv().unwrap();
        Self { release_sender, job }
    }

    pub fn release(self) {
        drop(self.release_sender);
        block_on(self.job).unwrap();
    }
}

/// Runs a closure on another thread, and fails after a minute.
pub fn run_with_timeout<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    let (result_sender, result_receiver) = channel();
    let thread = std::thread::spawn(move || {
        let _ = result_sender.send(run());
    });
    match result_receiver.recv_timeout(Duration::from_secs(60)) {
        Ok(result) => {
            thread.join().unwrap();
            result
        }
        Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {
            panic!("the closure has not returned after a minute")
        }
        Err(_) => std::panic::resume_unwind(thread.join().unwrap_err()),
    }
}

/// Waits until a condition holds.
pub fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(60), "timeout: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Another process that uses the database.
pub fn worker(command: &str, database: &Path) -> Command {
    let mut worker = Command::new(env!("CARGO_BIN_EXE_speckit-store-worker"));
    worker.arg(command).arg(database).stdin(Stdio::null()).stdout(Stdio::piped());
    worker
}

/// Another process that holds the write lock until this is dropped.
pub struct LockHolder(Child);

impl LockHolder {
    pub fn new(database: &Path) -> Self {
        use std::io::{BufRead as _, BufReader};
        let mut child = worker("hold-lock", database).stdin(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "locked\n");
        Self(child)
    }
}

impl Drop for LockHolder {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}
