//! The language of a document: by its name, or else by its first character.

use alloc::format;
use alloc::string::String;

use crate::tree::{Code, Diagnostic, Key};

/// The language of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// TOML 1.0 (and the parts of 1.1 that the `toml` crate supports).
    Toml,
    /// JSON, RFC 8259.
    Json,
    /// JSON with comments (`//`, `/* */`) and trailing commas.
    Jsonc,
}

/// The document is in a format that is not read, such as YAML.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnreadFormat;

/// Extensions of configuration formats that are not read.
const UNREAD: &[&str] = &[
    "cfg",
    "cue",
    "dhall",
    "env",
    "hcl",
    "hjson",
    "hocon",
    "ini",
    "json5",
    "jsonl",
    "jsonnet",
    "kdl",
    "libsonnet",
    "ndjson",
    "plist",
    "properties",
    "ron",
    "tf",
    "tfvars",
    "xml",
    "yaml",
    "yml",
];

/// Files that contain JSON with comments by convention, although their extension is `json` or none.
const WITH_COMMENTS: &[&str] = &[
    ".babelrc",
    ".babelrc.json",
    ".eslintrc",
    ".eslintrc.json",
    ".jshintrc",
    ".swcrc",
    "api-extractor.json",
    "babel.config.json",
    "deno.json",
    "devcontainer.json",
    ".devcontainer.json",
    "jsconfig.json",
    "language-configuration.json",
    "tsconfig.json",
    "tslint.json",
    "turbo.json",
    "typedoc.json",
];

impl Language {
    /// The language of a document. If its name does not say it, a text whose first character is `{`, or that begins with a list
    /// of JSON, is JSON with comments, and every other text is TOML.
    ///
    /// # Errors
    /// [`UnreadFormat`] if the name says that it is in another format.
    ///
    /// ```
    /// use speckit_core::config::source::{Language, UnreadFormat};
    /// assert_eq!(Language::of("app.toml", "{"), Ok(Language::Toml));
    /// assert_eq!(Language::of("web/tsconfig.json", ""), Ok(Language::Jsonc));
    /// assert_eq!(Language::of(".prettierrc", "{ \"semi\": false }"), Ok(Language::Jsonc));
    /// assert_eq!(Language::of("app.conf", "[server]\nport = 80\n"), Ok(Language::Toml));
    /// assert_eq!(Language::of("app.yaml", "port: 80\n"), Err(UnreadFormat));
    /// ```
    pub fn of(name: &str, text: &str) -> Result<Self, UnreadFormat> {
        let path = name.replace('\\', "/").to_ascii_lowercase();
        let (folder, file) = path.rsplit_once('/').unwrap_or(("", &path));
        match extension(file) {
            _ if WITH_COMMENTS.contains(&file) => Ok(Self::Jsonc),
            "json" if has_comments_by_convention(folder, file) => Ok(Self::Jsonc),
            "toml" => Ok(Self::Toml),
            "json" => Ok(Self::Json),
            "jsonc" | "code-workspace" => Ok(Self::Jsonc),
            other if UNREAD.contains(&other) || file.starts_with(".env.") => Err(UnreadFormat),
            _ if begins_as_json(text) => Ok(Self::Jsonc),
            _ => Ok(Self::Toml),
        }
    }

    /// Whether a file of this name is a configuration, in a format that is read or not.
    ///
    /// ```
    /// use speckit_core::config::source::Language;
    /// assert!(Language::is_configuration("10-server.yaml") && Language::is_configuration("app.conf"));
    /// assert!(!Language::is_configuration("README.md"));
    /// ```
    pub fn is_configuration(name: &str) -> bool {
        let file = name.to_ascii_lowercase();
        let extension = extension(&file);
        matches!(extension, "toml" | "json" | "jsonc" | "conf" | "config") || UNREAD.contains(&extension)
    }
}

impl UnreadFormat {
    /// The diagnostic about the file of this name.
    pub fn diagnostic(self, name: &str) -> Diagnostic {
        let file = name.rsplit(['/', '\\']).next().unwrap_or(name).to_ascii_lowercase();
        let called = match extension(&file) {
            extension if UNREAD.contains(&extension) => format!("`.{extension}`"),
            _ => format!("`{file}`"),
        };
        let message = format!("`{name}`: a file called {called} is not read; TOML and JSON are");
        let help = String::from(
            "convert it to TOML or JSON; if it is one of them, call it `.toml`, `.json` or `.jsonc`",
        );
        Diagnostic::error(Code::FileFormat, Key::root(), message).help(help)
    }
}

/// The part of a file name after its last dot; of `.env` it is `env`.
fn extension(file: &str) -> &str {
    file.rsplit_once('.').map_or("", |(_, extension)| extension)
}

fn has_comments_by_convention(folder: &str, file: &str) -> bool {
    let of_tool = ["tsconfig.", "tsconfig-", "jsconfig."].iter().any(|start| file.starts_with(start));
    let of_editor = ["settings.json", "launch.json", "tasks.json", "extensions.json", "keybindings.json"];
    let is_snippet = folder.ends_with(".vscode") || folder.ends_with("/code/user");
    of_tool || (is_snippet && (of_editor.contains(&file) || file == "mcp.json"))
}

