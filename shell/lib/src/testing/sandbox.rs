//! Files, an environment and a clock in memory, for one test.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use speckit_core::Fingerprint;
use speckit_core::config::source::{Environment, Variable};

use crate::config::builder::Builder;
use crate::config::error::ConfigError;
use crate::config::handle::Config;
use crate::os::documents::{Files, absolute};
use crate::os::world::World;
use crate::sync::Mutex;

/// Where the clock begins for records: 2026-01-01T00:00:00Z.
const EPOCH: Duration = Duration::from_secs(1_767_225_600);

/// Files, an environment and a clock for one test. The disk, the variables and the working folder of the process are neither read
/// nor changed, so tests run in parallel.
///
/// A relative path of the builder names a file of the sandbox, and reports and origins show it as it was written. An absolute path is in the
/// sandbox too: nothing of the disk is there. Files are case-sensitive; there are no links. A copy shares everything.
///
/// [`Config::watch`] and a database of the history use the disk: in a sandbox, reload with [`Config::reload`], or with
/// [`Config::hint`], [`Sandbox::advance`] and [`Config::turn`].
///
/// ```
/// use speckit::Config;
/// use speckit::testing::Sandbox;
/// type Ports = std::collections::BTreeMap<String, u16>;
///
/// let sandbox = Sandbox::new();
/// sandbox.write("app.toml", "port = 80\n").var("APP_ADMIN", "81");
/// let config = sandbox.open(Config::<Ports>::builder().file("app.toml").env_prefix("APP"))?;
/// assert_eq!(config.snapshot().show(speckit::Show::Origins), "admin = 81   # APP_ADMIN\nport = 80    # app.toml:1:8\n");
///
/// sandbox.write("app.toml", "port = 'many'\n");
/// let refused = config.reload().unwrap_err().to_string();
/// assert!(refused.contains("app.toml:1:8") && config.load()["port"] == 80);
/// # Ok::<(), speckit::ConfigError>(())
/// ```
#[derive(Clone, Default)]
pub struct Sandbox {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// What exists, by its path without `.` and `..`. The folder of the sandbox is the empty path.
    entries: BTreeMap<PathBuf, Entry>,
    unreadable: BTreeSet<PathBuf>,
    variables: BTreeMap<String, String>,
    now: Duration,
    writes: u64,
}

enum Entry {
    Folder,
    /// A file, with the number of its last write in the place of a modification time.
    File {
        bytes: Vec<u8>,
        written: u64,
    },
}

impl Sandbox {
    /// A sandbox without files and variables.
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes a file, and makes its folders.
    ///
    /// ```
    /// # use speckit::{Config, testing::Sandbox};
    /// # type Ports = std::collections::BTreeMap<String, u16>;
    /// let sandbox = Sandbox::new();
    /// sandbox.write("conf.d/10-base.toml", "port = 80").write("conf.d/20-local.toml", "port = 81");
    /// assert_eq!(sandbox.open(Config::<Ports>::builder().file("conf.d"))?.load()["port"], 81);
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    pub fn write(&self, path: impl AsRef<Path>, content: impl AsRef<[u8]>) -> &Self {
        let path = inside(path.as_ref());
        let state = &mut *self.state.lock();
        state.add_folders_of(&path);
        state.unreadable.remove(&path);
        state.writes += 1;
        let file = Entry::File { bytes: content.as_ref().to_vec(), written: state.writes };
        state.entries.insert(path, file);
        self
    }

    /// Makes an empty folder, and those around it.
    pub fn folder(&self, path: impl AsRef<Path>) -> &Self {
        let path = inside(path.as_ref());
        let state = &mut *self.state.lock();
        state.add_folders_of(&path);
        state.entries.entry(path).or_insert(Entry::Folder);
        self
    }

    /// Removes a file, or a folder with all that is in it.
    pub fn remove(&self, path: impl AsRef<Path>) -> &Self {
        let path = inside(path.as_ref());
        let state = &mut *self.state.lock();
        state.entries.retain(|entry, _| !entry.starts_with(&path));
        state.unreadable.retain(|entry| !entry.starts_with(&path));
        self
    }

    /// Lets each read of a file or a folder fail, as if permission was denied, until it is written or removed.
    ///
    /// ```
    /// # use speckit::{Config, testing::Sandbox};
    /// # type Ports = std::collections::BTreeMap<String, u16>;
    /// let sandbox = Sandbox::new();
    /// sandbox.write("app.toml", "port = 80").unreadable("app.toml");
    /// let error = sandbox.open(Config::<Ports>::builder().file("app.toml")).unwrap_err();
    /// assert_eq!(error.diagnostics()[0].code, "file/unreadable");
    /// ```
    pub fn unreadable(&self, path: impl AsRef<Path>) -> &Self {
        let path = inside(path.as_ref());
        self.state.lock().unreadable.insert(path);
        self
    }

    /// Sets a variable. [`Builder::environment`] replaces all variables of the sandbox.
    pub fn var(&self, name: impl Into<String>, text: impl Into<String>) -> &Self {
        self.state.lock().variables.insert(name.into(), text.into());
        self
    }

    /// Removes a variable.
    pub fn remove_var(&self, name: &str) -> &Self {
        self.state.lock().variables.remove(name);
        self
    }

