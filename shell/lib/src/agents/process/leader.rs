//! The first process of a group; dropping it kills the group.
#![expect(clippy::disallowed_methods, reason = "this module belongs to the door to processes")]

use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, WaitOptions, test_kill_process, test_kill_process_group, waitpid};

use speckit_core::agents::gate::LeftProcess;
use speckit_core::agents::process::guard::{Mark, ProcessEntry, Sweep};

use super::exit_watcher::ExitWatcher;
use crate::agents::guard::killing::kill_found;
use crate::agents::guard::{ATTEMPT_VARIABLE, Guard, processes};
use crate::os::process_group;
use crate::sync::Mutex;

/// How long a drop waits for the exit of the killed process, and how long processes that have left its group may take to end.
const PATIENCE: Duration = Duration::from_secs(1);

/// The leaders of this process that are not reaped.
static LEADERS: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

/// Killed processes that had not exited when they were last polled.
static ORPHANS: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// A child that leads a session and a group of its own.
pub(super) struct Leader {
    pid: Pid,
    /// Once it is reaped, its number can be reused, so it gets no more signals.
    is_reaped: bool,
    job: JobProcesses,
    /// A process of the group that was running at the last look.
    member: Option<u32>,
    exit_watcher: ExitWatcher,
    guard: Option<Arc<Guard>>,
    patience: Duration,
}

impl Leader {
    /// Takes a child that leads a session of its own, and registers the group with the guard. Without a mark, processes that leave the
    /// group are spared.
    pub(super) fn of(pid: Pid, mark: Option<String>, guard: Option<Arc<Guard>>) -> Self {
        let pgid = pid.as_raw_nonzero().get().unsigned_abs();
        LEADERS.lock().insert(pgid);
        let exit_watcher = ExitWatcher::of(pid);
        // From here a drop kills the child, whatever fails.
        let job = JobProcesses { leader: pgid, start: processes::start_of(pgid), mark };
        let mut leader =
            Self { pid, is_reaped: false, job, member: None, exit_watcher, guard: None, patience: PATIENCE };
        if let Some(guard) = guard {
            guard.add_started(pgid, leader.job.start);
            leader.guard = Some(guard);
        }
        leader.exit_watcher.use_descriptor();
        leader
    }

    /// Ready when it has exited. It is not reaped.
    pub(super) async fn exit(&mut self) {
        if !self.is_reaped {
            self.exit_watcher.exit().await;
        }
    }

    /// Whether it has exited.
    pub(super) fn has_exited(&self) -> bool {
        self.is_reaped || self.exit_watcher.has_exited()
    }

    /// Asks the group to end.
    pub(super) fn terminate(&self) {
        self.signal(process_group::terminate);
    }

    /// Kills the group.
    pub(super) fn kill(&self) {
        self.signal(process_group::kill);
    }

    /// Whether every process of the group has ended, the leader included. The leader is not reaped, and signals reach zombies, so the list
    /// of processes decides. Without one (no `/proc`), the group has ended if no signal reaches it.
    pub(super) fn has_group_ended(&mut self) -> bool {
        let group = self.job.leader;
        let is_running = |one: &ProcessEntry| one.group == group && !one.is_ended;
        if self.member.and_then(processes::of).as_ref().is_some_and(is_running) {
            return false;
        }
        match processes::all() {
            Some(all) => {
                self.member = all.iter().find(|one| is_running(one)).map(|one| one.id);
                self.member.is_none()
            }
            None => test_kill_process_group(self.pid).is_err(),
        }
    }

    /// Kills the processes that have left the group. Returns those that have not ended in time.
    pub(super) async fn kill_escaped(&self) -> Vec<LeftProcess> {
        // One look takes a fraction of a millisecond, less than another thread.
        if self.job.has_none_escaped() {
            return Vec::new();
        }
        let job = self.job.clone();
        // If the runtime shuts down, the drop does it.
        tokio::task::spawn_blocking(move || job.kill_escaped(PATIENCE)).await.unwrap_or_default()
    }

    /// Reaps it after its exit, when its group has been killed. `None` if it has not exited, or something else has reaped it.
    pub(super) fn reap(&mut self) -> Option<ExitStatus> {
        if self.is_reaped {
            return None;
        }
        if let Some(guard) = self.guard.take() {
            guard.remove(self.job.leader);
        }
        // Before its number can be reused.
        LEADERS.lock().remove(&self.job.leader);
        let reaped = if self.exit_watcher.is_reaped() { Err(Errno::CHILD) } else { try_reap(self.pid) };
        self.is_reaped = !matches!(reaped, Ok(None));
        reaped.ok().flatten()
    }

