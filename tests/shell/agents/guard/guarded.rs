//! A program with a guard, as a test sees it.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use std::{fs, thread};

/// How long a guard may take on a machine that has much to do. It tries for two seconds.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// The program, and everything that it starts: a variable of their environment tells them from all others.
pub(super) struct Guarded {
    pub(super) child: Child,
    lines: Option<ChildStdin>,
    answers: std::io::Lines<BufReader<ChildStdout>>,
    mark: String,
}

pub(super) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_speckit-guarded"));
    command.stderr(Stdio::null());
    command
}

/// A variable that no other test has.
pub(super) fn variable() -> (&'static str, String) {
    static TESTS: AtomicU32 = AtomicU32::new(0);
    ("OF_TEST", format!("{}-{}", std::process::id(), TESTS.fetch_add(1, Ordering::Relaxed)))
}

impl Guarded {
    pub(super) fn start() -> Self {
        Self::start_as(&mut program())
    }

    pub(super) fn start_as(command: &mut Command) -> Self {
        let (name, mark) = variable();
        let command = command.env(name, &mark).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut guarded = Self { child, lines, answers, mark };
        let started = guarded.answer();
        assert!(started.parse::<u32>().is_ok(), "{started}");
        guarded
    }

    #[track_caller]
    pub(super) fn answer(&mut self) -> String {
        self.answers.next().expect("the program goes on").unwrap()
    }

    pub(super) fn say(&mut self, line: &str) {
        writeln!(self.lines.as_ref().unwrap(), "{line}").unwrap();
    }

    #[track_caller]
    pub(super) fn ask(&mut self, line: &str) -> String {
        self.say(line);
        self.answer()
    }

    /// Starts a group, waits until all its processes are there, and gives its number.
    #[track_caller]
    pub(super) fn group(&mut self, kind: &str, members: usize) -> u32 {
        let group = self.ask(kind).parse().unwrap();
        within(PATIENCE, &format!("{members} members"), || {
            let all = living_of(group);
            let ready = all.iter().filter(|one| one.name == "sleep").count();
            ready >= members
        });
        group
    }

    /// The guard, which has no number of its own in the face of the library.
    #[track_caller]
    pub(super) fn guard(&self) -> Process {
        self.guard_or_none().expect("a guard")
    }

    pub(super) fn guard_or_none(&self) -> Option<Process> {
        self.descendants().into_iter().find(|one| one.name == "gate-guard")
    }

    /// Everything alive that the program has started, and itself.
    pub(super) fn descendants(&self) -> Vec<Process> {
        let variable = format!("OF_TEST={}", self.mark);
        let has = |one: &Process| {
            fs::read(format!("/proc/{}/environ", one.id)).is_ok_and(|environ| {
                environ.split(|byte| *byte == 0).any(|entry| entry == variable.as_bytes())
            })
        };
        processes().into_iter().filter(|one| !one.is_zombie && has(one)).collect()
    }

    /// Nothing that the program has started is alive any more, and none appears that was about to begin.
    #[track_caller]
    pub(super) fn nothing_is_left(&self) {
        let mut left = Vec::new();
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            left = self.descendants();
            thread::sleep(Duration::from_millis(10));
            if left.is_empty() && self.descendants().is_empty() {
                return;
            }
        }
        panic!("{left:?} are left");
    }

    pub(super) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// How it ends, once it was asked to.
    pub(super) fn end(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

/// A test that fails leaves nothing behind either.
impl Drop for Guarded {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        for one in self.descendants() {
            signal("KILL", &one.id.to_string());
        }
    }
}

/// A process, as the system shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Process {
    pub(super) id: u32,
    pub(super) name: String,
    pub(super) parent: u32,
    pub(super) group: u32,
    pub(super) is_zombie: bool,
    /// When it started.
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
pub(super) fn living_of(group: u32) -> Vec<Process> {
    processes().into_iter().filter(|one| one.group == group && !one.is_zombie).collect()
}

pub(super) fn signal(name: &str, target: &str) {
    assert!(Command::new("kill").args(["-s", name, "--", target]).stderr(Stdio::null()).status().is_ok());
}

#[track_caller]
pub(super) fn within(patience: Duration, what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < patience, "{what}: not within {patience:?}");
        thread::sleep(Duration::from_millis(5));
    }
}
