//! `policy hooks run NAME`: what a hook has to check.

use std::ffi::OsString;
use std::path::Path;

use speckit::policy::{Changes, GitRepository, HookName};
use speckit_core::LayerKind;
use speckit_core::policy::CheckEvent;
use speckit_core::policy::findings::FindingState;

use super::{git_refused, repository};
use crate::context::{CommandResult, Context, Exit};
use crate::policy::checker::Checker;
use crate::policy::output::print_report;
use speckit::internal::documents::{Disk, read_source};

/// More refs than this fit into no push: a line has some 200 bytes.
const MAX_INPUT_BYTES: usize = 64 << 20;

/// What a hook has to check.
enum HookInput {
    /// The files that are committed or pushed.
    Files { repository: GitRepository, changes: Changes, event: CheckEvent },
    /// The message of the commit, with the line numbers of its file.
    Message { file: String, text: String },
}

pub(super) fn run(context: &Context, name: HookName, arguments: &[OsString]) -> CommandResult {
    let result = check(context, name, arguments);
    if !matches!(result, Ok(Exit::Ok)) {
        let bypass = name.bypass();
        context.terminal.note(&format!("help: `{bypass}` goes on without this check of speckit, once\n"));
    }
    result
}

fn check(context: &Context, name: HookName, arguments: &[OsString]) -> CommandResult {
    let checker = Checker::open(context)?;
    if checker.is_off() {
        return Ok(Exit::Ok);
    }
    let checker = checker.with_baseline(None)?;
    let input = hook_input(context, name, arguments)?;
    check_hook_input(context, &checker, &input)
}

/// Checks what a hook has to check.
fn check_hook_input(context: &Context, checker: &Checker<'_>, input: &HookInput) -> CommandResult {
    let report = match input {
        HookInput::Files { repository, changes, event } => {
            checker.check_changes(repository, changes, *event)?
        }
        HookInput::Message { file, text } => checker.check_message(file, text),
    };
    // Who commits wants to know what is wrong, and nothing else.
    if report.ok && report.count(FindingState::New) == 0 && report.commands.values().all(|command| command.ok)
    {
        return Ok(Exit::Ok);
    }
    print_report(context, &report, checker.has_baseline(), None)?;
    if report.ok {
        return Ok(Exit::Ok);
    }
    let help = "help: `speckit explain policy.rules.RULE.message` says where a rule is set; a comment \
                `speckit:allow RULE reason` excuses one finding\n";
    context.terminal.note(help);
    Err(Exit::Negative)
}

fn hook_input(context: &Context, name: HookName, arguments: &[OsString]) -> Result<HookInput, Exit> {
    let repository = repository(context)?;
    let (changes, event) = match name {
        HookName::PreCommit => (repository.staged(), CheckEvent::PreCommit),
        HookName::PrePush => {
            let lines = context.terminal.input(MAX_INPUT_BYTES);
            let lines =
                lines.map_err(|error| context.fail(format!("the standard input cannot be read: {error}")))?;
            (repository.pushed(&lines), CheckEvent::PrePush)
        }
        HookName::CommitMsg => return message(context, &repository, arguments),
    };
    let changes = changes.map_err(|error| git_refused(context, &error))?;
    Ok(HookInput::Files { repository, changes, event })
}

/// The message in the file that git names.
fn message(context: &Context, repository: &GitRepository, arguments: &[OsString]) -> Result<HookInput, Exit> {
    let Some(file) = arguments.first().map(Path::new) else {
        let help = "write `speckit policy hooks run commit-msg -- \"$1\"` into the hook commit-msg";
        return Err(context.fail_with_help("the file with the message is missing", help));
    };
    let source = read_source(&Disk, LayerKind::File, file)
        .map_err(|unread| context.refuse(&[unread.diagnostic(file)]))?;
    let cleanup = repository.message_cleanup().map_err(|error| git_refused(context, &error))?;
    let file = file.to_string_lossy().into_owned();
    Ok(HookInput::Message { file, text: cleanup.committed(source.text()) })
}
