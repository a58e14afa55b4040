//! Access to files: texts, with diagnostics for those that cannot be read.
#![expect(clippy::disallowed_methods, reason = "this module is the only access to files")]

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[cfg(feature = "agents")]
use speckit_core::agents::preflight::CommandState;
use speckit_core::config::resolve::Document;
use speckit_core::config::source::{
    Environment, EnvironmentNames, Language, MAX_BYTES, absent_file, decode, folder_without_documents,
};
use speckit_core::{Code, Diagnostic, Fingerprint, Key, LayerKind, Origin, Source};

mod access;
#[cfg(unix)]
mod attributes;
#[cfg(feature = "sqlite")]
mod copies;
#[cfg(feature = "sqlite")]
mod database;
#[cfg(feature = "policy")]
mod executable;
#[cfg(feature = "auth")]
mod not_secret;
#[cfg(feature = "sqlite")]
mod private;
#[cfg(all(feature = "agents", feature = "app", feature = "auth"))]
mod project;
mod replacement;
#[cfg(feature = "sqlite")]
mod restore;
#[cfg(feature = "auth")]
mod secret;
mod special;
#[cfg(test)]
mod tests;
mod unread;

#[cfg(feature = "sqlite")]
pub(crate) use copies::{discard, is_no_file, link_or_rename, move_aside, new_copy, open_error};
#[cfg(feature = "sqlite")]
pub(crate) use database::{DatabaseIds, DatabaseState, beside};
#[cfg(feature = "policy")]
pub(crate) use executable::{PathContent, content_of, remove, rename, write_executable};
#[cfg(feature = "auth")]
pub(crate) use not_secret::NotSecret;
#[cfg(feature = "sqlite")]
pub use private::write_new_private;
#[cfg(feature = "sqlite")]
pub(crate) use private::{close_to_others, make_folder_of, make_private, without_links};
#[cfg(all(feature = "agents", feature = "app", feature = "auth"))]
pub use project::{PathInFolder, names_file_in};
#[cfg(any(feature = "auth", feature = "sqlite"))]
pub(crate) use replacement::Replacement;
pub use replacement::write_atomically;
#[cfg(feature = "testing")]
pub(crate) use replacement::write_with_folders;
#[cfg(feature = "auth")]
pub(crate) use replacement::{is_at, remove_replacements};
#[cfg(feature = "sqlite")]
pub use restore::{NotRewritten, Rewrite, Rewritten, copy, rewrite_all};
#[cfg(feature = "auth")]
pub(crate) use secret::{
    FileStamp, check_secret, check_secret_folder, make_secret_folder, modified, open_lock_file, read_secret,
    remove_secret, secret_stamp,
};
pub(crate) use special::{is_pipe, is_special};
pub use unread::Unread;

/// A source of files: the disk, or a replacement in a test.
pub trait Files {
    /// The bytes of a file. Of a file that is longer than [`MAX_BYTES`], it returns at least one byte more than that.
    ///
    /// # Errors
    /// An error of the system.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// The paths of the files in a folder, in any order; `None` if the path is not a folder.
    fn list(&self, folder: &Path) -> Option<io::Result<Vec<PathBuf>>>;

    /// A hash of length and modification time of a file, or of the files in a folder; `None` if nothing exists.
    fn stamp(&self, path: &Path) -> Option<Fingerprint>;
}

/// The disk of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct Disk;

impl Files for Disk {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        special::read(path)
    }

    fn list(&self, folder: &Path) -> Option<io::Result<Vec<PathBuf>>> {
        if !folder.is_dir() {
            return None;
        }
        let entries = fs::read_dir(folder);
        let paths = entries.and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
        Some(paths.map(|paths: Vec<PathBuf>| paths.into_iter().filter(|path| !path.is_dir()).collect()))
    }

    fn stamp(&self, path: &Path) -> Option<Fingerprint> {
        let mut paths = match self.list(path) {
            Some(listed) => listed.unwrap_or_default(),
            None => vec![path.to_path_buf()],
        };
        paths.sort();
        let mut stamps = Vec::new();
        for path in paths {
            if let Ok(metadata) = fs::metadata(&path) {
                stamps.push(format!("{path:?} {} {:?}", metadata.len(), metadata.modified().ok()));
            }
        }
        (!stamps.is_empty()).then(|| Fingerprint::of_bytes(stamps.join("\n").as_bytes()))
    }
}

/// A file, or a folder of files, of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSource {
    /// Its path.
    pub path: PathBuf,
    /// Whether it must exist.
    pub required: bool,
    /// Its language; `None` decides by its name and its first character ([`Language::of`]).
    pub language: Option<Language>,
}

