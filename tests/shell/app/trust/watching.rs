//! A trusted file that changes while a program watches it.

use super::{CLONED, with};
use crate::running_program::RunningProgram;

fn quick(text: &str) -> String {
    format!("hot_reload.debounce_ms = 500\n{text}")
}

#[test]
fn a_change_of_what_was_trusted_is_refused_until_it_is_trusted() {
    let dir = with(&quick(CLONED));
    dir.run("trust speckit.toml --yes").succeeds();
    let mut watch = RunningProgram::start(&dir, "watch --format json");
    assert_eq!(watch.next_json()["event"], "loaded");
    // An edit elsewhere is no matter of trust.
    dir.write("speckit.toml", quick(&format!("retry.max_attempts = 2\n{CLONED}")));
    assert_eq!(watch.next_json()["event"], "file_changed");
    watch.next_recorded_success();
    let changed = quick(&CLONED.replace("touch ran", "touch evil"));
    dir.write("speckit.toml", &changed);
    assert_eq!(watch.next_json()["event"], "file_changed");
    let failed = watch.next_json();
    assert_eq!((&failed["event"], &failed["generation"]), (&"reload_failed".into(), &2.into()), "{failed}");
    assert_eq!(failed["diagnostics"][0]["code"], "trust/changed");
    assert_eq!(failed["diagnostics"][0]["key"], "providers");
    // The new record is noticed without another edit.
    dir.run("trust speckit.toml --yes").succeeds();
    let success = watch.next_json();
    assert_eq!(
        (&success["event"], &success["generation"]),
        (&"reload_success".into(), &3.into()),
        "{success}"
    );
    watch.stop_with("TERM").succeeds();
}

#[test]
fn a_database_of_an_untrusted_file_is_not_opened() {
    let dir = with(&quick("[store]\npath = \"chosen.db\"\nhistory = \"no\"\n"));
    for arguments in
        ["watch --plain", "watch --plain --fallback defaults", "watch --plain --fallback last-good"]
    {
        dir.run(arguments).exits_2().stderr_has("trust/required");
        assert!(!dir.path("chosen.db").exists());
    }
}

#[test]
fn a_file_that_names_no_database_is_watched_without_trust() {
    let dir = with(&quick("[models.a]\nprovider = \"google\"\nmodel = \"a\"\ntier = \"low\"\n"));
    let mut watch = RunningProgram::start(&dir, "watch --format json");
    assert_eq!(watch.next_json()["event"], "loaded");
    dir.write("speckit.toml", quick("[store]\npath = \"chosen.db\"\n"));
    assert_eq!(watch.next_json()["event"], "file_changed");
    let failed = watch.next_json();
    assert_eq!(failed["diagnostics"][0]["code"], "trust/required", "{failed}");
    watch.stop_with("TERM").succeeds();
    assert!(!dir.path("chosen.db").exists());
}

#[test]
fn trust_that_is_taken_back_counts_at_the_next_reload() {
    let dir = with(&quick(CLONED));
    dir.run("trust speckit.toml --yes").succeeds();
    let mut watch = RunningProgram::start(&dir, "watch --format json");
    assert_eq!(watch.next_json()["event"], "loaded");
    dir.run("untrust speckit.toml").succeeds();
    let failed = watch.next_json();
    assert_eq!(failed["event"], "reload_failed", "{failed}");
    assert_eq!(failed["diagnostics"][0]["code"], "trust/required");
    watch.stop_with("TERM").succeeds();
}
