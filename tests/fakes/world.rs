//! A world in memory, which a test changes and inspects.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use speckit::documents::Files;
use speckit::world::World;
use speckit_core::Fingerprint;
use speckit_core::config::source::Environment;

use super::files::MemoryFiles;
use super::recording::{RecordedRead, Recording};

/// A function that the world calls in the middle of a reading.
pub type Interrupt = Box<dyn FnOnce() + Send>;

/// Files, an environment and a time that only a test changes. It records each request.
#[derive(Default)]
pub struct FakeWorld(Mutex<WorldState>);

#[derive(Default)]
struct WorldState {
    files: MemoryFiles,
    variables: BTreeMap<String, String>,
    now: Duration,
    reads: u64,
    readings: Vec<Recording>,
    /// The file that a reading reads before the environment.
    first_file: Option<PathBuf>,
    /// How many files the current reading has read so far; `None` if no reading is going on.
    files_read: Option<usize>,
    interrupt: Option<(usize, Interrupt)>,
}

impl WorldState {
    /// Begins a recording, unless the last one has no environment yet.
    fn begin_recording(&mut self, has_environment: bool) {
        if self.readings.last().is_none_or(|reading| reading.has_environment) {
            self.readings.push(Recording { began: self.now, ..Recording::default() });
        }
        if let Some(reading) = self.readings.last_mut().filter(|_| has_environment) {
            reading.has_environment = true;
            reading.variables.clone_from(&self.variables);
        }
    }
}

impl FakeWorld {
    /// Reads or changes the files.
    pub fn files<R>(&self, access: impl FnOnce(&mut MemoryFiles) -> R) -> R {
        access(&mut self.state().files)
    }

    /// Sets a variable of the environment, or removes it.
    pub fn set_variable(&self, name: &str, text: Option<&str>) {
        let mut state = self.state();
        match text {
            Some(text) => drop(state.variables.insert(name.into(), text.into())),
            None => drop(state.variables.remove(name)),
        }
    }

    /// Moves the clock on.
    pub fn advance(&self, by: Duration) {
        self.state().now += by;
    }

    /// Moves the clock on to this time. It never moves back.
    pub fn advance_to(&self, then: Duration) {
        let mut state = self.state();
        state.now = state.now.max(then);
    }

    /// Declares that a reading begins with this file, and not with the environment.
    pub fn begin_with(&self, file: &Path) {
        self.state().first_file = Some(file.to_path_buf());
    }

    /// How many reads of files the world has served, including those of missing files.
    pub fn reads(&self) -> u64 {
        self.state().reads
    }

    /// Takes the recordings since the last call. Each read of the environment begins a recording (see
    /// [`FakeWorld::begin_with`]); no recording contains earlier reads.
    pub fn take_readings(&self) -> Vec<Recording> {
        let mut state = self.state();
        state.files_read = None;
        std::mem::take(&mut state.readings)
    }

    /// Calls `interrupt` once a reading has read `after_files` files and before it reads the next one. This is the current
    /// reading, or the first one that reads this many files. There is one interrupt at a time.
    pub fn interrupt(&self, after_files: usize, interrupt: Interrupt) {
        self.state().interrupt = Some((after_files, interrupt));
    }

    /// Removes an interrupt that has not been called yet.
    pub fn remove_interrupt(&self) {
        let removed = self.state().interrupt.take();
        drop(removed);
    }

    fn interrupt_if_due(&self) {
        let mut state = self.state();
        let Some(files_read) = state.files_read else { return };
        state.files_read = Some(files_read + 1);
        if let Some((_, interrupt)) = state.interrupt.take_if(|(after_files, _)| *after_files == files_read) {
            state.readings.last_mut().expect("a reading is going on").is_interrupted = true;
            drop(state);
            interrupt();
        }
    }

    fn state(&self) -> MutexGuard<'_, WorldState> {
        self.0.lock().expect("no thread panics while it holds the lock")
    }
}

