//! `history`: what a person and a script see of it, and the way back.

use speckit::app::{AppConfig, ConfigLoader};
use speckit::{Config, Environment};

use crate::test_dir::TestDir;

mod list_and_show;
mod rollback;
#[cfg(unix)]
mod watching;

const SECRET: &str = "[auth.one]\nclient_id = 'a'\ndevice_authorization_url = 'https://a.example/d'\n\
                      token_url = 'https://a.example/t'\nstore = 'memory'\n";

fn retry(attempts: u8) -> String {
    format!("[retry]\nmax_attempts = {attempts}\n")
}

/// A folder whose program reads `c.toml` and records in `h.db`.
fn dir() -> TestDir {
    TestDir::new().variable("SPECKIT_CONFIG", "c.toml").variable("SPECKIT_DATABASE", "h.db")
}

fn open(dir: &TestDir, path: &str) -> Config<AppConfig> {
    let database = dir.path("h.db");
    let environment = Environment::of([("SPECKIT_DATABASE", database.to_str().unwrap())]);
    ConfigLoader::new(dir.path(path)).environment(environment).recorded().open().unwrap()
}

/// Records each of these texts as a generation of `c.toml`.
fn recorded(dir: &TestDir, texts: &[String]) {
    let mut texts = texts.iter();
    dir.write("c.toml", texts.next().unwrap());
    let shell = open(dir, "c.toml");
    for text in texts {
        dir.write("c.toml", text);
        shell.reload().unwrap();
    }
}

/// The numbers and causes of the history.
fn causes(dir: &TestDir) -> Vec<String> {
    let json = dir.run("history --format json").succeeds().no_stderr().json();
    let all = json["generations"].as_array().unwrap().iter();
    all.map(|one| format!("{} {} {}", one["number"], one["cause"].as_str().unwrap(), one["rolled_back_to"]))
        .collect()
}

/// A text without what is another in each run: times, hashes, and the folder.
fn stable(dir: &TestDir, text: &str) -> String {
    let mut stable = text.replace(dir.path("").to_str().unwrap(), "FOLDER/");
    for word in text.split_whitespace() {
        if word.len() == 32 && word.chars().all(|c| c.is_ascii_hexdigit()) {
            stable = stable.replace(word, "HASH");
        } else if word.len() == 20 && word.starts_with("20") && word.ends_with('Z') {
            stable = stable.replace(word, "TIME");
        }
    }
    stable
}

#[test]
fn every_message_of_the_command_is_an_accepted_one() {
    let dir = dir();
    let mut all = String::new();
    let mut say = |arguments: &str| {
        let answer = dir.run(&format!("history {arguments}"));
        let head: Vec<&str> = answer.out.lines().filter(|line| !line.starts_with("    ")).collect();
        let out = head.iter().map(|line| format!("{line}\n")).collect::<String>();
        all += &stable(
            &dir,
            &format!("$ speckit history {arguments}\n{out}{}[{}]\n\n", answer.err, answer.code),
        );
    };
    say("");
    say("show 1");
    recorded(&dir, &[retry(4), retry(5)]);
    dir.write("c.toml", "[store]\nhistory = 'metadata'\n");
    open(&dir, "c.toml");
    dir.write("c.toml", retry(0));
    say("");
    say("show 1 --sources");
    say("show 3 --sources");
    say("diff 1 2");
    say("diff 2 7");
    say("rollback 1 --dry-run");
    say("rollback 1 --set retry.multiplier=0.5");
    say("rollback 3");
    say("rollback 7");
    say("rollback 1 --config d");
    say("rollback 1");
    say("rollback 1");
    say("rollback 1 --schema none.json");
    dir.write("h.db", "no database");
    say("");
    speckit_tests::golden!("config/history", "the_command", all);
}
