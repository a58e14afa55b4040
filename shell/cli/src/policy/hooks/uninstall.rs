//! `policy hooks uninstall`.

use serde_json::{Value as Json, json};
use speckit::policy::{GitHooks, HookError, HookName, UninstallPlan};
use speckit_core::Diagnostic;
use speckit_core::config::redact::Masks;

use super::{refused, repository};
use crate::context::{CommandResult, Context, Exit};

/// Removes each hook that can be removed. Hooks of others are no mistake, unless they are named.
pub(super) fn run(context: &Context, names: &[HookName], are_named: bool) -> CommandResult {
    let repository = repository(context)?;
    let hooks = GitHooks::of(&repository).map_err(|error| refused(context, &error))?;
    let mut diagnostics: Vec<Diagnostic> = Vec::new();
    let mut entries: Vec<Json> = Vec::new();
    let mut text = String::new();
    for name in names {
        let (word, about) = match hooks.uninstall(*name) {
            Ok(UninstallPlan::Nothing) => ("nothing", "was not installed"),
            Ok(UninstallPlan::Remove) => ("removed", "removed"),
            Ok(UninstallPlan::Restore) => ("restored", "removed; the hook from before is restored"),
            Err(HookError::NotOurs { has_former: false, .. }) if !are_named => {
                ("nothing", "is not from speckit")
            }
            Err(error @ HookError::ForeignFolder { .. }) => return Err(refused(context, &error)),
            Err(error) => {
                diagnostics.push(error.diagnostic());
                ("refused", "is still there")
            }
        };
        entries.push(json!({ "name": name.as_str(), "done": word }));
        text += &format!("{name:<10}  {about}\n");
    }
    let is_ok = diagnostics.is_empty();
    context.terminal.report(&diagnostics, &Masks::default());
    context.print(&json!({ "ok": is_ok, "hooks": entries, "diagnostics": diagnostics }), text);
    Ok(if is_ok { Exit::Ok } else { Exit::Incomplete })
}
