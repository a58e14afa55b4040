//! `explain KEY`: where it was set, which lower layers it overrides, and what the schema requires.

use speckit_core::agents::credentials::{VariableState, describe_credential};

use crate::context::{CommandResult, Context};
use speckit::agents::CredentialSource as _;
use speckit::commands::steps::{explanation, print_explanation};

pub(crate) fn run(context: &Context, key: &str) -> CommandResult {
    let opened = context.open()?;
    context.terminal.report(opened.diagnostics(), &opened.masks());
    context.note_trust(&opened);
    let explanation = explanation(&context.terminal, &opened, key)?;
    let credential = opened.merged().filter(|_| context.is_application()).and_then(|merged| {
        let (root, logins) = (merged.root(), context.logins(&opened, merged.root()));
        let variable = |name: &str| VariableState::of(opened.environment().text(name));
        describe_credential(root, &explanation.key, &|login| logins.login_state(login), &variable)
    });
    Ok(print_explanation(&context.terminal, &opened, &explanation.with_credential(credential)))
}
