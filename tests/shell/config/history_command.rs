//! The command `history`.

use speckit::app::{AppConfig, ConfigLoader};
use speckit::{Config, Environment};

use crate::test_dir::TestDir;

mod list_and_show;
mod rollback;
#[cfg(unix)]
mod watching;

/// A table where somebody may write a secret.
const SECRET: &str = "[validation]\nstrict_schema = false\n[providers.openai]\n";

pub(super) fn retry_text(attempts: u8) -> String {
    format!("[retry]\nmax_attempts = {attempts}\n")
}

/// A folder whose program reads `c.toml` and records in `h.db`.
pub(super) fn dir() -> TestDir {
    TestDir::new().variable("SPECKIT_CONFIG", "c.toml").variable("SPECKIT_DATABASE", "h.db")
}

fn open_recorded(dir: &TestDir, path: &str) -> Config<AppConfig> {
    let database = dir.path("h.db");
    let environment = Environment::of([("SPECKIT_DATABASE", database.to_str().unwrap())]);
    ConfigLoader::new(dir.path(path)).environment(environment).recorded().open().unwrap()
}

/// Records each of these texts as a generation of `c.toml`.
pub(super) fn record_generations(dir: &TestDir, texts: &[String]) {
    let mut texts = texts.iter();
    dir.write("c.toml", texts.next().unwrap());
    let config = open_recorded(dir, "c.toml");
    for text in texts {
        dir.write("c.toml", text);
        config.reload().unwrap();
    }
}

/// The numbers and causes of the history.
fn read_causes(dir: &TestDir) -> Vec<String> {
    let json = dir.run("history --format json").succeeds().no_stderr().json();
    let all = json["generations"].as_array().unwrap().iter();
    all.map(|entry| {
        format!("{} {} {}", entry["number"], entry["cause"].as_str().unwrap(), entry["rolled_back_to"])
    })
    .collect()
}

/// Replaces the parts of a text that change in each run: times, hashes, and the folder.
fn replace_variable_parts(dir: &TestDir, text: &str) -> String {
    let mut stable_text = text.replace(dir.path("").to_str().unwrap(), "FOLDER/");
    for word in text.split_whitespace() {
        if word.len() == 32 && word.chars().all(|c| c.is_ascii_hexdigit()) {
            stable_text = stable_text.replace(word, "HASH");
        } else if word.len() == 20 && word.starts_with("20") && word.ends_with('Z') {
            stable_text = stable_text.replace(word, "TIME");
        }
    }
    stable_text
}

#[test]
fn the_messages_of_the_command_are_accepted() {
    let dir = dir();
    let mut all = String::new();
    let mut run_and_append = |arguments: &str| {
        let result = dir.run(&format!("history {arguments}"));
        let visible_lines: Vec<&str> = result.out.lines().filter(|line| !line.starts_with("    ")).collect();
        let out = visible_lines.iter().map(|line| format!("{line}\n")).collect::<String>();
        all += &replace_variable_parts(
            &dir,
            &format!("$ speckit history {arguments}\n{out}{}[{}]\n\n", result.err, result.code),
        );
    };
    run_and_append("");
    run_and_append("show 1");
    record_generations(&dir, &[retry_text(4), retry_text(5)]);
    dir.write("c.toml", "[store]\nhistory = 'metadata'\n");
    open_recorded(&dir, "c.toml");
    dir.write("c.toml", retry_text(0));
    run_and_append("");
    run_and_append("show 1 --sources");
    run_and_append("show 3 --sources");
    run_and_append("diff 1 2");
    run_and_append("diff 2 7");
    run_and_append("rollback 1 --dry-run");
    run_and_append("rollback 1 --set retry.multiplier=0.5");
    run_and_append("rollback 3");
    run_and_append("rollback 7");
    run_and_append("rollback 1 --config d");
    run_and_append("rollback 1");
    run_and_append("rollback 1");
    run_and_append("rollback 1 --schema none.json");
    dir.write("h.db", "no database");
    run_and_append("");
    speckit_tests::golden!("config/history", "the_command", all);
}
