//! The plan that restores the files of a generation, and its display as diffs.

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use similar::udiff::UnifiedHunkHeader;
use similar::{ChangeTag, TextDiff};

use super::StoredState;
use crate::config::resolve::{Document, Rules};
use crate::config::source::Language;
use crate::text::visible;
use crate::tree::{LayerKind, Source};

/// A text, if there is one.
pub type SourceText = Option<Arc<Source>>;

/// An existing file that is a layer of the current configuration. Missing files are left out.
#[derive(Clone, Debug)]
pub struct CurrentFile {
    /// Its absolute path.
    pub path: String,
    /// Its text; `None` if the file exists but is not readable text.
    pub source: SourceText,
}

/// The change to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RestoreAction {
    /// No change: the file has this text already.
    Unchanged,
    /// It gets another text.
    Replaced,
    /// It is created.
    Created,
    /// The generation did not have this file: it is renamed, and kept as a backup.
    SetAside,
}

/// The plan for one file.
#[derive(Clone, Debug)]
pub struct FileRestore {
    /// Its absolute path.
    pub path: String,
    /// The change.
    pub action: RestoreAction,
    /// Its current text; `None` if there is none, or it cannot be read.
    pub old: SourceText,
    /// Its new text; `None` if it is renamed to its backup.
    pub new: SourceText,
}

/// The plan to restore the files of a generation: first its files in order, then the other current files. `None` if its texts
/// are not recorded.
pub fn plan_restore(generation: &StoredState, current: &[CurrentFile]) -> Option<Vec<FileRestore>> {
    let mut steps = Vec::new();
    for source in &generation.sources {
        let new = Source::document(LayerKind::File, source.path.as_str(), Arc::clone(source.text.as_ref()?));
        let existing = current.iter().find(|file| file.path == source.path);
        let old = existing.and_then(|file| file.source.clone());
        let action = match (existing, &old) {
            (None, _) => RestoreAction::Created,
            (Some(_), Some(old)) if old.text() == new.text() => RestoreAction::Unchanged,
            (Some(_), _) => RestoreAction::Replaced,
        };
        steps.push(FileRestore { path: source.path.clone(), action, old, new: Some(new) });
    }
    for file in current {
        if generation.sources.iter().all(|source| source.path != file.path) {
            let (path, old) = (file.path.clone(), file.source.clone());
            steps.push(FileRestore { path, action: RestoreAction::SetAside, old, new: None });
        }
    }
    Some(steps)
}

impl FileRestore {
    /// The change as a unified diff with three lines of context and the file name `name`; empty if nothing changes. Each
    /// character of a secret is shown as `*`. If a text does not parse, only punctuation and known names of keys are shown.
    pub fn diff(&self, name: &str, rules: &Rules) -> String {
        if self.action == RestoreAction::Unchanged {
            return String::new();
        }
        let name = visible(name);
        let headers = match self.action {
            RestoreAction::Created => format!("--- (no file)\n+++ {name}\n"),
            RestoreAction::SetAside => format!("--- {name}\n+++ (no file)\n"),
            RestoreAction::Replaced | RestoreAction::Unchanged => format!("--- {name}\n+++ {name}\n"),
        };
        let unreadable = "(it cannot be read as a text)\n";
        if self.old.is_none() && self.action != RestoreAction::Created {
            return format!("{headers}{unreadable}");
        }
        let (old, new) = (DiffLines::of(self.old.as_ref(), rules), DiffLines::of(self.new.as_ref(), rules));
        format!("{headers}{}", hunks(&old, &new))
    }
}

/// A text of a generation with `****` for each secret.
pub fn redacted_source(source: &Arc<Source>, rules: &Rules) -> String {
    let lines = DiffLines::of(Some(source), rules);
    lines.shown.iter().map(|line| format!("{line}\n")).collect()
}

/// The lines of a text: plain ones to compare, redacted ones to show.
struct DiffLines<'s> {
    plain: Vec<&'s str>,
    shown: Vec<String>,
}

impl<'s> DiffLines<'s> {
    fn of(source: Option<&'s Arc<Source>>, rules: &Rules) -> Self {
        let Some(source) = source else { return Self { plain: Vec::new(), shown: Vec::new() } };
        // A text that does not parse in this language is masked as a whole.
        let language = Language::of(source.name(), source.text()).unwrap_or(Language::Toml);
        let document = Document::Text(Arc::clone(source), language);
        let masks = match rules.check_alone(&document) {
            Ok(checked) => checked.masks(rules),
            Err(refused) => refused.masks(rules),
        };
        let mask = masks.source_mask(source, false);
        let mut at = 0;
        let mut shown = Vec::new();
        let plain: Vec<&str> = source.text().split_inclusive('\n').collect();
        for line in &plain {
            let length = line.trim_end_matches(['\n', '\r']).len();
            shown.push(visible_line(&mask.line(at..at + length).text()));
            at += line.len();
        }
        Self { plain, shown }
    }
}

