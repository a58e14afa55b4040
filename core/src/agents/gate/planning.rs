//! Builds the plan of a gate from the configuration.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::expand::Placeholders;
use super::plan::{Agent, CommandLine, Plan, Request};
use super::run::Run;
use super::{arguments, check};
use crate::agents::consensus::two_thirds;
use crate::agents::credentials::{Credential, CredentialChoice, CredentialOrder, client_secret_variables};
use crate::agents::registry::{GateList, ModelNames, origin_of};
use crate::agents::{GateSettings, ModelConfig, Provider, ProviderConfig, Stage, StdinMode};
use crate::tree::{Code, Diagnostic, Key, Value, in_report_order, is_ok};

impl Plan {
    /// The plan of a stage, with warnings.
    ///
    /// Each diagnostic has the key of its setting; diagnostics about the request have none. [`Plan::with_origins`] adds the origin of
    /// each key.
    ///
    /// # Errors
    /// All errors and warnings, in the order of reports.
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
        Self::planned(settings.into(), None, stage, request, &|_, provider| own_api_key(provider))
    }

    /// As [`Plan::of`], with the origins of the keys in `root`, the tree that the settings were deserialized from.
    ///
    /// # Errors
    /// As [`Plan::of`].
    pub fn with_origins<'a>(
        settings: impl Into<GateSettings<'a>>,
        root: &Value,
        stage: Stage,
        request: &Request,
    ) -> Result<(Self, Vec<Diagnostic>), Vec<Diagnostic>> {
        Self::planned(settings.into(), Some(root), stage, request, &|_, provider| own_api_key(provider))
    }

    /// As [`Plan::with_origins`]; the choices give the credential of each provider.
    ///
    /// # Errors
    /// As [`Plan::of`].
    pub fn with_credentials<'a>(
        settings: impl Into<GateSettings<'a>>,
        root: &Value,
        stage: Stage,
        request: &Request,
        choices: &BTreeMap<Provider, CredentialChoice>,
    ) -> Result<(Self, Vec<Diagnostic>), Vec<Diagnostic>> {
        Self::planned(settings.into(), Some(root), stage, request, &|name, provider| {
            let taken = choices.get(&name).and_then(|choice| choice.taken.clone());
            taken.or_else(|| own_api_key(provider))
        })
    }

    fn planned(
        settings: GateSettings<'_>,
        root: Option<&Value>,
        stage: Stage,
        request: &Request,
        credential: &dyn Fn(Provider, &ProviderConfig) -> Option<Credential>,
    ) -> Result<(Self, Vec<Diagnostic>), Vec<Diagnostic>> {
        let orchestrator = settings.orchestrator;
        let (names, duplicates) = ModelNames::of_models(settings.models, root);
        let gate = GateList::of_settings(&settings, root, stage);
        let mut diagnostics = check::request(request);
        let client_secrets = || root.into_iter().flat_map(client_secret_variables);
        let secrets: BTreeSet<&str> = settings.credential_variables().chain(client_secrets()).collect();
        let mut agents = Vec::new();
        // Names that are unknown are reported by `gate.check`.
        let models = gate.names().filter_map(|name| settings.models.get_key_value(names.resolve(name).ok()?));
        for (name, model) in models {
            match settings.providers.get(&model.provider) {
                Some(provider) => {
                    let credential = credential(model.provider, provider);
                    agents.push(agent((name, model), provider, request, credential, &secrets));
                }
                None => diagnostics.push(check::provider_missing(name, model)),
            }
        }
        diagnostics.extend(arguments::check(settings.providers, &agents, request));
        let agree_on = orchestrator.agree_on.as_deref().map(check::agree_on).transpose();
        let agree_on = agree_on.unwrap_or_else(|diagnostic| {
            diagnostics.push(diagnostic);
            None
        });
        let mut diagnostics: Vec<Diagnostic> =
            diagnostics.into_iter().map(|diagnostic| located(diagnostic, root)).collect();
        diagnostics.extend(duplicates);
        diagnostics.extend(gate.check(&names));
        let diagnostics = in_report_order(diagnostics);
        if !is_ok(&diagnostics) {
            return Err(diagnostics);
        }
        let quorum = orchestrator.quorum.get(&stage).map(|quorum| *quorum as usize);
        let quorum = quorum.unwrap_or_else(|| two_thirds(agents.len()));
        let (stage, spec) = (stage.name().into(), request.spec.clone());
        let plan = Self::with(orchestrator, settings.retry, stage, spec, agents, quorum);
        Ok((Self { agree_on, ..plan }, diagnostics))
    }
}

impl Run {
    /// The warning that the configured gate of a stage has other agents than this run, or another order. Its origin comes from `root`,
    /// the tree that the settings were deserialized from.
    pub fn changed_gate<'a>(
        &self,
        settings: impl Into<GateSettings<'a>>,
        root: &Value,
        stage: Stage,
    ) -> Option<Diagnostic> {
        let settings = settings.into();
        let (names, _) = ModelNames::of_models(settings.models, None);
        let written = settings.quality_gates.agents(stage);
        let now: Vec<&str> = written.iter().map(|name| names.resolve(name).unwrap_or(name)).collect();
        let then: Vec<&str> = self.agents.iter().map(|agent| agent.name.as_str()).collect();
        if then == now {
            return None;
        }
        let (then, now) = (then.join(", "), now.join(", "));
        let message = format!("the gate now has {now}; this run began with {then}");
        let key = Key::of(["quality_gates", stage.name()]);
        Some(located(Diagnostic::warning(Code::GateChanged, key, message), Some(root)))
    }
}

/// The diagnostic with the origin of its key, if the tree has one.
fn located(diagnostic: Diagnostic, root: Option<&Value>) -> Diagnostic {
    match origin_of(root, &diagnostic.key) {
        Some(origin) if diagnostic.key != Key::root() => diagnostic.at(origin),
        _ => diagnostic,
    }
}

/// The API key that agents inherit where no login is usable.
fn own_api_key(provider: &ProviderConfig) -> Option<Credential> {
    CredentialOrder::of_provider(provider).api_key().cloned()
}

/// The agent of a model, which inherits none of the secret variables but its own.
fn agent(
    (name, model): (&str, &ModelConfig),
    provider: &ProviderConfig,
    request: &Request,
    credential: Option<Credential>,
    secrets: &BTreeSet<&str>,
) -> Agent {
    let texts = Placeholders { model: &model.model, prompt: &request.prompt, spec: &request.spec };
    let own = credential.as_ref().map(Credential::variable);
    let others = secrets.iter().filter(|variable| own != Some(**variable));
    Agent {
        name: name.into(),
        provider: model.provider.name().into(),
        model: model.model.clone(),
        command: CommandLine {
            program: provider.command.clone(),
            args: provider.args.iter().map(|argument| texts.expand(argument)).collect(),
            stdin: (provider.stdin == StdinMode::Prompt).then(|| request.prompt.clone()),
            withheld: others.map(|variable| String::from(*variable)).collect(),
            credential,
            environment: BTreeMap::new(),
        },
        retryable_exits: provider.retryable_exits.clone(),
    }
}
