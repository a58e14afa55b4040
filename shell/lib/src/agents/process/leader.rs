//! The first process of a group: whoever drops it kills the group.
#![expect(clippy::disallowed_methods, reason = "this module belongs to the door to processes")]

use std::process::{Child, ExitStatus};
use std::sync::Arc;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process};

use super::ended::End;
use crate::agents::guard::Guard;
use crate::sync::Mutex;

/// How long a drop waits for the end of what it has killed.
const PATIENCE: Duration = Duration::from_secs(1);

/// Processes that were killed, and that the system had not ended when somebody last looked.
static ORPHANS: Mutex<Vec<Child>> = Mutex::new(Vec::new());

/// A child that leads a group of its own.
pub(super) struct Leader {
    /// `None` once it is reaped: its number belongs to nobody then, and no signal may go there.
    child: Option<Child>,
    pid: Pid,
    end: End,
    guard: Option<Arc<Guard>>,
    patience: Duration,
}

impl Leader {
    /// Takes over a child that leads a group of its own, and makes the group known to the guard.
    pub(super) fn of(child: Child, guard: Option<Arc<Guard>>) -> Self {
        let (pid, pgid) = (Pid::from_child(&child), child.id());
        // It is owned from here on, whatever fails.
        let mut leader = Self { child: Some(child), pid, end: End::of(pid), guard: None, patience: PATIENCE };
        if let Some(guard) = guard {
            guard.add(pgid);
            leader.guard = Some(guard);
        }
        leader.end.have_it_told();
        leader
    }

    /// Is ready when it has ended. It is not reaped by that.
    pub(super) async fn ends(&mut self) {
        if self.child.is_some() {
            self.end.comes().await;
        }
    }

    /// Whether it has ended.
    pub(super) fn has_ended(&self) -> bool {
        self.child.is_none() || self.end.has_come()
    }

    /// Asks the group to end. One that is stopped, such as one that read from the terminal in the background (SIGTTIN), hears
    /// of it when it goes on (as systemd.kill(5) does it, `SendSIGCONT=`).
    pub(super) fn terminate(&self) {
        self.signal(Signal::TERM);
        self.signal(Signal::CONT);
    }

    /// Ends the group. All of it is stopped first, so that none makes another process while others are killed.
    pub(super) fn kill(&self) {
        self.signal(Signal::STOP);
        self.signal(Signal::KILL);
    }

    /// Reaps it once it has ended, after its group was killed. How it ended; `None` where it has not, or where the system has
    /// reaped it.
    pub(super) fn reap(&mut self) -> Option<ExitStatus> {
        let child = self.child.as_mut()?;
        if let Some(guard) = self.guard.take() {
            guard.remove(child.id());
        }
        if self.end.is_reaped() {
            self.child = None;
            return None;
        }
        let reaped = child.try_wait();
        if !matches!(reaped, Ok(None)) {
            self.child = None;
        }
        reaped.ok().flatten()
    }

    /// Has a drop wait for nothing.
    pub(super) fn abandon(&mut self) {
        self.patience = Duration::ZERO;
    }

    /// A group of which nobody is left is no error.
    fn signal(&self, signal: Signal) {
        if self.child.is_some() && !self.is_foreign() {
            let _ = kill_process_group(self.pid, signal);
        }
    }

    /// Whether the number of the group may be that of another one: somebody else has reaped the leader, and there is a process
    /// with its number again. While there is none, whoever is left in the group keeps the number from others.
    fn is_foreign(&self) -> bool {
        self.end.is_reaped() && test_kill_process(self.pid) != Err(Errno::SRCH)
    }
}

impl Drop for Leader {
    fn drop(&mut self) {
        reap_orphans();
        if self.child.is_none() {
            return;
        }
        self.kill();
        self.end.wait(self.patience);
        self.reap();
        if let Some(child) = self.child.take() {
            ORPHANS.lock().push(child);
        }
    }
}

/// Reaps those that have ended at last.
pub(super) fn reap_orphans() {
    ORPHANS.lock().retain_mut(|orphan| matches!(orphan.try_wait(), Ok(None)));
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt as _;
    use std::process::Command;

    use super::*;
    use crate::os::clock;

    #[tokio::test]
    async fn one_that_nobody_waits_for_is_killed_and_reaped_later() {
        let child = Command::new("sleep").arg("60").process_group(0).spawn().unwrap();
        let mut leader = Leader::of(child, None);
        let pid = leader.pid;
        assert!(!leader.has_ended());
        leader.abandon();
        drop(leader);
        let begun = clock::now();
        while test_kill_process(pid).is_ok() {
            assert!(clock::now() - begun < Duration::from_secs(30));
            clock::sleep(Duration::from_millis(1));
            reap_orphans();
        }
    }
}
