//! The lock of a storage, and what its killed holders leave.

use std::fs;

use speckit::auth::TokenStorage;

use super::{config, mode, output, storage, store, token_in, waiting, worker};
use crate::test_dir::TestDir;

#[test]
fn two_handles_and_two_processes_exclude_each_other() {
    let dir = TestDir::new();
    let folder = dir.path("auth");
    let (first, second) = (storage(&folder), storage(&folder));
    let lock = first.try_lock().unwrap().unwrap();
    assert!(second.try_lock().unwrap().is_none());
    assert!(first.clone().try_lock().unwrap().is_none());
    assert_eq!(output(&mut worker("store", &folder, "x")), "ok: locked by another one");
    let other_login = TokenStorage::in_folder(&folder, "home", &config()).unwrap();
    assert!(other_login.try_lock().unwrap().is_some());
    drop(lock);
    let mut holder = waiting("hold", &folder, "holds");
    assert!(first.try_lock().unwrap().is_none());
    holder.kill().unwrap();
    holder.wait().unwrap();
    assert!(first.try_lock().unwrap().is_some(), "the lock ends with its holder");
}

#[test]
fn a_process_that_is_killed_before_the_rename_leaves_the_old_record_and_its_file_is_removed_later() {
    let dir = TestDir::new();
    let folder = dir.path("auth");
    let storage = storage(&folder);
    store(&storage, "old");
    let names = || {
        let mut names: Vec<String> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    let mut killed = waiting("reserve", &folder, "reserved");
    let reserved = names()[0].clone();
    assert_eq!(mode(&folder.join(&reserved)), 0o600);
    assert!(
        fs::metadata(folder.join(&reserved)).unwrap().len()
            >= 2 * fs::metadata(folder.join("work.json")).unwrap().len()
    );
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert_eq!(names(), [&reserved, "work.json", "work.lock"]);
    assert_eq!(token_in(&storage).as_deref(), Some("old"));
    fs::write(folder.join(".workshop.json.1-0.tmp"), "of another login").unwrap();
    let mut lock = storage.try_lock().unwrap().unwrap();
    assert_eq!(names(), [".workshop.json.1-0.tmp", "work.json", "work.lock"]);
    lock.reserve().unwrap();
    assert_eq!(names().len(), 4);
    drop(lock);
    assert_eq!(names().len(), 3, "a reservation that is not used is removed");
}
