//! Whether enough agents of a gate succeeded, and whether they say the same.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

mod answer;
mod json;

pub use answer::{AnswerScanner, LONGEST_OBJECT, NoAnswer, answer};

/// How many of `agents` are a quorum where nothing else is said: two thirds, rounded up.
///
/// ```
/// use speckit_core::agents::consensus::two_thirds;
/// assert_eq!([1, 2, 3, 4, 5].map(two_thirds), [1, 2, 2, 3, 4]);
/// ```
pub fn two_thirds(agents: usize) -> usize {
    agents - agents / 3
}

/// How many agents the ballot of these names has: one that is named twice is one.
pub(crate) fn voters<'a>(names: impl IntoIterator<Item = &'a String>) -> usize {
    names.into_iter().collect::<BTreeSet<_>>().len()
}

/// What became of an agent, as far as the quorum is concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Vote {
    /// It failed.
    Failed,
    /// It succeeded, and no more is asked of it.
    Succeeded,
    /// It succeeded and gave this answer, as compact JSON; equal answers agree.
    Answered(String),
    /// It succeeded without the answer that was asked for; why.
    Unanswered(String),
}

/// What became of a vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cast {
    /// It counts.
    Counted,
    /// The agent has voted before, and its first vote counts.
    Repeated,
    /// The ballot was closed before.
    Late,
    /// The gate has no such agent.
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

/// How a gate ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Every agent succeeded, and all agree.
    Full,
    /// Not all, but a quorum.
    Degraded,
    /// Fewer than the quorum, or two answers that are given equally often and more often than every other.
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

/// One answer, and who gave it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// The answer, as compact JSON.
    pub answer: String,
    /// Who gave it, in the order of the gate.
    pub agents: Vec<String>,
}

/// An agent that succeeded without the answer that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unanswered {
    /// Its name.
    pub agent: String,
    /// Why it has none.
    pub reason: String,
}

/// What the votes of a gate come to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// How it ends.
    pub verdict: Verdict,
    /// How many agents count for it: those that succeeded, or, where answers are asked for, those of the largest side.
    pub ok: usize,
    /// How many agents the gate has.
    pub total: usize,
    /// How many have to count for it.
    pub quorum: usize,
    /// The largest side; `None` where no answers are asked for, or two sides are equally large.
    pub majority: Option<Side>,
    /// The other sides: the larger first, then by the order of the gate.
    pub dissent: Vec<Side>,
    /// Who succeeded without an answer, in the order of the gate.
    pub unanswered: Vec<Unanswered>,
    /// Who failed or never voted, in the order of the gate.
    pub failed: Vec<String>,
}

impl Decision {
    /// Whether there is no largest side among those that gave an answer.
    pub fn is_tied(&self) -> bool {
        self.majority.is_none() && !self.dissent.is_empty()
    }
}

impl Ballot {
    /// The ballot of these agents, of which so many have to agree: at least one. An agent that is named twice is one. A quorum
    /// that is larger than the gate is never there.
    pub fn new<N: Into<String>>(agents: impl IntoIterator<Item = N>, quorum: usize) -> Self {
        let mut votes: Vec<(String, Option<Vote>)> = Vec::new();
        for agent in agents.into_iter().map(Into::into) {
            if !votes.iter().any(|(known, _)| *known == agent) {
                votes.push((agent, None));
            }
        }
        Self { quorum: quorum.max(1), votes, is_closed: false }
    }

    /// Takes the vote of an agent. The first one counts.
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

    /// Tells whether every agent has voted.
    pub fn is_complete(&self) -> bool {
        self.votes.iter().all(|(_, vote)| vote.is_some())
    }

    /// Ends it, and counts. Who has not voted has failed; closing it again gives the same.
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
        Decision { verdict, ok, total, quorum: self.quorum, majority, dissent, unanswered, failed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided(quorum: usize, votes: &[(&str, Vote)]) -> Decision {
        let mut ballot = Ballot::new(votes.iter().map(|(agent, _)| *agent), quorum);
        for (agent, vote) in votes {
            assert_eq!(ballot.cast(agent, vote.clone()), Cast::Counted);
        }
        ballot.close()
    }

    fn says(answer: &str) -> Vote {
        Vote::Answered(answer.into())
    }

    #[test]
    fn who_has_not_voted_has_failed() {
        let mut ballot = Ballot::new(["a", "b", "c"], 2);
        assert_eq!(ballot.cast("a", Vote::Succeeded), Cast::Counted);
        assert_eq!(ballot.cast("c", Vote::Succeeded), Cast::Counted);
        assert!(!ballot.is_complete());
        let decision = ballot.close();
        assert_eq!((decision.verdict, decision.failed.as_slice()), (Verdict::Degraded, &["b".into()][..]));
        assert_eq!(ballot.cast("b", Vote::Succeeded), Cast::Late);
        assert_eq!(ballot.close(), decision);
    }

    #[test]
    fn the_first_vote_counts_and_strangers_have_none() {
        let mut ballot = Ballot::new(["a", "a"], 1);
        assert_eq!(ballot.cast("a", Vote::Failed), Cast::Counted);
        assert_eq!(ballot.cast("a", Vote::Succeeded), Cast::Repeated);
        assert_eq!(ballot.cast("b", Vote::Succeeded), Cast::Unknown);
        assert!(ballot.is_complete());
        let decision = ballot.close();
        assert_eq!((decision.verdict, decision.ok, decision.total), (Verdict::Insufficient, 0, 1));
    }

    #[test]
    fn two_answers_that_are_given_equally_often_decide_nothing() {
        let decision = decided(2, &[("a", says("1")), ("b", says("2")), ("c", says("2")), ("d", says("1"))]);
        assert_eq!((decision.verdict, decision.ok, &decision.majority), (Verdict::Insufficient, 2, &None));
        let sides: Vec<_> =
            decision.dissent.iter().map(|side| (side.answer.as_str(), &side.agents)).collect();
        assert_eq!(
            sides,
            [("1", &Vec::from(["a".into(), "d".into()])), ("2", &Vec::from(["b".into(), "c".into()]))]
        );
    }

    #[test]
    fn who_succeeded_without_an_answer_does_not_count_and_is_named() {
        let unanswered = Vote::Unanswered("no object".into());
        let decision =
            decided(2, &[("a", says("1")), ("b", unanswered), ("c", says("1")), ("d", Vote::Failed)]);
        assert_eq!((decision.verdict, decision.ok), (Verdict::Degraded, 2));
        assert_eq!(decision.unanswered, [Unanswered { agent: "b".into(), reason: "no object".into() }]);
        assert_eq!(decision.failed, ["d"]);
    }

    #[test]
    fn nobody_is_never_a_quorum() {
        assert_eq!(decided(0, &[]).verdict, Verdict::Insufficient);
        assert_eq!(decided(3, &[("a", Vote::Succeeded)]).verdict, Verdict::Insufficient);
        assert_eq!(two_thirds(0), 0);
        assert_eq!(two_thirds(usize::MAX), usize::MAX / 3 * 2);
    }
}
