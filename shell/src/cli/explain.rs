//! `explain KEY`: who set it, what that shadowed, and what the schema says about it.

use speckit_core::explain::explain;

use super::args::ExplainArgs;
use super::context::{Context, Outcome};
use super::show::{parsed, unknown};

pub(super) fn run(context: &Context, args: &ExplainArgs) -> Outcome {
    let (opened, checked) = match context.open_valid() {
        Ok(opened) => opened,
        Err(outcome) => return outcome,
    };
    let key = match parsed(context, &args.key) {
        Ok(key) => key,
        Err(outcome) => return outcome,
    };
    let merged = checked.merged();
    let facts =
        opened.rules.schema().and_then(|schema| schema.facts(&key)).filter(|facts| !facts.types.is_empty());
    let variable = opened.variable(&key, merged.root());
    let is_secret = |key: &speckit_core::Key| opened.rules.is_secret(key);
    let Some(explanation) = explain(merged, &key, facts.as_ref(), &is_secret, variable.as_deref()) else {
        return unknown(context, merged.root(), &key);
    };
    if context.is_json() {
        context.terminal.json(&explanation);
    } else {
        context.terminal.result(&explanation.to_text());
    }
    Outcome::Yes
}
