//! The rules of the shipped application beyond its schema.

use alloc::vec::Vec;

use super::migrate::{is_left_out, migrate_layer};
use crate::agents::check_outputs;
use crate::agents::registry::NameCheck;
use crate::auth::{check_logins, is_misplaced_secret};
use crate::config::Layer;
use crate::config::redact::EVERY_NAME;
use crate::config::resolve::{Extension, Migrated};
use crate::policy::check_rules;
use crate::tree::{Code, Diagnostic, Key, Severity, Value};

/// The rules of the shipped application beyond its schema: names of models, quality gates, logins, and the old form of its files.
///
/// ```
/// use speckit_core::app::Application;
/// use speckit_core::config::resolve::{Document, Inputs, Rules};
/// use speckit_core::config::source::Language;
/// use speckit_core::{LayerKind, Source};
/// let rules = Rules::new(None).with_extension(Box::new(Application::default()));
/// let file = Source::document(LayerKind::File, "speckit.toml", "[quality_gates]\nplan = ['gemni']\n[models.gemini]\n");
/// let inputs = Inputs { documents: vec![Document::Text(file, Language::Toml)], ..Inputs::default() };
/// let refused = rules.check(rules.read(&inputs)).unwrap_err();
/// assert_eq!(refused.diagnostics()[0].code, "name/unknown");
/// ```
#[derive(Debug, Default)]
pub struct Application {
    names: NameCheck,
}

impl Extension for Application {
    fn migrate(&self, layer: &Layer) -> Option<Result<Migrated, Vec<Diagnostic>>> {
        migrate_layer(layer)
    }

    /// A provider has the name of a variable with its API key, and a login that of one with its secret; somebody may write the
    /// API key or the secret itself.
    fn secrets(&self) -> Vec<Key> {
        let api_key = Key::of(["providers", EVERY_NAME, "api_key"]);
        let client_secret = Key::of(["auth", EVERY_NAME, "client_secret"]);
        let in_parameters = Key::of(["auth", EVERY_NAME, "parameters", "client_secret"]);
        [api_key, client_secret, in_parameters].into()
    }

    fn holds_secret(&self) -> fn(&Key, &Value) -> bool {
        is_misplaced_secret
    }

    /// The values that the migration of an old form leaves out may be secrets.
    fn is_masked(&self, key: &Key) -> bool {
        is_left_out(key)
    }

    fn check(&self, root: &Value, violations: &mut Vec<Diagnostic>) {
        let names = self.names.check(root);
        // The check of names reports the same as the bounds of a list or a text, in clearer words.
        let is_bound = |code| {
            use Code::{SchemaMaxItems, SchemaMinItems, SchemaMinLength, SchemaPattern};
            matches!(code, SchemaMinItems | SchemaMaxItems | SchemaMinLength | SchemaPattern)
        };
        let is_clearer = |violation: &Diagnostic| names.iter().any(|name| name.key == violation.key);
        violations.retain(|violation| !(is_bound(violation.code) && is_clearer(violation)));
        // Values that the schema refuses too are reported once, also by a lenient configuration.
        let mut mistakes = check_logins(root);
        // What the schema refuses by its name is reported as that, and hidden. A secret in a file has a report of its own.
        mistakes.retain(|mistake| {
            let refuses = |one: &&Diagnostic| one.code.refuses_key() && mistake.key.starts_with(&one.key);
            let refusal = violations.iter().find(refuses);
            refusal.is_none_or(|one| one.key == mistake.key && mistake.code == Code::AuthClient)
        });
        mistakes.extend(check_rules(root));
        violations.retain(|violation| mistakes.iter().all(|mistake| mistake.key != violation.key));
        let is_lenient =
            root.get(&Key::of(["validation", "strict_schema"])).and_then(Value::as_bool) == Some(false);
        if is_lenient {
            violations.iter_mut().for_each(|violation| violation.severity = Severity::Warning);
        }
        violations.extend(names);
        violations.extend(check_outputs(root));
        violations.extend(mistakes);
    }
}

#[cfg(test)]
mod tests {
    use alloc::boxed::Box;
    use alloc::string::ToString as _;
    use alloc::vec;

    use super::*;
    use crate::config::resolve::{Document, Inputs, Rules};
    use crate::config::schema::{Documents, Schema};
    use crate::config::source::{Language, parse};
    use crate::tree::{LayerKind, Source};

