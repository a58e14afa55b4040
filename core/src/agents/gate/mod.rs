//! Quality gates: the plan, the state machine that runs it, and the result.
//!
//! [`Plan`] holds the commands of all agents before any starts. [`GateMachine`] decides which attempt starts, which is retried
//! and when, and when the gate is over. [`Run`] is the result, to be shown and stored. [`Progress`] renders a running gate on a
//! terminal, and [`Interruption`] decides what SIGINT and SIGTERM do to it.

mod arguments;
mod check;
mod event;
mod expand;
mod interruption;
mod machine;
mod measures;
mod plan;
mod planning;
mod progress;
mod run;
mod signal;
mod text;

pub use event::Event;
pub use expand::Placeholders;
pub use interruption::{CancelMode, Interruption, Reaction};
pub use machine::{Action, GateMachine, Input};
pub use plan::{Agent, CommandLine, Plan, Request};
pub use progress::{Progress, StyledLine, Tone};
pub use run::{AgentRun, Attempt, Ending, LeftProcess, Output, Run, Status, Stream};
pub use text::list_text;
