//! Systems that refuse watches or report no events.

use notify::{Config, ErrorKind, EventHandler, WatcherKind};

use super::*;

/// A watcher that notes its calls, and refuses some folders.
struct FakeWatcher {
    calls: Arc<Mutex<Vec<String>>>,
    refuse: fn(&Path) -> Option<ErrorKind>,
}

impl Watcher for FakeWatcher {
    fn new<F: EventHandler>(_: F, _: Config) -> notify::Result<Self> {
        Err(notify::Error::generic("it is made by hand"))
    }

    fn watch(&mut self, path: &Path, mode: RecursiveMode) -> notify::Result<()> {
        assert_eq!(mode, RecursiveMode::NonRecursive);
        self.calls.lock().push(format!("watch {}", path.display()));
        (self.refuse)(path).map_or(Ok(()), |kind| Err(notify::Error::new(kind)))
    }

    fn unwatch(&mut self, path: &Path) -> notify::Result<()> {
        self.calls.lock().push(format!("unwatch {}", path.display()));
        Ok(())
    }

    fn kind() -> WatcherKind {
        WatcherKind::NullWatcher
    }
}

type Calls = Arc<Mutex<Vec<String>>>;

fn refusing(mode: WatchMode, refuse: fn(&Path) -> Option<ErrorKind>) -> (FileWatcher, Calls, Receiver<()>) {
    let calls = Calls::default();
    let native = FakeWatcher { calls: Arc::clone(&calls), refuse };
    let (sender, hints) = channel();
    let event_filter = Arc::new(EventFilter::new(move || sender.send(()).unwrap_or_default()));
    let mut file_watcher = FileWatcher::listening(mode, event_filter, |_| Ok(Box::new(native))).unwrap();
    file_watcher.mountinfo = PathBuf::new();
    (file_watcher, calls, hints)
}

fn texts(diagnostics: &[Diagnostic]) -> Vec<String> {
    let text = |diagnostic: &Diagnostic| {
        let help = diagnostic.help.as_deref().unwrap_or("?");
        format!("{:?} {}: {}; {help}", diagnostic.severity, diagnostic.code, diagnostic.message)
    };
    diagnostics.iter().map(text).collect()
}

fn denied() -> ErrorKind {
    ErrorKind::Io(std::io::ErrorKind::PermissionDenied.into())
}

#[test]
fn folders_are_watched_from_the_root_on_and_only_when_they_moved() {
    let (_folder, at) = folder();
    let file = at.join("a/b.toml");
    let (mut file_watcher, calls, hints) = refusing(WatchMode::Auto, |_| None);
    assert_eq!(file_watcher.follow(std::slice::from_ref(&file)), []);
    let ancestors = at.ancestors().map(|folder| format!("watch {}", folder.display()));
    let mut expected = ancestors.collect::<Vec<_>>();
    expected.reverse();
    assert_eq!(*calls.lock(), expected);
    assert_eq!(hints.try_iter().count(), 1, "one hint, however many folders");
    calls.lock().clear();

    assert_eq!(file_watcher.follow(std::slice::from_ref(&file)), []);
    assert_eq!((calls.lock().len(), hints.try_iter().count()), (0, 0), "nothing moved");

    let a = at.join("a");
    fs::create_dir(&a).unwrap();
    file_watcher.follow(std::slice::from_ref(&file));
    assert_eq!(mem::take(&mut *calls.lock()), [format!("watch {}", a.display())]);
    fs::rename(&a, at.join("old")).unwrap();
    fs::create_dir(&a).unwrap();
    file_watcher.follow(std::slice::from_ref(&file));
    let again = ["unwatch", "watch"].map(|call| format!("{call} {}", a.display()));
    assert_eq!(mem::take(&mut *calls.lock()), again);
    fs::remove_dir(&a).unwrap();
    file_watcher.follow(std::slice::from_ref(&file));
    assert_eq!(mem::take(&mut *calls.lock()), [format!("unwatch {}", a.display())]);
}

#[test]
fn an_ancestor_that_may_not_be_watched_is_passed_over() {
    let (_folder, at) = folder();
    fs::create_dir(at.join("a")).unwrap();
    let refuse = |path: &Path| (!path.ends_with("a")).then(denied);
    let (mut file_watcher, ..) = refusing(WatchMode::Auto, refuse);
    assert_eq!(file_watcher.follow(&[at.join("a/b.toml")]), []);
    assert!(!file_watcher.polls());
}

