//! The program that tests run as an agent: `speckit-test-agent MODE …`.

use std::io::{Read as _, Write as _};
use std::process::{Command, ExitCode};
use std::thread;
use std::time::Duration;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |index: usize| arguments[index].parse::<u64>().expect("a number");
    match arguments[0].as_str() {
        "sleep" => thread::sleep(Duration::from_millis(number(1))),
        "flood" => flood(number(1)),
        "echo" => echo(),
        "escape" => escape(),
        "session" => session(),
        mode => panic!("no such mode: {mode}"),
    }
    ExitCode::SUCCESS
}

/// Writes this many bytes without a line end, or fewer if the reader closes the pipe.
fn flood(bytes: u64) {
    let chunk = [b'x'; 64 * 1024];
    let mut stdout = std::io::stdout().lock();
    let mut remaining = bytes;
    while remaining > 0 {
        let length = usize::try_from(remaining).unwrap_or(chunk.len()).min(chunk.len());
        if stdout.write_all(&chunk[..length]).is_err() {
            return;
        }
        remaining -= length as u64;
    }
    // The standard output keeps bytes back until a line ends.
    let _ = stdout.flush();
}

/// Writes each chunk of its input as soon as it has read it.
fn echo() {
    let mut chunk = [0; 4096];
    loop {
        let length = std::io::stdin().read(&mut chunk).expect("the input is readable");
        if length == 0 {
            return;
        }
        std::io::stdout().write_all(&chunk[..length]).expect("the test reads the output");
    }
}

/// Starts a process that leaves the process group, keeps the streams open, and prints its process id; then this one ends.
fn escape() {
    assert!(this_program("session").status().expect("the program starts").success());
    println!("gone");
}

/// Creates a session, and starts a process in it that init adopts when this one ends.
fn session() {
    #[cfg(unix)]
    rustix::process::setsid().expect("a process that was just started does not lead a group");
    #[expect(clippy::zombie_processes, reason = "the parent must end first, so that init adopts the process")]
    let escaped = this_program("sleep").arg("60000").spawn().expect("the program starts");
    println!("{}", escaped.id());
}

fn this_program(mode: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this program has a path"));
    command.arg(mode);
    command
}
