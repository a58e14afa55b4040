//! What a gate runs in the place of an agent: `speckit-test-agent MODE …`.

use std::io::{Read as _, Write as _};
use std::process::{Command, ExitCode};
use std::thread;
use std::time::Duration;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |place: usize| arguments[place].parse::<u64>().expect("a number");
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

/// Writes so many bytes without a line end, or fewer if nobody reads them.
fn flood(bytes: u64) {
    let piece = [b'x'; 64 * 1024];
    let mut stdout = std::io::stdout().lock();
    let mut rest = bytes;
    while rest > 0 {
        let length = usize::try_from(rest).unwrap_or(piece.len()).min(piece.len());
        if stdout.write_all(&piece[..length]).is_err() {
            return;
        }
        rest -= length as u64;
    }
    // A block that waits for a line end is written at the end of a program, which ends here.
    let _ = stdout.flush();
}

/// Writes what it reads, as it comes.
fn echo() {
    let mut piece = [0; 4096];
    loop {
        let length = std::io::stdin().read(&mut piece).expect("an input");
        if length == 0 {
            return;
        }
        std::io::stdout().write_all(&piece[..length]).expect("somebody reads");
    }
}

/// Starts a process that leaves the group, holds the streams, and says its number; then it ends.
fn escape() {
    assert!(this("session").status().expect("it runs").success());
    println!("gone");
}

/// In a session of its own it starts a process which init adopts.
fn session() {
    #[cfg(unix)]
    rustix::process::setsid().expect("nobody leads a session with a number of this moment");
    #[expect(clippy::zombie_processes, reason = "it is not waited for, so that it loses its parent")]
    let escaped = this("sleep").arg("60000").spawn().expect("it runs");
    println!("{}", escaped.id());
}

fn this(mode: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this program has a path"));
    command.arg(mode);
    command
}
