//! Checks the logins of a configuration tree, and the credentials of its providers.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::misplaced::is_variable;
use super::url::allowed_url;
use crate::text::visible;
use crate::tree::nearest::nearest;
use crate::tree::{Code, Diagnostic, Key, LayerKind, Value, in_report_order};

/// The parameters that the protocol sets, with what sets them: those of RFC 6749, RFC 7009, RFC 7521, RFC 7636 and RFC 8628.
const RESERVED: [(&str, &str); 13] = [
    ("client_assertion", "remove it"),
    ("client_assertion_type", "remove it"),
    ("client_id", "set `client_id` of the login"),
    ("client_secret", "set `client_secret_env` and `client_authentication`"),
    ("code", "remove it"),
    ("code_challenge", "set `pkce`"),
    ("code_challenge_method", "set `pkce`"),
    ("code_verifier", "set `pkce`"),
    ("device_code", "remove it"),
    ("grant_type", "remove it"),
    ("refresh_token", "remove it"),
    ("scope", "set `scopes`"),
    ("token", "remove it"),
];

/// The default of `credentials`.
const DEFAULT_ORDER: [&str; 2] = ["login", "api_key"];

/// Checks the logins of a configuration tree, and `login`, `credentials` and `token_env` of its providers.
///
/// Returns the errors in the order of reports: `auth/endpoints`, `auth/url`, `auth/client`, `auth/parameter`, `auth/store`,
/// `auth/credential`, and `name/unknown` for a provider whose login does not exist. Values of a wrong type are ignored, since the
/// schema rejects them.
pub fn check_logins(root: &Value) -> Vec<Diagnostic> {
    let mut errors = Vec::new();
    let logins = root.member("auth").and_then(Value::as_table);
    for (name, settings) in logins.into_iter().flatten().filter(|(_, login)| login.as_table().is_some()) {
        let login = Table { key: Key::of(["auth", name.as_str()]), settings };
        login.endpoints(&mut errors);
        login.client(&mut errors);
        login.parameters(&mut errors);
        login.store(&mut errors);
    }
    let providers = root.member("providers").and_then(Value::as_table);
    for (name, settings) in providers.into_iter().flatten().filter(|(_, one)| one.as_table().is_some()) {
        let provider = Table { key: Key::of(["providers", name.as_str()]), settings };
        let names = || logins.into_iter().flatten().map(|(name, _)| name.as_str());
        provider.credentials(&names().collect::<Vec<_>>(), &mut errors);
    }
    in_report_order(errors)
}

/// A login or a provider.
struct Table<'t> {
    key: Key,
    settings: &'t Value,
}

