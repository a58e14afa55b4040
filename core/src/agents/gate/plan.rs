//! The plan of a gate.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use super::run::{Attempt, Ending};
use crate::agents::consensus::{AnswerScanner, OutputReader, two_thirds, voters};
use crate::agents::credentials::Credential;
use crate::agents::{OrchestratorConfig, OutputRules, ProviderConfig};
use crate::config::redact::Masks;
use crate::retry::{ErrorClass, Failure, RetryConfig, RetryOverrides};
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
    /// The answers that mean yes, as compact JSON; `None`: every answer that enough agents give does.
    pub accept: Option<Vec<String>>,
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
#[derive(Clone, Debug, PartialEq)]
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
    /// How its output is read.
    pub output: OutputRules,
    /// What replaces [`Plan::retry`] for it.
    pub retry: RetryOverrides,
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
    /// The environment variables that it does not inherit, sorted: all secrets that are not its credential.
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

    /// This command line, which does not inherit these variables either, unless one holds its credential.
    #[must_use]
    pub fn withholding(mut self, variables: &BTreeSet<String>) -> Self {
        let own = self.credential.as_ref().map(Credential::variable);
        let others = variables.iter().filter(|variable| own != Some(variable.as_str())).cloned();
        let all: BTreeSet<String> = self.withheld.into_iter().chain(others).collect();
        self.withheld = all.into_iter().collect();
        self
    }
}

impl Agent {
    /// An agent of a provider of its own, without a model.
    pub fn new(name: impl Into<String>, command: CommandLine) -> Self {
        let name = name.into();
        let (provider, retryable_exits) = (name.clone(), ProviderConfig::retryable_exits());
        let (output, retry) = (OutputRules::default(), RetryOverrides::default());
        Self { name, provider, model: String::new(), command, retryable_exits, output, retry }
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

    /// Why an attempt of the agent that ended by itself failed: a failure pattern, an error in its output, or its exit. `None`: it did
    /// not, or did not end by itself.
    pub fn failure(&self, attempt: &Attempt) -> Option<Failure> {
        let found = self.output.failure(&attempt.stdout, &attempt.stderr).map(|found| found.failure);
        match attempt.ending {
            Ending::Exited { .. } | Ending::Signalled { .. } if found.is_some() => found,
            Ending::Exited { code: 0 } if attempt.reading.error.is_none() => None,
            Ending::Exited { code } => Some(self.exit_class(code).into()),
            Ending::Signalled { .. } => Some(ErrorClass::Permanent.into()),
            _ => None,
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

    /// This plan, whose agents do not inherit these variables either, unless one holds their credential.
    #[must_use]
    pub fn withholding(mut self, variables: &BTreeSet<String>) -> Self {
        let withhold = |agent: Agent| Agent { command: agent.command.withholding(variables), ..agent };
        self.agents = self.agents.into_iter().map(withhold).collect();
        self
    }

    /// The number of votes: agents with equal names share one.
    pub fn voters(&self) -> usize {
        voters(self.agents.iter().map(|agent| &agent.name))
    }

    /// The reader of the unmasked standard output of an agent, which finds its answer.
    pub fn reader(&self, agent: &Agent, masks: &Arc<Masks>) -> OutputReader {
        let CommandLine { args, stdin, .. } = &agent.command;
        let prompts = args.iter().chain(stdin).map(String::as_str);
        let scanner = self.agree_on.clone().map(|key| AnswerScanner::new(key, prompts, Arc::clone(masks)));
        let OutputRules { mode, answer_at, error_at, .. } = &agent.output;
        OutputReader::new(*mode, answer_at.clone(), error_at.clone(), scanner)
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
            accept: None,
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