    /// Makes a drop wait for nothing.
    pub(super) fn abandon(&mut self) {
        self.patience = Duration::ZERO;
    }

    fn signal(&self, signal: fn(Pid)) {
        if !self.is_reaped && !self.is_foreign() {
            signal(self.pid);
        }
    }

    /// Whether the number of the group may belong to another one: something else has reaped the leader, and a process has its number
    /// again. As long as there is none, the rest of the group keeps the number from being reused.
    fn is_foreign(&self) -> bool {
        self.exit_watcher.is_reaped() && test_kill_process(self.pid) != Err(Errno::SRCH)
    }
}

/// What identifies the processes of a job.
#[derive(Clone)]
struct JobProcesses {
    /// The process id of the leader, which is the id of its group and of its session.
    leader: u32,
    /// When the leader started. `None` without `/proc`.
    start: Option<u64>,
    /// The value of [`ATTEMPT_VARIABLE`]. `None`: only the group is killed.
    mark: Option<String>,
}

impl JobProcesses {
    /// `None`: only the group is killed.
    fn sweep(&self) -> Option<Sweep> {
        self.mark.as_ref()?;
        Some(Sweep::of_job(self.leader, self.start?, processes::own_group(), LEADERS.lock().clone()))
    }

    fn mark_of(&self, id: u32) -> Mark {
        processes::mark_of(id, ATTEMPT_VARIABLE, self.mark.as_deref())
    }

    /// Whether one look finds no process that has left the group.
    fn has_none_escaped(&self) -> bool {
        self.sweep().is_none_or(|mut sweep| {
            let seen = processes::relevant_to(&sweep);
            sweep.groups_to_kill(&seen.unwrap_or_default(), &mut |id| self.mark_of(id));
            sweep.is_done()
        })
    }

    /// Kills the processes that have left the group: those in the session of the leader, and those with the mark. Returns those that have
    /// not ended in time.
    fn kill_escaped(&self, patience: Duration) -> Vec<LeftProcess> {
        let Some(mut sweep) = self.sweep() else { return Vec::new() };
        let left = kill_found(&mut sweep, &mut |id| self.mark_of(id), patience);
        left.into_iter().map(|one| processes::left_process(one.id)).collect()
    }
}

impl Drop for Leader {
    fn drop(&mut self) {
        reap_orphans();
        if self.is_reaped {
            return;
        }
        self.kill();
        self.exit_watcher.wait(self.patience);
        self.job.kill_escaped(self.patience);
        self.reap();
        if !self.is_reaped {
            ORPHANS.lock().push(self.pid);
        }
    }
}

/// Reaps the orphans that have exited.
pub(super) fn reap_orphans() {
    ORPHANS.lock().retain(|orphan| matches!(try_reap(*orphan), Ok(None)));
}

/// Reaps a child that has exited; `None` if it has not.
fn try_reap(child: Pid) -> Result<Option<ExitStatus>, Errno> {
    let reaped = waitpid(Some(child), WaitOptions::NOHANG)?;
    Ok(reaped.map(|(_, status)| ExitStatus::from_raw(status.as_raw())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::session::{Program, spawn_in_session};
    use crate::os::{clock, documents};

    #[tokio::test]
    async fn an_abandoned_process_is_killed_and_reaped_later() {
        let arguments = ["60".to_owned()];
        let sleep = Program { name: "sleep", arguments: &arguments, variables: [].into() };
        let streams = [(); 3].map(|()| documents::null_device().unwrap().into());
        let mut leader = Leader::of(spawn_in_session(&sleep, streams).unwrap(), None, None);
        let (pid, id) = (leader.pid, leader.job.leader);
        assert!(!leader.has_exited() && LEADERS.lock().contains(&id));
        leader.abandon();
        drop(leader);
        assert!(!LEADERS.lock().contains(&id));
        let started = clock::now();
        while test_kill_process(pid).is_ok() {
            assert!(clock::now() - started < Duration::from_secs(30));
            clock::sleep(Duration::from_millis(1));
            reap_orphans();
        }
    }
}
