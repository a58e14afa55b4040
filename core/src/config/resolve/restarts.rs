//! Settings that take effect at a restart keep their running value until then, like PostgreSQL settings of context
//! `postmaster`.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Checked, Refused, Resolved, Rules};
use crate::config::schema::{Reload, Schema};
use crate::tree::diff::Change;
use crate::tree::{Code, Diagnostic, Key, Kind, Segment, Severity, Table, Value};

impl Rules {
    /// The configuration that may replace `running` now: the written one, in which changed settings with
    /// `x-reload = restart` keep their running value ([`Checked::pending_restart`]).
    ///
    /// `accept` types the settings and checks the rules of the embedder. The written configuration has passed it
    /// already, so that the program can start with it; the returned one must pass it too.
    ///
    /// # Errors
    /// [`Refused`] with `reload/restart` where a live change is valid only together with one that waits for a restart.
    pub fn defer_restarts<T>(
        &self,
        written: Resolved<T>,
        running: &Value,
        accept: impl FnOnce(Checked) -> Result<Resolved<T>, Refused>,
    ) -> Result<Resolved<T>, Refused> {
        let Some(schema) = self.schema().filter(|schema| schema.has_restarts()) else {
            return Ok(written);
        };
        let checked = written.checked();
        let mut walk = RestartWalk { schema, key: Key::root(), changes: Vec::new() };
        let root = walk.member(Some(running), Some(checked.merged.root()));
        let pending = walk.changes;
        let Some(root) = root.filter(|_| !pending.is_empty()) else {
            return Ok(written);
        };
        let mut checked = checked.clone();
        checked.merged = checked.merged.with_root(root);
        checked.pending = pending.clone();
        let mut diagnostics = Vec::new();
        self.check_tree(&checked.merged, &mut diagnostics);
        diagnostics.retain(|diagnostic| diagnostic.severity == Severity::Error);
        let accepted =
            if diagnostics.is_empty() { accept(checked) } else { Err(checked.refuse(diagnostics)) };
        accepted.map_err(|refused| refused.because_of(&pending))
    }
}

impl Refused {
    /// Reports the diagnostics at the settings that wait for a restart, since the refused tree is in no file.
    fn because_of(mut self, pending: &[Change]) -> Self {
        let keys: Vec<String> = pending.iter().map(|change| format!("`{}`", change.key)).collect();
        let place = pending.iter().find_map(|change| change.new.as_ref().map(Value::origin));
        let errors = self.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
        let diagnostics = errors.map(|diagnostic| {
            let reason = match diagnostic.key.is_root() {
                true => diagnostic.message.clone(),
                false => format!("{}: {}", diagnostic.key, diagnostic.message),
            };
            let message = format!("refused while {} keeps its running value: {reason}", keys.join(", "));
            let diagnostic = Diagnostic::error(Code::ReloadRestart, diagnostic.key.clone(), message)
                .help("restart the program, or change only settings that need no restart");
            match place {
                Some(place) => diagnostic.at(place),
                None => diagnostic,
            }
        });
        self.diagnostics = diagnostics.collect();
        self
    }
}

/// Walks the running and the written tree side by side.
struct RestartWalk<'a> {
    schema: &'a Schema,
    key: Key,
    changes: Vec<Change>,
}

impl RestartWalk<'_> {
    /// The value that may run at the key; `None` for no value.
    fn member(&mut self, running: Option<&Value>, written: Option<&Value>) -> Option<Value> {
        if running == written {
            return written.cloned();
        }
        let none = Table::new();
        let members = |value: Option<&'_ Value>| match value {
            Some(value) => value.as_table().cloned(),
            None => Some(none.clone()),
        };
        if let (Some(below_running), Some(below_written)) = (members(running), members(written)) {
            let like = written.or(running)?;
            let Some(table) = self.table(&below_running, &below_written, like) else {
                return written.cloned();
            };
            // A new table whose members all wait for the restart stays absent.
            let is_absent = running.is_none() && table.as_table().is_some_and(Table::is_empty);
            return (!is_absent).then_some(table);
        }
        if self.schema.reload(&self.key) == Reload::Live {
            return written.cloned();
        }
        let change = Change { key: self.key.clone(), old: running.cloned(), new: written.cloned() };
        self.changes.push(change);
        running.cloned()
    }

    /// The table that may run; `None` if nothing in it waits for the restart.
    fn table(&mut self, running: &Table, written: &Table, like: &Value) -> Option<Value> {
        let mut held: Option<Table> = None;
        for (name, old, new) in running.differences(written) {
            self.key.push(Segment::Name(name.clone()));
            let member = self.member(old, new);
            self.key.pop();
            if member.as_ref() == new {
                continue;
            }
            let members = held.get_or_insert_with(|| written.clone());
            match member {
                Some(member) => drop(members.insert(name.clone(), member)),
                None => drop(members.remove(name)),
            }
        }
        held.map(|members| like.with_kind(Kind::Table(members)))
    }
}

