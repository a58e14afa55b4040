//! Awaited writes and reads.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use speckit::store::{Mirror, StoreError, Transaction};

use super::test_database::{
    BlockedWriter, LockHolder, TestDatabase, add, block_on, insert, names, open_with_tables, panic_quietly,
    query_number, run_with_timeout,
};

async fn run_a_thousand_tasks(database: &TestDatabase) {
    let store = database.store();
    let mirror = Mirror::new(0_i64);
    let tasks: Vec<_> = (0..1000)
        .map(|index| {
            let (store, mirror) = (store.clone(), mirror.clone());
            tokio::spawn(async move {
                store.write_async(add(format!("{index}"))).await?;
                store
                    .update_async(&mirror, |tx, value| {
                        *value += 1;
                        tx.execute("UPDATE accounts SET sum = ?1 WHERE id = 1", [*value])?;
                        Ok(())
                    })
                    .await?;
                let sql = "SELECT count(*) FROM entries";
                store.read_async(move |tx| Ok(tx.query_row(sql, [], |row| row.get::<_, i64>(0))?)).await
            })
        })
        .collect();
    for task in tasks {
        assert!(task.await.unwrap().unwrap() >= 1);
    }
    assert_eq!((names(&store).len(), *mirror.load()), (1000, 1000));
    assert_eq!(query_number(&store, "SELECT sum FROM accounts WHERE id = 1"), 1000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_tasks_write_and_read_at_once_on_many_threads() {
    run_a_thousand_tasks(&TestDatabase::new()).await;
}

#[tokio::test]
async fn a_thousand_tasks_write_and_read_at_once_on_one_thread() {
    run_a_thousand_tasks(&TestDatabase::new()).await;
}

#[tokio::test]
async fn a_waiting_write_blocks_no_thread() {
    let database = TestDatabase::new();
    let store = database.store();
    let blocked = BlockedWriter::new(&store);
    let waiting = tokio::spawn(store.write_async(add("waiting")));
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert!(!waiting.is_finished(), "the one thread of this runtime is not blocked");
    std::thread::spawn(move || blocked.release()).join().unwrap();
    waiting.await.unwrap().unwrap();
    assert_eq!(names(&store), ["waiting"]);
}

#[test]
fn dropping_a_future_before_its_closure_begins_writes_nothing() {
    let database = TestDatabase::new();
    let store = database.store();
    let blocked = BlockedWriter::new(&store);
    let (kept, dropped) = (store.write_async(add("kept")), store.write_async(add("dropped")));
    let mirror = Mirror::new(0);
    let changed = store.update_async(&mirror, |_, value| {
        *value += 1;
        Ok(())
    });
    drop((dropped, changed));
    blocked.release();
    block_on(kept).unwrap();
    block_on(store.write_async(|_| Ok(()))).unwrap();
    assert_eq!((names(&store), *mirror.load()), (vec!["kept".to_owned()], 0));
}

#[test]
fn dropping_a_future_that_waits_for_a_lock_writes_nothing() {
    run_with_timeout(|| {
        let database = TestDatabase::new();
        let store = database.store();
        let holder = LockHolder::new(&database.path());
        let dropped = store.write_async(add("dropped"));
        // By now, the writing thread waits for the lock.
        std::thread::sleep(Duration::from_millis(100));
        drop(dropped);
        drop(holder);
        store.write(add("after")).unwrap();
        assert_eq!(names(&store), ["after"]);
    });
}

#[test]
fn a_dropped_future_does_not_change_the_deadline_of_the_next_one() {
    run_with_timeout(|| {
        let database = TestDatabase::new();
        let store = open_with_tables(database.options().deadline(Duration::from_secs(3600)));
        let holder = LockHolder::new(&database.path());
        let (first, second) = (store.write_async(add("first")), store.write_async(add("second")));
        drop(first);
        std::thread::sleep(Duration::from_millis(20));
        drop(holder);
        assert_eq!(block_on(second), Ok(()));
        assert_eq!(names(&store).last().unwrap(), "second");
    });
}

#[test]
fn dropping_a_future_while_its_closure_runs_still_commits() {
    let database = TestDatabase::new();
    let store = database.store();
    let has_begun = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&has_begun);
    let dropped = store.write_async(move |tx: &Transaction<'_>| {
        flag.store(true, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(30));
        insert(tx, "begun")
    });
    super::test_database::wait_until("the closure begins", || has_begun.load(Ordering::SeqCst));
    drop(dropped);
    store.write(add("after")).unwrap();
    assert_eq!(names(&store), ["after", "begun"]);
}

#[tokio::test]
async fn a_panic_continues_in_the_awaiting_task() {
    let database = TestDatabase::new();
    let store = database.store();
    let write = tokio::spawn(store.write_async(|tx| -> Result<(), StoreError> {
        insert(tx, "partial")?;
        panic_quietly("in a write")
    }));
    let mirror = Mirror::new(0);
    let update = tokio::spawn(store.update_async(&mirror, |_, value| -> Result<(), StoreError> {
        *value += 1;
        panic_quietly("in an update")
    }));
    let reader = store.clone();
    let read = tokio::spawn(async move {
        reader.read_async(|_| -> Result<(), StoreError> { panic_quietly("in a read") }).await
    });
    for (task, text) in [(write, "in a write"), (update, "in an update"), (read, "in a read")] {
        let panic = task.await.unwrap_err().into_panic();
        assert_eq!(panic.downcast_ref::<&str>(), Some(&text));
    }
    store.write_async(add("after")).await.unwrap();
    assert_eq!((names(&store), *mirror.load()), (vec!["after".to_owned()], 0));
}
