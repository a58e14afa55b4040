//! Commands that replace a file keep its owner, or report what they cannot keep. If they fail, the file is as it was.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::history_command::{dir as history_dir, record_generations, retry_text};
use crate::executable::copy_executable;
use crate::small_disk::SmallDisk;
use crate::test_dir::{RunResult, TestDir};

const OLD: &str = "[[agents]]\nname = \"Claude-Opus\"\nmodel = \"claude-opus-4\"\ncommand = \"claude\"\n";
/// An empty baseline, in another form than that which is written.
const OLD_BASELINE: &str = "{ \"version\": 1, \"findings\": [] }\n";
/// The user that owns the replaced files.
const OWNER: u32 = 12345;
/// The ordinary user that runs the program.
const NOBODY: u32 = 65534;

/// A file with the command that replaces it.
const COMMANDS: [(&str, &str); 5] = [
    ("c.toml", "init c.toml --force"),
    ("old.toml", "migrate old.toml --write"),
    ("b.json", "policy baseline b.json"),
    ("r.json", "policy check src --format json --output r.json"),
    ("r.svg", "retry simulate --clients 5 --capacity 1 --svg r.svg"),
];

/// A folder with these files, and something to check.
fn dir() -> TestDir {
    let dir = TestDir::new().file("src/a.txt", "nothing\n");
    for (name, _) in COMMANDS {
        dir.write(name, old_text(name));
    }
    dir
}

fn old_text(name: &str) -> &str {
    if name == "b.json" { OLD_BASELINE } else { OLD }
}

fn is_root() -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        println!("skipped: only root can give files to other users");
    }
    is_root
}

/// Gives a file away.
fn give(path: &Path, user: u32, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    chown(path, Some(user), Some(user)).unwrap();
}

/// User, group and permissions of a file.
fn access(path: &Path) -> (u32, u32, u32) {
    let metadata = fs::metadata(path).unwrap();
    (metadata.uid(), metadata.gid(), metadata.mode() & 0o7777)
}

/// Runs the program as an ordinary user, who owns the folder.
fn run_as_nobody(dir: &TestDir, arguments: &str) -> RunResult {
    let program = dir.path("program/speckit");
    if !program.exists() {
        fs::create_dir(program.parent().unwrap()).unwrap();
        // The tests are in a folder that only root can read.
        copy_executable(dir.command(&[]).get_program().as_ref(), &program);
        give(&dir.path(""), NOBODY, 0o755);
    }
    let usual = dir.command(&[]);
    let mut command = Command::new(program);
    command.args(arguments.split_whitespace()).current_dir(dir.path("")).stdin(Stdio::null()).env_clear();
    command.envs(usual.get_envs().filter_map(|(name, value)| Some((name, value?))));
    RunResult::from_output(command.uid(NOBODY).gid(NOBODY).output().unwrap())
}

/// Runs the program after `ulimit -f 1`: no file may be longer than 512 or 1024 bytes.
fn run_limited(dir: &TestDir, arguments: &str) -> RunResult {
    let usual = dir.command(&[]);
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -f 1; exec \"$0\" \"$@\""]).arg(usual.get_program());
    command.args(arguments.split_whitespace()).current_dir(dir.path("")).stdin(Stdio::null()).env_clear();
    command.envs(usual.get_envs().filter_map(|(name, value)| Some((name, value?))));
    RunResult::from_output(command.output().unwrap())
}

#[track_caller]
fn assert_no_temporary_file(dir: &TestDir) {
    assert!(dir.names().iter().all(|name| !name.ends_with(".tmp")), "{:?}", dir.names());
}

#[test]
fn a_rollback_by_root_leaves_the_file_to_its_service() {
    if !is_root() {
        return;
    }
    let dir = history_dir();
    record_generations(&dir, &[retry_text(4), retry_text(5)]);
    give(&dir.path("c.toml"), OWNER, 0o600);
    dir.run("history rollback 1").succeeds().no_stderr();
    assert_eq!(dir.read("c.toml"), retry_text(4));
    for name in ["c.toml", "c.toml.bak"] {
        assert_eq!(access(&dir.path(name)), (OWNER, OWNER, 0o600), "{name}");
    }
}

#[test]
fn every_command_of_root_keeps_the_owner_of_the_file() {
    if !is_root() {
        return;
    }
    let dir = dir();
    for (name, command) in COMMANDS {
        give(&dir.path(name), OWNER, 0o640);
        let result = dir.run(command).succeeds();
        assert!(!result.err.contains("file/replaced"), "{}", result.err);
        assert_ne!(dir.read(name), old_text(name), "{command}");
        assert_eq!(access(&dir.path(name)), (OWNER, OWNER, 0o640), "{command}");
    }
    assert_eq!(access(&dir.path("old.toml.bak")), (OWNER, OWNER, 0o640));
    assert_no_temporary_file(&dir);
}

#[test]
fn every_command_of_an_ordinary_user_reports_the_owner_that_it_cannot_keep() {
    if !is_root() {
        return;
    }
    let dir = dir();
    for (name, command) in COMMANDS {
        give(&dir.path(name), OWNER, 0o664);
        run_as_nobody(&dir, command)
            .succeeds()
            .stderr_has(&format!(
                "warning[file/replaced]: `{name}` belonged to user 12345 and belongs to user 65534 now"
            ))
            .stderr_has("it had the group 12345 and has the group 65534 now")
            .stderr_has("it had the mode 0664 and has the mode 0644 now")
            .stderr_has(&format!("chown 12345:12345 {name} && chmod 0664 {name}"));
        assert_ne!(dir.read(name), old_text(name), "{command}");
        assert_eq!(access(&dir.path(name)), (NOBODY, NOBODY, 0o644), "{command}");
    }
    assert_no_temporary_file(&dir);
}

