//! `store backup`, `store restore`, and the copy that an idle store allows.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde_json::json;
use speckit::store::{Store, StoreError, restore};

#[cfg(target_os = "linux")]
use crate::running_program::RunningProgram;
#[cfg(unix)]
use crate::small_disk::SmallDisk;
use crate::test_dir::TestDir;

/// Opens a database with this note, which stays in its log.
fn open(path: &Path, note: &str) -> Store {
    let store = Store::open(path).unwrap();
    let note = note.to_owned();
    store
        .write(move |tx| {
            tx.execute_batch("CREATE TABLE IF NOT EXISTS notes (text TEXT NOT NULL)")?;
            Ok(tx.execute("INSERT INTO notes VALUES (?1)", [&note])?)
        })
        .unwrap();
    store
}

/// A folder with a database `app.db` that has this note, and a backup `old.db` of one that had another.
fn dir() -> TestDir {
    let dir = TestDir::new();
    drop(open(&dir.path("old.db"), "old"));
    drop(open(&dir.path("app.db"), "new"));
    dir
}

fn notes(path: &Path) -> Vec<String> {
    let connection = Connection::open(path).unwrap();
    let mut statement = connection.prepare("SELECT text FROM notes ORDER BY rowid").unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

/// The files of an open database, copied as after a crash.
fn crash(store: &Store, to: &Path) {
    for ending in ["", "-wal"] {
        let path = |path: &Path| PathBuf::from(format!("{}{ending}", path.display()));
        std::fs::copy(path(store.path()), path(to)).unwrap();
    }
}

#[test]
fn a_backup_has_everything_while_others_write() {
    let dir = TestDir::new();
    let store = open(&dir.path("app.db"), "one");
    let result = dir.run("store backup b.db --database app.db").succeeds().no_stderr();
    let bytes = std::fs::metadata(dir.path("b.db")).unwrap().len();
    assert!(result.out.starts_with("wrote a copy of `app.db` to `b.db`: "), "{}", result.out);
    assert_eq!(notes(&dir.path("b.db")), ["one"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(dir.path("b.db")).unwrap().permissions().mode() & 0o777, 0o600);
    }
    dir.run("store check --database b.db").succeeds();
    let json = dir.run("store backup c.db --database app.db --format json").succeeds().no_stderr().json();
    assert_eq!(json, json!({ "ok": true, "database": "app.db", "file": "c.db", "bytes": bytes }));
    drop(store);
    assert_eq!(dir.names(), ["app.db", "b.db", "c.db"], "nothing else is left");
    assert_eq!(open(&dir.path("b.db"), "two").backup(dir.path("e.db")).unwrap().file, dir.path("e.db"));
    assert_eq!(notes(&dir.path("e.db")), ["one", "two"]);
}

#[test]
fn a_backup_replaces_a_file_only_with_force() {
    let dir = dir();
    dir.run("store backup old.db --database app.db").exits_2().only_stderr("old.db` exists already");
    assert_eq!(notes(&dir.path("old.db")), ["old"]);
    dir.run("store backup old.db --force --database app.db").succeeds().no_stderr();
    assert_eq!(notes(&dir.path("old.db")), ["new"]);
    assert_eq!(dir.names(), ["app.db", "old.db"]);
}

#[test]
fn a_backup_to_a_wrong_place_is_refused_and_changes_nothing() {
    let dir = dir();
    std::fs::create_dir(dir.path("folder")).unwrap();
    let open = open(&dir.path("open.db"), "open");
    dir.write("link.db-wal", "of a database that was moved");
    let names = dir.names();
    for (file, expected) in [
        ("app.db", "app.db` is the database itself"),
        ("folder", "folder` is no regular file"),
        ("open.db", "open.db-wal` is the log of a database that is open or was not closed"),
        ("link.db", "link.db-wal` is the log of a database that is open or was not closed"),
        ("app.db/b.db", "cannot be written: "),
    ] {
        let command = format!("store backup {file} --force --database app.db");
        dir.run(&command).exits_2().only_stderr(expected);
        assert_eq!(dir.run(&format!("{command} --format json")).exits_2().json()["ok"], false);
    }
    dir.run("store backup b.db --database no.db").exits_2().only_stderr("there is no database at ");
    assert_eq!(dir.names(), names);
    drop(open);
}

/// Overwrites a page in the middle of a database.
fn damage(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 8192 * 4096;
    bytes[middle..middle + 4096].fill(0xA5);
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn a_damaged_database_is_neither_backed_up_nor_restored() {
    let dir = dir();
    damage(&dir.path("old.db"));
    let before = std::fs::read(dir.path("app.db")).unwrap();
    for command in ["store backup b.db --database old.db", "store restore old.db --database app.db"] {
        let result =
            dir.run(command).exits_1().stderr_has("nothing is written, since the database is not sound");
        assert!(result.out.starts_with("damage"), "{}", result.out);
        assert_eq!(dir.run(&format!("{command} --format json")).exits_1().json()["ok"], false);
    }
    assert!(std::fs::read(dir.path("app.db")).unwrap() == before);
    assert_eq!(dir.names(), ["app.db", "old.db"]);
}

#[test]
fn a_restore_keeps_the_database_before_it() {
    let dir = dir();
    let result = dir.run("store restore old.db --database app.db").succeeds().no_stderr();
    let lines: Vec<&str> = result.out.lines().collect();
    assert!(lines[0].starts_with("restored `app.db` from `old.db`: "), "{}", result.out);
    assert!(lines[1].ends_with("app.db.before-restore-1`"), "{}", result.out);
    assert_eq!(
        (notes(&dir.path("app.db")), notes(&dir.path("app.db.before-restore-1"))),
        (vec!["old".into()], vec!["new".into()])
    );
    dir.run("store backup three.db --database app.db.before-restore-1").succeeds();
    let json = dir.run("store restore three.db --database app.db --format json").succeeds().json();
    let kept = dir.path("app.db.before-restore-2");
    assert_eq!(json["kept"], kept.to_str().unwrap());
    assert_eq!((notes(&dir.path("app.db")), notes(&kept)), (vec!["new".into()], vec!["old".into()]));
    let names = ["app.db", "app.db.before-restore-1", "app.db.before-restore-2", "old.db", "three.db"];
    assert_eq!(dir.names(), names);
    drop(Store::open(dir.path("app.db")).unwrap());
    drop(Store::open(kept).unwrap());
}

/// As another program or another service that shares the database needs them.
#[cfg(unix)]
#[test]
fn a_restored_database_has_the_owner_and_the_permissions_of_the_one_before_it() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
    let dir = dir();
    let path = dir.path("app.db");
    // Others than root keep their own files only.
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    if is_root {
        chown(&path, Some(12345), Some(23456)).unwrap();
    }
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o660)).unwrap();
    let access = || {
        let metadata = std::fs::metadata(&path).unwrap();
        (metadata.uid(), metadata.gid(), metadata.mode() & 0o7777)
    };
    let before = access();
    dir.run("store restore old.db --database app.db").succeeds().no_stderr();
    assert_eq!((access(), notes(&path)), (before, vec!["old".into()]));
    dir.run("store restore old.db --database new.db").succeeds();
    assert_eq!(std::fs::metadata(dir.path("new.db")).unwrap().mode() & 0o777, 0o600);
}

