//! The guard process: its open files, the signals that end it, and the processes that it does not kill.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{fs, thread};

use super::guarded::{GuardedProgram, living_members, process, program, signal};
use crate::executable::copy_executable;

#[test]
fn termination_signals_do_not_end_the_guard() {
    let mut guarded = GuardedProgram::start();
    let guard = guarded.guard_process();
    for name in ["INT", "TERM", "HUP"] {
        signal(name, &guard.id.to_string());
    }
    guarded.start_group("agent", 3);
    assert_eq!(guarded.request("failure"), "none");
    guarded.kill();
    guarded.assert_nothing_is_left();
}

#[test]
fn ctrl_c_does_not_reach_the_guard() {
    let mut guarded = GuardedProgram::start_as(program().process_group(0));
    let guard = guarded.guard_process();
    assert_eq!(guard.group, guard.id);
    guarded.start_group("agent", 3);
    // A process that a script starts in the background ignores INT, so the test sends TERM too.
    for name in ["INT", "TERM"] {
        signal(name, &format!("-{}", guarded.child.id()));
    }
    assert_eq!(guarded.wait_for_exit().code(), None, "the program has no handler");
    guarded.assert_nothing_is_left();
}

/// The open files of a process: their descriptors and targets.
fn open_files(id: u32) -> Vec<(u32, String)> {
    let open = fs::read_dir(format!("/proc/{id}/fd")).unwrap().filter_map(|entry| {
        let entry = entry.unwrap();
        let target = fs::read_link(entry.path()).ok()?.display().to_string();
        Some((entry.file_name().to_str()?.parse().ok()?, target))
    });
    let mut open: Vec<_> = open.collect();
    open.sort();
    open
}

#[test]
fn a_guard_keeps_no_file_and_no_folder_of_its_program_open() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let folder = file.path().parent().unwrap();
    let mut guarded = GuardedProgram::start_as(program().stderr(file.reopen().unwrap()).current_dir(folder));
    guarded.start_group("agent", 3);
    let guard = guarded.guard_process().id;
    // Every process of the suite may have inherited files from the process that started the suite.
    let mut other = start_unrelated_process();
    let inherited: Vec<String> = open_files(other.id()).into_iter().map(|(_, target)| target).collect();
    other.kill().unwrap();
    other.wait().unwrap();
    let open = open_files(guard);
    let own: Vec<&str> = open
        .iter()
        .filter(|(number, target)| *number < 3 || !inherited.contains(target))
        .map(|(_, target)| target.split(':').next().unwrap())
        .collect();
    assert_eq!(own, ["pipe", "pipe", "/dev/null", "anon_inode"], "{open:?}");
    let of_program: Vec<String> =
        open_files(guarded.child.id()).into_iter().map(|(_, target)| target).take(3).collect();
    assert!(
        of_program.iter().all(|one| open.iter().all(|(_, target)| target != one)),
        "{open:?} {of_program:?}"
    );
    assert_eq!(fs::read_link(format!("/proc/{guard}/cwd")).unwrap().to_str(), Some("/"));
}

#[test]
fn a_program_whose_session_began_outside_of_its_container_has_a_guard() {
    // Inside the container, its group and its session have the id 0.
    let container = || {
        let mut command = Command::new("unshare");
        command.args(["--pid", "--fork", "--kill-child", "--mount-proc"]);
        command
    };
    if !container().arg("true").status().is_ok_and(|status| status.success()) {
        println!("skipped: it needs unshare(1), and the right to use it");
        return;
    }
    let mut command = container();
    command.arg(env!("CARGO_BIN_EXE_speckit-guarded")).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut replies = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(replies.next().unwrap().unwrap().parse::<u32>().is_ok());
    writeln!(child.stdin.as_ref().unwrap(), "failure").unwrap();
    assert_eq!(replies.next().unwrap().unwrap(), "none");
    drop(child.stdin.take());
    child.wait().unwrap();
}

