//! The history as text for a person.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::{Changes, Difference, Generation, Refusal, StoredFile};
use crate::text::{count, grouped, listed, rfc3339, shortened, visible};
use crate::tree::diff::to_text;
use crate::tree::{Key, print};

/// The number of keys that a list names for each generation.
const MAX_LISTED_KEYS: usize = 3;

/// The number of characters of a message in a list.
const MAX_LISTED_CHARACTERS: usize = 200;

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

    /// The row of a generation in the list.
    pub fn generation_row(&self, generation: &Generation) -> ListRow {
        let files = generation.state.sources.iter().map(|source| self.short_path(&source.path));
        let cells = [
            generation.number.to_string(),
            generation.cause.to_string(),
            rfc3339(generation.accepted_at_ms),
            listed(files, MAX_LISTED_FILES),
            counted_keys(&generation.state.changes),
        ];
        let at = (generation.accepted_at_ms, generation.generation);
        ListRow { number: Some(generation.number), is_refusal: false, at, cells }
    }

    /// The row of a refusal in the list.
    pub fn refusal_row(&self, refusal: &Refusal) -> ListRow {
        let cells = [
            "-".into(),
            "refused".into(),
            rfc3339(refusal.refused_at_ms),
            self.files_of(refusal),
            first_diagnostic(refusal),
        ];
        let at = (refusal.refused_at_ms, refusal.generation);
        ListRow { number: refusal.after, is_refusal: true, at, cells }
    }

    /// The lines of the list: generations in the order of their numbers, and refusals where they were recorded between them. The clock may
    /// have gone back meanwhile. Columns are aligned.
    pub fn list(&self, mut rows: Vec<ListRow>) -> impl Iterator<Item = String> + use<> {
        place_by_time(&mut rows);
        rows.sort_by_key(|row| (row.number, row.is_refusal));
        let mut widths = [0; 5];
        for row in &rows {
            for (widest, cell) in widths.iter_mut().zip(&row.cells) {
                *widest = (*widest).max(width(cell));
            }
        }
        rows.into_iter().map(move |row| row.line(widths))
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
        listed(names.iter().map(|name| self.short_path(&path(name))), MAX_LISTED_FILES)
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

/// A generation or a refusal in a list.
#[derive(Clone, Debug)]
pub struct ListRow {
    /// The number of the generation, or of the newest one before the refusal. `None` for a refusal that an older release recorded.
    number: Option<i64>,
    is_refusal: bool,
    /// Its time, and the generation of its process.
    at: (u64, u64),
    cells: [String; 5],
}

impl ListRow {
    /// The first column is right-aligned.
    fn line(self, widths: [usize; 5]) -> String {
        let mut line = String::new();
        for (at, (cell, widest)) in self.cells.iter().zip(widths).enumerate() {
            let gap = widest - width(cell);
            match at {
                0 => line.push_str(&format!("{:gap$}{cell}", "")),
                4 => line.push_str(&format!("   {cell}")),
                _ => line.push_str(&format!("   {cell}{:gap$}", "")),
            }
        }
        line.truncate(line.trim_end().len());
        line.push('\n');
        line
    }
}

/// Places the refusals of older releases by their times; within one millisecond, one follows the generation that it left in use.
fn place_by_time(rows: &mut [ListRow]) {
    if rows.iter().all(|row| row.number.is_some()) {
        return;
    }
    let mut generations: Vec<_> =
        rows.iter().filter(|row| !row.is_refusal).map(|row| (row.number, row.at)).collect();
    generations.sort_by_key(|(number, _)| *number);
    for row in rows.iter_mut().filter(|row| row.number.is_none()) {
        let before = generations.iter().rev().find(|(_, at)| *at <= row.at);
        row.number = before.map_or(Some(0), |(number, _)| *number);
    }
}

fn width(cell: &str) -> usize {
    cell.chars().count()
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
    let what = format!("{}{what}", key.unwrap_or_default());
    visible(&format!("{}{more}", shortened(&what, MAX_LISTED_CHARACTERS)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::history::{GenerationCause, StoredState};

    fn generation(number: i64, generation: u64, accepted_at_ms: u64) -> Generation {
        Generation {
            number,
            accepted_at_ms,
            generation,
            cause: GenerationCause::Reloaded,
            state: StoredState {
                fingerprint: String::new(),
                changes: Changes::Unknown,
                resolved: None,
                sources: Vec::new(),
            },
        }
    }

    fn refusal(after: Option<i64>, generation: u64, refused_at_ms: u64) -> Refusal {
        let (files, diagnostics) = (Vec::new(), serde_json::Value::Null);
        Refusal { refused_at_ms, generation, after, files, diagnostics, omitted: 0 }
    }

    fn first_columns(generations: &[Generation], refusals: &[Refusal]) -> Vec<String> {
        let printer = HistoryPrinter::default();
        let generations = generations.iter().map(|one| printer.generation_row(one));
        let rows = generations.chain(refusals.iter().map(|one| printer.refusal_row(one)));
        let lines = printer.list(rows.collect());
        lines.filter_map(|line| Some(line.split_whitespace().next()?.into())).collect()
    }

    #[test]
    fn a_clock_that_goes_back_does_not_change_the_order() {
        let generations = [generation(1, 1, 5000), generation(2, 2, 6000), generation(3, 3, 10)];
        let refusals = [refusal(Some(0), 1, 9000), refusal(Some(2), 2, 7000), refusal(Some(2), 2, 5)];
        assert_eq!(first_columns(&generations, &refusals), ["-", "1", "2", "-", "-", "3"]);
        assert_eq!(first_columns(&generations[2..], &refusals), ["-", "-", "-", "3"], "1 and 2 are removed");
    }

    #[test]
    fn within_one_millisecond_a_refusal_of_an_older_release_stands_between_two_generations() {
        let generations = [generation(7, 1, 0), generation(8, 2, 0)];
        assert_eq!(first_columns(&generations, &[refusal(None, 1, 0)]), ["7", "-", "8"]);
        assert_eq!(first_columns(&generations, &[refusal(None, 2, 1)]), ["7", "8", "-"]);
    }
}