#[test]
fn a_backup_takes_no_name_that_sqlite_uses_beside_the_database() {
    let dir = dir();
    let names = dir.names();
    for ending in ["-wal", "-shm", "-journal"] {
        dir.run(&format!("store backup app.db{ending} --force --database app.db"))
            .exits_2()
            .only_stderr("is where SQLite keeps what belongs to the database");
    }
    dir.run("store backup no/folder/b.db --database app.db").exits_2().only_stderr("cannot be written");
    assert_eq!(dir.names(), names);
}

#[test]
fn a_log_stays_with_the_database_that_it_belongs_to() {
    let dir = dir();
    let store = open(&dir.path("other.db"), "in the log");
    crash(&store, &dir.path("crashed.db"));
    dir.run("store restore old.db --database crashed.db").succeeds();
    assert_eq!(notes(&dir.path("crashed.db")), ["old"]);
    assert_eq!(notes(&dir.path("crashed.db.before-restore-1")), ["in the log"]);
    // Here the database is gone, and its log is not.
    crash(&store, &dir.path("lost.db"));
    std::fs::remove_file(dir.path("lost.db")).unwrap();
    dir.run("store restore old.db --database lost.db").succeeds();
    assert_eq!(notes(&dir.path("lost.db")), ["old"]);
    assert!(
        dir.path("lost.db.before-restore-1-wal").exists() && !dir.path("lost.db.before-restore-1").exists()
    );
    // The log of a backup that was copied as it was is part of it.
    crash(&store, &dir.path("copied.db"));
    dir.run("store restore copied.db --database new/app.db").succeeds();
    assert_eq!(notes(&dir.path("new/app.db")), ["in the log"]);
    assert!(!dir.path("new/app.db.before-restore-1").exists());
}

