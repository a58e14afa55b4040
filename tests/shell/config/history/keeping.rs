//! The settings limit how much is recorded, and secrets are not recorded.

use speckit::History;
use speckit::store::{Store, Transaction};
use speckit::{Builder, Config, Environment};

use super::{
    Settings, builder, builder_without_history, count_occurrences, describe_generations, history,
    read_database, read_generation, source_texts, store_config, write_and_reload,
};
use crate::test_dir::TestDir;

#[test]
fn the_limit_counts_for_each_set_of_files_and_for_refusals() {
    let dir = TestDir::new().file("app.toml", "keep = 3\n").file("other.toml", "port = 1\n");
    let other = builder_without_history(&dir)
        .file(dir.path("other.toml"))
        .history(dir.path("app.db"))
        .open()
        .unwrap();
    let config = builder(&dir).history_settings(store_config).open().unwrap();
    for port in 1..=5 {
        dir.write("other.toml", format!("port = {}\n", port + 1));
        other.reload().unwrap();
        history(&other).refusals().unwrap();
        write_and_reload(&config, &dir, &format!("keep = 3\nport = {port}\n"));
        dir.write("app.toml", format!("port = 'bad{port}'\n"));
        assert!(config.reload().is_err());
        // Each history is written by its own thread, and reading it waits for this thread.
        history(&config).refusals().unwrap();
    }
    let numbers = |config: &Config<Settings>| {
        let all = history(config).generations().unwrap();
        let of_app = all
            .iter()
            .filter(|generation| history(config).files(generation.number).unwrap().unwrap().len() == 1);
        (of_app.map(|generation| generation.number).collect::<Vec<_>>(), all.len())
    };
    assert_eq!(numbers(&config), (vec![8, 10, 12], 9), "all generations of the other files are kept");
    assert_eq!(history(&config).refusals().unwrap().len(), 3);
    let sources: i64 = history(&config)
        .store()
        .unwrap()
        .read(|tx| Ok(tx.query_row("SELECT count(*) FROM config_sources", [], |row| row.get(0))?))
        .unwrap();
    assert_eq!(sources, 3 + 2 * 6, "the texts are removed with their generation");
    write_and_reload(&config, &dir, "keep = 1\nport = 6\n");
    assert_eq!(numbers(&config), (vec![13], 7), "a reloaded limit is applied at once");
}

/// The bytes that each history counts, and those that it has.
fn counted_and_stored_bytes(history: &History) -> Vec<(i64, i64)> {
    let read = |tx: &Transaction<'_>| {
        let sql = "SELECT bytes,
            (SELECT total(octet_length(text)) FROM config_texts WHERE history_id = config_histories.id)
            + (SELECT total(octet_length(changed)) FROM config_generations WHERE files = config_histories.files)
            + (SELECT total(octet_length(diagnostics)) + total(octet_length(report)) FROM config_refusals
                WHERE files = config_histories.files)
            FROM config_histories ORDER BY id";
        let mut statement = tx.prepare(sql)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, f64>(1)? as i64)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    };
    history.store().unwrap().read(read).unwrap()
}

/// The stored texts and values of all histories, sorted.
fn stored_texts(history: &History) -> Vec<String> {
    let read = |tx: &Transaction<'_>| {
        let mut statement = tx.prepare("SELECT text FROM config_texts ORDER BY text")?;
        Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
    };
    history.flush().unwrap();
    history.store().unwrap().read(read).unwrap()
}

fn assert_counts(history: &History) {
    let counted = counted_and_stored_bytes(history);
    assert!(counted.iter().all(|(counted, stored)| counted == stored), "{counted:?}");
}

