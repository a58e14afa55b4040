//! `auth login|status|refresh|logout|token`: device logins, and their tokens.

use crate::args::AuthCommand;
use crate::context::{CommandResult, Context};

mod browser;
mod login;
mod login_display;
mod logins;
mod logout;
mod qr;
mod status;
mod tokens;

pub(crate) fn run(context: &Context, command: &AuthCommand) -> CommandResult {
    match command {
        AuthCommand::Login(args) => login::run(context, args),
        AuthCommand::Status => status::run(context),
        AuthCommand::Refresh { login } => tokens::refresh(context, login.as_deref()),
        AuthCommand::Logout { login } => logout::run(context, login.as_deref()),
        AuthCommand::Token { login, reveal } => tokens::print(context, login, *reveal),
    }
}
