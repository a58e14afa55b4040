//! The fallbacks for bad files: the last good generation, or the defaults.

use speckit::store::{HistoryMode, StoreConfig};
use speckit::{Builder, Environment, Fallback};

use super::{
    Settings, builder, builder_without_history, describe_generations, history, read_generation, store_config,
    write_and_reload,
};
use crate::test_dir::TestDir;

#[test]
fn the_last_good_generation_replaces_bad_files_until_they_are_corrected() {
    let dir = TestDir::new().file("app.toml", "port = 9000\n");
    let config = builder(&dir).open().unwrap();
    write_and_reload(&config, &dir, "port = 9001\ntoken = 'one'\n");
    drop(config);
    dir.write("app.toml", "port = 'high'\n");
    let again = || builder(&dir).fallback(Fallback::LastGood).env_prefix("APP");
    let config = again().environment(Environment::of([("APP_WORKERS", "7")])).open().unwrap();
    assert_eq!(config.load().port, 9001);
    let snapshot = config.snapshot();
    let origin = |key: &str| snapshot.explain(key).unwrap().winner.unwrap().to_string();
    assert_eq!(origin("port"), format!("generation 2 of {}:1:8", dir.path("app.toml").display()));
    assert_eq!(origin("workers"), "APP_WORKERS", "the current environment is used");
    let status = config.status();
    assert_eq!(status.refusal.unwrap()[0].code, "schema/type");
    assert_eq!(status.drift, [dir.path("app.toml")]);
    let warning = &status.warnings[0];
    assert_eq!(warning.code, "history/last-good");
    let at = speckit_core::text::rfc3339(read_generation(&history(&config), 2).accepted_at_ms);
    let message = format!(
        "the configuration is refused: generation 2 of the history, accepted at {at}, is used instead"
    );
    assert_eq!(warning.message, message);
    assert_eq!(history(&config).refusals().unwrap().len(), 1);
    assert_eq!(describe_generations(&history(&config)).len(), 2, "the generation was recorded before");
    write_and_reload(&config, &dir, "port = 9002\n");
    assert_eq!((config.load().port, config.status().refusal), (9002, None));
    assert_eq!(config.status().warnings, []);
    assert_eq!(describe_generations(&history(&config)).len(), 3);
}

#[test]
fn the_last_good_generation_is_used_without_an_invalid_environment() {
    let dir = TestDir::new().file("app.toml", "port = 9000\n");
    drop(builder(&dir).open().unwrap());
    dir.write("app.toml", "port = 'high'\n");
    let config = builder(&dir).fallback(Fallback::LastGood).env_prefix("APP").set("port", "no number");
    let config = config.environment(Environment::of([("APP_WORKERS", "many")])).open().unwrap();
    assert_eq!(config.load().port, 9000);
}

#[test]
fn without_a_last_good_generation_the_error_gives_the_reason() {
    let bad = "port = 'high'\n";
    let open_refused = |builder: Builder<Settings>| {
        let error = builder.fallback(Fallback::LastGood).open().unwrap_err();
        assert_eq!(error.diagnostics()[0].code, "schema/type");
        assert_eq!(error.diagnostics().last().unwrap().code, "history/no-last-good");
        error.to_string()
    };
    let assert_contains =
        |report: String, what: &str| assert!(report.contains(what), "no `{what}` in\n{report}");

    let dir = TestDir::new().file("app.toml", bad);
    assert_contains(open_refused(builder_without_history(&dir)), "no history is recorded");
    assert_contains(open_refused(builder(&dir)), "nothing is recorded yet in `");
    assert_eq!(dir.names(), ["app.toml"], "no empty database is created");

    let other = TestDir::new().file("app.toml", "port = 1\n").file("app.db", "");
    drop(builder(&other).open().unwrap());
    let elsewhere = dir.file("x", "");
    std::fs::copy(other.path("app.db"), elsewhere.path("app.db")).unwrap();
    assert_contains(open_refused(builder(&elsewhere)), "nothing is recorded of these files in `");

    let metadata = |_: &Settings| {
        let mut store = StoreConfig::default();
        store.history = HistoryMode::Metadata;
        store
    };
    let dir = TestDir::new().file("app.toml", "port = 1\n");
    drop(builder(&dir).history_settings(metadata).open().unwrap());
    dir.write("app.toml", bad);
    assert_contains(
        open_refused(builder(&dir)),
        "of generation 1 no texts are kept (store.history = \"metadata\")",
    );

    let dir = TestDir::new().file("app.toml", "port = 70\n");
    drop(builder(&dir).open().unwrap());
    dir.write("app.toml", bad);
    let strict = builder(&dir).validate(|settings: &Settings| match settings.port {
        70 => Err("70 is no longer valid"),
        _ => Ok(()),
    });
    assert_contains(
        open_refused(strict),
        "generation 1 is no longer accepted: refused by the application: 70 is no longer valid",
    );

    dir.write("app.db", "no database");
    assert_contains(open_refused(builder(&dir)), "there is no last good generation to start with: `");
}

#[test]
fn fallback_defaults_do_not_decide_how_much_is_recorded() {
    let start = |text: &str| {
        let dir = TestDir::new().file("app.toml", text);
        let config =
            builder(&dir).history_settings(store_config).fallback(Fallback::Defaults).open().unwrap();
        (config, dir)
    };
    let (config, dir) = start("port = 'Zq7Xw9Kv'\n");
    let refusal = history(&config).refusals().unwrap().remove(0);
    assert_eq!(refusal.diagnostics[0].get("message"), None, "{}", refusal.diagnostics);
    assert_eq!(describe_generations(&history(&config)), [""; 0], "the defaults are not recorded");
    write_and_reload(&config, &dir, "port = 1\n");
    assert_eq!(describe_generations(&history(&config)), ["1 (2) reloaded: - port = 8080 + port = 1"]);
}
