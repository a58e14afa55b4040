//! Faults that the simulation has revealed, each as a test of its own: a seed no longer repeats them when the actors change.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use speckit::ConfigReloadEvent::{FileChanged, ReloadSuccess};
use speckit::world::World;
use speckit::{Config, Reloaded};
use speckit_tests::fakes::FakeWorld;

use crate::config::program::{APP, CONF_D, FOLDER, Settings, Setup, builder};

const SETUP: Setup = Setup {
    seed: 0,
    follows: true,
    quiet_ms: 0,
    fallback: false,
    has_schema_file: false,
    required: false,
    oversleeps_ms: 0,
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

/// Turns as often as the program asks for it.
fn follow(world: &FakeWorld, shell: &Config<Settings>) {
    while let Some(wait) = shell.turn() {
        world.advance(wait);
    }
}

#[test]
fn a_quiet_period_that_is_over_since_it_became_shorter_ends_in_a_reading() {
    let world = world("low = 1\nquiet_ms = 3000\n");
    let shell = open(&world);
    shell.hint();
    world.advance(Duration::from_millis(1000));
    write(&world, APP, "low = 2\nquiet_ms = 500\n");
    assert_eq!(shell.reload(), Ok(Reloaded::Renewed));
    assert_eq!(shell.turn(), None, "the hint has been followed");
    write(&world, APP, "low = 3\nquiet_ms = 500\n");
    shell.hint();
    follow(&world, &shell);
    assert_eq!(shell.load().low, 3, "what changes after that is read too");
}

#[test]
fn a_folder_that_cannot_be_listed_is_refused_and_its_way_back_is_seen() {
    let world = world("low = 1\n");
    world.files(|files| files.create_folder(CONF_D)).unwrap();
    let shell = open(&world);
    world.files(|files| files.set_forbidden(CONF_D, true)).unwrap();
    shell.hint();
    follow(&world, &shell);
    assert_eq!(shell.status().refusal.unwrap()[0].code, "file/unreadable");
    assert_eq!(shell.status().drift, [std::path::PathBuf::from(CONF_D)]);
    world.files(|files| files.set_forbidden(CONF_D, false)).unwrap();
    shell.hint();
    follow(&world, &shell);
    assert_eq!(shell.status().refusal, None);
}

#[test]
fn a_new_file_in_a_folder_is_drift_before_it_is_read() {
    let world = world("low = 1\n");
    world.files(|files| files.create_folder(CONF_D)).unwrap();
    let shell = open(&world);
    let path = format!("{CONF_D}/10-a.toml");
    write(&world, &path, "low = 2\n");
    assert_eq!(shell.status().drift, [std::path::PathBuf::from(path)]);
}

#[test]
fn a_folder_that_comes_without_a_file_is_no_file_that_changed() {
    let world = world("low = 1\n");
    let shell = open(&world);
    let events = shell.subscribe();
    world.files(|files| files.create_folder(CONF_D)).unwrap();
    world.set_variable("APP_LOW", Some("2"));
    assert_eq!(shell.status().drift, [""; 0].map(std::path::PathBuf::from));
    assert_eq!(shell.reload(), Ok(Reloaded::Renewed));
    assert!(matches!(events.try_recv(), Ok(ReloadSuccess { .. })));
    write(&world, APP, "low = 1\nhigh = 77\n");
    assert_eq!(shell.reload(), Ok(Reloaded::Renewed));
    assert!(
        matches!(events.try_recv(), Ok(FileChanged { paths }) if paths == [std::path::PathBuf::from(APP)])
    );
}

#[test]
fn a_hint_by_a_rule_counts_since_the_files_were_read_before_it() {
    let world = world("low = 1\nquiet_ms = 500\n");
    let inner: Arc<OnceLock<Config<Settings>>> = Arc::default();
    let rule = {
        let (world, inner) = (Arc::clone(&world), Arc::clone(&inner));
        move |settings: &Settings| {
            if let (2, Some(shell)) = (settings.low, inner.get()) {
                write(&world, APP, "low = 3\nquiet_ms = 500\n");
                shell.hint();
            }
            Ok::<_, String>(())
        }
    };
    let files: Arc<dyn World> = Arc::clone(&world) as Arc<dyn World>;
    let shell = builder(&SETUP, &files).validate(rule).open().unwrap();
    inner.set(shell.clone()).unwrap();
    write(&world, APP, "low = 2\nquiet_ms = 500\n");
    shell.hint();
    follow(&world, &shell);
    assert_eq!(shell.load().low, 3);
}
