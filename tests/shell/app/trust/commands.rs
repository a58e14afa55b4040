//! Which commands need a trusted file, and which work without.

use speckit_tests::golden;

use super::{CLONED, GATE, cloned, comparable, with};
use crate::test_dir::TestDir;

/// Exit 2 with the code, and nothing was started or written.
#[track_caller]
fn assert_refused(dir: &TestDir, arguments: &str, key: &str) {
    let result = dir.run(&format!("{arguments} --format json")).exits_2();
    assert!(result.err.contains("speckit trust ./speckit.toml"), "{arguments}: {}", result.err);
    let last: serde_json::Value = serde_json::from_str(result.out.lines().last().unwrap()).unwrap();
    let diagnostic = &last["diagnostics"][0];
    assert_eq!(
        (&diagnostic["code"], &diagnostic["key"]),
        (&"trust/required".into(), &key.into()),
        "{arguments}"
    );
    let line = diagnostic["origin"]["line"].as_u64().unwrap() as usize;
    let name = key.rsplit('.').next().unwrap();
    assert!(CLONED.lines().nth(line - 1).unwrap().contains(name), "{arguments}: line {line}");
    assert_untouched(dir);
}

#[track_caller]
fn assert_untouched(dir: &TestDir) {
    assert_eq!(dir.names(), ["bin", "home", "speckit.toml"]);
}

#[test]
fn a_command_that_uses_the_file_is_refused_before_anything_starts() {
    let dir = cloned();
    for (arguments, key) in [
        (GATE, "models"),
        ("gate run plan --spec S --prompt hello --dry-run", "auth"),
        ("policy check", "policy.commands"),
        ("policy baseline accepted.json", "policy.commands"),
        ("auth login work", "auth"),
        ("auth status", "auth"),
        ("auth refresh work", "auth"),
        ("auth logout work", "auth"),
        ("auth token work", "auth"),
        ("history", "store.path"),
        ("history show 1", "store.path"),
        ("history rollback 1", "store.path"),
        ("store stats", "store.path"),
        ("store check", "store.path"),
        ("store vacuum", "store.path"),
        ("gate list", "store.path"),
        ("gate show 1", "store.path"),
        ("bench list", "store.path"),
        ("bench run -- true", "store.path"),
        ("watch --plain", "store.path"),
        ("watch --plain --fallback defaults", "store.path"),
    ] {
        // The arguments after `--` belong to the command.
        let arguments = arguments.replace("bench run", "--format json bench run");
        match arguments.contains(" -- ") {
            true => {
                let result = dir.run(&arguments).exits_2();
                assert!(result.out.contains("trust/required"), "{arguments}: {}", result.both());
                assert_untouched(&dir);
            }
            false => assert_refused(&dir, &arguments, key),
        }
    }
}

#[test]
fn a_command_that_only_shows_works_with_one_note() {
    let dir = cloned();
    for arguments in
        ["check", "show providers", "explain providers.google.login", "explain models", "env", "resolve a"]
    {
        let result = dir.run(arguments).succeeds();
        let notes: Vec<&str> = result.err.lines().filter(|line| line.contains("not trusted:")).collect();
        assert_eq!(notes.len(), 1, "{arguments}: {}", result.err);
        assert!(notes[0].starts_with("note: `./speckit.toml` is not trusted"), "{arguments}: {}", result.err);
        assert_untouched(&dir);
    }
    assert!(dir.run("show providers.google.command").succeeds().out.contains("\"sh\""));
    for arguments in ["schema", "retry plan", "trust --list", "completions bash"] {
        dir.run(arguments).succeeds().no_stderr();
    }
    golden!("app/trust", "program_note", comparable(&dir, &dir.run("show store.path").succeeds().err));
}

#[test]
fn a_check_does_not_ask_the_helper_of_an_untrusted_login() {
    let login = "[providers.google]\nlogin = \"work\"\ncredentials = [\"login\"]\ntoken_env = \"TOKEN\"\n";
    let text = CLONED.replace("[providers.google]\n", login);
    let dir = with(&text.replace("check_api_keys = false", "check_api_keys = true"));
    let result = dir.run("check");
    assert!(result.err.contains("a file that is not trusted sets `auth`"), "{}", result.err);
    dir.run("explain providers.google.login");
    assert_untouched(&dir);
    dir.run("trust ./speckit.toml --yes").succeeds();
    dir.run("check");
    assert!(dir.path("ran").exists(), "the helper of a trusted login is asked");
}

