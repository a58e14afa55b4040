//! Consensus: whether enough agents of a gate succeeded, and whether their answers agree.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

mod answer;
mod document;
mod json;
mod json_text;
mod no_answer;
mod output;
mod pointer;

pub use answer::{AnswerScanner, LONGEST_OBJECT, answer};
pub(crate) use json::compact;
pub use no_answer::NoAnswer;
pub use output::{OutputReader, OutputReading};
pub use pointer::{JsonPointer, PointerError};

/// The default quorum of `agents`: two thirds, rounded up.
///
/// ```
/// use speckit_core::agents::consensus::two_thirds;
/// assert_eq!([1, 2, 3, 4, 5].map(two_thirds), [1, 2, 2, 3, 4]);
/// ```
pub fn two_thirds(agents: usize) -> usize {
    agents - agents / 3
}

/// The number of distinct names, each of which has one vote.
pub(crate) fn voters<'a>(names: impl IntoIterator<Item = &'a String>) -> usize {
    names.into_iter().collect::<BTreeSet<_>>().len()
}

/// The vote of an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Vote {
    /// It failed.
    Failed,
    /// It succeeded, and answers are not compared.
    Succeeded,
    /// It succeeded and gave this answer, as compact JSON; equal answers agree.
    Answered(String),
    /// It succeeded without an answer; why.
    Unanswered(String),
}

/// What a ballot did with a vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cast {
    /// It counts.
    Counted,
    /// The agent has already voted; its first vote counts.
    Repeated,
    /// The ballot is closed.
    Late,
    /// The ballot has no such agent.
    Unknown,
}

/// The ballot of one gate.
///
/// ```
/// use speckit_core::agents::consensus::{Ballot, Cast, Verdict, Vote};
/// let mut ballot = Ballot::new(["claude", "gemini", "gpt_pro"], 2);
/// ballot.cast("claude", Vote::Answered("\"approve\"".into()));
/// ballot.cast("gemini", Vote::Answered("\"reject\"".into()));
/// assert_eq!(ballot.cast("gemini", Vote::Failed), Cast::Repeated);
/// ballot.cast("gpt_pro", Vote::Answered("\"approve\"".into()));
/// let decision = ballot.close();
/// assert_eq!((decision.verdict, decision.ok), (Verdict::Degraded, 2));
/// assert_eq!(decision.dissent[0].agents, ["gemini"]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ballot {
    quorum: usize,
    votes: Vec<(String, Option<Vote>)>,
    is_closed: bool,
}

/// The verdict of a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// All agents succeeded and agree.
    Full,
    /// Not all, but a quorum.
    Degraded,
    /// Fewer than the quorum, or a tie of the most frequent answers.
    Insufficient,
}

impl Verdict {
    /// The name that events and tables use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Degraded => "degraded",
            Self::Insufficient => "insufficient",
        }
    }
}

/// An answer and the agents that gave it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// The answer, as compact JSON.
    pub answer: String,
    /// The agents that gave it, in the order of the gate.
    pub agents: Vec<String>,
}

/// An agent that succeeded without an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unanswered {
    /// Its name.
    pub agent: String,
    /// Why it has no answer.
    pub reason: String,
}

/// The result of a ballot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The verdict.
    pub verdict: Verdict,
    /// How many agents count: those that succeeded, or, if answers are compared, those of the largest side.
    pub ok: usize,
    /// How many agents the gate has.
    pub total: usize,
    /// How many must count.
    pub quorum: usize,
    /// The largest side; `None`: answers are not compared, or the largest sides are tied.
    pub majority: Option<Side>,
    /// The other sides: larger ones first, then in the order of the gate.
    pub dissent: Vec<Side>,
    /// The agents that succeeded without an answer, in the order of the gate.
    pub unanswered: Vec<Unanswered>,
    /// The agents that failed or did not vote, in the order of the gate.
    pub failed: Vec<String>,
    /// Whether the answer of the majority means yes; `None`: there is no majority, or the gate does not say which answers do.
    #[serde(default)]
    pub accepted: Option<bool>,
}

