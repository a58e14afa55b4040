//! Watches real files in temporary folders, and saves them in the ways of editors, deployments and orchestrators. Each
//! save must send exactly the expected events.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::mpsc::RecvTimeoutError;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde::Deserialize;
use speckit::ConfigReloadEvent::{FileChanged, ReloadDeferred, ReloadFailed, ReloadSuccess};
use speckit::{
    Builder, Config, ConfigEvent, ConfigReloadEvent, Environment, HotReloadConfig, HotReloadWatcher,
    Receiver, WatchMode, Watching,
};
use speckit_core::tree::diff;

use crate::test_dir::TestDir;

mod paths;
mod saves;

const DEBOUNCE: Duration = Duration::from_millis(80);
/// How long a test waits for an event, which may take long on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(20);

#[derive(Debug, Deserialize)]
struct Settings {
    n: i64,
}

/// A configuration with its watcher and its events.
struct WatchedConfig {
    dir: TestDir,
    config: Config<Settings>,
    events: Receiver<ConfigEvent<Settings>>,
    watcher: HotReloadWatcher,
}

fn builder(files: impl IntoIterator<Item = PathBuf>) -> Builder<Settings> {
    let builder = Config::builder().defaults_toml("n = 0\n").environment(Environment::default());
    files.into_iter().fold(builder.debounce(DEBOUNCE), Builder::file)
}

impl WatchedConfig {
    fn new(dir: TestDir) -> Self {
        let builder = builder([dir.path("app.toml")]);
        Self::with(dir, builder)
    }

    fn with(dir: TestDir, builder: Builder<Settings>) -> Self {
        let config = builder.open().unwrap();
        let events = config.subscribe();
        let watcher = config.watch().unwrap();
        Self { dir, config, events, watcher }
    }

    fn path(&self) -> PathBuf {
        self.dir.path("app.toml")
    }

    /// Checks that exactly these events arrive.
    #[track_caller]
    fn assert_events(&self, expected: &[&str]) {
        let mut received = Vec::new();
        while received.len() < expected.len() {
            match self.events.recv_timeout(TIMEOUT) {
                Ok(event) => received.push(self.describe(&event)),
                Err(error) => {
                    panic!("{error}: only {received:?} of {expected:?}; {:?}", self.config.status())
                }
            }
        }
        self.collect_until_quiet(&mut received);
        assert_eq!(received, expected);
    }

    /// Checks that no event arrives.
    #[track_caller]
    fn assert_no_event(&self) {
        self.assert_events(&[]);
    }

    #[track_caller]
    fn collect_until_quiet(&self, received: &mut Vec<String>) {
        loop {
            match self.events.recv_timeout(DEBOUNCE * 4) {
                Ok(event) => received.push(self.describe(&event)),
                Err(RecvTimeoutError::Timeout) => return,
                Err(RecvTimeoutError::Disconnected) => panic!("the configuration was dropped"),
            }
        }
    }

    fn describe(&self, event: &ConfigReloadEvent) -> String {
        match event {
            FileChanged { paths } => {
                let root = self.dir.path("");
                let names = paths.iter().map(|path| path.strip_prefix(&root).unwrap().display().to_string());
                format!("changed {}", names.collect::<Vec<_>>().join(", "))
            }
            ReloadSuccess { generation, changed, .. } => {
                format!("{generation}: {}", diff::to_text(changed).trim_end().replace('\n', " "))
            }
            ReloadFailed { generation, diagnostics } => {
                let codes: Vec<&str> =
                    diagnostics.iter().map(|diagnostic| diagnostic.code.as_str()).collect();
                format!("{generation}: refused {}", codes.join(", "))
            }
            ReloadDeferred { busy } => format!("deferred by {busy}"),
            other => format!("{other:?}"),
        }
    }
}

fn watch_file() -> WatchedConfig {
    WatchedConfig::new(TestDir::new().file("app.toml", "n = 1\n"))
}

/// Replaces a file in one step.
fn replace_file(dir: &TestDir, name: &str, text: &str) {
    dir.write("new.tmp", text);
    fs::rename(dir.path("new.tmp"), dir.path(name)).unwrap();
}

