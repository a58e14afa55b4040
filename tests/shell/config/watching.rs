//! Reloads of real files in temporary folders, saved in every way that editors, deployments and orchestrators save
//! them. For each way, the events that are seen are exactly those that are expected.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::mpsc::RecvTimeoutError;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde::Deserialize;
use speckit::ConfigReloadEvent::{FileChanged, ReloadDeferred, ReloadFailed, ReloadSuccess};
use speckit::{
    Builder, Config, ConfigReloadEvent, Environment, HotReloadConfig, HotReloadWatcher, Receiver, WatchMode,
    Watching,
};
use speckit_core::tree::diff;

use crate::test_dir::TestDir;

mod saves;
mod ways;

const QUIET: Duration = Duration::from_millis(80);
/// What is expected has come by then, on a machine that does other things too.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug, Deserialize)]
struct Settings {
    n: i64,
}

/// A configuration that is watched.
struct Watched {
    dir: TestDir,
    shell: Config<Settings>,
    events: Receiver<ConfigReloadEvent>,
    watcher: HotReloadWatcher,
}

fn builder(files: impl IntoIterator<Item = PathBuf>) -> Builder<Settings> {
    let builder = Config::builder().defaults_toml("n = 0\n").environment(Environment::default());
    files.into_iter().fold(builder.debounce(QUIET), Builder::file)
}

impl Watched {
    fn new(dir: TestDir) -> Self {
        let builder = builder([dir.path("app.toml")]);
        Self::with(dir, builder)
    }

    fn with(dir: TestDir, builder: Builder<Settings>) -> Self {
        let shell = builder.open().unwrap();
        let events = shell.subscribe();
        let watcher = shell.watch().unwrap();
        Self { dir, shell, events, watcher }
    }

    fn path(&self) -> PathBuf {
        self.dir.path("app.toml")
    }

    /// The events that come are these and no others, and the value is then the one of the last success.
    #[track_caller]
    fn sees(&self, expected: &[&str]) {
        let mut seen = Vec::new();
        while seen.len() < expected.len() {
            match self.events.recv_timeout(PATIENCE) {
                Ok(event) => seen.push(self.line(&event)),
                Err(error) => panic!("{error}: only {seen:?} of {expected:?}; {:?}", self.shell.status()),
            }
        }
        self.is_silent_after(&mut seen);
        assert_eq!(seen, expected);
    }

    /// No event comes.
    #[track_caller]
    fn sees_nothing(&self) {
        self.sees(&[]);
    }

    #[track_caller]
    fn is_silent_after(&self, seen: &mut Vec<String>) {
        loop {
            match self.events.recv_timeout(QUIET * 4) {
                Ok(event) => seen.push(self.line(&event)),
                Err(RecvTimeoutError::Timeout) => return,
                Err(RecvTimeoutError::Disconnected) => panic!("the configuration is gone"),
            }
        }
    }

