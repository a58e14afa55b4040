//! The real system in temporary folders.

use std::os::unix::fs::symlink;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use tempfile::TempDir;

use super::*;
use crate::sync::Mutex;

mod refusals;

const ARRIVES: Duration = Duration::from_secs(5);
const QUIET: Duration = Duration::from_millis(100);

/// A watcher of some paths, and its hints.
struct Followed {
    file_watcher: FileWatcher,
    hints: Receiver<()>,
    paths: Vec<PathBuf>,
}

impl Followed {
    fn new<const N: usize>(paths: [PathBuf; N]) -> Self {
        let (sender, hints) = channel();
        let file_watcher =
            FileWatcher::open(WatchMode::Auto, move || sender.send(()).unwrap_or_default()).unwrap();
        let mut followed = Self { file_watcher, hints, paths: paths.into() };
        followed.settle();
        followed
    }

    /// Follows as long as hints come, as a reader does.
    fn settle(&mut self) {
        for _ in 0..6 {
            assert_eq!(self.file_watcher.follow(&self.paths), []);
            if self.hints.recv_timeout(QUIET).is_err() {
                return;
            }
            while self.hints.recv_timeout(QUIET).is_ok() {}
        }
        panic!("each `follow` causes another hint");
    }

    #[track_caller]
    fn assert_hint(&mut self, what: &str, change: impl FnOnce()) {
        change();
        assert!(self.hints.recv_timeout(ARRIVES).is_ok(), "no hint of {what}");
        self.settle();
    }

    #[track_caller]
    fn assert_no_hint(&mut self, what: &str, change: impl FnOnce()) {
        change();
        assert!(self.hints.recv_timeout(QUIET).is_err(), "a hint of {what}");
    }
}

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = fs::canonicalize(folder.path()).unwrap();
    (folder, path)
}

/// A file in a folder, and its watcher.
fn followed_file() -> (TempDir, PathBuf, Followed) {
    let (folder, at) = folder();
    let file = at.join("a.toml");
    write(&file, "a = 1\n");
    let followed = Followed::new([file.clone()]);
    (folder, file, followed)
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
}

/// Replaces a file by a rename, as editors do.
fn replace(path: &Path, text: &str) {
    let neighbour = path.with_extension("new");
    write(&neighbour, text);
    fs::rename(&neighbour, path).unwrap();
}

/// Replaces a link by a rename, as Kubernetes and `ln -sfn` do.
fn lead(link: &Path, target: &str) {
    let neighbour = link.with_file_name("neighbour");
    symlink(target, &neighbour).unwrap();
    fs::rename(&neighbour, link).unwrap();
}

#[test]
fn a_write_in_place_is_detected_each_time() {
    let (_folder, file, mut followed) = followed_file();
    for round in 0..3 {
        followed.assert_hint("a write", || write(&file, &format!("a = {round}\n")));
    }
}

#[test]
fn a_file_that_another_one_replaces_is_detected_each_time() {
    let (_folder, file, mut followed) = followed_file();
    for round in 0..3 {
        followed.assert_hint("a rename over it", || replace(&file, &format!("a = {round}\n")));
    }
    followed.assert_hint("a write after that", || write(&file, "a = 9\n"));
}

#[test]
fn a_file_that_goes_and_comes_is_detected_both_times() {
    let (_folder, file, mut followed) = followed_file();
    for _ in 0..2 {
        followed.assert_hint("the end of the file", || fs::remove_file(&file).unwrap());
        followed.assert_hint("its return", || write(&file, "a = 2\n"));
        followed.assert_hint("a write after that", || write(&file, "a = 3\n"));
    }
}

#[test]
fn a_folder_that_is_removed_and_made_again_is_watched_again() {
    let (_folder, at) = folder();
    let file = at.join("conf/a.toml");
    fs::create_dir(at.join("conf")).unwrap();
    write(&file, "a = 1\n");
    let mut followed = Followed::new([file.clone()]);
    for _ in 0..2 {
        // At once, so that a new folder may get the number of the old one.
        followed.assert_hint("the folder made again", || {
            fs::remove_dir_all(at.join("conf")).unwrap();
            fs::create_dir(at.join("conf")).unwrap();
        });
        followed.assert_hint("the file in it", || write(&file, "a = 2\n"));
        followed.assert_hint("a write", || write(&file, "a = 3\n"));
        followed.assert_hint("the end of the folder", || fs::remove_dir_all(at.join("conf")).unwrap());
        followed.assert_hint("a new folder", || fs::create_dir(at.join("conf")).unwrap());
        followed.assert_hint("a new file", || write(&file, "a = 4\n"));
    }
}

