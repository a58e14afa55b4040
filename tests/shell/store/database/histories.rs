//! Random histories of writes of every kind from several threads, compared with a simple model: a set of rows.

use std::collections::BTreeSet;
use std::thread;

use speckit::store::{Mirror, Store, StoreError, Transaction};
use speckit_core::retry::Seed;

use super::test_database::{TestDatabase, insert, names, outcome, panic_quietly};

/// What a closure does between its two inserts.
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

const KINDS: [Behaviour; 16] = [
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

/// The writes of one thread; returns the acknowledged names.
fn part(store: &Store, mirror: &Mirror<NameSet>, seed: Seed, thread: u64, writes: u64) -> NameSet {
    let mut draws = seed.nth(thread).stream("tests/histories");
    let mut acknowledged = NameSet::new();
    let mut waiting = Vec::new();
    for count in 0..writes {
        let kind = KINDS[usize::try_from(draws.up_to(KINDS.len() as u64 - 1)).unwrap()];
        let name = format!("{thread}/{count}");
        let own = name.clone();
        let change = move |tx: &Transaction<'_>, names: &mut NameSet| {
            assert!(names.insert(own.clone()), "its earlier run was rolled back");
            kind.run(tx, &own)
        };
        match draws.up_to(2) {
            0 => {
                let (store, mirror) = (store.clone(), mirror.clone());
                let ended = outcome(async move { store.update(&mirror, change) });
                check(&mut acknowledged, kind, name, ended);
            }
            1 => check(&mut acknowledged, kind, name, outcome(store.update_async(mirror, change))),
            _ => waiting.push((kind, name, store.update_async(mirror, change))),
        }
    }
    for (kind, name, future) in waiting {
        check(&mut acknowledged, kind, name, outcome(future));
    }
    acknowledged
}

fn check(
    acknowledged: &mut NameSet,
    kind: Behaviour,
    name: String,
    ended: Result<Result<(), StoreError>, String>,
) {
    let is_acknowledged = ended == Ok(Ok(()));
    assert_eq!(is_acknowledged, kind.is_acknowledged(), "{name} {kind:?}: {ended:?}");
    assert_eq!(ended.is_err(), matches!(kind, Panics), "{name} {kind:?}: {ended:?}");
    if is_acknowledged {
        acknowledged.insert(name);
    }
}

fn history(seed: u64, threads: u64, writes: u64) {
    let database = TestDatabase::new();
    let store = &database.store();
    let table = "CREATE TABLE children (parent INTEGER REFERENCES accounts DEFERRABLE INITIALLY DEFERRED);
                 INSERT INTO entries VALUES ('taken')";
    store.write(move |tx| Ok(tx.execute_batch(table)?)).unwrap();
    let mirror = &Mirror::new(NameSet::new());
    let acknowledged: NameSet = thread::scope(|scope| {
        let parts: Vec<_> = (0..threads)
            .map(|thread| scope.spawn(move || part(store, mirror, Seed::new(seed), thread, writes)))
            .collect();
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    });
    let pairs = acknowledged.iter().flat_map(|name| [name.clone(), format!("{name}'")]);
    let expected: NameSet = pairs.chain(["taken".to_owned()]).collect();
    // The names are unique, so that none is there twice.
    assert_eq!(names(store).into_iter().collect::<NameSet>(), expected, "seed {seed}");
    assert_eq!(*mirror.load(), acknowledged, "seed {seed}");
}

#[test]
fn acknowledged_writes_and_no_others_are_committed() {
    for seed in 0..10 {
        history(seed, 6, 50);
    }
}

#[test]
fn the_writes_of_one_thread_obey_the_same_model() {
    for seed in 100..104 {
        history(seed, 1, 150);
    }
}
