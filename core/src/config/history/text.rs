//! The history as text for a person.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::{Changes, Difference, Generation, Refusal, StoredFile};
use crate::text::{count, grouped, rfc3339, visible};
use crate::tree::diff::to_text;
use crate::tree::{Key, print};

/// The number of keys that a list names for each generation.
const MAX_LISTED_KEYS: usize = 3;

/// The number of files that a list names for each generation.
const MAX_LISTED_FILES: usize = 10;

/// Prints the history. Paths below the working folder or the home folder are shortened.
#[derive(Clone, Debug, Default)]
pub struct HistoryPrinter {
    /// The working folder.
    pub folder: Option<String>,
    /// The home folder.
    pub home: Option<String>,
}

impl HistoryPrinter {
    /// A path in its short form.
    ///
    /// ```
    /// use speckit_core::config::history::HistoryPrinter;
    /// let printer = HistoryPrinter { folder: Some("/srv/app".into()), home: Some("/home/ann".into()) };
    /// assert_eq!(printer.short_path("/srv/app/speckit.toml"), "speckit.toml");
    /// assert_eq!(printer.short_path("/home/ann/.code/config.toml"), "~/.code/config.toml");
    /// assert_eq!(printer.short_path("/srv/application.toml"), "/srv/application.toml");
    /// ```
    pub fn short_path(&self, path: &str) -> String {
        let below = |folder: &Option<String>| {
            let rest = path.strip_prefix(folder.as_deref()?)?;
            rest.strip_prefix(['/', '\\']).filter(|rest| !rest.is_empty())
        };
        match (below(&self.folder), below(&self.home)) {
            (Some(rest), _) => visible(rest),
            (None, Some(rest)) => visible(&format!("~/{rest}")),
            (None, None) => visible(path),
        }
    }

    /// Generations and refusals, one line each, in the order of their times.
    pub fn list(&self, generations: &[Generation], refusals: &[Refusal]) -> String {
        // Within one millisecond, a refusal follows the generation that it left in use.
        let mut rows: Vec<((u64, u64, bool), [String; 5])> = generations
            .iter()
            .map(|generation| {
                let files = generation.state.sources.iter().map(|source| self.short_path(&source.path));
                let row = [
                    generation.number.to_string(),
                    generation.cause.to_string(),
                    rfc3339(generation.accepted_at_ms),
                    few(files),
                    counted_keys(&generation.state.changes),
                ];
                ((generation.accepted_at_ms, generation.generation, false), row)
            })
            .collect();
        rows.extend(refusals.iter().map(|refusal| {
            let row = [
                "-".into(),
                "refused".into(),
                rfc3339(refusal.refused_at_ms),
                self.files_of(refusal),
                first_diagnostic(refusal),
            ];
            ((refusal.refused_at_ms, refusal.generation, true), row)
        }));
        rows.sort_by_key(|(at, _)| *at);
        table(rows.into_iter().map(|(_, row)| row).collect())
    }

    /// The files of a refusal's diagnostics; without any, all layered files.
    fn files_of(&self, refusal: &Refusal) -> String {
        let diagnostics = refusal.diagnostics.as_array().into_iter().flatten();
        let mut names: Vec<&str> = diagnostics
            .filter(|diagnostic| {
                diagnostic.pointer("/origin/layer").and_then(|layer| layer.as_str()) == Some("file")
            })
            .filter_map(|diagnostic| diagnostic.pointer("/origin/name")?.as_str())
            .collect();
        names.sort_unstable();
        names.dedup();
        let names: Vec<&str> =
            if names.is_empty() { refusal.files.iter().map(String::as_str).collect() } else { names };
        // A diagnostic has the name of its file as it was given then; the path is the same in every folder.
        let path = |name: &str| {
            refusal.files.iter().find(|path| path.ends_with(name)).map_or(name, |path| path).to_string()
        };
        few(names.iter().map(|name| self.short_path(&path(name))))
    }

    /// Everything recorded of a generation except the texts of its files.
    pub fn show(&self, generation: &Generation) -> String {
        let kept = &generation.state;
        let mut text = format!(
            "generation {}\n  accepted   {}\n  cause      {}, as generation {} of its process\n  hash       {}\n",
            generation.number,
            rfc3339(generation.accepted_at_ms),
            generation.cause,
            generation.generation,
            kept.fingerprint,
        );
        let mut label = "files";
        for StoredFile { path, fingerprint, .. } in &kept.sources {
            text.push_str(&format!("  {label:<10} {}   {fingerprint}\n", self.short_path(path)));
            label = "";
        }
        if kept.sources.is_empty() {
            text.push_str("  files      none\n");
        }
        text.push_str(&match &kept.changes {
            Changes::Unknown => "  changed    not known: there is nothing recorded to compare with\n".into(),
            changes => {
                let count = changes.keys().unwrap_or_default().len();
                format!("  changed    {}\n{}", keys(count), indented(&lines(changes)))
            }
        });
        text.push_str(&match &kept.resolved {
            Some(root) => {
                format!("  values     secrets redacted\n{}", indented(&print::to_text(root, &|_, _| false)))
            }
            None => "  values     not recorded, nor file texts (store.history = \"metadata\")\n".into(),
        });
        text
    }
}

