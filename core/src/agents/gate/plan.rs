//! What a gate is going to do.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use crate::agents::consensus::{AnswerScanner, two_thirds, voters};
use crate::agents::{OrchestratorConfig, ProviderConfig};
use crate::config::redact::Masks;
use crate::retry::{ErrorClass, RetryConfig};
use crate::tree::Key;

/// `EX_TEMPFAIL` of sysexits.h: "the user is invited to retry".
const TEMPORARY_FAILURE: u8 = 75;

/// What a gate is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The id of the specification that the work is about.
    pub spec: String,
    /// What every agent is told.
    pub prompt: String,
}

/// What a gate is going to do: nothing in it changes while it runs.
///
/// [`Plan::of`] makes it from the configuration, and [`Plan::new`] without one.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The stage, or whatever else the gate is called.
    pub stage: String,
    /// The id of the specification.
    pub spec: String,
    /// The agents, in the order of the gate. In the ballot those with equal names are one.
    pub agents: Vec<Agent>,
    /// How many agents have to succeed; 0 is 1.
    pub quorum: usize,
    /// The key of the agents' answers that has to be equal for the quorum.
    pub agree_on: Option<Key>,
    /// How many agents run at the same time; 0 is 1.
    pub max_concurrent: usize,
    /// How long one attempt of an agent may run.
    pub timeout: Duration,
    /// How long an agent that must end has for it before it is killed.
    pub grace: Duration,
    /// How many bytes of each stream of an agent are kept.
    pub output_bytes: usize,
    /// How a failed agent is tried again. Attempts have a time-out of their own, so the deadline is one of the waits alone.
    pub retry: RetryConfig,
}

/// One agent of a gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// The canonical name of its model.
    pub name: String,
    /// Who offers the model: agents of one provider share a circuit breaker. It need not be one that the configuration knows.
    pub provider: String,
    /// The provider's own id of the model.
    pub model: String,
    /// What is run.
    pub command: CommandLine,
    /// The exit codes that are worth another attempt beside 75 ([`Agent::exits_to_retry`]).
    pub retryable_exits: Vec<u8>,
}

/// A program with all that it is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommandLine {
    /// The program, by name or by path.
    pub program: String,
    /// Its arguments, without the program; no shell sees them.
    pub args: Vec<String>,
    /// What it reads from its standard input; `None`: that is empty.
    pub stdin: Option<String>,
    /// The variables of the environment that it does not inherit, sorted: the API keys of other providers.
    pub withheld: Vec<String>,
    /// The variable of its own API key.
    pub api_key_env: Option<String>,
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

    /// The exit codes that are worth another attempt: 75 always, and [`Agent::retryable_exits`]. They count against the
    /// provider's circuit breaker.
    ///
    /// ```
    /// use speckit_core::agents::gate::{Agent, CommandLine};
    /// let agent = Agent { retryable_exits: vec![69], ..Agent::new("claude", CommandLine::default()) };
    /// assert!(agent.exits_to_retry().into_iter().eq([69, 75]));
    /// ```
    pub fn exits_to_retry(&self) -> BTreeSet<u8> {
        self.retryable_exits.iter().copied().chain([TEMPORARY_FAILURE]).collect()
    }

    /// The class of an exit code that is no success.
    pub fn exit_class(&self, code: i32) -> ErrorClass {
        match u8::try_from(code) {
            Ok(code) if self.exits_to_retry().contains(&code) => ErrorClass::Retryable,
            _ => ErrorClass::Permanent,
        }
    }
}

impl Plan {
    /// A plan with two thirds of [`Plan::voters`], rounded up, as the quorum, and all else as in the embedded defaults of
    /// `orchestrator` and `retry`.
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
        let quorum = two_thirds(voters(agents.iter().map(|agent| &agent.name)));
        Self::with(orchestrator, retry, stage.into(), spec.into(), agents, quorum)
    }

    /// How many votes there are: agents with equal names have one.
    pub fn voters(&self) -> usize {
        voters(self.agents.iter().map(|agent| &agent.name))
    }

    /// What finds the answer of an agent in its standard output, which is not masked yet; `None` where answers are not compared.
    pub fn scanner(&self, agent: &Agent, masks: &Arc<Masks>) -> Option<AnswerScanner> {
        let CommandLine { args, stdin, .. } = &agent.command;
        let prompts = args.iter().chain(stdin).map(String::as_str);
        self.agree_on.clone().map(|key| AnswerScanner::new(key, prompts, Arc::clone(masks)))
    }

    /// The same with these settings.
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
    fn of_exit_codes_only_75_and_those_that_are_listed_are_tried_again() {
        let retryable = |listed: &[u8]| {
            let agent = Agent { retryable_exits: listed.into(), ..Agent::new("a", CommandLine::default()) };
            (-255..=600).filter(|code| agent.exit_class(*code) == ErrorClass::Retryable).collect::<Vec<_>>()
        };
        assert_eq!(retryable(&[]), [75]);
        assert_eq!(retryable(&[200, 1]), [1, 75, 200]);
    }

    #[test]
    fn agents_with_equal_names_are_one_for_the_quorum() {
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
