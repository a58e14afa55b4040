//! The plan of a gate.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use crate::agents::consensus::{AnswerScanner, two_thirds, voters};
use crate::agents::credentials::Credential;
use crate::agents::{OrchestratorConfig, ProviderConfig};
use crate::config::redact::Masks;
use crate::retry::{ErrorClass, RetryConfig};
use crate::tree::Key;
use crate::tree::typed::Secret;

/// `EX_TEMPFAIL` of sysexits.h: "the user is invited to retry".
const TEMPORARY_FAILURE: u8 = 75;

/// The input of a gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The id of the specification.
    pub spec: String,
    /// The prompt of every agent.
    pub prompt: String,
}

/// Everything that a gate will run; it does not change while the gate runs.
///
/// [`Plan::of`] builds it from a configuration, [`Plan::new`] without one.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The stage, or another name of the gate.
    pub stage: String,
    /// The id of the specification.
    pub spec: String,
    /// The agents, in the order of the gate. Agents with equal names share one vote.
    pub agents: Vec<Agent>,
    /// How many agents must succeed; 0 counts as 1.
    pub quorum: usize,
    /// The key of the answers that must be equal for the quorum; `None`: answers are not compared.
    pub agree_on: Option<Key>,
    /// How many agents may run at the same time; 0 counts as 1.
    pub max_concurrent: usize,
    /// How long one attempt of an agent may run.
    pub timeout: Duration,
    /// How long after SIGTERM an agent is killed.
    pub grace: Duration,
    /// How many bytes of each stream of an agent are kept.
    pub output_bytes: usize,
    /// How failed agents are retried. The deadline limits only the sum of the waits; `timeout` limits each attempt.
    pub retry: RetryConfig,
}

/// One agent of a gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// The canonical name of its model.
    pub name: String,
    /// The provider of the model; agents of one provider share a circuit breaker. It may be unknown to the configuration.
    pub provider: String,
    /// The provider's own id of the model.
    pub model: String,
    /// The command to run.
    pub command: CommandLine,
    /// The retryable exit codes, without 75 ([`Agent::exits_to_retry`]).
    pub retryable_exits: Vec<u8>,
}

/// A program with its arguments, standard input and environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommandLine {
    /// The program, by name or by path.
    pub program: String,
    /// Its arguments, without the program; no shell expands them.
    pub args: Vec<String>,
    /// Its standard input; `None`: empty.
    pub stdin: Option<String>,
    /// The environment variables that it does not inherit, sorted: the credentials of other providers, those of its own that were not
    /// taken, and the client secrets of logins.
    pub withheld: Vec<String>,
    /// Its credential; `None`: it needs none. The token of a login is no part of a plan: each attempt gets its own.
    pub credential: Option<Credential>,
    /// Secret environment variables that it gets in addition to those that it inherits.
    pub environment: BTreeMap<String, Secret<String>>,
}

impl CommandLine {
    /// A program with its arguments and an empty standard input, which inherits the whole environment.
    pub fn new<A: Into<String>>(program: impl Into<String>, args: impl IntoIterator<Item = A>) -> Self {
        Self { program: program.into(), args: args.into_iter().map(Into::into).collect(), ..Self::default() }
    }
}

impl Agent {
    /// An agent of a provider of its own, without a model.
    pub fn new(name: impl Into<String>, command: CommandLine) -> Self {
        let name = name.into();
        let (provider, retryable_exits) = (name.clone(), ProviderConfig::retryable_exits());
        Self { name, provider, model: String::new(), command, retryable_exits }
    }

    /// The retryable exit codes: 75 and [`Agent::retryable_exits`]. They count as failures for the circuit breaker of the
    /// provider.
    ///
    /// ```
    /// use speckit_core::agents::gate::{Agent, CommandLine};
    /// let agent = Agent { retryable_exits: vec![69], ..Agent::new("claude", CommandLine::default()) };
    /// assert!(agent.exits_to_retry().into_iter().eq([69, 75]));
    /// ```
    pub fn exits_to_retry(&self) -> BTreeSet<u8> {
        self.retryable_exits.iter().copied().chain([TEMPORARY_FAILURE]).collect()
    }