#[test]
fn a_damaged_database_is_replaced_and_kept() {
    let dir = dir().file("text.db", "no database, but long enough to look like one\n".repeat(99));
    damage(&dir.path("app.db"));
    for name in ["app.db", "text.db"] {
        let before = std::fs::read(dir.path(name)).unwrap();
        dir.run(&format!("store restore old.db --database {name}")).succeeds().no_stderr();
        assert_eq!(notes(&dir.path(name)), ["old"]);
        let kept = std::fs::read(dir.path(&format!("{name}.before-restore-1"))).unwrap();
        // The mode of the journal stands in the header.
        assert!(kept.len() == before.len() && kept[100..] == before[100..]);
    }
}

#[test]
fn a_database_that_a_program_has_open_is_not_replaced() {
    let dir = dir();
    let store = Store::open(dir.path("app.db")).unwrap();
    dir.run("store restore old.db --database app.db")
        .exits_2()
        .only_stderr("is locked by another connection");
    assert_eq!(
        store.read(|tx| Ok(tx.query_row("SELECT text FROM notes", [], |row| row.get(0))?)),
        Ok("new".to_owned())
    );
    assert_eq!(store.write(|tx| Ok(tx.execute("INSERT INTO notes VALUES ('more')", [])?)), Ok(1));
    drop(store);
    assert_eq!(dir.names(), ["app.db", "old.db"]);
    assert!(restore(dir.path("app.db"), dir.path("old.db")).is_ok());
}

#[cfg(unix)]
#[test]
fn a_file_that_is_no_backup_is_refused_and_changes_nothing() {
    let dir = dir().file("text.db", "not a database, but long enough to look like one\n".repeat(30));
    let dir = dir.file("empty.db", "");
    std::fs::create_dir(dir.path("folder")).unwrap();
    let execute =
        |name: &str, sql: &str| Connection::open(dir.path(name)).unwrap().execute_batch(sql).unwrap();
    execute("foreign.db", "CREATE TABLE theirs (x)");
    drop(open(&dir.path("newer.db"), "newer"));
    execute("newer.db", "PRAGMA user_version = 999");
    for (name, version) in [("zero.db", "0"), ("negative.db", "-3"), ("older.db", "5")] {
        drop(open(&dir.path(name), name));
        execute(name, &format!("PRAGMA user_version = {version}"));
    }
    std::os::unix::fs::symlink(dir.path("app.db"), dir.path("link.db")).unwrap();
    let (names, before) = (dir.names(), std::fs::read(dir.path("app.db")).unwrap());
    for (file, expected) in [
        ("no.db", "no.db` does not exist"),
        ("folder", "folder` is no regular file"),
        ("empty.db", "empty.db` is empty"),
        ("text.db", "is no SQLite database"),
        ("foreign.db", "is a database of another program"),
        ("newer.db", "has version 999, but this release knows versions up to "),
        ("zero.db", "is a database of another program"),
        ("negative.db", "is a database of another program"),
        ("older.db", "older.db` does not have the tables of its version: "),
        ("app.db", "is the database itself"),
        ("link.db", "is the database itself"),
    ] {
        let command = format!("store restore {file} --database app.db");
        dir.run(&command).exits_2().only_stderr(expected);
        assert_eq!(dir.run(&format!("{command} --format json")).exits_2().json()["ok"], false);
    }
    dir.run("store restore old.db --database foreign.db").exits_2().only_stderr("of another program");
    assert!(std::fs::read(dir.path("app.db")).unwrap() == before);
    assert_eq!(dir.names(), names);
}

