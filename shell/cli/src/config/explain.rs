//! `explain KEY`: who set it, what that shadowed, and what the schema says about it.

use crate::args::ExplainArgs;
use crate::config::show::{parsed, unknown};
use crate::context::{Context, Outcome, verdict};

/// A configuration that breaks its rules is explained all the same: that is when one asks.
pub(crate) fn run(context: &Context, args: &ExplainArgs) -> Outcome {
    let opened = match context.open() {
        Ok(opened) => opened,
        Err(outcome) => return outcome,
    };
    context.terminal.report(opened.findings(), &opened.masks());
    let Some(merged) = opened.merged() else { return verdict(opened.findings()) };
    let key = match parsed(context, &args.key) {
        Ok(key) => key,
        Err(outcome) => return outcome,
    };
    let Some(explanation) = opened.rules().keys().explain(merged, &[], &key) else {
        return unknown(context, merged.root(), &key);
    };
    if context.is_json() {
        context.terminal.json(&explanation);
    } else {
        context.terminal.result(&explanation.to_text());
    }
    if opened.outcome().is_ok() { Outcome::Yes } else { verdict(opened.findings()) }
}
