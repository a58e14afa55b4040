//! A thread that watches the runs of a command while another one waits for them.
#![expect(clippy::disallowed_methods, reason = "this module belongs to the door to measured processes")]

use std::io::{self, PipeReader, PipeWriter, Read as _, Write as _};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::Pid;
use speckit_core::agents::process::supervise::{Input, Limits};
use speckit_core::bench::RunRecord;

use super::child::wait_for_exit;
use super::run::Run;
use super::stderr_pipe::StderrText;
use super::stopper::CommandStopper;
use crate::sync::Mutex;

/// The shortest pause between two looks for a run that has begun, in case that the time-out is shorter.
const SHORTEST_PAUSE: Duration = Duration::from_millis(1);

/// Watches the runs of a command: a thread reads their standard error, and ends a run at its time limit and when the stopper stops.
///
/// The thread sleeps through a run that writes nothing. With a time limit it wakes once in the length of the limit, and finds out then when
/// the present run began, so that neither the start nor the end of a run has to wake it. Dropping this ends the thread.
#[derive(Debug)]
pub(super) struct Watcher {
    watched: Arc<Watched>,
    /// Wakes the thread when it is written to, and ends it when it is closed.
    waker: Option<PipeWriter>,
    thread: Option<JoinHandle<()>>,
}

/// What both threads use.
#[derive(Debug)]
struct Watched {
    limits: Limits,
    stopper: Option<CommandStopper>,
    stderr: PipeReader,
    woken: PipeReader,
    state: Mutex<WatchedState>,
}

#[derive(Debug)]
struct WatchedState {
    /// From its start until it is reaped, under this lock: nothing is signalled afterwards.
    run: Option<Run>,
    is_stopped: bool,
    text: StderrText,
}

impl Watcher {
    /// Starts the thread.
    pub(super) fn start(
        limits: Limits,
        stopper: Option<CommandStopper>,
        stderr: PipeReader,
    ) -> io::Result<Self> {
        let (woken, waker) = io::pipe()?;
        let state = WatchedState { run: None, is_stopped: false, text: StderrText::new() };
        let watched = Arc::new(Watched { limits, stopper, stderr, woken, state: Mutex::new(state) });
        let its = Arc::clone(&watched);
        let thread = thread::Builder::new().name("speckit-bench".into()).spawn(move || its.watch())?;
        Ok(Self { watched, waker: Some(waker), thread: Some(thread) })
    }

    /// Prepares for another run. `false` if a new watcher has to watch it, since another process has written to the pipe.
    pub(super) fn begin_run(&self) -> bool {
        self.watched.state.lock().text.begin_run(&self.watched.stderr)
    }

    /// Watches a command that was started at this time and leads a group, and waits for its end; `None` if the stopper ended it.
    pub(super) fn wait(&self, group: Pid, started: Instant) -> io::Result<Option<RunRecord>> {
        self.add(Run::new(group, started, self.watched.limits));
        let exited = wait_for_exit(group);
        let mut state = self.watched.state.lock();
        let run = state.run.take();
        // Without an exit that is reported, the number may belong to another process already.
        exited?;
        let Some(run) = run else { return Ok(None) };
        let record = run.end();
        state.text.end_run(&self.watched.stderr);
        let mut record = record?;
        if let Some(record) = record.as_mut().filter(|record| !record.outcome.is_success()) {
            record.last_line = state.text.take_last_line();
        }
        Ok(record)
    }