#[test]
fn a_folder_of_a_file_or_of_a_link_that_may_not_be_watched_is_reported_once() {
    let (_folder, at) = folder();
    for name in ["real", "links"] {
        fs::create_dir(at.join(name)).unwrap();
    }
    write(&at.join("real/a.toml"), "a = 1\n");
    symlink("../real/a.toml", at.join("links/a.toml")).unwrap();
    for refuse in [
        |path: &Path| path.ends_with("real").then(denied),
        |path: &Path| path.ends_with("links").then(denied),
    ] {
        for (mode, then) in [
            (WatchMode::Auto, "the files are read at intervals"),
            (WatchMode::Native, "not all changes are noticed"),
        ] {
            let (mut file_watcher, ..) = refusing(mode, refuse);
            let paths = [at.join("links/a.toml")];
            let warnings = texts(&file_watcher.follow(&paths));
            assert_eq!(warnings.len(), 1, "{warnings:?}");
            let name = if refuse(Path::new("real")).is_some() { "real" } else { "links" };
            let expected = format!(
                "Warning watch/unreadable: `{}` cannot be watched (permission denied), so {then}; \
                 make the folder readable, or use the mode `poll`",
                at.join(name).display()
            );
            assert_eq!(warnings, [expected]);
            assert_eq!(file_watcher.polls(), mode == WatchMode::Auto);
            assert_eq!(file_watcher.follow(&paths), [], "once");
        }
    }
}

#[test]
fn the_limit_of_watches_is_named_once_and_read_around_in_auto_mode() {
    let (_folder, at) = folder();
    let expected = limit("max_user_watches").map_or(524_288, |present| (2 * present).max(524_288));
    for (mode, then) in [
        (WatchMode::Auto, "the files are read at intervals"),
        (WatchMode::Native, "not all changes are noticed"),
    ] {
        let (mut file_watcher, _, hints) = refusing(mode, |_| Some(ErrorKind::MaxFilesWatch));
        assert_eq!(
            texts(&file_watcher.follow(&[at.join("a.toml")])),
            [format!(
                "Warning watch/limit: the system gives no more watches (`fs.inotify.max_user_watches`), so {then}; \
                 raise it: `sysctl fs.inotify.max_user_watches={expected}`"
            )]
        );
        assert_eq!(file_watcher.polls(), mode == WatchMode::Auto);
        assert_eq!(hints.try_iter().count(), 1);
        assert_eq!(file_watcher.follow(&[at.join("a.toml")]), []);
        assert_eq!(hints.try_iter().count(), 0, "a repeated failure gives no hint");
    }
}

#[test]
fn a_folder_that_vanishes_before_its_watch_is_no_warning() {
    let (_folder, at) = folder();
    for kind in [
        |_: &Path| Some(ErrorKind::PathNotFound),
        |_: &Path| Some(ErrorKind::Io(std::io::ErrorKind::NotFound.into())),
    ] {
        let (mut file_watcher, ..) = refusing(WatchMode::Auto, kind);
        assert_eq!(file_watcher.follow(&[at.join("a.toml")]), []);
        assert!(!file_watcher.polls());
    }
}

#[test]
fn without_events_the_files_are_read_at_intervals_unless_nothing_but_events_is_wanted() {
    let too_many = || notify::Error::io(std::io::Error::from_raw_os_error(24));
    let forbidden = || notify::Error::io(std::io::ErrorKind::Unsupported.into());
    let opened = |mode, error: notify::Error| {
        FileWatcher::listening(mode, Arc::new(EventFilter::new(|| {})), |_| Err(error))
    };

    let mut file_watcher = opened(WatchMode::Auto, too_many()).ok().unwrap();
    assert!(file_watcher.polls());
    file_watcher.mountinfo = PathBuf::new();
    let expected = limit("max_user_instances").map_or(512, |present| (2 * present).max(512));
    assert_eq!(
        texts(&file_watcher.follow(&[])),
        [format!(
            "Warning watch/limit: the system gives no more watchers (`fs.inotify.max_user_instances`, or the open \
             files), so the files are read at intervals; raise it: `sysctl \
             fs.inotify.max_user_instances={expected}`, or `ulimit -n`"
        )]
    );
    assert_eq!(file_watcher.follow(&[]), []);

    let errors = opened(WatchMode::Native, forbidden()).err().unwrap();
    assert_eq!(
        texts(&errors),
        ["Error watch/unavailable: the system reports no changes of files (unsupported), so no change is \
          noticed; use the mode `poll`"]
    );
}

