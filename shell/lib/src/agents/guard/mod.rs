//! The guard: a process that kills the agents of a killed program.

#[cfg(unix)]
mod guard_process;
#[cfg(unix)]
mod keeper;
#[cfg(unix)]
pub(super) mod killing;
#[cfg(unix)]
pub(super) mod processes;

#[cfg(unix)]
use guard_process::GuardProcess;

use std::io;

/// The environment variable that marks the agents of a guarded program.
const VARIABLE: &str = "GATE_GUARD";

/// The environment variable that marks the processes of one attempt.
#[cfg(unix)]
pub(super) const ATTEMPT_VARIABLE: &str = "GATE_ATTEMPT";

/// The only argument of a guard. It contains no program name, so that `pkill -f` of the program does not hit the guard.
#[cfg(unix)]
const ARGUMENT: &str = "--gate-guard";

/// What a guard writes when it is ready.
#[cfg(unix)]
const READY: &[u8] = b"ready\n";

/// A process that waits for the end of this one, and then kills the process groups that are still registered.
///
/// It is this program, started once more, and reads from a pipe. When this process is killed, crashes or exits, the pipe closes. The
/// guard then kills every group that was [added](Self::add) and not removed, and every group in which a process has the
/// [mark](Self::mark) in its environment: the groups that this process had no time to add, and processes that have made a session of
/// their own. SIGINT, SIGTERM and SIGHUP do not end the guard.
///
/// Dropping this value ends the guard: it kills the groups that are still added and has exited when the drop returns, after at most
/// three seconds.
///
/// The guard finds processes through `/proc`. Without it (macOS, the BSDs), the guard only kills groups that were added. A process
/// that has made a session of its own is then not found, and nowhere if it has also removed the mark from its environment. The guard
/// exists on Unix.
///
/// ```no_run
/// use std::os::unix::process::CommandExt as _;
/// use std::process::Command;
/// use speckit::agents::{Guard, become_guard_if_asked};
///
/// fn main() -> std::io::Result<()> {
///     if become_guard_if_asked() {
///         return Ok(());
///     }
///     let guard = Guard::start()?;
///     let (name, value) = guard.mark();
///     let mut agent = Command::new("sleep").arg("60").env(name, value).process_group(0).spawn()?;
///     guard.add(agent.id());
///     agent.wait()?;
///     guard.remove(agent.id());
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct Guard {
    mark: String,
    #[cfg(unix)]
    process: crate::sync::Mutex<GuardProcess>,
}

#[cfg(unix)]
impl Guard {
    /// Starts the program of this process once more as a guard, and waits until it is ready: some milliseconds. Its `main` has to
    /// call [`become_guard_if_asked`] before anything else.
    ///
    /// # Errors
    /// An error of the system, or the program does not become a guard within five seconds.
    pub fn start() -> io::Result<Self> {
        let seed = crate::os::entropy::seed();
        let random = seed.stream("agents/guard").up_to(u64::MAX);
        let mark = format!("{}-{random:016x}", std::process::id());
        let process = GuardProcess::start(&mark)?;
        Ok(Self { mark, process: crate::sync::Mutex::new(process) })
    }

    /// Registers a group by the id of its leader, a child of this process that has not been reaped. Never blocks; does nothing if
    /// the guard has ended.
    pub fn add(&self, group: u32) {
        self.add_started(group, processes::start_of(group));
    }

    /// As [`add`](Self::add), with the time when the leader started.
    pub(super) fn add_started(&self, group: u32, start: Option<u64>) {
        self.process.lock().send(speckit_core::agents::process::guard::GuardMessage::Add { group, start });
    }

    /// Removes a group: it has ended, or must not be killed. Never blocks.
    pub fn remove(&self, group: u32) {
        self.process.lock().send(speckit_core::agents::process::guard::GuardMessage::Remove { group });
    }

    /// Why the guard has ended, reported once. Without it the agents live on if this process is killed.
    pub fn failure(&self) -> Option<String> {
        self.process.lock().failure()
    }
}

#[cfg(not(unix))]
impl Guard {
    /// There is no guard on this system.
    ///
    /// # Errors
    /// [`io::ErrorKind::Unsupported`].
    pub fn start() -> io::Result<Self> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "process groups exist on Unix only"))
    }

    /// Does nothing: there is no guard here.
    pub fn add(&self, _: u32) {}

    /// Does nothing: there is no guard here.
    pub fn remove(&self, _: u32) {}

    /// `None`: there is no guard here.
    pub fn failure(&self) -> Option<String> {
        None
    }
}

impl Guard {
    /// The environment variable, and its value, that every guarded process needs from its start.
    pub fn mark(&self) -> (String, String) {
        (VARIABLE.to_owned(), self.mark.clone())
    }
}

/// If this process was started as a guard, does the work of the guard to its end and returns `true`; `main` must then return at
/// once. Returns `false` otherwise.
///
/// Call it first in `main`, before threads start and arguments are read. `#[tokio::main]` starts threads before the first line of
/// `main`, so build the runtime by hand. Tests of `cargo test` have a `main` of their own and cannot have a guard; a program
/// that they start can.
#[must_use = "if it is true, `main` must return"]
pub fn become_guard_if_asked() -> bool {
    #[cfg(unix)]
    if guard_process::is_guard() {
        keeper::keep();
        return true;
    }
    false
}
