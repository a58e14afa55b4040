//! In which database it is recorded, and several configurations in one.

use std::path::Path;

use speckit::Environment;
use speckit::app::ConfigLoader;
use speckit_core::config::source::Override;

use super::{builder, history, lines, plain};
use crate::test_dir::TestDir;

#[test]
fn many_configurations_in_one_database_keep_their_own_newest_generation() {
    let dir = TestDir::new().file("app.toml", "port = 1\n").file("b.toml", "port = 2\n");
    let b = || plain(&dir).file(dir.path("b.toml")).history(dir.path("app.db"));
    for _ in 0..2 {
        drop(builder(&dir).open().unwrap());
        drop(b().open().unwrap());
    }
    let shell = b().open().unwrap();
    assert_eq!(lines(&history(&shell)), ["1 (1) opened: unknown", "2 (1) opened: unknown"]);
    let files = history(&shell).files(2).unwrap().unwrap();
    assert_eq!(files, [dir.path("app.toml"), dir.path("b.toml")]);
    assert_eq!(history(&shell).files(3).unwrap(), None);
}

#[test]
fn the_application_records_in_the_file_of_its_settings_where_it_is_asked_to() {
    let text = |path: &Path| format!("[store]\npath = '{}'\n", path.display());
    let dir = TestDir::new();
    dir.write("speckit.toml", text(&dir.path("deep/own.db")));
    let loader = || ConfigLoader::new(dir.path("speckit.toml")).environment(Environment::default());
    assert!(loader().open().unwrap().history().is_none());
    loader().recorded().load().unwrap();
    assert_eq!(dir.names(), ["speckit.toml"], "one look is not recorded");
    let shell = loader().recorded().open().unwrap();
    assert_eq!(shell.history().unwrap().generations().unwrap().len(), 1);
    assert!(dir.path("deep/own.db").exists());
    let named = dir.path("named.db");
    let environment = Environment::of([("SPECKIT_DATABASE", named.to_str().unwrap())]);
    let shell = loader().recorded().environment(environment).open().unwrap();
    assert_eq!(shell.history().unwrap().store().path(), named);
    let off = Override::Set { key: "store.history".into(), text: "off".into() };
    assert!(loader().recorded().overrides(vec![off]).open().unwrap().history().is_none());
}