#[cfg(unix)]
#[test]
fn a_save_without_a_new_value_sends_no_event() {
    use std::os::unix::fs::PermissionsExt as _;
    let watched = watch_file();
    fs::set_permissions(watched.path(), fs::Permissions::from_mode(0o600)).unwrap();
    watched.assert_no_event();
    File::options()
        .write(true)
        .open(watched.path())
        .unwrap()
        .set_modified(std::time::SystemTime::now())
        .unwrap();
    watched.assert_no_event();
    watched.dir.write("app.toml", "n = 1\n");
    watched.assert_no_event();
    replace_file(&watched.dir, "app.toml", "n = 1 # the same\n");
    watched.assert_no_event();
    assert_eq!(watched.config.snapshot().generation(), 1);
}

#[test]
fn a_thousand_edits_in_a_second_are_one_reload() {
    let dir = TestDir::new().file("app.toml", "n = 0\n");
    let builder = builder([dir.path("app.toml")]).debounce(Duration::from_secs(1));
    let watched = WatchedConfig::with(dir, builder);
    let start = Instant::now();
    for n in 1..=1000_u32 {
        watched.dir.write("app.toml", format!("n = {n}\n"));
        sleep((start + Duration::from_millis(1) * n).saturating_duration_since(Instant::now()));
    }
    watched.assert_events(&["changed app.toml", "2: - n = 0 + n = 1000"]);
    sleep(Duration::from_millis(1200));
    watched.assert_no_event();
}

#[test]
fn a_watched_bad_edit_keeps_the_configuration_and_a_good_edit_replaces_it() {
    let watched = watch_file();
    watched.dir.write("app.toml", "n = 'two'\n[broken");
    watched.assert_events(&["changed app.toml", "1: refused parse/toml"]);
    assert_eq!(watched.config.load().n, 1);
    watched.dir.write("app.toml", "n = 2\n");
    watched.assert_events(&["changed app.toml", "2: - n = 1 + n = 2"]);
}

#[test]
fn replacing_a_file_by_a_folder_and_back_is_noticed() {
    let watched = watch_file();
    fs::remove_file(watched.path()).unwrap();
    fs::create_dir(watched.path()).unwrap();
    watched.assert_events(&["changed app.toml", "1: refused file/unreadable"]);
    fs::remove_dir(watched.path()).unwrap();
    watched.dir.write("app.toml", "n = 3\n");
    watched.assert_events(&["changed app.toml", "2: - n = 1 + n = 3"]);
}

#[cfg(unix)]
#[test]
fn a_named_pipe_in_place_of_the_file_blocks_nothing() {
    let watched = watch_file();
    fs::remove_file(watched.path()).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(watched.path()).status().unwrap().success());
    watched.assert_events(&["changed app.toml", "1: refused file/unreadable"]);
    fs::remove_file(watched.path()).unwrap();
    watched.dir.write("app.toml", "n = 2\n");
    watched.assert_events(&["changed app.toml", "2: - n = 1 + n = 2"]);
}

#[test]
fn truncating_a_file_and_writing_it_much_later_is_one_reload() {
    let watched = watch_file();
    let mut file = File::create(watched.path()).unwrap();
    sleep(DEBOUNCE * 6);
    for part in ["n = 2", "3\n"] {
        file.write_all(part.as_bytes()).unwrap();
        sleep(DEBOUNCE / 2);
    }
    watched.assert_events(&["changed app.toml", "2: - n = 1 + n = 23"]);
}

#[test]
fn added_and_removed_files_of_a_folder_are_noticed() {
    let dir = TestDir::new().file("conf.d/10.toml", "n = 10\n");
    let builder = builder([dir.path("conf.d")]);
    let watched = WatchedConfig::with(dir, builder);
    watched.dir.write("conf.d/20.toml", "n = 20\n");
    watched.assert_events(&["changed conf.d/20.toml", "2: - n = 10 + n = 20"]);
    fs::remove_file(watched.dir.path("conf.d/20.toml")).unwrap();
    watched.assert_events(&["changed conf.d/20.toml", "3: - n = 20 + n = 10"]);
    watched.dir.write("conf.d/notes.txt", "nothing of ours");
    watched.assert_no_event();
}

#[test]
fn polling_notices_changes_like_events() {
    let dir = TestDir::new().file("app.toml", "n = 1\n");
    let builder = builder([dir.path("app.toml")]).watch_mode(WatchMode::Poll);
    let watched = WatchedConfig::with(dir, builder);
    assert_eq!(watched.watcher.watching(), Watching::Poll { every: Duration::from_secs(1) });
    replace_file(&watched.dir, "app.toml", "n = 2\n");
    watched.assert_events(&["changed app.toml", "2: - n = 1 + n = 2"]);
    watched.dir.write("app.toml", "n = 3\n");
    watched.assert_events(&["changed app.toml", "3: - n = 2 + n = 3"]);
}

