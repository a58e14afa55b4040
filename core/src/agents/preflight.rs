//! What must be there before a gate can run: the API keys and the commands of its providers.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::agents::Stage;
use crate::agents::registry::{Gate, Names};
use crate::tree::{Code, Diagnostic, Key, Value, in_report_order};

/// What a variable of the environment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VariableState {
    /// It has a value.
    Set,
    /// It is there, without a value.
    Empty,
    /// It is not there.
    Unset,
}

/// What the name or the path of a command leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandState {
    /// A program that can be run.
    Found,
    /// A file that nobody may execute.
    NotExecutable,
    /// A folder.
    Folder,
    /// Nothing.
    Missing,
}

/// Checks that the providers which the gates of these stages use have their API key and their command.
///
/// `variable` tells what a variable of the environment is, and `command` what a command leads to; neither gives a value, so
/// no message can show one. `validation.check_api_keys` and
/// `validation.check_commands` turn the checks off. Returns warnings `provider/key-missing` and `provider/command-missing` in the order of
/// reports. What is not of the type it should be is left to the schema.
pub fn check_providers(
    root: &Value,
    stages: &[Stage],
    variable: &dyn Fn(&str) -> VariableState,
    command: &dyn Fn(&str) -> CommandState,
) -> Vec<Diagnostic> {
    let checks = |name: &str| {
        let value = root.member("validation").and_then(|validation| validation.member(name));
        value.and_then(Value::as_bool).unwrap_or(true)
    };
    let (check_keys, check_commands) = (checks("check_api_keys"), checks("check_commands"));
    let mut findings = Vec::new();
    for (provider, users) in used_providers(root, stages) {
        let Some(settings) = root.member("providers").and_then(|providers| providers.member(provider)) else {
            continue;
        };
        let users = users.join(", ");
        let key = |name: &str| Key::of(["providers", provider, name]);
        if let Some((name, value)) = text(settings, "api_key_env").filter(|_| check_keys)
            && let Some(what) = variable(name).lack()
        {
            let message = format!("variable `{name}` {what}; used at {users}");
            findings.push(
                Diagnostic::warning(Code::ProviderKeyMissing, key("api_key_env"), message)
                    .help(format!("export {name}=…, or set validation.check_api_keys = false"))
                    .at(value.origin()),
            );
        }
        if let Some((name, value)) = text(settings, "command").filter(|_| check_commands)
            && let Some((what, help)) = command(name).lack(name)
        {
            let message = format!("command `{name}` {what}; used at {users}");
            let help = format!(
                "{help}, name another program in providers.{provider}.command, or set \
                 validation.check_commands = false"
            );
            findings.push(
                Diagnostic::warning(Code::ProviderCommandMissing, key("command"), message)
                    .help(help)
                    .at(value.origin()),
            );
        }
    }
    in_report_order(findings)
}

impl VariableState {
    /// What is wrong with it.
    fn lack(self) -> Option<&'static str> {
        match self {
            Self::Set => None,
            Self::Empty => Some("is empty"),
            Self::Unset => Some("is not set"),
        }
    }
}

impl CommandState {
    /// What is wrong with it, and the first way out.
    fn lack(self, name: &str) -> Option<(&'static str, String)> {
        match self {
            Self::Found => None,
            Self::NotExecutable => Some(("may not be executed", format!("run `chmod +x` on `{name}`"))),
            Self::Folder => Some(("is a folder", "add the name of the program in it".into())),
            Self::Missing if name.starts_with("~/") || name.contains('$') => {
                Some(("is not found", "write the path in full, since no shell expands it".into()))
            }
            Self::Missing => Some(("is not found", format!("install `{name}`"))),
        }
    }
}

fn text<'t>(settings: &'t Value, name: &str) -> Option<(&'t str, &'t Value)> {
    let value = settings.member(name)?;
    Some((value.as_str()?, value))
}

