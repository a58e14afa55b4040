//! What a gate is going to do.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::arguments;
use super::check;
use super::expand::Placeholders;
use crate::consensus::two_thirds;
use crate::diagnostic::{Diagnostic, in_report_order, is_ok};
use crate::key::Key;
use crate::registry::{ModelEntry, ModelRegistry};
use crate::settings::{AppConfig, OrchestratorConfig, ProviderConfig, RetryConfig, Stage, StdinMode};

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
    /// An agent of a provider of its own, without a model. Exit 75 (`EX_TEMPFAIL` of sysexits.h) is worth another attempt.
    pub fn new(name: impl Into<String>, command: CommandLine) -> Self {
        let name = name.into();
        let (provider, retryable_exits) = (name.clone(), ProviderConfig::retryable_exits());
        Self { name, provider, model: String::new(), command, retryable_exits }
    }
}

impl Plan {
    /// A plan with two thirds of the agents, rounded up, as the quorum, and all else as in the embedded defaults of
    /// `orchestrator` and `retry`.
    ///
    /// ```
    /// use speckit_core::gate::{Agent, CommandLine, Plan};
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
        let quorum = two_thirds(agents.len());
        let (orchestrator, retry) = (&OrchestratorConfig::default(), RetryConfig::default());
        Self::with(orchestrator, retry, stage.into(), spec.into(), agents, quorum)
    }

    fn with(
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

    /// The plan of a stage, with warnings.
    ///
    /// Keys of findings lead to their place in the configuration; what is wrong with the request has none.
    ///
    /// # Errors
    /// Everything that keeps the gate from running, and the warnings, in the order of reports.
    ///
    /// ```
    /// use speckit_core::{AppConfig, Stage, gate::{Plan, Request}};
    /// let request = Request { spec: "SPEC-1".into(), prompt: "is the plan sound?".into() };
    /// let (plan, warnings) = Plan::of(&AppConfig::default(), Stage::Unlock, &request).unwrap();
    /// assert_eq!((plan.agents.len(), plan.quorum, warnings.len()), (2, 2, 0));
    /// let claude = &plan.agents[0].command;
    /// assert_eq!(claude.args, ["--print", "--model", "claude-sonnet-4-5", "is the plan sound?"]);
    /// assert_eq!(claude.withheld, ["GEMINI_API_KEY", "OPENAI_API_KEY"]);
    /// ```
    pub fn of(
        config: &AppConfig,
        stage: Stage,
        request: &Request,
    ) -> Result<(Self, Vec<Diagnostic>), Vec<Diagnostic>> {
        let orchestrator = &config.orchestrator;
        let (registry, errors) = ModelRegistry::lenient(config);
        let mut findings = check::request(request);
        findings.extend(errors.iter().map(check::name));
        let names = config.quality_gates.agents(stage);
        let models = check::models(&registry, stage, names, &mut findings);
        let mut agents = Vec::with_capacity(models.len());
        for model in models {
            match config.providers.get(&model.config().provider) {
                Some(provider) => agents.push(agent(config, model, provider, request)),
                None => findings.push(check::provider_missing(model)),
            }
        }
        findings.extend(arguments::check(&config.providers, &agents, request));
        findings.extend(check::quorum(orchestrator, stage, names.len()));
        let agree_on = orchestrator.agree_on.as_deref().map(check::agree_on).transpose();
        let agree_on = agree_on.unwrap_or_else(|finding| {
            findings.push(finding);
            None
        });
        let findings = in_report_order(findings);
        if !is_ok(&findings) {
            return Err(findings);
        }
        let quorum = orchestrator.quorum.get(&stage).map(|quorum| *quorum as usize);
        let quorum = quorum.unwrap_or_else(|| two_thirds(agents.len()));
        let (stage, spec) = (stage.name().into(), request.spec.clone());
        let plan = Self::with(orchestrator, config.retry, stage, spec, agents, quorum);
        Ok((Self { agree_on, ..plan }, findings))
    }
}

fn agent(config: &AppConfig, model: &ModelEntry, provider: &ProviderConfig, request: &Request) -> Agent {
    let texts = Placeholders { model: &model.config().model, prompt: &request.prompt, spec: &request.spec };
    let is_of_others = |variable: &&str| provider.api_key_env.as_deref() != Some(*variable);
    let others: BTreeSet<&str> = config.api_key_variables().filter(is_of_others).collect();
    Agent {
        name: model.name().into(),
        provider: model.config().provider.name().into(),
        model: model.config().model.clone(),
        command: CommandLine {
            program: provider.command.clone(),
            args: provider.args.iter().map(|argument| texts.expand(argument)).collect(),
            stdin: (provider.stdin == StdinMode::Prompt).then(|| request.prompt.clone()),
            withheld: others.into_iter().map(String::from).collect(),
            api_key_env: provider.api_key_env.clone(),
        },
        retryable_exits: provider.retryable_exits.clone(),
    }
}
