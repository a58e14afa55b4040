//! The schema that a document names for editors.

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;

use super::{Language, parse};
#[cfg(feature = "schema")]
use crate::config::schema::is_same_address;
use crate::tree::{Code, Diagnostic, Key, Origin, Source, Value};

/// The member of a document's root that names its schema.
pub(crate) const SCHEMA_KEY: &str = "$schema";

/// The schema that a document names: `"$schema": "ADDRESS"` at its root, or `#:schema ADDRESS` in a comment before the first
/// key of TOML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedSchema {
    /// A URL, or a path relative to the folder of the document; without fragment.
    pub address: String,
    /// Where the document names it.
    pub origin: Origin,
}

impl NamedSchema {
    /// The schema that the document names, if it names one.
    ///
    /// ```
    /// use speckit_core::{LayerKind, Source};
    /// use speckit_core::config::source::{Language, NamedSchema};
    /// let source = Source::document(LayerKind::File, "app.toml", "#:schema ./app.schema.json\nport = 80\n");
    /// let named = NamedSchema::of(&source, Language::Toml).unwrap();
    /// assert_eq!((named.address.as_str(), named.is_url()), ("./app.schema.json", false));
    /// ```
    pub fn of(source: &Arc<Source>, language: Language) -> Option<Self> {
        let in_comment = if language == Language::Toml { in_comment(source.text()) } else { None };
        if let Some((start, address)) = in_comment {
            return Self::new(address, Origin::new(source, start..start + address.len()));
        }
        if !source.text().contains(SCHEMA_KEY) {
            return None;
        }
        let layer = parse(source, language).ok()?;
        let value = layer.root().member(SCHEMA_KEY)?;
        Self::new(value.as_str()?, value.origin().clone())
    }

    fn new(address: &str, origin: Origin) -> Option<Self> {
        let address = address.split('#').next().unwrap_or_default().trim();
        (!address.is_empty()).then(|| Self { address: address.into(), origin })
    }

    /// Whether the address is a URL, and not a path. `C:\folder` is a path.
    pub fn is_url(&self) -> bool {
        self.address.contains("://") || self.address.starts_with("urn:")
    }

    /// Whether the document names `schema`, a text of JSON: by its `$id`, or by `file`, the path where it is usually written. `found`
    /// is the file at the address, if there is one: then only its content decides.
    #[cfg(feature = "schema")]
    pub fn is_of(&self, schema: &Arc<Source>, file: &str, found: Option<&Arc<Source>>) -> bool {
        let Ok(schema) = parse(schema, Language::Json) else { return false };
        if let Some(found) = found {
            return parse(found, Language::Json).is_ok_and(|found| found.root() == schema.root());
        }
        let id = schema.root().member("$id").and_then(Value::as_str);
        id.into_iter().chain([file]).any(|address| is_same_address(address, &self.address))
    }

    /// The warning that the schema cannot be read, and that therefore only the syntax of the document is checked.
    pub fn unavailable(&self) -> Diagnostic {
        let address = without_credentials(&self.address);
        let (why, help) = if self.is_url() {
            (
                "a URL, and nothing is downloaded",
                "name the schema with --schema FILE, or the folder that has it with --schema-map URL-PREFIX=DIR",
            )
        } else {
            ("not a file here", "correct the path, or name the schema with --schema FILE")
        };
        let message =
            format!("only the syntax is checked: the schema that the file names, `{address}`, is {why}");
        self.placed(Diagnostic::warning(Code::SchemaUnavailable, Key::root(), message).help(help))
    }

    /// The error that the file at the address is no schema. It shows nothing of that file.
    pub fn unusable(&self) -> Diagnostic {
        let address = without_credentials(&self.address);
        let message =
            format!("the file that this one names as its schema, `{address}`, is not a valid schema");
        let help = "name another schema; the option --schema shows what is wrong with one";
        self.placed(Diagnostic::error(Code::SchemaInvalid, Key::root(), message).help(help))
    }

    /// The diagnostic at its place, whose line is shown unless a password is in it.
    fn placed(&self, diagnostic: Diagnostic) -> Diagnostic {
        let is_open = without_credentials(&self.address) == self.address;
        if is_open { diagnostic.at(&self.origin) } else { diagnostic }
    }
}

/// The document without the name of its schema, if it has one.
pub(crate) fn without_named_schema(root: &Value) -> Option<Value> {
    root.member(SCHEMA_KEY)?.as_str()?;
    Some(root.with_value_at(Key::of([SCHEMA_KEY]).segments(), None))
}

