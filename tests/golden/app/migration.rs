//! The migration of old files.

use speckit_core::app::migrate::migrate_text;
use speckit_core::config::redact::Masks;
use speckit_core::config::resolve::Inputs;
use speckit_core::config::source::{Language, parse};
use speckit_core::{LayerKind, Source};
use speckit_tests::golden;

use crate::{application, defaults_and, render_report, report, resolve};

/// A file in the old format with comments, secrets, and keys that the new format does not have.
const OLD: &str = "\
# Agents of the platform team. Ask Ann before you change the order.

[[agents]]
name = \"Claude-Opus\"     # the thorough one
model = \"claude-opus-4\"
command = \"claude\"

# Cheap and quick.
[[agents]]
name = \"flash\"
model = \"gemini-2.5-flash\"
command = \"/opt/gemini/bin/gemini\" # pinned
env = { GEMINI_API_KEY = \"hunter2-planted\" }

[[agents]]
name = \"gpt\"
model = \"gpt-5\"
tier = \"high\"
enabled = true # no longer known

[quality_gates]
plan = [\"Claude-Opus\", \"gpt\"] # both must agree

[retry]
max_attempts = 5
";

#[test]
fn the_diff_of_a_file_shows_no_secret() {
    let migration = migrate_text(&Source::document(LayerKind::File, "config.toml", OLD)).unwrap();
    let rules = application();
    let diff = migration.diff("config.toml", &|key, value| rules.keys().is_secret(key, value));
    assert!(!diff.contains("hunter2"), "{diff}");
    golden!("app/migration", "the_change_of_a_file", diff);
    golden!("app/migration", "the_new_file", migration.text());
}

#[test]
fn an_old_file_loads_with_a_warning_about_each_dropped_key() {
    let inputs = Inputs { documents: defaults_and("config.toml", OLD), ..Inputs::default() };
    assert!(resolve(&application(), &inputs).is_ok());
    let text = report(&application(), &inputs);
    assert!(!text.contains("hunter2"), "{text}");
    golden!("app/migration", "the_warnings_of_an_old_file", text);
}

#[test]
fn a_conflicting_command_is_a_warning_and_an_inline_table_is_an_error() {
    let agents = "[[agents]]\nname = \"a\"\nmodel = \"gpt-5\"\ncommand = \"codex\"\n\
                  [[agents]]\nname = \"b\"\nmodel = \"gpt-5\"\ncommand = \"/opt/codex\"\n";
    let source = |text: &str| Source::document(LayerKind::File, "config.toml", text);
    let report = |source: &_, diagnostics: &[_]| {
        render_report(diagnostics, &Masks::of([&parse(source, Language::Toml).unwrap()], &|_, _| false))
    };
    let set = "[[agents]]\nname = \"a\"\nmodel = \"gpt-5\"\ncommand = \"/opt/codex\"\n\
               [providers.openai]\ncommand = \"codex\"\n";
    let warnings =
        [agents, set].map(|text| report(&source(text), migrate_text(&source(text)).unwrap().warnings()));
    let refused = source(&format!("models = {{ x = {{ tier = \"low\" }} }}\n{agents}"));
    let errors = report(&refused, &migrate_text(&refused).unwrap_err());
    golden!("app/migration", "commands_and_inline_tables", warnings.concat() + "\n" + &errors);
}
