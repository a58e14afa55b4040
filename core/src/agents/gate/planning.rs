//! From the configuration to the plan of a gate.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use super::expand::Placeholders;
use super::plan::{Agent, CommandLine, Plan, Request};
use super::{arguments, check};
use crate::agents::consensus::two_thirds;
use crate::agents::{GateSettings, ModelEntry, ModelRegistry, ProviderConfig, Stage, StdinMode};
use crate::tree::{Diagnostic, in_report_order, is_ok};

impl Plan {
    /// The plan of a stage, with warnings.
    ///
    /// Keys of findings lead to their place in the configuration; what is wrong with the request has none.
    ///
    /// # Errors
    /// Everything that keeps the gate from running, and the warnings, in the order of reports.
    ///
    /// ```
    /// use speckit_core::app::AppConfig;
    /// use speckit_core::agents::Stage;
    /// use speckit_core::agents::gate::{Plan, Request};
    /// let request = Request { spec: "SPEC-1".into(), prompt: "is the plan sound?".into() };
    /// let (plan, warnings) = Plan::of(&AppConfig::default(), Stage::Unlock, &request).unwrap();
    /// assert_eq!((plan.agents.len(), plan.quorum, warnings.len()), (2, 2, 0));
    /// let claude = &plan.agents[0].command;
    /// assert_eq!(claude.args, ["--print", "--model", "claude-sonnet-4-5", "is the plan sound?"]);
    /// assert_eq!(claude.withheld, ["GEMINI_API_KEY", "OPENAI_API_KEY"]);
    /// ```
    pub fn of<'a>(
        settings: impl Into<GateSettings<'a>>,
        stage: Stage,
        request: &Request,
    ) -> Result<(Self, Vec<Diagnostic>), Vec<Diagnostic>> {
        let settings = settings.into();
        let orchestrator = settings.orchestrator;
        let (registry, errors) = ModelRegistry::lenient(settings.models);
        let mut findings = check::request(request);
        findings.extend(errors.iter().map(check::name));
        let names = settings.quality_gates.agents(stage);
        let models = check::models(&registry, stage, names, &mut findings);
        let mut agents = Vec::with_capacity(models.len());
        for model in models {
            match settings.providers.get(&model.config().provider) {
                Some(provider) => agents.push(agent(&settings, model, provider, request)),
                None => findings.push(check::provider_missing(model)),
            }
        }
        findings.extend(arguments::check(settings.providers, &agents, request));
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
        let plan = Self::with(orchestrator, settings.retry, stage, spec, agents, quorum);
        Ok((Self { agree_on, ..plan }, findings))
    }
}

fn agent(
    settings: &GateSettings<'_>,
    model: &ModelEntry,
    provider: &ProviderConfig,
    request: &Request,
) -> Agent {
    let texts = Placeholders { model: &model.config().model, prompt: &request.prompt, spec: &request.spec };
    let is_of_others = |variable: &&str| provider.api_key_env.as_deref() != Some(*variable);
    let others: BTreeSet<&str> = settings.api_key_variables().filter(is_of_others).collect();
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
