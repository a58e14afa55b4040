//! Old files, as layers and as texts.

use alloc::string::{String, ToString as _};
use alloc::sync::Arc;
use alloc::vec;

use super::*;
use crate::config::source::{Language, comments, parse};
use crate::tree::{LayerKind, Source};

fn source(text: &str) -> Arc<Source> {
    Source::document(LayerKind::File, "old.toml", text)
}

fn layer(text: &str) -> Layer {
    parse(&source(text), Language::Toml).unwrap()
}

fn codes(diagnostics: &[Diagnostic]) -> Vec<String> {
    diagnostics.iter().map(|d| format!("{} {} {}", d.code, d.key, d.origin.as_ref().unwrap())).collect()
}

/// The new text, after checking that the layer converts to the same tree, that every comment is kept, and that nothing
/// is left to migrate.
fn migrated(old: &str) -> String {
    let migration = migrate_text(&source(old)).unwrap();
    for comment in comments(old).map(|comment| old.get(comment).unwrap()) {
        let count = |text: &str| text.matches(comment).count();
        assert!(count(migration.text()) >= count(old), "`{comment}` is lost:\n{}", migration.text());
    }
    let (converted, _) = migrate_layer(&layer(old)).unwrap().unwrap();
    assert_eq!(layer(migration.text()).root(), converted.root());
    assert!(migration.is_needed());
    let again = migrate_text(&source(migration.text())).unwrap();
    assert!(!again.is_needed());
    assert_eq!((again.text(), &*again.diff("old.toml", &|_, _| false)), (migration.text(), ""));
    migration.text().into()
}

const OLD: &str = r#"# The agents of our team.
title="x"   # stays as it is

# The thorough one.
[[agents]]  # first
name = "Claude-Opus" # as we call it
# the newest
model   = 'claude-opus-4'
command = "claude"

  [[ agents ]]
  name = "gemini"
  command = "/opt/gemini" # ours
  model = "gemini-2.5-flash"
  tier = "medium"
  env.A = "1"
  env.B = "2" # why
  [agents.more]
  deep = { a = 1 }

[hot_reload] # untouched
debounce_ms=5_000
"#;

const NEW: &str = r#"# The agents of our team.
title="x"   # stays as it is

# The thorough one.
[models.claude_opus]  # first
provider = "anthropic" # as we call it
# the newest
model   = 'claude-opus-4'
tier = "high"
aliases = ["Claude-Opus"]

  [models.gemini]
  provider = "google"
  # ours
  model = "gemini-2.5-flash"
  tier = "medium"
  # why

[hot_reload] # untouched
debounce_ms=5_000

[providers.google]
command = "/opt/gemini"
"#;

#[test]
fn agents_become_models_with_every_comment_in_its_place() {
    assert_eq!(migrated(OLD), NEW);
}

#[test]
fn line_ends_byte_order_mark_and_a_missing_last_line_end_are_kept() {
    let crlf = |text: &str| format!("\u{feff}{}", text.replace('\n', "\r\n"));
    assert_eq!(migrated(&crlf(OLD)), crlf(NEW));
    assert_eq!(
        migrated("[[agents]]\nmodel = \"gpt-5\"\nname = \"a\""),
        "[models.a]\nmodel = \"gpt-5\"\ntier = \"medium\"\nprovider = \"openai\""
    );
}

#[test]
fn values_keep_their_origins_in_the_old_file() {
    let (converted, warnings) = migrate_layer(&layer(OLD)).unwrap().unwrap();
    let place = |key: &str| converted.root().get(&key.parse().unwrap()).unwrap().origin().to_string();
    for (key, expected) in [
        ("models.claude_opus", "old.toml:5:1"),
        ("models.claude_opus.model", "old.toml:8:11"),
        ("models.claude_opus.provider", "old.toml:8:11"),
        ("models.claude_opus.tier", "old.toml:8:11"),
        ("models.claude_opus.aliases[0]", "old.toml:6:8"),
        ("models.gemini.tier", "old.toml:15:10"),
        ("providers.google.command", "old.toml:13:13"),
        ("hot_reload.debounce_ms", "old.toml:22:13"),
    ] {
        assert_eq!(place(key), expected, "{key}");
    }
    assert!(converted.root().member("agents").is_none());
    assert_eq!(
        codes(&warnings),
        [
            "migrate/v1 agents old.toml:5:1",
            "migrate/key agents[1].env old.toml:16:3",
            "migrate/key agents[1].more old.toml:18:3",
        ]
    );
}

