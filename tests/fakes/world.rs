//! A world in memory, which a test moves on and looks into.

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
use super::recording::{ReadAnswer, Recording};

/// What is done in the middle of a reading.
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
    /// What a reading asks for before the environment.
    first: Option<PathBuf>,
    /// How many files the reading has read that is going on.
    reading: Option<usize>,
    interrupt: Option<(usize, Interrupt)>,
}

impl WorldState {
    /// Begins a recording, or goes on with one that has not seen the environment yet.
    fn begin(&mut self, has_environment: bool) {
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
    /// Looks at the files, or changes them.
    pub fn files<R>(&self, change: impl FnOnce(&mut MemoryFiles) -> R) -> R {
        change(&mut self.state().files)
    }

    /// Sets a variable of the environment, or removes it.
    pub fn set_variable(&self, name: &str, text: Option<&str>) {
        let mut state = self.state();
        match text {
            Some(text) => drop(state.variables.insert(name.into(), text.into())),
            None => drop(state.variables.remove(name)),
        }
    }

    /// Lets time pass.
    pub fn advance(&self, by: Duration) {
        self.state().now += by;
    }

    /// Lets time pass until then, if it is not later already.
    pub fn advance_to(&self, then: Duration) {
        let mut state = self.state();
        state.now = state.now.max(then);
    }

    /// Says that a reading asks for this file before it looks at the environment, which begins one otherwise.
    pub fn begin_with(&self, file: &Path) {
        self.state().first = Some(file.to_path_buf());
    }

    /// How many files have been read since the world began, those that are not there too.
    pub fn reads(&self) -> u64 {
        self.state().reads
    }

    /// The reads since the last call: a recording begins with each look at the environment (see
    /// [`FakeWorld::begin_with`]). What was read before the first one is in none.
    pub fn take_readings(&self) -> Vec<Recording> {
        let mut state = self.state();
        state.reading = None;
        std::mem::take(&mut state.readings)
    }

    /// Does this before a reading reads its next file, after so many: of the reading that goes on, or of the first one
    /// that reads as many. There is one interrupt at a time.
    pub fn interrupt(&self, after_files: usize, interrupt: Interrupt) {
        self.state().interrupt = Some((after_files, interrupt));
    }

    /// Forgets an interrupt that has not come yet.
    pub fn forget_interrupt(&self) {
        let forgotten = self.state().interrupt.take();
        drop(forgotten);
    }

    fn interrupt_if_due(&self) {
        let mut state = self.state();
        let Some(files) = state.reading else { return };
        state.reading = Some(files + 1);
        if let Some((_, interrupt)) = state.interrupt.take_if(|(after_files, _)| *after_files == files) {
            state.readings.last_mut().expect("the reading that goes on").is_interrupted = true;
            drop(state);
            interrupt();
        }
    }

    fn state(&self) -> MutexGuard<'_, WorldState> {
        self.0.lock().expect("nothing panics while it is held")
    }
}

impl Files for FakeWorld {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.interrupt_if_due();
        let mut state = self.state();
        state.reads += 1;
        if state.first.as_deref() == Some(path) {
            state.begin(false);
        }
        let answer = state.files.read(path);
        let noted: ReadAnswer = match &answer {
            Ok(bytes) => Ok(bytes.clone()),
            Err(error) => Err((error.kind(), error.to_string())),
        };
        if let Some(reading) = state.readings.last_mut() {
            reading.reads.insert(path.to_path_buf(), noted);
        }
        answer
    }

    fn list(&self, folder: &Path) -> Option<io::Result<Vec<PathBuf>>> {
        let mut state = self.state();
        let answer = state.files.list(folder);
        let noted = answer.as_ref().map(|listed| match listed {
            Ok(paths) => Ok(paths.clone()),
            Err(error) => Err(error.kind()),
        });
        if let Some(reading) = state.readings.last_mut() {
            reading.lists.insert(folder.to_path_buf(), noted);
        }
        answer
    }

    /// Stamps are looked at when all files are read: nothing interrupts the reading from then on.
    fn stamp(&self, path: &Path) -> Option<Fingerprint> {
        let mut state = self.state();
        state.reading = None;
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
        state.begin(true);
        state.reading = Some(0);
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
    fn a_program_reloads_in_it_and_no_time_passes_by_itself() {
        let world = world();
        let shell = open(&world);
        world.files(|files| files.write("/app.toml", b"port = 2\n")).unwrap();
        shell.hint();
        assert_eq!(shell.turn(), Some(Duration::from_secs(1)));
        assert_eq!(shell.turn(), Some(Duration::from_secs(1)));
        world.advance(Duration::from_secs(1));
        assert_eq!(shell.turn(), None);
        assert_eq!(shell.load()["port"], 2);
    }

    #[test]
    fn a_recording_answers_as_the_world_did() {
        let world = world();
        world.set_variable("APP_PORT", Some("3"));
        let shell = open(&world);
        assert_eq!(shell.load()["port"], 3);
        let readings = world.take_readings();
        let [reading] = &readings[..] else { panic!("{readings:?}") };
        world.set_variable("APP_PORT", None);
        world.files(|files| files.remove("/app.toml")).unwrap();
        assert_eq!(reading.read(Path::new("/app.toml")).unwrap(), b"port = 1\n");
        assert_eq!(reading.environment().text("APP_PORT"), Some("3"));
        assert_eq!(world.reads(), 1);
        assert_eq!(shell.status().drift, [PathBuf::from("/app.toml")]);
        assert!(world.take_readings().is_empty(), "a look at the files for a status is no reading");
    }

    #[test]
    fn an_interrupt_comes_in_the_middle_of_a_reading() {
        let world = world();
        let shell = open(&world);
        let inner = Arc::clone(&world);
        world.interrupt(
            0,
            Box::new(move || inner.files(|files| files.write("/app.toml", b"port = 4\n").unwrap())),
        );
        shell.status();
        assert_eq!(shell.load()["port"], 1);
        assert!(shell.reload().is_ok());
        assert_eq!(shell.load()["port"], 4);
        assert!(world.take_readings().last().unwrap().is_interrupted);
    }
}
