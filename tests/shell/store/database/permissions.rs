//! Who can read the files of a database, and what becomes of those who cannot write them.
#![cfg(unix)]

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use speckit::store::{Store, StoreError};

use super::ground::{Ground, add, worker};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap_or_else(|error| panic!("{path:?}: {error}")).permissions().mode() & 0o7777
}

fn open_to_all(path: &Path) {
    fs::set_permissions(path, Permissions::from_mode(0o666)).unwrap();
}

fn files(ground: &Ground) -> [PathBuf; 3] {
    ["app.db", "app.db-wal", "app.db-shm"].map(|name| ground.folder().join(name))
}

#[test]
fn the_files_are_their_owners_alone() {
    let ground = Ground::new();
    let store = ground.store();
    store.write(add("a")).unwrap();
    assert_eq!(files(&ground).map(|file| mode(&file)), [0o600; 3]);
}

#[test]
fn a_file_that_others_could_read_is_closed_to_them() {
    let ground = Ground::new();
    drop(ground.store());
    open_to_all(&ground.database());
    let store = ground.store();
    store.write(add("a")).unwrap();
    assert_eq!(files(&ground).map(|file| mode(&file)), [0o600; 3]);
}

#[test]
fn the_log_of_a_file_that_others_could_read_is_closed_to_them_too() {
    let ground = Ground::new();
    let store = ground.store();
    store.write(add("a")).unwrap();
    files(&ground).iter().for_each(|file| open_to_all(file));
    let second = ground.options().open().unwrap();
    assert_eq!(files(&ground).map(|file| mode(&file)), [0o600; 3]);
    drop((store, second));
}

#[test]
fn missing_folders_are_their_owners_alone_and_others_stay_as_they_are() {
    let ground = Ground::new();
    let there = ground.folder().join("there");
    fs::create_dir(&there).unwrap();
    fs::set_permissions(&there, Permissions::from_mode(0o755)).unwrap();
    drop(Store::open(there.join("a/b/app.db")).unwrap());
    assert_eq!([mode(&there.join("a")), mode(&there.join("a/b")), mode(&there)], [0o700, 0o700, 0o755]);
}

#[test]
fn a_file_that_is_refused_is_left_as_it_was() {
    let ground = Ground::new();
    fs::write(
        ground.database(),
        "a text that is long enough to be no database of anybody at all. ".repeat(20),
    )
    .unwrap();
    fs::set_permissions(ground.database(), Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(ground.options().open(), Err(StoreError::NotADatabase { .. })));
    assert_eq!(mode(&ground.database()), 0o644);
    assert_eq!(fs::read_dir(ground.folder()).unwrap().count(), 1);
}

#[test]
fn a_pipe_is_refused_and_left_as_it_was() {
    let ground = Ground::new();
    assert!(Command::new("mkfifo").arg("-m").arg("666").arg(ground.database()).status().unwrap().success());
    let path = ground.database();
    let refused = super::ground::in_time(move || Store::open(path).map(|_| ()));
    let Err(StoreError::Open { reason, .. }) = refused else { panic!("{refused:?}") };
    assert_eq!(reason, "it is no regular file");
    assert_eq!(mode(&ground.database()), 0o666);
}

/// A user whom permissions bind: root is bound by none.
const NOBODY: u32 = 65534;

/// What somebody whom permissions bind is told when they open the database.
fn opened_by_somebody(ground: &Ground) -> String {
    let mut command = worker("open", &ground.database());
    let program = ground.folder().join("worker");
    if is_root(ground) {
        // Not by this process: another thread may start a program meanwhile, which would hold this one open for writing.
        assert!(Command::new("cp").arg(command.get_program()).arg(&program).status().unwrap().success());
        fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
        command = Command::new(&program);
        command.arg("open").arg(ground.database()).uid(NOBODY).gid(NOBODY);
    }
    let output = command.output().unwrap();
    let _ = fs::remove_file(program);
    String::from_utf8(output.stdout).unwrap()
}

fn is_root(ground: &Ground) -> bool {
    let probe = ground.folder().join("probe");
    fs::write(&probe, "").unwrap();
    let is_root = chown(&probe, Some(NOBODY), Some(NOBODY)).is_ok();
    fs::remove_file(probe).unwrap();
    is_root
}

/// A database whose file and folder have these modes, and belong to the one who opens it.
fn with_modes(file: u32, folder: u32) -> Ground {
    let ground = Ground::new();
    drop(ground.store());
    fs::set_permissions(ground.database(), Permissions::from_mode(file)).unwrap();
    if is_root(&ground) {
        chown(ground.database(), Some(NOBODY), Some(NOBODY)).unwrap();
        chown(ground.folder(), Some(NOBODY), Some(NOBODY)).unwrap();
    }
    fs::set_permissions(ground.folder(), Permissions::from_mode(folder)).unwrap();
    ground
}

#[test]
fn whoever_may_write_opens_the_file() {
    assert_eq!(opened_by_somebody(&with_modes(0o600, 0o700)), "");
}

#[test]
fn a_file_that_may_not_be_written_is_told_so() {
    let said = opened_by_somebody(&with_modes(0o400, 0o700));
    assert!(said.starts_with("ReadOnly {") && said.contains("app.db"), "{said}");
}

#[test]
fn a_file_that_may_not_be_read_is_told_so() {
    let said = opened_by_somebody(&with_modes(0o200, 0o700));
    assert!(said.starts_with("ReadOnly {") || said.starts_with("Open {"), "{said}");
}

#[test]
fn a_folder_that_may_not_be_written_is_told_so() {
    let ground = with_modes(0o600, 0o500);
    let said = opened_by_somebody(&ground);
    fs::set_permissions(ground.folder(), Permissions::from_mode(0o700)).unwrap();
    assert!(said.starts_with("ReadOnly {") || said.starts_with("Open {"), "{said}");
    assert!(said.contains("app.db"), "{said}");
}
