//! Checks before a gate runs: the credentials and the commands of its providers.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::agents::Stage;
use crate::agents::credentials::{Credential, CredentialChoice, CredentialOrder, LoginState};
use crate::agents::models::CredentialKind;
use crate::agents::registry::{GateList, ModelNames};
use crate::tree::{Code, Diagnostic, Key, Value, in_report_order};

pub use crate::agents::credentials::VariableState;

/// The result of resolving the name or path of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandState {
    /// An executable file.
    Found,
    /// A file without permission to execute.
    NotExecutable,
    /// A folder.
    Folder,
    /// Nothing.
    Missing,
}

/// What the providers of gates need from the machine. Its functions return states and no values, so no message can show a secret.
pub struct Requirements<'a> {
    /// The state of a variable.
    pub variable: &'a dyn Fn(&str) -> VariableState,
    /// The state of a login.
    pub login: &'a dyn Fn(&str) -> LoginState,
    /// The result of resolving a command.
    pub command: &'a dyn Fn(&str) -> CommandState,
}

/// Checks the credential and the command of each provider that the gates of these stages use.
///
/// `validation.check_api_keys` and `validation.check_commands` turn the checks off. Returns warnings in the order of reports:
/// `provider/key-missing`, `auth/login-needed` where a login could give the missing credential, `auth/credential` where another
/// credential than the first is taken, and `provider/command-missing`. Values of a wrong type are ignored; the schema rejects
/// them.
pub fn check_providers(
    root: &Value,
    stages: &[Stage],
    &Requirements { variable, login, command }: &Requirements<'_>,
) -> Vec<Diagnostic> {
    let is_enabled = |name: &str| {
        let value = root.member("validation").and_then(|validation| validation.member(name));
        value.and_then(Value::as_bool).unwrap_or(true)
    };
    let (check_keys, check_commands) = (is_enabled("check_api_keys"), is_enabled("check_commands"));
    let mut diagnostics = Vec::new();
    for (provider, users) in used_providers(root, stages) {
        let Some(settings) = root.member("providers").and_then(|providers| providers.member(provider)) else {
            continue;
        };
        let users = format!("the stage{} {}", if users.len() == 1 { "" } else { "s" }, users.join(", "));
        let key = |name: &str| Key::of(["providers", provider, name]);
        if check_keys {
            let choice = CredentialOrder::of_tree(settings).choose(login, variable);
            diagnostics.extend(credential_problem(provider, settings, &choice, &users));
        }
        if let Some((name, value)) = text(settings, "command").filter(|_| check_commands)
            && let Some((problem, fix)) = command(name).problem(name)
        {
            let message = format!("command `{name}` {problem}; used by {users}");
            let help = format!(
                "{fix}, name another program in providers.{provider}.command, or set \
                 validation.check_commands = false"
            );
            diagnostics.push(
                Diagnostic::warning(Code::ProviderCommandMissing, key("command"), message)
                    .help(help)
                    .at(value.origin()),
            );
        }
    }
    in_report_order(diagnostics)
}

/// A missing credential of a provider, or one that is taken because the preferred one cannot be used.
fn credential_problem(
    provider: &str,
    settings: &Value,
    choice: &CredentialChoice,
    users: &str,
) -> Option<Diagnostic> {
    let off = "set validation.check_api_keys = false";
    let reasons = choice.reasons();
    let setting = |credential: &Credential| match credential.kind() {
        CredentialKind::Login => "login",
        CredentialKind::ApiKey => "api_key_env",
    };
    let (code, setting, message, help) = match (&choice.taken, choice.unusable.as_slice()) {
        (_, []) => return None,
        (Some(taken), [first, ..]) => (
            Code::AuthCredential,
            setting(&first.credential),
            format!("{reasons}; the agents get {taken}; used by {users}"),
            format!("run {}, or change providers.{provider}.credentials", choice.commands()),
        ),
        (None, [only]) if only.credential.kind() == CredentialKind::ApiKey => {
            let export = only.credential.command();
            (
                Code::ProviderKeyMissing,
                "api_key_env",
                format!("{reasons}; used by {users}"),
                format!("{export}, or {off}"),
            )
        }
        (None, _) => (
            Code::AuthLoginNeeded,
            "login",
            format!("{reasons}; used by {users}"),
            format!("run {}, or {off}", choice.commands()),
        ),
    };
    let origin = settings.member(setting).unwrap_or(settings).origin();
    Some(Diagnostic::warning(code, Key::of(["providers", provider, setting]), message).help(help).at(origin))
}

