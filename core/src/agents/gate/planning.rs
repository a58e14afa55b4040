//! Builds the plan of a gate from the configuration.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::expand::Placeholders;
use super::plan::{Agent, CommandLine, Plan, Request};
use super::run::Run;
use super::{arguments, check};
use crate::agents::consensus::{compact, two_thirds};
use crate::agents::credentials::{Credential, CredentialChoice, CredentialOrder, named_secret_variables};
use crate::agents::output_rules::accept_without_agree_on;
use crate::agents::registry::{GateList, ModelNames, check_model, origin_of};
use crate::agents::{GateSettings, ModelConfig, OutputRules, ProviderConfig, Stage, StdinMode};
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
    /// assert_eq!(claude.args.join(" "), "--print --output-format json --model claude-sonnet-4-5");
    /// assert_eq!(claude.stdin.as_deref(), Some("is the plan sound?"));
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
        choices: &BTreeMap<String, CredentialChoice>,
    ) -> Result<(Self, Vec<Diagnostic>), Vec<Diagnostic>> {
        Self::planned(settings.into(), Some(root), stage, request, &|name, provider| {
            let taken = choices.get(name).and_then(|choice| choice.taken.clone());
            taken.or_else(|| own_api_key(provider))
        })
    }

    fn planned(
        settings: GateSettings<'_>,
        root: Option<&Value>,
        stage: Stage,
        request: &Request,
        credential: &dyn Fn(&str, &ProviderConfig) -> Option<Credential>,
    ) -> Result<(Self, Vec<Diagnostic>), Vec<Diagnostic>> {
        let orchestrator = settings.orchestrator;
        let (names, duplicates) = ModelNames::of_models(settings.models, root);
        let gate = GateList::of_settings(&settings, root, stage);
        let mut diagnostics = check::request(request);
        let mut secrets = root.map(named_secret_variables).unwrap_or_default();
        secrets.extend(settings.credential_variables().map(String::from));
        let (mut agents, mut rules, mut mistakes) = (Vec::new(), BTreeMap::new(), Vec::new());
        // Names that are unknown are reported by `gate.check`.
        let models = gate.names().filter_map(|name| settings.models.get_key_value(names.resolve(name).ok()?));
        for (name, model) in models {
            mistakes.extend(check_model(name, model, settings.providers, root));
            if let Some(provider) = settings.providers.get(&model.provider) {
                let credential = credential(&model.provider, provider);
                let rules = rules.entry(&model.provider).or_insert_with(|| {
                    let read = OutputRules::of(&model.provider, provider);
                    read.unwrap_or_else(|mistakes| {
                        diagnostics.extend(mistakes);
                        OutputRules::default()
                    })
                });
                let agent = agent((name, model), provider, request, credential, &secrets);
                agents.push(Agent { output: rules.clone(), ..agent });
            }
        }
        diagnostics.extend(arguments::check(settings.providers, &agents, request));
        let agree_on = orchestrator.agree_on.as_deref().map(check::agree_on).transpose();
        let agree_on = agree_on.unwrap_or_else(|diagnostic| {
            diagnostics.push(diagnostic);
            None
        });
        if orchestrator.accept.is_some() && orchestrator.agree_on.is_none() {
            diagnostics.push(accept_without_agree_on());
        }
        let accept = orchestrator
            .accept
            .as_ref()
            .map(|values| values.iter().map(|value| compact(&value.to_string())).collect());
        let mut diagnostics: Vec<Diagnostic> =
            diagnostics.into_iter().map(|diagnostic| located(diagnostic, root)).collect();
        diagnostics.extend(mistakes);
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
        Ok((Self { agree_on, accept, ..plan }, diagnostics))
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
    secrets: &BTreeSet<String>,
) -> Agent {
    let texts = Placeholders { model: &model.model, prompt: &request.prompt, spec: &request.spec };
    let command = CommandLine {
        program: provider.command.clone(),
        args: provider.args.iter().map(|argument| texts.expand(argument)).collect(),
        stdin: (provider.stdin == StdinMode::Prompt).then(|| request.prompt.clone()),
        withheld: Vec::new(),
        credential,
        environment: BTreeMap::new(),
    };
    Agent {
        name: name.into(),
        provider: model.provider.clone(),
        model: model.model.clone(),
        command: command.withholding(secrets),
        retryable_exits: provider.retryable_exits.clone(),
        output: OutputRules::default(),
        retry: provider.retry,
    }
}
