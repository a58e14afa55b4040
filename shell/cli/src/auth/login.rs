//! `auth login`: from the configuration to the stored tokens.

use std::io;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use speckit_core::auth::device_flow::{LoginEvent, Outcome};
use speckit_core::auth::replacement_note;
use speckit_core::auth::token::TokenRecord;
use speckit_core::text::{duration, visible};

use super::login_display::LoginDisplay;
use super::logins::SelectedLogin;
use crate::args::LoginArgs;
use crate::context::{CommandResult, Context, Exit, visible_path};
use crate::signals::{SignalListener, Then};
use speckit::auth::{Client, DeviceFlowAuthenticator};
use speckit::retry::CancelToken;

pub(super) fn run(context: &Context, args: &LoginArgs) -> CommandResult {
    let login = SelectedLogin::of(context, args.login.as_deref())?;
    let client = login.client().map_err(|error| login.fail(context, &error))?;
    note_other_tokens(context, &login, &client);
    let cancel = CancelToken::new();
    let cannot = |error: io::Error| context.fail(format!("signals cannot be handled: {error}"));
    let _signals = listen(&cancel).map_err(cannot)?;
    let authenticator = DeviceFlowAuthenticator::new(client.clone(), login.storage.clone());
    let display = LoginDisplay::new(context, args, &cancel);
    let outcome = show_while(display, |observe| authenticator.log_in(&cancel, observe))
        .map_err(|error| context.fail(format!("the login cannot be shown: {error}")))?;
    Ok(conclude(context, &login, &client, &outcome))
}

/// The first signal ends the login, and the second one the program.
fn listen(cancel: &CancelToken) -> io::Result<SignalListener> {
    let cancel = cancel.clone();
    SignalListener::start(move |_| {
        if cancel.is_cancelled() {
            return Then::EndNow;
        }
        cancel.cancel();
        Then::Listen
    })
}

/// Logs in while another thread shows the events: a slow terminal or reader does not delay the polls.
fn show_while<T>(
    display: LoginDisplay<'_>,
    log_in: impl FnOnce(&mut dyn FnMut(&LoginEvent)) -> T,
) -> io::Result<T> {
    let (sender, events) = channel();
    #[expect(clippy::disallowed_methods, reason = "it ends with the login, and is joined")]
    thread::scope(|scope| {
        thread::Builder::new().spawn_scoped(scope, move || display.show(&events))?;
        Ok(log_in(&mut move |event| {
            // The login counts even if nothing shows it any more.
            let _ = sender.send(event.clone());
        }))
    })
}

/// Says that the login replaces tokens that belong to something else.
fn note_other_tokens(context: &Context, login: &SelectedLogin, client: &Client) {
    // What cannot be read is reported by the login itself, which needs the store.
    if let Ok(Some(record)) = login.storage.load()
        && let Some(note) = replacement_note(client, &record)
    {
        context.terminal.note(&format!("note: {note}\n"));
    }
}

/// Reports the outcome, which JSON has in its last event.
fn conclude(context: &Context, login: &SelectedLogin, client: &Client, outcome: &Outcome) -> Exit {
    let exit = match outcome {
        Outcome::Granted(_) => Exit::Ok,
        Outcome::Denied { .. } | Outcome::Expired { .. } => Exit::Negative,
        _ => Exit::Incomplete,
    };
    if context.is_json() {
        return exit;
    }
    if let Outcome::Granted(record) = outcome {
        let text = format!("{}\n{}\nstored {}\n", outcome.what(), lifetime(record), place(login));
        context.terminal.result(&text);
        return exit;
    }
    let help = outcome.help(client);
    let note = |label, text: &str| context.terminal.note(&format!("{label}: {}\n", visible(text)));
    note("error", &outcome.what());
    help.iter().for_each(|help| note("help", help));
    exit
}

/// What becomes of the access token, which was issued just now.
fn lifetime(record: &TokenRecord) -> String {
    let now = Duration::from_secs(record.issued_at);
    match record.left(now).map(duration) {
        None => "the token has no known end".into(),
        Some(left) if record.is_refreshable(now) => {
            format!("the token expires in {left}, and is refreshed when it is used")
        }
        Some(left) => format!("the token expires in {left}, and then needs a new login"),
    }
}

/// Where the tokens are.
fn place(login: &SelectedLogin) -> String {
    match (login.storage.file(), &login.config.helper) {
        (Some(file), _) => format!("in `{}`", visible_path(file)),
        (None, helper) => {
            format!("by the credential helper `{}`", visible(helper.as_deref().unwrap_or_default()))
        }
    }
}
