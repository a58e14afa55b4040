//! One test for each fault that the simulation has found, since a seed gives another plan after a change of the actors.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use speckit::ConfigReloadEvent::{FileChanged, ReloadSuccess};
use speckit::world::World;
use speckit::{Config, Reloaded};
use speckit_tests::fakes::FakeWorld;

use crate::config::program::{APP, CONF_D, FOLDER, Settings, Setup, builder};

const SETUP: Setup = Setup {
    seed: 0,
    has_hot_reload_settings: true,
    quiet_ms: 0,
    fallback: false,
    has_schema_file: false,
    required: false,
    wake_delay_ms: 0,
};

fn world(app: &str) -> Arc<FakeWorld> {
    let world = Arc::new(FakeWorld::default());
    world.files(|files| files.create_folder(FOLDER)).unwrap();
    write(&world, APP, app);
    world
}

fn write(world: &FakeWorld, path: &str, text: &str) {
    world.files(|files| files.write(path, text.as_bytes())).unwrap();
}

fn open(world: &Arc<FakeWorld>) -> Config<Settings> {
    builder(&SETUP, &(Arc::clone(world) as Arc<dyn World>)).open().unwrap()
}

/// Runs the loop of the program until it is idle.
fn run_until_idle(world: &FakeWorld, config: &Config<Settings>) {
    while let Some(wait) = config.turn() {
        world.advance(wait);
    }
}

#[test]
fn a_shortened_quiet_period_that_is_already_over_causes_a_reading() {
    let world = world("low = 1\nquiet_ms = 3000\n");
    let config = open(&world);
    config.hint();
    world.advance(Duration::from_millis(1000));
    write(&world, APP, "low = 2\nquiet_ms = 500\n");
    assert_eq!(config.reload(), Ok(Reloaded::Renewed));
    assert_eq!(config.turn(), None, "the reload has handled the hint");
    write(&world, APP, "low = 3\nquiet_ms = 500\n");
    config.hint();
    run_until_idle(&world, &config);
    assert_eq!(config.load().low, 3, "a later change is read too");
}

#[test]
fn an_unreadable_folder_is_refused_until_it_can_be_listed() {
    let world = world("low = 1\n");
    world.files(|files| files.create_folder(CONF_D)).unwrap();
    let config = open(&world);
    world.files(|files| files.set_forbidden(CONF_D, true)).unwrap();
    config.hint();
    run_until_idle(&world, &config);
    assert_eq!(config.status().refusal.unwrap()[0].code, "file/unreadable");
    assert_eq!(config.status().drift, [std::path::PathBuf::from(CONF_D)]);
    world.files(|files| files.set_forbidden(CONF_D, false)).unwrap();
    config.hint();
    run_until_idle(&world, &config);
    assert_eq!(config.status().refusal, None);
}

#[test]
fn a_new_file_in_a_folder_is_reported_as_drift() {
    let world = world("low = 1\n");
    world.files(|files| files.create_folder(CONF_D)).unwrap();
    let config = open(&world);
    let path = format!("{CONF_D}/10-a.toml");
    write(&world, &path, "low = 2\n");
    assert_eq!(config.status().drift, [std::path::PathBuf::from(path)]);
}

#[test]
fn a_new_folder_without_files_is_not_a_changed_file() {
    let world = world("low = 1\n");
    let config = open(&world);
    let events = config.subscribe();
    world.files(|files| files.create_folder(CONF_D)).unwrap();
    world.set_variable("APP_LOW", Some("2"));
    assert_eq!(config.status().drift, [""; 0].map(std::path::PathBuf::from));
    assert_eq!(config.reload(), Ok(Reloaded::Renewed));
    assert!(matches!(*events.try_recv().unwrap(), ReloadSuccess { .. }));
    write(&world, APP, "low = 1\nhigh = 77\n");
    assert_eq!(config.reload(), Ok(Reloaded::Renewed));
    let event = events.try_recv().unwrap().event;
    assert_eq!(event, FileChanged { paths: vec![APP.into()] });
}

#[test]
fn a_hint_by_a_rule_causes_another_reading() {
    let world = world("low = 1\nquiet_ms = 500\n");
    let inner: Arc<OnceLock<Config<Settings>>> = Arc::default();
    let rule = {
        let (world, inner) = (Arc::clone(&world), Arc::clone(&inner));
        move |settings: &Settings| {
            if let (2, Some(config)) = (settings.low, inner.get()) {
                write(&world, APP, "low = 3\nquiet_ms = 500\n");
                config.hint();
            }
            Ok::<_, String>(())
        }
    };
    let files: Arc<dyn World> = Arc::clone(&world) as Arc<dyn World>;
    let config = builder(&SETUP, &files).validate(rule).open().unwrap();
    inner.set(config.clone()).unwrap();
    write(&world, APP, "low = 2\nquiet_ms = 500\n");
    config.hint();
    run_until_idle(&world, &config);
    assert_eq!(config.load().low, 3);
}
