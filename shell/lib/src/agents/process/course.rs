//! One process from its start to its end.

use std::future::pending;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Instant;

use speckit_core::agents::gate::{Attempt, Ending};
use speckit_core::agents::process::supervise::{Action, Input, StopCause, Supervisor};
use speckit_core::retry::ErrorClass;

use super::leader::Leader;
use super::streams::Streams;
use super::{Hear, Job, Orders, start};
use crate::agents::guard::Guard;
use crate::agents::{Order, unheard};
use crate::os::clock;

/// Starts a job and does with it what its supervisor says.
pub(super) async fn run(job: Job, hear: Hear, mut orders: Orders, guard: Option<Arc<Guard>>) -> Attempt {
    let started = clock::now();
    if *orders.borrow_and_update() != Order::Run {
        return unheard(Ending::Cancelled);
    }
    let (leader, streams) = match start::start(&job, hear, guard) {
        Ok(both) => both,
        Err(ending) => return Attempt { elapsed: clock::now() - started, ..unheard(ending) },
    };
    let course = Course {
        started,
        supervisor: Supervisor::new(job.limits),
        leader,
        streams,
        orders: Some(orders),
        obeyed: Order::Run,
        has_leader_ended: false,
        are_streams_closed: false,
        status: None,
    };
    course.finish().await
}

struct Course {
    started: Instant,
    supervisor: Supervisor,
    leader: Leader,
    streams: Streams,
    /// `None` once nobody can give any more.
    orders: Option<Orders>,
    /// The most severe order that the supervisor was told.
    obeyed: Order,
    has_leader_ended: bool,
    are_streams_closed: bool,
    status: Option<ExitStatus>,
}

impl Course {
    async fn finish(mut self) -> Attempt {
        while !self.supervisor.is_finished() {
            let input = self.next().await;
            // What has happened by itself comes before what is done about it, however late this side is.
            if matches!(input, Input::Due | Input::Stop | Input::Kill) {
                self.catch_up();
            }
            self.tell(input);
        }
        let elapsed = clock::now() - self.started;
        let ending = self.ending();
        if self.status.is_none() {
            self.leader.abandon();
        }
        let is_leaked = self.supervisor.is_leaked();
        let (stdout, stderr, answer) = self.streams.finish();
        Attempt { ending, stdout, stderr, answer, elapsed, is_leaked }
    }

    /// What the supervisor is to be told next. Whatever comes first in here comes first also where all of it happens at once.
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
                order = severer(&mut self.orders, self.obeyed) => {
                    self.obeyed = order;
                    return if order == Order::Kill { Input::Kill } else { Input::Stop };
                }
                // Not the timer: it is late where the runtime has much to do.
                () = async {}, if is_due => return Input::Due,
                () = until(due) => return Input::Due,
                () = self.leader.ends(), if !self.has_leader_ended => return Input::LeaderEnded,
                () = self.streams.ready() => {}
            }
            if self.streams.take_turn() {
                // There is more: first the others of this runtime, its timers and its descriptors.
                tokio::task::yield_now().await;
            }
        }
    }

    /// Takes in the end of the process, and what it had written until then.
    fn catch_up(&mut self) {
        if self.leader.has_ended() {
            self.tell(Input::LeaderEnded);
        }
        if self.has_leader_ended && !self.are_streams_closed && self.streams.are_read_out() {
            self.tell(Input::StreamsClosed);
        }
    }

    fn tell(&mut self, input: Input) {
        match input {
            Input::LeaderEnded if self.has_leader_ended => return,
            Input::LeaderEnded => self.has_leader_ended = true,
            Input::StreamsClosed => self.are_streams_closed = true,
            Input::Due | Input::Stop | Input::Kill => {}
        }
        let now = clock::now() - self.started;
        for action in self.supervisor.step(now, input) {
            match action {
                Action::Terminate => self.leader.terminate(),
                Action::Kill => self.leader.kill(),
                Action::Reap => self.status = self.leader.reap(),
                Action::Leave => self.streams.leave(),
                Action::Finish => {}
            }
        }
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
                .unwrap_or_else(unknown),
        }
    }
}

/// Ready with an order that goes further than the one that is obeyed already.
async fn severer(orders: &mut Option<Orders>, obeyed: Order) -> Order {
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

/// Where the system reaps the children of this process, nobody can say how they ended.
fn unknown() -> Ending {
    let reason = "it ran, but its exit code is lost: this process leaves its children to the system; do not ignore SIGCHLD";
    Ending::NotStarted { class: ErrorClass::Permanent, reason: reason.to_owned() }
}
