//! `history rollback` restores all files of a generation, or none.

use serde_json::json;

use super::{dir, open_recorded, read_causes, record_generations, retry_text};
use crate::test_dir::{TestDir, member_names};

#[test]
fn a_rollback_shows_its_changes_and_restores_the_files() {
    let dir = dir();
    record_generations(&dir, &[retry_text(4), retry_text(5)]);
    dir.write("c.toml", "[retry]\nmax_attempts = many\n");
    dir.write("c.toml.bak", "an older one\n");
    let diff = "--- c.toml\n+++ c.toml\n@@ -1,2 +1,2 @@\n [retry]\n-max_attempts = ****\n+max_attempts = 4\n";
    let dry_run = dir.run("history rollback 1 --dry-run").succeeds().no_stderr();
    assert_eq!(dry_run.out, format!("{diff}nothing is written (--dry-run)\n"));
    assert_eq!(dir.read("c.toml"), "[retry]\nmax_attempts = many\n");
    assert_eq!(read_causes(&dir), ["1 opened null", "2 reloaded null"]);
    let result = dir.run("history rollback 1").succeeds().no_stderr();
    assert_eq!(
        result.out,
        format!(
            "{diff}wrote c.toml, kept the old one as c.toml.bak.1\n\
             rolled back to generation 1, which is now generation 3\n"
        )
    );
    assert_eq!(dir.read("c.toml"), retry_text(4));
    assert_eq!(dir.read("c.toml.bak"), "an older one\n");
    assert_eq!(dir.read("c.toml.bak.1"), "[retry]\nmax_attempts = many\n");
    assert_eq!(read_causes(&dir), ["1 opened null", "2 reloaded null", "3 rolled_back 1"]);
    let again = dir.run("history rollback 3").succeeds().no_stderr();
    assert_eq!(again.out, "the files are those of generation 3 already\n");
    let json = dir.run("history rollback 2 --format json").succeeds().no_stderr().json();
    assert_eq!(member_names(&json), ["files", "needed", "number", "rolled_back_to", "written"]);
    assert_eq!(
        (&json["rolled_back_to"], &json["written"], &json["number"]),
        (&json!(2), &json!(true), &json!(4))
    );
    let file = &json["files"][0];
    assert_eq!((&file["action"], &file["path"]), (&json!("replaced"), &json!(dir.path("c.toml"))));
    assert_eq!(file["backup"], json!(dir.path("c.toml.bak.2")));
}

#[test]
fn a_rollback_restores_all_files_of_a_folder() {
    let dir = TestDir::new().variable("SPECKIT_CONFIG", "d").variable("SPECKIT_DATABASE", "h.db");
    let dir = dir.file("d/1.toml", retry_text(4)).file("d/2.toml", "[store]\nkeep_generations = 9\n");
    drop(open_recorded(&dir, "d"));
    std::fs::remove_file(dir.path("d/2.toml")).unwrap();
    dir.write("d/3.toml", retry_text(6));
    let result = dir.run("history rollback 1").succeeds().no_stderr();
    assert_eq!(
        result.out,
        "--- (no file)\n+++ d/2.toml\n@@ -0,0 +1,2 @@\n+[store]\n+keep_generations = 9\n\
         --- d/3.toml\n+++ (no file)\n@@ -1,2 +0,0 @@\n-[retry]\n-max_attempts = 6\n\
         wrote d/2.toml, which was not there\n\
         moved d/3.toml to d/3.toml.bak, since that generation did not have it\n\
         rolled back to generation 1, which is now generation 2\n"
    );
    assert_eq!(
        (dir.read("d/2.toml").as_str(), dir.read("d/3.toml.bak")),
        ("[store]\nkeep_generations = 9\n", retry_text(6))
    );
    assert!(!dir.path("d/3.toml").exists());
    assert_eq!(dir.run("show retry.max_attempts").succeeds().out, "4\n");
}

#[test]
fn a_failed_rollback_changes_no_file() {
    let dir = TestDir::new().variable("SPECKIT_CONFIG", "d").variable("SPECKIT_DATABASE", "h.db");
    let dir = dir.file("d/1.toml", retry_text(4)).file("d/2.toml", "[store]\nkeep_generations = 9\n");
    drop(open_recorded(&dir, "d"));
    std::fs::remove_file(dir.path("d/2.toml")).unwrap();
    let dir = dir.file("d/2.toml/in-the-way", "").file("d/1.toml", retry_text(5));
    dir.run("history rollback 1")
        .exits_2()
        .stderr_has("error[history/unwritten]: `d/2.toml` cannot be written: ")
        .stderr_has("every file is as it was");
    assert_eq!(dir.read("d/1.toml"), retry_text(5));
    let names: Vec<_> =
        std::fs::read_dir(dir.path("d")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert_eq!(read_causes(&dir), ["1 opened null"]);
}

#[test]
fn a_generation_that_the_current_rules_refuse_is_not_restored() {
    let dir = dir();
    record_generations(&dir, &[retry_text(4), retry_text(5)]);
    let command = "history rollback 1 --set retry.multiplier=0.5";
    dir.run(command)
        .exits_1()
        .only_stderr("retry.multiplier: expected")
        .stderr_has("nothing is written: the present rules");
    assert_eq!(dir.run(&format!("{command} --format json")).exits_1().codes(), ["schema/minimum"]);
    assert_eq!(dir.read("c.toml"), retry_text(5));
    assert_eq!(dir.names(), ["c.toml", "h.db"]);
}

#[test]
fn a_generation_that_cannot_be_restored_is_reported_with_the_reason() {
    let dir = dir();
    record_generations(&dir, &["[store]\nhistory = 'metadata'\n".into(), retry_text(5)]);
    dir.run("history rollback 1").exits_2().only_stderr("generation 1 cannot be restored: no texts are kept");
    let shown = dir.run("history show 1 --sources").succeeds().stderr_has("no texts are kept of it");
    assert!(shown.out.contains("values     not recorded, nor file texts"), "{}", shown.out);
    dir.run("history rollback 7").exits_2().only_stderr("there is no generation 7: the history has 1 to 2");
    dir.run("history rollback 2 --config other.toml")
        .exits_2()
        .only_stderr("generation 2 was loaded from other files: c.toml")
        .stderr_has("--config c.toml");
    assert_eq!(dir.run("history diff 1 2").succeeds().out, "~ retry.max_attempts\n~ store.history\n");
    assert_eq!(dir.read("c.toml"), retry_text(5));
}