    fn line(&self, event: &ConfigReloadEvent) -> String {
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

fn with_file() -> Watched {
    Watched::new(TestDir::new().file("app.toml", "n = 1\n"))
}

/// A file that takes the place of another in one step.
fn rename_over(dir: &TestDir, name: &str, text: &str) {
    dir.write("new.tmp", text);
    fs::rename(dir.path("new.tmp"), dir.path(name)).unwrap();
}

#[cfg(unix)]
#[test]
fn a_change_of_permissions_or_times_is_no_event() {
    use std::os::unix::fs::PermissionsExt as _;
    let watched = with_file();
    fs::set_permissions(watched.path(), fs::Permissions::from_mode(0o600)).unwrap();
    watched.sees_nothing();
    File::options()
        .write(true)
        .open(watched.path())
        .unwrap()
        .set_modified(std::time::SystemTime::now())
        .unwrap();
    watched.sees_nothing();
    watched.dir.write("app.toml", "n = 1\n");
    watched.sees_nothing();
    rename_over(&watched.dir, "app.toml", "n = 1 # the same\n");
    watched.sees_nothing();
    assert_eq!(watched.shell.snapshot().generation(), 1);
}

#[test]
fn a_thousand_edits_in_a_second_are_one_reload() {
    let dir = TestDir::new().file("app.toml", "n = 0\n");
    let builder = builder([dir.path("app.toml")]).debounce(Duration::from_secs(1));
    let watched = Watched::with(dir, builder);
    let began = Instant::now();
    for n in 1..=1000_u32 {
        watched.dir.write("app.toml", format!("n = {n}\n"));
        sleep((began + Duration::from_millis(1) * n).saturating_duration_since(Instant::now()));
    }
    watched.sees(&["changed app.toml", "2: - n = 0 + n = 1000"]);
    sleep(Duration::from_millis(1200));
    watched.sees_nothing();
}

#[test]
fn a_bad_edit_keeps_the_last_good_configuration_and_a_good_one_follows() {
    let watched = with_file();
    watched.dir.write("app.toml", "n = 'two'\n[broken");
    watched.sees(&["changed app.toml", "1: refused parse/toml"]);
    assert_eq!(watched.shell.load().n, 1);
    watched.dir.write("app.toml", "n = 2\n");
    watched.sees(&["changed app.toml", "2: - n = 1 + n = 2"]);
}

#[test]
fn a_file_that_becomes_a_folder_and_a_file_again_is_seen() {
    let watched = with_file();
    fs::remove_file(watched.path()).unwrap();
    fs::create_dir(watched.path()).unwrap();
    // An empty folder is a conf.d without files.
    watched.sees(&["changed app.toml", "2: - n = 1 + n = 0"]);
    fs::remove_dir(watched.path()).unwrap();
    watched.dir.write("app.toml", "n = 3\n");
    watched.sees(&["changed app.toml", "3: - n = 0 + n = 3"]);
}

#[cfg(unix)]
#[test]
fn a_pipe_in_the_place_of_the_file_holds_nobody_up() {
    let watched = with_file();
    fs::remove_file(watched.path()).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(watched.path()).status().unwrap().success());
    watched.sees(&["changed app.toml", "1: refused file/unreadable"]);
    fs::remove_file(watched.path()).unwrap();
    watched.dir.write("app.toml", "n = 2\n");
    watched.sees(&["changed app.toml", "2: - n = 1 + n = 2"]);
}

#[test]
fn an_emptied_file_that_is_written_in_two_parts_much_later_is_one_reload() {
    let watched = with_file();
    let mut file = File::create(watched.path()).unwrap();
    sleep(QUIET * 6);
    for part in ["n = 2", "3\n"] {
        file.write_all(part.as_bytes()).unwrap();
        sleep(QUIET / 2);
    }
    watched.sees(&["changed app.toml", "2: - n = 1 + n = 23"]);
}

#[test]
fn files_that_come_to_a_folder_of_files_and_go_from_it_are_seen() {
    let dir = TestDir::new().file("conf.d/10.toml", "n = 10\n");
    let builder = builder([dir.path("conf.d")]);
    let watched = Watched::with(dir, builder);
    watched.dir.write("conf.d/20.toml", "n = 20\n");
    watched.sees(&["changed conf.d/20.toml", "2: - n = 10 + n = 20"]);
    fs::remove_file(watched.dir.path("conf.d/20.toml")).unwrap();
    watched.sees(&["changed conf.d/20.toml", "3: - n = 20 + n = 10"]);
    watched.dir.write("conf.d/notes.txt", "nothing of ours");
    watched.sees_nothing();
}

#[test]
fn polling_sees_what_events_would() {
    let dir = TestDir::new().file("app.toml", "n = 1\n");
    let builder = builder([dir.path("app.toml")]).watch_mode(WatchMode::Poll);
    let watched = Watched::with(dir, builder);
    assert_eq!(watched.watcher.watching(), Watching::Poll { every: Duration::from_secs(1) });
    rename_over(&watched.dir, "app.toml", "n = 2\n");
    watched.sees(&["changed app.toml", "2: - n = 1 + n = 2"]);
    watched.dir.write("app.toml", "n = 3\n");
    watched.sees(&["changed app.toml", "3: - n = 2 + n = 3"]);
}

#[test]
fn a_reload_waits_for_the_guard_and_follows_it_at_once() {
    let watched = with_file();
    let guard = watched.shell.busy();
    watched.dir.write("app.toml", "n = 2\n");
    watched.sees(&["changed app.toml", "deferred by 1"]);
    assert_eq!(watched.shell.load().n, 1);
    drop(guard);
    watched.sees(&["2: - n = 1 + n = 2"]);
}

#[test]
fn a_path_beside_the_configuration_asks_its_rules_again() {
    let dir = TestDir::new().file("app.toml", "n = 1\n").file("limit", "5");
    let limit = dir.path("limit");
    let rule = move |settings: &Settings| {
        let limit: i64 = fs::read_to_string(&limit).unwrap().parse().unwrap();
        if settings.n <= limit { Ok(()) } else { Err("n is over the limit") }
    };
    let builder = builder([dir.path("app.toml")]).watch_path(dir.path("limit")).validate(rule);
    let watched = Watched::with(dir, builder);
    watched.dir.write("limit", "0");
    watched.sees(&["1: refused rule/refused"]);
    watched.dir.write("limit", "50");
    watched.sees(&["1: "]);
}

#[test]
fn the_settings_themselves_say_what_else_is_watched_and_how_long_is_quiet() {
    let dir = TestDir::new().file("app.toml", "n = 1\n").file("limit1", "5").file("limit2", "5");
    let root = dir.path("");
    let rule = move |settings: &Settings| {
        let limit = fs::read_to_string(root.join(format!("limit{}", settings.n))).unwrap();
        if settings.n <= limit.parse().unwrap() { Ok(()) } else { Err("n is over the limit") }
    };
    let how = |settings: &Settings| {
        let mut how = HotReloadConfig::default();
        how.debounce_ms = 80 * settings.n.unsigned_abs();
        how.watch_paths = vec![format!("limit{}", settings.n)];
        how
    };
    let builder = builder([dir.path("app.toml")]).hot_reload(how).validate(rule);
    let watched = Watched::with(dir, builder);
    watched.dir.write("limit1", "0");
    watched.sees(&["1: refused rule/refused"]);
    watched.dir.write("app.toml", "n = 2\n");
    watched.sees(&["changed app.toml", "2: - n = 1 + n = 2"]);
    watched.dir.write("limit1", "50");
    watched.sees_nothing();
    let began = Instant::now();
    watched.dir.write("limit2", "0");
    watched.sees(&["2: refused rule/refused"]);
    assert!(began.elapsed() >= QUIET * 2);
}

#[test]
fn a_dropped_watcher_watches_no_more_and_the_last_one_stops_the_thread() {
    let Watched { dir, shell, events, watcher } = with_file();
    let second = shell.watch().unwrap();
    drop(watcher);
    dir.write("app.toml", "n = 2\n");
    assert!(matches!(events.recv_timeout(PATIENCE), Ok(FileChanged { .. })));
    assert!(matches!(events.recv_timeout(PATIENCE), Ok(ReloadSuccess { .. })));
    drop(second);
    assert_eq!(shell.status().watching, Watching::Off);
    dir.write("app.toml", "n = 3\n");
    assert_eq!(events.recv_timeout(QUIET * 4), Err(RecvTimeoutError::Timeout));
    let third = shell.watch().unwrap();
    // What changed while nobody watched is noticed.
    assert!(matches!(events.recv_timeout(PATIENCE), Ok(FileChanged { .. })));
    assert!(matches!(events.recv_timeout(PATIENCE), Ok(ReloadSuccess { .. })));
    drop(shell);
    assert_eq!(events.recv_timeout(QUIET), Err(RecvTimeoutError::Timeout), "the watcher still has it");
    drop(third);
    assert_eq!(events.recv_timeout(PATIENCE), Err(RecvTimeoutError::Disconnected));
}
