//! `history`: what a person and a script see of it, and the way back.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::json;
use speckit_shell::source::Environment;
use speckit_shell::{AppConfig, ConfigLoader, Shell};

use crate::place::{Place, members};

const SECRET: &str = "[auth.one]\nclient_id = 'a'\ndevice_authorization_url = 'https://a.example/d'\n\
                      token_url = 'https://a.example/t'\nstore = 'memory'\n";

fn retry(attempts: u8) -> String {
    format!("[retry]\nmax_attempts = {attempts}\n")
}

/// A folder whose program reads `c.toml` and records in `h.db`.
fn place() -> Place {
    Place::new().variable("SPECKIT_CONFIG", "c.toml").variable("SPECKIT_DATABASE", "h.db")
}

fn open(place: &Place, path: &str) -> Shell<AppConfig> {
    let database = place.path("h.db");
    let environment = Environment::of([("SPECKIT_DATABASE", database.to_str().unwrap())]);
    ConfigLoader::new(place.path(path)).environment(environment).recorded().open().unwrap()
}

/// Records each of these texts as a generation of `c.toml`.
fn recorded(place: &Place, texts: &[String]) {
    let mut texts = texts.iter();
    place.write("c.toml", texts.next().unwrap());
    let shell = open(place, "c.toml");
    for text in texts {
        place.write("c.toml", text);
        shell.reload().unwrap();
    }
}

/// The numbers and causes of the history.
fn causes(place: &Place) -> Vec<String> {
    let json = place.run("history --format json").yes().silent().json();
    let all = json["generations"].as_array().unwrap().iter();
    all.map(|one| format!("{} {} {}", one["number"], one["cause"].as_str().unwrap(), one["rolled_back_to"]))
        .collect()
}

#[test]
fn where_nothing_is_recorded_the_list_is_empty_and_nothing_is_made() {
    let place = Place::new();
    let answer = place.run("history").yes().silent();
    assert_eq!(answer.out, "nothing is recorded yet in .code/speckit.db: `speckit watch` records\n");
    let json = place.run("history --format json").yes().silent().json();
    assert_eq!(members(&json), ["database", "generations", "refusals"]);
    assert_eq!((&json["generations"], &json["refusals"]), (&json!([]), &json!([])));
    place
        .run("history show 1")
        .failed()
        .only_says("there is no generation 1: nothing is recorded yet in `.code/speckit.db`");
    place.run("history rollback 1").failed();
    place.run("history diff 1 2").failed();
    assert_eq!(place.names(), [""; 0]);
}

#[test]
fn commands_that_look_once_record_nothing() {
    let place = Place::with_config(&retry(4));
    for command in ["check", "show", "explain retry.max_attempts", "env", "resolve claude", "watch --help"] {
        place.run(command);
        place.run(&format!("{command} --database other.db"));
    }
    assert_eq!(place.names(), ["speckit.toml"]);
}

#[test]
fn generations_and_refusals_are_listed_in_the_order_of_their_times() {
    let place = place();
    recorded(&place, &[retry(4), retry(5)]);
    let shell = open(&place, "c.toml");
    place.write("c.toml", retry(0));
    assert!(shell.reload().is_err());
    place.write(
        "c.toml",
        "[retry]\nmax_attempts = 6\ninitial_backoff_ms = 7\nmultiplier = 3.0\ndeadline_ms = 9\n",
    );
    shell.reload().unwrap();
    let answer = place.run("history").yes().silent();
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
    let json = place.run("history --format json").yes().silent().json();
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
    assert_eq!(generation["files"][0]["path"], json!(place.path("c.toml")));
    let refusal = &json["refusals"][0];
    assert_eq!(members(refusal), ["diagnostics", "files", "generation", "time", "time_ms"]);
    assert_eq!(refusal["diagnostics"][0]["code"], "schema/minimum");
}

#[test]
fn one_generation_is_shown_with_its_values_and_its_texts_where_they_are_asked_for() {
    let place = place();
    let with = |attempts, rest: &str| format!("{}{SECRET}{rest}", retry(attempts));
    recorded(&place, &[with(4, ""), with(5, "client_secret = 'Zq7Xw9Kv'\n")]);
    let answer = place.run("history show 2").yes().silent();
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
    let masked =
        place.run("history show 2 --sources").yes().says("the texts may hold secrets; those that the");
    assert!(masked.out.contains("\n==> c.toml <==\n[retry]\nmax_attempts = 5\n"), "{}", masked.out);
    assert!(masked.out.contains("\nclient_secret = **********\n"), "{}", masked.out);
    let revealed = place.run("history show 2 --sources --reveal").yes().says("which are shown");
    assert!(revealed.out.contains("\nclient_secret = 'Zq7Xw9Kv'\n"), "{}", revealed.out);
    let json = place.run("history show 2 --format json").yes().silent().json();
    assert_eq!(json["resolved"]["auth"]["one"]["client_secret"], "[redacted]");
    assert_eq!(members(&json["files"][0]), ["fingerprint", "path"]);
    let json = place.run("history show 1 --sources --format json").yes().json();
    assert_eq!(json["files"][0]["text"], json!(with(4, "")));
    place.run("history show 1 --reveal").failed();
}

