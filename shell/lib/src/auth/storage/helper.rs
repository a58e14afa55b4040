//! A credential helper of docker's protocol with the tokens of a login.

use std::io;

use speckit_core::auth::AuthError;
use speckit_core::auth::token::TokenRecord;
use speckit_core::auth::token::helper::{
    HelperCommand, HelperProblem, MAX_HELPER_BYTES, check_input, check_server, checked, erased, loaded,
    server, store_input, stored,
};
use speckit_core::text::{command_line, duration, is_control, size, visible};

use super::helper_process::{HELPER_LIMIT, HelperFailure, HelperOutput, run_helper};
use super::refused::login_line;

/// The helper of a login.
#[derive(Debug)]
pub(super) struct TokenHelper {
    login: String,
    program: String,
}

impl TokenHelper {
    /// The program `docker-credential-NAME`.
    pub(super) fn new(login: &str, name: Option<&str>) -> Result<Self, AuthError> {
        let key = command_line(&[format!("auth.{login}.helper")]);
        let name = name.ok_or_else(|| {
            AuthError::Store(format!(
                "`{key}` is missing: name a credential helper, such as `pass` for the program `docker-credential-pass`"
            ))
        })?;
        let is_named = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.is_empty() || !name.chars().all(is_named) {
            return Err(AuthError::Store(format!(
                "`{key}` is `{}`, and the name of a credential helper has only a-z, 0-9 and `-`: `pass` runs the program \
                 `docker-credential-pass`",
                visible(name)
            )));
        }
        // A helper reads a line.
        if login.chars().any(is_control) {
            let problem = format!(
                "the login `{}` has control characters, which no credential helper reads",
                visible(login)
            );
            return Err(AuthError::Store(problem));
        }
        Ok(Self { login: login.into(), program: format!("docker-credential-{name}") })
    }

    /// The record that the helper has; `None` if it has none.
    pub(super) fn load(&self) -> Result<Option<TokenRecord>, AuthError> {
        let output = self.run(HelperCommand::Get, server(&self.login).as_bytes())?;
        let record = loaded(output.status, output.stdout.expose());
        record.map_err(|problem| self.failed(HelperCommand::Get, &problem))
    }

    /// Proves that the helper can store: it stores the record that it has once more, or a text that is no secret, and returns it.
    pub(super) fn check(&self) -> Result<(), AuthError> {
        // What is stored and cannot be read is replaced.
        let output = self.run(HelperCommand::Get, server(&self.login).as_bytes())?;
        match loaded(output.status, output.stdout.expose()) {
            Ok(Some(record)) => self.store(&record),
            Err(problem @ (HelperProblem::Failed { .. } | HelperProblem::Killed)) => {
                Err(self.failed(HelperCommand::Get, &problem))
            }
            _ => {
                let server = check_server(&self.login);
                self.store_bytes(&check_input(&self.login))?;
                let output = self.run(HelperCommand::Get, server.as_bytes())?;
                let checked = checked(output.status, output.stdout.expose());
                checked.map_err(|problem| self.failed(HelperCommand::Get, &problem))?;
                self.erase(&server)
            }
        }
    }

    /// Stores a record, and proves that the helper returns it.
    pub(super) fn store(&self, record: &TokenRecord) -> Result<(), AuthError> {
        let input = store_input(&self.login, record);
        let input = input.map_err(|problem| self.failed(HelperCommand::Store, &problem))?;
        self.store_bytes(input.expose())?;
        if self.load()?.as_ref() == Some(record) {
            return Ok(());
        }
        Err(self.failed(HelperCommand::Store, &HelperProblem::NotStored))
    }

    pub(super) fn remove(&self) -> Result<(), AuthError> {
        self.erase(&server(&self.login))
    }

    fn store_bytes(&self, input: &[u8]) -> Result<(), AuthError> {
        let output = self.run(HelperCommand::Store, input)?;
        stored(output.status).map_err(|problem| self.failed(HelperCommand::Store, &problem))
    }

    fn erase(&self, server: &str) -> Result<(), AuthError> {
        let output = self.run(HelperCommand::Erase, server.as_bytes())?;
        let erased = erased(output.status, output.stdout.expose());
        erased.map_err(|problem| self.failed(HelperCommand::Erase, &problem))
    }

    fn run(&self, command: HelperCommand, input: &[u8]) -> Result<HelperOutput, AuthError> {
        let program = &self.program;
        run_helper(program, command.word(), input).map_err(|failure| {
            let word = command.word();
            AuthError::Store(match failure {
                HelperFailure::NotStarted(error) if error.kind() == io::ErrorKind::NotFound => format!(
                    "the credential helper `{program}` is not found in PATH: install it, or change `{}`",
                    command_line(&[format!("auth.{}.helper", self.login)])
                ),
                HelperFailure::NotStarted(error) => {
                    format!("the credential helper `{program}` cannot be started: {error}")
                }
                HelperFailure::Io(error) => format!("`{program} {word}` did not work: {error}"),
                HelperFailure::TimedOut => format!(
                    "`{program} {word}` did not end within {} and was killed: try `{program} list`; perhaps its store waits to be unlocked",
                    duration(HELPER_LIMIT)
                ),
                HelperFailure::TooLong => format!(
                    "`{program} {word}` wrote more than {} and was killed: is it a credential helper?",
                    size(MAX_HELPER_BYTES as u64)
                ),
            })
        })
    }

    fn failed(&self, command: HelperCommand, problem: &HelperProblem) -> AuthError {
        let program = &self.program;
        let way_out = match problem {
            HelperProblem::Record(_) => login_line(&self.login),
            HelperProblem::TooLong => format!("auth.{}.store = \"file\"", self.login),
            HelperProblem::Failed { .. }
            | HelperProblem::Killed
            | HelperProblem::NotCredentials
            | HelperProblem::NotStored => {
                format!("{program} list")
            }
        };
        AuthError::Store(format!("`{program} {}` did not work: {problem}; try `{way_out}`", command.word()))
    }
}
