//! What a gate is going to do, and everything that keeps it from that, before anything starts.

use serde_json::{Value as Json, json};
use speckit_core::agents::Stage;
use speckit_core::agents::gate::{Plan, Request};
use speckit_core::app::AppConfig;
use speckit_core::config::redact::Masks;
use speckit_core::config::resolve::Resolved;
use speckit_core::tree::{in_report_order, is_ok, strictly};
use speckit_core::{Code, Diagnostic, Key, Value};

use super::{error, prompt, refused};
use crate::args::GateRunArgs;
use crate::context::{Context, Outcome};

/// A gate that was asked for, as the configuration is at this moment.
pub(super) struct Prepared {
    pub(super) config: Resolved<AppConfig>,
    pub(super) request: Request,
    /// The masks of what the configuration calls secret.
    pub(super) masks: Masks,
    /// The values of the API keys of all providers.
    api_keys: Vec<String>,
    plan: Option<Plan>,
    /// What is to be said of it, in the order of reports.
    findings: Vec<Diagnostic>,
}

impl Prepared {
    /// Reads the configuration, once, and the prompt.
    ///
    /// # Errors
    /// Where there is no configuration or no prompt: it was said.
    pub(super) fn of(context: &Context, args: &GateRunArgs) -> Result<Self, Outcome> {
        if !context.is_application() {
            let why = "gates are of the built-in schema, and --schema replaces it".into();
            return Err(context.refuse(&[error(Code::GateSchema, why).help("leave --schema away")]));
        }
        // A verdict of no is for the agents alone.
        let (opened, checked) = context.open_valid().map_err(|_| Outcome::Failed)?;
        let masks = opened.masks();
        let config = checked.typed::<AppConfig>();
        let config = config.map_err(|why| refused(context, why.findings(), &masks))?;
        let request = Request { spec: args.spec.clone(), prompt: prompt::read(context, &args.prompt)? };
        let (plan, mut findings) = match Plan::of(config.config(), args.stage, &request) {
            Ok((plan, warnings)) => (Some(plan), strictly(warnings, context.globals.strict)),
            Err(errors) => (None, errors),
        };
        if let Some(merged) = opened.merged() {
            findings = findings.into_iter().map(|found| placed(found, merged.root())).collect();
            // As errors: no agent could do anything without them.
            findings.extend(strictly(opened.lacking(merged.root(), &[args.stage]), true));
        }
        let environment = &opened.inputs.environment;
        let variables = config.config().api_key_variables();
        let api_keys = variables.filter_map(|name| environment.text(name)).map(String::from).collect();
        Ok(Self { config, request, masks, api_keys, plan, findings: in_report_order(findings) })
    }

    /// The plan, with its warnings said.
    ///
    /// # Errors
    /// Where there is something that keeps it from running: all of it was said.
    pub(super) fn plan(&self, context: &Context) -> Result<Plan, Outcome> {
        match &self.plan {
            Some(plan) if is_ok(&self.findings) => {
                context.terminal.report(&self.findings, &self.masks);
                Ok(plan.clone())
            }
            _ => Err(refused(context, &self.findings, &self.masks)),
        }
    }

    /// The masks of what the configuration calls secret, and of the API keys.
    pub(super) fn secrets(&self) -> Masks {
        self.masks.clone().with_texts(self.api_keys.iter().cloned())
    }

    /// Says what would be done.
    pub(super) fn show(&self, context: &Context) -> Outcome {
        let ok = self.plan.is_some() && is_ok(&self.findings);
        context.terminal.report(&self.findings, &self.masks);
        // A prompt may hold what is secret elsewhere.
        let masks = self.secrets();
        if context.is_json() {
            let plan = self.plan.as_ref().map(|plan| scrubbed(&masks, plan.to_json()));
            let findings = masks.scrubbed(&self.findings);
            context.terminal.json(&json!({ "ok": ok, "plan": plan, "diagnostics": findings }));
        } else if let Some(plan) = &self.plan {
            context.terminal.result(&masks.scrub(&plan.to_text()));
        }
        if ok { Outcome::Yes } else { Outcome::Failed }
    }

    /// The warning that the gate names other agents by now than those that ran; `None` where it does not, or where the
    /// configuration that is there now is no valid one.
    pub(super) fn changed(&self, context: &Context, stage: Stage) -> Option<Diagnostic> {
        let checked = context.open().ok()?.outcome.ok()?;
        let root = checked.merged().root().clone();
        let now = checked.typed::<AppConfig>().ok()?;
        let agents = |config: &AppConfig| match Plan::of(config, stage, &self.request) {
            Ok((plan, _)) => plan.agents.into_iter().map(|agent| agent.name).collect(),
            Err(_) => config.quality_gates.agents(stage).to_vec(),
        };
        let (then, now) = (agents(self.config.config()), agents(now.config()));
        if then == now {
            return None;
        }
        let key = Key::of(["quality_gates", stage.name()]);
        let (then, now) = (then.join(", "), now.join(", "));
        let message = format!("the gate is of {now} now; this run is of those it began with: {then}");
        Some(placed(Diagnostic::warning(Code::GateChanged, key, message), &root))
    }
}

/// The same document with its texts masked.
fn scrubbed(masks: &Masks, document: Json) -> Json {
    match document {
        Json::String(text) => masks.scrub(&text).into(),
        Json::Array(elements) => elements.into_iter().map(|element| scrubbed(masks, element)).collect(),
        Json::Object(members) => {
            members.into_iter().map(|(name, member)| (name, scrubbed(masks, member))).collect()
        }
        other => other,
    }
}

/// The finding with the place of its key, where the tree has one and the finding has none.
fn placed(found: Diagnostic, root: &Value) -> Diagnostic {
    let is_to_be_placed = found.origin.is_none() && found.key != Key::root();
    match root.get(&found.key).filter(|_| is_to_be_placed) {
        Some(value) => found.at(value.origin()),
        None => found,
    }
}
