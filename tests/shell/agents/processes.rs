//! Real processes that a [`ProcessManager`] runs.
//!
//! Each test runs in its own process, so that its descriptors, children and memory are not mixed with those of other tests.
//! At the end of a test, no process, child or descriptor of it may be left.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use std::{fs, thread};

use rustix::process::{Pid, test_kill_process, test_kill_process_group};
use speckit::agents::{Job, OnLine, Order, ProcessManager, Processes as _};
use speckit_core::agents::consensus::OutputReader;
use speckit_core::agents::gate::{Attempt, CommandLine, Ending, Stream};
use speckit_core::agents::process::supervise::Limits;
use tokio::sync::watch;

mod dropping;
mod ending;
mod escaping;
mod flooding;
mod groups;
mod orders;
mod starting;
mod streams;

const AGENT: &str = env!("CARGO_BIN_EXE_speckit-test-agent");
/// The environment variable that marks all descendants of a test.
const MARK: &str = "SPECKIT_TEST_ALONE";
/// The longest time that a test may take, even on a busy machine.
const TEST_TIMEOUT: Duration = Duration::from_secs(150);
/// The longest time that an immediate effect may take, even on a busy machine.
const AT_ONCE: Duration = Duration::from_secs(5);

/// Runs the body of a test in its own process, and then checks that nothing is left of it.
#[track_caller]
fn run_isolated<F: FnOnce()>(body: F) {
    run_isolated_after("", body);
}

/// Runs the body of a test like [`run_isolated`], after bash has run some commands in its process.
#[track_caller]
fn run_isolated_after<F: FnOnce()>(commands: &str, body: F) {
    let Ok(mark) = std::env::var(MARK) else {
        return run_in_own_process(commands, std::any::type_name::<F>());
    };
    let descriptors = descriptors();
    body();
    wait_until("no process is left", || descendants(&mark).is_empty());
    assert_eq!(children(), [""; 0], "no zombie is left");
    assert_eq!(self::descriptors(), descriptors, "no descriptor is left");
}

/// Runs only this test in a new process. The type name of a closure contains the path of its test function.
#[track_caller]
fn run_in_own_process(commands: &str, closure: &str) {
    let path = closure.split("::{{closure}}").next().unwrap();
    let (_, name) = path.split_once("::").unwrap();
    let this = std::env::current_exe().unwrap();
    let mut test = if commands.is_empty() {
        Command::new(this)
    } else {
        let mut shell = Command::new("bash");
        shell.args(["-c", &format!("{commands}\nexec \"$0\" \"$@\"")]).arg(this);
        shell
    };
    let mut test = test
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(MARK, format!("{name} {}", std::process::id()))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut stdout, mut stderr) = (test.stdout.take().unwrap(), test.stderr.take().unwrap());
    let stdout_reader = thread::spawn(move || std::io::read_to_string(&mut stdout).unwrap_or_default());
    let stderr_reader = thread::spawn(move || std::io::read_to_string(&mut stderr).unwrap_or_default());
    let start = Instant::now();
    let status = loop {
        match test.try_wait().unwrap() {
            Some(status) => break status,
            None if start.elapsed() > TEST_TIMEOUT => {
                test.kill().unwrap();
                break test.wait().unwrap();
            }
            None => thread::sleep(Duration::from_millis(5)),
        }
    };
    assert!(status.success(), "{name} {status}\n{}", stderr_reader.join().unwrap());
    assert!(stdout_reader.join().unwrap().contains("1 passed"), "the test {name} did not run");
}

/// The open file descriptors of this process.
fn descriptors() -> BTreeSet<String> {
    let listed = fs::read_dir("/proc/self/fd").unwrap();
    let names: Vec<_> = listed.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    // This skips the descriptor of the listing, which is closed by now.
    names.into_iter().filter(|name| fs::read_link(format!("/proc/self/fd/{name}")).is_ok()).collect()
}

/// The ids of all processes except this one.
fn other_processes() -> Vec<String> {
    let listed = fs::read_dir("/proc").unwrap().flatten();
    let numbers = listed.filter_map(|entry| entry.file_name().into_string().ok()?.parse::<u32>().ok());
    numbers.filter(|number| *number != std::process::id()).map(|number| number.to_string()).collect()
}

