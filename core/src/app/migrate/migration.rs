//! The migration of the text of a file.

use alloc::string::{String, ToString as _};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use similar::TextDiff;

use super::convert;
use super::edits::rewritten;
use super::plan::{entries, is_left_out, plan};
use crate::config::source::{Language, parse};
use crate::tree::{Code, Diagnostic, Key, Source, Value};

/// A file before and after its migration. `Debug` shows no text, since it may hold secrets.
#[derive(Clone)]
pub struct Migration {
    before: Arc<Source>,
    after: Arc<Source>,
    warnings: Vec<Diagnostic>,
}

impl Migration {
    /// The text in the new form; the old text if there is nothing to migrate.
    pub fn text(&self) -> &str {
        self.after.text()
    }

    /// Whether the file has the old form.
    pub fn is_needed(&self) -> bool {
        self.before.text() != self.after.text()
    }

    /// Warnings about the keys and commands that are left out, in the order of reports.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// The change as a unified diff with three lines of context; empty if there is nothing to migrate.
    ///
    /// Values at keys that are secret, and values that are left out, are shown as `"***"`.
    pub fn diff(&self, name: &str, is_secret: &dyn Fn(&Key, &Value) -> bool) -> String {
        let (before, after) = (masked(&self.before, is_secret), masked(&self.after, is_secret));
        TextDiff::from_lines(&before, &after).unified_diff().header(name, name).to_string()
    }
}

impl fmt::Debug for Migration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Migration")
            .field("before", &self.before)
            .field("is_needed", &self.is_needed())
            .field("warnings", &self.warnings)
            .finish_non_exhaustive()
    }
}

/// Rewrites a TOML text of the old form; see [`super::migrate_layer`] for the conversion of its agents.
///
/// Comments stay in their places: those above an agent are above its model. Keys that the new form does not have are left
/// out, with a warning. All other keys keep their order and formatting, except that dotted keys of one table are written
/// side by side, and that each line ends as the first one does.
///
/// # Errors
/// The syntax errors of the text; the errors of [`super::migrate_layer`]; `migrate/form` where `models` or
/// `providers` is an inline table, to which no table can be added.
///
/// ```
/// use speckit_core::{LayerKind, Source};
/// use speckit_core::app::migrate::migrate_text;
/// let old = "[[agents]]\nname = \"claude\" # ours\nmodel = \"claude-opus-4\"\n";
/// let migration = migrate_text(&Source::document(LayerKind::File, "old.toml", old))?;
/// let new = "[models.claude]\nprovider = \"anthropic\" # ours\nmodel = \"claude-opus-4\"\ntier = \"high\"\n";
/// assert_eq!(migration.text(), new);
/// # Ok::<(), Vec<speckit_core::Diagnostic>>(())
/// ```
pub fn migrate_text(source: &Arc<Source>) -> Result<Migration, Vec<Diagnostic>> {
    let layer = parse(source, Language::Toml)?;
    let Some(agents) = entries(layer.root()) else {
        return Ok(Migration { before: Arc::clone(source), after: Arc::clone(source), warnings: Vec::new() });
    };
    let plan = plan(layer.root())?;
    let text = rewritten(source.text(), &plan).unwrap_or_default();
    let after = Source::document(source.layer(), source.name(), text);
    let expected = convert(layer.root(), agents, &plan);
    // A text that could not be rewritten correctly is detected here, and never returned.
    match parse(&after, Language::Toml) {
        Ok(written) if *written.root() == expected => {
            Ok(Migration { before: Arc::clone(source), after, warnings: plan.warnings })
        }
        _ => {
            let message = "the agents cannot be rewritten beside an inline table `models` or `providers`";
            Err(Vec::from([Diagnostic::error(Code::MigrateForm, Key::of(["agents"]), message)
                .help("write it as tables with headers, such as [models.claude], and migrate again")
                .at(agents.origin())]))
        }
    }
}

/// The text with `"***"` instead of secrets and of values that are left out.
fn masked(source: &Arc<Source>, is_secret: &dyn Fn(&Key, &Value) -> bool) -> String {
    let Ok(layer) = parse(source, Language::Toml) else { return String::new() };
    let mut places = Vec::new();
    layer.root().leaves_and_elements(&mut |key, value| {
        if is_secret(key, value) || is_left_out(key) {
            places.push(value.origin().span());
        }
    });
    places.sort_by_key(|place| place.start);
    let mut masked = source.text().to_string();
    for place in places.into_iter().rev() {
        masked.replace_range(place, "\"***\"");
    }
    masked
}
