//! `policy hooks status`.

use serde_json::{Value as Json, json};
use speckit::policy::{GitHooks, HookName, HookStatus};
use speckit_core::policy::hooks::{HooksFolder, status_text};

use super::{refused, repository};
use crate::context::{CommandResult, Context, Exit};

pub(super) fn run(context: &Context, names: &[HookName]) -> CommandResult {
    let repository = repository(context)?;
    let hooks = GitHooks::of(&repository).map_err(|error| refused(context, &error))?;
    let statuses = names.iter().map(|name| hooks.status(*name)).collect::<Result<Vec<_>, _>>();
    let statuses = statuses.map_err(|error| refused(context, &error))?;
    context.print(&document(hooks.folder(), &statuses), status_text(hooks.folder(), &statuses));
    Ok(if statuses.iter().all(HookStatus::runs) { Exit::Ok } else { Exit::Negative })
}

fn document(folder: &HooksFolder, hooks: &[HookStatus]) -> Json {
    let setting = folder
        .setting
        .as_ref()
        .map(|setting| json!({ "scope": setting.scope, "origin": setting.origin, "value": setting.value }));
    let entries = hooks.iter().map(|hook| {
        json!({
            "name": hook.name.as_str(),
            "path": hook.path,
            "runs": hook.runs(),
            "reason": hook.reason(),
            "program": hook.program,
            "former": hook.has_former,
        })
    });
    json!({
        "ok": hooks.iter().all(HookStatus::runs),
        "folder": folder.path,
        "setting": setting,
        "hooks": entries.collect::<Vec<_>>(),
    })
}
