//! `history`, `history show` and `history diff`, and how they find the database.

use serde_json::json;

use super::{SECRET, dir, open_recorded, record_generations, retry_text};
use crate::test_dir::{TestDir, member_names};

#[test]
fn an_empty_history_is_listed_without_creating_a_database() {
    let dir = TestDir::new();
    let result = dir.run("history").succeeds().no_stderr();
    assert_eq!(
        result.out,
        "nothing is recorded in .code/speckit.db yet: `speckit watch` records configurations\n"
    );
    let json = dir.run("history --format json").succeeds().no_stderr().json();
    assert_eq!(member_names(&json), ["database", "generations", "refusals"]);
    assert_eq!((&json["generations"], &json["refusals"]), (&json!([]), &json!([])));
    dir.run("history show 1")
        .exits_2()
        .only_stderr("there is no generation 1: nothing is recorded yet in `.code/speckit.db`");
    dir.run("history rollback 1").exits_2();
    dir.run("history diff 1 2").exits_2();
    assert_eq!(dir.names(), [""; 0]);
}

#[test]
fn only_watch_records_generations() {
    let dir = TestDir::with_config(&retry_text(4));
    for command in ["check", "show", "explain retry.max_attempts", "env", "resolve claude", "watch --help"] {
        dir.run(command);
        dir.run(&format!("{command} --database other.db"));
    }
    assert_eq!(dir.names(), ["speckit.toml"]);
}

#[test]
fn generations_and_refusals_are_listed_in_their_order() {
    let dir = dir();
    record_generations(&dir, &[retry_text(4), retry_text(5)]);
    let config = open_recorded(&dir, "c.toml");
    dir.write("c.toml", retry_text(0));
    assert!(config.reload().is_err());
    dir.write(
        "c.toml",
        "[retry]\nmax_attempts = 6\ninitial_backoff_ms = 7\nmultiplier = 3.0\ndeadline_ms = 9\n",
    );
    config.reload().unwrap();
    config.history().unwrap().flush().unwrap();
    let result = dir.run("history").succeeds().no_stderr();
    let lines: Vec<Vec<&str>> =
        result.out.lines().map(|line| line.split("   ").map(str::trim).collect::<Vec<_>>()).collect();
    let times: Vec<&str> = lines.iter().map(|line| line[2]).collect();
    assert!(
        times.is_sorted() && times.iter().all(|time| time.len() == 20 && time.ends_with('Z')),
        "{times:?}"
    );
    let rest: Vec<String> =
        lines.iter().map(|line| format!("{} {} {}", line[0], line[1], line[3..].join(" | "))).collect();
    assert_eq!(
        rest,
        [
            "1 opened c.toml",
            "2 reloaded c.toml | 1 key: retry.max_attempts",
            "- refused c.toml | retry.max_attempts: expected at least 1, found 0",
            "3 reloaded c.toml | 4 keys: retry.deadline_ms, retry.initial_backoff_ms, retry.max_attempts, ...",
        ]
    );
    let json = dir.run("history --format json").succeeds().no_stderr().json();
    let generation = &json["generations"][1];
    assert_eq!(
        member_names(generation),
        [
            "cause",
            "changed",
            "files",
            "fingerprint",
            "generation",
            "number",
            "rolled_back_to",
            "time",
            "time_ms"
        ]
    );
    assert_eq!(generation["changed"], json!([{ "key": "retry.max_attempts", "old": 4, "new": 5 }]));
    assert_eq!(generation["files"][0]["path"], json!(dir.path("c.toml")));
    let refusal = &json["refusals"][0];
    assert_eq!(
        member_names(refusal),
        ["after", "diagnostics", "files", "generation", "omitted", "time", "time_ms"]
    );
    assert_eq!(refusal["diagnostics"][0]["code"], "schema/minimum");
}

#[test]
fn a_generation_is_shown_with_its_values_and_on_request_with_its_texts() {
    let dir = dir();
    let text_with = |attempts, rest: &str| format!("{}{SECRET}{rest}", retry_text(attempts));
    record_generations(&dir, &[text_with(4, ""), text_with(5, "api_key = 'Zq7Xw9Kv'\n")]);
    let result = dir.run("history show 2").succeeds().no_stderr();
    let hashes = |line: &&str| !line.contains("  hash ") && !line.contains("  files ");
    let head: Vec<&str> = result.out.lines().filter(hashes).take(12).collect();
    assert!(head[1].starts_with("  accepted   20"), "{head:?}");
    assert_eq!(
        (head[0], head[2], &head[3..7]),
        (
            "generation 2",
            "  cause      reloaded, as generation 2 of its process",
            &[
                "  changed    2 keys",
                "    + providers.openai.api_key = \"[redacted]\"",
                "    - retry.max_attempts = 4",
                "    + retry.max_attempts = 5",
            ][..]
        )
    );
    assert!(result.out.contains("\n    retry.max_attempts = 5\n") && !result.both().contains("Zq7Xw9Kv"));
    let masked = dir
        .run("history show 2 --sources")
        .succeeds()
        .stderr_has("the texts may hold secrets; those that the");
    assert!(masked.out.contains("\n==> c.toml <==\n[retry]\nmax_attempts = 5\n"), "{}", masked.out);
    assert!(masked.out.contains("\napi_key = ****\n"), "{}", masked.out);
    let revealed = dir.run("history show 2 --sources --reveal").succeeds().stderr_has("which are shown");
    assert!(revealed.out.contains("\napi_key = 'Zq7Xw9Kv'\n"), "{}", revealed.out);
    let json = dir.run("history show 2 --format json").succeeds().no_stderr().json();
    assert_eq!(json["resolved"]["providers"]["openai"]["api_key"], "[redacted]");
    assert_eq!(member_names(&json["files"][0]), ["fingerprint", "path"]);
    let json = dir.run("history show 1 --sources --format json").succeeds().json();
    assert_eq!(json["files"][0]["text"], json!(text_with(4, "")));
    dir.run("history show 1 --reveal").exits_2();
}