#[test]
fn the_messages_of_the_commands_are_accepted() {
    let dir = dir().file("text.db", "no database");
    let mut all = String::new();
    for arguments in [
        "backup b.db",
        "backup b.db",
        "backup b.db --force",
        "backup app.db",
        "backup b.db --database no.db",
        "restore no.db",
        "restore text.db",
        "restore app.db",
        "restore b.db",
        "restore b.db --database new.db",
    ] {
        let database = if arguments.contains("--database") { "" } else { " --database app.db" };
        let result = dir.run(&format!("store {arguments}{database}"));
        let text = format!("$ speckit store {arguments}\n{}{}[{}]\n\n", result.out, result.err, result.code);
        all += &text.replace(dir.path("").to_str().unwrap(), "FOLDER/");
    }
    // The length of a database changes with its tables.
    let bytes = std::fs::metadata(dir.path("b.db")).unwrap().len();
    let all = all.replace(&speckit_core::text::size(bytes), "SIZE");
    speckit_tests::golden!("store/command", "backups", all);
}

#[cfg(unix)]
#[test]
fn on_a_full_disk_nothing_is_left_and_nothing_changes() {
    let dir = dir();
    let Some(_disk) = SmallDisk::mount(&dir.path("disk"), 256) else { return };
    let store = open(&dir.path("large.db"), "large");
    store.write(|tx| Ok(tx.execute_batch("INSERT INTO notes SELECT hex(zeroblob(200000))")?)).unwrap();
    drop(store);
    let failed = dir.run("store backup disk/b.db --database large.db").exits_2();
    assert!(
        failed.err.contains("disk/b.db` cannot be written: ") && failed.err.contains("full"),
        "{}",
        failed.err
    );
    assert_eq!(std::fs::read_dir(dir.path("disk")).unwrap().count(), 0);
    std::fs::copy(dir.path("app.db"), dir.path("disk/app.db")).unwrap();
    dir.run("store restore large.db --database disk/app.db")
        .exits_2()
        .only_stderr("disk/app.db` cannot be written: ");
    assert_eq!(std::fs::read_dir(dir.path("disk")).unwrap().count(), 1);
    assert_eq!(notes(&dir.path("disk/app.db")), ["new"]);
}

#[test]
fn what_a_killed_backup_has_left_is_removed_by_the_next_one() {
    let dir = dir().file(".b.db.99999-0.tmp", "half a copy").file(".b.db.mine.tmp", "another file");
    dir.run("store backup b.db --database app.db").succeeds();
    assert!(!dir.path(".b.db.99999-0.tmp").exists() && dir.path(".b.db.mine.tmp").exists());
    assert_eq!(notes(&dir.path("b.db")), ["new"]);
}

/// Waits until a plain copy of the database, without its log, meets the condition.
fn wait_for_copy(database: &Path, copy: &Path, is_met: impl Fn() -> bool) {
    let begun = Instant::now();
    loop {
        std::fs::copy(database, copy).unwrap();
        if is_met() {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "the copy still lacks what is in the log");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_plain_copy_of_the_database_of_an_idle_watch_has_what_it_recorded() {
    let dir = TestDir::with_config("[hot_reload]\ndebounce_ms = 500\n");
    let mut watch = RunningProgram::start(&dir, "watch --plain --database app.db");
    assert_eq!(watch.next_line(), "loaded generation 1, watched");
    let count = || {
        let json = dir.run("history --database copy.db --format json").succeeds().json();
        json["generations"].as_array().unwrap().len()
    };
    wait_for_copy(&dir.path("app.db"), &dir.path("copy.db"), || count() == 1);
    dir.write("speckit.toml", "[hot_reload]\ndebounce_ms = 600\n");
    wait_for_copy(&dir.path("app.db"), &dir.path("copy.db"), || count() == 2);
    dir.run("store check --database copy.db").succeeds();
    watch.stop_with("TERM").succeeds();
}

#[test]
fn a_plain_copy_of_an_idle_store_has_what_its_callers_wrote() -> Result<(), StoreError> {
    let dir = TestDir::new();
    let (path, copy) = (dir.path("app.db"), dir.path("copy.db"));
    let store = open(&path, "1");
    for number in 2..=6 {
        store.write(move |tx| Ok(tx.execute("INSERT INTO notes VALUES (?1)", [number])?))?;
        let count = || {
            let copied = Connection::open(&copy).unwrap();
            copied.query_row("SELECT count(*) FROM notes", [], |row| row.get(0)).unwrap_or(0)
        };
        wait_for_copy(&path, &copy, || count() == number);
    }
    Ok(())
}
