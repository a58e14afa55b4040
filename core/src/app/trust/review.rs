//! What a person is shown of a file before they trust it.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use serde::Serialize;

use super::diagnostic::listed;
use super::{Subtree, TrustDecision};
use crate::text::visible;
use crate::tree::{Key, Value, redact_at};

/// The names of keys whose text, or the first text of whose list, is started as a program.
const COMMANDS: [&str; 2] = ["command", "run"];
/// The name of a key whose text is the end of the name of a program.
const HELPER: &str = "helper";

/// The values of a file that need trust, secrets redacted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Review {
    /// The path of the file.
    pub file: String,
    /// The keys of the subtrees that changed since the file was trusted, that it did not set then, or that it no longer sets.
    pub changed: Vec<String>,
    /// The values, in the order of their keys within each subtree.
    pub values: Vec<ReviewedValue>,
}

/// A value that needs trust.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ReviewedValue {
    /// Its key.
    pub key: String,
    /// The value, redacted if it is secret.
    pub value: Value,
    /// The files of the project that it names. Their contents are not covered by the trust.
    pub project_files: Vec<String>,
}

impl Review {
    /// The values of a file. `is_project_file` decides whether a text, which may be a command, names a file of the project.
    pub fn of(
        file: impl Into<String>,
        root: &Value,
        decision: &TrustDecision,
        is_secret: &dyn Fn(&Key, &Value) -> bool,
        is_project_file: &dyn Fn(&str, bool) -> bool,
    ) -> Self {
        let mut values = Vec::new();
        for subtree in Subtree::ALL {
            let Some(value) = subtree.of(root) else { continue };
            redact_at(value, &subtree.key(), is_secret).leaves(&mut |below, leaf| {
                let mut key = subtree.key();
                below.segments().iter().for_each(|segment| key.push(segment.clone()));
                values.push(ReviewedValue {
                    key: key.to_string(),
                    value: leaf.clone(),
                    project_files: project_files(&key, leaf, is_project_file),
                });
            });
        }
        let changed = match decision {
            TrustDecision::Changed { which } => which.clone(),
            _ => Vec::new(),
        };
        Self { file: file.into(), changed, values }
    }

    /// The values as lines for a person.
    pub fn to_text(&self) -> String {
        let file = visible(&self.file);
        let mut text = match self.values.is_empty() {
            true => format!("`{file}` sets nothing that needs trust\n"),
            false => format!("`{file}` sets:\n\n"),
        };
        for ReviewedValue { key, value, project_files } in &self.values {
            text.push_str(&format!("  {key} = {value}"));
            if !project_files.is_empty() {
                let files: Vec<String> = project_files.iter().map(|file| visible(file)).collect();
                text.push_str(&format!("   # in the project: {}", listed(&files)));
            }
            text.push('\n');
        }
        if !self.values.is_empty() {
            text.push('\n');
        }
        if !self.changed.is_empty() {
            text.push_str(&format!("Changed since you trusted it: {}.\n", listed(&self.changed)));
        }
        if self.values.iter().any(|value| !value.project_files.is_empty()) {
            text.push_str(
                "Trust covers these values. It does not cover the content of the files in the project that they name.\n",
            );
        }
        text
    }
}

/// The texts of a value that name files of the project, in their order.
fn project_files(key: &Key, value: &Value, is_project_file: &dyn Fn(&str, bool) -> bool) -> Vec<String> {
    let name = key.last_name().unwrap_or_default();
    let is_started = COMMANDS.contains(&name) || name == HELPER;
    let mut files = Vec::new();
    let mut place = 0;
    value.leaves_and_elements(&mut |_, element| {
        let is_command = is_started && place == 0;
        place += 1;
        let Some(text) = element.as_str() else { return };
        let text = if name == HELPER { format!("docker-credential-{text}") } else { text.into() };
        if is_command && is_relative_path(&text) || is_project_file(&text, is_command) {
            files.push(text);
        }
    });
    files
}

/// Whether a command means a file below the folder where it is started, or beside it. The file may appear later.
fn is_relative_path(command: &str) -> bool {
    command.contains('/') && !command.starts_with('/')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::source::{Language, parse};
    use crate::tree::{LayerKind, Source};

    #[test]
    fn programs_of_the_project_are_named_beside_the_values() {
        let text = "
            auth.work.helper = 'vault'
            policy.commands.lint.run = ['sub/lint', 'sub/argument']
            providers.x = { command = './run.sh', args = ['./argument', 'a.txt'] }
        ";
        let layer = parse(&Source::document(LayerKind::File, "speckit.toml", text), Language::Toml).unwrap();
        let is_project_file =
            |text: &str, is_command: bool| text == "a.txt" || is_command && text == "docker-credential-vault";
        let review = Review::of("/a", layer.root(), &TrustDecision::Trusted, &|_, _| false, &is_project_file);
        let named: Vec<(&str, Vec<&str>)> = review
            .values
            .iter()
            .map(|one| (one.key.as_str(), one.project_files.iter().map(String::as_str).collect()))
            .collect();
        let expected = [
            ("auth.work.helper", ["docker-credential-vault"]),
            ("policy.commands.lint.run", ["sub/lint"]),
            ("providers.x.args", ["a.txt"]),
            ("providers.x.command", ["./run.sh"]),
        ];
        assert_eq!(named, expected.map(|(key, files)| (key, Vec::from(files))));
    }
}
