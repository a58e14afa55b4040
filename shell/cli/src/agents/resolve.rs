//! `resolve NAME…`: the canonical name and the settings of a model.

use serde_json::json;
use speckit_core::agents::ModelRegistry;
use speckit_core::app::AppConfig;
use speckit_core::config::resolve::Resolved;
use speckit_core::text::columns;

use crate::args::ResolveArgs;
use crate::context::{Context, Exit};

pub(crate) fn run(context: &Context, args: &ResolveArgs) -> Exit {
    if !context.is_application() {
        return context.fail(
            "model names belong to the built-in schema, which --schema replaces; run without --schema",
        );
    }
    let (opened, checked) = match context.open_valid() {
        Ok(opened) => opened,
        Err(outcome) => return outcome,
    };
    context.note_trust(&opened);
    let config: Resolved<AppConfig> = match checked.typed() {
        Ok(config) => config,
        Err(refused) => {
            context.terminal.report(refused.diagnostics(), &opened.masks());
            return Exit::of_invalid(refused.diagnostics());
        }
    };
    let registry = match ModelRegistry::from_config(config.config()) {
        Ok(registry) => registry,
        Err(errors) => {
            for error in errors {
                context.fail(error);
            }
            return Exit::Negative;
        }
    };
    let mut outcome = Exit::Ok;
    let mut entries = Vec::new();
    for name in &args.names {
        match registry.resolve(name) {
            Ok(entry) => entries.push((name, entry)),
            Err(error) => {
                context.fail(error);
                outcome = Exit::Negative;
            }
        }
    }
    if context.is_json() {
        let entries: Vec<_> = entries
            .iter()
            .map(|(name, entry)| {
                let model = entry.config();
                json!({
                    "name": name, "canonical": entry.name(), "provider": model.provider,
                    "model": model.model, "tier": model.tier,
                })
            })
            .collect();
        context.terminal.json(&entries);
    } else if !entries.is_empty() {
        let rows: Vec<[String; 5]> = entries
            .iter()
            .map(|(name, entry)| {
                let model = entry.config();
                [
                    name.to_string(),
                    entry.name().to_string(),
                    model.provider.to_string(),
                    model.model.clone(),
                    model.tier.to_string(),
                ]
            })
            .collect();
        context.terminal.result(&columns(&["NAME", "CANONICAL", "PROVIDER", "MODEL", "TIER"], &rows));
    }
    outcome
}
