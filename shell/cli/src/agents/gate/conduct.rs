//! A gate from its beginning to its end, beside those who show it.

use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;
use std::{io, thread};

use speckit_core::agents::gate::{CancelMode, Run};

use super::follow::{Look, Told, follow};
use super::interruption::Interruptible;
use crate::context::Context;
use speckit::agents::GateRun;

/// After so long people want to know what is waited for.
const LONG: Duration = Duration::from_secs(1);

/// Runs a gate, shows how far it is, and gives what `keep` makes of it. Nobody who reads slowly holds the agents up, nor
/// the keeping.
///
/// # Errors
/// The system's, where it cannot be begun.
pub(super) fn conduct<T>(
    context: &Context,
    gate: GateRun,
    look: Look,
    (interruption, called_off): (&Interruptible, Receiver<CancelMode>),
    keep: impl FnOnce(Run) -> T,
) -> io::Result<T> {
    let names: Vec<String> = gate.plan().agents.iter().map(|agent| agent.name.clone()).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    interruption.runs(gate.control());
    let events = if look.shows_output() { gate.events() } else { gate.states() };
    let told = Told { events, called_off };
    #[expect(clippy::disallowed_methods, reason = "it ends with the gate, and is joined")]
    thread::scope(|scope| {
        thread::Builder::new().spawn_scoped(scope, move || follow(context, look, names, &told))?;
        let run = runtime.block_on(gate.finish());
        interruption.keeps();
        let kept = waiting(context, "Ctrl-C saves the run to a file", || keep(run));
        interruption.says();
        Ok(kept)
    })
}

/// Does work in a database, and says so where that takes long: another program may keep it locked.
pub(super) fn waiting<T>(context: &Context, way_out: &str, work: impl FnOnce() -> T) -> T {
    let (done, wait) = channel::<()>();
    #[expect(clippy::disallowed_methods, reason = "it ends with the work, and is joined")]
    thread::scope(|scope| {
        // Where the system has no thread to spare the work is done without the notice.
        let _ = thread::Builder::new().spawn_scoped(scope, move || {
            if wait.recv_timeout(LONG) == Err(RecvTimeoutError::Timeout) {
                context.terminal.note(&format!("waiting for the database; {way_out}\n"));
            }
        });
        let worked = work();
        drop(done);
        worked
    })
}