#[test]
fn the_mode_poll_asks_the_system_for_no_events() {
    let event_filter = Arc::new(EventFilter::new(|| {}));
    let mut file_watcher =
        FileWatcher::listening(WatchMode::Poll, event_filter, |_| panic!("it listens")).ok().unwrap();
    assert!(file_watcher.polls());
    let (_folder, at) = folder();
    assert_eq!(file_watcher.follow(&[at.join("a.toml")]), []);
}

/// A watcher with these mounts.
fn among(mode: WatchMode, at: &Path, mounts: &[(&Path, &str)]) -> FileWatcher {
    let (mut file_watcher, ..) = refusing(mode, |_| None);
    let lines = mounts.iter().map(|(point, filesystem)| {
        format!("1 0 0:1 / {} rw,relatime shared:1 - {filesystem} source rw\n", point.display())
    });
    file_watcher.mountinfo = at.join("mountinfo");
    write(&file_watcher.mountinfo, &lines.collect::<String>());
    file_watcher
}

#[test]
fn a_filesystem_that_others_change_is_read_at_intervals_in_auto_mode() {
    let (_folder, at) = folder();
    let (local, share) = (at.join("local"), at.join("share"));
    for folder in [&local, &share] {
        fs::create_dir(folder).unwrap();
        write(&folder.join("a.toml"), "a = 1\n");
    }
    symlink(share.join("a.toml"), local.join("link.toml")).unwrap();
    symlink(local.join("a.toml"), share.join("link.toml")).unwrap();
    let mounts = [(Path::new("/"), "ext4"), (share.as_path(), "nfs4")];
    let expected = format!(
        "Warning watch/polling: `{}` is of the type `nfs4`, which does not report what others change, so the files \
         are read at intervals; use the mode `poll` if that is meant",
        share.display()
    );
    for path in
        [share.join("a.toml"), share.join("later/b.toml"), local.join("link.toml"), share.join("link.toml")]
    {
        let mut file_watcher = among(WatchMode::Auto, &at, &mounts);
        assert_eq!(texts(&file_watcher.follow(&[path.clone(), share.join("c.toml")])), [expected.as_str()]);
        assert!(file_watcher.polls(), "{path:?}");
        assert_eq!(file_watcher.follow(&[path]), [], "once");
    }
    let mut file_watcher = among(WatchMode::Auto, &at, &mounts);
    assert_eq!(file_watcher.follow(&[local.join("a.toml"), local.join("later/b.toml")]), []);
    assert!(!file_watcher.polls());
    let mut file_watcher = among(WatchMode::Native, &at, &mounts);
    assert_eq!(file_watcher.follow(&[share.join("a.toml")]), []);
    assert!(!file_watcher.polls());
}

#[test]
fn a_file_that_is_mounted_alone_is_reported_once_in_each_mode() {
    let (_folder, at) = folder();
    let (file, conf) = (at.join("a.toml"), at.join("conf"));
    write(&file, "a = 1\n");
    fs::create_dir(&conf).unwrap();
    write(&conf.join("b.toml"), "b = 1\n");
    let mounts = [(Path::new("/"), "overlay"), (file.as_path(), "ext4"), (conf.as_path(), "ext4")];
    for (mode, then) in [
        (WatchMode::Auto, "the files are read at intervals"),
        (WatchMode::Native, "not all changes are noticed"),
        (WatchMode::Poll, "the files are read at intervals"),
    ] {
        let mut file_watcher = among(mode, &at, &mounts);
        let in_folder = [conf.clone(), conf.join("b.toml")];
        assert_eq!(file_watcher.follow(&in_folder), [], "a mounted folder is as it should be");
        assert_eq!(file_watcher.polls(), mode == WatchMode::Poll);
        let expected = format!(
            "Warning watch/single-file-mount: `{}` is mounted as a single file: replacing it outside is never seen, \
             and writing into it is not reported, so {then}; mount its folder instead",
            file.display()
        );
        assert_eq!(texts(&file_watcher.follow(std::slice::from_ref(&file))), [expected]);
        assert_eq!(file_watcher.polls(), mode != WatchMode::Native);
        assert_eq!(file_watcher.follow(std::slice::from_ref(&file)), [], "once");
    }
}