#[test]
fn equal_texts_and_values_of_a_history_are_stored_once() {
    let dir = TestDir::new().file("app.toml", "keep = 6\nport = 1\n").file("base.toml", "workers = 8\n");
    let config = builder_without_history(&dir).file(dir.path("base.toml")).history(dir.path("app.db"));
    let config = config.history_settings(store_config).open().unwrap();
    for port in [2, 1, 2, 1, 2] {
        write_and_reload(&config, &dir, &format!("keep = 6\nport = {port}\n"));
    }
    let history = history(&config);
    let expected = [
        "keep = 6\nport = 1\n",
        "keep = 6\nport = 2\n",
        "workers = 8\n",
        r#"{"keep":6,"port":1,"workers":8}"#,
        r#"{"keep":6,"port":2,"workers":8}"#,
    ];
    assert_eq!(stored_texts(&history), expected);
    assert_eq!(describe_generations(&history).len(), 6);
    let third = read_generation(&history, 3);
    assert_eq!(source_texts(&third), [Some("keep = 6\nport = 1\n"), Some("workers = 8\n")]);
    assert!(third.state.resolved.is_some());
    assert_counts(&history);
    // The texts with port 1 go with the last generation that has them.
    write_and_reload(&config, &dir, "keep = 1\nport = 2\n");
    let expected = ["keep = 1\nport = 2\n", "workers = 8\n", r#"{"keep":1,"port":2,"workers":8}"#];
    assert_eq!(stored_texts(&history), expected);
    // Other texts with the same values replace those of the generation.
    write_and_reload(&config, &dir, "# ours\nkeep = 1\nport = 2\n");
    let expected = ["# ours\nkeep = 1\nport = 2\n", "workers = 8\n", r#"{"keep":1,"port":2,"workers":8}"#];
    assert_eq!(stored_texts(&history), expected);
    assert_counts(&history);
    assert_eq!(history.store().unwrap().check(), Ok(Vec::new()));
}

#[test]
fn the_oldest_entries_are_removed_above_the_limit_of_bytes() {
    let long = |port: u32, keep_mib: u32, kib: usize| {
        format!("keep_mib = {keep_mib}\nport = {port}\n# {}\n", "x".repeat(kib * 1024))
    };
    let dir = TestDir::new().file("app.toml", long(1, 1, 300)).file("other.toml", long(1, 8, 300));
    let other = builder_without_history(&dir).file(dir.path("other.toml")).history(dir.path("app.db"));
    let other = other.history_settings(store_config).open().unwrap();
    history(&other).flush().unwrap();
    let config = builder(&dir).history_settings(store_config).open().unwrap();
    let history = history(&config);
    let numbers = || history.generations().unwrap().iter().map(|one| one.number).collect::<Vec<_>>();
    for port in 2..=4 {
        write_and_reload(&config, &dir, &long(port, 1, 300));
    }
    assert_eq!(numbers(), [1, 3, 4, 5], "three of 300 KiB fit, and another history is not touched");
    assert_counts(&history);
    for port in [5, 7] {
        dir.write("app.toml", "port = 'bad'\n");
        assert!(config.reload().is_err());
        write_and_reload(&config, &dir, &long(port, 1, 700));
        write_and_reload(&config, &dir, &long(port + 1, 1, 200));
    }
    assert_eq!(history.refusals().unwrap().len(), 1, "older than the generations that are kept");
    write_and_reload(&config, &dir, &long(9, 1, 2000));
    assert_eq!(numbers().len(), 2, "the newest generation stays, although it alone is larger");
    assert_eq!(history.refusals().unwrap().len(), 1, "and so does the newest refusal");
    assert_counts(&history);
    write_and_reload(&config, &dir, &long(10, 8, 300));
    assert_eq!(numbers().len(), 3, "a reloaded limit is applied at once");
}

#[test]
fn the_settings_decide_how_much_is_recorded() {
    let dir = TestDir::new().file("app.toml", "mode = 'metadata'\nport = 1\n");
    let config = builder(&dir).history_settings(store_config).open().unwrap();
    write_and_reload(&config, &dir, "mode = 'metadata'\nport = 2\n");
    write_and_reload(&config, &dir, "mode = 'off'\nport = 3\n");
    dir.write("app.toml", "port = 'bad'\n");
    assert!(config.reload().is_err());
    write_and_reload(&config, &dir, "mode = 'full'\nport = 4\n");
    assert_eq!(
        describe_generations(&history(&config)),
        [
            "1 (1) opened: unknown",
            "2 (2) reloaded: port",
            "3 (4) reloaded: - mode = \"off\" + mode = \"full\" - port = 3 + port = 4",
        ]
    );
    assert_eq!(history(&config).refusals().unwrap(), []);
    let second = read_generation(&history(&config), 2);
    assert_eq!((source_texts(&second), &second.state.resolved), (vec![None], &None));
}

#[test]
fn the_mode_off_creates_no_database() {
    let dir = TestDir::new().file("app.toml", "mode = 'off'\n");
    let config = builder(&dir).history_settings(store_config).open().unwrap();
    write_and_reload(&config, &dir, "mode = 'off'\nport = 3\n");
    assert!(config.history().is_none());
    assert_eq!(dir.names(), ["app.toml"]);
    write_and_reload(&config, &dir, "port = 3\n");
    assert_eq!(describe_generations(&history(&config)).len(), 1, "from now on the history is recorded");
    assert!(builder_without_history(&dir).open().unwrap().history().is_none(), "the builder has no history");
}

#[test]
fn the_database_contains_a_secret_only_in_the_text_of_a_file() {
    const CANARIES: [&str; 4] = ["Zq7Xw9Kv", "Yt5Rb3Nm", "Hj2Lp8Gd", "Vc6Ms4Fa"];
    let run = |mode: &str| {
        let text =
            |port: u16, token: &str| format!("mode = '{mode}'\nport = {port}\ntoken = '{token}' # {token}\n");
        let dir = TestDir::new().file("app.toml", text(1, "Zq7Xw9Kv")).file("pin", "86753090");
        let of_file = [("APP_PIN_FILE", dir.path("pin").to_str().unwrap().to_owned())];
        let file = of_file.iter().map(|(name, path)| (*name, path.as_str()));
        let environment = Environment::of([("APP_TOKEN", "Yt5Rb3Nm")].into_iter().chain(file));
        let open_and_reload = |builder: Builder<Settings>| {
            let config = builder.env_prefix("APP").history_settings(store_config).open().unwrap();
            write_and_reload(&config, &dir, &text(2, "Vc6Ms4Fa"));
            for bad in ["port = 'bad'\ntoken = 'Vc6Ms4Fa'\n", "port = \ntoken = 'Vc6Ms4Fa\n"] {
                dir.write("app.toml", bad);
                assert!(config.reload().is_err());
            }
            dir.write("app.toml", text(1, "Zq7Xw9Kv"));
        };
        open_and_reload(builder(&dir));
        open_and_reload(builder(&dir).environment(environment).set("token", "Hj2Lp8Gd"));
        let bytes = read_database(&dir);
        assert!(!bytes.is_empty());
        let history = History::of(Store::open(dir.path("app.db")).unwrap());
        assert_eq!(history.refusals().unwrap().len(), 4);
        (bytes, history.generations().unwrap().len())
    };
    let (metadata, generations) = run("metadata");
    for canary in CANARIES.iter().chain(&["86753090"]) {
        assert_eq!(count_occurrences(&metadata, canary), 0, "{canary}");
    }
    assert_eq!(generations, 4);
    let (full, _) = run("full");
    for canary in ["Yt5Rb3Nm", "Hj2Lp8Gd", "86753090"] {
        assert_eq!(count_occurrences(&full, canary), 0, "no file contains {canary}");
    }
    for canary in ["Zq7Xw9Kv", "Vc6Ms4Fa"] {
        let elsewhere =
            count_occurrences(&full, canary) - count_occurrences(&full, &format!("token = '{canary}'"));
        assert_eq!(
            elsewhere,
            count_occurrences(&full, &format!("# {canary}")),
            "{canary} outside of the text of its file"
        );
        assert!(count_occurrences(&full, canary) > 0);
    }
}