    /// Advances the clock, which stands still otherwise.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use speckit::{Config, testing::Sandbox};
    /// # type Ports = std::collections::BTreeMap<String, u16>;
    /// let sandbox = Sandbox::new();
    /// sandbox.write("app.toml", "port = 80");
    /// let builder = Config::<Ports>::builder().file("app.toml").debounce(Duration::from_secs(2));
    /// let config = sandbox.open(builder)?;
    ///
    /// sandbox.write("app.toml", "port = 81");
    /// config.hint();
    /// assert_eq!(config.turn(), Some(Duration::from_secs(2)));
    /// sandbox.advance(Duration::from_secs(2));
    /// assert_eq!((config.turn(), config.load()["port"]), (None, 81));
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    pub fn advance(&self, by: Duration) -> &Self {
        self.state.lock().now += by;
        self
    }

    /// The sandbox as the world of [`Builder::world`], for other calls than [`Builder::open`].
    ///
    /// ```
    /// # use speckit::{Config, testing::Sandbox};
    /// # type Ports = std::collections::BTreeMap<String, u16>;
    /// let sandbox = Sandbox::new();
    /// let builder = Config::<Ports>::builder().required_file("app.toml");
    /// assert!(builder.world(sandbox.world()).inspect()?.outcome().is_err());
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    pub fn world(&self) -> Arc<dyn World> {
        Arc::new(self.clone())
    }

    /// Opens a configuration in the sandbox.
    ///
    /// # Errors
    /// As those of [`Builder::open`].
    pub fn open<T: DeserializeOwned + Send + Sync + 'static>(
        &self,
        builder: Builder<T>,
    ) -> Result<Config<T>, ConfigError> {
        builder.world(self.world()).open()
    }
}

impl State {
    fn add_folders_of(&mut self, path: &Path) {
        for folder in path.ancestors().skip(1) {
            self.entries.entry(folder.to_path_buf()).or_insert(Entry::Folder);
        }
    }

    /// Whether the path, or a folder around it, is unreadable.
    fn check_access(&self, path: &Path) -> io::Result<()> {
        let is_denied = path.ancestors().any(|around| self.unreadable.contains(around));
        if is_denied {
            Err(io::Error::new(io::ErrorKind::PermissionDenied, "permission denied"))
        } else {
            Ok(())
        }
    }

    fn is_folder(&self, path: &Path) -> bool {
        path.as_os_str().is_empty() || matches!(self.entries.get(path), Some(Entry::Folder))
    }

    /// The names of the files in a folder, with the numbers of their writes.
    fn files_in<'s>(&'s self, folder: &'s Path) -> impl Iterator<Item = (&'s Path, u64)> {
        self.entries.iter().filter_map(move |(path, entry)| match entry {
            Entry::File { written, .. } if path.parent() == Some(folder) => {
                Some((Path::new(path.file_name()?), *written))
            }
            _ => None,
        })
    }
}

impl Files for Sandbox {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let path = inside(path);
        let state = self.state.lock();
        state.check_access(&path)?;
        match state.entries.get(&path) {
            Some(Entry::File { bytes, .. }) => Ok(bytes.clone()),
            Some(Entry::Folder) => Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder")),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn list(&self, folder: &Path) -> Option<io::Result<Vec<PathBuf>>> {
        let path = inside(folder);
        let state = self.state.lock();
        let listed = || state.files_in(&path).map(|(name, _)| folder.join(name)).collect();
        state.is_folder(&path).then(|| state.check_access(&path).map(|()| listed()))
    }

    fn stamp(&self, path: &Path) -> Option<Fingerprint> {
        let path = inside(path);
        let state = self.state.lock();
        let stamp = match state.entries.get(&path)? {
            Entry::File { written, .. } => written.to_string(),
            Entry::Folder => format!("{:?}", state.files_in(&path).collect::<Vec<_>>()),
        };
        Some(Fingerprint::of_bytes(stamp.as_bytes()))
    }
}

impl World for Sandbox {
    fn environment(&self, is_wanted: &dyn Fn(&str) -> bool) -> Environment {
        let state = self.state.lock();
        let wanted = state.variables.iter().filter(|(name, _)| is_wanted(name));
        Environment::new(wanted.map(|(name, text)| (name, Variable::Text(text.clone()))))
    }

    fn now(&self) -> Duration {
        self.state.lock().now
    }

    fn since_epoch(&self) -> Duration {
        EPOCH + self.now()
    }
}

/// Shows paths and names. Contents and texts may be secrets.
impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state.lock();
        f.debug_struct("Sandbox")
            .field("paths", &state.entries.keys())
            .field("variables", &state.variables.keys())
            .field("now", &state.now)
            .finish_non_exhaustive()
    }
}

/// The path in the sandbox, whose folder stands for the working folder: an absolute path may come from a relative one.
fn inside(path: &Path) -> PathBuf {
    let working_folder = absolute(Path::new(".")).unwrap_or_default();
    let path = path.strip_prefix(&working_folder).unwrap_or(path);
    let mut resolved = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            // What lies above the folder of the sandbox has a path with `..`.
            Component::ParentDir if resolved.file_name().is_some() => drop(resolved.pop()),
            component => resolved.push(component),
        }
    }
    resolved
}
