//! Random histories of writes of every kind from several threads, against the plainest model: a set of rows.

use std::collections::BTreeSet;
use std::thread;

use speckit::store::{Mirror, Store, StoreError, Transaction};
use speckit_core::retry::Seed;

use super::ground::{Ground, insert, names, outcome, panic_quietly};

/// What a closure does after it has inserted its two rows.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Succeeds,
    Refuses,
    Panics,
    /// Meets a name that is taken, and says so.
    IsTaken,
    /// Rolls everything back, and says so.
    RollsBack,
    /// Rolls everything back, and says nothing.
    RollsBackSilently,
    /// Tries to commit, and goes on.
    TriesToCommit,
    /// Fails at the commit.
    Orphans,
    /// Takes the half of it back in a savepoint of its own, and does it again.
    Stumbles,
}

use Kind::*;

const KINDS: [Kind; 16] = [
    Succeeds,
    Succeeds,
    Succeeds,
    Succeeds,
    Succeeds,
    Succeeds,
    Succeeds,
    Refuses,
    Panics,
    IsTaken,
    RollsBack,
    RollsBackSilently,
    TriesToCommit,
    Orphans,
    Stumbles,
    Stumbles,
];

impl Kind {
    fn is_acknowledged(self) -> bool {
        matches!(self, Succeeds | TriesToCommit | Stumbles)
    }

    fn run(self, tx: &Transaction<'_>, name: &str) -> Result<(), StoreError> {
        insert(tx, name)?;
        match self {
            Succeeds => {}
            Refuses => return Err(StoreError::refused("no")),
            Panics => panic_quietly("a mistake"),
            IsTaken => insert(tx, "taken")?,
            RollsBack => {
                tx.execute("INSERT OR ROLLBACK INTO entries VALUES ('taken')", [])?;
            }
            RollsBackSilently => {
                let _ = tx.execute("INSERT OR ROLLBACK INTO entries VALUES ('taken')", []);
            }
            TriesToCommit => assert!(tx.execute_batch("COMMIT").is_err()),
            Orphans => {
                tx.execute("INSERT INTO children VALUES (99)", [])?;
            }
            Stumbles => {
                tx.execute_batch("SAVEPOINT own; DELETE FROM entries; ROLLBACK TO own; RELEASE own")?;
            }
        }
        // It is there exactly once with its counterpart, or not at all.
        insert(tx, &format!("{name}'"))
    }
}

type Names = BTreeSet<String>;

/// One thread's part of a history; gives the names that were acknowledged.
fn part(store: &Store, mirror: &Mirror<Names>, seed: Seed, thread: u64, writes: u64) -> Names {
    let mut draws = seed.nth(thread).stream("tests/histories");
    let mut acknowledged = Names::new();
    let mut waiting = Vec::new();
    for count in 0..writes {
        let kind = KINDS[usize::try_from(draws.up_to(KINDS.len() as u64 - 1)).unwrap()];
        let name = format!("{thread}/{count}");
        let own = name.clone();
        let change = move |tx: &Transaction<'_>, names: &mut Names| {
            assert!(names.insert(own.clone()), "its run before this one was taken back");
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

fn check(acknowledged: &mut Names, kind: Kind, name: String, ended: Result<Result<(), StoreError>, String>) {
    let is_acknowledged = ended == Ok(Ok(()));
    assert_eq!(is_acknowledged, kind.is_acknowledged(), "{name} {kind:?}: {ended:?}");
    assert_eq!(ended.is_err(), matches!(kind, Panics), "{name} {kind:?}: {ended:?}");
    if is_acknowledged {
        acknowledged.insert(name);
    }
}

fn history(seed: u64, threads: u64, writes: u64) {
    let ground = Ground::new();
    let store = &ground.store();
    let table = "CREATE TABLE children (parent INTEGER REFERENCES accounts DEFERRABLE INITIALLY DEFERRED);
                 INSERT INTO entries VALUES ('taken')";
    store.write(move |tx| Ok(tx.execute_batch(table)?)).unwrap();
    let mirror = &Mirror::new(Names::new());
    let acknowledged: Names = thread::scope(|scope| {
        let parts: Vec<_> = (0..threads)
            .map(|thread| scope.spawn(move || part(store, mirror, Seed::new(seed), thread, writes)))
            .collect();
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    });
    let pairs = acknowledged.iter().flat_map(|name| [name.clone(), format!("{name}'")]);
    let expected: Names = pairs.chain(["taken".to_owned()]).collect();
    // The names are unique, so that none is there twice.
    assert_eq!(names(store).into_iter().collect::<Names>(), expected, "seed {seed}");
    assert_eq!(*mirror.load(), acknowledged, "seed {seed}");
}

#[test]
fn what_is_acknowledged_is_there_once_and_nothing_else_is() {
    for seed in 0..10 {
        history(seed, 6, 50);
    }
}

#[test]
fn the_history_of_one_thread_is_as_that_of_many() {
    for seed in 100..104 {
        history(seed, 1, 150);
    }
}
