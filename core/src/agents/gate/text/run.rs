//! Results of gates as text.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::{short, table, visible_line};
use crate::agents::consensus::{Side, Unanswered};
use crate::agents::gate::measures::{elapsed, size};
use crate::agents::gate::run::{AgentRun, Run, Status};
use crate::agents::gate::signal;
use crate::text::{count, rfc3339, visible};

impl Run {
    /// The verdict, a line for each agent, and the answers.
    pub fn to_text(&self) -> String {
        let rows: Vec<Vec<String>> = self.agents.iter().map(row).collect();
        format!("{}\n{}{}", self.headline(), table(&rows, &[4], "  "), self.sides())
    }

    /// As [`Run::to_text`], with the output of the agents.
    pub fn to_text_with_outputs(&self) -> String {
        let mut text = self.to_text();
        for agent in &self.agents {
            let name = visible(&agent.name);
            for (stream, written) in [("stdout", &agent.output.stdout), ("stderr", &agent.output.stderr)] {
                let what = if written.is_empty() { "nothing".into() } else { size(written.len() as u64) };
                text.push_str(&format!("\n{name}, {stream}: {what}\n"));
                text.extend(written.lines().map(indented));
            }
        }
        text
    }

    /// `plan for SPEC-1: degraded, 2 of 3 agents (quorum 2)`.
    pub(in crate::agents::gate) fn headline(&self) -> String {
        let decision = &self.decision;
        let accepted = if decision.is_refused() { ", not accepted" } else { "" };
        let cancelled = if self.cancelled { ", cancelled" } else { "" };
        format!(
            "{} for {}: {}, {}{} of {} (quorum {}){accepted}{cancelled}",
            visible(&self.stage),
            visible(&self.spec),
            decision.verdict.name(),
            if decision.is_tied() { "a tie at " } else { "" },
            decision.ok,
            count(decision.total, "agent"),
            decision.quorum,
        )
    }

    /// The compared answers, with the agents that gave them.
    fn sides(&self) -> String {
        let decision = &self.decision;
        let side = |label: &str, side: &Side| {
            Vec::from([format!("{label:<10}"), short(&side.answer), visible(&side.agents.join(", "))])
        };
        let mut rows: Vec<Vec<String>> =
            decision.majority.iter().map(|answer| side("majority", answer)).collect();
        rows.extend(decision.dissent.iter().map(|other| side("dissent", other)));
        let tie =
            if decision.is_tied() { "majority     none: the most frequent answers are tied\n" } else { "" };
        let unanswered = |of: &Unanswered| {
            let line = format!("unanswered   {}: {}", visible(&of.agent), visible(&of.reason));
            format!("{}\n", line.trim_end())
        };
        let unanswered: String = decision.unanswered.iter().map(unanswered).collect();
        format!("{tie}{}{unanswered}", table(&rows, &[], ""))
    }
}

impl AgentRun {
    /// Its result in one line: `failed after 3.0 s, 3 attempts, exit 75: 3 attempts are allowed`.
    pub(in crate::agents::gate) fn in_words(&self) -> String {
        let time =
            if self.attempts == 0 { String::new() } else { format!(" after {}", elapsed(self.elapsed_ms)) };
        let mut text = format!("{}{time}", self.status.words());
        for part in [attempts(self), ending(self)].iter().filter(|part| !part.is_empty()) {
            text.push_str(&format!(", {part}"));
        }
        match notes(self) {
            notes if notes.is_empty() => text,
            notes => text + ": " + &notes,
        }
    }
}

/// Name, status, attempts, ending, time and notes.
fn row(agent: &AgentRun) -> Vec<String> {
    let time = if agent.attempts == 0 { String::new() } else { elapsed(agent.elapsed_ms) };
    Vec::from([
        visible(&agent.name),
        agent.status.words().into(),
        attempts(agent),
        ending(agent),
        time,
        notes(agent),
    ])
}

fn attempts(agent: &AgentRun) -> String {
    if agent.attempts > 1 { format!("{} attempts", agent.attempts) } else { String::new() }
}

/// Empty if the reason begins with it.
fn ending(agent: &AgentRun) -> String {
    let reason = agent.reason.as_deref().unwrap_or_default();
    let is_in_reason = |words: &str| {
        let rest = reason.strip_prefix(words);
        rest.is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_digit()))
    };
    match (agent.signal, agent.exit) {
        (Some(number), _) if is_in_reason(&format!("signal {number}")) => String::new(),
        (None, Some(code)) if is_in_reason(&format!("exit {code}")) => String::new(),
        (Some(number), _) => match signal::name(number) {
            Some(name) => format!("{name} ({number})"),
            None => format!("signal {number}"),
        },
        (None, Some(0)) if agent.status == Status::Ok => String::new(),
        (None, Some(code)) => format!("exit {code}"),
        (None, None) => String::new(),
    }
}

fn notes(agent: &AgentRun) -> String {
    let mut notes: Vec<String> = Vec::new();
    if agent.dropped_bytes > 0 {
        notes.push(format!("{} of its output dropped", size(agent.dropped_bytes)));
    }
    if agent.leaked {
        notes.push(leak(agent));
    }
    notes.extend(agent.reason.as_deref().map(visible));
    notes.join("; ")
}

fn leak(agent: &AgentRun) -> String {
    match agent
        .left
        .iter()
        .map(|one| format!("{} (`{}`)", one.pid, short(&one.command)))
        .collect::<Vec<_>>()
        .as_slice()
    {
        [] => "a process that left its group may still be running".into(),
        [one] => format!("process {one} may still be running"),
        many => format!("processes {} may still be running", many.join(", ")),
    }
}

/// One indented line of output.
fn indented(line: &str) -> String {
    let line = format!("    {}", visible_line(line));
    format!("{}\n", line.trim_end())
}

/// Runs with their numbers as a table, in the given order: number, start, stage, specification, verdict, counted agents,
/// elapsed time. A sentence if there are none.
pub fn list_text(runs: &[(i64, Run)]) -> String {
    let row = |(number, run): &(i64, Run)| {
        let verdict = run.decision.verdict.name();
        Vec::from([
            number.to_string(),
            rfc3339(run.started_at_ms),
            visible(&run.stage),
            short(&run.spec),
            match (run.cancelled, run.decision.is_refused()) {
                (true, _) => format!("{verdict}, cancelled"),
                (_, true) => format!("{verdict}, not accepted"),
                _ => verdict.into(),
            },
            format!("{}/{}", run.decision.ok, run.decision.total),
            elapsed(run.elapsed_ms),
        ])
    };
    match runs {
        [] => "no run of a gate is stored\n".into(),
        runs => table(&runs.iter().map(row).collect::<Vec<_>>(), &[0, 5, 6], ""),
    }
}
