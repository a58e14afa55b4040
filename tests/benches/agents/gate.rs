//! speckit's own part: a process that runs one gate.

use std::process::{Command, Stdio};
use std::time::Duration;

use speckit::agents::AsyncOrchestrator;
use speckit_core::agents::gate::{Agent, CommandLine, Plan};
use speckit_core::retry::RetryConfig;

use super::peers::Work;

/// The first argument of such a process.
pub(crate) const PROCESS: &str = "process";

const MEGABYTE: &str = "1000000";

/// A process that runs a gate of so many agents.
pub(crate) fn process(work: Work, count: usize) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this program has a path"));
    command.arg(PROCESS).arg(count.to_string()).args(work.words());
    command
}

/// By how many KiB the peak of a process's memory grows while it runs agents that write a megabyte each.
pub(crate) fn grown_kib(count: usize) -> u64 {
    let mut command = Command::new(std::env::current_exe().expect("this program has a path"));
    command.arg(PROCESS).arg(count.to_string()).args(["head", "-c", MEGABYTE, "/dev/zero"]);
    let said = command.stdin(Stdio::null()).output().expect("it can be started");
    String::from_utf8_lossy(&said.stdout).trim().parse().expect("it says a number")
}

/// Runs the gate that the words say, and says by how many KiB the peak of memory has grown.
pub(crate) fn be_process(words: &[String]) {
    let [_, count, program, args @ ..] = words else { panic!("process COUNT PROGRAM ARGS…") };
    let count: usize = count.parse().expect("a number");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let before = peak_kib();
    let run = runtime.block_on(AsyncOrchestrator::new(count).run(plan(count, program, args)));
    // `true` and `sleep` write nothing, which is no success of an agent.
    assert!(run.agents.iter().all(|agent| agent.exit == Some(0)));
    println!("{}", peak_kib() - before);
}

pub(crate) fn plan(count: usize, program: &str, args: &[String]) -> Plan {
    let agents = (0..count).map(|number| Agent {
        provider: "bench".into(),
        model: "none".into(),
        ..Agent::new(format!("agent_{number}"), CommandLine::new(program, args.iter().cloned()))
    });
    Plan {
        stage: "bench".into(),
        spec: "bench".into(),
        agents: agents.collect(),
        quorum: count,
        agree_on: None,
        accept: None,
        max_concurrent: count,
        timeout: Duration::from_secs(60),
        grace: Duration::from_secs(1),
        output_bytes: 64 * 1024,
        retry: RetryConfig::default(),
    }
}

/// The most memory that the process has had, by the kernel's account.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("a Linux");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("a peak");
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number")
}
