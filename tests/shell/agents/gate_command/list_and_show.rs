//! `gate list` and `gate show`.

use rusqlite::Connection;
use serde_json::Value as Json;

use crate::agents::gate_command::{FAILING, RUN, SUCCEEDING, gate_dir, last_event};
use crate::test_dir::TestDir;

#[test]
fn list_and_show_do_not_create_a_database() {
    let dir = TestDir::new();
    let list = dir.run("gate list --database no.db").succeeds().no_stderr();
    assert!(
        list.out.starts_with("no run is recorded yet in `") && list.out.contains("no.db"),
        "{}",
        list.out
    );
    let json = dir.run("gate list --database no.db --format json").succeeds().json();
    assert_eq!(json["runs"], serde_json::json!([]));
    dir.run("gate show 7 --database no.db")
        .exits_2()
        .only_stderr("there is no run 7: none is recorded yet in");
    let json = dir.run("gate show 7 --database no.db --format json").exits_2();
    assert_eq!(json.codes(), ["gate/unknown"]);
    assert_eq!(dir.names(), [""; 0]);
}

#[test]
fn an_unreadable_configuration_gives_a_warning_about_the_database() {
    let dir = TestDir::new().file("broken.toml", "[store]\npath = 'runs.db'\n[nonsense\n");
    for arguments in ["--config broken.toml", "--config none.toml", "--set store.path=7 --config broken.toml"]
    {
        dir.run(&format!("gate list {arguments}")).succeeds().stderr_has("warning[store/unsure]");
    }
    dir.run("gate list --config broken.toml --database runs.db").succeeds().no_stderr();
}