#[test]
fn agents_on_one_line_become_tables_and_keep_their_comments() {
    let old = "agents = [ # all\n  { name = \"a#1\", model = \"gpt-5\" }, # next\n  { name = \"b\", model = \"o3\", provider = \
               \"openai\", aliases = [\"c\"] },\n  # last\n] # end\n\n[retry]\nmax_attempts = 2\n";
    let new = "[retry]\nmax_attempts = 2\n\n[models.a_1]\n# all\nprovider = \"openai\"\nmodel = \"gpt-5\"\ntier = \
               \"medium\"\naliases = [\"a#1\"]\n\n[models.b]\n# next\ntier = \"medium\"\nmodel = \"o3\"\nprovider = \
               \"openai\"\naliases = [\"c\"]\n\n# last\n# end\n";
    assert_eq!(migrated(old), new);
    assert_eq!(migrated("agents = []\nx = 1\n"), "x = 1\n");
}

#[test]
fn an_alias_is_added_to_existing_ones() {
    let old = "[[agents]]\nname = \"My Model\"\nprovider = \"openai\"\ntier = \"low\"\naliases = [\n  \"m\",\n]\n\
               model = \"llama\"\n";
    let new = "[models.my_model]\nprovider = \"openai\"\ntier = \"low\"\naliases = [\"My Model\",\n  \"m\",\n]\n\
               model = \"llama\"\n";
    assert_eq!(migrated(old), new);
}

#[test]
fn a_command_becomes_that_of_the_provider_if_all_its_agents_have_it() {
    let agent = |name: &str, command: &str| {
        format!("[[agents]]\nname = \"{name}\"\nmodel = \"gpt-5\"\ncommand = \"{command}\"\n")
    };
    let same = agent("a", "/opt/codex") + &agent("b", "/opt/codex");
    let header = "[providers.openai] # ours\nstdin = \"prompt\"\n";
    assert!(
        migrated(&(same.clone() + header))
            .ends_with("[providers.openai] # ours\nstdin = \"prompt\"\ncommand = \"/opt/codex\"\n")
    );
    assert!(migrated(&same).ends_with("\n\n[providers.openai]\ncommand = \"/opt/codex\"\n"));

    let different = agent("a", "codex") + &agent("b", "/opt/codex");
    let present = agent("a", "/opt/codex") + "[providers.openai]\ncommand = \"other\"\n";
    for (old, place) in
        [(different, "agents[1].command old.toml:8:11"), (present, "agents[0].command old.toml:4:11")]
    {
        assert!(!migrated(&old).contains("/opt/codex"));
        let warnings = migrate_text(&source(&old)).unwrap().warnings().to_vec();
        assert_eq!(codes(&warnings), [format!("migrate/command {place}")]);
    }
}

#[test]
fn text_and_layer_are_refused_for_the_same_reasons() {
    let agent = "[[agents]]\nname = \"Claude\"\nmodel = \"claude-opus-4\"\n";
    for (old, expected) in [
        ("agents = [1]\n", vec!["migrate/agent agents[0] old.toml:1:11"]),
        (
            "[[agents]]\nname = \"4o\"\nmodel = \"gpt-4o\"\n[[agents]]\nname = \"local\"\nmodel = \"llama\"\n\
             command = \"ollama\"\n[[agents]]\nmodel = 7\n",
            vec![
                "migrate/name agents[0].name old.toml:2:8",
                "migrate/provider agents[1].model old.toml:6:9",
                "migrate/agent agents[2] old.toml:8:1",
                "migrate/agent agents[2].model old.toml:9:9",
            ],
        ),
        (
            &format!("[models.claude]\ntier = \"low\"\n{agent}{agent}"),
            vec!["name/duplicate models.claude old.toml:3:1", "name/duplicate models.claude old.toml:6:1"],
        ),
        (&format!("{agent}command = 7\n"), vec!["migrate/agent agents[0].command old.toml:4:11"]),
        (&format!("models = 1\n{agent}"), vec!["migrate/agent models old.toml:1:10"]),
    ] {
        let errors = migrate_layer(&layer(old)).unwrap().unwrap_err();
        assert_eq!(codes(&errors), expected);
        assert_eq!(migrate_text(&source(old)).unwrap_err(), errors);
    }
}