    /// The error class of an exit code other than 0.
    pub fn exit_class(&self, code: i32) -> ErrorClass {
        match u8::try_from(code) {
            Ok(code) if self.exits_to_retry().contains(&code) => ErrorClass::Retryable,
            _ => ErrorClass::Permanent,
        }
    }
}

impl Plan {
    /// A plan with the embedded defaults of `orchestrator` and `retry`. The quorum is two thirds of [`Plan::voters`], rounded
    /// up.
    ///
    /// ```
    /// use speckit_core::agents::gate::{Agent, CommandLine, Plan};
    /// let lint = |name: &str| Agent::new(name, CommandLine::new(name, ["--quiet"]));
    /// let plan = Plan { max_concurrent: 2, ..Plan::new("lint", "v1.2", ["a", "b", "c"].map(lint)) };
    /// assert_eq!((plan.quorum, plan.timeout.as_secs(), plan.output_bytes), (2, 300, 65_536));
    /// ```
    pub fn new(
        stage: impl Into<String>,
        spec: impl Into<String>,
        agents: impl IntoIterator<Item = Agent>,
    ) -> Self {
        let agents: Vec<Agent> = agents.into_iter().collect();
        let (orchestrator, retry) = (&OrchestratorConfig::default(), RetryConfig::default());
        let plan = Self::with(orchestrator, retry, stage.into(), spec.into(), agents, 0);
        Self { quorum: two_thirds(plan.voters()), ..plan }
    }

    /// The number of votes: agents with equal names share one.
    pub fn voters(&self) -> usize {
        voters(self.agents.iter().map(|agent| &agent.name))
    }

    /// The scanner that finds the answer of an agent in its unmasked standard output; `None`: answers are not compared.
    pub fn scanner(&self, agent: &Agent, masks: &Arc<Masks>) -> Option<AnswerScanner> {
        let CommandLine { args, stdin, .. } = &agent.command;
        let prompts = args.iter().chain(stdin).map(String::as_str);
        self.agree_on.clone().map(|key| AnswerScanner::new(key, prompts, Arc::clone(masks)))
    }

    pub(super) fn with(
        orchestrator: &OrchestratorConfig,
        retry: RetryConfig,
        stage: String,
        spec: String,
        agents: Vec<Agent>,
        quorum: usize,
    ) -> Self {
        Self {
            stage,
            spec,
            agents,
            quorum,
            agree_on: None,
            max_concurrent: orchestrator.max_concurrent.max(1) as usize,
            timeout: orchestrator.agent_timeout(),
            grace: orchestrator.grace(),
            output_bytes: orchestrator.output_bytes(),
            retry,
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;

    use super::*;
    use crate::agents::gate::Event;

    #[test]
    fn only_75_and_the_configured_exit_codes_are_retryable() {
        let retryable = |listed: &[u8]| {
            let agent = Agent { retryable_exits: listed.into(), ..Agent::new("a", CommandLine::default()) };
            (-255..=600).filter(|code| agent.exit_class(*code) == ErrorClass::Retryable).collect::<Vec<_>>()
        };
        assert_eq!(retryable(&[]), [75]);
        assert_eq!(retryable(&[200, 1]), [1, 75, 200]);
    }

    #[test]
    fn agents_with_equal_names_share_one_vote() {
        let agent = |name: &str| Agent::new(name, CommandLine::default());
        let plan = Plan::new("lint", "v1.2", ["a", "b", "a", "a", "a"].map(agent));
        assert_eq!((plan.quorum, plan.voters()), (2, 2));
        assert!(plan.to_text().contains("quorum       2 of 2\n"), "{}", plan.to_text());
        assert_eq!(plan.to_json()["total"], 2);
        let agents = plan.agents.iter().map(|agent| agent.name.clone()).collect();
        let started = Event::Started { stage: plan.stage, spec: plan.spec, agents, quorum: plan.quorum };
        assert_eq!(started.to_string(), "lint for v1.2 begins, quorum 2 of 2: a, b, a, a, a");
    }
}
