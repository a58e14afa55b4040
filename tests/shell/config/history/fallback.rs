//! The fallbacks for bad files: the last good generation, or the defaults.

use speckit::store::{HistoryMode, StoreConfig};
use speckit::{Builder, Environment, Fallback};

use super::{Settings, builder, history, lines, of_settings, plain, reload, whole};
use crate::test_dir::TestDir;

#[test]
fn the_last_good_generation_stands_in_for_bad_files_until_they_are_mended() {
    let dir = TestDir::new().file("app.toml", "port = 9000\n");
    let shell = builder(&dir).open().unwrap();
    reload(&shell, &dir, "port = 9001\ntoken = 'one'\n");
    drop(shell);
    dir.write("app.toml", "port = 'high'\n");
    let again = || builder(&dir).fallback(Fallback::LastGood).env_prefix("APP");
    let shell = again().environment(Environment::of([("APP_WORKERS", "7")])).open().unwrap();
    assert_eq!(shell.load().port, 9001);
    let snapshot = shell.snapshot();
    let origin = |key: &str| snapshot.explain(key).unwrap().winner.unwrap().to_string();
    assert_eq!(origin("port"), format!("generation 2 of {}:1:8", dir.path("app.toml").display()));
    assert_eq!(origin("workers"), "APP_WORKERS", "the present environment counts");
    let status = shell.status();
    assert_eq!(status.refusal.unwrap()[0].code, "schema/type");
    assert_eq!(status.drift, [dir.path("app.toml")]);
    let warning = &status.warnings[0];
    assert_eq!(warning.code, "history/last-good");
    let at = speckit_core::text::rfc3339(whole(&history(&shell), 2).accepted_at_ms);
    let said =
        format!("the files are refused: generation 2 of the history, accepted at {at}, is used instead");
    assert_eq!(warning.message, said);
    assert_eq!(history(&shell).refusals().unwrap().len(), 1);
    assert_eq!(lines(&history(&shell)).len(), 2, "what stands in was accepted before");
    reload(&shell, &dir, "port = 9002\n");
    assert_eq!((shell.load().port, shell.status().refusal), (9002, None));
    assert_eq!(shell.status().warnings, []);
    assert_eq!(lines(&history(&shell)).len(), 3);
}

#[test]
fn an_environment_that_breaks_the_rules_too_is_left_out_of_what_stands_in() {
    let dir = TestDir::new().file("app.toml", "port = 9000\n");
    drop(builder(&dir).open().unwrap());
    dir.write("app.toml", "port = 'high'\n");
    let shell = builder(&dir).fallback(Fallback::LastGood).env_prefix("APP").set("port", "no number");
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

    let dir = TestDir::new().file("app.toml", bad);
    says(refused(plain(&dir)), "no history is recorded");
    says(refused(builder(&dir)), "nothing is recorded yet in `");
    assert_eq!(dir.names(), ["app.toml"], "it is not made to find nothing in it");

    let other = TestDir::new().file("app.toml", "port = 1\n").file("app.db", "");
    drop(builder(&other).open().unwrap());
    let elsewhere = dir.file("x", "");
    std::fs::copy(other.path("app.db"), elsewhere.path("app.db")).unwrap();
    says(refused(builder(&elsewhere)), "nothing is recorded of these files in `");

    let metadata = |_: &Settings| {
        let mut store = StoreConfig::default();
        store.history = HistoryMode::Metadata;
        store
    };
    let dir = TestDir::new().file("app.toml", "port = 1\n");
    drop(builder(&dir).history_settings(metadata).open().unwrap());
    dir.write("app.toml", bad);
    says(refused(builder(&dir)), "of generation 1 no texts are kept (store.history = \"metadata\")");

    let dir = TestDir::new().file("app.toml", "port = 70\n");
    drop(builder(&dir).open().unwrap());
    dir.write("app.toml", bad);
    let strict = builder(&dir).validate(|settings: &Settings| match settings.port {
        70 => Err("70 is no good any more"),
        _ => Ok(()),
    });
    says(refused(strict), "generation 1 is no longer accepted: refused by the application: 70 is no good");

    dir.write("app.db", "no database");
    says(refused(builder(&dir)), "there is no last good generation to start with: what is accepted");
}

#[test]
fn defaults_that_stand_in_say_nothing_of_how_much_may_be_kept() {
    let start = |text: &str| {
        let dir = TestDir::new().file("app.toml", text);
        let shell = builder(&dir).history_settings(of_settings).fallback(Fallback::Defaults).open().unwrap();
        (shell, dir)
    };
    let (shell, dir) = start("port = 'Zq7Xw9Kv'\n");
    let refusal = history(&shell).refusals().unwrap().remove(0);
    assert_eq!(refusal.diagnostics[0].get("message"), None, "{}", refusal.diagnostics);
    assert_eq!(lines(&history(&shell)), [""; 0], "the files said nothing of this");
    reload(&shell, &dir, "port = 1\n");
    assert_eq!(lines(&history(&shell)), ["1 (2) reloaded: - port = 8080 + port = 1"]);
}
