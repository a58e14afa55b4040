//! The history of an embedded configuration: what is recorded, what is not, and what stands in for bad files.

use std::path::Path;
use std::time::{Duration, Instant};

use serde::Deserialize;
use speckit_shell::history::{Changes, Generation};
use speckit_shell::source::{Environment, Override};
use speckit_shell::store::{History, Store, rusqlite};
use speckit_shell::{
    Builder, ConfigLoader, ConfigReloadEvent, Fallback, HistoryMode, Reloaded, Shell, StoreConfig, diff,
};

use crate::place::Place;

#[derive(Debug, Deserialize)]
struct Settings {
    port: u16,
    #[serde(default)]
    mode: Option<HistoryMode>,
    #[serde(default)]
    keep: Option<u32>,
}

const SCHEMA: &str = r#"{
    "properties": {
        "port": { "type": "integer", "minimum": 1, "maximum": 65535 },
        "workers": { "type": "integer", "x-reload": "restart" },
        "token": { "type": "string", "x-secret": true },
        "pin": { "type": "integer", "x-secret": true },
        "mode": { "enum": ["full", "metadata", "off"] },
        "keep": { "type": "integer" }
    },
    "additionalProperties": false
}"#;

fn plain(place: &Place) -> Builder<Settings> {
    let builder = Shell::builder().defaults_toml("port = 8080\nworkers = 4\n").unwrap();
    builder.schema_json(SCHEMA).unwrap().file(place.path("app.toml")).environment(Environment::default())
}

fn builder(place: &Place) -> Builder<Settings> {
    plain(place).history(place.path("app.db"))
}

/// The settings say how much is kept.
fn of_settings(settings: &Settings) -> StoreConfig {
    let all = StoreConfig::default();
    StoreConfig {
        history: settings.mode.unwrap_or_default(),
        keep_generations: settings.keep.unwrap_or(all.keep_generations),
        ..all
    }
}

fn reload(shell: &Shell<Settings>, place: &Place, text: &str) {
    place.write("app.toml", text);
    assert!(shell.reload().is_ok(), "{text}");
}

fn history(shell: &Shell<Settings>) -> History {
    shell.history().expect("a history is kept")
}

fn whole(history: &History, number: i64) -> Generation {
    history.generation(number).unwrap().expect("the generation is kept")
}

/// Each generation: its number, that of its process, its cause and what changed.
fn lines(history: &History) -> Vec<String> {
    let all = history.generations().unwrap();
    let line = |one: &Generation| {
        let changed = match &one.kept.changes {
            Changes::Unknown => "unknown".into(),
            Changes::Keys(keys) => keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
            Changes::Values(changes) => diff::to_text(changes).trim_end().replace('\n', " "),
        };
        format!("{} ({}) {}: {changed}", one.number, one.generation, one.cause)
    };
    all.iter().map(line).collect()
}

fn texts(generation: &Generation) -> Vec<Option<&str>> {
    generation.kept.sources.iter().map(|source| source.text.as_deref()).collect()
}

/// The bytes of the database, and of what belongs to it.
fn bytes(place: &Place) -> Vec<u8> {
    let names = ["app.db", "app.db-wal", "app.db-journal"].map(|name| place.path(name));
    names.iter().filter_map(|path| std::fs::read(path).ok()).flatten().collect()
}

fn holds(bytes: &[u8], text: &str) -> usize {
    bytes.windows(text.len()).filter(|window| *window == text.as_bytes()).count()
}

