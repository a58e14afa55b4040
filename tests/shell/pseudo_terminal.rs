//! A terminal of its own for a run of the program, which a test reads, types into, resizes and closes.

use std::fs::File;
use std::io::{ErrorKind, Read as _, Write as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};
use rustix::time::Timespec;

use crate::test_dir::TestDir;

/// A machine that is busy with other tests may be slow.
const LIMIT: Duration = Duration::from_secs(30);

/// The test's side of the terminal, and the process that leads its session.
pub(crate) struct PseudoTerminal {
    /// `None` after it was closed.
    master: Option<File>,
    leader: Child,
    bytes: Vec<u8>,
}

impl PseudoTerminal {
    /// Starts the program as the leader of a session that this terminal controls. The arguments are split at spaces.
    pub(crate) fn start(dir: &TestDir, size: (u16, u16), arguments: &str) -> Self {
        Self::start_under(dir, size, "exec \"$0\" \"$@\"", arguments)
    }

    /// Starts a shell script as the leader, whose arguments are the program and its arguments. `set -m` in it gives each job a
    /// process group of its own.
    pub(crate) fn start_under(dir: &TestDir, size: (u16, u16), script: &str, arguments: &str) -> Self {
        Self::spawn(dir, size, &["setsid", "--ctty", "sh", "-c", script], arguments)
    }

    /// Starts the program in a session that no terminal controls: nothing sends it a SIGHUP.
    pub(crate) fn start_without_control(dir: &TestDir, size: (u16, u16), arguments: &str) -> Self {
        Self::spawn(dir, size, &["setsid"], arguments)
    }

    fn spawn(dir: &TestDir, (columns, rows): (u16, u16), launcher: &[&str], arguments: &str) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        tcsetwinsize(&master, size(columns, rows)).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
        let slave = File::options().read(true).write(true).open(name).unwrap();
        let stream = || Stdio::from(slave.try_clone().unwrap());

        let program = dir.command(&arguments.split_whitespace().collect::<Vec<_>>());
        // Whatever started the suite may ignore signals.
        let mut command = Command::new("/usr/bin/env");
        command.arg("--default-signal").args(launcher).arg(program.get_program()).args(program.get_args());
        command.current_dir(program.get_current_dir().unwrap()).env_clear();
        command.env("PATH", "/usr/local/bin:/usr/bin:/bin").env("TERM", "xterm-256color");
        for (name, value) in program.get_envs() {
            command.env(name, value.unwrap_or_default());
        }
        let leader = command.stdin(stream()).stdout(stream()).stderr(stream()).spawn().unwrap();
        Self { master: Some(master.into()), leader, bytes: Vec::new() }
    }

    /// The process that leads the session.
    pub(crate) fn id(&self) -> u32 {
        self.leader.id()
    }

    pub(crate) fn press(&mut self, keys: impl AsRef<[u8]>) {
        self.master.as_mut().unwrap().write_all(keys.as_ref()).unwrap();
    }

    /// Changes the size, which sends SIGWINCH to the foreground.
    pub(crate) fn resize(&mut self, columns: u16, rows: u16) {
        tcsetwinsize(self.master.as_ref().unwrap(), size(columns, rows)).unwrap();
    }

    /// Closes the terminal, as a window that is closed does.
    pub(crate) fn close(&mut self) {
        self.master = None;
    }

    /// Whether the terminal reports each key instead of lines.
    pub(crate) fn is_raw(&self) -> bool {
        let modes = tcgetattr(self.master.as_ref().unwrap()).unwrap().local_modes;
        !modes.intersects(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG)
    }

    /// What the terminal got since the start, or since [`forget`](Self::forget).
    pub(crate) fn shown(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub(crate) fn forget(&mut self) {
        self.bytes.clear();
    }

    /// Reads until the terminal has got this text, in one style or several.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, text: &str) {
        self.wait_until(text, |terminal| {
            let shown = terminal.shown();
            shown.contains(text) || without_sequences(&shown).contains(text)
        });
    }

    /// Reads until a condition holds.
    #[track_caller]
    pub(crate) fn wait_until(&mut self, what: &str, mut condition: impl FnMut(&Self) -> bool) {
        let start = Instant::now();
        while !condition(self) {
            assert!(start.elapsed() < LIMIT, "never: {what:?} in {:?}", self.shown());
            self.read();
        }
    }

    /// Waits until the leader exits by itself, and returns its status and what the terminal has got.
    #[track_caller]
    pub(crate) fn wait_for_exit(&mut self) -> (i32, String) {
        let status = self.wait_for_end();
        (status.code().unwrap_or_else(|| panic!("{status}: {:?}", self.shown())), self.shown())
    }

    #[track_caller]
    pub(crate) fn wait_for_end(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.leader.try_wait().unwrap() {
                while self.read() {}
                return status;
            }
            assert!(start.elapsed() < LIMIT, "it does not end: {:?}", self.shown());
            self.read();
        }
    }

    /// Waits until the leader ends, and reads nothing meanwhile.
    #[track_caller]
    pub(crate) fn wait_for_end_unread(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.leader.try_wait().unwrap() {
                return status;
            }
            assert!(start.elapsed() < LIMIT, "it does not end");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Reads what is there, and waits a moment if there is nothing. Returns whether there was something.
    fn read(&mut self) -> bool {
        const TICK: Timespec = Timespec { tv_sec: 0, tv_nsec: 10_000_000 };
        let Some(master) = &mut self.master else {
            std::thread::sleep(Duration::from_millis(10));
            return false;
        };
        if poll(&mut [PollFd::new(&*master, PollFlags::IN)], Some(&TICK)).unwrap() == 0 {
            return false;
        }
        let mut bytes = [0; 4096];
        match master.read(&mut bytes) {
            Ok(count) => self.bytes.extend(&bytes[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => {
                // No process has the terminal open.
                std::thread::sleep(Duration::from_millis(10));
                return false;
            }
        }
        true
    }
}

/// Ends what a failed test has left in the session.
impl Drop for PseudoTerminal {
    fn drop(&mut self) {
        if self.leader.try_wait().is_ok_and(|status| status.is_none()) {
            for id in children(self.leader.id()) {
                let _ = Command::new("kill").args(["-s", "KILL", &id.to_string()]).status();
            }
            let _ = self.leader.kill();
            let _ = self.leader.wait();
        }
    }
}

/// The processes that a process has started (proc_pid_task(5)).
pub(crate) fn children(id: u32) -> Vec<u32> {
    let list = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
    list.split_whitespace().map(|id| id.parse().unwrap()).collect()
}

/// Sends a signal to one process.
#[track_caller]
pub(crate) fn send(signal: &str, id: u32) {
    assert!(Command::new("kill").args(["-s", signal, &id.to_string()]).status().unwrap().success());
}

/// A text without control sequences, and so without the places of its parts.
pub(crate) fn without_sequences(shown: &str) -> String {
    let mut text = String::new();
    let mut rest = shown.chars();
    while let Some(c) = rest.next() {
        match c {
            '\u{1b}' if rest.next() == Some('[') => drop(rest.find(char::is_ascii_alphabetic)),
            '\u{1b}' => {}
            c => text.push(c),
        }
    }
    text
}

fn size(columns: u16, rows: u16) -> Winsize {
    Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }
}
