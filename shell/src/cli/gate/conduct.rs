//! A gate from its beginning to its end, beside those who show it.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use speckit_core::gate::{CallingOff, Event, Plan, Run};

use super::super::context::Context;
use super::super::signals::Signals;
use super::follow::{Look, follow};
use super::interruption::Interruption;
use crate::agents::{AsyncOrchestrator, GateEvents};

/// So much may wait to be shown. What comes after that waits in the events, which drop lines of agents and nothing else.
const WAITING: usize = 64;

/// What is told of a gate.
pub(super) enum Said {
    Event(Box<Event>),
    CallingOff(CallingOff),
    Over,
}

/// Runs a gate, shows how far it is, and gives what `keep` makes of it. Nobody who reads slowly holds the agents up, nor
/// the keeping.
///
/// # Errors
/// The system's, where it cannot be begun.
pub(super) fn conduct<T>(
    context: &Context,
    (orchestrator, plan): (&AsyncOrchestrator, Plan),
    look: Look,
    interruption: &Arc<Interruption>,
    keep: impl FnOnce(Run) -> T,
) -> io::Result<T> {
    let names: Vec<String> = plan.agents.iter().map(|agent| agent.name.clone()).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let gate = {
        let _entered = runtime.enter();
        orchestrator.begin(plan)
    };
    interruption.run(gate.control());
    let (tell, said) = sync_channel(WAITING);
    let signals = Signals::listen({
        let (interruption, tell) = (Arc::clone(interruption), tell.clone());
        move |_| {
            let (calling_off, then) = interruption.signal();
            if let Some(how) = calling_off {
                // Whoever does not read on is not told, and is obeyed all the same.
                let _ = tell.try_send(Said::CallingOff(how));
            }
            then
        }
    })?;
    let events = gate.events();
    #[expect(clippy::disallowed_methods, reason = "both end with the gate, and are joined")]
    let kept = thread::scope(|scope| {
        scope.spawn(move || forward(events, &tell));
        scope.spawn(move || follow(context, look, names, &said));
        let run = runtime.block_on(gate.finish());
        interruption.keep();
        keep(run)
    });
    drop(signals);
    Ok(kept)
}

fn forward(events: GateEvents, tell: &SyncSender<Said>) {
    for event in events {
        if tell.send(Said::Event(Box::new(event))).is_err() {
            return;
        }
    }
    // Nobody is left to be told where this fails.
    let _ = tell.send(Said::Over);
}