#[cfg(test)]
#[cfg(feature = "schema")]
mod tests {
    use super::*;
    use crate::config::resolve::{Document, Inputs};
    use crate::config::schema::Documents;
    use crate::config::source::{Language, parse};
    use crate::tree::{LayerKind, Source};
    use alloc::string::ToString as _;
    use serde::de::IgnoredAny;

    const SCHEMA: &str = r#"{
        "properties": {
            "store": {
                "x-reload": "restart",
                "properties": { "path": { "type": "string" }, "keep": { "type": "integer", "x-reload": "live" } }
            },
            "workers": { "type": "integer", "x-reload": "restart" },
            "port": { "type": "integer" }
        },
        "if": { "required": ["port"], "properties": { "port": { "maximum": 1023 } } },
        "then": { "properties": { "workers": { "maximum": 1 } } },
        "additionalProperties": false
    }"#;

    fn rules() -> Rules {
        let schema = parse(&Source::document(LayerKind::Defaults, "s", SCHEMA), Language::Json).unwrap();
        let schema = Schema::compile(&Documents::new("file:///s", schema.root())).unwrap();
        Rules::new(Some(schema))
    }

    fn resolved(rules: &Rules, text: &str) -> Resolved<IgnoredAny> {
        let source = Source::document(LayerKind::File, "app.toml", text);
        let inputs =
            Inputs { documents: Vec::from([Document::Text(source, Language::Toml)]), ..Inputs::default() };
        rules.check(rules.read(&inputs)).unwrap().typed().unwrap()
    }

    /// The running tree after a reload from one text to another, and the pending changes.
    fn reloaded(from: &str, to: &str) -> (String, String) {
        let rules = rules();
        let running = resolved(&rules, from);
        let running = running.checked().merged().root();
        let held = rules.defer_restarts(resolved(&rules, to), running, Checked::typed).unwrap();
        (
            held.checked().merged().root().to_string(),
            crate::tree::diff::to_text(held.checked().pending_restart()),
        )
    }

    #[test]
    fn settings_that_need_a_restart_keep_their_running_value() {
        let old = "workers = 4\nport = 8080\n";
        let stored = "store = { path = 'a', keep = 1 }\n";
        for (from, to, runs, pending) in [
            (
                old,
                "workers = 8\nport = 9090\n",
                "{ port = 9090, workers = 4 }",
                "- workers = 4\n+ workers = 8\n",
            ),
            // New settings wait, and removed ones stay.
            (
                "port = 8080\n",
                "workers = 8\nport = 8080\nstore.path = 'a'\n",
                "{ port = 8080 }",
                "+ store.path = \"a\"\n+ workers = 8\n",
            ),
            ("workers = 8\n", "port = 8080\n", "{ port = 8080, workers = 8 }", "- workers = 8\n"),
            // A live setting below one that needs a restart is live.
            (stored, "store.keep = 2\n", "{ store = { keep = 2, path = \"a\" } }", "- store.path = \"a\"\n"),
            ("workers = 4\n", old, "{ port = 8080, workers = 4 }", ""),
        ] {
            assert_eq!(reloaded(from, to), (runs.into(), pending.into()), "from {from} to {to}");
        }
    }

    #[test]
    fn a_live_change_that_needs_a_pending_one_is_refused() {
        let rules = rules();
        let running = resolved(&rules, "workers = 4\nport = 8080\n");
        let written = resolved(&rules, "workers = 1\nport = 80\n");
        let refused =
            rules.defer_restarts(written, running.checked().merged().root(), Checked::typed).err().unwrap();
        let [diagnostic] = refused.diagnostics() else { panic!("{:?}", refused.diagnostics()) };
        assert_eq!(diagnostic.code, "reload/restart");
        assert_eq!(
            diagnostic.message,
            "refused while `workers` keeps its running value: workers: expected at most 1, found 4"
        );
        assert_eq!(diagnostic.origin.as_ref().unwrap().to_string(), "app.toml:1:11");
    }
}
