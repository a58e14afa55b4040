//! A program with a guard: it does what the lines of its input say, and answers each with a line.

use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread;
use std::time::Instant;

use speckit::agents::{Guard, become_guard_if_asked};

/// Processes that a shell starts: itself, one of its children, and one whose parent has ended.
const FAMILY: &str = "sleep 600 & (sleep 600 &) ; exec sleep 600";

fn main() -> ExitCode {
    // The program of somebody who has forgotten the call.
    let forgets = std::env::var_os("FORGETS").is_some();
    if !forgets && become_guard_if_asked() {
        return ExitCode::SUCCESS;
    }
    if std::env::var("FORGETS").as_deref() == Ok("asks") && std::env::args().len() > 1 {
        // It takes the start for one of its own, and asks for a line, which is never written.
        print!("> ");
        std::io::stdout().flush().expect("a reader");
        let _ = std::io::stdin().lines().count();
        return ExitCode::SUCCESS;
    }
    let begun = Instant::now();
    let mut guard = match Guard::start() {
        Ok(guard) => Some(guard),
        Err(error) => {
            answer(&format!("error: {error}"));
            return ExitCode::FAILURE;
        }
    };
    answer(&format!("{}", begun.elapsed().as_micros()));
    // They are reaped at the end only, so that their numbers are theirs.
    let mut agents = Vec::new();
    for line in std::io::stdin().lines() {
        let line = line.expect("lines");
        let words: Vec<&str> = line.split(' ').collect();
        let number = || words[1].parse::<u32>().expect("a number");
        let guarding = || guard.as_ref().expect("a guard");
        match words[0] {
            "agent" => {
                let agent = marked(guarding(), FAMILY);
                guarding().add(agent.id());
                answer(&agent.id().to_string());
                agents.push(agent);
            }
            "unadded" => {
                let agent = marked(guarding(), FAMILY);
                answer(&agent.id().to_string());
                agents.push(agent);
            }
            "unmarked" => {
                let agent = family(FAMILY).spawn().expect("a shell");
                guarding().add(agent.id());
                answer(&agent.id().to_string());
                agents.push(agent);
            }
            // The leader ends at once, and is reaped; the others of its group go on.
            "leaderless" => {
                let mut agent = marked(guarding(), "sleep 600 & sleep 600 &");
                guarding().add(agent.id());
                agent.wait().expect("an end");
                answer(&agent.id().to_string());
            }
            "session" => {
                let agent = marked(guarding(), "setsid sleep 600 & exec sleep 600");
                guarding().add(agent.id());
                answer(&agent.id().to_string());
                agents.push(agent);
            }
            "gate" => {
                let (name, value) = guarding().mark();
                let mut inner = Command::new(std::env::current_exe().expect("a program"));
                inner.env(name, value).process_group(0).stdin(Stdio::piped()).stdout(Stdio::null());
                let inner = inner.spawn().expect("the same program");
                let mut lines = inner.stdin.as_ref().expect("an input");
                lines.write_all(b"agent\nagent\n").expect("a reader");
                guarding().add(inner.id());
                answer(&inner.id().to_string());
                agents.push(inner);
            }
            "add" => {
                guarding().add(number());
                answer("added");
            }
            "many" => {
                (0..number()).for_each(|_| guarding().remove(4711));
                answer("said");
            }
            "remove" => {
                guarding().remove(number());
                answer("removed");
            }
            "failure" => answer(guarding().failure().as_deref().unwrap_or("none")),
            "drop" => {
                let begun = Instant::now();
                guard = None;
                answer(&begun.elapsed().as_micros().to_string());
            }
            "churn" => churn(guarding()),
            "return" => return ExitCode::SUCCESS,
            "panic" => panic!("as asked"),
            "exit" => std::process::exit(3),
            "abort" => std::process::abort(),
            other => panic!("no such command: {other}"),
        }
    }
    ExitCode::SUCCESS
}

/// Starts and ends agents in several threads, without end.
fn churn(guard: &Guard) {
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                loop {
                    let mut agents: Vec<Child> = (0..4)
                        .map(|_| {
                            let agent = marked(guard, FAMILY);
                            guard.add(agent.id());
                            agent
                        })
                        .collect();
                    for agent in &mut agents {
                        let group = format!("-{}", agent.id());
                        Command::new("kill").args(["-s", "KILL", "--", &group]).status().expect("a kill");
                        agent.wait().expect("an end");
                        guard.remove(agent.id());
                    }
                }
            });
        }
        answer("churning");
    });
}

fn family(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]).process_group(0);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn marked(guard: &Guard, script: &str) -> Child {
    let (name, value) = guard.mark();
    family(script).env(name, value).spawn().expect("a shell")
}

/// A test that has gone away hears nothing.
fn answer(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}
