//! The plan of a gate, with every error in it, before anything starts.

use std::sync::Arc;

use serde_json::{Value as Json, json};
use speckit_core::Code;
use speckit_core::Diagnostic;
use speckit_core::agents::Stage;
use speckit_core::agents::gate::{Request, Run};
use speckit_core::app::AppConfig;
use speckit_core::config::redact::Masks;
use speckit_core::tree::{in_report_order, is_ok, with_strictness};

use super::{error, fail_with, prompt};
use crate::args::GateRunArgs;
use crate::context::{Context, Exit, Logins, Need, missing_requirements};
use speckit::Config;
use speckit::agents::StagePlan;
use speckit::internal::environment;

/// A requested gate with the current configuration.
pub(super) struct Prepared {
    pub(super) config: Config<AppConfig>,
    /// Masks the secrets of the configuration.
    pub(super) masks: Masks,
    stage: Stage,
    plan: Option<StagePlan>,
    /// The errors and warnings, in the order of reports.
    diagnostics: Vec<Diagnostic>,
}

impl Prepared {
    /// Reads the configuration once, and the prompt.
    ///
    /// # Errors
    /// The configuration is refused or there is no prompt; it was reported.
    pub(super) fn of(context: &Context, args: &GateRunArgs) -> Result<Self, Exit> {
        if !context.is_application() {
            let why = "gates belong to the built-in schema, which --schema replaces".into();
            return Err(context.refuse(&[error(Code::GateSchema, why).help("run without --schema")]));
        }
        let stage = args.stage;
        // A dry run only looks at the logins, and reads their tokens.
        let need = if args.dry_run { Need::LOGINS } else { Need::of_gate(!args.no_store) };
        let builder = context.application().map_err(|diagnostics| context.refuse(&diagnostics))?;
        let config = context.with_trust(builder, need).open().map_err(|error| {
            context.terminal.note(&format!("{error}\n"));
            if context.is_json() {
                context.terminal.json(&json!({ "ok": false, "diagnostics": error.diagnostics() }));
            }
            // Exit 1 is the verdict of the agents only.
            Exit::Incomplete
        })?;
        let (snapshot, masks) = (config.snapshot(), config.masks());
        context.terminal.report(snapshot.warnings(), &masks);
        let request = Request { spec: args.spec.clone(), prompt: prompt::read(context, &args.prompt)? };
        let orchestrator = &snapshot.settings().orchestrator;
        // A dry run sends nothing.
        let needed =
            (!args.dry_run).then(|| orchestrator.agent_timeout().saturating_add(orchestrator.grace()));
        let logins = Arc::new(Logins::of(snapshot.root_with_secrets()).renewed_for(needed));
        let plan = StagePlan::with_logins(&config, stage, &request, Arc::clone(&logins) as _);
        let mut diagnostics = match &plan {
            Ok(plan) => with_strictness(plan.warnings().to_vec(), context.globals.strict),
            Err(refused) => refused.diagnostics().to_vec(),
        };
        let missing =
            missing_requirements(&environment::capture(), snapshot.root_with_secrets(), &[stage], &logins);
        // As errors: an agent needs its command and a credential. Another credential than the preferred one is enough.
        let (others, missing): (Vec<_>, Vec<_>) =
            missing.into_iter().partition(|one| one.code == Code::AuthCredential);
        diagnostics.extend(with_strictness(missing, true));
        diagnostics.extend(with_strictness(others, context.globals.strict));
        diagnostics.extend(with_strictness(logins.warnings(), context.globals.strict));
        Ok(Self { config, masks, stage, plan: plan.ok(), diagnostics: in_report_order(diagnostics) })
    }

    /// The plan; its warnings are reported.
    ///
    /// # Errors
    /// The gate cannot run; every reason was reported.
    pub(super) fn plan(&mut self, context: &Context) -> Result<StagePlan, Exit> {
        match self.plan.take() {
            Some(plan) if is_ok(&self.diagnostics) => {
                context.terminal.report(&self.diagnostics, &self.masks);
                Ok(plan)
            }
            _ => Err(fail_with(context, &self.diagnostics, &self.masks)),
        }
    }

    /// Shows the plan without running it.
    pub(super) fn show(&self, context: &Context) -> Exit {
        let ok = self.plan.is_some() && is_ok(&self.diagnostics);
        // A prompt may contain a secret of the configuration.
        let masks = self.plan.as_ref().map_or(&self.masks, StagePlan::masks);
        context.terminal.report(&self.diagnostics, masks);
        if context.is_json() {
            let plan = self.plan.as_ref().map(|planned| masked(masks, planned.plan().to_json()));
            let diagnostics = context.terminal.masked(&self.diagnostics, masks);
            context.terminal.json(&json!({ "ok": ok, "plan": plan, "diagnostics": diagnostics }));
        } else if let Some(planned) = &self.plan {
            context.terminal.result(&masks.mask(&planned.plan().to_text()));
        }
        if ok { Exit::Ok } else { Exit::Incomplete }
    }

    /// The warning that the gate has other agents now than those that ran; `None` if it has not, or if the current configuration
    /// is refused.
    pub(super) fn changed_agents(&self, run: &Run) -> Option<Diagnostic> {
        self.config.reload().ok()?;
        let now = self.config.snapshot();
        run.changed_gate(&**now.settings(), now.root_with_secrets(), self.stage)
    }
}

/// The same document with its texts masked.
fn masked(masks: &Masks, document: Json) -> Json {
    match document {
        Json::String(text) => masks.mask(&text).into(),
        Json::Array(elements) => elements.into_iter().map(|element| masked(masks, element)).collect(),
        Json::Object(members) => {
            members.into_iter().map(|(name, member)| (name, masked(masks, member))).collect()
        }
        other => other,
    }
}
