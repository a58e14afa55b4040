//! A process that uses the database of a test: `speckit-store-worker COMMAND DATABASE …`.

use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;

use speckit::store::rusqlite::Connection;
use speckit::store::{Store, StoreError, StoreOptions, SynchronousMode};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let database = PathBuf::from(&arguments[1]);
    let number = |index: usize| arguments[index].parse::<u64>().expect("a number");
    let result = match arguments[0].as_str() {
        "write" => write(database, number(2), number(3), number(4)),
        "write-pairs" => write_pairs(database, number(2), &arguments[3]),
        "open" => Store::open(database).map(|_| ()),
        "hold-lock" => hold_lock(database),
        "query" => query(database, &arguments[2]),
        "change-folder" => change_folder(database, PathBuf::from(&arguments[2])),
        command => panic!("no such command: {command}"),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{error:?}");
            ExitCode::FAILURE
        }
    }
}

/// Writes rows from several threads, each with a transfer between two accounts.
fn write(database: PathBuf, process: u64, threads: u64, writes: u64) -> Result<(), StoreError> {
    let store = Store::open(database)?;
    let write = |writer: u64| {
        (0..writes).try_for_each(|number| {
            store.write(move |tx| {
                tx.prepare_cached("INSERT INTO entries VALUES (?1)")?
                    .execute([format!("{process}/{writer}/{number}")])?;
                let left: i64 =
                    tx.query_row("SELECT sum FROM accounts WHERE id = 1", [], |row| row.get(0))?;
                tx.execute("UPDATE accounts SET sum = ?1 WHERE id = 1", [left - 1])?;
                tx.execute("UPDATE accounts SET sum = sum + 1 WHERE id = 2", [])?;
                Ok(())
            })
        })
    };
    thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|writer| scope.spawn(move || write(writer))).collect();
        running.into_iter().try_for_each(|thread| thread.join().expect("a writer does not panic"))
    })
}

/// Writes pairs of rows from several threads until the process is killed, and prints each committed pair.
fn write_pairs(database: PathBuf, threads: u64, synchronous: &str) -> Result<(), StoreError> {
    let synchronous = if synchronous == "full" { SynchronousMode::Full } else { SynchronousMode::Normal };
    let store = StoreOptions::new(database).synchronous(synchronous).open()?;
    let write = || -> Result<(), StoreError> {
        loop {
            let pair = store.write(|tx| {
                tx.execute("INSERT INTO lefts (filling) VALUES (randomblob(200))", [])?;
                let pair = tx.last_insert_rowid();
                tx.execute("INSERT INTO rights (pair, filling) VALUES (?1, randomblob(200))", [pair])?;
                Ok(pair)
            })?;
            // A single system call writes the line, so it is complete or absent.
            let line = format!("{pair}\n");
            std::io::stdout().lock().write_all(line.as_bytes()).expect("the test reads the lines");
        }
    };
    thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(write)).collect();
        running.into_iter().try_for_each(|thread| thread.join().expect("a writer does not panic"))
    })
}

/// Holds the write lock until its input ends.
fn hold_lock(database: PathBuf) -> Result<(), StoreError> {
    let connection = Connection::open(database)?;
    connection.execute_batch("BEGIN IMMEDIATE")?;
    println!("locked");
    std::io::stdin().read_to_end(&mut Vec::new()).expect("the input is readable");
    Ok(())
}

/// Prints the number that a query returns, over a connection without a store.
fn query(database: PathBuf, sql: &str) -> Result<(), StoreError> {
    let number: i64 = Connection::open(database)?.query_row(sql, [], |row| row.get(0))?;
    println!("{number}");
    Ok(())
}

/// Opens a relative path, changes the working folder, and then writes and reads.
fn change_folder(database: PathBuf, folder: PathBuf) -> Result<(), StoreError> {
    let store = Store::open(database)?;
    std::env::set_current_dir(folder).expect("the folder exists");
    store.write(|tx| Ok(tx.execute_batch("CREATE TABLE entries (name TEXT)")?))?;
    store.write(|tx| Ok(tx.execute("INSERT INTO entries VALUES ('entry')", []).map(|_| ())?))?;
    store.read(|tx| Ok(tx.query_row("SELECT name FROM entries", [], |_| Ok(()))?))
}
