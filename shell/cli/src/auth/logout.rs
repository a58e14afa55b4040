//! `auth logout`: the tokens are revoked if that is possible, and removed in any case.

use serde_json::json;
use speckit_core::auth::LoginNeeded;
use speckit_core::auth::token::revocation;
use speckit_core::text::visible;

use super::logins::SelectedLogin;
use crate::context::{CommandResult, Context, Exit};
use speckit::auth::{AuthError, Client, LogOut, TokenManager};

pub(super) fn run(context: &Context, wanted: Option<&str>) -> CommandResult {
    let login = SelectedLogin::of(context, wanted)?;
    // Without its secret the client cannot revoke; its tokens are removed all the same.
    let client = login.client().unwrap_or_else(|_| Client::new(&login.name, login.config.clone(), None));
    let obstacle = obstacle(&login, &client);
    let LogOut { was_logged_in, revoked, removed, .. } =
        TokenManager::new(client, login.storage.clone()).log_out();
    if let Err(error) = &removed {
        return Err(login.fail(context, error));
    }
    if !was_logged_in {
        let absent = AuthError::LoginNeeded { login: login.name.clone(), reason: LoginNeeded::Absent };
        return Err(login.fail(context, &absent));
    }
    let is_revoked = matches!(revoked, Some(Ok(())));
    let why = match revoked {
        Some(Ok(())) => None,
        Some(Err(error)) => Some(error.to_string()),
        None => obstacle,
    };
    let why = why.map(|why| visible(&why));
    if let Some(why) = &why {
        let note = format!(
            "note: the provider did not revoke the tokens: {why}; they stay valid until they expire\n"
        );
        context.terminal.note(&note);
    }
    let how = if is_revoked { "revoked and removed" } else { "removed from this machine" };
    let document = json!({ "login": login.name, "removed": true, "revoked": is_revoked, "problem": why });
    context.print(&document, format_args!("logged out of `{}`: its tokens are {how}\n", login.name));
    Ok(Exit::Ok)
}

/// Why the provider is not asked to revoke the stored tokens.
fn obstacle(login: &SelectedLogin, client: &Client) -> Option<String> {
    match login.storage.load() {
        Ok(Some(record)) => revocation::endpoint(client, &record).err().map(|obstacle| obstacle.to_string()),
        Ok(None) => None,
        // Its way out is of no use: the tokens are about to be removed.
        Err(_) => Some("the stored tokens could not be read, and nothing was sent".into()),
    }
}