impl Decision {
    /// The decision of a gate at which these answers mean yes; `None`: every answer does.
    #[must_use]
    pub fn accepting(self, answers: Option<&[String]>) -> Self {
        let means_yes = |answers: &[String]| Some(answers.contains(&self.majority.as_ref()?.answer));
        Self { accepted: answers.and_then(means_yes), ..self }
    }

    /// Whether there is a quorum for an answer that does not mean yes.
    pub fn is_refused(&self) -> bool {
        self.verdict != Verdict::Insufficient && self.accepted == Some(false)
    }

    /// Whether the largest sides are tied.
    pub fn is_tied(&self) -> bool {
        self.majority.is_none() && !self.dissent.is_empty()
    }
}

impl Ballot {
    /// The ballot of these agents with a quorum, at least 1. A repeated agent has one vote. A quorum above the number of
    /// agents is never reached.
    pub fn new<N: Into<String>>(agents: impl IntoIterator<Item = N>, quorum: usize) -> Self {
        let mut votes: Vec<(String, Option<Vote>)> = Vec::new();
        for agent in agents.into_iter().map(Into::into) {
            if !votes.iter().any(|(known, _)| *known == agent) {
                votes.push((agent, None));
            }
        }
        Self { quorum: quorum.max(1), votes, is_closed: false }
    }

    /// Takes the vote of an agent. Only its first vote counts.
    pub fn cast(&mut self, agent: &str, vote: Vote) -> Cast {
        if self.is_closed {
            return Cast::Late;
        }
        match self.votes.iter_mut().find(|(name, _)| name == agent) {
            None => Cast::Unknown,
            Some((_, Some(_))) => Cast::Repeated,
            Some((_, empty)) => {
                *empty = Some(vote);
                Cast::Counted
            }
        }
    }

    /// Whether every agent has voted.
    pub fn is_complete(&self) -> bool {
        self.votes.iter().all(|(_, vote)| vote.is_some())
    }

    /// Closes the ballot and counts the votes. An agent without a vote has failed. Closing it again returns the same decision.
    pub fn close(&mut self) -> Decision {
        self.is_closed = true;
        let mut sides: BTreeMap<&str, (usize, Vec<String>)> = BTreeMap::new();
        let (mut succeeded, mut unanswered, mut failed) = (0, Vec::new(), Vec::new());
        for (place, (agent, vote)) in self.votes.iter().enumerate() {
            match vote {
                None | Some(Vote::Failed) => failed.push(agent.clone()),
                Some(Vote::Succeeded) => succeeded += 1,
                Some(Vote::Answered(answer)) => {
                    sides.entry(answer).or_insert_with(|| (place, Vec::new())).1.push(agent.clone());
                }
                Some(Vote::Unanswered(reason)) => {
                    unanswered.push(Unanswered { agent: agent.clone(), reason: reason.clone() });
                }
            }
        }
        let mut sides: Vec<_> = sides.into_iter().collect();
        sides.sort_by_key(|(_, (place, agents))| (core::cmp::Reverse(agents.len()), *place));
        let sizes: Vec<usize> = sides.iter().map(|(_, (_, agents))| agents.len()).collect();
        let is_tied = matches!(sizes.as_slice(), [first, second, ..] if first == second);
        let mut sides = sides.into_iter().map(|(answer, (_, agents))| Side { answer: answer.into(), agents });
        let majority = if is_tied { None } else { sides.next() };
        let ok = succeeded + sizes.first().copied().unwrap_or(0);
        let total = self.votes.len();
        let verdict = if is_tied || ok < self.quorum {
            Verdict::Insufficient
        } else if ok == total {
            Verdict::Full
        } else {
            Verdict::Degraded
        };
        let dissent = sides.collect();
        let quorum = self.quorum;
        Decision { verdict, ok, total, quorum, majority, dissent, unanswered, failed, accepted: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_and_largest_gates_have_a_quorum() {
        assert_eq!(two_thirds(0), 0);
        assert_eq!(two_thirds(usize::MAX), usize::MAX / 3 * 2);
        assert_eq!(Ballot::new([""; 0], 0).close().verdict, Verdict::Insufficient);
    }
}
