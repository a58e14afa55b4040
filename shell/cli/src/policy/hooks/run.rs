//! `policy hooks run NAME`: what a hook has to check.

use std::ffi::OsString;
use std::path::Path;

use speckit::policy::{Changes, GitRepository, HookName};
use speckit_core::LayerKind;

use super::{git_refused, repository};
use crate::context::{CommandResult, Context, Exit};
use speckit::internal::documents::{Disk, read_source};

/// More refs than this fit into no push: a line has some 200 bytes.
const MAX_INPUT_BYTES: usize = 64 << 20;

/// What a hook has to check.
#[expect(dead_code, reason = "the rules that read it are not called yet")]
enum HookInput {
    /// The files that are committed or pushed.
    Files { repository: GitRepository, changes: Changes },
    /// The message of the commit, with the line numbers of its file.
    Message { text: String },
}

pub(super) fn run(context: &Context, name: HookName, arguments: &[OsString]) -> CommandResult {
    let result = hook_input(context, name, arguments).and_then(|input| check_hook_input(context, &input));
    if !matches!(result, Ok(Exit::Ok)) {
        context.terminal.note(&format!("help: `{}` goes on without this check, once\n", name.bypass()));
    }
    result
}

/// Checks what a hook has to check.
fn check_hook_input(_context: &Context, input: &HookInput) -> CommandResult {
    match input {
        HookInput::Files { repository: _, changes: _ } | HookInput::Message { text: _ } => Ok(Exit::Ok),
    }
}

fn hook_input(context: &Context, name: HookName, arguments: &[OsString]) -> Result<HookInput, Exit> {
    let repository = repository(context)?;
    let changes = match name {
        HookName::PreCommit => repository.staged(),
        HookName::PrePush => {
            let lines = context.terminal.input(MAX_INPUT_BYTES);
            let lines =
                lines.map_err(|error| context.fail(format!("the standard input cannot be read: {error}")))?;
            repository.pushed(&lines)
        }
        HookName::CommitMsg => return message(context, &repository, arguments),
    };
    let changes = changes.map_err(|error| git_refused(context, &error))?;
    Ok(HookInput::Files { repository, changes })
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
    Ok(HookInput::Message { text: cleanup.committed(source.text()) })
}