impl Files for FakeWorld {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.interrupt_if_due();
        let mut state = self.state();
        state.reads += 1;
        if state.first_file.as_deref() == Some(path) {
            state.begin_recording(false);
        }
        let result = state.files.read(path);
        let recorded: RecordedRead = match &result {
            Ok(bytes) => Ok(bytes.clone()),
            Err(error) => Err((error.kind(), error.to_string())),
        };
        if let Some(reading) = state.readings.last_mut() {
            reading.reads.insert(path.to_path_buf(), recorded);
        }
        result
    }

    fn list(&self, folder: &Path) -> Option<io::Result<Vec<PathBuf>>> {
        let mut state = self.state();
        let result = state.files.list(folder);
        let recorded = result.as_ref().map(|listed| match listed {
            Ok(paths) => Ok(paths.clone()),
            Err(error) => Err(error.kind()),
        });
        if let Some(reading) = state.readings.last_mut() {
            reading.lists.insert(folder.to_path_buf(), recorded);
        }
        result
    }

    /// A reading requests stamps after it has read all files, so nothing interrupts it from here on.
    fn stamp(&self, path: &Path) -> Option<Fingerprint> {
        let mut state = self.state();
        state.files_read = None;
        let stamp = state.files.stamp(path);
        if let Some(reading) = state.readings.last_mut() {
            reading.stamps.insert(path.to_path_buf(), stamp);
        }
        stamp
    }
}

impl World for FakeWorld {
    fn environment(&self, is_wanted: &dyn Fn(&str) -> bool) -> Environment {
        let mut state = self.state();
        state.begin_recording(true);
        state.files_read = Some(0);
        state.readings.last().map(Recording::environment).unwrap_or_default().filtered(is_wanted)
    }

    fn now(&self) -> Duration {
        self.state().now
    }

    fn since_epoch(&self) -> Duration {
        self.state().now
    }
}

impl std::fmt::Debug for FakeWorld {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = self.state();
        f.debug_struct("FakeWorld")
            .field("now", &state.now)
            .field("files", &state.files)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use speckit::Config;

    use super::*;

    fn world() -> Arc<FakeWorld> {
        let world = Arc::new(FakeWorld::default());
        world.files(|files| files.write("/app.toml", b"port = 1\n")).unwrap();
        world
    }

    fn open(world: &Arc<FakeWorld>) -> Config<BTreeMap<String, u16>> {
        let builder = Config::builder().file("/app.toml").env_prefix("APP").debounce(Duration::from_secs(1));
        builder.world(Arc::clone(world) as Arc<dyn World>).open().unwrap()
    }

    #[test]
    fn a_program_reloads_and_only_the_test_moves_the_clock() {
        let world = world();
        let config = open(&world);
        world.files(|files| files.write("/app.toml", b"port = 2\n")).unwrap();
        config.hint();
        assert_eq!(config.turn(), Some(Duration::from_secs(1)));
        assert_eq!(config.turn(), Some(Duration::from_secs(1)));
        world.advance(Duration::from_secs(1));
        assert_eq!(config.turn(), None);
        assert_eq!(config.load()["port"], 2);
    }

    #[test]
    fn a_recording_returns_what_the_world_returned() {
        let world = world();
        world.set_variable("APP_PORT", Some("3"));
        let config = open(&world);
        assert_eq!(config.load()["port"], 3);
        let readings = world.take_readings();
        let [reading] = &readings[..] else { panic!("{readings:?}") };
        world.set_variable("APP_PORT", None);
        world.files(|files| files.remove("/app.toml")).unwrap();
        assert_eq!(reading.read(Path::new("/app.toml")).unwrap(), b"port = 1\n");
        assert_eq!(reading.environment().text("APP_PORT"), Some("3"));
        assert_eq!(world.reads(), 1);
        assert_eq!(config.status().drift, [PathBuf::from("/app.toml")]);
        assert!(world.take_readings().is_empty(), "reading the files for a status is not recorded");
    }

    #[test]
    fn an_interrupt_is_called_in_the_middle_of_a_reading() {
        let world = world();
        let config = open(&world);
        let inner = Arc::clone(&world);
        world.interrupt(
            0,
            Box::new(move || inner.files(|files| files.write("/app.toml", b"port = 4\n").unwrap())),
        );
        config.status();
        assert_eq!(config.load()["port"], 1);
        assert!(config.reload().is_ok());
        assert_eq!(config.load()["port"], 4);
        assert!(world.take_readings().last().unwrap().is_interrupted);
    }
}
