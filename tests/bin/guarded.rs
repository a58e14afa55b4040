//! A program with a guard. Each line of its input is a command, and it replies to each with a line.

use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread;
use std::time::Instant;

use speckit::agents::{Guard, become_guard_if_asked};

/// A shell script that becomes three processes: the shell, its child, and an orphan.
const THREE_PROCESSES: &str = "sleep 600 & (sleep 600 &) ; exec sleep 600";

fn main() -> ExitCode {
    // A program whose author has forgotten the call.
    let skips_guard = std::env::var_os("SKIP_GUARD").is_some();
    if !skips_guard && become_guard_if_asked() {
        return ExitCode::SUCCESS;
    }
    if std::env::var("SKIP_GUARD").as_deref() == Ok("prompt") && std::env::args().len() > 1 {
        // Such a program may prompt for a line, which the program that started it as a guard never writes.
        print!("> ");
        std::io::stdout().flush().expect("the reader is open");
        let _ = std::io::stdin().lines().count();
        return ExitCode::SUCCESS;
    }
    let start = Instant::now();
    let mut guard = match Guard::start() {
        Ok(guard) => Some(guard),
        Err(error) => {
            reply(&format!("error: {error}"));
            return ExitCode::FAILURE;
        }
    };
    reply(&format!("{}", start.elapsed().as_micros()));
    // The program reaps the agents only at its end, so that the system cannot reuse their process ids.
    let mut agents = Vec::new();
    for line in std::io::stdin().lines() {
        let line = line.expect("the input is text");
        let words: Vec<&str> = line.split(' ').collect();
        let number = || words[1].parse::<u32>().expect("a number");
        let guard_ref = || guard.as_ref().expect("the guard was not dropped");
        match words[0] {
            "agent" => {
                let agent = spawn_marked(guard_ref(), THREE_PROCESSES);
                guard_ref().add(agent.id());
                reply(&agent.id().to_string());
                agents.push(agent);
            }
            "agent-not-added" => {
                let agent = spawn_marked(guard_ref(), THREE_PROCESSES);
                reply(&agent.id().to_string());
                agents.push(agent);
            }
            "agent-without-mark" => {
                let agent = shell_command(THREE_PROCESSES).spawn().expect("sh starts");
                guard_ref().add(agent.id());
                reply(&agent.id().to_string());
                agents.push(agent);
            }
            // The leader of the group ends at once and is reaped, while the other processes of the group keep running.
            "group-without-leader" => {
                let mut agent = spawn_marked(guard_ref(), "sleep 600 & sleep 600 &");
                guard_ref().add(agent.id());
                agent.wait().expect("the agent ends");
                reply(&agent.id().to_string());
            }
            "agent-with-session" => {
                let agent = spawn_marked(guard_ref(), "setsid sleep 600 & exec sleep 600");
                guard_ref().add(agent.id());
                reply(&agent.id().to_string());
                agents.push(agent);
            }
            "nested-guard" => {
                let (name, value) = guard_ref().mark();
                let mut inner = Command::new(std::env::current_exe().expect("this program has a path"));
                inner.env(name, value).process_group(0).stdin(Stdio::piped()).stdout(Stdio::null());
                let inner = inner.spawn().expect("the program starts");
                let mut lines = inner.stdin.as_ref().expect("the input is a pipe");
                lines.write_all(b"agent\nagent\n").expect("the program reads its input");
                guard_ref().add(inner.id());
                reply(&inner.id().to_string());
                agents.push(inner);
            }
            "add" => {
                guard_ref().add(number());
                reply("added");
            }
            "send-many" => {
                (0..number()).for_each(|_| guard_ref().remove(4711));
                reply("sent");
            }
            "remove" => {
                guard_ref().remove(number());
                reply("removed");
            }
            "failure" => reply(guard_ref().failure().as_deref().unwrap_or("none")),
            "drop" => {
                let start = Instant::now();
                guard = None;
                reply(&start.elapsed().as_micros().to_string());
            }
            "churn" => churn(guard_ref()),
            "return" => return ExitCode::SUCCESS,
            "panic" => panic!("the test requested a panic"),
            "exit" => std::process::exit(3),
            "abort" => std::process::abort(),
            other => panic!("no such command: {other}"),
        }
    }
    ExitCode::SUCCESS
}

/// Starts and kills agents in several threads until the program is killed.
fn churn(guard: &Guard) {
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                loop {
                    let mut agents: Vec<Child> = (0..4)
                        .map(|_| {
                            let agent = spawn_marked(guard, THREE_PROCESSES);
                            guard.add(agent.id());
                            agent
                        })
                        .collect();
                    for agent in &mut agents {
                        let group = format!("-{}", agent.id());
                        Command::new("kill")
                            .args(["-s", "KILL", "--", &group])
                            .status()
                            .expect("kill starts");
                        agent.wait().expect("the agent ends");
                        guard.remove(agent.id());
                    }
                }
            });
        }
        reply("churning");
    });
}

fn shell_command(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]).process_group(0);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn spawn_marked(guard: &Guard, script: &str) -> Child {
    let (name, value) = guard.mark();
    shell_command(script).env(name, value).spawn().expect("sh starts")
}

/// Writes a line, and ignores the error if the test has closed the pipe.
fn reply(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}