#[test]
fn an_inline_table_of_models_is_refused_in_a_text_and_converted_in_a_layer() {
    let old = "models = { a = { tier = \"low\" } }\n[[agents]]\nname = \"b\"\nmodel = \"gpt-5\"\n";
    let errors = migrate_text(&source(old)).unwrap_err();
    assert_eq!(codes(&errors), ["migrate/form agents old.toml:2:1"]);
    let (converted, _) = migrate_layer(&layer(old)).unwrap().unwrap();
    assert_eq!(converted.root().member("models").unwrap().as_table().unwrap().len(), 2);
}

#[test]
fn a_file_without_agents_has_nothing_to_migrate() {
    for text in ["", "# only a comment", "[models.a]\ntier = \"low\"", "agents = \"none\"\n"] {
        let migration = migrate_text(&source(text)).unwrap();
        assert!(!migration.is_needed() && migration.text() == text);
        assert!(migrate_layer(&layer(text)).is_none());
    }
}

#[test]
fn secrets_and_left_out_values_are_masked_in_the_diff_and_kept_in_the_text() {
    let old = "[providers.openai]\napi_key = \"hunter2\"\n[[agents]]\nname = \"a\"\nmodel = \"gpt-5\"\ntier = \"low\"\n\
               [agents.env]\nTOKEN = \"\"\"hunter2\nhunter2\"\"\"\n";
    let migration = migrate_text(&source(old)).unwrap();
    let diff = migration.diff("old.toml", &|key, _| key.last_name() == Some("api_key"));
    for line in ["@@ -1,8 +1,6 @@", " api_key = \"***\"", "-TOKEN = \"***\""] {
        assert!(diff.lines().any(|shown| shown == line), "no `{line}` in\n{diff}");
    }
    assert!(!diff.contains("hunter2") && !format!("{migration:?}").contains("hunter2"));
    assert_eq!(migration.text().matches("hunter2").count(), 1);
}