#[test]
fn a_trusted_file_is_used_and_a_change_needs_new_trust() {
    let dir = cloned();
    dir.run("trust ./speckit.toml --yes").succeeds();
    dir.run(GATE).succeeds();
    assert!(dir.path("ran").exists());
    std::fs::remove_file(dir.path("ran")).unwrap();
    // Edits elsewhere, another order and comments.
    let (first, rest) = CLONED.split_once("\n\n").unwrap();
    let edited =
        format!("# mine\n{rest}\n{first}\n[retry]\nmax_attempts = 2\n").replace("\"low\"", "'low' # why");
    dir.write("speckit.toml", &edited);
    dir.run(GATE).succeeds();
    std::fs::remove_file(dir.path("ran")).unwrap();
    dir.write("speckit.toml", edited.replace("touch ran", "touch ran2"));
    let refused = dir.run(GATE).exits_2();
    assert!(!dir.path("ran2").exists());
    golden!("app/trust", "program_changed", comparable(&dir, &refused.err));
    dir.run("trust ./speckit.toml --yes").succeeds();
    dir.run(GATE).succeeds();
    assert!(dir.path("ran2").exists());
    dir.run("untrust ./speckit.toml").succeeds();
    dir.run(GATE).exits_2();
}

#[test]
fn only_what_a_command_needs_must_be_trusted() {
    let dir = with("[models.a]\nprovider = \"google\"\nmodel = \"a\"\ntier = \"low\"\n");
    for arguments in ["policy check", "history", "auth status"] {
        let result = dir.run(arguments);
        assert!(!result.both().contains("trust"), "{arguments}: {}", result.both());
    }
    dir.run("policy hooks run commit-msg -- speckit.toml");
    let chosen = with("[store]\npath = \"chosen.db\"\n");
    chosen.run("store stats --database other.db").exits_2().stderr_has("other.db");
    chosen.run("history --set store.path=other.db").succeeds();
    chosen.run("history").exits_2().stderr_has("trust/required");
    let by_variable = with("[store]\npath = \"chosen.db\"\n").variable("SPECKIT_STORE__PATH", "other.db");
    by_variable.run("history").succeeds();
}

#[test]
fn a_file_that_is_named_is_trusted() {
    let dir = cloned();
    dir.run(&format!("{GATE} --config speckit.toml")).succeeds();
    let dir = cloned().variable("SPECKIT_CONFIG", "./speckit.toml");
    dir.run(GATE).succeeds();
    let dir = with("").file("home/.code/config.toml", CLONED);
    dir.run(GATE).succeeds();
}

#[test]
fn a_folder_of_that_name_needs_trust_too() {
    let dir = TestDir::untrusted().file("speckit.toml/a.toml", CLONED);
    let refused = dir.run(GATE).exits_2();
    assert!(refused.err.contains("`speckit trust ./speckit.toml/a.toml`"), "{}", refused.err);
    dir.run("trust speckit.toml").exits_2();
    dir.run("trust speckit.toml/a.toml --yes").succeeds();
    dir.run("check").succeeds();
    dir.write("speckit.toml/b.toml", "[store]\npath = \"evil.db\"\n");
    dir.run("history").exits_2().stderr_has("`speckit trust ./speckit.toml/b.toml`");
}

#[test]
fn the_home_folder_is_a_project_like_any_other() {
    let dir = TestDir::untrusted()
        .file("speckit.toml", CLONED)
        .file(".code/config.toml", "[store]\npath = \"own.db\"\n");
    dir.run(GATE).exits_2();
    dir.run("trust speckit.toml --yes").succeeds();
    dir.run("history").succeeds();
}

#[test]
fn the_old_form_of_a_file_needs_trust() {
    let old = "[[agents]]\nname = \"claude-opus\"\nmodel = \"claude-opus-4\"\ncommand = \"claude\"\n";
    let refused = with(old).run("gate run plan --spec S --prompt x --no-store").exits_2();
    assert!(refused.err.contains("trust/required"), "{}", refused.err);
}

/// Without the key a gate passes with any answer.
#[test]
fn a_file_that_no_longer_sets_what_was_trusted_needs_new_trust() {
    let settings = "[orchestrator]\nagree_on = \"verdict\"\naccept = [\"approve\"]\n";
    let dir = with(&format!("{CLONED}{settings}"));
    dir.run("trust ./speckit.toml --yes").succeeds();
    dir.write("speckit.toml", CLONED);
    let refused = dir.run(GATE).exits_2();
    refused.stderr_has("trust/required").stderr_has("`orchestrator.accept`");
    assert!(!dir.path("ran").exists());
    dir.run("trust ./speckit.toml --yes").succeeds();
    dir.run(GATE).succeeds();
}
