//! The progress of a gate, as terminal lines.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::event::Event;
use super::interruption::CancelMode;
use super::measures::{clock, elapsed};
use super::run::Status;

mod line;

pub(super) use line::plain_text;
pub use line::{StyledLine, Tone};
use line::{cut, pad, width};

/// The progress of a gate: takes its events and renders one line for each agent and a summary. Times count from its start.
///
/// ```
/// use std::time::Duration;
/// use speckit_core::agents::gate::{Event, Progress};
/// let mut progress = Progress::new(["claude", "gemini"]);
/// progress.event(Duration::ZERO, &Event::AgentStarted { name: "claude".into(), attempt: 1 });
/// let lines = progress.lines(Duration::from_millis(1250), 80);
/// assert_eq!(lines[0].to_string(), "claude  running  1.2 s");
/// assert_eq!(lines[1].to_string(), "gemini  waiting");
/// assert_eq!(lines[2].to_string(), "1.2 s   0 of 2 done; Ctrl-C ends the agents");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    agents: Vec<AgentLine>,
    cancelled: Option<CancelMode>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct AgentLine {
    name: String,
    phase: LinePhase,
    /// When its first attempt began.
    began: Option<Duration>,
    attempt: u32,
    /// Its last line of output, or why it failed.
    note: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum LinePhase {
    Waiting,
    Running,
    Retrying { until: Duration },
    Done { status: Status, took_ms: u64 },
}

impl Progress {
    /// The progress of a gate of these agents before its start.
    pub fn new<N: Into<String>>(names: impl IntoIterator<Item = N>) -> Self {
        let agent = |name: N| AgentLine {
            name: name.into(),
            phase: LinePhase::Waiting,
            began: None,
            attempt: 0,
            note: "".into(),
        };
        Self { agents: names.into_iter().map(agent).collect(), cancelled: None }
    }

    /// Takes an event. Events of unknown agents are ignored.
    pub fn event(&mut self, now: Duration, event: &Event) {
        match event {
            Event::AgentStarted { name, attempt } => {
                let Some(agent) = self.agent(name) else { return };
                agent.began.get_or_insert(now);
                agent.attempt = *attempt;
                agent.phase = LinePhase::Running;
                agent.note.clear();
            }
            Event::Output { name, line, .. } => {
                let Some(agent) = self.agent(name) else { return };
                let note = plain_text(line);
                // An empty line does not replace the one before.
                if !note.is_empty() {
                    agent.note = note;
                }
            }
            Event::AgentRetrying { name, attempt, reason, wait_ms } => {
                let Some(agent) = self.agent(name) else { return };
                agent.attempt = *attempt;
                agent.phase =
                    LinePhase::Retrying { until: now.saturating_add(Duration::from_millis(*wait_ms)) };
                agent.note = plain_text(reason);
            }
            Event::AgentFinished(run) => {
                let Some(agent) = self.agent(&run.name) else { return };
                agent.attempt = run.attempts;
                agent.phase = LinePhase::Done { status: run.status, took_ms: run.elapsed_ms };
                agent.note = run.reason.as_deref().map(plain_text).unwrap_or_default();
            }
            Event::Started { .. } | Event::Missed { .. } | Event::Finished(_) => {}
        }
    }

    /// The gate is cancelled. A kill is not undone by a later terminate.
    pub fn cancel(&mut self, mode: CancelMode) {
        self.cancelled = self.cancelled.max(Some(mode));
    }

    /// The lines, none wider than `columns`: the agents in the order of the gate, then the elapsed time and what Ctrl-C does.
    pub fn lines(&self, now: Duration, columns: usize) -> Vec<StyledLine> {
        let mut rows: Vec<[String; 3]> = self.agents.iter().map(|agent| agent.cells(now)).collect();
        // The state of an agent matters more than its full name.
        for [name, ..] in &mut rows {
            *name = cut(name, (columns / 2).max(8));
        }
        let widest = |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|cell| width(cell)).max();
        let [name, state, time] = [0, 1, 2].map(|at| widest(at).unwrap_or(0));
        let mut lines = Vec::new();
        for (agent, [named, stated, timed]) in self.agents.iter().zip(&rows) {
            let mut line = StyledLine::new(columns);
            line.push(Tone::Plain, &format!("{}  ", pad(named, name)));
            line.push(agent.phase.tone(), &pad(stated, state));
            let gap = " ".repeat(time - width(timed));
            line.push(Tone::Plain, &format!("  {gap}{timed}"));
            line.push(Tone::Faint, &format!("  {}", agent.note));
            lines.push(line.trimmed());
        }
        lines.push(self.summary(now, columns));
        lines
    }

    fn summary(&self, now: Duration, columns: usize) -> StyledLine {
        let done = self.agents.iter().filter(|agent| matches!(agent.phase, LinePhase::Done { .. })).count();
        let what = match self.cancelled {
            None => "Ctrl-C ends the agents",
            Some(CancelMode::Terminate) => "ending the agents; press Ctrl-C again to kill them",
            Some(CancelMode::Kill) => "killing the agents; press Ctrl-C again to end this program",
        };
        let mut line = StyledLine::new(columns);
        let text = format!("{}   {done} of {} done; ", clock(now), self.agents.len());
        line.push(Tone::Faint, &text);
        line.push(if self.cancelled.is_some() { Tone::Busy } else { Tone::Faint }, what);
        line.trimmed()
    }

    fn agent(&mut self, name: &str) -> Option<&mut AgentLine> {
        self.agents.iter_mut().find(|agent| agent.name == name)
    }
}

impl AgentLine {
    /// Its name, its state and its elapsed time.
    fn cells(&self, now: Duration) -> [String; 3] {
        let attempt = |text: String| match self.attempt {
            0 | 1 => text,
            many => format!("{text}, attempt {many}"),
        };
        let since = || self.began.map(|began| clock(now.saturating_sub(began)));
        let (state, time) = match &self.phase {
            LinePhase::Waiting => ("waiting".into(), None),
            LinePhase::Running => (attempt("running".into()), since()),
            LinePhase::Retrying { until } => {
                let rest = clock(until.saturating_sub(now));
                (attempt(format!("retrying in {rest}")), since())
            }
            LinePhase::Done { status, took_ms } => {
                (attempt(status.words().into()), self.began.map(|_| elapsed(*took_ms)))
            }
        };
        [plain_text(&self.name), state, time.unwrap_or_default()]
    }
}

impl LinePhase {
    fn tone(&self) -> Tone {
        match self {
            Self::Waiting => Tone::Faint,
            Self::Running => Tone::Plain,
            Self::Retrying { .. } => Tone::Busy,
            Self::Done { status: Status::Ok, .. } => Tone::Good,
            Self::Done { .. } => Tone::Bad,
        }
    }
}
