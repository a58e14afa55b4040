//! The database of the history, and several configurations in one database.

use std::path::Path;

use speckit::Environment;
use speckit::app::ConfigLoader;
use speckit_core::config::source::Override;

use super::{builder, builder_without_history, describe_generations, history};
use crate::test_dir::TestDir;

#[test]
fn each_configuration_in_a_database_has_its_own_newest_generation() {
    let dir = TestDir::new().file("app.toml", "port = 1\n").file("b.toml", "port = 2\n");
    let b = || builder_without_history(&dir).file(dir.path("b.toml")).history(dir.path("app.db"));
    for _ in 0..2 {
        drop(builder(&dir).open().unwrap());
        drop(b().open().unwrap());
    }
    let config = b().open().unwrap();
    assert_eq!(describe_generations(&history(&config)), ["1 (1) opened: unknown", "2 (1) opened: unknown"]);
    let files = history(&config).files(2).unwrap().unwrap();
    assert_eq!(files, [dir.path("app.toml"), dir.path("b.toml")]);
    assert_eq!(history(&config).files(3).unwrap(), None);
}

#[test]
fn the_loader_records_in_the_database_of_its_settings_on_request() {
    let text = |path: &Path| format!("[store]\npath = '{}'\n", path.display());
    let dir = TestDir::new();
    dir.write("speckit.toml", text(&dir.path("deep/own.db")));
    let loader = || ConfigLoader::new(dir.path("speckit.toml")).environment(Environment::default());
    assert!(loader().open().unwrap().history().is_none());
    loader().recorded().load().unwrap();
    assert_eq!(dir.names(), ["speckit.toml"], "load records nothing");
    let config = loader().recorded().open().unwrap();
    assert_eq!(config.history().unwrap().generations().unwrap().len(), 1);
    assert!(dir.path("deep/own.db").exists());
    let named = dir.path("named.db");
    let environment = Environment::of([("SPECKIT_DATABASE", named.to_str().unwrap())]);
    let config = loader().recorded().environment(environment).open().unwrap();
    assert_eq!(config.history().unwrap().store().unwrap().path(), named);
    let off = Override::Set { key: "store.history".into(), text: "off".into() };
    assert!(loader().recorded().overrides(vec![off]).open().unwrap().history().is_none());
}
