//! What came of one agent, and its vote.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use core::ops::Range;
use core::time::Duration;

use crate::agents::consensus::{Vote, answer, answer_across_gap};
use crate::agents::gate::plan::{Agent, CommandLine, Plan};
use crate::agents::gate::run::{AgentRun, Attempt, Ending, Output, Status};
use crate::config::redact::Masks;
use crate::tree::{Key, REDACTED};

/// The gate at one moment.
pub(super) struct Gate<'a> {
    pub(super) plan: &'a Plan,
    /// What no text may show.
    pub(super) masks: &'a Masks,
    /// Since 1970-01-01T00:00:00Z.
    pub(super) started_at: Duration,
    /// Since the gate began.
    pub(super) now: Duration,
}

/// What an agent has done so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Share {
    /// How many attempts have started, or were refused.
    pub(super) attempts: u32,
    /// When the first one began.
    pub(super) begun_at: Option<Duration>,
    /// The last one of them, once it has ended.
    pub(super) last: Option<Attempt>,
    /// Whether a process of any of them may be running yet.
    pub(super) is_leaked: bool,
}

/// An agent that is through.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    /// Without its output.
    pub(super) run: AgentRun,
    pub(super) output: Output,
    pub(super) vote: Vote,
    /// Whether it did not come to its own end.
    pub(super) is_cut_short: bool,
}

impl Outcome {
    pub(super) fn new(
        share: Share,
        agent: &Agent,
        gate: &Gate<'_>,
        status: Status,
        reason: Option<String>,
        is_cut_short: bool,
    ) -> Self {
        let (exit, signal) = match share.last.as_ref().map(|attempt| &attempt.ending) {
            Some(Ending::Exited { code }) => (Some(*code), None),
            Some(Ending::Signalled { signal }) => (None, Some(*signal)),
            _ => (None, None),
        };
        let (stdout, stderr) = share.last.map(|attempt| (attempt.stdout, attempt.stderr)).unwrap_or_default();
        let (dropped_bytes, more) = (stdout.dropped_bytes(), stderr.dropped_bytes());
        let (stdout, missing) = stdout.into_text_with_gap();
        let vote = vote(status, &stdout, missing.map(|place| (place, dropped_bytes)), &agent.command, gate);
        let output = Output { stdout, stderr: stderr.into_text() };
        let run = AgentRun {
            name: agent.name.clone(),
            model: agent.model.clone(),
            status,
            attempts: share.attempts,
            exit,
            signal,
            reason: reason.map(|reason| gate.masks.scrub(&reason)),
            elapsed_ms: share.begun_at.map_or(0, |begun| millis(gate.now.saturating_sub(begun))),
            leaked: share.is_leaked,
            dropped_bytes: dropped_bytes.saturating_add(more),
            ended_at_ms: millis(gate.started_at.saturating_add(gate.now)),
            output: Output::default(),
        };
        Self { run, output, vote, is_cut_short }
    }
}

/// Of its standard output something may be missing: where that is noted, and how many bytes.
fn vote(
    status: Status,
    stdout: &str,
    missing: Option<(Range<usize>, u64)>,
    command: &CommandLine,
    gate: &Gate<'_>,
) -> Vote {
    if status != Status::Ok {
        return Vote::Failed;
    }
    let Some(key) = &gate.plan.agree_on else { return Vote::Succeeded };
    let own = |output| without_echo(output, command, key);
    let found = match &missing {
        None => answer(&own(stdout), key),
        Some((note, _)) => {
            let [head, tail] =
                [stdout.get(..note.start), stdout.get(note.end..)].map(Option::unwrap_or_default);
            answer_across_gap(&own(head), &own(tail), key)
        }
    };
    let why_not = match found {
        // Two secrets look the same once they are masked.
        Ok(answer) if answer.contains(REDACTED) || gate.masks.scrub(&answer) != answer => {
            format!("its answer at `{key}` holds a secret, which is masked")
        }
        Ok(answer) => return Vote::Answered(answer),
        Err(none) => match missing {
            None => format!("{none}"),
            Some((_, bytes)) => {
                format!("{none}; {bytes} bytes of it were not kept: raise `orchestrator.output_kib`")
            }
        },
    };
    Vote::Unanswered(gate.masks.scrub(&why_not))
}

/// An output without what its agent only says after: many show first what they were told, and that may hold an example of an
/// answer. Something stands in its place, so that no object reaches across.
fn without_echo<'o>(output: &'o str, command: &CommandLine, key: &Key) -> Cow<'o, str> {
    let mut output = Cow::Borrowed(output);
    for told in command.args.iter().chain(&command.stdin).map(|told| told.trim()) {
        // One that is nothing but an object may be the answer, too.
        let is_more = !(told.starts_with('{') && told.ends_with('}'));
        if is_more && answer(told, key).is_ok() && output.contains(told) {
            output = output.replace(told, "\n\u{1}\n").into();
        }
    }
    output
}

/// Whole milliseconds.
pub(super) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