/// Whether a text can only be JSON: its first character is `{`, or `[` with something that no header of TOML has.
///
/// `["a"]` and `[1]` are headers, too, and stay TOML.
fn begins_as_json(text: &str) -> bool {
    let mut rest = without_comments(text);
    if rest.starts_with('{') {
        return true;
    }
    let mut is_nested = false;
    while let Some(inner) = rest.strip_prefix('[') {
        let inner = inner.trim_start_matches([' ', '\t']);
        match inner.chars().next() {
            Some('\n' | '\r' | '{') => return true,
            Some('/') => return inner.starts_with("//") || inner.starts_with("/*"),
            Some(']') => return !is_nested || inner.trim_start_matches([']', ' ', '\t']).starts_with(','),
            _ => rest = inner,
        }
        is_nested = true;
    }
    is_nested && is_item_of_json(rest)
}

/// Whether a text begins with a scalar of JSON, and goes on as only a list does: with a comma or a new line.
fn is_item_of_json(text: &str) -> bool {
    let end = match text.strip_prefix('"') {
        Some(string) => {
            let mut is_escaped = false;
            let close = string.find(|c| {
                let closes = c == '"' && !is_escaped;
                is_escaped = c == '\\' && !is_escaped;
                closes
            });
            close.map(|close| close + 2)
        }
        None => text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.'))),
    };
    let Some((item, rest)) = end.and_then(|end| text.split_at_checked(end)) else { return false };
    let is_scalar = item.starts_with('"')
        || matches!(item, "true" | "false" | "null")
        || crate::tree::Number::parse(item).is_ok();
    let rest = rest.trim_start_matches([' ', '\t']);
    is_scalar && rest.starts_with([',', '\n', '\r'])
}

/// The text after a byte order mark, white space and comments of JSON and TOML.
fn without_comments(text: &str) -> &str {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        let after = if rest.starts_with('#') || rest.starts_with("//") {
            rest.split_once('\n')
        } else if rest.starts_with("/*") {
            rest.split_once("*/")
        } else {
            return rest;
        };
        rest = after.map_or("", |(_, after)| after);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, text: &str) -> Option<Language> {
        Language::of(name, text).ok()
    }

    #[test]
    fn a_name_decides_before_the_text() {
        for (name, expected) in [
            ("app.toml", Language::Toml),
            ("APP.TOML", Language::Toml),
            ("Cargo.toml.json", Language::Json),
            ("package.json", Language::Json),
            ("settings.json", Language::Json),
            ("conf.vscode/settings.json.json", Language::Json),
            ("app.jsonc", Language::Jsonc),
            ("APP.JSONC", Language::Jsonc),
            ("web/tsconfig.json", Language::Jsonc),
            ("tsconfig.build.json", Language::Jsonc),
            ("C:\\src\\jsconfig.json", Language::Jsonc),
            (".devcontainer/devcontainer.json", Language::Jsonc),
            (".vscode/settings.json", Language::Jsonc),
            ("/home/me/app/.vscode/launch.json", Language::Jsonc),
            (".vscode/tasks.json", Language::Jsonc),
            (".vscode/extensions.json", Language::Jsonc),
            ("deno.json", Language::Jsonc),
            (".eslintrc.json", Language::Jsonc),
            (".swcrc", Language::Jsonc),
            (".babelrc", Language::Jsonc),
            ("wrangler.jsonc", Language::Jsonc),
            ("my.code-workspace", Language::Jsonc),
        ] {
            assert_eq!(of(name, "{"), Some(expected), "{name}");
            assert_eq!(of(name, "a = 1"), Some(expected), "{name}");
        }
    }

    #[test]
    fn a_file_of_another_format_is_not_read() {
        for name in [
            "app.yaml",
            "app.YML",
            "a/app.ini",
            ".env",
            ".env.local",
            "x.json5",
            "setup.cfg",
            "a.tf",
            "a.ron",
        ] {
            assert_eq!(Language::of(name, "{}"), Err(UnreadFormat), "{name}");
        }
        let found = UnreadFormat.diagnostic("conf/app.yml");
        assert_eq!(found.message, "`conf/app.yml`: a file called `.yml` is not read; TOML and JSON are");
    }

    #[test]
    fn without_an_extension_the_first_character_decides() {
        for text in [
            "{}",
            " \r\n\t{",
            "\u{feff}{\"a\": 1}",
            "// c\n/* d\n e */ # f\n{",
            "[\n1]",
            "[ \r\n",
            "[]",
            "[ ]",
            "[{}]",
            "[ {\"a\": 1}]",
            "[\"a\", \"b\"]",
            "[\"a\"\n]",
            "[\"a\\\"]\", 1]",
            "[1, 2]",
            "[-1.5e3,",
            "[true, false]",
            "[null,\n",
            "[[1, 2], [3]]",
            "[[\n1]]",
            "[[], []]",
            "[// c\n1]",
        ] {
            assert_eq!(of(".prettierrc", text), Some(Language::Jsonc), "{text:?}");
            assert_eq!(of("/dev/fd/63", text), Some(Language::Jsonc), "{text:?}");
        }
        for text in [
            "",
            "# {\n",
            "a = 1",
            "# c\n\n[server]\nport = 1\n",
            "[ server ]",
            "[server.\"a b\"]",
            "[\"quoted\"]",
            "[\"quoted\".x]",
            "['quoted']",
            "[\"a, b\"]\n",
            "[\"a\"] # x, y\n",
            "[[server]]",
            "[[ server ]]",
            "[[\"server\"]]",
            "[1]",
            "[1.2]",
            "[true]",
            "[null]",
            "[[]]",
            "[server",
            "[-]",
            "\"a\" = {",
            "[a, b]",
        ] {
            assert_eq!(of("config", text), Some(Language::Toml), "{text:?}");
        }
    }
}