#[test]
fn a_program_whose_file_was_deleted_has_a_guard() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("guarded");
    copy_executable(env!("CARGO_BIN_EXE_speckit-guarded").as_ref(), &copy);
    // The shell opens the file, removes it, and then executes the open file.
    let script = "exec 3<\"$0\"; rm \"$0\"; exec /proc/self/fd/3";
    let mut guarded = GuardedProgram::start_as(Command::new("sh").args(["-c", script]).arg(&copy));
    assert!(!copy.exists());
    guarded.start_group("agent", 3);
    guarded.kill();
    guarded.assert_nothing_is_left();
}

#[test]
fn the_name_of_the_program_does_not_match_the_guard() {
    let guarded = GuardedProgram::start();
    let guard = guarded.guard_process();
    let arguments = fs::read(format!("/proc/{}/cmdline", guard.id)).unwrap();
    assert_eq!(arguments, b"gate-guard\0--gate-guard\0");
    for tool in
        [vec!["pgrep", "speckit"], vec!["pgrep", "-f", "speckit-guarded"], vec!["pidof", "speckit-guarded"]]
    {
        let Ok(output) = Command::new(tool[0]).args(&tool[1..]).output() else { continue };
        let found = String::from_utf8(output.stdout).unwrap();
        let found: Vec<&str> = found.split_whitespace().collect();
        assert!(found.contains(&guarded.child.id().to_string().as_str()), "{tool:?}");
        assert!(!found.contains(&guard.id.to_string().as_str()), "{tool:?}");
    }
}

/// A guard process without a program: the test writes the lines that it receives.
struct StandaloneGuard {
    child: Child,
}

impl StandaloneGuard {
    fn start() -> Self {
        let mut command = program();
        command.arg("--gate-guard").process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut ready = [0; 6];
        child.stdout.as_mut().unwrap().read_exact(&mut ready).unwrap();
        assert_eq!(&ready, b"ready\n");
        Self { child }
    }

    /// Sends the lines, closes the pipe, and checks that the guard ends without an error.
    fn send_and_wait(mut self, text: &str) {
        self.child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        assert!(self.child.wait().unwrap().success());
    }
}

/// Starts a process that leads its own group.
fn start_unrelated_process() -> Child {
    Command::new("sleep").arg("600").process_group(0).spawn().unwrap()
}

#[test]
fn a_reused_process_id_is_not_killed() {
    let mut other = start_unrelated_process();
    let id = other.id();
    let start = process(id).unwrap().start;
    StandaloneGuard::start().send_and_wait(&format!("mark of-no-process\nadd {id} {}\n", start - 1));
    assert_eq!(living_members(id).len(), 1);
    StandaloneGuard::start().send_and_wait(&format!("mark of-no-process\nadd {id} {start}\n"));
    other.wait().unwrap();
    assert_eq!(living_members(id), []);
}

#[test]
fn an_incomplete_line_is_ignored() {
    let mut other = start_unrelated_process();
    StandaloneGuard::start().send_and_wait(&format!("mark of-no-process\nadd {} -", other.id()));
    thread::sleep(Duration::from_millis(20));
    assert_eq!(other.try_wait().unwrap(), None);
    other.kill().unwrap();
    other.wait().unwrap();
}

#[test]
fn the_guard_never_kills_the_group_of_its_program() {
    // If the guard were wrong, it would kill the suite.
    let own = process(std::process::id()).unwrap();
    StandaloneGuard::start()
        .send_and_wait(&format!("add {} -\nadd 0 -\nadd 1 -\nadd 4294967295 -\n", own.group));
    assert!(process(own.id).is_some());
}

#[test]
fn speckit_becomes_a_guard_that_ends_at_once_if_its_input_is_empty() {
    let output = Command::new(env!("CARGO_BIN_EXE_speckit-under-test"))
        .arg("--gate-guard")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(0), b"ready\n".as_slice()));
}
