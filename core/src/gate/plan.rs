//! What a gate is going to do.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use crate::consensus::two_thirds;
use crate::diagnostic::Diagnostic;
use crate::key::Key;
use crate::settings::{AppConfig, Provider, RetryConfig, Stage};

/// What a gate is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The id of the specification that the work is about.
    pub spec: String,
    /// What every agent is told.
    pub prompt: String,
}

/// What a gate is going to do: nothing in it changes while it runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The stage, or whatever else the gate is called.
    pub stage: String,
    /// The id of the specification.
    pub spec: String,
    /// The agents, in the order of the gate.
    pub agents: Vec<Agent>,
    /// How many agents have to succeed.
    pub quorum: usize,
    /// The key of the agents' answers that has to be equal for the quorum.
    pub agree_on: Option<Key>,
    /// How many agents run at the same time.
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
    /// Who offers the model: agents of one provider share a circuit breaker.
    pub provider: String,
    /// The provider's own id of the model.
    pub model: String,
    /// What is run.
    pub command: CommandLine,
    /// The exit codes that are worth another attempt.
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
    /// The variables of the environment that it does not inherit: the API keys of other providers.
    pub withheld: Vec<String>,
    /// The variable of its own API key.
    pub api_key_env: Option<String>,
}

impl Plan {
    /// The plan of a stage, with warnings.
    ///
    /// # Errors
    /// Everything that keeps the gate from running, in the order of reports.
    pub fn of(
        config: &AppConfig,
        stage: Stage,
        request: &Request,
    ) -> Result<(Self, Vec<Diagnostic>), Vec<Diagnostic>> {
        let agents: Vec<Agent> = config
            .quality_gates
            .agents(stage)
            .iter()
            .filter_map(|name| {
                let model = config.models.get(name)?;
                let provider = config.providers.get(&model.provider)?;
                Some(Agent {
                    name: name.clone(),
                    provider: Provider::name(model.provider).into(),
                    model: model.model.clone(),
                    command: CommandLine {
                        program: provider.command.clone(),
                        args: provider.args.clone(),
                        stdin: None,
                        withheld: Vec::new(),
                        api_key_env: provider.api_key_env.clone(),
                    },
                    retryable_exits: provider.retryable_exits.clone(),
                })
            })
            .collect();
        let quorum = config.orchestrator.quorum.get(&stage).map(|quorum| *quorum as usize);
        let plan = Self {
            stage: stage.name().into(),
            spec: request.spec.clone(),
            quorum: quorum.unwrap_or_else(|| two_thirds(agents.len())),
            agents,
            agree_on: None,
            max_concurrent: config.orchestrator.max_concurrent as usize,
            timeout: config.orchestrator.agent_timeout(),
            grace: config.orchestrator.grace(),
            output_bytes: config.orchestrator.output_bytes(),
            retry: config.retry,
        };
        Ok((plan, Vec::new()))
    }
}