impl<'t> Table<'t> {
    fn text(&self, name: &str) -> Option<&'t str> {
        self.settings.member(name)?.as_str()
    }

    fn has(&self, name: &str) -> bool {
        self.settings.member(name).is_some()
    }

    /// An error about a member, at its value; at the table if the member is missing.
    fn error(&self, code: Code, member: &str, message: impl Into<String>) -> Diagnostic {
        let value = self.settings.member(member).unwrap_or(self.settings);
        Diagnostic::error(code, self.key.child(member), message).at(value.origin())
    }

    fn endpoints(&self, errors: &mut Vec<Diagnostic>) {
        let [device, token] = ["device_authorization_url", "token_url"];
        let found = match (self.has("issuer"), self.has(device), self.has(token)) {
            (false, false, false) => {
                let message = "the login has no endpoints";
                let error = Diagnostic::error(Code::AuthEndpoints, self.key.clone(), message)
                    .at(self.settings.origin());
                Some(error.help("set `issuer`, or `device_authorization_url` and `token_url`"))
            }
            (true, false, false) | (false, true, true) => None,
            (true, ..) => {
                let message =
                    "the login has an issuer, whose document names the endpoints, and endpoints of its own";
                let help = "remove `issuer`, or remove `device_authorization_url` and `token_url`";
                Some(self.error(Code::AuthEndpoints, "issuer", message).help(help))
            }
            (false, has_device, _) => {
                let (there, missing) = if has_device { (device, token) } else { (token, device) };
                let message = format!("the login has `{there}` without `{missing}`");
                let help = format!("add `{missing}`, or set `issuer` instead of both");
                Some(self.error(Code::AuthEndpoints, there, message).help(help))
            }
        };
        errors.extend(found);
        for name in ["issuer", device, token, "revocation_url"] {
            let problem = self.text(name).and_then(|url| allowed_url(url).err());
            errors.extend(problem.map(|problem| {
                let path = match name {
                    "issuer" => "",
                    "revocation_url" => "/revoke",
                    "token_url" => "/token",
                    _ => "/device",
                };
                let help = format!("write an absolute address, such as `https://id.example.com{path}`");
                self.error(Code::AuthUrl, name, format!("the address {problem}")).help(help)
            }));
        }
        if self.text("issuer").is_some_and(|issuer| issuer.contains('?') && allowed_url(issuer).is_ok()) {
            let error = self.error(Code::AuthUrl, "issuer", "an issuer has no query (`?`)");
            errors.push(error.help("write the issuer as its discovery document does"));
        }
    }

    fn client(&self, errors: &mut Vec<Diagnostic>) {
        if self.has("client_secret") {
            let message = "a file is no place for the secret";
            let help = "put it into an environment variable, and set `client_secret_env` to the name of the variable";
            errors.push(self.error(Code::AuthClient, "client_secret", message).help(help));
        }
        self.variable_name(Code::AuthClient, "client_secret_env", errors);
        let secret = "client_secret_env";
        match (self.text("client_authentication").unwrap_or("none"), self.has(secret)) {
            (way @ ("post" | "basic"), false) => {
                let message = format!("`client_authentication = \"{way}\"` needs the secret of the program");
                let help = "set `client_secret_env` to the name of the variable with the secret, or \
                            `client_authentication = \"none\"`";
                errors.push(self.error(Code::AuthClient, secret, message).help(help));
            }
            ("none", true) => {
                let message = "the secret is not sent, because `client_authentication` is \"none\"";
                let help =
                    "set `client_authentication` to \"post\" or \"basic\", or remove `client_secret_env`";
                errors.push(self.error(Code::AuthClient, secret, message).help(help));
            }
            _ => {}
        }
    }

    fn parameters(&self, errors: &mut Vec<Diagnostic>) {
        let scopes = self.settings.member("scopes").and_then(Value::as_array).into_iter().flatten();
        for (index, scope) in scopes.enumerate() {
            if !scope.as_str().is_some_and(|scope| !scope.is_empty() && !is_scope(scope)) {
                continue;
            }
            let message = "a scope has only printable ASCII characters, without blanks, `\"` and `\\`";
            let key = self.key.child("scopes").element(index);
            let error = Diagnostic::error(Code::AuthParameter, key, message).at(scope.origin());
            errors.push(error.help("write each scope as an item of its own"));
        }
        let table = self.settings.member("parameters").and_then(Value::as_table).into_iter().flatten();
        for (name, value) in table {
            let key = self.key.child("parameters").child(name.as_str());
            let problem = match RESERVED.iter().find(|(reserved, _)| *reserved == name.as_str()) {
                Some((_, help)) => Some((format!("the protocol sets `{name}`"), *help)),
                None if name.is_empty() => Some(("a parameter has a name".into(), "remove it")),
                None => None,
            };
            errors.extend(problem.map(|(message, help)| {
                Diagnostic::error(Code::AuthParameter, key, message).help(help).at(value.origin())
            }));
        }
    }

    fn store(&self, errors: &mut Vec<Diagnostic>) {
        let helper = self.text("helper");
        match (self.text("store"), self.has("helper")) {
            (Some("helper"), false) => {
                let message = "`store = \"helper\"` needs the name of a credential helper";
                let help =
                    "set `helper`: with \"pass\" the program `docker-credential-pass` stores the tokens";
                errors.push(self.error(Code::AuthStore, "helper", message).help(help));
            }
            (Some("file"), true) => {
                let message = "the credential helper is not used, because `store` is \"file\"";
                let help = "set `store = \"helper\"`, or remove `helper`";
                errors.push(self.error(Code::AuthStore, "helper", message).help(help));
            }
            _ => {}
        }
        let is_name = |name: &str| name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        if let Some(name) = helper.filter(|name| !name.is_empty() && !is_name(name)) {
            let message = format!("`{}` is not the name of a credential helper", visible(name));
            let help = "write the part after `docker-credential-`: lowercase letters, digits and dashes";
            errors.push(self.error(Code::AuthStore, "helper", message).help(help));
        }
    }

    /// Checks `login`, `credentials`, `token_env` and `api_key_env` of a provider.
    fn credentials(&self, logins: &[&str], errors: &mut Vec<Diagnostic>) {
        let login = self.text("login");
        if let Some(login) = login.filter(|login| !logins.contains(login)) {
            let message = format!("unknown login `{}`", visible(login));
            let help = match (nearest(login, logins.iter().copied()), logins) {
                (_, []) => String::from("there are no logins: add a table [auth.NAME]"),
                (None, _) => format!("the logins are {}", logins.join(", ")),
                (Some(near), _) => format!("did you mean `{near}`? the logins are {}", logins.join(", ")),
            };
            errors.push(self.error(Code::NameUnknown, "login", message).help(help));
        }
        if login.is_some() && !self.has("token_env") {
            let message = "the token of the login has no variable in which the agents get it";
            let help = "set `token_env` to the name of the variable that the command reads";
            let missing = Diagnostic::error(Code::AuthCredential, self.key.child("token_env"), message);
            let origin = self.settings.member("login").unwrap_or(self.settings).origin();
            errors.push(missing.help(help).at(origin));
        }
        for name in ["token_env", "api_key_env"] {
            self.variable_name(Code::AuthCredential, name, errors);
        }
        let listed = self.settings.member("credentials").and_then(Value::as_array);
        // The order of the defaults, which `show` and `init` write into files, asks for nothing.
        let listed = listed.filter(|listed| !listed.iter().map(Value::as_str).eq(DEFAULT_ORDER.map(Some)));
        let listed = listed.into_iter().flatten();
        let explicit = listed.enumerate().filter(|(_, kind)| kind.origin().layer() != LayerKind::Defaults);
        for (index, kind) in explicit {
            let (missing, help) = match kind.as_str() {
                Some("login") if !self.has("login") => {
                    ("login", "set `login` to a login, or remove this item")
                }
                Some("api_key") if !self.has("api_key_env") => {
                    ("api_key_env", "set `api_key_env` to the variable with the API key, or remove this item")
                }
                _ => continue,
            };
            let key = self.key.child("credentials").element(index);
            let message = format!("the provider has no `{missing}`");
            errors.push(Diagnostic::error(Code::AuthCredential, key, message).help(help).at(kind.origin()));
        }
    }

    /// Checks that a text can name an environment variable. The text may be the secret itself, so the message leaves it out.
    fn variable_name(&self, code: Code, member: &str, errors: &mut Vec<Diagnostic>) {
        if self.text(member).is_some_and(|name| !name.is_empty() && !is_variable(name)) {
            let message = "the text cannot be the name of an environment variable";
            let help =
                "write the name of the variable and not its value: letters, digits and `_`, no digit first";
            errors.push(self.error(code, member, message).help(help));
        }
    }
}