#[test]
fn a_watched_reload_waits_for_the_read_guard_and_follows_its_drop() {
    let watched = watch_file();
    let guard = watched.config.busy();
    watched.dir.write("app.toml", "n = 2\n");
    watched.assert_events(&["changed app.toml", "deferred by 1"]);
    assert_eq!(watched.config.load().n, 1);
    drop(guard);
    watched.assert_events(&["2: - n = 1 + n = 2"]);
}

#[test]
fn a_change_of_a_watched_path_checks_the_rules_again() {
    let dir = TestDir::new().file("app.toml", "n = 1\n").file("limit", "5");
    let limit = dir.path("limit");
    let rule = move |settings: &Settings| {
        let limit: i64 = fs::read_to_string(&limit).unwrap().parse().unwrap();
        if settings.n <= limit { Ok(()) } else { Err("n is over the limit") }
    };
    let builder = builder([dir.path("app.toml")]).watch_path(dir.path("limit")).validate(rule);
    let watched = WatchedConfig::with(dir, builder);
    watched.dir.write("limit", "0");
    watched.assert_events(&["1: refused rule/refused"]);
    watched.dir.write("limit", "50");
    watched.assert_events(&["1: "]);
}

#[test]
fn the_settings_define_the_watched_paths_and_the_quiet_period() {
    let dir = TestDir::new().file("app.toml", "n = 1\n").file("limit1", "5").file("limit2", "5");
    let root = dir.path("");
    let rule = move |settings: &Settings| {
        let limit = fs::read_to_string(root.join(format!("limit{}", settings.n))).unwrap();
        if settings.n <= limit.parse().unwrap() { Ok(()) } else { Err("n is over the limit") }
    };
    let hot_reload = |settings: &Settings| {
        let mut hot_reload = HotReloadConfig::default();
        hot_reload.debounce_ms = 80 * settings.n.unsigned_abs();
        hot_reload.watch_paths = vec![format!("limit{}", settings.n)];
        hot_reload
    };
    let builder = builder([dir.path("app.toml")]).hot_reload(hot_reload).validate(rule);
    let watched = WatchedConfig::with(dir, builder);
    watched.dir.write("limit1", "0");
    watched.assert_events(&["1: refused rule/refused"]);
    watched.dir.write("app.toml", "n = 2\n");
    watched.assert_events(&["changed app.toml", "2: - n = 1 + n = 2"]);
    watched.dir.write("limit1", "50");
    watched.assert_no_event();
    let start = Instant::now();
    watched.dir.write("limit2", "0");
    watched.assert_events(&["2: refused rule/refused"]);
    assert!(start.elapsed() >= DEBOUNCE * 2);
}

#[test]
fn dropping_the_last_watcher_stops_watching() {
    let WatchedConfig { dir, config, events, watcher } = watch_file();
    let second = config.watch().unwrap();
    drop(watcher);
    dir.write("app.toml", "n = 2\n");
    assert!(matches!(*events.recv_timeout(TIMEOUT).unwrap(), FileChanged { .. }));
    assert!(matches!(*events.recv_timeout(TIMEOUT).unwrap(), ReloadSuccess { .. }));
    drop(second);
    assert_eq!(config.status().watching, Watching::Off);
    dir.write("app.toml", "n = 3\n");
    assert_eq!(events.recv_timeout(DEBOUNCE * 4), Err(RecvTimeoutError::Timeout));
    let third = config.watch().unwrap();
    // A new watcher notices a change that was made while no watcher existed.
    assert!(matches!(*events.recv_timeout(TIMEOUT).unwrap(), FileChanged { .. }));
    assert!(matches!(*events.recv_timeout(TIMEOUT).unwrap(), ReloadSuccess { .. }));
    drop(config);
    assert_eq!(
        events.recv_timeout(DEBOUNCE),
        Err(RecvTimeoutError::Timeout),
        "the watcher still owns the configuration"
    );
    drop(third);
    assert_eq!(events.recv_timeout(TIMEOUT), Err(RecvTimeoutError::Disconnected));
}
