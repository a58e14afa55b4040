//! `store stats|check|vacuum`.

use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use rusqlite::Connection;
use serde_json::json;
use speckit::store::Store;

#[cfg(target_os = "linux")]
use crate::running_program::RunningProgram;
use crate::test_dir::{TestDir, member_names};

const COMMANDS: [&str; 3] = ["store stats", "store check", "store vacuum"];

/// A folder with a database of five thousand rows, without free pages.
fn create_database() -> TestDir {
    let dir = TestDir::new();
    let store = Store::open(dir.path("app.db")).unwrap();
    store
        .write(|tx| {
            tx.execute_batch(
                "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL);
                 CREATE INDEX notes_by_text ON notes (text);
                 CREATE TABLE tags (note INTEGER NOT NULL REFERENCES notes (id), tag TEXT NOT NULL);
                 WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 5000)
                 INSERT INTO notes SELECT id, 'this is note number ' || id FROM n;
                 INSERT INTO tags VALUES (7, 'red');",
            )?;
            Ok(())
        })
        .unwrap();
    dir
}

/// Runs statements on a connection without the settings of a store.
fn execute(path: &Path, sql: &str) {
    Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

/// Overwrites the content of pages, numbered from 1.
fn damage(path: &Path, pages: impl IntoIterator<Item = u64>) {
    let mut file = std::fs::File::options().read(true).write(true).open(path).unwrap();
    for page in pages {
        file.seek(SeekFrom::Start((page - 1) * 4096)).unwrap();
        file.write_all(&[0xA5; 4096]).unwrap();
    }
}

fn read_file(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    std::fs::File::open(path).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

#[test]
fn stats_show_the_tables_and_change_nothing() {
    let dir = create_database();
    let before = read_file(&dir.path("app.db"));
    let result = dir.run("store stats --database app.db").succeeds().no_stderr();
    for expected in
        ["file ", "app.db", "pages ", "of 4 KiB, 0 of them free", "last vacuum  none yet", "journal_mode wal"]
    {
        assert!(result.out.contains(expected), "no `{expected}` in\n{}", result.out);
    }
    let json = dir.run("store stats --database app.db --format json").succeeds().no_stderr().json();
    assert_eq!(
        member_names(&json),
        [
            "file_bytes",
            "free_pages",
            "last_vacuum",
            "page_bytes",
            "pages",
            "path",
            "savings_bytes",
            "settings",
            "tables",
            "version",
            "wal_bytes",
        ]
    );
    assert_eq!(json["file_bytes"], json!(before.len()));
    assert_eq!(json["pages"].as_u64().unwrap() * 4096, before.len() as u64);
    let notes = json["tables"].as_array().unwrap().iter().find(|table| table["name"] == "notes").unwrap();
    assert_eq!(notes["rows"], 5000);
    assert!(notes["bytes"].as_u64().unwrap() > 300_000, "with its index: {notes}");
    let sizes = json["tables"].as_array().unwrap().iter().map(|table| table["bytes"].as_u64().unwrap());
    assert!(sizes.sum::<u64>() + 2 * 4096 + 8192 >= before.len() as u64, "every page belongs to a table");
    for (name, value) in [("auto_vacuum", "incremental"), ("foreign_keys", "on"), ("synchronous", "normal")] {
        assert_eq!(json["settings"][name], value);
    }
    assert!(read_file(&dir.path("app.db")) == before);
    assert_eq!(dir.names(), ["app.db"], "no other file is left");
}

#[test]
fn check_exits_with_0_for_a_sound_database() {
    let dir = create_database();
    assert_eq!(dir.run("store check --database app.db").succeeds().no_stderr().out, "`app.db` is sound\n");
    let json = dir.run("store check --database app.db --format json").succeeds().json();
    assert_eq!(json, json!({"ok": true, "findings": []}));
    assert_eq!(dir.names(), ["app.db"]);
}

#[test]
fn check_reports_a_row_that_refers_to_a_missing_row() {
    let dir = create_database();
    execute(&dir.path("app.db"), "PRAGMA foreign_keys = OFF; DELETE FROM notes WHERE id = 7");
    let result = dir.run("store check --database app.db").exits_1().no_stderr();
    assert_eq!(result.out, "row 1 of `tags` refers by `note` to a missing row of `notes`\n");
    let json = dir.run("store check --database app.db --format json").exits_1().json();
    assert_eq!(json["ok"], false);
    assert_eq!(
        json["findings"],
        json!([{
            "kind": "reference", "table": "tags", "rowid": 1, "columns": ["note"], "parent": "notes",
            "message": "row 1 of `tags` refers by `note` to a missing row of `notes`",
        }])
    );
}

#[test]
fn check_reports_overwritten_pages() {
    let dir = create_database();
    let path = dir.path("app.db");
    let pages = read_file(&path).len() as u64 / 4096;
    damage(&path, pages / 2..pages / 2 + 3);
    let before = read_file(&path);
    let result = dir.run("store check --database app.db").exits_1().stderr_has("help: restore the file");
    assert!(result.out.lines().count() >= 3, "{}", result.out);
    assert!(result.out.contains("damage in `notes`: Tree "), "{}", result.out);
    let json = dir.run("store check --database app.db --format json").exits_1().json();
    assert!(json["findings"].as_array().unwrap().iter().any(|finding| finding["table"] == "notes"), "{json}");
    assert!(read_file(&path) == before, "the check changes nothing");
}

#[test]
fn check_reports_a_truncated_file_and_a_lost_schema() {
    let dir = create_database();
    let path = dir.path("app.db");
    let intact = read_file(&path);
    std::fs::write(&path, &intact[..intact.len() / 2]).unwrap();
    let result = dir.run("store check --database app.db").exits_1();
    assert!(result.out.starts_with("damage: "), "{}", result.out);
    // The page of the schema begins after the header.
    let mut damaged = intact.clone();
    damaged[100..4096].fill(0xA5);
    std::fs::write(&path, damaged).unwrap();
    let result = dir.run("store check --database app.db").exits_1();
    assert!(result.out.starts_with("damage: "), "{}", result.out);
    for command in ["store stats", "store vacuum"] {
        dir.run(&format!("{command} --database app.db")).exits_2().only_stderr("is damaged: ");
    }
}

#[test]
fn a_missing_database_is_reported_and_not_created() {
    let dir = TestDir::new();
    for command in COMMANDS {
        dir.run(&format!("{command} --database no.db"))
            .exits_2()
            .only_stderr("/no.db`; name another with `--database`");
        let json = dir.run(&format!("{command} --database no.db --format json")).exits_2().json();
        assert_eq!(json["ok"], false);
        dir.run(command).exits_2().stderr_has("/.code/speckit.db`");
    }
    assert_eq!(dir.names(), [""; 0]);
}

#[test]
fn files_that_are_not_a_store_are_refused_and_not_changed() {
    let dir =
        create_database().file("text.db", "not a database, but long enough to look like one\n".repeat(30));
    execute(&dir.path("foreign.db"), "CREATE TABLE theirs (x)");
    execute(&dir.path("app.db"), "PRAGMA user_version = 9");
    let names = dir.names();
    for command in COMMANDS {
        for (file, expected) in [
            ("text.db", "is no SQLite database"),
            ("foreign.db", "is a database of another program"),
            ("app.db", "has version 9, but this release knows versions up to 6"),
        ] {
            let before = read_file(&dir.path(file));
            dir.run(&format!("{command} --database {file}")).exits_2().only_stderr(expected);
            assert!(read_file(&dir.path(file)) == before, "{command} {file}");
        }
    }
    assert_eq!(dir.names(), names);
}

#[test]
fn a_locked_database_is_an_error_and_can_be_read_while_it_does_not_change() {
    let dir = create_database();
    let other = Connection::open(dir.path("app.db")).unwrap();
    other.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; DELETE FROM tags").unwrap();
    for command in ["store stats", "store check"] {
        dir.run(&format!("{command} --database app.db")).succeeds().no_stderr();
    }
    let run_refused = |command: &str| {
        dir.run(&format!("{command} --database app.db"))
            .exits_2()
            .only_stderr("is locked by another connection");
    };
    run_refused("store vacuum");
    // The log has the change, and only this connection has its index.
    other.execute_batch("COMMIT").unwrap();
    std::thread::scope(|scope| {
        COMMANDS.iter().for_each(|command| drop(scope.spawn(|| run_refused(command))));
    });
}

#[test]
fn a_vacuum_shrinks_the_file_and_reports_its_size() {
    let dir = create_database();
    let path = dir.path("app.db");
    let store = Store::open(&path).unwrap();
    store
        .write(|tx| Ok(tx.execute_batch("CREATE TABLE blobs AS SELECT zeroblob(3000000) AS blob")?))
        .unwrap();
    store.write(|tx| Ok(tx.execute_batch("DELETE FROM blobs")?)).unwrap();
    drop(store);
    let before = read_file(&path).len() as u64;
    let json = dir.run("store stats --database app.db --format json").succeeds().json();
    let savings = json["savings_bytes"].as_u64().unwrap();
    let json = dir.run("store vacuum --database app.db --format json").succeeds().no_stderr().json();
    let after = read_file(&path).len() as u64;
    assert_eq!(json["freed_bytes"], savings);
    assert_eq!((&json["bytes_before"], &json["bytes_after"]), (&json!(before), &json!(after)));
    assert_eq!(
        (&json["is_finished"], &json["is_cut"], &json["steps"]),
        (&json!(true), &json!(true), &json!(3))
    );
    assert_eq!(before - after, savings);
    let again = dir.run("store vacuum --database app.db").succeeds().no_stderr();
    assert!(again.out.starts_with("nothing to free; the file has "), "{}", again.out);
    let stats = dir.run("store stats --database app.db").succeeds();
    assert!(stats.out.contains("last vacuum  20"), "{}", stats.out);
    assert_eq!(dir.run("store check --database app.db").succeeds().out, "`app.db` is sound\n");
    assert_eq!(dir.names(), ["app.db"]);
}

#[test]
fn the_option_the_variable_or_the_configuration_names_the_file() {
    let dir = create_database();
    let output = |dir: &TestDir, arguments: &str| dir.run(arguments).succeeds().out;
    std::fs::create_dir_all(dir.path("data")).unwrap();
    for name in ["data/variable.db", "data/set.db"] {
        std::fs::copy(dir.path("app.db"), dir.path(name)).unwrap();
    }
    dir.write("speckit.toml", "[store]\npath = \"~/data/set.db\"\n");
    assert!(output(&dir, "store check").contains("/data/set.db` is sound"));
    let dir = dir.variable("SPECKIT_DATABASE", "data/variable.db");
    assert_eq!(output(&dir, "store check"), "`data/variable.db` is sound\n");
    assert_eq!(output(&dir, "--database app.db store check"), "`app.db` is sound\n");
    dir.write("speckit.toml", "store = 3\n");
    assert_eq!(
        output(&dir, "store check"),
        "`data/variable.db` is sound\n",
        "a named database needs no configuration"
    );
}

#[test]
fn an_invalid_configuration_still_names_its_database() {
    let dir = create_database();
    dir.write("speckit.toml", "[store]\npath = \"app.db\"\n[retry]\nmax_attempts = \"many\"\n");
    assert_eq!(dir.run("store check").succeeds().out, "`app.db` is sound\n");
}

#[cfg(target_os = "linux")]
#[test]
fn a_signal_stops_a_vacuum_between_two_steps() {
    let dir = create_database();
    let path = dir.path("app.db");
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let vacuum = RunningProgram::start(&dir, "store vacuum --database app.db");
    let id = vacuum.child.id();
    // Whether the program handles SIGINT. It has number 2, so this is the second bit.
    let handles_sigint = || {
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap().trim();
        u64::from_str_radix(caught, 16).unwrap() & 2 != 0
    };
    let start = std::time::Instant::now();
    while !handles_sigint() {
        assert!(start.elapsed().as_secs() < 60, "the program handles SIGINT");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    vacuum.signal("INT");
    std::thread::sleep(std::time::Duration::from_secs(1));
    other.execute_batch("COMMIT").unwrap();
    let result = vacuum.wait_for_exit().exits_2();
    assert!(result.out.starts_with("stopped after "), "{}", result.out);
    dir.run("store check --database app.db").succeeds();
}

#[cfg(unix)]
#[test]
fn a_file_that_is_not_regular_is_refused() {
    let dir = TestDir::new();
    let _socket = std::os::unix::net::UnixListener::bind(dir.path("socket")).unwrap();
    for command in ["store stats", "store check"] {
        dir.run(&format!("{command} --database socket")).exits_2().only_stderr("it is no regular file");
    }
}

#[test]
fn a_path_is_not_parsed_as_a_uri() {
    let dir = create_database();
    std::fs::rename(dir.path("app.db"), dir.path("file:app.db")).unwrap();
    for command in ["store stats", "store check"] {
        dir.run(&format!("{command} --database file:app.db")).succeeds();
    }
}