    fn rules() -> Rules {
        let source = Source::document(LayerKind::Defaults, "schema.json", crate::app::AppConfig::SCHEMA);
        let document = parse(&source, Language::Json).unwrap();
        let schema = Schema::compile(&Documents::new("file:///schema.json", document.root())).unwrap();
        Rules::new(Some(schema)).with_extension(Box::new(Application::default()))
    }

    /// The keys of a text whose values are hidden.
    fn hidden(text: &str) -> Vec<alloc::string::String> {
        let layer = parse(&Source::document(LayerKind::File, "a.toml", text), Language::Toml).unwrap();
        let (rules, mut hidden) = (rules(), Vec::new());
        layer.root().leaves(&mut |key, value| {
            if rules.keys().is_secret(key, value) {
                hidden.push(key.to_string());
            }
        });
        hidden
    }

    #[test]
    fn a_secret_of_a_login_is_hidden_under_any_name_and_its_settings_are_not() {
        let text = "[auth.one]\nissuer = 'https://a.example'\nclient_id = 'me'\nclient_secret = 'hunter2'\n\
                    client_secret_env = 'ME'\nstore = 'file'\nscopes = ['openid']\n\
                    [auth.one.parameters]\naudience = 'x'\nclient_secret = 'hunter2'\n\
                    [auth.two]\nclient_secert = 'hunter2'\n";
        let expected =
            ["auth.one.client_secret", "auth.one.parameters.client_secret", "auth.two.client_secert"];
        assert_eq!(hidden(text), expected);
        let misplaced = "[auth.one]\nissuer = 'https://me:hunter2@a.example'\nclient_id = 'me@a.example'\n\
                         client_secret_env = 'hunter-2'\nscopes = ['a@b']\n\
                         [providers.google]\napi_key_env = 'sk-hunter2'\ntoken_env = 'ya29.x'\ncommand = 'a@b'\n";
        let expected = [
            "auth.one.client_secret_env",
            "auth.one.issuer",
            "providers.google.api_key_env",
            "providers.google.token_env",
        ];
        assert_eq!(hidden(misplaced), expected);
        assert_eq!(hidden("[auth]\nclient_secret = 'hunter2'\n"), ["auth.client_secret"]);
        assert_eq!(
            hidden("[auth.one]\n[providers.google]\napi_key = 'hunter2'\napi_key_env = 'K'\n"),
            ["providers.google.api_key"]
        );
    }

    #[test]
    fn a_variable_holds_a_secret_if_the_key_that_it_spells_is_one() {
        let rules = rules().with_prefix("MY", &["CONFIG"]);
        let names = rules.keys().variable_names(None).unwrap();
        for (variable, expected) in [
            ("MY_AUTH__WORK__CLIENT_SECRET", true),
            ("MY_AUTH__WORK__CLIENT_SECRET_FILE", true),
            ("MY_AUTH__WORK__CLIENT_SECERT", true),
            ("MY_AUTH__WORK__PARAMETERS__CLIENT_SECRET", true),
            ("MY_PROVIDERS__LOCAL__API_KEY", true),
            ("MY_PROVIDERS__JSON", true),
            ("MY_AUTH__WORK__CLIENT_ID", false),
            ("MY_PROVIDERS__OPENAI__API_KEY_ENV", false),
            ("MY_HOT_RELOAD__DEBOUNCE_MS", false),
            ("MY_CONFIG", false),
            ("MY_TOOL", false),
            ("OTHER", false),
            ("SPECKIT_AUTH__WORK__CLIENT_SECRET", false),
        ] {
            assert_eq!(names.holds_secret(variable), expected, "{variable}");
        }
    }

    #[test]
    fn a_secret_in_a_file_is_reported_once_and_with_the_way_out() {
        let text = "[auth.one]\nissuer = 'https://a.example'\nclient_id = 'me'\nclient_secret = 'hunter2'\nstore = 'file'\n";
        let file = Source::document(LayerKind::File, "a.toml", text);
        let inputs = Inputs { documents: vec![Document::Text(file, Language::Toml)], ..Inputs::default() };
        let rules = rules();
        let refused = rules.check(rules.read(&inputs)).unwrap_err();
        let of_logins = refused.diagnostics().iter().filter(|one| one.key.starts_with(&Key::of(["auth"])));
        let codes: Vec<_> = of_logins.map(|one| (one.code, one.key.to_string())).collect();
        assert_eq!(codes, [(Code::AuthClient, "auth.one.client_secret".into())]);
    }
}