impl CommandState {
    /// The problem, and the first part of the help.
    fn problem(self, name: &str) -> Option<(&'static str, String)> {
        match self {
            Self::Found => None,
            Self::NotExecutable => Some(("is not executable", format!("run `chmod +x` on `{name}`"))),
            Self::Folder => Some(("is a folder", "append the name of a program in it".into())),
            Self::Missing if name.starts_with("~/") || name.contains('$') => {
                Some(("is not found", "write the full path, since no shell expands it".into()))
            }
            Self::Missing => Some(("is not found", format!("install `{name}`"))),
        }
    }
}

fn text<'t>(settings: &'t Value, name: &str) -> Option<(&'t str, &'t Value)> {
    let value = settings.member(name)?;
    Some((value.as_str()?, value))
}

/// The providers that the gates of these stages use, each with the names of those stages in order.
fn used_providers<'t>(root: &'t Value, stages: &[Stage]) -> BTreeMap<&'t str, Vec<&'static str>> {
    let (names, _) = ModelNames::of_tree(root);
    let mut used: BTreeMap<&str, Vec<&'static str>> = BTreeMap::new();
    for stage in stages.iter().copied() {
        for agent in GateList::of_tree(root, stage).iter().flat_map(GateList::names) {
            let Ok(canonical) = names.resolve(agent) else { continue };
            let model = root.member("models").and_then(|models| models.member(canonical));
            let Some((provider, _)) = model.and_then(|model| text(model, "provider")) else { continue };
            let gates = used.entry(provider).or_default();
            if !gates.contains(&stage.name()) {
                gates.push(stage.name());
            }
        }
    }
    used
}

#[cfg(test)]
#[cfg(feature = "app")]
mod tests {
    use super::*;
    use crate::app::AppConfig;
    use crate::config::source::{Language, parse};
    use crate::config::{MergeStrategy, Merged};
    use crate::tree::{LayerKind, Source};

    /// The defaults with this text over them.
    fn root(text: &str) -> Value {
        let layer = |kind, name: &str, text: &str| {
            parse(&Source::document(kind, name, text), Language::Toml).unwrap()
        };
        let layers = [
            layer(LayerKind::Defaults, "defaults", AppConfig::DEFAULTS),
            layer(LayerKind::File, "app.toml", text),
        ];
        Merged::of(&layers, &|_| MergeStrategy::Join).unwrap().root().clone()
    }

    /// A line for each diagnostic where every variable and every command is in this state.
    fn diagnostics(
        text: &str,
        stages: &[Stage],
        variable: VariableState,
        command: CommandState,
    ) -> Vec<String> {
        diagnostics_with_login(text, stages, variable, command, &LoginState::Absent)
    }

    fn diagnostics_with_login(
        text: &str,
        stages: &[Stage],
        variable: VariableState,
        command: CommandState,
        login: &LoginState,
    ) -> Vec<String> {
        let requirements =
            Requirements { variable: &|_| variable, login: &|_| login.clone(), command: &|_| command };
        let found = check_providers(&root(text), stages, &requirements);
        assert!(found.iter().all(|d| d.severity == crate::tree::Severity::Warning && d.origin.is_some()));
        found.iter().map(|d| format!("{}: {}; {}", d.key, d.message, d.help.as_deref().unwrap())).collect()
    }