#[test]
fn what_is_opened_and_each_reload_is_recorded_with_what_it_changed() {
    let place = Place::new().file("app.toml", "port = 9000\n");
    let before = std::time::SystemTime::now();
    let shell = builder(&place).open().unwrap();
    reload(&shell, &place, "port = 9001\ntoken = 'hunter2'\n");
    reload(&shell, &place, "port = 9001\ntoken = 'hunter3'\n");
    let history = history(&shell);
    assert_eq!(
        lines(&history),
        [
            "1 (1) opened: unknown",
            "2 (2) reloaded: - port = 9000 + port = 9001 + token = \"[redacted]\"",
            "3 (3) reloaded: - token = \"[redacted]\" + token = \"[redacted]\"",
        ]
    );
    let third = whole(&history, 3);
    assert_eq!(texts(&third), [Some("port = 9001\ntoken = 'hunter3'\n")]);
    assert_eq!(third.kept.sources[0].path, place.path("app.toml").to_str().unwrap());
    let values = third.kept.resolved.unwrap().to_string();
    assert_eq!(values, r#"{ port = 9001, token = "[redacted]", workers = 4 }"#);
    let since_epoch = |time: std::time::SystemTime| time.duration_since(std::time::UNIX_EPOCH).unwrap();
    let at = Duration::from_millis(third.accepted_at_ms);
    let (began, ended) = (since_epoch(before), since_epoch(std::time::SystemTime::now()));
    assert!(at.as_millis() >= began.as_millis() && at <= ended, "{at:?}");
    assert_eq!(history.generation(4).unwrap(), None);
}

#[test]
fn an_equal_state_is_not_recorded_again_when_the_program_starts_again() {
    let place = Place::new().file("app.toml", "port = 9000\n");
    drop(builder(&place).open().unwrap());
    drop(builder(&place).open().unwrap());
    place.write("app.toml", "port = 9000\ntoken = 'one'\n");
    drop(builder(&place).open().unwrap());
    place.write("app.toml", "port = 9001\ntoken = 'two'\n");
    let shell = builder(&place).open().unwrap();
    assert_eq!(
        lines(&history(&shell)),
        [
            "1 (1) opened: unknown",
            "2 (1) opened: + token = \"[redacted]\"",
            "3 (1) opened: - port = 9000 + port = 9001 - token = \"[redacted]\" + token = \"[redacted]\"",
        ]
    );
}

#[test]
fn an_edit_of_a_comment_replaces_the_texts_of_the_generation() {
    let place = Place::new().file("app.toml", "port = 9000\n");
    let shell = builder(&place).open().unwrap();
    reload(&shell, &place, "# the door\nport = 9000\n");
    let history = history(&shell);
    assert_eq!(lines(&history), ["1 (1) opened: unknown"]);
    assert_eq!(texts(&whole(&history, 1)), [Some("# the door\nport = 9000\n")]);
}

#[test]
fn what_waits_for_a_restart_is_recorded_as_it_was_written() {
    let place = Place::new().file("app.toml", "port = 9000\n");
    let shell = builder(&place).open().unwrap();
    reload(&shell, &place, "port = 9000\nworkers = 8\n");
    assert_eq!(lines(&history(&shell)).last().unwrap(), "2 (2) reloaded: - workers = 4 + workers = 8");
    let values = whole(&history(&shell), 2).kept.resolved.unwrap().to_string();
    assert_eq!(values, "{ port = 9000, workers = 8 }");
    drop(shell);
    let again = builder(&place).open().unwrap();
    assert_eq!(lines(&history(&again)).len(), 2, "it starts with what was accepted");
}

#[test]
fn what_waits_for_a_guard_is_recorded_when_it_is_in_force() {
    let place = Place::new();
    let shell = builder(&place).open().unwrap();
    let guard = shell.busy();
    place.write("app.toml", "port = 9000\n");
    assert_eq!(shell.reload(), Ok(Reloaded::Deferred));
    assert_eq!(lines(&history(&shell)).len(), 1);
    drop(guard);
    assert_eq!(lines(&history(&shell)).last().unwrap(), "2 (2) reloaded: - port = 8080 + port = 9000");
}

#[test]
fn a_refusal_is_recorded_with_its_findings_and_no_secret() {
    let place = Place::new().file("app.toml", "port = 9000\n");
    let shell = builder(&place).open().unwrap();
    place.write("app.toml", "port = 'hunter2'\ntoken = 'hunter2'\n");
    assert!(shell.reload().is_err());
    let refusals = history(&shell).refusals().unwrap();
    let [refusal] = &refusals[..] else { panic!("{refusals:?}") };
    assert_eq!((refusal.generation, &refusal.diagnostics[0]["code"]), (1, &"schema/type".into()));
    assert_eq!(refusal.files, [place.path("app.toml").to_str().unwrap()]);
    drop(shell);
    assert_eq!(holds(&bytes(&place), "hunter2"), 0);
}

#[test]
fn so_many_generations_are_kept_of_each_set_of_files_and_as_many_refusals() {
    let place = Place::new().file("app.toml", "keep = 3\n").file("other.toml", "port = 1\n");
    let other = plain(&place).file(place.path("other.toml")).history(place.path("app.db")).open().unwrap();
    let shell = builder(&place).history_settings(of_settings).open().unwrap();
    for port in 1..=5 {
        place.write("other.toml", format!("port = {}\n", port + 1));
        other.reload().unwrap();
        history(&other).refusals().unwrap();
        reload(&shell, &place, &format!("keep = 3\nport = {port}\n"));
        place.write("app.toml", format!("port = 'bad{port}'\n"));
        assert!(shell.reload().is_err());
    }
    let numbers = |shell: &Shell<Settings>| {
        let all = history(shell).generations().unwrap();
        let own = all.iter().filter(|one| history(shell).files(one.number).unwrap().unwrap().len() == 1);
        (own.map(|one| one.number).collect::<Vec<_>>(), all.len())
    };
    assert_eq!(numbers(&shell), (vec![8, 10, 12], 9), "of the other files all are kept");
    assert_eq!(history(&shell).refusals().unwrap().len(), 3);
    let sources: i64 = history(&shell)
        .store()
        .read(|tx| Ok(tx.query_row("SELECT count(*) FROM sources", [], |row| row.get(0))?))
        .unwrap();
    assert_eq!(sources, 3 + 2 * 6, "texts go with their generation");
    reload(&shell, &place, "keep = 1\nport = 6\n");
    assert_eq!(numbers(&shell), (vec![13], 7), "a reloaded number counts at once");
}

#[test]
fn how_much_is_kept_follows_the_settings() {
    let place = Place::new().file("app.toml", "mode = 'metadata'\nport = 1\n");
    let shell = builder(&place).history_settings(of_settings).open().unwrap();
    reload(&shell, &place, "mode = 'metadata'\nport = 2\n");
    reload(&shell, &place, "mode = 'off'\nport = 3\n");
    place.write("app.toml", "port = 'bad'\n");
    assert!(shell.reload().is_err());
    reload(&shell, &place, "mode = 'full'\nport = 4\n");
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
    assert_eq!((texts(&second), &second.kept.resolved), (vec![None], &None));
}

#[test]
fn where_nothing_is_kept_there_is_no_database() {
    let place = Place::new().file("app.toml", "mode = 'off'\n");
    let shell = builder(&place).history_settings(of_settings).open().unwrap();
    reload(&shell, &place, "mode = 'off'\nport = 3\n");
    assert!(shell.history().is_none());
    assert_eq!(place.names(), ["app.toml"]);
    reload(&shell, &place, "port = 3\n");
    assert_eq!(lines(&history(&shell)).len(), 1, "from now on it is kept");
    assert!(plain(&place).open().unwrap().history().is_none(), "nobody asked for one");
}

#[test]
fn a_secret_is_in_the_database_only_where_the_text_of_a_file_holds_it() {
    const CANARIES: [&str; 4] = ["Zq7Xw9Kv", "Yt5Rb3Nm", "Hj2Lp8Gd", "Vc6Ms4Fa"];
    let run = |mode: &str| {
        let text =
            |port: u16, token: &str| format!("mode = '{mode}'\nport = {port}\ntoken = '{token}' # {token}\n");
        let place = Place::new().file("app.toml", text(1, "Zq7Xw9Kv")).file("pin", "86753090");
        let of_file = [("APP_PIN_FILE", place.path("pin").to_str().unwrap().to_owned())];
        let file = of_file.iter().map(|(name, path)| (*name, path.as_str()));
        let environment = Environment::of([("APP_TOKEN", "Yt5Rb3Nm")].into_iter().chain(file));
        let open = |builder: Builder<Settings>| {
            let shell = builder.env_prefix("APP").history_settings(of_settings).open().unwrap();
            reload(&shell, &place, &text(2, "Vc6Ms4Fa"));
            for bad in ["port = 'bad'\ntoken = 'Vc6Ms4Fa'\n", "port = \ntoken = 'Vc6Ms4Fa\n"] {
                place.write("app.toml", bad);
                assert!(shell.reload().is_err());
            }
            place.write("app.toml", text(1, "Zq7Xw9Kv"));
        };
        open(builder(&place));
        open(builder(&place).environment(environment).set("token", "Hj2Lp8Gd"));
        let bytes = bytes(&place);
        assert!(!bytes.is_empty());
        let history = History::of(Store::open(place.path("app.db")).unwrap());
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

#[test]
fn a_database_that_cannot_be_opened_is_a_warning_and_nothing_else() {
    let place =
        Place::new().file("app.toml", "port = 9000\n").file("app.db", "no database at all, but a text");
    let shell = builder(&place).open().unwrap();
    assert_eq!(shell.load().port, 9000);
    assert!(shell.history().is_none());
    let warnings = shell.status().warnings;
    let [warning] = &warnings[..] else { panic!("{warnings:?}") };
    assert_eq!(warning.code, "history/unavailable");
    assert!(warning.message.contains("app.db` is no SQLite database"), "{}", warning.message);
    reload(&shell, &place, "port = 9001\n");
    assert_eq!(shell.status().warnings.len(), 1);
    assert_eq!(place.read("app.db"), "no database at all, but a text");
}

#[test]
fn what_cannot_be_written_is_told_once_and_again_after_it_could() {
    let place = Place::new();
    let shell = builder(&place).open().unwrap();
    let events = shell.subscribe();
    let history = history(&shell);
    history.store().write(|tx| Ok(tx.execute_batch("ALTER TABLE generations RENAME TO away")?)).unwrap();
    let settled = || drop(history.refusals());
    let told = || {
        let mut told = Vec::new();
        while let Ok(event) = events.try_recv() {
            if let ConfigReloadEvent::Warning { diagnostics } = event {
                told.extend(diagnostics.iter().map(|finding| finding.code.to_string()));
            }
        }
        told
    };
    reload(&shell, &place, "port = 1\n");
    settled();
    reload(&shell, &place, "port = 2\n");
    settled();
    assert_eq!(shell.load().port, 2);
    assert_eq!(told(), ["history/unwritten"]);
    history.store().write(|tx| Ok(tx.execute_batch("ALTER TABLE away RENAME TO generations")?)).unwrap();
    reload(&shell, &place, "port = 3\n");
    settled();
    history.store().write(|tx| Ok(tx.execute_batch("ALTER TABLE generations RENAME TO away")?)).unwrap();
    reload(&shell, &place, "port = 4\n");
    settled();
    assert_eq!(told(), ["history/unwritten"]);
}

#[test]
fn a_database_that_somebody_else_keeps_locked_holds_up_no_reload() {
    let place = Place::new();
    let shell = builder(&place).open().unwrap();
    let history = history(&shell);
    history.refusals().unwrap();
    let other = rusqlite::Connection::open(place.path("app.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let started = Instant::now();
    for port in 1..=20 {
        reload(&shell, &place, &format!("port = {port}\n"));
    }
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    other.execute_batch("COMMIT").unwrap();
    assert_eq!(lines(&history).len(), 21, "all of it is written when it can be");
}

#[test]
fn the_last_good_generation_stands_in_for_bad_files_until_they_are_mended() {
    let place = Place::new().file("app.toml", "port = 9000\n");
    let shell = builder(&place).open().unwrap();
    reload(&shell, &place, "port = 9001\ntoken = 'one'\n");
    drop(shell);
    place.write("app.toml", "port = 'high'\n");
    let again = || builder(&place).fallback(Fallback::LastGood).env_prefix("APP");
    let shell = again().environment(Environment::of([("APP_WORKERS", "7")])).open().unwrap();
    assert_eq!(shell.load().port, 9001);
    let snapshot = shell.snapshot();
    let origin = |key: &str| snapshot.explain(key).unwrap().winner.unwrap().to_string();
    assert_eq!(origin("port"), format!("generation 2 of {}:1:8", place.path("app.toml").display()));
    assert_eq!(origin("workers"), "APP_WORKERS", "the present environment counts");
    let status = shell.status();
    assert_eq!(status.refusal.unwrap()[0].code, "schema/type");
    assert_eq!(status.drift, [place.path("app.toml")]);
    let warning = &status.warnings[0];
    assert_eq!(warning.code, "history/last-good");
    let at = speckit_shell::history::rfc3339(whole(&history(&shell), 2).accepted_at_ms);
    let said = format!("the files are refused: generation 2 of the history, of {at}, stands in");
    assert_eq!(warning.message, said);
    assert_eq!(history(&shell).refusals().unwrap().len(), 1);
    assert_eq!(lines(&history(&shell)).len(), 2, "what stands in was accepted before");
    reload(&shell, &place, "port = 9002\n");
    assert_eq!((shell.load().port, shell.status().refusal), (9002, None));
    assert_eq!(shell.status().warnings, []);
    assert_eq!(lines(&history(&shell)).len(), 3);
}

#[test]
fn an_environment_that_breaks_the_rules_too_is_left_out_of_what_stands_in() {
    let place = Place::new().file("app.toml", "port = 9000\n");
    drop(builder(&place).open().unwrap());
    place.write("app.toml", "port = 'high'\n");
    let shell = builder(&place).fallback(Fallback::LastGood).env_prefix("APP").set("port", "no number");
    let shell = shell.environment(Environment::of([("APP_WORKERS", "many")])).open().unwrap();
    assert_eq!(shell.load().port, 9000);
}

#[test]
fn without_a_last_good_generation_the_refusal_stands_and_says_why() {
    let bad = "port = 'high'\n";
    let refused = |builder: Builder<Settings>| {
        let error = builder.fallback(Fallback::LastGood).open().unwrap_err();
        assert_eq!(error.diagnostics()[0].code, "schema/type");
        assert_eq!(error.diagnostics().last().unwrap().code, "history/no-last-good");
        error.to_string()
    };
    let says = |report: String, what: &str| assert!(report.contains(what), "no `{what}` in\n{report}");

    let place = Place::new().file("app.toml", bad);
    says(refused(plain(&place)), "no history is recorded");
    says(refused(builder(&place)), "nothing is recorded yet in `");
    assert_eq!(place.names(), ["app.toml"], "it is not made to find nothing in it");

    let other = Place::new().file("app.toml", "port = 1\n").file("app.db", "");
    drop(builder(&other).open().unwrap());
    let elsewhere = place.file("x", "");
    std::fs::copy(other.path("app.db"), elsewhere.path("app.db")).unwrap();
    says(refused(builder(&elsewhere)), "nothing is recorded of these files in `");

    let metadata = |_: &Settings| StoreConfig { history: HistoryMode::Metadata, ..StoreConfig::default() };
    let place = Place::new().file("app.toml", "port = 1\n");
    drop(builder(&place).history_settings(metadata).open().unwrap());
    place.write("app.toml", bad);
    says(refused(builder(&place)), "of generation 1 no texts are kept (store.history = \"metadata\")");

    let place = Place::new().file("app.toml", "port = 70\n");
    drop(builder(&place).open().unwrap());
    place.write("app.toml", bad);
    let strict = builder(&place).validate(|settings: &Settings| match settings.port {
        70 => Err("70 is no good any more"),
        _ => Ok(()),
    });
    says(refused(strict), "generation 1 is no longer accepted: refused by the application: 70 is no good");

    place.write("app.db", "no database");
    says(refused(builder(&place)), "there is no last good generation to start with: what is accepted");
}

#[test]
fn defaults_that_stand_in_say_nothing_of_how_much_may_be_kept() {
    let start = |text: &str| {
        let place = Place::new().file("app.toml", text);
        let shell =
            builder(&place).history_settings(of_settings).fallback(Fallback::Defaults).open().unwrap();
        (shell, place)
    };
    let (shell, place) = start("port = 'Zq7Xw9Kv'\n");
    let refusal = history(&shell).refusals().unwrap().remove(0);
    assert_eq!(refusal.diagnostics[0].get("message"), None, "{}", refusal.diagnostics);
    assert_eq!(lines(&history(&shell)), [""; 0], "the files said nothing of this");
    reload(&shell, &place, "port = 1\n");
    assert_eq!(lines(&history(&shell)), ["1 (2) reloaded: - port = 8080 + port = 1"]);
}

#[test]
fn what_two_generations_differ_in_can_be_asked_in_both_directions() {
    let place = Place::new().file("app.toml", "port = 1\ntoken = 'one'\n");
    let shell = builder(&place).open().unwrap();
    reload(&shell, &place, "port = 2\ntoken = 'one'\n");
    reload(&shell, &place, "port = 3\ntoken = 'two'\n");
    let history = history(&shell);
    let text = |from, to| history.difference(from, to).unwrap().unwrap().to_text(from, to);
    let secret = "- token = \"[redacted]\"\n+ token = \"[redacted]\"\n";
    assert_eq!(text(1, 3), format!("- port = 1\n+ port = 3\n{secret}"));
    assert_eq!(text(3, 1), format!("- port = 3\n+ port = 1\n{secret}"));
    assert_eq!(text(2, 1), "- port = 2\n+ port = 1\n");
    assert_eq!(text(2, 2), "generations 2 and 2 have the same values\n");
    assert!(history.difference(1, 4).unwrap().is_none() && history.difference(4, 1).unwrap().is_none());
}

#[test]
fn many_configurations_in_one_database_keep_their_own_newest_generation() {
    let place = Place::new().file("app.toml", "port = 1\n").file("b.toml", "port = 2\n");
    let b = || plain(&place).file(place.path("b.toml")).history(place.path("app.db"));
    for _ in 0..2 {
        drop(builder(&place).open().unwrap());
        drop(b().open().unwrap());
    }
    let shell = b().open().unwrap();
    assert_eq!(lines(&history(&shell)), ["1 (1) opened: unknown", "2 (1) opened: unknown"]);
    let files = history(&shell).files(2).unwrap().unwrap();
    assert_eq!(files, [place.path("app.toml"), place.path("b.toml")]);
    assert_eq!(history(&shell).files(3).unwrap(), None);
}

#[test]
fn the_application_records_in_the_file_of_its_settings_where_it_is_asked_to() {
    let text = |path: &Path| format!("[store]\npath = '{}'\n", path.display());
    let place = Place::new();
    place.write("speckit.toml", text(&place.path("deep/own.db")));
    let loader = || ConfigLoader::new(place.path("speckit.toml")).environment(Environment::default());
    assert!(loader().open().unwrap().history().is_none());
    loader().recorded().load().unwrap();
    assert_eq!(place.names(), ["speckit.toml"], "one look is not recorded");
    let shell = loader().recorded().open().unwrap();
    assert_eq!(shell.history().unwrap().generations().unwrap().len(), 1);
    assert!(place.path("deep/own.db").exists());
    let named = place.path("named.db");
    let environment = Environment::of([("SPECKIT_DATABASE", named.to_str().unwrap())]);
    let shell = loader().recorded().environment(environment).open().unwrap();
    assert_eq!(shell.history().unwrap().store().path(), named);
    let off = Override::Set { key: "store.history".into(), text: "off".into() };
    assert!(loader().recorded().overrides(vec![off]).open().unwrap().history().is_none());
}
