//! The texts about the history, including those for an empty history and for a missing fallback.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use speckit::store::{StoreConfig, StoreError};
use speckit::{Builder, Config, ConfigReloadEvent, Fallback};
use speckit_core::config::history::{
    AcceptedConfig, CurrentFile, Generation, GenerationCause, HistoryPrinter, Refusal, difference,
    plan_restore, redacted_source,
};
use speckit_core::config::source::{Language, parse};
use speckit_core::store::HistoryMode;
use speckit_core::tree::diff::diff;
use speckit_core::{Key, LayerKind, Source, Value};
use speckit_tests::fakes::FakeWorld;
use speckit_tests::golden;

use crate::application;

const PATH: &str = "/srv/app/speckit.toml";

fn text(attempts: u8, secret: &str) -> String {
    format!(
        "# ours\n[retry]\nmax_attempts = {attempts}\n[auth.one]\nclient_id = 'a'\nclient_secret = '{secret}'\n"
    )
}

fn source(text: &str) -> Arc<Source> {
    Source::document(LayerKind::File, PATH, text)
}

/// A generation with one file, and the changes since the text before it.
fn generation(
    number: i64,
    cause: GenerationCause,
    mode: HistoryMode,
    text: &str,
    before: Option<&str>,
) -> Generation {
    let root = |text: &str| parse(&source(text), Language::Toml).unwrap().root().clone();
    let (rules, now) = (application(), root(text));
    let changes = before.map(|before| diff(&root(before), &now));
    let sources = [(PATH.to_owned(), source(text))];
    let is_secret = |key: &Key, value: &Value| rules.keys().is_secret(key, value);
    let accepted =
        AcceptedConfig { root: &now, sources: &sources, changes: changes.as_deref(), is_secret: &is_secret };
    let seconds = 1_790_000_000 + number.unsigned_abs() * 61;
    Generation {
        number,
        accepted_at_ms: seconds * 1000,
        generation: 1,
        cause,
        state: accepted.stored(mode).unwrap(),
    }
}

fn refusal(at_ms: u64, diagnostics: serde_json::Value) -> Refusal {
    Refusal {
        refused_at_ms: at_ms,
        generation: 2,
        after: None,
        files: vec![PATH.into()],
        diagnostics,
        omitted: 0,
    }
}

fn printer() -> HistoryPrinter {
    HistoryPrinter { folder: Some("/srv/app".into()), home: Some("/home/ann".into()) }
}

#[test]
fn generations_and_refusals_are_a_table() {
    let (one, two) = (text(3, "hunter1"), text(4, "hunter2"));
    let full = HistoryMode::Full;
    let generations = [
        generation(9, GenerationCause::Opened, full, &one, None),
        generation(10, GenerationCause::Reloaded, full, &two, Some(&one)),
        generation(11, GenerationCause::Reloaded, HistoryMode::Metadata, &one, Some(&two)),
        generation(12, GenerationCause::RolledBack(10), full, &two, Some(&one)),
        generation(13, GenerationCause::Reloaded, full, "", Some(&two)),
    ];
    let diagnostic = serde_json::json!({ "severity": "error", "code": "schema/minimum", "key": "retry.max_attempts",
        "message": "expected at least 1, found 0", "origin": { "layer": "file", "name": "/home/ann/.code/config.toml" } });
    let without_message = serde_json::json!({ "severity": "error", "code": "parse/toml", "key": "" });
    let at = |number: u64| (1_790_000_000 + number * 61) * 1000 + 1;
    let refusals = [
        refusal(at(9), serde_json::json!([diagnostic, diagnostic])),
        refusal(at(11), serde_json::json!([without_message])),
        refusal(at(12), serde_json::json!([])),
    ];
    let rows = generations.iter().map(|one| printer().generation_row(one));
    let rows = rows.chain(refusals.iter().map(|one| printer().refusal_row(one)));
    golden!("config/history", "the_table", printer().list(rows.collect()).collect::<String>());
    let json: Vec<String> = generations.iter().map(|one| json(one.to_json())).collect();
    golden!("config/history", "the_list_as_json", format!("{}{:#}\n", json.concat(), refusals[0].to_json()));
}