#[test]
fn a_rollback_of_an_ordinary_user_reports_the_owner_that_it_cannot_keep() {
    if !is_root() {
        return;
    }
    let dir = history_dir();
    record_generations(&dir, &[retry_text(4), retry_text(5)]);
    for name in dir.names() {
        give(&dir.path(&name), NOBODY, 0o600);
    }
    give(&dir.path("c.toml"), OWNER, 0o644);
    run_as_nobody(&dir, "history rollback 1")
        .succeeds()
        .stderr_has("warning[file/replaced]: `c.toml` belonged to user 12345")
        .stderr_has("chown 12345:12345 c.toml");
    assert_eq!(dir.read("c.toml"), retry_text(4));
}

#[test]
fn the_other_names_of_a_file_are_reported() {
    let dir = dir();
    for (name, command) in COMMANDS {
        fs::hard_link(dir.path(name), dir.path("other")).unwrap();
        dir.run(command).succeeds().stderr_has(&format!(
            "warning[file/replaced]: `{name}` is a new file: 1 other name of the old one (hard links) keeps the old content"
        ));
        assert_eq!(dir.read("other"), old_text(name), "{command}");
        fs::remove_file(dir.path("other")).unwrap();
    }
}

#[test]
fn a_link_stays_one_even_if_its_target_is_missing() {
    let dir = TestDir::new();
    symlink("folder/real.toml", dir.path("link.toml")).unwrap();
    fs::create_dir(dir.path("folder")).unwrap();
    dir.run("init link.toml --force").succeeds();
    assert_eq!(fs::read_link(dir.path("link.toml")).unwrap(), Path::new("folder/real.toml"));
    assert!(dir.read("folder/real.toml").starts_with("#:schema"));
}

#[test]
fn a_folder_that_cannot_be_written_is_named_as_the_reason() {
    if !is_root() {
        return;
    }
    let dir = dir();
    run_as_nobody(&dir, "--version").succeeds();
    give(&dir.path(""), OWNER, 0o755);
    for (name, command) in COMMANDS {
        give(&dir.path(name), NOBODY, 0o600);
        run_as_nobody(&dir, command).exits_2().stderr_has(&format!(
            "`{name}` cannot be written: a new file cannot be created in its folder: Permission denied"
        ));
        assert_eq!(dir.read(name), old_text(name), "{command}");
    }
}

#[test]
fn a_limit_of_file_sizes_is_an_error_and_the_old_file_stays() {
    let many = "nothing is allowed here\n".repeat(100);
    let rule = "[policy.rules.nothing]\npattern = \"nothing\"\nmessage = \"nothing\"\n";
    let dir = dir().file("src/a.txt", many).file("speckit.toml", rule);
    dir.write("old.toml", OLD.to_owned() + &"# a comment\n".repeat(200));
    for (name, command) in COMMANDS {
        let old = dir.read(name);
        run_limited(&dir, command)
            .exits_2()
            .stderr_has(&format!("`{name}` cannot be written: File too large"));
        assert_eq!(dir.read(name), old, "{command}");
        assert_no_temporary_file(&dir);
    }
    assert!(!dir.path("old.toml.bak").exists());
}

#[test]
fn a_rollback_beyond_a_limit_of_file_sizes_restores_nothing() {
    let dir = history_dir();
    record_generations(&dir, &[retry_text(4) + &"# a comment\n".repeat(200), retry_text(5)]);
    run_limited(&dir, "history rollback 1").exits_2();
    assert_eq!(dir.read("c.toml"), retry_text(5));
    assert!(!dir.path("c.toml.bak").exists());
    assert_no_temporary_file(&dir);
}

#[test]
fn a_full_disk_is_an_error_and_the_old_file_stays() {
    let dir = dir();
    fs::create_dir(dir.path("disk")).unwrap();
    let Some(disk) = SmallDisk::mount(&dir.path("disk"), 64) else { return };
    fs::write(disk.path().join("c.toml"), OLD).unwrap();
    disk.fill(0);
    dir.run("init disk/c.toml --force").exits_2().stderr_has("No space left on device");
    assert_eq!(dir.read("disk/c.toml"), OLD);
    assert_eq!(fs::read_dir(disk.path()).unwrap().count(), 2, "nothing is left behind");
}

#[test]
fn a_file_that_is_a_mount_of_its_own_is_not_replaced() {
    let dir = dir();
    let (file, other) = (dir.path("c.toml"), dir.path("b.json"));
    let mounted = Command::new("mount").arg("--bind").args([&other, &file]).output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        println!("skipped: it needs mount(8), and the right to use it");
        return;
    }
    let result = dir.run("init c.toml --force");
    assert!(Command::new("umount").arg(&file).status().unwrap().success());
    result
        .exits_2()
        .stderr_has("it is a mount of its own, which cannot be replaced; mount its folder instead");
    assert_no_temporary_file(&dir);
}
