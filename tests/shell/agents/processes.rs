//! Real processes, run by the door to them.
//!
//! Each test runs in a process of its own, so that descriptors, children and memory are those of this test alone. When it is
//! over nothing may be left of what it has started.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use std::{fs, thread};

use rustix::process::{Pid, test_kill_process_group};
use speckit::agents::{Job, OnLine, Order, ProcessManager, Processes as _};
use speckit_core::agents::gate::{Attempt, CommandLine, Ending, Stream};
use speckit_core::agents::process::supervise::Limits;
use tokio::sync::watch;

mod dropping;
mod ending;
mod flooding;
mod groups;
mod orders;
mod starting;
mod streams;

const AGENT: &str = env!("CARGO_BIN_EXE_speckit-test-agent");
/// By this variable a process is known to descend from a test.
const MARK: &str = "SPECKIT_TEST_ALONE";
/// No test takes longer, even on a machine with much other work.
const MAX_TIME: Duration = Duration::from_secs(150);
/// What happens at once takes less, on such a machine too.
const AT_ONCE: Duration = Duration::from_secs(5);

/// Runs the body of a test in a process of its own, and then looks for what is left of it.
#[track_caller]
fn alone<F: FnOnce()>(body: F) {
    alone_after("", body);
}

/// The same in a process that bash becomes after some commands.
#[track_caller]
fn alone_after<F: FnOnce()>(commands: &str, body: F) {
    let Ok(mark) = std::env::var(MARK) else {
        return run_alone(commands, std::any::type_name::<F>());
    };
    let descriptors = descriptors();
    body();
    soon("no process is left", || descendants(&mark).is_empty());
    assert_eq!(children(), [""; 0], "no zombie is left");
    assert_eq!(self::descriptors(), descriptors, "no descriptor is left");
}

/// The type of a closure has the name of its function, which is that of the test.
#[track_caller]
fn run_alone(commands: &str, closure: &str) {
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
    let said = thread::spawn(move || std::io::read_to_string(&mut stdout).unwrap_or_default());
    let complained = thread::spawn(move || std::io::read_to_string(&mut stderr).unwrap_or_default());
    let begun = Instant::now();
    let status = loop {
        match test.try_wait().unwrap() {
            Some(status) => break status,
            None if begun.elapsed() > MAX_TIME => {
                test.kill().unwrap();
                break test.wait().unwrap();
            }
            None => thread::sleep(Duration::from_millis(5)),
        }
    };
    assert!(status.success(), "{name} {status}\n{}", complained.join().unwrap());
    assert!(said.join().unwrap().contains("1 passed"), "{name} has run");
}

/// What is open.
fn descriptors() -> BTreeSet<String> {
    let listed = fs::read_dir("/proc/self/fd").unwrap();
    let names: Vec<_> = listed.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    // The listing itself is closed by now.
    names.into_iter().filter(|name| fs::read_link(format!("/proc/self/fd/{name}")).is_ok()).collect()
}

/// The processes beside this one.
fn others() -> Vec<String> {
    let listed = fs::read_dir("/proc").unwrap().flatten();
    let numbers = listed.filter_map(|entry| entry.file_name().into_string().ok()?.parse::<u32>().ok());
    numbers.filter(|number| *number != std::process::id()).map(|number| number.to_string()).collect()
}

/// Those that run with the mark of this test. One that has ended has no environment any more.
fn descendants(mark: &str) -> Vec<String> {
    let variable = format!("{MARK}={mark}");
    let has_mark =
        |environment: Vec<u8>| environment.split(|byte| *byte == 0).any(|one| one == variable.as_bytes());
    others()
        .into_iter()
        .filter(|number| fs::read(format!("/proc/{number}/environ")).is_ok_and(has_mark))
        .collect()
}

/// The processes that this one would have to reap.
fn children() -> Vec<String> {
    let parent = |number: &str| {
        let stat = fs::read_to_string(format!("/proc/{number}/stat")).ok()?;
        // The name of the program may hold anything; behind it come the state and the parent.
        stat.rsplit_once(')')?.1.split_whitespace().nth(1).map(str::to_owned)
    };
    others().into_iter().filter(|number| parent(number) == Some(std::process::id().to_string())).collect()
}

/// Whether nobody is left in a group.
fn is_gone(group: &str) -> bool {
    test_kill_process_group(pid(group)) == Err(rustix::io::Errno::SRCH)
}

#[track_caller]
fn pid(number: &str) -> Pid {
    Pid::from_raw(number.trim().parse().unwrap()).unwrap()
}

/// Waits until it holds, for as long as a machine with other work may need.
#[track_caller]
fn soon(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(30), "{what}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// A job with much time, which loses patience quickly.
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
        scanner: None,
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

/// A runtime with one thread, where whatever holds it up holds up everything.
fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// The lines that were told, each with its stream.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<(Stream, String)>>>);

impl Heard {
    fn hear(&self) -> OnLine {
        let heard = self.clone();
        Box::new(move |stream, line| heard.0.lock().unwrap().push((stream, line.to_owned())))
    }

    fn of(&self, stream: Stream) -> Vec<String> {
        let heard = self.0.lock().unwrap();
        heard.iter().filter(|(from, _)| *from == stream).map(|(_, line)| line.clone()).collect()
    }

    /// Waits until the job has said so many lines, and gives the first.
    async fn first_of(&self, lines: usize) -> String {
        let begun = Instant::now();
        while self.of(Stream::Stdout).len() < lines {
            assert!(begun.elapsed() < Duration::from_secs(30), "it says something");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        self.of(Stream::Stdout)[0].clone()
    }
}

/// Runs a job to its end.
fn run(job: Job) -> Attempt {
    run_hearing(job, &Heard::default())
}

fn run_hearing(job: Job, heard: &Heard) -> Attempt {
    let (_orders, ordered) = watch::channel(Order::Run);
    let running = ProcessManager::new().run(job, heard.hear(), ordered);
    runtime().block_on(async { tokio::time::timeout(MAX_TIME, running).await.expect("it ends") })
}

fn exited(code: i32) -> Ending {
    Ending::Exited { code }
}

fn stdout(attempt: &Attempt) -> String {
    attempt.stdout.to_text()
}