/// Escapes control characters except for tabs.
fn visible_line(line: &str) -> String {
    line.split('\t').map(visible).collect::<Vec<_>>().join("\t")
}

/// Compares the plain lines and shows the redacted ones, so that a changed secret is a changed line.
fn hunks(old: &DiffLines<'_>, new: &DiffLines<'_>) -> String {
    let diff = TextDiff::from_slices(&old.plain, &new.plain);
    let mut text = String::new();
    for group in diff.grouped_ops(3) {
        text.push_str(&format!("{}\n", UnifiedHunkHeader::new(&group)));
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let (sign, lines, index) = match change.tag() {
                ChangeTag::Delete => ('-', old, change.old_index()),
                ChangeTag::Insert => ('+', new, change.new_index()),
                ChangeTag::Equal => (' ', new, change.new_index()),
            };
            let line = index.and_then(|index| lines.shown.get(index)).map(String::as_str);
            text.push_str(&format!("{sign}{}\n", line.unwrap_or_default()));
            if !change.value().ends_with('\n') {
                text.push_str("\\ No newline at end of file\n");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::history::{Changes, StoredFile};
    use crate::config::schema::{Documents, Schema};
    use crate::config::source::parse;

    fn rules() -> Rules {
        let schema = r#"{ "properties": { "token": { "type": "string", "x-secret": true } } }"#;
        let schema = parse(&Source::document(LayerKind::Defaults, "s", schema), Language::Json).unwrap();
        Rules::new(Some(Schema::compile(&Documents::new("file:///s", schema.root())).unwrap()))
    }

    fn kept(files: &[(&str, &str)]) -> StoredState {
        let source = |(path, text): &(&str, &str)| StoredFile {
            path: (*path).into(),
            fingerprint: String::new(),
            text: Some(Arc::from(*text)),
        };
        StoredState {
            fingerprint: String::new(),
            changes: Changes::Unknown,
            resolved: None,
            sources: files.iter().map(source).collect(),
        }
    }

    fn present(path: &str, text: Option<&str>) -> CurrentFile {
        let source = text.map(|text| Source::document(LayerKind::File, path, text));
        CurrentFile { path: path.into(), source }
    }

    #[test]
    fn each_file_is_restored_and_other_files_are_set_aside() {
        let kept = kept(&[("/a", "a = 1\n"), ("/b", "b = 1\n"), ("/c", "c = 1\n"), ("/d", "d = 1\n")]);
        let now = [
            present("/e", Some("e = 1\n")),
            present("/a", Some("a = 1\n")),
            present("/b", Some("b = 2\n")),
            present("/c", None),
        ];
        let steps = plan_restore(&kept, &now).unwrap();
        let actions: Vec<_> = steps.iter().map(|step| (step.path.as_str(), step.action)).collect();
        use RestoreAction::{Created, Replaced, SetAside, Unchanged};
        assert_eq!(
            actions,
            [("/a", Unchanged), ("/b", Replaced), ("/c", Replaced), ("/d", Created), ("/e", SetAside)]
        );
        let diffs: Vec<String> =
            steps.iter().map(|step| step.diff(step.path.trim_start_matches('/'), &rules())).collect();
        assert_eq!(
            diffs,
            [
                "",
                "--- b\n+++ b\n@@ -1 +1 @@\n-b = 2\n+b = 1\n",
                "--- c\n+++ c\n(it cannot be read as a text)\n",
                "--- (no file)\n+++ d\n@@ -0,0 +1 @@\n+d = 1\n",
                "--- e\n+++ (no file)\n@@ -1 +0,0 @@\n-e = 1\n",
            ]
        );
    }

    #[test]
    fn without_texts_nothing_is_restored() {
        let mut kept = kept(&[("/a", "a = 1\n")]);
        kept.sources.iter_mut().for_each(|source| source.text = None);
        assert!(plan_restore(&kept, &[]).is_none());
    }

    #[test]
    fn a_changed_secret_is_a_changed_line_and_not_shown() {
        let steps = plan_restore(
            &kept(&[("/a.toml", "port = 1\ntoken = 'hunter1'\n")]),
            &[present("/a.toml", Some("port = 1\ntoken = 'hunter2' # was hunter1"))],
        );
        let diff = steps.unwrap().remove(0).diff("a.toml", &rules());
        assert_eq!(
            diff,
            "--- a.toml\n+++ a.toml\n@@ -1,2 +1,2 @@\n port = 1\n-token = **** ****\n\\ No newline at end of \
             file\n+token = ****\n"
        );
    }

    #[test]
    fn a_text_that_does_not_parse_shows_no_value() {
        let steps = plan_restore(
            &kept(&[("/a.toml", "port = 1\n")]),
            &[present("/a.toml", Some("port = 80\ntoken = hunter2\n"))],
        );
        let diff = steps.unwrap().remove(0).diff("a.toml", &rules());
        assert!(!diff.contains("hunter2") && diff.contains("\n-**** = ****\n-token = ****\n"), "{diff}");
    }
}
