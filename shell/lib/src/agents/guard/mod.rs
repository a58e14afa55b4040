//! A process that ends the agents of a program that was killed.

#[cfg(unix)]
mod keeper;
#[cfg(unix)]
mod processes;
#[cfg(unix)]
mod program;

#[cfg(unix)]
use program::Held;

use std::io;

/// The variable that marks the agents of a guarded program.
const VARIABLE: &str = "GATE_GUARD";

/// The only argument of a guard. It has no name of a program in it, so that `pkill -f` of that name spares the guard.
#[cfg(unix)]
const ARGUMENT: &str = "--gate-guard";

/// What a guard says when it listens.
#[cfg(unix)]
const READY: &[u8] = b"ready\n";

/// A process that waits for the end of this one, and then kills the groups that are still known to it.
///
/// It is this program, started once more, and reads from a pipe that nobody else holds: where this process is killed, crashes or
/// exits, the pipe closes, and the guard kills every group that was [added](Self::add) and not removed, and every group of the
/// same session in which a process has the [mark](Self::mark) in its environment: those that this process had no time to add.
/// Ctrl-C and requests to end (SIGINT, SIGTERM, SIGHUP) do not end it.
///
/// Dropping it lets the guard go: it kills what is still added, and has ended when the drop returns, which takes three seconds
/// at most.
///
/// It sees processes by `/proc`. Where that is not to be had, it knows groups by their numbers alone, and finds no others. It
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
    held: crate::sync::Mutex<Held>,
}

#[cfg(unix)]
impl Guard {
    /// Starts the program of this process once more, as a guard, and waits until it listens: some milliseconds. Its `main` has
    /// to call [`become_guard_if_asked`] before anything else.
    ///
    /// # Errors
    /// The system's, and where the program does not become a guard within five seconds.
    pub fn start() -> io::Result<Self> {
        let seed = crate::os::entropy::seed();
        let random = seed.stream("agents/guard").up_to(u64::MAX);
        let mark = format!("{}-{random:016x}", std::process::id());
        let held = Held::start(&mark)?;
        Ok(Self { mark, held: crate::sync::Mutex::new(held) })
    }

    /// Has the guard know of a group by the number of its leader, a child of this process that has not been reaped. It never
    /// waits, and does nothing where the guard has ended.
    pub fn add(&self, group: u32) {
        let start = processes::start_of(group);
        self.held.lock().say(speckit_core::agents::process::guard::GuardMessage::Add { group, start });
    }

    /// Has the guard forget a group: it is over, or is to be left alone. It never waits.
    pub fn remove(&self, group: u32) {
        self.held.lock().say(speckit_core::agents::process::guard::GuardMessage::Remove { group });
    }

    /// Why the guard is no more, told once: from there on nobody ends the agents if this process is killed.
    pub fn failure(&self) -> Option<String> {
        self.held.lock().failure()
    }
}

#[cfg(not(unix))]
impl Guard {
    /// Has no way to start a guard here.
    ///
    /// # Errors
    /// [`io::ErrorKind::Unsupported`].
    pub fn start() -> io::Result<Self> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "process groups are to be had on Unix only"))
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
    /// The variable, and its value, that every process is to have in its environment that this guard is to end: set before it
    /// starts.
    pub fn mark(&self) -> (String, String) {
        (VARIABLE.to_owned(), self.mark.clone())
    }
}

/// Does the work of a guard, and does not return before it is over, where this process was started as one: then `true`, and
/// `main` is to return at once. `false` otherwise.
///
/// It belongs at the very start of `main`, before threads are started and arguments are read: `#[tokio::main]` starts threads before
/// the first line of `main`, so that such a program builds its runtime by hand. The tests of `cargo test` have a `main` that is not
/// yours; a program that they start can have a guard, and they cannot.
#[must_use = "where it is true, `main` is to return"]
pub fn become_guard_if_asked() -> bool {
    #[cfg(unix)]
    if program::is_asked() {
        keeper::keep();
        return true;
    }
    false
}