    #[test]
    fn a_message_names_the_problem_the_gates_and_the_fix() {
        let google = |command: &str| {
            format!(
                "[quality_gates]\nplan = ['gemini']\ntasks = ['gemini']\n[providers.google]\ncommand = '{command}'\n"
            )
        };
        for (command, state, problem, fix) in [
            ("x", CommandState::Missing, "is not found", "install `x`"),
            ("~/x", CommandState::Missing, "is not found", "write the full path, since no shell expands it"),
            ("/x", CommandState::NotExecutable, "is not executable", "run `chmod +x` on `/x`"),
            ("/x", CommandState::Folder, "is a folder", "append the name of a program in it"),
        ] {
            let expected = format!(
                "providers.google.command: command `{command}` {problem}; used by the stages plan, tasks; {fix}, name another \
                 program in providers.google.command, or set validation.check_commands = false"
            );
            let stages = [Stage::Plan, Stage::Tasks];
            assert_eq!(diagnostics(&google(command), &stages, VariableState::Set, state), [expected]);
        }
        for (state, problem) in [(VariableState::Unset, "is not set"), (VariableState::Empty, "is empty")] {
            let expected = format!(
                "providers.google.api_key_env: variable `GEMINI_API_KEY` {problem}; used by the stage plan; export \
                 GEMINI_API_KEY=…, or set validation.check_api_keys = false"
            );
            assert_eq!(diagnostics(&google("x"), &[Stage::Plan], state, CommandState::Found), [expected]);
        }
    }

    #[test]
    fn a_missing_login_is_reported_with_the_line_to_type() {
        let google =
            "[quality_gates]\nplan = ['gemini']\n[providers.google]\nlogin = 'work'\ntoken_env = 'T'\n";
        let usable = LoginState::Usable { valid_for: None };
        let found = |text: &str, variable, login: &LoginState| {
            diagnostics_with_login(text, &[Stage::Plan], variable, CommandState::Found, login)
        };
        assert_eq!(
            found(google, VariableState::Unset, &LoginState::Absent),
            [
                "providers.google.login: nobody is logged in to `work`, and variable `GEMINI_API_KEY` is not set; used by the stage \
                 plan; run `speckit auth login work` or `export GEMINI_API_KEY=…`, or set validation.check_api_keys = false"
            ]
        );
        assert_eq!(
            found(google, VariableState::Set, &LoginState::Expired),
            [
                "providers.google.login: the login `work` expired; the agents get the API key in GEMINI_API_KEY; used by the stage \
                 plan; run `speckit auth login work`, or change providers.google.credentials"
            ]
        );
        let reversed = format!("{google}credentials = ['api_key', 'login']\n");
        assert_eq!(
            found(&reversed, VariableState::Empty, &usable),
            [
                "providers.google.api_key_env: variable `GEMINI_API_KEY` is empty; the agents get the login work, in T; used by the \
                 stage plan; run `export GEMINI_API_KEY=…`, or change providers.google.credentials"
            ]
        );
        let alone = format!("{google}credentials = ['login']\n");
        assert_eq!(found(&alone, VariableState::Set, &LoginState::Absent).len(), 1);
        for text in [google, &reversed, &alone] {
            assert_eq!(found(text, VariableState::Set, &usable), [""; 0], "{text}");
            let off = format!("{text}[validation]\ncheck_api_keys = false\n");
            assert_eq!(found(&off, VariableState::Unset, &LoginState::Absent), [""; 0], "{text}");
        }
    }

    #[test]
    fn only_providers_of_these_stages_and_enabled_checks_are_reported() {
        let mistyped = "[quality_gates]\nunlock = ['nobody', 3, 'claude-haiku']\n";
        let [keys, commands] = ["check_api_keys", "check_commands"].map(|name| format!("{name} = false\n"));
        for (text, stages, expected) in [
            ("", &[][..], &[][..]),
            (mistyped, &[Stage::Unlock], &["anthropic.command", "anthropic.api_key_env"]),
            (&format!("{mistyped}[validation]\n{commands}"), &[Stage::Unlock], &["anthropic.api_key_env"]),
            (&format!("[validation]\n{keys}{commands}"), &Stage::ALL, &[]),
            ("providers = 1", &Stage::ALL, &[]),
            ("quality_gates = 'plan'", &Stage::ALL, &[]),
        ] {
            let found = diagnostics(text, stages, VariableState::Unset, CommandState::Missing);
            let keys = found.iter().map(|line| line.split(':').next().unwrap());
            assert!(keys.eq(expected.iter().map(|key| format!("providers.{key}"))), "{text}: {found:?}");
        }
    }
}
