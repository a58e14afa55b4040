//! `auth refresh` and `auth token`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;
use speckit_core::text::visible;

use super::logins::SelectedLogin;
use super::status::status_of;
use crate::context::{CommandResult, Context, Exit};
use crate::signals::{SignalListener, Then};
use speckit::auth::StatusReport;

/// `auth refresh`: prints the status that follows.
pub(super) fn refresh(context: &Context, wanted: Option<&str>) -> CommandResult {
    let login = SelectedLogin::of(context, wanted)?;
    let manager = login.manager(context)?;
    uninterrupted(context, || manager.refresh())?.map_err(|error| login.fail(context, &error))?;
    let report = StatusReport { logins: Vec::from([status_of(&login.name, &login.config)]) };
    context.print(&report, report.to_text());
    Ok(Exit::Ok)
}

/// Runs a refresh to its end, and reports a signal that came meanwhile: a provider that has rotated the refresh token has forgotten the
/// old one, so that the new one must be stored. A second signal ends the program.
fn uninterrupted<T>(context: &Context, refresh: impl FnOnce() -> T) -> Result<T, Exit> {
    let is_interrupted = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&is_interrupted);
    let listener = SignalListener::start(move |_| match flag.swap(true, Ordering::Relaxed) {
        true => Then::EndNow,
        false => Then::Listen,
    });
    let _signals = listener.map_err(|error| context.fail(format!("signals cannot be handled: {error}")))?;
    let result = refresh();
    if is_interrupted.load(Ordering::Relaxed) {
        return Err(
            context.fail("interrupted; a refresh that had begun is finished, and its tokens are stored")
        );
    }
    Ok(result)
}

/// `auth token`: prints the access token itself.
pub(super) fn print(context: &Context, name: &str, reveal: bool) -> CommandResult {
    if context.terminal.shows_results() && !reveal {
        let help = "read it in a script, such as `$(speckit auth token NAME)`, or add --reveal";
        return Err(context.fail_with_help("the output is a terminal, which would show the token", help));
    }
    let login = SelectedLogin::of(context, Some(name))?;
    let manager = login.manager(context)?;
    let token = uninterrupted(context, || manager.token())?;
    let token = token.map_err(|error| login.fail(context, &error))?;
    if let Some(failure) = token.warning() {
        let failure = visible(&failure.to_string());
        context.terminal.note(&format!("warning: the token could not be refreshed: {failure}\n"));
    }
    let status = status_of(&login.name, &login.config);
    let document = json!({
        "login": login.name,
        "token": token.expose(),
        "expires_at": status.expires_at,
        "expires_in_s": status.expires_in_s,
    });
    context.print(&document, format_args!("{}\n", token.expose()));
    Ok(Exit::Ok)
}