impl Difference {
    /// The changes as lines, or a sentence if there are none or none are known.
    pub fn to_text(&self, from: i64, to: i64) -> String {
        match (&self.changes, self.is_whole) {
            (Changes::Unknown, _) => {
                format!("generations {from} and {to} differ, but what changed is not recorded\n")
            }
            (changes, is_whole) => match (lines(changes), is_whole) {
                (text, true) if text.is_empty() => {
                    format!("generations {from} and {to} have the same values\n")
                }
                (text, false) if text.is_empty() => {
                    format!("generations {from} and {to} differ in a secret that is set in no file\n")
                }
                (text, _) => text,
            },
        }
    }
}

/// The first of the names, and how many more there are.
fn few(names: impl ExactSizeIterator<Item = String>) -> String {
    let more = names.len().saturating_sub(MAX_LISTED_FILES);
    let shown = names.take(MAX_LISTED_FILES).collect::<Vec<_>>().join(", ");
    if more == 0 { shown } else { format!("{shown} and {} more", grouped(&more)) }
}

fn lines(changes: &Changes) -> String {
    match changes {
        Changes::Unknown => String::new(),
        Changes::Keys(keys) => keys.iter().map(|key| format!("~ {key}\n")).collect(),
        Changes::Values(changes) => to_text(changes),
    }
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {}\n", visible(line))).collect()
}

fn counted_keys(changes: &Changes) -> String {
    let Some(all) = changes.keys() else { return String::new() };
    let named: Vec<String> =
        all.iter().take(MAX_LISTED_KEYS).map(|key: &&Key| visible(&key.to_string())).collect();
    let more = if all.len() > MAX_LISTED_KEYS { ", ..." } else { "" };
    let colon = if named.is_empty() { "" } else { ": " };
    format!("{}{colon}{}{more}", keys(all.len()), named.join(", "))
}

fn keys(number: usize) -> String {
    if number == 0 { "no key".into() } else { count(number, "key") }
}

/// `key: message`, or the code if messages are not recorded.
fn first_diagnostic(refusal: &Refusal) -> String {
    let text =
        |name: &str, of: &serde_json::Value| of.get(name).and_then(|text| text.as_str()).map(String::from);
    let diagnostics = refusal.diagnostics.as_array().map(Vec::as_slice).unwrap_or_default();
    let is_error = |of: &&serde_json::Value| text("severity", of).as_deref() == Some("error");
    let Some(first) = diagnostics.iter().find(is_error).or(diagnostics.first()) else { return String::new() };
    let what = text("message", first).or_else(|| text("code", first)).unwrap_or_default();
    let key = text("key", first).filter(|key| !key.is_empty()).map(|key| format!("{key}: "));
    let more = match diagnostics.len() as u64 - 1 + refusal.omitted {
        0 => String::new(),
        more => format!(" (and {} more)", grouped(&more)),
    };
    visible(&format!("{}{what}{more}", key.unwrap_or_default()))
}

/// Aligned columns; the first one is right-aligned.
fn table(rows: Vec<[String; 5]>) -> String {
    let width = |text: &str| text.chars().count();
    let mut widths = [0; 5];
    for row in &rows {
        for (widest, cell) in widths.iter_mut().zip(row) {
            *widest = (*widest).max(width(cell));
        }
    }
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (at, (cell, widest)) in row.iter().zip(widths).enumerate() {
            let gap = " ".repeat(widest - width(cell));
            line.push_str(&if at == 0 { format!("{gap}{cell}") } else { format!("   {cell}{gap}") });
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::history::{GenerationCause, StoredState};

    #[test]
    fn within_one_millisecond_a_refusal_stands_between_two_generations() {
        let generation = |number, generation| Generation {
            number,
            accepted_at_ms: 0,
            generation,
            cause: GenerationCause::Reloaded,
            state: StoredState {
                fingerprint: String::new(),
                changes: Changes::Unknown,
                resolved: None,
                sources: Vec::new(),
            },
        };
        let refusal = Refusal {
            refused_at_ms: 0,
            generation: 1,
            files: Vec::new(),
            diagnostics: serde_json::Value::Null,
            omitted: 0,
        };
        let text = HistoryPrinter::default().list(&[generation(7, 1), generation(8, 2)], &[refusal]);
        let firsts: Vec<&str> = text.lines().filter_map(|line| line.get(..1)).collect();
        assert_eq!(firsts, ["7", "-", "8"]);
    }
}
