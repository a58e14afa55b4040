//! A program with a gate of its own: three checks of a release run in parallel, and two of them have to succeed.
//!
//! `cargo run -p speckit --example gate`. Ctrl-C asks the checks to end, and a program that is killed leaves none of them behind.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a program has threads and a user of its own"
)]

use std::error::Error;
use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use signal_hook::consts::SIGINT;
use signal_hook::iterator::Signals;
use speckit::agents::{
    AsyncOrchestrator, GateControl, GateRun, Guard, ProcessManager, become_guard_if_asked,
};
use speckit_core::agents::gate::{Agent, CommandLine, Event, Plan, Run};

fn checks() -> Plan {
    let shell = |name: &str, script: &str| Agent::new(name, CommandLine::new("sh", ["-c", script]));
    let checks = [
        shell("format", "echo all 12 files are formatted"),
        shell("licences", "echo one licence is unknown; exit 1"),
        shell("tests", "for part in 1 2 3; do echo part $part of 3 passes; sleep 0.1; done"),
    ];
    Plan { timeout: Duration::from_secs(60), ..Plan::new("release", "v1.2", checks) }
}

/// Runs a gate, and shows what happens meanwhile.
async fn run(gate: GateRun) -> Run {
    let mut events = gate.events();
    let show = async move {
        while let Some(event) = events.recv().await {
            // The last one is shown with the result.
            if !matches!(event, Event::Finished(_)) {
                println!("{event}");
            }
        }
    };
    let (run, ()) = tokio::join!(gate.finish(), show);
    run
}

/// Has Ctrl-C call a gate off; a second one kills what does not end.
fn listen(control: GateControl) -> io::Result<()> {
    let mut signals = Signals::new([SIGINT])?;
    std::thread::spawn(move || {
        let mut signals = signals.forever();
        signals.next();
        control.cancel();
        signals.next();
        control.kill();
    });
    Ok(())
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    // Before anything else: this program, started once more, is the guard of its agents.
    if become_guard_if_asked() {
        return Ok(ExitCode::SUCCESS);
    }
    let processes = ProcessManager::new().guarded_by(Arc::new(Guard::start()?));
    let orchestrator = AsyncOrchestrator::with(processes, 10);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let gate = orchestrator.begin(checks());
    listen(gate.control())?;
    let run = runtime.block_on(run(gate));
    print!("{}", run.to_text());
    Ok(if run.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_of_three_checks_are_enough() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let run = runtime.block_on(run(AsyncOrchestrator::new(10).begin(checks())));
        assert!(run.is_ok());
        assert_eq!((run.decision.ok, run.decision.failed.as_slice()), (2, &["licences".to_owned()][..]));
        assert_eq!(run.agents[2].output.stdout.lines().count(), 3);
    }
}