#[test]
fn the_target_of_a_link_is_watched_where_it_is() {
    let (_folder, at) = folder();
    fs::create_dir_all(at.join("real")).unwrap();
    fs::create_dir_all(at.join("conf")).unwrap();
    let (target, link) = (at.join("real/a.toml"), at.join("conf/a.toml"));
    write(&target, "a = 1\n");
    symlink("../real/a.toml", &link).unwrap();
    let mut followed = Followed::new([link.clone()]);
    followed.assert_hint("a replaced target", || replace(&target, "a = 2\n"));
    followed.assert_hint("a target that is written", || write(&target, "a = 3\n"));
    write(&at.join("real/b.toml"), "b = 1\n");
    followed.assert_hint("a link that leads elsewhere", || lead(&link, "../real/b.toml"));
    followed.assert_hint("the new target", || write(&at.join("real/b.toml"), "b = 2\n"));
    followed.assert_no_hint("the old target", || write(&target, "a = 4\n"));
}

#[test]
fn a_kubernetes_volume_is_detected_at_each_swap() {
    let (_folder, at) = folder();
    let make = |round: usize| {
        let data = at.join(format!("..data_{round}"));
        fs::create_dir(&data).unwrap();
        write(&data.join("app.toml"), &format!("a = {round}\n"));
    };
    make(0);
    symlink("..data_0", at.join("..data")).unwrap();
    symlink("..data/app.toml", at.join("app.toml")).unwrap();
    let mut followed = Followed::new([at.join("app.toml")]);
    for round in 1..=5 {
        followed.assert_hint("a swap", || {
            make(round);
            lead(&at.join("..data"), &format!("..data_{round}"));
            fs::remove_dir_all(at.join(format!("..data_{}", round - 1))).unwrap();
        });
        let file = at.join(format!("..data_{round}/app.toml"));
        followed.assert_hint("a write behind the link", || write(&file, "a = 9\n"));
    }
}

#[test]
fn a_link_in_the_middle_of_the_way_is_detected_to_lead_elsewhere() {
    let (_folder, at) = folder();
    for release in ["41", "42", "43"] {
        fs::create_dir_all(at.join("releases").join(release).join("conf")).unwrap();
        write(&at.join("releases").join(release).join("conf/a.toml"), release);
    }
    symlink("releases/41", at.join("current")).unwrap();
    let mut followed = Followed::new([at.join("current/conf/a.toml")]);
    for release in ["42", "43", "41"] {
        followed.assert_hint("a new release", || lead(&at.join("current"), &format!("releases/{release}")));
        followed.assert_hint("a write in it", || {
            write(&at.join("releases").join(release).join("conf/a.toml"), "new");
        });
    }
    followed.assert_no_hint("a write in another", || write(&at.join("releases/42/conf/a.toml"), "old"));
}

#[test]
fn a_file_whose_folders_come_later_is_detected() {
    let (_folder, at) = folder();
    let file = at.join("one/two/a.toml");
    let mut followed = Followed::new([file.clone()]);
    followed.assert_hint("the first folder", || fs::create_dir(at.join("one")).unwrap());
    followed.assert_hint("the second folder", || fs::create_dir(at.join("one/two")).unwrap());
    followed.assert_hint("the file", || write(&file, "a = 1\n"));
    followed.assert_hint("the end of all", || fs::remove_dir_all(at.join("one")).unwrap());
    followed.assert_hint("all at once", || {
        fs::create_dir_all(at.join("one/two")).unwrap();
        write(&file, "a = 2\n");
    });
    followed.assert_hint("a write", || write(&file, "a = 3\n"));
}

#[test]
fn another_folder_in_the_place_of_an_ancestor_is_watched() {
    let (_folder, at) = folder();
    let file = at.join("a/b/c.toml");
    fs::create_dir_all(at.join("a/b")).unwrap();
    write(&file, "c = 1\n");
    let mut followed = Followed::new([file.clone()]);
    followed.assert_hint("an ancestor that is renamed", || fs::rename(at.join("a"), at.join("old")).unwrap());
    followed.assert_no_hint("what was renamed", || write(&at.join("old/b/c.toml"), "c = 2\n"));
    followed.assert_hint("another one", || {
        fs::create_dir_all(at.join("new/b")).unwrap();
        write(&at.join("new/b/c.toml"), "c = 3\n");
        fs::rename(at.join("new"), at.join("a")).unwrap();
    });
    followed.assert_hint("a write in it", || write(&file, "c = 4\n"));
}

#[test]
fn a_folder_that_is_renamed_and_renamed_back_is_watched_again() {
    let (_folder, at) = folder();
    let file = at.join("a/b/c.toml");
    fs::create_dir_all(at.join("a/b")).unwrap();
    write(&file, "c = 1\n");
    let mut followed = Followed::new([file.clone()]);
    for _ in 0..2 {
        followed.assert_hint("there and back", || {
            fs::rename(at.join("a"), at.join("old")).unwrap();
            fs::rename(at.join("old"), at.join("a")).unwrap();
        });
        followed.assert_hint("a write", || write(&file, "c = 2\n"));
    }
}