/// The running processes with the mark of this test. A process that has ended has no environment any more.
fn descendants(mark: &str) -> Vec<String> {
    let variable = format!("{MARK}={mark}");
    let has_mark =
        |environment: Vec<u8>| environment.split(|byte| *byte == 0).any(|one| one == variable.as_bytes());
    other_processes()
        .into_iter()
        .filter(|number| fs::read(format!("/proc/{number}/environ")).is_ok_and(has_mark))
        .collect()
}

/// The children of this process, including zombies.
fn children() -> Vec<String> {
    let parent = |number: &str| {
        let stat = fs::read_to_string(format!("/proc/{number}/stat")).ok()?;
        // The name of the program may contain any character. The state and the parent follow it.
        stat.rsplit_once(')')?.1.split_whitespace().nth(1).map(str::to_owned)
    };
    other_processes()
        .into_iter()
        .filter(|number| parent(number) == Some(std::process::id().to_string()))
        .collect()
}

/// Whether no process is left in a group.
fn is_gone(group: &str) -> bool {
    test_kill_process_group(pid(group)) == Err(rustix::io::Errno::SRCH)
}

#[track_caller]
fn pid(number: &str) -> Pid {
    Pid::from_raw(number.trim().parse().unwrap()).unwrap()
}

/// Waits until the condition holds, with a timeout that fits a busy machine.
#[track_caller]
fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(30), "{what}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// A job with a long timeout, and short times for the grace and for draining the streams.
fn job(program: &str, args: &[&str]) -> Job {
    let args = args.iter().map(|arg| (*arg).to_owned()).collect();
    Job {
        command: CommandLine { program: program.to_owned(), args, ..CommandLine::default() },
        limits: Limits {
            timeout: Some(Duration::from_secs(60)),
            grace: Duration::from_millis(500),
            drain: Duration::from_millis(500),
        },
        output_bytes: 64 * 1024,
        reader: OutputReader::default(),
    }
}

fn sh(script: &str) -> Job {
    job("/bin/sh", &["-c", script])
}

fn agent(args: &[&str]) -> Job {
    job(AGENT, args)
}

fn with_timeout(mut job: Job, milliseconds: u64) -> Job {
    job.limits.timeout = Some(Duration::from_millis(milliseconds));
    job
}

fn with_prompt(mut job: Job, prompt: &str) -> Job {
    job.command.stdin = Some(prompt.to_owned());
    job
}

/// A runtime with one thread, so that a task that blocks it blocks everything.
fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// The lines that a job has reported, each with its stream.
#[derive(Clone, Default)]
struct RecordedLines(Arc<Mutex<Vec<(Stream, String)>>>);

impl RecordedLines {
    fn listener(&self) -> OnLine {
        let recorded = self.clone();
        Box::new(move |stream, line| recorded.0.lock().unwrap().push((stream, line.to_owned())))
    }

    fn lines(&self, stream: Stream) -> Vec<String> {
        let recorded = self.0.lock().unwrap();
        recorded.iter().filter(|(from, _)| *from == stream).map(|(_, line)| line.clone()).collect()
    }

    /// Waits until the job has reported this many lines of its standard output, and returns the first.
    async fn wait_for_lines(&self, count: usize) -> String {
        let start = Instant::now();
        while self.lines(Stream::Stdout).len() < count {
            assert!(start.elapsed() < Duration::from_secs(30), "the job reports {count} lines");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        self.lines(Stream::Stdout)[0].clone()
    }
}

/// Runs a job to its end.
fn run(job: Job) -> Attempt {
    run_and_record(job, &RecordedLines::default())
}

fn run_and_record(job: Job, recorded: &RecordedLines) -> Attempt {
    let (_order_sender, orders) = watch::channel(Order::Run);
    let running = ProcessManager::new().run(job, recorded.listener(), orders);
    runtime().block_on(async { tokio::time::timeout(TEST_TIMEOUT, running).await.expect("the job ends") })
}

fn exited(code: i32) -> Ending {
    Ending::Exited { code }
}

fn stdout(attempt: &Attempt) -> String {
    attempt.stdout.to_text()
}