/// The documents at a path in the order of their layers, with diagnostics.
///
/// A folder is read as conf.d: its `*.toml` files in the order of their names. An absent file that is not required gives no document.
/// The diagnostics have the codes `file/missing`, `file/unreadable`, `file/format`, `file/too-large`, `parse/not-utf8`
/// and, as warnings, `file/empty`, and with `known` files `file/absent` for one that is probably meant to be another one, which is not among
/// them.
pub fn read(
    files: &dyn Files,
    file: &FileSource,
    known: Option<&[FileSource]>,
) -> (Vec<Document>, Vec<Diagnostic>) {
    let mut documents = Vec::new();
    let mut diagnostics = Vec::new();
    match layered(files, &file.path) {
        Ok(paths) => {
            if paths.is_empty() {
                diagnostics.extend(without_documents(files, &file.path));
            }
            for path in paths {
                match read_document(files, &path, file.language) {
                    Ok((document, diagnostic)) => {
                        documents.push(document);
                        diagnostics.extend(diagnostic);
                    }
                    Err(Unread::Missing) if !file.required => {
                        let known = known.map(|known| known.iter().map(|file| file.path.as_path()));
                        diagnostics.extend(known.and_then(|known| absent(files, &path, known)));
                    }
                    Err(unread) => diagnostics.push(unread.diagnostic(&path)),
                }
            }
        }
        Err(error) => diagnostics.push(Unread::Io(error.to_string()).diagnostic(&file.path)),
    }
    (documents, diagnostics)
}

/// The variables of a `.env` file that have the `names` of a configuration; `None` if it is absent or cannot be read. The diagnostics are as those of
/// [`read`], and those of [`Environment::dotenv`].
pub(crate) fn read_dotenv(
    files: &dyn Files,
    path: &Path,
    known: &[PathBuf],
    names: Option<&EnvironmentNames<'_>>,
) -> (Option<Environment>, Vec<Diagnostic>) {
    match read_source(files, LayerKind::Dotenv, path) {
        Ok(source) => {
            let is_ours = |name: &str| names.is_some_and(|names| names.concerns(name));
            let (variables, diagnostics) = Environment::dotenv(&source, &is_ours);
            (Some(variables), diagnostics)
        }
        Err(Unread::Missing) => {
            (None, absent(files, path, known.iter().map(PathBuf::as_path)).into_iter().collect())
        }
        Err(unread) => (None, vec![unread.diagnostic(path)]),
    }
}

/// The files of a path in the order of their layers: the path itself, existing or not, or the `*.toml` files of a folder.
pub fn layered(files: &dyn Files, path: &Path) -> io::Result<Vec<PathBuf>> {
    files.list(path).map_or_else(|| Ok(vec![path.to_path_buf()]), |paths| paths.map(conf_d))
}

/// The diagnostic about a folder without a file to read.
fn without_documents(files: &dyn Files, folder: &Path) -> Option<Diagnostic> {
    Some(folder_without_documents(&folder.display().to_string(), &names_in(files, folder)?))
}

/// The warning about an absent file that is probably meant to be another one.
fn absent<'k>(
    files: &dyn Files,
    path: &Path,
    known: impl Iterator<Item = &'k Path> + Clone,
) -> Option<Diagnostic> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut names = names_in(files, folder).unwrap_or_default();
    names.retain(|name| !known.clone().any(|known| known == path.with_file_name(name)));
    absent_file(&path.to_string_lossy(), &path.file_name()?.to_string_lossy(), &names)
}

/// The names of the files in a folder.
fn names_in(files: &dyn Files, folder: &Path) -> Option<Vec<String>> {
    let listed = files.list(folder)?.ok()?;
    let name = |path: &PathBuf| path.file_name().map(|name| name.to_string_lossy().into_owned());
    Some(listed.iter().filter_map(name).collect())
}

/// The document in one file; an empty one has the warning `file/empty`. Without a `language`, the name and the text decide it.
///
/// # Errors
/// The reason why the file cannot be read.
pub fn read_document(
    files: &dyn Files,
    path: &Path,
    language: Option<Language>,
) -> Result<(Document, Option<Diagnostic>), Unread> {
    let source = read_source(files, LayerKind::File, path)?;
    let diagnostic = source.text().is_empty().then(|| {
        Diagnostic::warning(Code::FileEmpty, Key::root(), "the file is empty and sets nothing")
            .at(&Origin::new(&source, 0..0))
    });
    let name = path.to_string_lossy();
    let document =
        document(source, &name, language).map_err(|diagnostic| Unread::NotText(Box::new(diagnostic)))?;
    Ok((document, diagnostic))
}

/// The document of a text from the file of this name.
pub(crate) fn document(
    source: Arc<Source>,
    name: &str,
    language: Option<Language>,
) -> Result<Document, Diagnostic> {
    let language = match language {
        Some(language) => language,
        None => Language::of(name, source.text()).map_err(|unread| unread.diagnostic(name))?,
    };
    Ok(Document::Text(source, language))
}

/// The text of a file; the source is named by the given path.
///
/// # Errors
/// The reason why the file cannot be read.
pub fn read_source(files: &dyn Files, layer: LayerKind, path: &Path) -> Result<Arc<Source>, Unread> {
    let bytes = files.read(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Unread::Missing,
        _ => Unread::Io(error.to_string()),
    })?;
    if bytes.len() > MAX_BYTES {
        return Err(Unread::TooLarge);
    }
    decode(layer, &path.display().to_string(), bytes)
        .map_err(|diagnostic| Unread::NotText(Box::new(diagnostic)))
}