/// Whether the text is a scope token (RFC 6749, section 3.3).
fn is_scope(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::source::{Language, parse};
    use crate::tree::Source;

    /// A line for each error: code, key, line of its place; then the message.
    fn errors(text: &str) -> Vec<String> {
        let source = Source::document(LayerKind::File, "app.toml", text);
        let layer = parse(&source, Language::Toml).unwrap();
        let line = |error: &Diagnostic| {
            assert!(error.help.is_some(), "{error:?}");
            let (line, _) = error.origin.as_ref().unwrap().line_column().unwrap();
            format!("{} {} {line}: {}", error.code, error.key, error.message)
        };
        check_logins(layer.root()).iter().map(line).collect()
    }

    /// The codes and keys of the errors of a login with these further lines.
    fn login_errors(lines: &str) -> Vec<String> {
        let found = errors(&format!("[auth.a]\nclient_id = 'c'\nstore = 'file'\n{lines}"));
        found.iter().map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect()
    }

    #[test]
    fn a_login_has_an_issuer_or_two_endpoints() {
        let [issuer, device, token, revocation] = [
            "issuer = 'https://a.example'\n",
            "device_authorization_url = 'https://a.example/d'\n",
            "token_url = 'https://a.example/t'\n",
            "revocation_url = 'https://a.example/r'\n",
        ];
        for (lines, expected) in [
            ([issuer, "", "", ""], ""),
            ([issuer, "", "", revocation], ""),
            (["", device, token, ""], ""),
            (["", device, token, revocation], ""),
            (["", "", "", ""], "auth/endpoints auth.a"),
            (["", "", "", revocation], "auth/endpoints auth.a"),
            (["", device, "", ""], "auth/endpoints auth.a.device_authorization_url"),
            (["", "", token, ""], "auth/endpoints auth.a.token_url"),
            ([issuer, device, token, ""], "auth/endpoints auth.a.issuer"),
            ([issuer, device, "", ""], "auth/endpoints auth.a.issuer"),
            ([issuer, "", token, ""], "auth/endpoints auth.a.issuer"),
        ] {
            assert_eq!(login_errors(&lines.concat()).join("\n"), expected, "{lines:?}");
        }
    }

    #[test]
    fn every_address_is_https() {
        let lines = "device_authorization_url = 'http://127.0.0.1:9/d'\ntoken_url = 'http://a.example/t'\n\
                     revocation_url = 'https://me:hunter2@a.example/r'\n";
        assert_eq!(login_errors(lines), ["auth/url auth.a.token_url", "auth/url auth.a.revocation_url"]);
        assert!(!errors(&format!("[auth.a]\n{lines}")).concat().contains("hunter2"));
        assert_eq!(login_errors("issuer = 'https://a.example?x=1'"), ["auth/url auth.a.issuer"]);
        assert_eq!(login_errors("issuer = 'a.example?'"), ["auth/url auth.a.issuer"]);
    }

    #[test]
    fn the_secret_of_the_program_is_named_exactly_where_it_is_sent() {
        let issuer = "issuer = 'https://a.example'\n";
        for (lines, expected) in [
            ("", &[][..]),
            ("client_authentication = 'none'", &[]),
            ("client_authentication = 'post'\nclient_secret_env = 'ACME_2'", &[]),
            ("client_authentication = 'basic'\nclient_secret_env = '_acme'", &[]),
            ("client_authentication = 'post'", &["auth/client auth.a.client_secret_env"]),
            ("client_authentication = 'basic'", &["auth/client auth.a.client_secret_env"]),
            ("client_secret_env = 'ACME'", &["auth/client auth.a.client_secret_env"]),
            (
                "client_authentication = 'post'\nclient_secret_env = '2ACME'",
                &["auth/client auth.a.client_secret_env"],
            ),
            (
                "client_authentication = 'post'\nclient_secret_env = 'hunter2-x'",
                &["auth/client auth.a.client_secret_env"],
            ),
            ("client_secret = 'hunter2'", &["auth/client auth.a.client_secret"]),
            ("client_authentication = 'magic'\nclient_secret_env = 'ACME'", &[]),
        ] {
            assert_eq!(login_errors(&format!("{issuer}{lines}")), expected, "{lines}");
        }
    }

    #[test]
    fn scopes_are_tokens_and_no_parameter_replaces_one_of_the_protocol() {
        let issuer = "issuer = 'https://a.example'\n";
        let scopes = "scopes = ['openid', 'a b', '', 'ä', 'https://a/b', \"c\\\"\", \"d\\\\\", \"\\u007f\", \"!\", 7]\n";
        let found: Vec<String> = [1, 3, 5, 6, 7].map(|i| format!("auth/parameter auth.a.scopes[{i}]")).into();
        assert_eq!(login_errors(&format!("{issuer}{scopes}")), found);
        for (name, _) in RESERVED {
            let found = login_errors(&format!("{issuer}parameters.{name} = 'x'"));
            assert_eq!(found, [format!("auth/parameter auth.a.parameters.{name}")]);
        }
        assert_eq!(login_errors(&format!("{issuer}parameters = {{ audience = 'x', Scope = 'y' }}")), [""; 0]);
        assert_eq!(login_errors(&format!("{issuer}parameters.'' = 'x'")).len(), 1);
    }

    #[test]
    fn a_helper_is_named_exactly_where_it_is_used() {
        for (lines, is_right) in [
            ("store = 'file'", true),
            ("store = 'helper'\nhelper = 'pass-2'", true),
            ("store = 'helper'", false),
            ("store = 'file'\nhelper = 'pass'", false),
            ("store = 'helper'\nhelper = '../pass'", false),
            ("store = 'helper'\nhelper = 'Pass'", false),
            ("store = 'cloud'\nhelper = 'pass'", true),
        ] {
            let found = errors(&format!("[auth.a]\nissuer = 'https://a.example'\n{lines}\n"));
            assert_eq!(found.is_empty(), is_right, "{lines}: {found:?}");
            assert!(found.iter().all(|line| line.starts_with("auth/store auth.a.helper ")), "{found:?}");
        }
    }

    #[test]
    fn a_provider_names_a_login_and_the_variable_of_its_token() {
        let google = "[auth.google]\nissuer = 'https://a.example'\nstore = 'file'\n";
        let found = |lines: &str| errors(&format!("{google}[providers.google]\n{lines}"));
        assert_eq!(
            found("login = 'google'\ntoken_env = 'T'\ncredentials = ['api_key', 'login']\napi_key_env = 'K'"),
            [""; 0]
        );
        assert_eq!(
            found("login = 'gogle'\ntoken_env = 'T'"),
            ["name/unknown providers.google.login 5: unknown login `gogle`"]
        );
        assert_eq!(
            found("login = 'google'"),
            [
                "auth/credential providers.google.token_env 5: the token of the login has no variable in which the agents get it"
            ]
        );
        assert_eq!(
            found("credentials = ['api_key', 'login']\ntoken_env = 'A B'"),
            [
                "auth/credential providers.google.credentials[0] 5: the provider has no `api_key_env`",
                "auth/credential providers.google.credentials[1] 5: the provider has no `login`",
                "auth/credential providers.google.token_env 6: the text cannot be the name of an environment variable",
            ]
        );
        assert_eq!(errors("[providers.google]\nlogin = 'google'\ntoken_env = 'T'").len(), 1);
    }

    #[test]
    fn values_of_a_wrong_type_are_left_to_the_schema() {
        for text in [
            "auth = 1",
            "auth.a = 1",
            "providers = []",
            "[auth.a]\nissuer = 1\nstore = 2\nhelper = 3\nscopes = 'x'\nparameters = 'x'\nclient_authentication = 4",
            "[providers.google]\nlogin = 1\ncredentials = 2\ntoken_env = 3\napi_key_env = []",
        ] {
            assert_eq!(errors(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn the_order_of_the_defaults_needs_no_login() {
        assert_eq!(errors("[providers.x]\ncredentials = ['login', 'api_key']"), [""; 0]);
        assert_eq!(errors("[providers.x]\ncredentials = ['login']").len(), 1);
        let source =
            Source::document(LayerKind::Defaults, "d", "[providers.x]\ncredentials = ['login', 'api_key']");
        let layer = parse(&source, Language::Toml).unwrap();
        assert_eq!(check_logins(layer.root()), []);
    }
}