#[test]
fn every_way_to_write_an_agent_in_toml_is_rewritten() {
    let agent = "[[agents]]\nname = \"a\"\nmodel = \"gpt-5\"\n";
    for old in [
        "[[\"agents\"]]\n\"name\" = 'A b'\n'model' = \"gpt-5\"",
        "[['agents']]\nname = \"\"\"A\nb\"\"\"\nmodel = \"\"\"\ngpt-5\"\"\" # why",
        "[[agents]]\nmodel = \"gpt-5\"\nargs = [ # one\n \"--x\", # two\n]\nname = \"a\"\n",
        "agents = [{ name = 'A', model = 'gpt-5', command = 'x', env = { A = '#' } }]\n[models]\n",
        "agents = [{ name = 'A', model = 'gpt-5', aliases = [] }, { name = 'B', model = 'o1', aliases = ['b', 'B'] }]",
        "[[agents]]\nname = 'A'\nmodel = 'gpt-5'\naliases = []\n[models]\n[models.z]\ntier = 'low'\n",
        "[[agents]]\nname = 'A'\nmodel = 'gpt-5'\n[x]\ny = 1\n[[agents]]\nname = 'B'\nmodel = 'gpt-5'\ntier = 'low'\n",
        "[[agents]]\nname = 'A'\nmodel = 'gpt-5'\n[[agents.more]]\nx = 1 # a\n[[agents.more]]\nx.y = 2\n[z]\n# end",
        "[[agents]]\nname = 'A'\nmodel = 'gpt-5'\n[agents.p.q.r]\nx = 1\n[agents.p]\ny.z = { a = [1,\n2] }\n[z]\n",
        "[[agents]]\nname = 'A'\nmodel = 'gpt-5'\ncommand = 'x'\n[providers]\n[providers.google]\ncommand = 'y'\n",
        "[[agents]]\nname = 'A'\nmodel = 'gpt-5'\ncommand = 'x'\n[providers.openai.more]\nx = 1\n",
        "when = 2020-01-01\n[[agents]]\nprovider = 'google' # p\nname = 'a' # n\nmodel = 'gpt-5'\ntier = 3",
        "[[agents]]\nname = 'A'\nmodel = 'gpt-5'\nargs = [ # a\n 1, # b\n] # c\n# d\ntier.x = 1 # e\nz = 1 # f",
        "[[agents]]\nname = 'A'\nmodel = 'gpt-5'\n[x]\nb = 1\n# a\n[agents.env] # b\nA.b = 1 # c\n# d\n\n# e\n[y]",
        "[[agents]]\nname = 'A'\nmodel = 'gpt-5'\ncommand = 'x' # a\n[providers]\nopenai.stdin = 'x' # b\n# c",
        "# a\n\n# b\nagents = [{ name = 'A', # c\nmodel = 'gpt-5', x = [ # d\n1], command = 'x' }] # e\nx = 1 # f\n# g",
        "# a\nagents = [] # b\n# c",
    ] {
        migrated(old);
        migrated(&old.replace('\n', "\r\n"));
        migrated(&(String::from("\u{feff}") + old));
    }
    assert_eq!(migrated(&(agent.to_string() + "# end")).lines().last(), Some("# end"));
}

#[test]
fn a_damaged_file_is_refused_or_rewritten_as_its_layer_is_converted() {
    let mut rewritten = 0;
    for (at, c) in OLD.char_indices() {
        let (before, after) = (OLD.get(..at).unwrap(), OLD.get(at + c.len_utf8()..).unwrap());
        for put in ["", "\n", "\"", "[", "a", "#", ".", "{ x = 1 }", "é"] {
            let text = format!("{before}{put}{after}");
            let Ok(parsed) = parse(&source(&text), Language::Toml) else { continue };
            let Some(converted) = migrate_layer(&parsed) else { continue };
            let migration =
                migrate_text(&source(&text)).map(|migration| layer(migration.text()).root().clone());
            rewritten += usize::from(migration.is_ok());
            assert_eq!(migration, converted.map(|(converted, _)| converted.root().clone()), "{text}");
        }
    }
    assert!(rewritten > 500, "{rewritten}");
}

#[test]
fn strings_keep_their_line_ends_and_every_line_ends_as_the_first_one() {
    let agent = "[[agents]]\r\nname = \"a\"\r\nmodel = \"gpt-5\"\r\ntier = \"low\"\n";
    let new = "[models.a]\r\nprovider = \"openai\"\r\nmodel = \"gpt-5\"\r\ntier = \"low\"\r\n";
    let text = "[x]\r\ny = \"\"\"\n1\r\n2\"\"\"\r\n";
    assert_eq!(migrated(&(String::from(agent) + text)), String::from(new) + text);
}

#[test]
fn dotted_keys_of_one_table_are_grouped_with_their_comments() {
    let agent = "[[agents]]\nname = \"a\"\nmodel = \"gpt-5\"\ntier = \"low\"\n\n";
    let new = "[models.a]\nprovider = \"openai\"\nmodel = \"gpt-5\"\ntier = \"low\"\n\n";
    assert_eq!(
        migrated(&(String::from(agent) + "[x]\ny.a = 1 # a\nz = 2\n# b\ny.b = 3\n")),
        String::from(new) + "[x]\ny.a = 1 # a\n# b\ny.b = 3\nz = 2\n"
    );
}
