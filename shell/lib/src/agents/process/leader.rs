//! The first process of a group; dropping it kills the group.

use std::process::{Child, ExitStatus};
use std::sync::Arc;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

use super::exit_watcher::ExitWatcher;
use crate::agents::guard::Guard;
use crate::os::process_group;
use crate::sync::Mutex;

/// How long a drop waits for the exit of the killed process.
const PATIENCE: Duration = Duration::from_secs(1);

/// Killed processes that had not exited when they were last polled.
static ORPHANS: Mutex<Vec<Child>> = Mutex::new(Vec::new());

/// A child that leads a group of its own.
pub(super) struct Leader {
    /// `None` once it is reaped: its number can be reused, so it gets no more signals.
    child: Option<Child>,
    pid: Pid,
    exit_watcher: ExitWatcher,
    guard: Option<Arc<Guard>>,
    patience: Duration,
}

impl Leader {
    /// Takes a child that leads a group of its own, and registers the group with the guard.
    pub(super) fn of(child: Child, guard: Option<Arc<Guard>>) -> Self {
        let (pid, pgid) = (Pid::from_child(&child), child.id());
        let exit_watcher = ExitWatcher::of(pid);
        // From here a drop kills the child, whatever fails.
        let mut leader = Self { child: Some(child), pid, exit_watcher, guard: None, patience: PATIENCE };
        if let Some(guard) = guard {
            guard.add(pgid);
            leader.guard = Some(guard);
        }
        leader.exit_watcher.use_descriptor();
        leader
    }

    /// Ready when it has exited. It is not reaped.
    pub(super) async fn exit(&mut self) {
        if self.child.is_some() {
            self.exit_watcher.exit().await;
        }
    }

    /// Whether it has exited.
    pub(super) fn has_exited(&self) -> bool {
        self.child.is_none() || self.exit_watcher.has_exited()
    }

    /// Asks the group to end.
    pub(super) fn terminate(&self) {
        self.signal(process_group::terminate);
    }

    /// Kills the group.
    pub(super) fn kill(&self) {
        self.signal(process_group::kill);
    }

    /// Reaps it after its exit, when its group has been killed. `None` if it has not exited, or something else has reaped it.
    pub(super) fn reap(&mut self) -> Option<ExitStatus> {
        let child = self.child.as_mut()?;
        if let Some(guard) = self.guard.take() {
            guard.remove(child.id());
        }
        if self.exit_watcher.is_reaped() {
            self.child = None;
            return None;
        }
        let reaped = child.try_wait();
        if !matches!(reaped, Ok(None)) {
            self.child = None;
        }
        reaped.ok().flatten()
    }

    /// Makes a drop wait for nothing.
    pub(super) fn abandon(&mut self) {
        self.patience = Duration::ZERO;
    }

    fn signal(&self, signal: fn(Pid)) {
        if self.child.is_some() && !self.is_foreign() {
            signal(self.pid);
        }
    }

    /// Whether the number of the group may belong to another one: something else has reaped the leader, and a process has its number
    /// again. As long as there is none, the rest of the group keeps the number from being reused.
    fn is_foreign(&self) -> bool {
        self.exit_watcher.is_reaped() && test_kill_process(self.pid) != Err(Errno::SRCH)
    }
}

impl Drop for Leader {
    fn drop(&mut self) {
        reap_orphans();
        if self.child.is_none() {
            return;
        }
        self.kill();
        self.exit_watcher.wait(self.patience);
        self.reap();
        if let Some(child) = self.child.take() {
            ORPHANS.lock().push(child);
        }
    }
}

/// Reaps the orphans that have exited.
pub(super) fn reap_orphans() {
    ORPHANS.lock().retain_mut(|orphan| matches!(orphan.try_wait(), Ok(None)));
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the test starts a process")]
mod tests {
    use std::os::unix::process::CommandExt as _;
    use std::process::Command;

    use super::*;
    use crate::os::clock;

    #[tokio::test]
    async fn an_abandoned_process_is_killed_and_reaped_later() {
        let child = Command::new("sleep").arg("60").process_group(0).spawn().unwrap();
        let mut leader = Leader::of(child, None);
        let pid = leader.pid;
        assert!(!leader.has_exited());
        leader.abandon();
        drop(leader);
        let started = clock::now();
        while test_kill_process(pid).is_ok() {
            assert!(clock::now() - started < Duration::from_secs(30));
            clock::sleep(Duration::from_millis(1));
            reap_orphans();
        }
    }
}