/// The providers whose models the gate of one of the stages names, with those gates in the order of the stages.
fn used_providers<'t>(root: &'t Value, stages: &[Stage]) -> BTreeMap<&'t str, Vec<&'static str>> {
    let (names, _) = Names::of_tree(root);
    let mut used: BTreeMap<&str, Vec<&'static str>> = BTreeMap::new();
    for stage in stages.iter().copied() {
        for agent in Gate::of_tree(root, stage).iter().flat_map(Gate::names) {
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
    use crate::config::{ListStrategy, Merged};
    use crate::tree::{LayerKind, Source};

    fn root(text: &str) -> Value {
        let layer = |kind, name: &str, text: &str| {
            parse(&Source::document(kind, name, text), Language::Toml).unwrap()
        };
        let layers = [
            layer(LayerKind::Defaults, "defaults", AppConfig::DEFAULTS),
            layer(LayerKind::File, "app.toml", text),
        ];
        Merged::of(&layers, &|_| ListStrategy::Replace).unwrap().root().clone()
    }

    fn codes(root: &Value) -> Vec<String> {
        check_providers(root, &Stage::ALL, &|_| VariableState::Unset, &|_| CommandState::Missing)
            .iter()
            .map(|d| format!("{} {}", d.code, d.key))
            .collect()
    }

    #[test]
    fn a_missing_key_and_a_missing_command_name_the_way_out() {
        let root = root("[providers.google]\ncommand = \"/opt/gemini\"\n");
        let is = |name: &str, missing: &str| if name == missing { None } else { Some(()) };
        let variable =
            |name: &str| is(name, "GEMINI_API_KEY").map_or(VariableState::Unset, |()| VariableState::Set);
        let command =
            |name: &str| is(name, "/opt/gemini").map_or(CommandState::Missing, |()| CommandState::Found);
        let found = check_providers(&root, &Stage::ALL, &variable, &command);
        let lines: Vec<_> = found
            .iter()
            .map(|d| {
                format!("{}: {}; {}", d.origin.as_ref().unwrap().raw(), d.message, d.help.as_ref().unwrap())
            })
            .collect();
        let users = "used at plan, tasks, validate, audit";
        assert_eq!(
            lines,
            [
                format!(
                    "\"GEMINI_API_KEY\": variable `GEMINI_API_KEY` is not set; {users}; export GEMINI_API_KEY=…, or \
                     set validation.check_api_keys = false"
                ),
                format!(
                    "\"/opt/gemini\": command `/opt/gemini` is not found; {users}; install `/opt/gemini`, name \
                     another program in providers.google.command, or set validation.check_commands = false"
                ),
            ]
        );
        assert!(found.iter().all(|d| d.severity == crate::tree::Severity::Warning));
    }

    #[test]
    fn only_providers_that_a_gate_uses_are_checked() {
        let gates = "plan = [\"claude-haiku\"]\ntasks = [\"claude\"]\nvalidate = [\"claude\"]\naudit = [\"claude\"]\n\
                     unlock = [\"nobody\", 3]\n";
        assert_eq!(
            codes(&root(&format!("[quality_gates]\n{gates}"))),
            [
                "provider/command-missing providers.anthropic.command",
                "provider/key-missing providers.anthropic.api_key_env"
            ]
        );
    }

    #[test]
    fn only_the_stages_that_are_asked_for_are_looked_at() {
        let (set, missing) = (|_: &str| VariableState::Set, |_: &str| CommandState::Missing);
        let found = check_providers(&root(""), &[Stage::Unlock], &set, &missing);
        let lines: Vec<_> = found.iter().map(|d| format!("{}: {}", d.key, d.message)).collect();
        assert_eq!(
            lines,
            [
                "providers.openai.command: command `codex` is not found; used at unlock",
                "providers.anthropic.command: command `claude` is not found; used at unlock"
            ]
        );
        assert!(check_providers(&root(""), &[], &|_| VariableState::Unset, &missing).is_empty());
    }

    #[test]
    fn what_is_wrong_with_a_command_or_a_variable_is_told_apart() {
        let google = |command: &str| {
            root(&format!(
                "[quality_gates]\nplan = [\"gemini\"]\n[providers.google]\ncommand = \"{command}\"\n"
            ))
        };
        let lines = |command: &str, state: CommandState| {
            let found =
                check_providers(&google(command), &[Stage::Plan], &|_| VariableState::Set, &|_| state);
            found.iter().map(|d| format!("{}; {}", d.message, d.help.as_deref().unwrap())).collect::<Vec<_>>()
        };
        let others =
            ", name another program in providers.google.command, or set validation.check_commands = false";
        for (command, state, told) in [
            (
                "/opt/x",
                CommandState::NotExecutable,
                "may not be executed; used at plan; run `chmod +x` on `/opt/x`",
            ),
            ("/opt", CommandState::Folder, "is a folder; used at plan; add the name of the program in it"),
            (
                "~/x",
                CommandState::Missing,
                "is not found; used at plan; write the path in full, since no shell expands it",
            ),
        ] {
            assert_eq!(lines(command, state), [format!("command `{command}` {told}{others}")]);
        }
        let found = check_providers(&google("x"), &[Stage::Plan], &|_| VariableState::Empty, &|_| {
            CommandState::Found
        });
        assert_eq!(found[0].message, "variable `GEMINI_API_KEY` is empty; used at plan");
    }

    #[test]
    fn each_check_can_be_turned_off() {
        let keys_only = codes(&root("[validation]\ncheck_commands = false\n"));
        assert_eq!(keys_only.len(), 3);
        assert!(keys_only.iter().all(|code| code.starts_with("provider/key-missing")));
        assert!(codes(&root("[validation]\ncheck_commands = false\ncheck_api_keys = false\n")).is_empty());
    }

    #[test]
    fn a_tree_of_wrong_types_gives_nothing() {
        for text in ["providers = 1", "models = []", "quality_gates = \"plan\"", "[providers]\nopenai = 7"] {
            let found = codes(&root(text));
            assert!(
                found.iter().all(|code| !code.contains("openai")) || text.starts_with("models"),
                "{text}: {found:?}"
            );
        }
    }
}