/// The address in a comment before the first key, and where it begins.
fn in_comment(text: &str) -> Option<(usize, &str)> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let shown = line.trim_matches(['\u{feff}', ' ', '\t', '\n', '\r']);
        if let Some(address) = shown.strip_prefix("#:schema").filter(|rest| rest.starts_with([' ', '\t'])) {
            let address = address.trim();
            return Some((start + line.find(address)?, address));
        }
        if !shown.is_empty() && !shown.starts_with('#') {
            return None;
        }
        start += line.len();
    }
    None
}

/// A URL without the user and the password in it.
fn without_credentials(address: &str) -> String {
    let parts = address.split_once("://").and_then(|(scheme, rest)| {
        let end = rest.find('/').unwrap_or(rest.len());
        let at = rest.get(..end)?.rfind('@')?;
        Some(format!("{scheme}://{}", rest.get(at + 1..)?))
    });
    parts.unwrap_or_else(|| address.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::LayerKind;

    fn named(text: &str, language: Language) -> Option<(String, String)> {
        let source = Source::document(LayerKind::File, "a", text);
        NamedSchema::of(&source, language).map(|named| (named.address, format!("{}", named.origin)))
    }

    #[test]
    fn a_schema_is_named_by_a_member_or_by_a_comment() {
        let found = |address: &str, place: &str| Some((address.into(), place.into()));
        assert_eq!(named("{\"$schema\": \"./s.json#\"}", Language::Json), found("./s.json", "a:1:13"));
        assert_eq!(named("{ // c\n\"$schema\": \"s\",}", Language::Jsonc), found("s", "a:2:12"));
        assert_eq!(named("\"$schema\" = 'https://a/b'\n", Language::Toml), found("https://a/b", "a:1:13"));
        assert_eq!(
            named("\u{feff}# c\r\n\r\n#:schema  a b.json \r\n", Language::Toml),
            found("a b.json", "a:3:11")
        );
        assert_eq!(named("#:schema s.json\na =", Language::Toml), found("s.json", "a:1:10"));
        for text in [
            "",
            "a = 1\n#:schema s\n",
            "#:schemas s\n",
            "#:schema\n",
            "\"$schema\" = 1",
            "a.\"$schema\" = 's'",
        ] {
            assert_eq!(named(text, Language::Toml), None, "{text}");
        }
        for text in
            ["{\"$schema\": \"\"}", "{\"$schema\": \"#\"}", "[\"$schema\"]", "{\"a\": {\"$schema\": \"s\"}}"]
        {
            assert_eq!(named(text, Language::Json), None, "{text}");
        }
    }

    #[test]
    fn a_password_in_an_address_is_not_shown() {
        let source = Source::document(
            LayerKind::File,
            "a",
            "{\"$schema\": \"https://me:hunter2@a.example/s@1.json\"}",
        );
        let named = NamedSchema::of(&source, Language::Json).unwrap();
        let found = format!("{}{}", named.unavailable().message, named.unusable().message);
        assert!(found.contains("`https://a.example/s@1.json`") && !found.contains("hunter2"), "{found}");
    }

    #[cfg(feature = "schema")]
    #[test]
    fn a_schema_is_known_by_its_address_or_by_its_content() {
        let source = |text: &str| Source::document(LayerKind::File, "s.json", text);
        let named = |address: &str| {
            NamedSchema::of(&source(&format!("#:schema {address}\na = 1\n")), Language::Toml).unwrap()
        };
        let text =
            r#"{"$id": "https://a.example/s.json", "properties": {"$id": {"const": "https://b.example"}}}"#;
        let schema = source(text);
        for (address, expected) in [
            ("https://a.example/s.json", true),
            ("http://A.example/s.json#", true),
            ("./app.schema.json", true),
            ("app.schema.json", true),
            ("https://b.example", false),
            ("https://a.example/s", false),
            ("other.schema.json", false),
        ] {
            assert_eq!(named(address).is_of(&schema, "./app.schema.json", None), expected, "{address}");
        }
        let copy = source(&text.replace(", ", ",\n"));
        assert!(named("x.json").is_of(&schema, "./app.schema.json", Some(&copy)));
        let edited = source(&text.replace("b.example", "c.example"));
        assert!(!named("app.schema.json").is_of(&schema, "./app.schema.json", Some(&edited)));
    }
}
