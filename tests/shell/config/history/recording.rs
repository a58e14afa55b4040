//! The records of accepted generations and of refusals, and the difference of two generations.

use std::time::Duration;

use speckit::{Config, Reloaded};

use super::{
    builder, count_occurrences, describe_generations, history, read_database, read_generation, source_texts,
    write_and_reload,
};
use crate::test_dir::TestDir;

#[test]
fn the_first_generation_and_each_reload_are_recorded_with_their_changes() {
    let dir = TestDir::new().file("app.toml", "port = 9000\n");
    let before = std::time::SystemTime::now();
    let config = builder(&dir).open().unwrap();
    write_and_reload(&config, &dir, "port = 9001\ntoken = 'hunter2'\n");
    write_and_reload(&config, &dir, "port = 9001\ntoken = 'hunter3'\n");
    let history = history(&config);
    assert_eq!(
        describe_generations(&history),
        [
            "1 (1) opened: unknown",
            "2 (2) reloaded: - port = 9000 + port = 9001 + token = \"[redacted]\"",
            "3 (3) reloaded: - token = \"[redacted]\" + token = \"[redacted]\"",
        ]
    );
    let third = read_generation(&history, 3);
    assert_eq!(source_texts(&third), [Some("port = 9001\ntoken = 'hunter3'\n")]);
    assert_eq!(third.state.sources[0].path, dir.path("app.toml").to_str().unwrap());
    let values = third.state.resolved.unwrap().to_string();
    assert_eq!(values, r#"{ port = 9001, token = "[redacted]", workers = 4 }"#);
    let since_epoch = |time: std::time::SystemTime| time.duration_since(std::time::UNIX_EPOCH).unwrap();
    let at = Duration::from_millis(third.accepted_at_ms);
    let (began, ended) = (since_epoch(before), since_epoch(std::time::SystemTime::now()));
    assert!(at.as_millis() >= began.as_millis() && at <= ended, "{at:?}");
    assert_eq!(history.generation(4).unwrap(), None);
}

#[test]
fn an_equal_generation_is_not_recorded_again_after_a_restart() {
    let dir = TestDir::new().file("app.toml", "port = 9000\n");
    drop(builder(&dir).open().unwrap());
    drop(builder(&dir).open().unwrap());
    dir.write("app.toml", "port = 9000\ntoken = 'one'\n");
    drop(builder(&dir).open().unwrap());
    dir.write("app.toml", "port = 9001\ntoken = 'two'\n");
    let config = builder(&dir).open().unwrap();
    assert_eq!(
        describe_generations(&history(&config)),
        [
            "1 (1) opened: unknown",
            "2 (1) opened: + token = \"[redacted]\"",
            "3 (1) opened: - port = 9000 + port = 9001 - token = \"[redacted]\" + token = \"[redacted]\"",
        ]
    );
}

#[test]
fn an_edit_of_a_comment_replaces_the_recorded_text() {
    let dir = TestDir::new().file("app.toml", "port = 9000\n");
    let config = builder(&dir).open().unwrap();
    write_and_reload(&config, &dir, "# the port\nport = 9000\n");
    let history = history(&config);
    assert_eq!(describe_generations(&history), ["1 (1) opened: unknown"]);
    assert_eq!(source_texts(&read_generation(&history, 1)), [Some("# the port\nport = 9000\n")]);
}

#[test]
fn a_pending_restart_is_recorded_with_its_new_value() {
    let dir = TestDir::new().file("app.toml", "port = 9000\n");
    let config = builder(&dir).open().unwrap();
    write_and_reload(&config, &dir, "port = 9000\nworkers = 8\n");
    assert_eq!(
        describe_generations(&history(&config)).last().unwrap(),
        "2 (2) reloaded: - workers = 4 + workers = 8"
    );
    let values = read_generation(&history(&config), 2).state.resolved.unwrap().to_string();
    assert_eq!(values, "{ port = 9000, workers = 8 }");
    drop(config);
    let again = builder(&dir).open().unwrap();
    assert_eq!(
        describe_generations(&history(&again)).len(),
        2,
        "the program starts with the accepted values"
    );
}

#[test]
fn a_delayed_reload_is_recorded_when_it_is_in_use() {
    let dir = TestDir::new();
    let config = builder(&dir).open().unwrap();
    let guard = config.busy();
    dir.write("app.toml", "port = 9000\n");
    assert_eq!(config.reload(), Ok(Reloaded::Deferred));
    assert_eq!(describe_generations(&history(&config)).len(), 1);
    drop(guard);
    assert_eq!(
        describe_generations(&history(&config)).last().unwrap(),
        "2 (2) reloaded: - port = 8080 + port = 9000"
    );
}

#[test]
fn a_refusal_is_recorded_with_its_diagnostics_and_without_secrets() {
    let dir = TestDir::new().file("app.toml", "port = 9000\n");
    let config = builder(&dir).open().unwrap();
    dir.write("app.toml", "port = 'hunter2'\ntoken = 'hunter2'\n");
    assert!(config.reload().is_err());
    let refusals = history(&config).refusals().unwrap();
    let [refusal] = &refusals[..] else { panic!("{refusals:?}") };
    assert_eq!((refusal.generation, &refusal.diagnostics[0]["code"]), (1, &"schema/type".into()));
    assert_eq!(refusal.files, [dir.path("app.toml").to_str().unwrap()]);
    drop(config);
    assert_eq!(count_occurrences(&read_database(&dir), "hunter2"), 0);
}

#[test]
fn a_secret_in_the_wrong_place_is_in_no_event_and_no_record_of_a_refusal() {
    let dir = TestDir::new().file("app.toml", "port = 9000\n");
    let config = builder(&dir).open().unwrap();
    let events = config.subscribe();
    for text in
        ["tokken = 'hunter2'", "passphrase = 'hunter2'", "workers.token = 'hunter2'", "token.a = ['hunter2']"]
    {
        dir.write("app.toml", format!("port = 9000\n{text}\n"));
        let error = config.reload().unwrap_err();
        assert!(!format!("{error} {:?}", error.diagnostics()).contains("hunter2"), "{error}");
    }
    while let Ok(event) = events.try_recv() {
        assert!(!format!("{event:#?}").contains("hunter2"), "{event:#?}");
    }
    assert_eq!(history(&config).refusals().unwrap().len(), 4);
    drop((config, events));
    assert_eq!(count_occurrences(&read_database(&dir), "hunter2"), 0);
}

#[test]
fn two_generations_can_be_compared_in_both_directions() {
    let dir = TestDir::new().file("app.toml", "port = 1\ntoken = 'one'\n");
    let config = builder(&dir).open().unwrap();
    write_and_reload(&config, &dir, "port = 2\ntoken = 'one'\n");
    write_and_reload(&config, &dir, "port = 3\ntoken = 'two'\n");
    let history = history(&config);
    let text = |from, to| history.difference(from, to).unwrap().unwrap().to_text(from, to);
    let secret = "- token = \"[redacted]\"\n+ token = \"[redacted]\"\n";
    assert_eq!(text(1, 3), format!("- port = 1\n+ port = 3\n{secret}"));
    assert_eq!(text(3, 1), format!("- port = 3\n+ port = 1\n{secret}"));
    assert_eq!(text(2, 1), "- port = 2\n+ port = 1\n");
    assert_eq!(text(2, 2), "generations 2 and 2 have the same values\n");
    assert!(history.difference(1, 4).unwrap().is_none() && history.difference(4, 1).unwrap().is_none());
}

#[test]
fn a_part_of_a_refusal_with_many_diagnostics_is_recorded() {
    let dir = TestDir::new().file("app.toml", "port = 1\n");
    let builder = Config::<std::collections::BTreeMap<String, u16>>::builder();
    let config = builder.file(dir.path("app.toml")).history(dir.path("h.db")).open().unwrap();
    let wrong: String = (0..3_000).map(|n| format!("wrong_{n} = 'x'\n")).collect();
    dir.write("app.toml", wrong);
    let error = config.reload().unwrap_err();
    let history = config.history().unwrap();
    let refusals = history.refusals().unwrap();
    let kept = refusals[0].diagnostics.as_array().unwrap().len() as u64;
    assert_eq!(kept, 100);
    assert_eq!(kept + refusals[0].omitted, error.diagnostics().len() as u64);
    let size = std::fs::metadata(dir.path("h.db")).unwrap().len();
    assert!(size < 1_000_000, "{size}");
}
