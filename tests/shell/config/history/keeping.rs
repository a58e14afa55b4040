//! How much is kept, as the settings say, and what is not kept at all.

use speckit::History;
use speckit::store::Store;
use speckit::{Builder, Config, Environment};

use super::{Settings, builder, bytes, history, holds, lines, of_settings, plain, reload, texts, whole};
use crate::test_dir::TestDir;

#[test]
fn so_many_generations_are_kept_of_each_set_of_files_and_as_many_refusals() {
    let dir = TestDir::new().file("app.toml", "keep = 3\n").file("other.toml", "port = 1\n");
    let other = plain(&dir).file(dir.path("other.toml")).history(dir.path("app.db")).open().unwrap();
    let shell = builder(&dir).history_settings(of_settings).open().unwrap();
    for port in 1..=5 {
        dir.write("other.toml", format!("port = {}\n", port + 1));
        other.reload().unwrap();
        history(&other).refusals().unwrap();
        reload(&shell, &dir, &format!("keep = 3\nport = {port}\n"));
        dir.write("app.toml", format!("port = 'bad{port}'\n"));
        assert!(shell.reload().is_err());
        // Each writes on a thread of its own; whoever asks waits for it.
        history(&shell).refusals().unwrap();
    }
    let numbers = |shell: &Config<Settings>| {
        let all = history(shell).generations().unwrap();
        let own = all.iter().filter(|one| history(shell).files(one.number).unwrap().unwrap().len() == 1);
        (own.map(|one| one.number).collect::<Vec<_>>(), all.len())
    };
    assert_eq!(numbers(&shell), (vec![8, 10, 12], 9), "of the other files all are kept");
    assert_eq!(history(&shell).refusals().unwrap().len(), 3);
    let sources: i64 = history(&shell)
        .store()
        .read(|tx| Ok(tx.query_row("SELECT count(*) FROM config_sources", [], |row| row.get(0))?))
        .unwrap();
    assert_eq!(sources, 3 + 2 * 6, "texts go with their generation");
    reload(&shell, &dir, "keep = 1\nport = 6\n");
    assert_eq!(numbers(&shell), (vec![13], 7), "a reloaded number counts at once");
}

#[test]
fn how_much_is_kept_follows_the_settings() {
    let dir = TestDir::new().file("app.toml", "mode = 'metadata'\nport = 1\n");
    let shell = builder(&dir).history_settings(of_settings).open().unwrap();
    reload(&shell, &dir, "mode = 'metadata'\nport = 2\n");
    reload(&shell, &dir, "mode = 'off'\nport = 3\n");
    dir.write("app.toml", "port = 'bad'\n");
    assert!(shell.reload().is_err());
    reload(&shell, &dir, "mode = 'full'\nport = 4\n");
    assert_eq!(
        lines(&history(&shell)),
        [
            "1 (1) opened: unknown",
            "2 (2) reloaded: port",
            "3 (4) reloaded: - mode = \"off\" + mode = \"full\" - port = 3 + port = 4",
        ]
    );
    assert_eq!(history(&shell).refusals().unwrap(), []);
    let second = whole(&history(&shell), 2);
    assert_eq!((texts(&second), &second.state.resolved), (vec![None], &None));
}

#[test]
fn where_nothing_is_kept_there_is_no_database() {
    let dir = TestDir::new().file("app.toml", "mode = 'off'\n");
    let shell = builder(&dir).history_settings(of_settings).open().unwrap();
    reload(&shell, &dir, "mode = 'off'\nport = 3\n");
    assert!(shell.history().is_none());
    assert_eq!(dir.names(), ["app.toml"]);
    reload(&shell, &dir, "port = 3\n");
    assert_eq!(lines(&history(&shell)).len(), 1, "from now on it is kept");
    assert!(plain(&dir).open().unwrap().history().is_none(), "nobody asked for one");
}

#[test]
fn a_secret_is_in_the_database_only_where_the_text_of_a_file_holds_it() {
    const CANARIES: [&str; 4] = ["Zq7Xw9Kv", "Yt5Rb3Nm", "Hj2Lp8Gd", "Vc6Ms4Fa"];
    let run = |mode: &str| {
        let text =
            |port: u16, token: &str| format!("mode = '{mode}'\nport = {port}\ntoken = '{token}' # {token}\n");
        let dir = TestDir::new().file("app.toml", text(1, "Zq7Xw9Kv")).file("pin", "86753090");
        let of_file = [("APP_PIN_FILE", dir.path("pin").to_str().unwrap().to_owned())];
        let file = of_file.iter().map(|(name, path)| (*name, path.as_str()));
        let environment = Environment::of([("APP_TOKEN", "Yt5Rb3Nm")].into_iter().chain(file));
        let open = |builder: Builder<Settings>| {
            let shell = builder.env_prefix("APP").history_settings(of_settings).open().unwrap();
            reload(&shell, &dir, &text(2, "Vc6Ms4Fa"));
            for bad in ["port = 'bad'\ntoken = 'Vc6Ms4Fa'\n", "port = \ntoken = 'Vc6Ms4Fa\n"] {
                dir.write("app.toml", bad);
                assert!(shell.reload().is_err());
            }
            dir.write("app.toml", text(1, "Zq7Xw9Kv"));
        };
        open(builder(&dir));
        open(builder(&dir).environment(environment).set("token", "Hj2Lp8Gd"));
        let bytes = bytes(&dir);
        assert!(!bytes.is_empty());
        let history = History::of(Store::open(dir.path("app.db")).unwrap());
        assert_eq!(history.refusals().unwrap().len(), 4);
        (bytes, history.generations().unwrap().len())
    };
    let (metadata, rows) = run("metadata");
    for canary in CANARIES.iter().chain(&["86753090"]) {
        assert_eq!(holds(&metadata, canary), 0, "{canary}");
    }
    assert_eq!(rows, 4);
    let (full, _) = run("full");
    for canary in ["Yt5Rb3Nm", "Hj2Lp8Gd", "86753090"] {
        assert_eq!(holds(&full, canary), 0, "{canary} stands in no file");
    }
    for canary in ["Zq7Xw9Kv", "Vc6Ms4Fa"] {
        let beside = holds(&full, canary) - holds(&full, &format!("token = '{canary}'"));
        assert_eq!(beside, holds(&full, &format!("# {canary}")), "{canary} beside the text of its file");
        assert!(holds(&full, canary) > 0);
    }
}