#[test]
fn two_generations_are_compared() {
    let dir = dir();
    let secret = |attempts, secret: &str| format!("{}{SECRET}api_key = '{secret}'\n", retry_text(attempts));
    record_generations(&dir, &[secret(4, "Zq7Xw9Kv"), secret(5, "Zq7Xw9Kv"), secret(5, "Yt5Rb3Nm")]);
    let diff = |arguments: &str| dir.run(&format!("history diff {arguments}")).succeeds().no_stderr().out;
    assert_eq!(
        diff("3 1"),
        "- providers.openai.api_key = \"[redacted]\"\n+ providers.openai.api_key = \"[redacted]\"\n\
         - retry.max_attempts = 5\n+ retry.max_attempts = 4\n"
    );
    assert_eq!(diff("1 1"), "generations 1 and 1 have the same values\n");
    let json: serde_json::Value = serde_json::from_str(&diff("1 2 --format json")).unwrap();
    assert_eq!(
        json,
        json!({ "from": 1, "to": 2, "is_whole": true,
            "changed": [{ "key": "retry.max_attempts", "old": 4, "new": 5 }] })
    );
    dir.run("history diff 1 9").exits_2().only_stderr("there is no generation 9: the history has 1 to 3");
    dir.run("history diff 9 1").exits_2().only_stderr("there is no generation 9: the history has 1 to 3");
}

#[test]
fn the_history_is_found_even_if_the_configuration_is_broken() {
    let dir = TestDir::new().variable("SPECKIT_CONFIG", "c.toml");
    record_generations(&dir, &[retry_text(4)]);
    let has_one = |arguments: &str| {
        let json = dir.run(&format!("history --format json {arguments}")).succeeds().no_stderr().json();
        json["generations"].as_array().unwrap().len() == 1
    };
    dir.write("c.toml", "[retry\n");
    assert!(has_one("--database h.db"));
    assert!(!has_one(""), "a file that cannot be parsed names no database");
    dir.write("c.toml", "[retry]\nmax_attempts = 'many'\n[store]\npath = 'h.db'\n");
    assert!(has_one(""), "an invalid file can still name the database");
    dir.write("c.toml", "[store]\npath = 7\n");
    assert!(!has_one(""));
    assert!(has_one("--set store.path=h.db"));
    dir.write("c.toml", "[store]\npath = '~/h.db'\n");
    assert!(has_one(""));
    assert!(has_one("--schema no-such-file.json --database h.db"));
    dir.write("h.db", "no database");
    dir.run("history").exits_2().only_stderr("h.db` is no SQLite database");
}

#[test]
fn a_recorded_secret_stays_masked_under_another_schema() {
    let dir = dir();
    let secret = |word: &str| format!("{SECRET}api_key = '{word}'\n");
    record_generations(&dir, &[secret("canary-of-the-first"), secret("canary-of-the-second")]);
    let dir = dir.file("open.json", "{}");
    for command in ["history show 1 --sources", "history rollback 1 --dry-run"] {
        for format in ["text", "json"] {
            let result = dir.run(&format!("{command} --schema open.json --format {format}")).succeeds();
            assert!(!result.both().contains("canary"), "{command}: {}", result.both());
        }
    }
}

#[test]
fn removed_texts_are_overwritten_in_the_database() {
    let dir = dir();
    let texts: Vec<String> = (1..=6)
        .map(|number| format!("# canary-{number}\n[store]\nkeep_generations = 2\n{}", retry_text(number)))
        .collect();
    record_generations(&dir, &texts);
    let mut bytes = std::fs::read(dir.path("h.db")).unwrap();
    bytes.extend(std::fs::read(dir.path("h.db-wal")).unwrap_or_default());
    let bytes = String::from_utf8_lossy(&bytes);
    assert!(bytes.contains("canary-6") && !bytes.contains("canary-2"), "only the last two texts are kept");
}

#[test]
fn what_a_terminal_would_obey_in_a_stored_text_is_escaped() {
    let dir = dir();
    record_generations(&dir, &["# \u{202e}\ttab\u{200b}\n[store]\npath = '\u{2066}'\n".into()]);
    for options in ["--sources", "--sources --reveal"] {
        let shown = dir.run(&format!("history show 1 {options}")).succeeds().out;
        let text = "\n==> c.toml <==\n# \\u{202e}\ttab\\u{200b}\n[store]\npath = '\\u{2066}'\n";
        assert!(shown.ends_with(text), "{shown:?}");
    }
}

#[test]
fn the_list_is_in_the_order_of_the_numbers_whatever_the_clock_was() {
    let dir = dir();
    dir.write("c.toml", retry_text(4));
    let config = open_recorded(&dir, "c.toml");
    for text in [retry_text(5), retry_text(0), retry_text(6), retry_text(7)] {
        dir.write("c.toml", text);
        let _ = config.reload();
    }
    drop(config);
    // The clock went back by a day before the third generation.
    let sql = "UPDATE config_generations SET accepted_at_ms = accepted_at_ms - 86400000 WHERE id >= 3;";
    rusqlite::Connection::open(dir.path("h.db")).unwrap().execute_batch(sql).unwrap();
    let list = dir.run("history").succeeds().out;
    let numbers: Vec<_> = list.lines().map(|line| line.split_whitespace().next().unwrap()).collect();
    assert_eq!(numbers, ["1", "2", "-", "3", "4"], "{list}");
    let json = dir.run("history --format json").succeeds().json();
    assert_eq!(json["refusals"][0]["after"], 2);
}