#[test]
fn two_generations_are_compared() {
    let place = place();
    let secret = |attempts, secret: &str| format!("{}{SECRET}client_secret = '{secret}'\n", retry(attempts));
    recorded(&place, &[secret(4, "Zq7Xw9Kv"), secret(5, "Zq7Xw9Kv"), secret(5, "Yt5Rb3Nm")]);
    let diff = |arguments: &str| place.run(&format!("history diff {arguments}")).yes().silent().out;
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
    place.run("history diff 1 9").failed().only_says("there is no generation 9: the history has 1 to 3");
    place.run("history diff 9 1").failed().only_says("there is no generation 9: the history has 1 to 3");
}

#[test]
fn the_history_is_found_though_the_configuration_is_broken() {
    let place = Place::new().variable("SPECKIT_CONFIG", "c.toml");
    recorded(&place, &[retry(4)]);
    let has_one = |arguments: &str| {
        let json = place.run(&format!("history --format json {arguments}")).yes().silent().json();
        json["generations"].as_array().unwrap().len() == 1
    };
    place.write("c.toml", "[retry\n");
    assert!(has_one("--database h.db"));
    assert!(!has_one(""), "what cannot be parsed names no database");
    place.write("c.toml", "[retry]\nmax_attempts = 'many'\n[store]\npath = 'h.db'\n");
    assert!(has_one(""), "what is merely wrong does");
    place.write("c.toml", "[store]\npath = 7\n");
    assert!(!has_one(""));
    assert!(has_one("--set store.path=h.db"));
    place.write("c.toml", "[store]\npath = '~/h.db'\n");
    assert!(has_one(""));
    assert!(has_one("--schema no-such-file.json --database h.db"));
    place.write("h.db", "no database");
    place.run("history").failed().only_says("h.db` is no SQLite database");
}

#[test]
fn a_rollback_shows_what_it_does_and_restores_the_files() {
    let place = place();
    recorded(&place, &[retry(4), retry(5)]);
    place.write("c.toml", "[retry]\nmax_attempts = many\n");
    place.write("c.toml.bak", "an older one\n");
    let diff = "--- c.toml\n+++ c.toml\n@@ -1,2 +1,2 @@\n [retry]\n-max_attempts = ****\n+max_attempts = 4\n";
    let dry = place.run("history rollback 1 --dry-run").yes().silent();
    assert_eq!(dry.out, format!("{diff}nothing is written (--dry-run)\n"));
    assert_eq!(place.read("c.toml"), "[retry]\nmax_attempts = many\n");
    assert_eq!(causes(&place), ["1 opened null", "2 reloaded null"]);
    let answer = place.run("history rollback 1").yes().silent();
    assert_eq!(
        answer.out,
        format!(
            "{diff}wrote c.toml, kept the old one as c.toml.bak.1\n\
             rolled back to generation 1, which is now generation 3\n"
        )
    );
    assert_eq!(place.read("c.toml"), retry(4));
    assert_eq!(place.read("c.toml.bak"), "an older one\n");
    assert_eq!(place.read("c.toml.bak.1"), "[retry]\nmax_attempts = many\n");
    assert_eq!(causes(&place), ["1 opened null", "2 reloaded null", "3 rolled_back 1"]);
    let again = place.run("history rollback 3").yes().silent();
    assert_eq!(again.out, "the files are those of generation 3 already\n");
    let json = place.run("history rollback 2 --format json").yes().silent().json();
    assert_eq!(members(&json), ["files", "needed", "number", "rolled_back_to", "written"]);
    assert_eq!(
        (&json["rolled_back_to"], &json["written"], &json["number"]),
        (&json!(2), &json!(true), &json!(4))
    );
    let file = &json["files"][0];
    assert_eq!((&file["action"], &file["path"]), (&json!("replaced"), &json!(place.path("c.toml"))));
    assert_eq!(file["backup"], json!(place.path("c.toml.bak.2")));
}

