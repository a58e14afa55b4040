//! Runs a gate while another thread shows it.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;
use std::{io, thread};

use speckit_core::agents::gate::{CancelMode, Run};

use super::interruption::Interruptible;
use super::show::{Display, GateFeed, show};
use crate::context::Context;
use speckit::agents::GateRun;

/// After this time a wait is explained.
const LONG_WAIT: Duration = Duration::from_secs(1);

/// Runs a gate, shows its progress, and returns the result of `record`. A slow reader delays neither the agents nor `record`.
///
/// # Errors
/// An error of the system: no runtime or thread.
pub(super) fn drive<T>(
    context: &Context,
    gate: GateRun,
    display: Display,
    (interruption, called_off): (&Arc<Interruptible>, Receiver<CancelMode>),
    record: impl FnOnce(Run) -> T,
) -> io::Result<T> {
    let names: Vec<String> = gate.plan().agents.iter().map(|agent| agent.name.clone()).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    interruption.runs(gate.control());
    let events = if display.shows_output() { gate.events() } else { gate.states() };
    let feed = GateFeed { events, called_off, interruption: Arc::clone(interruption) };
    #[expect(clippy::disallowed_methods, reason = "it ends with the gate, and is joined")]
    thread::scope(|scope| {
        thread::Builder::new().spawn_scoped(scope, move || show(context, display, names, &feed))?;
        let run = runtime.block_on(gate.finish());
        interruption.keeps();
        let recorded = waiting(context, "Ctrl-C saves the run to a file", || record(run));
        interruption.says();
        Ok(recorded)
    })
}

/// Does work in a database, and reports a long wait: another program may have locked it.
pub(super) fn waiting<T>(context: &Context, way_out: &str, work: impl FnOnce() -> T) -> T {
    let (done, wait) = channel::<()>();
    #[expect(clippy::disallowed_methods, reason = "it ends with the work, and is joined")]
    thread::scope(|scope| {
        // Without a free thread the work is done without the report.
        let _ = thread::Builder::new().spawn_scoped(scope, move || {
            if wait.recv_timeout(LONG_WAIT) == Err(RecvTimeoutError::Timeout) {
                context.terminal.note(&format!("waiting for the database; {way_out}\n"));
            }
        });
        let worked = work();
        drop(done);
        worked
    })
}
