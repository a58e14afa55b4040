//! Starts the program `speckit-guarded` and inspects its processes.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use std::{fs, thread};

/// How long a guard may take on a busy machine. It retries for two seconds itself.
pub(super) const TIMEOUT: Duration = Duration::from_secs(2);

/// The program and every process that it starts. An environment variable identifies them.
pub(super) struct GuardedProgram {
    pub(super) child: Child,
    input: Option<ChildStdin>,
    replies: std::io::Lines<BufReader<ChildStdout>>,
    test_id: String,
}

pub(super) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_speckit-guarded"));
    command.stderr(Stdio::null());
    command
}

/// An environment variable with a value that no other test uses.
pub(super) fn test_variable() -> (&'static str, String) {
    static NEXT_TEST: AtomicU32 = AtomicU32::new(0);
    ("SPECKIT_TEST_ID", format!("{}-{}", std::process::id(), NEXT_TEST.fetch_add(1, Ordering::Relaxed)))
}

impl GuardedProgram {
    pub(super) fn start() -> Self {
        Self::start_as(&mut program())
    }

    pub(super) fn start_as(command: &mut Command) -> Self {
        let (name, test_id) = test_variable();
        let command = command.env(name, &test_id).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let input = child.stdin.take();
        let replies = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut guarded = Self { child, input, replies, test_id };
        let started = guarded.read_reply();
        assert!(started.parse::<u32>().is_ok(), "{started}");
        guarded
    }

    #[track_caller]
    pub(super) fn read_reply(&mut self) -> String {
        self.replies.next().expect("the program is running").unwrap()
    }

    pub(super) fn send(&mut self, line: &str) {
        writeln!(self.input.as_ref().unwrap(), "{line}").unwrap();
    }

    #[track_caller]
    pub(super) fn request(&mut self, line: &str) -> String {
        self.send(line);
        self.read_reply()
    }

    /// Starts a group, waits until all its processes run, and returns its id.
    #[track_caller]
    pub(super) fn start_group(&mut self, kind: &str, members: usize) -> u32 {
        let group = self.request(kind).parse().unwrap();
        wait_until(TIMEOUT, &format!("{members} members"), || {
            living_members(group).iter().filter(|process| process.name == "sleep").count() >= members
        });
        group
    }

    /// Finds the guard by its name, since the library does not return its process id.
    #[track_caller]
    pub(super) fn guard_process(&self) -> Process {
        self.find_guard_process().expect("the program has a guard")
    }

    pub(super) fn find_guard_process(&self) -> Option<Process> {
        self.descendants().into_iter().find(|one| one.name == "gate-guard")
    }

    /// The program and the processes that it has started, without those that have ended.
    pub(super) fn descendants(&self) -> Vec<Process> {
        let test_variable = format!("SPECKIT_TEST_ID={}", self.test_id);
        let has = |one: &Process| {
            fs::read(format!("/proc/{}/environ", one.id)).is_ok_and(|environ| {
                environ.split(|byte| *byte == 0).any(|entry| entry == test_variable.as_bytes())
            })
        };
        processes().into_iter().filter(|one| !one.is_zombie && has(one)).collect()
    }

    /// Checks that no process of the program is alive, and that none appears later.
    #[track_caller]
    pub(super) fn assert_nothing_is_left(&self) {
        let mut remaining = Vec::new();
        let start = Instant::now();
        while start.elapsed() < TIMEOUT {
            remaining = self.descendants();
            thread::sleep(Duration::from_millis(10));
            if remaining.is_empty() && self.descendants().is_empty() {
                return;
            }
        }
        panic!("{remaining:?} are still alive");
    }

    pub(super) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for the exit that the test has requested.
    pub(super) fn wait_for_exit(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

/// Kills the remaining processes of a test that failed.
impl Drop for GuardedProgram {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        for one in self.descendants() {
            signal("KILL", &one.id.to_string());
        }
    }
}

/// A process, as `/proc` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Process {
    pub(super) id: u32,
    pub(super) name: String,
    pub(super) parent: u32,
    pub(super) group: u32,
    pub(super) is_zombie: bool,
    /// When it started, in clock ticks since boot.
    pub(super) start: u64,
}

pub(super) fn processes() -> Vec<Process> {
    let ids: BTreeSet<u32> = fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok())
        .collect();
    ids.into_iter().filter_map(process).collect()
}

pub(super) fn process(id: u32) -> Option<Process> {
    let stat = fs::read(format!("/proc/{id}/stat")).ok()?;
    let stat = String::from_utf8_lossy(&stat);
    let (head, tail) = stat.rsplit_once(") ")?;
    let fields: Vec<&str> = tail.split(' ').collect();
    Some(Process {
        id,
        name: head.split_once('(')?.1.to_owned(),
        is_zombie: fields[0] == "Z",
        parent: fields[1].parse().ok()?,
        group: fields[2].parse().ok()?,
        start: fields[19].parse().ok()?,
    })
}

/// The members of a group that have not ended.
pub(super) fn living_members(group: u32) -> Vec<Process> {
    processes().into_iter().filter(|one| one.group == group && !one.is_zombie).collect()
}

pub(super) fn signal(name: &str, target: &str) {
    assert!(Command::new("kill").args(["-s", name, "--", target]).stderr(Stdio::null()).status().is_ok());
}

#[track_caller]
pub(super) fn wait_until(timeout: Duration, what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < timeout, "{what}: not within {timeout:?}");
        thread::sleep(Duration::from_millis(5));
    }
}