#[test]
fn a_change_of_permissions_is_a_hint_since_it_may_make_a_file_readable() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_folder, at) = folder();
    let file = at.join("a/b/c.toml");
    fs::create_dir_all(at.join("a/b")).unwrap();
    write(&file, "c = 1\n");
    let mut followed = Followed::new([file.clone()]);
    for (path, mode) in [(&file, 0o600), (&at.join("a/b"), 0o700), (&at.join("a"), 0o700)] {
        let permissions = fs::Permissions::from_mode(mode);
        followed.assert_hint("other permissions", || fs::set_permissions(path, permissions).unwrap());
    }
}

#[test]
fn any_child_of_a_followed_folder_is_detected() {
    let (_folder, at) = folder();
    fs::create_dir(at.join("conf.d")).unwrap();
    let mut followed = Followed::new([at.join("conf.d")]);
    followed.assert_hint("a new child", || write(&at.join("conf.d/a.toml"), "a = 1\n"));
    followed.assert_hint("its end", || fs::remove_file(at.join("conf.d/a.toml")).unwrap());
    followed.assert_no_hint("a neighbour of the folder", || write(&at.join("b.toml"), "b = 1\n"));
}

#[test]
fn other_files_and_our_own_reading_are_no_hint() {
    let (_folder, at) = folder();
    let file = at.join("a.toml");
    write(&file, "a = 1\n");
    let mut followed = Followed::new([file.clone()]);
    followed.assert_no_hint("another file", || {
        write(&at.join("b.toml"), "b = 1\n");
        replace(&at.join("b.toml"), "b = 2\n");
        fs::remove_file(at.join("b.toml")).unwrap();
    });
    followed.assert_no_hint("reading", || {
        assert_eq!(fs::read_to_string(&file).unwrap(), "a = 1\n");
        assert_eq!(fs::read_dir(&at).unwrap().count(), 1);
    });
    for _ in 0..3 {
        assert_eq!(followed.file_watcher.follow(&followed.paths), []);
        followed.assert_no_hint("looking", || {});
    }
    followed.assert_hint("a write after all", || write(&file, "a = 2\n"));
}

#[test]
fn what_is_followed_anew_is_hinted_at_once_and_what_is_not_followed_any_more_is_not() {
    let (_folder, at) = folder();
    let (a, b) = (at.join("a.toml"), at.join("b.toml"));
    let mut followed = Followed::new([a.clone()]);
    followed.paths = vec![b.clone()];
    assert_eq!(followed.file_watcher.follow(&followed.paths), []);
    assert!(followed.hints.try_recv().is_ok(), "it may have changed before it was followed");
    assert!(followed.hints.recv_timeout(QUIET).is_err(), "once");
    followed.assert_no_hint("the one before", || write(&a, "a = 1\n"));
    followed.assert_hint("the other one", || write(&b, "b = 1\n"));
}

#[cfg(target_os = "linux")]
#[test]
fn an_overflow_is_a_hint_and_every_watch_is_made_anew() {
    let (_folder, at) = folder();
    let file = at.join("a.toml");
    write(&file, "a = 1\n");
    let (sender, hints) = channel();
    let barrier = Arc::new(Mutex::new(()));
    let held = Arc::clone(&barrier);
    let hint = move || {
        sender.send(()).unwrap_or_default();
        drop(held.lock());
    };
    let mut followed = Followed {
        file_watcher: FileWatcher::open(WatchMode::Auto, hint).unwrap(),
        hints,
        paths: vec![file.clone()],
    };
    followed.settle();

    let closed = barrier.lock();
    fs::remove_file(&file).unwrap();
    assert!(followed.hints.recv_timeout(ARRIVES).is_ok());
    // The thread of the events waits at the barrier, and others pile up until the system drops them.
    for other in ["b", "c"] {
        write(&at.join(other), "");
    }
    for _ in 0..limit("max_queued_events").unwrap() {
        for other in ["b", "c"] {
            fs::File::open(at.join(other)).unwrap();
        }
    }
    write(&file, "no event reports this\n");
    assert!(followed.hints.try_recv().is_err());
    drop(closed);
    assert!(followed.hints.recv_timeout(ARRIVES).is_ok(), "no hint of the overflow");
    assert!(followed.hints.recv_timeout(QUIET).is_err(), "the write was reported: nothing was dropped");

    assert_eq!(followed.file_watcher.follow(&followed.paths), []);
    assert!(followed.hints.try_recv().is_ok(), "the watches are not made anew");
    followed.settle();
    followed.assert_hint("a write after that", || write(&file, "a = 2\n"));
}