#[test]
fn a_rollback_restores_all_files_of_a_folder() {
    let place = Place::new().variable("SPECKIT_CONFIG", "d").variable("SPECKIT_DATABASE", "h.db");
    let place = place.file("d/1.toml", retry(4)).file("d/2.toml", "[store]\nkeep_generations = 9\n");
    drop(open(&place, "d"));
    std::fs::remove_file(place.path("d/2.toml")).unwrap();
    place.write("d/3.toml", retry(6));
    let answer = place.run("history rollback 1").yes().silent();
    assert_eq!(
        answer.out,
        "--- (no file)\n+++ d/2.toml\n@@ -0,0 +1,2 @@\n+[store]\n+keep_generations = 9\n\
         --- d/3.toml\n+++ (no file)\n@@ -1,2 +0,0 @@\n-[retry]\n-max_attempts = 6\n\
         wrote d/2.toml, which was not there\n\
         moved d/3.toml to d/3.toml.bak, since that generation did not have it\n\
         rolled back to generation 1, which is now generation 2\n"
    );
    assert_eq!(
        (place.read("d/2.toml").as_str(), place.read("d/3.toml.bak")),
        ("[store]\nkeep_generations = 9\n", retry(6))
    );
    assert!(!place.path("d/3.toml").exists());
    assert_eq!(place.run("show retry.max_attempts").yes().out, "4\n");
}

#[test]
fn a_rollback_that_fails_half_way_leaves_every_file_as_it_was() {
    let place = Place::new().variable("SPECKIT_CONFIG", "d").variable("SPECKIT_DATABASE", "h.db");
    let place = place.file("d/1.toml", retry(4)).file("d/2.toml", "[store]\nkeep_generations = 9\n");
    drop(open(&place, "d"));
    std::fs::remove_file(place.path("d/2.toml")).unwrap();
    let place = place.file("d/2.toml/in-the-way", "").file("d/1.toml", retry(5));
    place
        .run("history rollback 1")
        .failed()
        .says("error[history/unwritten]: `d/2.toml` cannot be written: ")
        .says("every file is as it was");
    assert_eq!(place.read("d/1.toml"), retry(5));
    let names: Vec<_> =
        std::fs::read_dir(place.path("d")).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert_eq!(causes(&place), ["1 opened null"]);
}

#[test]
fn what_the_present_rules_refuse_is_not_restored() {
    let place = place();
    recorded(&place, &[retry(4), retry(5)]);
    let over = "history rollback 1 --set retry.multiplier=0.5";
    place
        .run(over)
        .no()
        .only_says("retry.multiplier: expected")
        .says("nothing is written: the present rules");
    assert_eq!(place.run(&format!("{over} --format json")).no().codes(), ["schema/minimum"]);
    assert_eq!(place.read("c.toml"), retry(5));
    assert_eq!(place.names(), ["c.toml", "h.db"]);
}

#[test]
fn what_cannot_be_restored_is_said_with_its_reason() {
    let place = place();
    recorded(&place, &["[store]\nhistory = 'metadata'\n".into(), retry(5)]);
    place.run("history rollback 1").failed().only_says("generation 1 cannot be restored: no texts are kept");
    let shown = place.run("history show 1 --sources").yes().says("no texts are kept of it");
    assert!(shown.out.contains("values     not kept, and no texts"), "{}", shown.out);
    place.run("history rollback 7").failed().only_says("there is no generation 7: the history has 1 to 2");
    place
        .run("history rollback 2 --config other.toml")
        .failed()
        .only_says("generation 2 is one of other files: c.toml")
        .says("--config c.toml");
    assert_eq!(place.run("history diff 1 2").yes().out, "~ retry.max_attempts\n~ store.history\n");
    assert_eq!(place.read("c.toml"), retry(5));
}

