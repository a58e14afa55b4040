//! The permissions of the files of a database.
#![cfg(unix)]

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use speckit::store::{Store, StoreError};

use super::test_database::{TestDatabase, add, worker};
use crate::executable::copy_executable;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap_or_else(|error| panic!("{path:?}: {error}")).permissions().mode() & 0o7777
}

fn make_public(path: &Path) {
    fs::set_permissions(path, Permissions::from_mode(0o666)).unwrap();
}

fn database_files(database: &TestDatabase) -> [PathBuf; 3] {
    ["app.db", "app.db-wal", "app.db-shm"].map(|name| database.folder().join(name))
}

#[test]
fn the_files_are_private() {
    let database = TestDatabase::new();
    let store = database.store();
    store.write(add("a")).unwrap();
    assert_eq!(database_files(&database).map(|file| mode(&file)), [0o600; 3]);
}

#[test]
fn a_readable_file_becomes_private() {
    let database = TestDatabase::new();
    drop(database.store());
    make_public(&database.path());
    let store = database.store();
    store.write(add("a")).unwrap();
    assert_eq!(database_files(&database).map(|file| mode(&file)), [0o600; 3]);
}

#[test]
fn a_readable_log_becomes_private() {
    let database = TestDatabase::new();
    let store = database.store();
    store.write(add("a")).unwrap();
    database_files(&database).iter().for_each(|file| make_public(file));
    let second = database.options().open().unwrap();
    assert_eq!(database_files(&database).map(|file| mode(&file)), [0o600; 3]);
    drop((store, second));
}

#[test]
fn new_folders_are_private_and_existing_ones_keep_their_mode() {
    let database = TestDatabase::new();
    let existing = database.folder().join("existing");
    fs::create_dir(&existing).unwrap();
    fs::set_permissions(&existing, Permissions::from_mode(0o755)).unwrap();
    drop(Store::open(existing.join("a/b/app.db")).unwrap());
    assert_eq!(
        [mode(&existing.join("a")), mode(&existing.join("a/b")), mode(&existing)],
        [0o700, 0o700, 0o755]
    );
}

#[test]
fn a_rejected_file_is_not_changed() {
    let database = TestDatabase::new();
    fs::write(
        database.path(),
        "a text that is long enough not to look like a database file at all. ".repeat(20),
    )
    .unwrap();
    fs::set_permissions(database.path(), Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(database.options().open(), Err(StoreError::NotADatabase { .. })));
    assert_eq!(mode(&database.path()), 0o644);
    assert_eq!(fs::read_dir(database.folder()).unwrap().count(), 1);
}

#[test]
fn a_named_pipe_is_rejected_and_not_changed() {
    let database = TestDatabase::new();
    assert!(Command::new("mkfifo").arg("-m").arg("666").arg(database.path()).status().unwrap().success());
    let path = database.path();
    let refused = super::test_database::run_with_timeout(move || Store::open(path).map(|_| ()));
    let Err(StoreError::Open { reason, .. }) = refused else { panic!("{refused:?}") };
    assert_eq!(reason, "it is no regular file");
    assert_eq!(mode(&database.path()), 0o666);
}

/// The id of an unprivileged user.
const USER: u32 = 65534;

/// Opens the database in a process of an unprivileged user, and returns its output.
fn open_as_user(database: &TestDatabase) -> String {
    let mut command = worker("open", &database.path());
    let program = database.folder().join("worker");
    if is_root(database) {
        copy_executable(command.get_program().as_ref(), &program);
        command = Command::new(&program);
        command.arg("open").arg(database.path()).uid(USER).gid(USER);
    }
    let output = command.output().unwrap();
    let _ = fs::remove_file(program);
    String::from_utf8(output.stdout).unwrap()
}

fn is_root(database: &TestDatabase) -> bool {
    let probe = database.folder().join("probe");
    fs::write(&probe, "").unwrap();
    let is_root = chown(&probe, Some(USER), Some(USER)).is_ok();
    fs::remove_file(probe).unwrap();
    is_root
}

/// Creates a database whose file and folder have these modes and belong to the unprivileged user.
fn create_with_modes(file: u32, folder: u32) -> TestDatabase {
    let database = TestDatabase::new();
    drop(database.store());
    fs::set_permissions(database.path(), Permissions::from_mode(file)).unwrap();
    if is_root(&database) {
        chown(database.path(), Some(USER), Some(USER)).unwrap();
        chown(database.folder(), Some(USER), Some(USER)).unwrap();
    }
    fs::set_permissions(database.folder(), Permissions::from_mode(folder)).unwrap();
    database
}

#[test]
fn a_user_with_write_permission_can_open_the_database() {
    assert_eq!(open_as_user(&create_with_modes(0o600, 0o700)), "");
}

#[test]
fn a_read_only_file_is_reported() {
    let text = open_as_user(&create_with_modes(0o400, 0o700));
    assert!(text.contains("app.db` cannot be written"), "{text}");
}

#[test]
fn a_file_without_read_permission_is_reported() {
    let text = open_as_user(&create_with_modes(0o200, 0o700));
    assert!(text.contains("cannot be written") || text.contains("cannot be opened"), "{text}");
}

#[test]
fn a_read_only_folder_is_reported() {
    let database = create_with_modes(0o600, 0o500);
    let text = open_as_user(&database);
    fs::set_permissions(database.folder(), Permissions::from_mode(0o700)).unwrap();
    assert!(text.contains("cannot be written") || text.contains("cannot be opened"), "{text}");
    assert!(text.contains("app.db"), "{text}");
}
