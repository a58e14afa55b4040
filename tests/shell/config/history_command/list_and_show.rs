//! What is listed, shown and compared, and where the history is looked for.

use serde_json::json;

use super::{SECRET, dir, open, recorded, retry};
use crate::test_dir::{TestDir, members};

#[test]
fn where_nothing_is_recorded_the_list_is_empty_and_nothing_is_made() {
    let dir = TestDir::new();
    let answer = dir.run("history").succeeds().no_stderr();
    assert_eq!(answer.out, "nothing is recorded yet in .code/speckit.db: `speckit watch` records\n");
    let json = dir.run("history --format json").succeeds().no_stderr().json();
    assert_eq!(members(&json), ["database", "generations", "refusals"]);
    assert_eq!((&json["generations"], &json["refusals"]), (&json!([]), &json!([])));
    dir.run("history show 1")
        .exits_2()
        .only_stderr("there is no generation 1: nothing is recorded yet in `.code/speckit.db`");
    dir.run("history rollback 1").exits_2();
    dir.run("history diff 1 2").exits_2();
    assert_eq!(dir.names(), [""; 0]);
}

#[test]
fn commands_that_look_once_record_nothing() {
    let dir = TestDir::with_config(&retry(4));
    for command in ["check", "show", "explain retry.max_attempts", "env", "resolve claude", "watch --help"] {
        dir.run(command);
        dir.run(&format!("{command} --database other.db"));
    }
    assert_eq!(dir.names(), ["speckit.toml"]);
}

#[test]
fn generations_and_refusals_are_listed_in_the_order_of_their_times() {
    let dir = dir();
    recorded(&dir, &[retry(4), retry(5)]);
    let shell = open(&dir, "c.toml");
    dir.write("c.toml", retry(0));
    assert!(shell.reload().is_err());
    dir.write(
        "c.toml",
        "[retry]\nmax_attempts = 6\ninitial_backoff_ms = 7\nmultiplier = 3.0\ndeadline_ms = 9\n",
    );
    shell.reload().unwrap();
    shell.history().unwrap().flush().unwrap();
    let answer = dir.run("history").succeeds().no_stderr();
    let lines: Vec<Vec<&str>> =
        answer.out.lines().map(|line| line.split("   ").map(str::trim).collect::<Vec<_>>()).collect();
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
        members(generation),
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
    assert_eq!(members(refusal), ["diagnostics", "files", "generation", "time", "time_ms"]);
    assert_eq!(refusal["diagnostics"][0]["code"], "schema/minimum");
}

#[test]
fn one_generation_is_shown_with_its_values_and_its_texts_where_they_are_asked_for() {
    let dir = dir();
    let with = |attempts, rest: &str| format!("{}{SECRET}{rest}", retry(attempts));
    recorded(&dir, &[with(4, ""), with(5, "client_secret = 'Zq7Xw9Kv'\n")]);
    let answer = dir.run("history show 2").succeeds().no_stderr();
    let hashes = |line: &&str| !line.contains("  tree ") && !line.contains("  files ");
    let head: Vec<&str> = answer.out.lines().filter(hashes).take(12).collect();
    assert!(head[1].starts_with("  accepted   20"), "{head:?}");
    assert_eq!(
        (head[0], head[2], &head[3..7]),
        (
            "generation 2",
            "  cause      reloaded, as generation 2 of its process",
            &[
                "  changed    2 keys",
                "    + auth.one.client_secret = \"[redacted]\"",
                "    - retry.max_attempts = 4",
                "    + retry.max_attempts = 5",
            ][..]
        )
    );
    assert!(answer.out.contains("\n    retry.max_attempts = 5\n") && !answer.both().contains("Zq7Xw9Kv"));
    let masked = dir
        .run("history show 2 --sources")
        .succeeds()
        .stderr_has("the texts may hold secrets; those that the");
    assert!(masked.out.contains("\n==> c.toml <==\n[retry]\nmax_attempts = 5\n"), "{}", masked.out);
    assert!(masked.out.contains("\nclient_secret = **********\n"), "{}", masked.out);
    let revealed = dir.run("history show 2 --sources --reveal").succeeds().stderr_has("which are shown");
    assert!(revealed.out.contains("\nclient_secret = 'Zq7Xw9Kv'\n"), "{}", revealed.out);
    let json = dir.run("history show 2 --format json").succeeds().no_stderr().json();
    assert_eq!(json["resolved"]["auth"]["one"]["client_secret"], "[redacted]");
    assert_eq!(members(&json["files"][0]), ["fingerprint", "path"]);
    let json = dir.run("history show 1 --sources --format json").succeeds().json();
    assert_eq!(json["files"][0]["text"], json!(with(4, "")));
    dir.run("history show 1 --reveal").exits_2();
}

#[test]
fn two_generations_are_compared() {
    let dir = dir();
    let secret = |attempts, secret: &str| format!("{}{SECRET}client_secret = '{secret}'\n", retry(attempts));
    recorded(&dir, &[secret(4, "Zq7Xw9Kv"), secret(5, "Zq7Xw9Kv"), secret(5, "Yt5Rb3Nm")]);
    let diff = |arguments: &str| dir.run(&format!("history diff {arguments}")).succeeds().no_stderr().out;
    assert_eq!(
        diff("3 1"),
        "- auth.one.client_secret = \"[redacted]\"\n+ auth.one.client_secret = \"[redacted]\"\n\
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
fn the_history_is_found_though_the_configuration_is_broken() {
    let dir = TestDir::new().variable("SPECKIT_CONFIG", "c.toml");
    recorded(&dir, &[retry(4)]);
    let has_one = |arguments: &str| {
        let json = dir.run(&format!("history --format json {arguments}")).succeeds().no_stderr().json();
        json["generations"].as_array().unwrap().len() == 1
    };
    dir.write("c.toml", "[retry\n");
    assert!(has_one("--database h.db"));
    assert!(!has_one(""), "what cannot be parsed names no database");
    dir.write("c.toml", "[retry]\nmax_attempts = 'many'\n[store]\npath = 'h.db'\n");
    assert!(has_one(""), "what is merely wrong does");
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
fn what_was_secret_when_it_was_recorded_stays_so_under_another_schema() {
    let dir = dir();
    let secret = |word: &str| format!("{SECRET}client_secret = '{word}'\n");
    recorded(&dir, &[secret("canary-of-the-first"), secret("canary-of-the-second")]);
    let dir = dir.file("open.json", "{}");
    for command in ["history show 1 --sources", "history rollback 1 --dry-run"] {
        for format in ["text", "json"] {
            let answer = dir.run(&format!("{command} --schema open.json --format {format}")).succeeds();
            assert!(!answer.both().contains("canary"), "{command}: {}", answer.both());
        }
    }
}

#[test]
fn texts_that_are_no_longer_kept_are_overwritten() {
    let dir = dir();
    let texts: Vec<String> = (1..=6)
        .map(|number| format!("# canary-{number}\n[store]\nkeep_generations = 2\n{}", retry(number)))
        .collect();
    recorded(&dir, &texts);
    let mut bytes = std::fs::read(dir.path("h.db")).unwrap();
    bytes.extend(std::fs::read(dir.path("h.db-wal")).unwrap_or_default());
    let bytes = String::from_utf8_lossy(&bytes);
    assert!(bytes.contains("canary-6") && !bytes.contains("canary-2"), "of six two are kept");
}
