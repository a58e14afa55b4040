//! How far a gate is, as lines on a terminal.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::event::Event;
use super::interruption::CallingOff;
use super::measures::{clock, elapsed};
use super::run::Status;

mod line;

pub use line::{Line, Tone};
use line::{cut, last_words, pad, width};

/// How far a gate is: takes its events and gives lines, one an agent and one for all. Times are those since it began.
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
    agents: Vec<Agent>,
    calling_off: Option<CallingOff>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Agent {
    name: String,
    state: State,
    /// When its first attempt began.
    began: Option<Duration>,
    attempt: u32,
    /// The last line that it wrote, or why it failed.
    words: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Waiting,
    Running,
    Retrying { until: Duration },
    Through { status: Status, took_ms: u64 },
}

impl Progress {
    /// The progress of a gate of these agents, before any of them begins.
    pub fn new<N: Into<String>>(names: impl IntoIterator<Item = N>) -> Self {
        let agent = |name: N| Agent {
            name: name.into(),
            state: State::Waiting,
            began: None,
            attempt: 0,
            words: "".into(),
        };
        Self { agents: names.into_iter().map(agent).collect(), calling_off: None }
    }

    /// Takes what happened. What is about an agent of another gate changes nothing.
    pub fn event(&mut self, now: Duration, event: &Event) {
        match event {
            Event::AgentStarted { name, attempt } => {
                let Some(agent) = self.agent(name) else { return };
                agent.began.get_or_insert(now);
                agent.attempt = *attempt;
                agent.state = State::Running;
                agent.words.clear();
            }
            Event::Output { name, line, .. } => {
                let Some(agent) = self.agent(name) else { return };
                let words = last_words(line);
                // An empty line says nothing that is worth the place of the one before.
                if !words.is_empty() {
                    agent.words = words;
                }
            }
            Event::AgentRetrying { name, attempt, reason, wait_ms } => {
                let Some(agent) = self.agent(name) else { return };
                agent.attempt = *attempt;
                agent.state = State::Retrying { until: now.saturating_add(Duration::from_millis(*wait_ms)) };
                agent.words = last_words(reason);
            }
            Event::AgentFinished(run) => {
                let Some(agent) = self.agent(&run.name) else { return };
                agent.attempt = run.attempts;
                agent.state = State::Through { status: run.status, took_ms: run.elapsed_ms };
                agent.words = run.reason.as_deref().map(last_words).unwrap_or_default();
            }
            Event::Started { .. } | Event::Missed { .. } | Event::Finished(_) => {}
        }
    }

    /// Takes that the gate is called off. What was said more severely stays so.
    pub fn called_off(&mut self, how: CallingOff) {
        self.calling_off = self.calling_off.max(Some(how));
    }

    /// The lines, none of them wider than `columns`: the agents in the order of the gate, then how long it has been and
    /// what Ctrl-C does.
    pub fn lines(&self, now: Duration, columns: usize) -> Vec<Line> {
        let mut rows: Vec<[String; 3]> = self.agents.iter().map(|agent| agent.cells(now)).collect();
        // What an agent does matters more than all of its name.
        for [name, ..] in &mut rows {
            *name = cut(name, (columns / 2).max(8));
        }
        let widest = |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|cell| width(cell)).max();
        let [name, state, time] = [0, 1, 2].map(|at| widest(at).unwrap_or(0));
        let mut lines = Vec::new();
        for (agent, [named, stated, timed]) in self.agents.iter().zip(&rows) {
            let mut line = Line::new(columns);
            line.push(Tone::Plain, &format!("{}  ", pad(named, name)));
            line.push(agent.state.tone(), &pad(stated, state));
            let gap = " ".repeat(time - width(timed));
            line.push(Tone::Plain, &format!("  {gap}{timed}"));
            line.push(Tone::Faint, &format!("  {}", agent.words));
            lines.push(line.trimmed());
        }
        lines.push(self.last_line(now, columns));
        lines
    }

    fn last_line(&self, now: Duration, columns: usize) -> Line {
        let through = self.agents.iter().filter(|agent| matches!(agent.state, State::Through { .. })).count();
        let what = match self.calling_off {
            None => "Ctrl-C ends the agents",
            Some(CallingOff::Asked) => "ending the agents; Ctrl-C once more kills them",
            Some(CallingOff::Killed) => "killing the agents; Ctrl-C once more ends this program",
        };
        let mut line = Line::new(columns);
        let done = format!("{}   {through} of {} done; ", clock(now), self.agents.len());
        line.push(Tone::Faint, &done);
        line.push(if self.calling_off.is_some() { Tone::Busy } else { Tone::Faint }, what);
        line.trimmed()
    }

    fn agent(&mut self, name: &str) -> Option<&mut Agent> {
        self.agents.iter_mut().find(|agent| agent.name == name)
    }
}

impl Agent {
    /// Its name, its state, and how long it has been at work.
    fn cells(&self, now: Duration) -> [String; 3] {
        let attempt = |text: String| match self.attempt {
            0 | 1 => text,
            many => format!("{text}, attempt {many}"),
        };
        let since = || self.began.map(|began| clock(now.saturating_sub(began)));
        let (state, time) = match &self.state {
            State::Waiting => ("waiting".into(), None),
            State::Running => (attempt("running".into()), since()),
            State::Retrying { until } => {
                let rest = clock(until.saturating_sub(now));
                (attempt(format!("retrying in {rest}")), since())
            }
            State::Through { status, took_ms } => {
                (attempt(status.words().into()), self.began.map(|_| elapsed(*took_ms)))
            }
        };
        [last_words(&self.name), state, time.unwrap_or_default()]
    }
}

impl State {
    fn tone(&self) -> Tone {
        match self {
            Self::Waiting => Tone::Faint,
            Self::Running => Tone::Plain,
            Self::Retrying { .. } => Tone::Busy,
            Self::Through { status: Status::Ok, .. } => Tone::Good,
            Self::Through { .. } => Tone::Bad,
        }
    }
}