#[test]
fn a_file_without_a_run_is_refused() {
    let dir = TestDir::new().file("other.json", r#"{"event": "started"}"#).file("text.txt", "hello");
    dir.run("gate show no.json").exits_2().only_stderr("`no.json` does not exist");
    dir.run("gate show other.json").exits_2().only_stderr("`other.json` contains no run: ");
    dir.run("gate show text.txt").exits_2().only_stderr("`text.txt` contains no run: ");
}

#[test]
fn another_database_is_refused() {
    let dir = TestDir::new().file("text.db", "not a database, but long enough to look like one\n".repeat(30));
    Connection::open(dir.path("foreign.db")).unwrap().execute_batch("CREATE TABLE theirs (x)").unwrap();
    for command in ["gate list", "gate show 1"] {
        dir.run(&format!("{command} --database text.db")).exits_2().only_stderr("is no SQLite database");
        dir.run(&format!("{command} --database foreign.db")).exits_2().only_stderr("of another program");
    }
}

#[test]
fn runs_are_listed_with_the_newest_last_and_can_be_filtered() {
    let dir = gate_dir(&[SUCCEEDING, SUCCEEDING, SUCCEEDING]);
    dir.run(RUN).succeeds();
    dir.write("b.sh", FAILING);
    dir.run(&RUN.replace("SPEC-1", "SPEC-2")).succeeds();
    dir.write("c.sh", FAILING);
    dir.run(RUN).exits_1();
    let runs = |options: &str| {
        let json =
            dir.run(&format!("gate list --database runs.db --format json {options}")).succeeds().json();
        let runs = json["runs"].as_array().unwrap().clone();
        runs.iter().map(|run| (run["run_id"].as_i64().unwrap(), run["verdict"].clone())).collect::<Vec<_>>()
    };
    let all = [(1, "full".into()), (2, "degraded".into()), (3, "insufficient".into())];
    assert_eq!(runs(""), all);
    assert_eq!(runs("--limit 2"), all[1..]);
    dir.run("gate list --database runs.db --limit 0").exits_2().only_stderr("'--limit <NUMBER>'");
    assert_eq!(runs("--spec SPEC-2"), all[1..2]);
    assert_eq!(runs("--stage plan --spec SPEC-1 --limit 1"), all[2..]);
    assert_eq!(runs("--stage audit"), []);
    let list = dir.run("gate list --database runs.db").succeeds().no_stderr().out;
    let at = |word: &str| list.find(word).unwrap_or_else(|| panic!("no {word} in {list}"));
    assert!(at("full") < at("degraded") && at("degraded") < at("insufficient"), "{list}");
    let none = dir.run("gate list --database runs.db --stage audit").succeeds().out;
    assert_eq!(none, "no recorded run matches\n");
    dir.run("gate show 7 --database runs.db")
        .exits_2()
        .only_stderr("there is no run 7: runs 1 to 3 are recorded");
}

#[test]
fn a_run_is_shown_with_the_output_of_its_agents() {
    let dir = gate_dir(&[SUCCEEDING, SUCCEEDING, FAILING]);
    dir.run(RUN).succeeds();
    let text = dir.run("gate show 1 --database runs.db").succeeds().no_stderr().out;
    assert!(text.starts_with("run 1, begun 2") && text.contains("runs.db`\nplan for"), "{text}");
    for text_part in ["fine", "on-stderr", "broken", "degraded", "SPEC-1"] {
        assert!(text.contains(text_part), "no `{text_part}` in\n{text}");
    }
    let result = dir.run("gate show 1 --database runs.db --format json").succeeds().no_stderr();
    let json = last_event(&result);
    assert_eq!(json["run_id"], 1);
    assert!(result.out.contains("fine\\n") && result.out.contains("broken\\n"), "{}", result.out);
    // `gate show` can read the document again.
    dir.write("run.json", &result.out);
    let saved = dir.run("gate show run.json").succeeds().no_stderr().out;
    assert!(saved.starts_with("run 1, begun 2") && saved.contains("in `run.json`\n"), "{saved}");
    let without_path = |text: &str| text.split_once('\n').unwrap().1.to_owned();
    assert_eq!(without_path(&saved), without_path(&text));
}

/// A folder with `count` recorded runs of one agent, for the specifications `SPEC-1`, `SPEC-2` and so on. The statement is
/// then executed in their database.
fn create_dir_with_runs(count: usize, statement: &str) -> TestDir {
    let dir = gate_dir(&[SUCCEEDING]);
    for number in 1..=count {
        dir.run(&RUN.replace("SPEC-1", &format!("SPEC-{number}"))).succeeds();
    }
    Connection::open(dir.path("runs.db")).unwrap().execute_batch(statement).unwrap();
    dir
}

#[test]
fn an_unreadable_run_is_reported_and_the_others_are_listed() {
    let dir = create_dir_with_runs(3, "UPDATE consensus_runs SET synthesis_json = '{' WHERE id = 2");
    let list = "gate list --database runs.db";
    let result = dir
        .run(list)
        .succeeds()
        .stderr_has("warning[gate/unreadable]")
        .stderr_has("run 2 cannot be read: EOF while");
    assert!(
        result.err.contains("a newer release") && result.err.contains("`speckit store check`"),
        "{}",
        result.err
    );
    assert!(result.out.contains("SPEC-1") && result.out.contains("SPEC-3"), "{}", result.out);
    let result = dir.run(&format!("{list} --format json")).succeeds();
    assert_eq!(result.codes(), ["gate/unreadable"]);
    let (json, numbers) = (result.json(), |json: &Json| json["run_id"].clone());
    assert_eq!(json["diagnostics"][0]["severity"], "warning");
    assert_eq!(json["runs"].as_array().unwrap().iter().map(numbers).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(
        dir.run(&format!("{list} --strict --format json")).exits_1().json()["diagnostics"][0]["severity"],
        "error"
    );
    // The unreadable run is one of the newest two, but it is not the newest one and not one of SPEC-3.
    dir.run(&format!("{list} --limit 2")).succeeds().stderr_has("run 2 cannot be read");
    for choice in ["--limit 1", "--spec SPEC-3"] {
        let result = dir.run(&format!("{list} {choice}")).succeeds().no_stderr();
        assert!(result.out.contains("SPEC-3") && !result.out.contains("SPEC-1"), "{}", result.out);
        assert!(dir.run(&format!("{list} {choice} --format json")).succeeds().no_stderr().codes().is_empty());
    }
}

#[test]
fn a_list_of_unreadable_runs_says_that_no_run_can_be_read() {
    let dir = create_dir_with_runs(2, "UPDATE consensus_runs SET synthesis_json = '{'");
    let result = dir
        .run("gate list --database runs.db")
        .succeeds()
        .stderr_has("run 1 cannot")
        .stderr_has("run 2 cannot");
    assert_eq!(result.out, "no matching run can be read\n");
    let none = dir.run("gate list --database runs.db --spec SPEC-7").succeeds().no_stderr().out;
    assert_eq!(none, "no recorded run matches\n");
    dir.run("gate show 7 --database runs.db")
        .exits_2()
        .only_stderr("there is no run 7: runs 1 to 2 are recorded");
}

#[test]
fn showing_an_unreadable_run_gives_the_reason() {
    let damage = "UPDATE consensus_runs SET synthesis_json = '{' WHERE id = 1; DELETE FROM agent_outputs WHERE run_id = 2";
    let dir = create_dir_with_runs(2, damage);
    for (number, why) in [(1, "EOF while"), (2, "the rows of `agent_outputs` are not those of its agents")] {
        let show = format!("gate show {number} --database runs.db");
        let message = format!("error[gate/unreadable]: run {number} cannot be read: {why}");
        dir.run(&show)
            .exits_2()
            .only_stderr(&message)
            .stderr_has("a newer release")
            .stderr_has("`speckit store check`");
        let result = dir.run(&format!("{show} --format json")).exits_2();
        assert_eq!(result.codes(), ["gate/unreadable"]);
        assert_eq!(result.json()["diagnostics"][0]["severity"], "error");
    }
}

#[test]
fn json_output_escapes_the_control_characters_of_agents() {
    let dir = gate_dir(&[r"printf '\302\233\063\061m \177 \033[2J\n'; printf '\302\205\n' >&2"]);
    for command in [&format!("{RUN} --format json"), "gate show 1 --database runs.db --format json"] {
        let result = dir.run(command).succeeds();
        assert!(!result.out.contains(|c: char| c != '\n' && c.is_control()), "{:?}", result.out);
        assert!(result.out.contains(r"\u009b31m \u007f \u001b[2J"), "{}", result.out);
    }
    let json = dir.run("gate show 1 --database runs.db --format json").succeeds().json();
    let agent = &json["agents"][0];
    assert_eq!(agent["stdout"], "\u{9b}31m \u{7f} \u{1b}[2J\n", "{json}");
    assert_eq!(agent["stderr"], "\u{85}\n");
}
