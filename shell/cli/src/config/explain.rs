//! `explain KEY`: where it was set, which lower layers it overrides, and what the schema requires.

use speckit_core::agents::credentials::{VariableState, describe_credential};

use crate::config::show::{parse_key, unknown_key};
use crate::context::{CommandResult, Context, Exit, exit_for};
use speckit::agents::CredentialSource as _;

/// Explains keys of an invalid configuration too: that is when an explanation is needed most.
pub(crate) fn run(context: &Context, key: &str) -> CommandResult {
    let opened = context.open()?;
    context.terminal.report(opened.diagnostics(), &opened.masks());
    context.note_trust(&opened);
    let Some(merged) = opened.merged() else { return Err(exit_for(opened.diagnostics())) };
    let key = parse_key(context, key)?;
    let Some(explanation) = opened.explain(&key) else {
        return Err(unknown_key(context, merged.root(), &key, false));
    };
    let credential = context.is_application().then(|| {
        let (root, logins) = (merged.root(), context.logins(&opened, merged.root()));
        let variable = |name: &str| VariableState::of(opened.environment().text(name));
        describe_credential(root, &key, &|login| logins.login_state(login), &variable)
    });
    let explanation = explanation.with_credential(credential.flatten());
    context.print(&explanation, explanation.to_text());
    Ok(if opened.outcome().is_ok() { Exit::Ok } else { exit_for(opened.diagnostics()) })
}
