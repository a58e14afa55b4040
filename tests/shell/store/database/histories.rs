//! Random histories of writes of every kind from several threads, compared with a simple model: a set of rows.

use std::collections::BTreeSet;
use std::thread;

use speckit::store::{Mirror, Store, StoreError, Transaction};
use speckit_core::retry::Seed;

use super::test_database::{TestDatabase, catch_outcome, insert, names, panic_quietly};

/// The behaviour of a closure between its two inserts.
#[derive(Clone, Copy, Debug)]
enum Behaviour {
    Succeeds,
    Fails,
    Panics,
    /// Inserts a name that exists, and returns the error.
    IsTaken,
    /// Rolls everything back, and returns the error.
    RollsBack,
    /// Rolls everything back, and ignores the error.
    RollsBackSilently,
    /// Tries to commit, and continues.
    TriesToCommit,
    /// Fails at the commit.
    BreaksReference,
    /// Rolls back its own savepoint.
    UsesSavepoint,
}

use Behaviour::*;

const BEHAVIOURS: [Behaviour; 16] = [
    Succeeds,
    Succeeds,
    Succeeds,
    Succeeds,
    Succeeds,
    Succeeds,
    Succeeds,
    Fails,
    Panics,
    IsTaken,
    RollsBack,
    RollsBackSilently,
    TriesToCommit,
    BreaksReference,
    UsesSavepoint,
    UsesSavepoint,
];

impl Behaviour {
    fn is_acknowledged(self) -> bool {
        matches!(self, Succeeds | TriesToCommit | UsesSavepoint)
    }

    fn run(self, tx: &Transaction<'_>, name: &str) -> Result<(), StoreError> {
        insert(tx, name)?;
        match self {
            Succeeds => {}
            Fails => return Err(StoreError::refused("no")),
            Panics => panic_quietly("a mistake"),
            IsTaken => insert(tx, "taken")?,
            RollsBack => {
                tx.execute("INSERT OR ROLLBACK INTO entries VALUES ('taken')", [])?;
            }
            RollsBackSilently => {
                let _ = tx.execute("INSERT OR ROLLBACK INTO entries VALUES ('taken')", []);
            }
            TriesToCommit => assert!(tx.execute_batch("COMMIT").is_err()),
            BreaksReference => {
                tx.execute("INSERT INTO children VALUES (99)", [])?;
            }
            UsesSavepoint => {
                tx.execute_batch("SAVEPOINT own; DELETE FROM entries; ROLLBACK TO own; RELEASE own")?;
            }
        }
        // Both inserts are committed, or neither.
        insert(tx, &format!("{name}'"))
    }
}

type NameSet = BTreeSet<String>;

/// Makes the writes of one thread, and returns the acknowledged names.
fn write_randomly(store: &Store, mirror: &Mirror<NameSet>, seed: Seed, thread: u64, writes: u64) -> NameSet {
    let mut random = seed.nth(thread).stream("tests/histories");
    let mut acknowledged = NameSet::new();
    let mut waiting = Vec::new();
    for count in 0..writes {
        let behaviour = BEHAVIOURS[usize::try_from(random.up_to(BEHAVIOURS.len() as u64 - 1)).unwrap()];
        let name = format!("{thread}/{count}");
        let own = name.clone();
        let change = move |tx: &Transaction<'_>, names: &mut NameSet| {
            assert!(names.insert(own.clone()), "an earlier run of the closure was rolled back");
            behaviour.run(tx, &own)
        };
        match random.up_to(2) {
            0 => {
                let (store, mirror) = (store.clone(), mirror.clone());
                let result = catch_outcome(async move { store.update(&mirror, change) });
                check(&mut acknowledged, behaviour, name, result);
            }
            1 => check(&mut acknowledged, behaviour, name, catch_outcome(store.update_async(mirror, change))),
            _ => waiting.push((behaviour, name, store.update_async(mirror, change))),
        }
    }
    for (behaviour, name, future) in waiting {
        check(&mut acknowledged, behaviour, name, catch_outcome(future));
    }
    acknowledged
}

fn check(
    acknowledged: &mut NameSet,
    behaviour: Behaviour,
    name: String,
    result: Result<Result<(), StoreError>, String>,
) {
    let is_acknowledged = result == Ok(Ok(()));
    assert_eq!(is_acknowledged, behaviour.is_acknowledged(), "{name} {behaviour:?}: {result:?}");
    assert_eq!(result.is_err(), matches!(behaviour, Panics), "{name} {behaviour:?}: {result:?}");
    if is_acknowledged {
        acknowledged.insert(name);
    }
}

fn run_history(seed: u64, threads: u64, writes: u64) {
    let database = TestDatabase::new();
    let store = &database.store();
    let table = "CREATE TABLE children (parent INTEGER REFERENCES accounts DEFERRABLE INITIALLY DEFERRED);
                 INSERT INTO entries VALUES ('taken')";
    store.write(move |tx| Ok(tx.execute_batch(table)?)).unwrap();
    let mirror = &Mirror::new(NameSet::new());
    let acknowledged: NameSet = thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|thread| scope.spawn(move || write_randomly(store, mirror, Seed::new(seed), thread, writes)))
            .collect();
        running.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let pairs = acknowledged.iter().flat_map(|name| [name.clone(), format!("{name}'")]);
    let expected: NameSet = pairs.chain(["taken".to_owned()]).collect();
    // The database rejects equal names, so a set is enough.
    assert_eq!(names(store).into_iter().collect::<NameSet>(), expected, "seed {seed}");
    assert_eq!(*mirror.load(), acknowledged, "seed {seed}");
}

#[test]
fn acknowledged_writes_and_no_others_are_committed() {
    for seed in 0..10 {
        run_history(seed, 6, 50);
    }
}

#[test]
fn the_writes_of_one_thread_obey_the_same_model() {
    for seed in 100..104 {
        run_history(seed, 1, 150);
    }
}
