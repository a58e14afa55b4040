//! Runs one process from its start to its end.

use std::future::pending;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::time::Instant;

use speckit_core::agents::gate::{Attempt, Ending, LeftProcess};
use speckit_core::agents::process::supervise::{Action, Input, StopCause, Supervisor};
use speckit_core::retry::ErrorClass;

use super::leader::Leader;
use super::streams::Streams;
use super::{Job, OnLine, Orders, ProcessManager, start};
use crate::agents::guard::processes;
use crate::agents::{Order, without_output};
use crate::instrumentation::operation::{Operation, timed_result};
use crate::os::clock;

/// Starts a job and performs the actions of its supervisor.
pub(super) async fn run(job: Job, on_line: OnLine, mut orders: Orders, manager: ProcessManager) -> Attempt {
    let started = clock::now();
    if *orders.borrow_and_update() != Order::Run {
        return without_output(Ending::Cancelled);
    }
    let (leader, streams) = match timed_result(Operation::GateSpawn, || start::start(&job, on_line, manager))
    {
        Ok(both) => both,
        Err(ending) => return Attempt { elapsed: clock::now() - started, ..without_output(ending) },
    };
    let run = ProcessRun {
        started,
        supervisor: Supervisor::new(job.limits),
        leader,
        streams,
        orders: Some(orders),
        obeyed: Order::Run,
        has_leader_ended: false,
        are_streams_closed: false,
        status: None,
        left: Vec::new(),
    };
    run.finish().await
}

struct ProcessRun {
    started: Instant,
    supervisor: Supervisor,
    leader: Leader,
    streams: Streams,
    /// `None` once no more orders can come.
    orders: Option<Orders>,
    /// The most severe order that the supervisor got.
    obeyed: Order,
    has_leader_ended: bool,
    are_streams_closed: bool,
    status: Option<ExitStatus>,
    /// The processes that may still be running.
    left: Vec<LeftProcess>,
}

impl ProcessRun {
    async fn finish(mut self) -> Attempt {
        while !self.supervisor.is_finished() {
            let input = self.next().await;
            // An exit that has already happened comes before a deadline or an order, however late this task is.
            if matches!(input, Input::Timer | Input::Stop | Input::Kill) {
                self.catch_up().await;
            }
            self.step(input).await;
        }
        let elapsed = clock::now() - self.started;
        let ending = self.ending();
        if self.status.is_none() {
            self.leader.abandon();
        }
        let leaked = self.supervisor.leaked() || !self.left.is_empty();
        let (stdout, stderr, reading) = self.streams.finish();
        Attempt { ending, stdout, stderr, reading, elapsed, leaked, left: self.left }
    }

    /// The next input of the supervisor. The order here is the priority of inputs that happen at the same time.
    async fn next(&mut self) -> Input {
        loop {
            let due = self.supervisor.next_deadline();
            let due = due.and_then(|since_start| self.started.checked_add(since_start));
            let is_due = due.is_some_and(|due| clock::now() >= due);
            if self.streams.are_closed() && !self.are_streams_closed {
                return Input::StreamsClosed;
            }
            tokio::select! {
                biased;
                order = more_severe(&mut self.orders, self.obeyed) => {
                    self.obeyed = order;
                    return if order == Order::Kill { Input::Kill } else { Input::Stop };
                }
                // Not the timer, which is late in a busy runtime.
                () = async {}, if is_due => return Input::Timer,
                () = until(due) => return Input::Timer,
                () = self.leader.exit(), if !self.has_leader_ended => return Input::LeaderEnded,
                () = self.streams.ready() => {}
            }
            if self.streams.take_turn() {
                // There is more to read: let other tasks, timers and descriptors go first.
                tokio::task::yield_now().await;
            }
        }
    }

    /// Handles an exit that has happened, and reads what the process wrote before it.
    async fn catch_up(&mut self) {
        if self.leader.has_exited() {
            self.step(Input::LeaderEnded).await;
        }
        if self.has_leader_ended && !self.are_streams_closed && self.streams.are_read_out() {
            self.step(Input::StreamsClosed).await;
        }
    }

    async fn step(&mut self, input: Input) {
        match input {
            Input::LeaderEnded if self.has_leader_ended => return,
            Input::LeaderEnded => self.has_leader_ended = true,
            Input::StreamsClosed => self.are_streams_closed = true,
            Input::Timer | Input::Stop | Input::Kill | Input::GroupEnded => {}
        }
        let mut actions = self.supervise(input);
        if actions.contains(&Action::CheckGroup) && self.leader.has_group_ended() {
            actions = self.supervise(Input::GroupEnded);
        }
        for action in actions {
            match action {
                Action::CheckGroup | Action::Finish => {}
                Action::Terminate => self.leader.terminate(),
                Action::Kill => self.leader.kill(),
                Action::KillEscaped => self.left = self.leader.kill_escaped().await,
                Action::Reap => self.status = self.leader.reap(),
                Action::StopReading => {
                    let pipes = self.streams.open_pipes();
                    let find = move || processes::holders_of(&pipes);
                    self.left.extend(tokio::task::spawn_blocking(find).await.unwrap_or_default());
                    self.streams.leave();
                }
            }
        }
    }

    fn supervise(&mut self, input: Input) -> Vec<Action> {
        self.supervisor.step(clock::now() - self.started, input)
    }

    fn ending(&self) -> Ending {
        let status = self.status;
        match self.supervisor.cause() {
            Some(StopCause::TimedOut) => Ending::TimedOut,
            Some(StopCause::Stopped) => Ending::Cancelled,
            None => status
                .and_then(|status| status.code().map(|code| Ending::Exited { code }))
                .or_else(|| {
                    status.and_then(|status| status.signal()).map(|signal| Ending::Signalled { signal })
                })
                .unwrap_or_else(lost_exit_status),
        }
    }
}

/// Ready with an order that is more severe than the obeyed one.
async fn more_severe(orders: &mut Option<Orders>, obeyed: Order) -> Order {
    while let Some(given) = orders {
        if given.changed().await.is_err() {
            *orders = None;
            break;
        }
        let order = *given.borrow_and_update();
        if order > obeyed {
            return order;
        }
    }
    pending().await
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => clock::sleeping_until(due.into()).await,
        None => pending().await,
    }
}

/// The ending of a process that the system or another thread has reaped.
fn lost_exit_status() -> Ending {
    let reason =
        "it ran, but its exit code is lost because this process ignores SIGCHLD; do not ignore SIGCHLD";
    Ending::NotStarted { class: ErrorClass::Permanent, reason: reason.to_owned() }
}
