//! Quality gates: which agents are asked how, what is done while they run, and what becomes of it.
//!
//! [`Plan`] says before anything starts which commands run with what. [`Machine`] decides while they run: which attempt
//! begins, which is made again and when, and when the gate is over. [`Run`] is what came of it, to be shown and kept.
//! [`Progress`] shows a person how far it is, and [`Interruption`] decides what those do who want it to end.

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
pub use interruption::{CallingOff, Interruption, Reaction};
pub use machine::{Action, Input, Machine};
pub use plan::{Agent, CommandLine, Plan, Request};
pub use progress::{Line, Progress, Tone};
pub use run::{AgentRun, Attempt, Ending, Output, Run, Status, Stream};
pub use text::list_text;