/// The `*.toml` files of a folder, sorted by name, without names that begin with a dot.
fn conf_d(mut paths: Vec<PathBuf>) -> Vec<PathBuf> {
    paths.retain(|path| {
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        let is_toml = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml"));
        is_toml && !hidden
    });
    paths.sort();
    paths
}

/// Whether the path, or the target of its links, is a regular file.
pub fn is_file(path: &Path) -> bool {
    path.is_file()
}

/// Whether the path, or the target of its links, is a folder.
#[cfg(any(feature = "commands", all(feature = "agents", feature = "app", feature = "auth")))]
pub(crate) fn is_folder(path: &Path) -> bool {
    path.is_dir()
}

/// Whether the path exists.
pub fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// The length of a file in bytes; `None` if it does not exist.
#[cfg(feature = "sqlite")]
pub(crate) fn length(path: &Path) -> Option<u64> {
    fs::metadata(path).ok().map(|metadata| metadata.len())
}

/// Makes a relative path absolute without accessing the file.
///
/// # Errors
/// An error of the system: there is no current folder.
pub fn absolute(path: &Path) -> io::Result<PathBuf> {
    std::path::absolute(path)
}

/// Identifies a file while it exists; `None` if it does not exist.
pub fn identity(path: &Path) -> Option<FileId> {
    fs::metadata(path).ok().map(|metadata| FileId::of(&metadata))
}

/// The device and the inode number of a file; zeros on systems without such numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileId(u64, u64);

impl FileId {
    #[cfg(unix)]
    fn of(metadata: &fs::Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        Self(metadata.dev(), metadata.ino())
    }

    #[cfg(not(unix))]
    fn of(_: &fs::Metadata) -> Self {
        Self(0, 0)
    }
}

/// The file that is empty and discards what is written.
#[cfg(all(unix, any(feature = "agents", feature = "bench")))]
pub(crate) fn null_device() -> io::Result<File> {
    File::options().read(true).write(true).open("/dev/null")
}

/// A file in which the system describes the machine; `None` if there is none.
#[cfg(feature = "bench")]
pub(crate) fn machine_file(path: &str) -> Option<String> {
    fs::read_to_string(path).ok()
}

/// The status of this process (proc_pid_status(5)).
#[cfg(unix)]
pub fn status_of_process() -> io::Result<String> {
    fs::read_to_string("/proc/self/status")
}

/// Whether this process has a controlling terminal.
#[cfg(unix)]
pub fn has_controlling_terminal() -> bool {
    File::open("/dev/tty").is_ok()
}

/// The folder for temporary files.
pub fn temporary_folder() -> PathBuf {
    std::env::temp_dir()
}

/// Looks up a command: as a path if it has a separator, otherwise in the folders of `PATH`.
#[cfg(feature = "agents")]
pub fn command_state(command: &str, path_variable: Option<&str>) -> CommandState {
    if command.contains(std::path::MAIN_SEPARATOR) || command.contains('/') {
        return state(Path::new(command));
    }
    let folders = std::env::split_paths(path_variable.unwrap_or_default());
    let mut states = folders.flat_map(|folder| {
        let with_ending = cfg!(windows).then(|| folder.join(format!("{command}.exe")));
        std::iter::once(folder.join(command)).chain(with_ending).map(|path| state(&path))
    });
    let mut best = CommandState::Missing;
    while let Some(state) = states.next().filter(|_| best != CommandState::Found) {
        if matches!(state, CommandState::Found | CommandState::NotExecutable) {
            best = state;
        }
    }
    best
}

/// The names of the commands in the folders of `PATH`, sorted.
#[cfg(all(unix, feature = "bench"))]
pub(crate) fn commands_in(path_variable: &str) -> Vec<String> {
    let folders = std::env::split_paths(path_variable);
    let files = folders.filter_map(|folder| Disk.list(&folder)?.ok()).flatten();
    let commands = files.filter(|file| fs::metadata(file).is_ok_and(|metadata| is_executable(&metadata)));
    let mut names: Vec<String> =
        commands.filter_map(|file| Some(file.file_name()?.to_str()?.to_owned())).collect();
    names.sort();
    names.dedup();
    names
}

#[cfg(feature = "agents")]
fn state(path: &Path) -> CommandState {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => CommandState::Folder,
        Ok(metadata) if is_executable(&metadata) => CommandState::Found,
        Ok(_) => CommandState::NotExecutable,
        Err(_) => CommandState::Missing,
    }
}

#[cfg(all(unix, any(feature = "agents", feature = "bench", feature = "policy")))]
fn is_executable(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o111 != 0
}

#[cfg(all(any(feature = "agents", feature = "policy"), not(unix)))]
fn is_executable(_: &fs::Metadata) -> bool {
    true
}