/// A run of `watch`, with its lines as they come.
#[cfg(unix)]
struct Watch {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

#[cfg(unix)]
impl Watch {
    fn start(place: &Place, arguments: &str) -> Self {
        let arguments: Vec<&str> =
            ["watch", "--plain"].into_iter().chain(arguments.split_whitespace()).collect();
        let mut child =
            place.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    #[track_caller]
    fn line(&mut self) -> String {
        self.lines.next().expect("the program goes on").unwrap()
    }

    /// What it wrote beside its lines, after a signal.
    fn ended(mut self) -> String {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", "TERM", &id]).status().unwrap().success());
        let mut err = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        assert_eq!(self.child.wait().unwrap().code(), Some(0), "{err}");
        err
    }
}

#[cfg(unix)]
#[test]
fn a_running_watch_records_and_takes_a_rollback_up_by_itself() {
    let quiet = |attempts| format!("[hot_reload]\ndebounce_ms = 500\n{}", retry(attempts));
    let place = Place::with_config(&quiet(4));
    let mut watch = Watch::start(&place, "");
    assert_eq!(watch.line(), "loaded generation 1, watched");
    place.write("speckit.toml", quiet(5));
    assert_eq!(watch.line(), "changed speckit.toml");
    assert!(watch.line().starts_with("generation 2 is in force"));
    let _ = (watch.line(), watch.line());
    place.run("history rollback 1").yes();
    assert_eq!(watch.line(), "changed speckit.toml");
    assert!(watch.line().starts_with("generation 3 is in force"));
    assert_eq!(
        (watch.line().as_str(), watch.line().as_str()),
        ("  - retry.max_attempts = 5", "  + retry.max_attempts = 4")
    );
    assert_eq!(watch.ended(), "");
    assert_eq!(causes(&place), ["1 opened null", "2 reloaded null", "3 rolled_back 1"]);
    assert_eq!(place.names(), [".code", "speckit.toml", "speckit.toml.bak"]);
    assert_eq!(place.read("speckit.toml"), quiet(4));
}

#[cfg(unix)]
#[test]
fn watch_starts_with_the_last_good_generation_where_it_is_asked_to() {
    let place = place();
    recorded(&place, &[retry(4)]);
    place.write("c.toml", retry(0));
    place.run("watch --plain").no();
    let mut watch = Watch::start(&place, "--fallback last-good");
    assert_eq!(watch.line(), "loaded generation 1, watched");
    assert_eq!(watch.line(), "refused with 1 error, generation 1 stands in");
    place.write("c.toml", retry(6));
    assert_eq!(watch.line(), "changed c.toml");
    assert!(watch.line().starts_with("generation 2 is in force"));
    let err = watch.ended();
    assert!(
        err.contains("warning[history/last-good]: the files are refused: generation 1 of the history, of 20"),
        "{err}"
    );
    assert_eq!(causes(&place), ["1 opened null", "2 reloaded null"]);

    std::fs::remove_file(place.path("h.db")).unwrap();
    place.write("c.toml", retry(0));
    place.run("watch --plain --fallback last-good").no().says("nothing is recorded yet in `");
}

#[cfg(unix)]
#[test]
fn another_schema_records_in_the_default_file_or_the_one_that_is_named() {
    let place = Place::new().file("s.json", r#"{ "properties": { "store": { "type": "object" } } }"#);
    let place = place.file("app.toml", "[store]\npath = 'elsewhere.db'\nhistory = 'off'\n");
    for (arguments, expected) in [("", ".code"), ("--database named.db", "named.db")] {
        let mut watch = Watch::start(&place, &format!("--schema s.json --config app.toml {arguments}"));
        assert_eq!(watch.line(), "loaded generation 1, watched");
        assert_eq!(watch.ended(), "");
        assert!(place.names().contains(&expected.to_owned()), "{:?}", place.names());
        let history = format!("history --format json --schema s.json {arguments}");
        assert_eq!(place.run(&history).yes().json()["generations"].as_array().unwrap().len(), 1);
    }
    assert!(!place.path("elsewhere.db").exists());
}

#[cfg(unix)]
#[test]
fn watch_says_that_nothing_can_be_recorded_and_goes_on() {
    let place = place().file("c.toml", retry(4)).file("h.db", "no database");
    let mut watch = Watch::start(&place, "");
    assert_eq!(watch.line(), "loaded generation 1, watched");
    let err = watch.ended();
    assert!(
        err.contains("warning[history/unavailable]") && err.contains("h.db` is no SQLite database"),
        "{err}"
    );
}

/// A text without what is another in each run: times, hashes, and the folder.
fn stable(place: &Place, text: &str) -> String {
    let mut stable = text.replace(place.path("").to_str().unwrap(), "FOLDER/");
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
    let place = place();
    let mut all = String::new();
    let mut say = |arguments: &str| {
        let answer = place.run(&format!("history {arguments}"));
        let head: Vec<&str> = answer.out.lines().filter(|line| !line.starts_with("    ")).collect();
        let out = head.iter().map(|line| format!("{line}\n")).collect::<String>();
        all += &stable(
            &place,
            &format!("$ speckit history {arguments}\n{out}{}[{}]\n\n", answer.err, answer.code),
        );
    };
    say("");
    say("show 1");
    recorded(&place, &[retry(4), retry(5)]);
    place.write("c.toml", "[store]\nhistory = 'metadata'\n");
    open(&place, "c.toml");
    place.write("c.toml", retry(0));
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
    place.write("h.db", "no database");
    say("");
    speckit_tests::golden!("history", "the_command", all);
}
