//! Storages without room, or without the right to write.

use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use super::{NOBODY, WORKER, output, set_mode, storage, store, token_in, worker};
use crate::executable::copy_executable;
use crate::test_dir::TestDir;

/// A limit of the length of files stands for a full disk.
#[test]
fn a_full_disk_is_noticed_before_anything_is_sent_and_the_old_record_stays() {
    let dir = TestDir::new();
    let folder = dir.path("auth");
    let storage = storage(&folder);
    store(&storage, "old");
    for command in ["reserve", "store"] {
        let mut limited = Command::new("sh");
        limited.args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\"", WORKER, command]);
        let text = output(limited.arg(&folder).arg("canary").stdin(Stdio::null()));
        let start =
            format!("failed: the tokens cannot be stored in `{}`: ", folder.join("work.json").display());
        assert!(text.starts_with(&start) && !text.contains("canary"), "{text}");
    }
    assert_eq!(token_in(&storage).as_deref(), Some("old"));
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 2, "nothing is left behind");
}

#[test]
fn a_read_only_folder_is_noticed_before_anything_is_sent() {
    let dir = TestDir::new();
    let folder = dir.path("auth");
    store(&storage(&folder), "old");
    let mut reader = worker("reserve", &folder, "canary");
    let mut maker = worker("reserve", &folder.join("new"), "canary");
    if rustix::process::geteuid().is_root() {
        // Nobody may not run what only root can reach, so this needs a copy.
        let copy = dir.path("worker");
        copy_executable(WORKER.as_ref(), &copy);
        set_mode(copy.parent().unwrap(), 0o755);
        for path in [&folder, &folder.join("work.json"), &folder.join("work.lock")] {
            chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let as_nobody = |command: &mut Command| {
            let mut other = Command::new(&copy);
            other.args(command.get_args()).env_clear().stdin(Stdio::null()).uid(NOBODY).gid(NOBODY);
            other
        };
        (reader, maker) = (as_nobody(&mut reader), as_nobody(&mut maker));
    }
    set_mode(&folder, 0o500);
    let text = output(&mut reader);
    assert!(text.starts_with("failed: the tokens cannot be stored in") && text.contains("denied"), "{text}");
    let text = output(&mut maker);
    assert!(
        text.starts_with("failed: `") && text.contains("is not used for tokens: ") && text.contains("denied"),
        "{text}"
    );
    set_mode(&folder, 0o700);
}
