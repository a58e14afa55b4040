//! Secrets that somebody wrote into a setting that has none.

use crate::tree::{Key, Segment, Value};

/// Whether the value of a setting of a login or a provider may hold a secret in the wrong place: an address with a user name or a
/// password, or something that is no name in place of the name of a variable.
///
/// ```
/// use speckit_core::auth::is_misplaced_secret;
/// use speckit_core::config::source::{Language, parse};
/// use speckit_core::{Key, LayerKind, Source};
/// let text = "issuer = 'https://me:hunter2@id.example'\nclient_secret_env = 'hunter-2'\nclient_id = 'me@id.example'\n";
/// let layer = parse(&Source::document(LayerKind::File, "app.toml", text), Language::Toml)?;
/// let is_secret = |name| is_misplaced_secret(&Key::of(["auth", "work", name]), layer.root().member(name).unwrap());
/// assert_eq!(["issuer", "client_secret_env", "client_id"].map(is_secret), [true, true, false]);
/// # Ok::<(), Vec<speckit_core::Diagnostic>>(())
/// ```
pub fn is_misplaced_secret(key: &Key, value: &Value) -> bool {
    let (Some(text), [Segment::Name(table), Segment::Name(_), Segment::Name(name)]) =
        (value.as_str(), key.segments())
    else {
        return false;
    };
    match (table.as_str(), name.as_str()) {
        // `@` ends the user information, also in an address that is not valid in another way. A query may have one too.
        ("auth", "issuer" | "device_authorization_url" | "token_url" | "revocation_url") => {
            text.contains('@')
        }
        ("auth", "client_secret_env") | ("providers", "api_key_env" | "token_env") => {
            !is_variable(text.strip_prefix('$').unwrap_or(text))
        }
        _ => false,
    }
}

/// Whether the text is a name of POSIX (Base Definitions, 3.216).
pub(super) fn is_variable(text: &str) -> bool {
    let is_word = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_word && !text.starts_with(|first: char| first.is_ascii_digit())
}
