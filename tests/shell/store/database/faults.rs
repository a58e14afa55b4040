//! Faults in the code of a caller do not block or fail other calls.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use speckit::store::{Mirror, StoreError};

use super::test_database::{
    BlockedWriter, LockHolder, TestDatabase, add, block_on, names, open_with_tables, panic_quietly,
    run_with_timeout,
};

/// A value that panics when it is dropped.
#[derive(Clone, Debug)]
struct PanicsOnDrop;

impl Drop for PanicsOnDrop {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic_quietly("a mistake in a drop");
        }
    }
}

#[test]
fn a_result_that_panics_when_it_is_dropped_does_not_affect_others() {
    run_with_timeout(|| {
        let database = TestDatabase::new();
        let store = database.store();
        let (start_sender, start_receiver) = std::sync::mpsc::channel();
        let (release_sender, release_receiver) = std::sync::mpsc::channel::<()>();
        let dropped = store.write_async(move |_| {
            start_sender.send(()).unwrap();
            let _ = release_receiver.recv();
            Ok(PanicsOnDrop)
        });
        start_receiver.recv().unwrap();
        drop(dropped);
        let queued_after = store.write_async(add("queued after"));
        release_sender.send(()).unwrap();
        assert_eq!(block_on(queued_after), Ok(()));
        assert_eq!(block_on(store.write_async(add("later"))), Ok(()));
        assert_eq!(names(&store), ["later", "queued after"]);
    });
}

#[test]
fn a_closure_that_panics_when_it_is_dropped_does_not_affect_others() {
    run_with_timeout(|| {
        let database = TestDatabase::new();
        let store = database.store();
        let blocked = BlockedWriter::new(&store);
        let panics = PanicsOnDrop;
        let before = store.write_async(add("before"));
        let own = store.write_async(move |tx| {
            let _ = &panics;
            super::test_database::insert(tx, "own")
        });
        let after = store.write_async(add("after"));
        blocked.release();
        assert_eq!((block_on(before), block_on(own), block_on(after)), (Ok(()), Ok(()), Ok(())));
        assert_eq!(block_on(store.write_async(add("later"))), Ok(()));
        assert_eq!(names(&store), ["after", "before", "later", "own"]);
    });
}

#[test]
fn an_old_value_that_panics_when_it_is_dropped_does_not_affect_others() {
    run_with_timeout(|| {
        let database = TestDatabase::new();
        let store = database.store();
        let mirror = Mirror::new((0, Arc::new(PanicsOnDrop)));
        let blocked = BlockedWriter::new(&store);
        let own = store.update_async(&mirror, |tx, value| {
            *value = (value.0 + 1, Arc::new(PanicsOnDrop));
            super::test_database::insert(tx, "own")
        });
        let after = store.write_async(add("after"));
        blocked.release();
        assert_eq!((block_on(own), block_on(after)), (Ok(()), Ok(())));
        assert_eq!(names(&store), ["after", "own"]);
        assert_eq!(mirror.load().0, 1);
        // The last value must not be dropped.
        std::mem::forget(mirror);
    });
}

#[test]
fn a_deadline_that_panics_ends_its_call_and_does_not_affect_others() {
    run_with_timeout(|| {
        let database = TestDatabase::new();
        let is_broken = Arc::new(AtomicBool::new(false));
        let broken = Arc::clone(&is_broken);
        let store = open_with_tables(database.options().deadline_from(move || {
            if broken.load(Ordering::Relaxed) {
                panic_quietly("a mistake in a deadline");
            }
            Duration::from_secs(3600)
        }));
        let holder = LockHolder::new(&database.path());
        let own = store.write_async(add("own"));
        is_broken.store(true, Ordering::Relaxed);
        assert!(
            super::test_database::catch_outcome(own).is_err_and(|panic| panic == "a mistake in a deadline")
        );
        is_broken.store(false, Ordering::Relaxed);
        drop(holder);
        assert_eq!(block_on(store.write_async(add("later"))), Ok(()));
        assert_eq!(names(&store), ["later"]);
    });
}

/// A value that writes when it is dropped, and sends the result.
struct WritesOnDrop(speckit::store::Store, std::sync::mpsc::Sender<Result<(), StoreError>>);

impl Drop for WritesOnDrop {
    fn drop(&mut self) {
        let _ = self.1.send(self.0.write(add("on drop")));
    }
}

#[test]
fn a_write_when_a_closure_is_dropped_does_not_hang() {
    run_with_timeout(|| {
        let database = TestDatabase::new();
        let store = database.store();
        let (sender, results) = std::sync::mpsc::channel();
        let last = WritesOnDrop(store.clone(), sender);
        let own = store.write_async(move |tx| {
            let _ = &last;
            super::test_database::insert(tx, "own")
        });
        assert_eq!(block_on(own), Ok(()));
        assert_eq!(results.recv().unwrap(), Err(StoreError::Nested), "the writing thread drops the closure");
        assert_eq!(names(&store), ["own"]);
    });
}

#[test]
fn a_connection_is_usable_after_a_panic_of_a_read() {
    let database = TestDatabase::new();
    let store = database.store();
    let reader = store.clone();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
        reader.read(|tx| -> Result<(), StoreError> {
            let _: i64 = tx.query_row("SELECT count(*) FROM entries", [], |row| row.get(0))?;
            panic_quietly("in a read")
        })
    }));
    assert!(panicked.is_err());
    store.write(add("later")).unwrap();
    assert_eq!(names(&store), ["later"]);
}
