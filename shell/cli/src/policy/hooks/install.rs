//! `policy hooks install`.

use serde_json::json;
use speckit::policy::{GitHooks, HookName, InstallPlan};
use speckit_core::config::redact::Masks;
use speckit_core::text::visible;

use super::{refused, repository};
use crate::context::{CommandResult, Context, Exit};
use speckit::internal::environment;

pub(super) fn run(context: &Context, names: &[HookName]) -> CommandResult {
    let repository = repository(context)?;
    let program = environment::program()
        .map_err(|error| context.fail(format!("the path of speckit is unknown: {error}")))?;
    let hooks = GitHooks::of(&repository).map_err(|error| refused(context, &error))?;
    let done = hooks.install(names, &program).map_err(|error| refused(context, &error))?;
    let folder = &hooks.folder().path;
    for hook in &done {
        context.terminal.report(&hook.warnings, &Masks::default());
    }
    let done: Vec<_> = names.iter().zip(done.iter().map(|hook| hook.plan)).collect();
    let entries: Vec<_> =
        done.iter().map(|(name, plan)| json!({ "name": name.as_str(), "done": word(*plan) })).collect();
    let lines: String = done.iter().map(|(name, plan)| line(**name, *plan)).collect();
    let text = format!("hooks are in `{}`\n{lines}", visible(folder));
    context.print(&json!({ "ok": true, "folder": folder, "hooks": entries }), text);
    Ok(Exit::Ok)
}

fn line(name: HookName, plan: InstallPlan) -> String {
    match plan {
        InstallPlan::Nothing => format!("{name:<10}  was installed already\n"),
        InstallPlan::Write => format!("{name:<10}  installed\n"),
        InstallPlan::KeepAndWrite => {
            format!("{name:<10}  installed; the hook from before runs first, as `{}`\n", name.former())
        }
    }
}

fn word(plan: InstallPlan) -> &'static str {
    match plan {
        InstallPlan::Nothing => "nothing",
        InstallPlan::Write => "installed",
        InstallPlan::KeepAndWrite => "installed_after_former",
    }
}