#[test]
fn one_generation_is_shown_with_everything_that_is_stored() {
    let (one, two) = (text(3, "hunter1"), text(4, "hunter2"));
    let full = generation(10, GenerationCause::Reloaded, HistoryMode::Full, &two, Some(&one));
    let metadata = generation(10, GenerationCause::Reloaded, HistoryMode::Metadata, &two, Some(&one));
    let first = generation(1, GenerationCause::Opened, HistoryMode::Metadata, "", None);
    let all = [&full, &metadata, &first].map(|one| printer().show(one)).join("\n");
    assert!(!all.contains("hunter"), "{all}");
    golden!("config/history", "one_generation", all);
    golden!(
        "config/history",
        "one_generation_as_json",
        [&full, &metadata].map(|one| json(one.to_json_with_values(&[]))).concat()
    );
    golden!("config/history", "a_text_with_a_secret", redacted_source(&source(&two), &application()));
}

#[test]
fn a_difference_of_two_generations_is_a_list_or_a_sentence() {
    let (one, two) = (text(3, "hunter1"), text(4, "hunter2"));
    let full = |text: &str| generation(1, GenerationCause::Reloaded, HistoryMode::Full, text, None);
    let metadata =
        |text: &str, before| generation(2, GenerationCause::Reloaded, HistoryMode::Metadata, text, before);
    let mut other = full(&one);
    other.state.fingerprint = "another".into();
    let step = metadata(&two, Some(one.as_str()));
    let differences = [
        difference(&full(&one).state, &full(&two).state, &[]),
        difference(&full(&one).state, &full(&one).state, &[]),
        difference(&full(&one).state, &other.state, &[]),
        difference(&metadata(&one, None).state, &step.state, &[&step]),
        difference(&metadata(&one, None).state, &step.state, &[]),
    ];
    let texts = differences.map(|one| one.to_text(1, 2) + &json(one.to_json(1, 2)));
    assert!(!texts.concat().contains("hunter"));
    golden!("config/history", "differences", texts.join("\n"));
}

#[test]
fn a_rollback_is_shown_as_one_diff_for_each_file_without_secrets() {
    let rules = application();
    let state = generation(1, GenerationCause::Opened, HistoryMode::Full, &text(3, "hunter1"), None).state;
    let show = |current_files: &[CurrentFile]| {
        let steps = plan_restore(&state, current_files).unwrap();
        let diffs = steps.iter().map(|step| step.diff(&printer().short_path(&step.path), &rules));
        diffs.collect::<String>()
    };
    let current_file = |path: &str, text: &str| CurrentFile {
        path: path.into(),
        source: Some(Source::document(LayerKind::File, path, text)),
    };
    let all = [
        show(&[current_file(PATH, &text(4, "hunter2"))]),
        show(&[current_file(PATH, &text(3, "hunter1").replace("= 'a'", "= a hunter3"))]),
        show(&[current_file("/srv/app/more.toml", "[auth.two]\nclient_secret = 'hunter4'")]),
        show(&[CurrentFile { path: PATH.into(), source: None }]),
    ];
    assert!(!all.concat().contains("hunter"), "{}", all.concat());
    golden!("config/history", "the_way_back", all.join("\n"));
}

/// A world in memory whose clock is 2026-01-01T00:00:00Z.
fn world(text: &str) -> Arc<FakeWorld> {
    let world = Arc::new(FakeWorld::default());
    world.advance(Duration::from_secs(1_767_225_600));
    world.files(|files| files.write("/app.toml", text.as_bytes())).unwrap();
    world
}