    /// The run to watch from here on.
    fn add(&self, mut run: Run) {
        let mut state = self.watched.state.lock();
        if state.is_stopped {
            // The thread saw the stop before this run, and sleeps: it has to wake for the end of the grace period.
            run.give(Input::Stop);
            let _ = self.waker.as_ref().map(|mut waker| waker.write(&[0]));
        }
        state.run = Some(run);
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.waker = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What a thread that polls reacts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Descriptor {
    Waker,
    Stopper,
    Stderr,
}

impl Watched {
    /// Reacts until the watcher is dropped.
    fn watch(&self) {
        loop {
            let ready = self.poll();
            if ready.contains(&Descriptor::Waker)
                && !(&self.woken).read(&mut [0]).is_ok_and(|length| length > 0)
            {
                return;
            }
            let mut state = self.state.lock();
            if ready.contains(&Descriptor::Stopper) {
                state.is_stopped = true;
                if let Some(run) = &mut state.run {
                    run.give(Input::Stop);
                }
            }
            if ready.contains(&Descriptor::Stderr) {
                state.text.read(&self.stderr);
            }
            if let Some(run) = &mut state.run {
                run.give(Input::Timer);
            }
        }
    }

    /// The descriptors that are ready, at the latest when the time of a run may be up.
    fn poll(&self) -> Vec<Descriptor> {
        let (stopper, stderr, pause) = {
            let state = self.state.lock();
            // The next run may begin at once, and has its time-out from then on.
            let next = self.limits.timeout.map(|timeout| timeout.max(SHORTEST_PAUSE));
            let pause = [state.run.as_ref().and_then(Run::time_left), next].into_iter().flatten().min();
            let stopper = self.stopper.as_ref().filter(|_| !state.is_stopped);
            (stopper, state.text.is_readable().then_some(&self.stderr), pause)
        };
        let woken = Some((Descriptor::Waker, &self.woken));
        let stopper = stopper.map(|stopper| (Descriptor::Stopper, stopper.descriptor()));
        let stderr = stderr.map(|stderr| (Descriptor::Stderr, stderr));
        let (descriptors, mut polled): (Vec<_>, Vec<_>) = [woken, stopper, stderr]
            .into_iter()
            .flatten()
            .map(|(descriptor, pipe)| (descriptor, PollFd::new(pipe, PollFlags::IN)))
            .unzip();
        let pause = pause.and_then(|pause| Timespec::try_from(pause).ok());
        // It fails if a signal interrupts it, or for a moment without memory (poll(2)): nothing is ready then.
        let _ = poll(&mut polled, pause.as_ref());
        let ready = descriptors.into_iter().zip(&polled).filter(|(_, polled)| !polled.revents().is_empty());
        ready.map(|(descriptor, _)| descriptor).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufRead as _;
    use std::os::unix::process::CommandExt as _;
    use std::process::{Command, Stdio};

    use super::super::stderr_pipe::stderr_pipe;
    use super::*;
    use crate::os::clock;

    #[test]
    fn the_thread_ends_with_the_watcher() {
        let limits = Limits { timeout: None, grace: Duration::MAX, drain: Duration::MAX };
        let (stderr, _its_stderr) = stderr_pipe().unwrap();
        let watcher = Watcher::start(limits, Some(CommandStopper::new().unwrap()), stderr).unwrap();
        let watched = Arc::downgrade(&watcher.watched);
        drop(watcher);
        assert!(watched.upgrade().is_none());
    }

    #[test]
    #[expect(clippy::zombie_processes, reason = "the watcher reaps it")]
    fn a_stop_during_the_start_of_a_run_ends_it_after_its_grace_period() {
        let grace = Duration::from_millis(100);
        let limits = Limits { timeout: None, grace, drain: Duration::MAX };
        let (stderr, _its_stderr) = stderr_pipe().unwrap();
        let stopper = CommandStopper::new().unwrap();
        let watcher = Watcher::start(limits, Some(stopper.clone()), stderr).unwrap();
        stopper.stop();
        while !watcher.watched.state.lock().is_stopped {
            clock::sleep(Duration::from_millis(1));
        }
        let started = clock::now();
        let script = "trap '' TERM; echo ready; while :; do sleep 0.05; done";
        let mut command = Command::new("sh");
        command.args(["-c", script]).process_group(0).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        io::BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(watcher.wait(Pid::from_child(&child), started).unwrap(), None);
        assert!(clock::now() - started >= grace);
    }
}
