//! The guard itself: what it holds, what ends it, and whom it spares.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{fs, thread};

use super::guarded::{Guarded, living_of, process, program, signal};

#[test]
fn signals_that_ask_for_an_end_do_not_end_it() {
    let mut guarded = Guarded::start();
    let guard = guarded.guard();
    for name in ["INT", "TERM", "HUP"] {
        signal(name, &guard.id.to_string());
    }
    guarded.group("agent", 3);
    assert_eq!(guarded.ask("failure"), "none");
    guarded.kill();
    guarded.nothing_is_left();
}

#[test]
fn ctrl_c_for_the_group_of_the_program_does_not_reach_it() {
    let mut guarded = Guarded::start_as(program().process_group(0));
    let guard = guarded.guard();
    assert_eq!(guard.group, guard.id);
    guarded.group("agent", 3);
    // What was started in the background of a script ignores the first of the two.
    for name in ["INT", "TERM"] {
        signal(name, &format!("-{}", guarded.child.id()));
    }
    assert_eq!(guarded.end().code(), None, "the program has no handler");
    guarded.nothing_is_left();
}

/// The numbers of the open files of a process, and what they are.
fn open_of(id: u32) -> Vec<(u32, String)> {
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
fn it_holds_no_file_and_no_folder_of_its_program() {
    let held = tempfile::NamedTempFile::new().unwrap();
    let folder = held.path().parent().unwrap();
    let mut guarded = Guarded::start_as(program().stderr(held.reopen().unwrap()).current_dir(folder));
    guarded.group("agent", 3);
    let guard = guarded.guard().id;
    // Whoever started the suite may have passed files on to everything in it.
    let mut other = stranger();
    let passed_on: Vec<String> = open_of(other.id()).into_iter().map(|(_, target)| target).collect();
    other.kill().unwrap();
    other.wait().unwrap();
    let open = open_of(guard);
    let own: Vec<&str> = open
        .iter()
        .filter(|(number, target)| *number < 3 || !passed_on.contains(target))
        .map(|(_, target)| target.split(':').next().unwrap())
        .collect();
    assert_eq!(own, ["pipe", "pipe", "/dev/null", "anon_inode"], "{open:?}");
    let of_program: Vec<String> =
        open_of(guarded.child.id()).into_iter().map(|(_, target)| target).take(3).collect();
    assert!(
        of_program.iter().all(|one| open.iter().all(|(_, target)| target != one)),
        "{open:?} {of_program:?}"
    );
    assert_eq!(fs::read_link(format!("/proc/{guard}/cwd")).unwrap().to_str(), Some("/"));
}

#[test]
fn a_program_whose_session_began_outside_of_its_container_has_a_guard() {
    // Its group and its session have the number 0 there.
    let container = || {
        let mut command = Command::new("unshare");
        command.args(["--pid", "--fork", "--kill-child", "--mount-proc"]);
        command
    };
    if !container().arg("true").status().is_ok_and(|status| status.success()) {
        println!("skipped: it needs unshare(1), and the right to use it");
        return;
    }
    let mut within = container();
    within.arg(env!("CARGO_BIN_EXE_speckit-guarded")).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = within.spawn().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(answers.next().unwrap().unwrap().parse::<u32>().is_ok());
    writeln!(child.stdin.as_ref().unwrap(), "failure").unwrap();
    assert_eq!(answers.next().unwrap().unwrap(), "none");
    drop(child.stdin.take());
    child.wait().unwrap();
}

#[test]
fn a_program_whose_file_was_deleted_has_a_guard() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("guarded");
    fs::copy(env!("CARGO_BIN_EXE_speckit-guarded"), &copy).unwrap();
    // The shell waits until the file is gone, and then becomes the program, which it holds open.
    let script = "exec 3<\"$0\"; rm \"$0\"; exec /proc/self/fd/3";
    let mut guarded = Guarded::start_as(Command::new("sh").args(["-c", script]).arg(&copy));
    assert!(!copy.exists());
    guarded.group("agent", 3);
    guarded.kill();
    guarded.nothing_is_left();
}

#[test]
fn who_ends_programs_by_name_does_not_end_it() {
    let guarded = Guarded::start();
    let guard = guarded.guard();
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

/// A guard that a test talks to.
struct Alone {
    child: Child,
}

impl Alone {
    fn start() -> Self {
        let mut command = program();
        command.arg("--gate-guard").process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut ready = [0; 6];
        child.stdout.as_mut().unwrap().read_exact(&mut ready).unwrap();
        assert_eq!(&ready, b"ready\n");
        Self { child }
    }

    /// Says this, lets it end, and sees that it does.
    fn hears(mut self, text: &str) {
        self.child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        assert!(self.child.wait().unwrap().success());
    }
}

/// A process in a group of its own.
fn stranger() -> Child {
    Command::new("sleep").arg("600").process_group(0).spawn().unwrap()
}

#[test]
fn a_number_that_now_belongs_to_others_is_left_alone() {
    let mut other = stranger();
    let id = other.id();
    let start = process(id).unwrap().start;
    Alone::start().hears(&format!("mark of-no-process\nadd {id} {}\n", start - 1));
    assert_eq!(living_of(id).len(), 1);
    Alone::start().hears(&format!("mark of-no-process\nadd {id} {start}\n"));
    other.wait().unwrap();
    assert_eq!(living_of(id), []);
}

#[test]
fn a_line_that_was_cut_off_is_not_taken_for_another() {
    let mut other = stranger();
    Alone::start().hears(&format!("mark of-no-process\nadd {} -", other.id()));
    thread::sleep(Duration::from_millis(20));
    assert_eq!(other.try_wait().unwrap(), None);
    other.kill().unwrap();
    other.wait().unwrap();
}

#[test]
fn the_group_of_its_program_is_spared_whatever_it_is_told() {
    // Were it wrong, the suite would be killed.
    let own = process(std::process::id()).unwrap();
    Alone::start().hears(&format!("add {} -\nadd 0 -\nadd 1 -\nadd 4294967295 -\n", own.group));
    assert!(process(own.id).is_some());
}

#[test]
fn speckit_becomes_one_and_ends_at_once_where_there_is_nothing_to_guard() {
    let output = Command::new(env!("CARGO_BIN_EXE_speckit-under-test"))
        .arg("--gate-guard")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(0), b"ready\n".as_slice()));
}