fn builder(world: &Arc<FakeWorld>, folder: &Path) -> Builder<std::collections::BTreeMap<String, u16>> {
    let world = Arc::clone(world) as Arc<dyn speckit::world::World>;
    Config::builder().file("/app.toml").world(world).history(folder.join("app.db"))
}

#[test]
fn a_fallback_and_a_missing_fallback_are_explained() {
    let folder = tempfile::tempdir().unwrap();
    let mut all = String::new();
    let open_refused =
        |builder: Builder<_>| builder.fallback(Fallback::LastGood).open().unwrap_err().to_string();
    let world = world("port = 'high'\n");
    let write = |text: &str| world.files(|files| files.write("/app.toml", text.as_bytes())).unwrap();
    all += &open_refused(Config::builder().file("/app.toml").world(Arc::clone(&world) as Arc<_>));
    all += &open_refused(builder(&world, folder.path()));
    write("port = 1\n");
    drop(builder(&world, folder.path()).open().unwrap());
    write("port = 'high'\n");
    let other = Config::builder().file("/b.toml").file("/app.toml").world(Arc::clone(&world) as Arc<_>);
    all += &open_refused(other.history(folder.path().join("app.db")));
    all += &open_refused(builder(&world, folder.path()).validate(|_| Err("the rules of today")));
    let config = builder(&world, folder.path()).fallback(Fallback::LastGood).open().unwrap();
    for warning in config.status().warnings {
        all += &format!("{}: {}\n  {}\n", warning.code, warning.message, warning.help.unwrap_or_default());
    }
    drop(config);
    write("port = 2\n");
    let metadata = |_: &_| {
        let mut store = StoreConfig::default();
        store.history = HistoryMode::Metadata;
        store
    };
    drop(builder(&world, folder.path()).history_settings(metadata).open().unwrap());
    write("port = 'high'\n");
    all += &open_refused(builder(&world, folder.path()));
    golden!("config/history", "standing_in", all.replace(&folder.path().display().to_string(), "FOLDER"));
}

#[test]
fn a_failed_recording_is_explained() -> Result<(), StoreError> {
    let folder = tempfile::tempdir().unwrap();
    let mut all = String::new();
    let world = world("port = 1\n");
    let config = builder(&world, folder.path()).open().unwrap();
    let events = config.subscribe();
    let history = config.history().unwrap();
    history.flush()?;
    history.store()?.write(|tx| Ok(tx.execute_batch("DROP TABLE config_generations")?))?;
    world.files(|files| files.write("/app.toml", b"port = 2\n")).unwrap();
    config.reload().unwrap();
    drop(history.refusals());
    while let Ok(event) = events.try_recv() {
        if let ConfigReloadEvent::Warning { diagnostics } = event.event {
            all += diagnostics.report();
        }
    }
    let unrecorded = config.flush_history(Duration::from_secs(60)).unwrap_err();
    all += &format!("{}: {}\n", unrecorded.code, unrecorded.message);
    std::fs::remove_file(folder.path().join("app.db")).unwrap();
    world.files(|files| files.write("/app.toml", b"port = 3\n")).unwrap();
    config.reload().unwrap();
    drop(history.refusals());
    while let Ok(event) = events.try_recv() {
        if let ConfigReloadEvent::Warning { diagnostics } = event.event {
            all += diagnostics.report();
        }
    }
    all.push('\n');
    std::fs::write(folder.path().join("none.db"), "no database").unwrap();
    let builder = builder(&world, folder.path()).history(folder.path().join("none.db"));
    for warning in builder.open().unwrap().status().warnings {
        all += &format!("{}: {}\n  {}\n", warning.code, warning.message, warning.help.unwrap_or_default());
    }
    golden!("config/history", "not_recorded", all.replace(&folder.path().display().to_string(), "FOLDER"));
    Ok(())
}

fn json(document: impl serde::Serialize) -> String {
    format!("{:#}\n", serde_json::to_value(document).unwrap())
}
