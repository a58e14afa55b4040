//! `SPECKIT_TRUST`, for jobs that nobody watches.

use std::os::unix::fs::symlink;

use super::{GATE, cloned, text_of};

#[test]
fn a_named_file_or_folder_is_trusted_whatever_it_sets() {
    for named in ["speckit.toml", "."] {
        let dir = cloned();
        let paths = format!("/nowhere::{}", text_of(&dir.path(named)));
        let dir = dir.variable("SPECKIT_TRUST", &paths);
        dir.run(GATE).succeeds();
        dir.run("show store.path").succeeds().no_stderr();
    }
    let dir = cloned();
    symlink(dir.path("."), dir.path("alias")).unwrap();
    let alias = text_of(&dir.path("alias"));
    dir.variable("SPECKIT_TRUST", &alias).run(GATE).succeeds();
}

#[test]
fn another_path_and_a_relative_one_trust_nothing() {
    let dir = cloned();
    let above = text_of(dir.path(".").parent().unwrap().parent().unwrap());
    dir.variable("SPECKIT_TRUST", &above).run(GATE).exits_2();
    for relative in [".", "./speckit.toml", "speckit.toml"] {
        let refused = cloned().variable("SPECKIT_TRUST", relative).run(GATE).exits_2();
        let problem = format!("`SPECKIT_TRUST` names the relative path `{relative}`: write absolute paths");
        assert!(refused.err.contains(&problem), "{}", refused.err);
    }
    for nothing in ["", ":", "::"] {
        let refused = cloned().variable("SPECKIT_TRUST", nothing).run(GATE).exits_2();
        assert!(!refused.err.contains("SPECKIT_TRUST"), "{}", refused.err);
    }
}

#[test]
fn it_belongs_to_the_program_under_every_prefix() {
    let dir = cloned();
    let folder = text_of(&dir.path("."));
    let dir = dir.variable("SPECKIT_TRUST", &folder);
    dir.run("check --strict --set validation.check_commands=false --unset auth").succeeds().no_stderr();
    dir.run(&format!("{GATE} --env-prefix OTHER")).succeeds();
}

#[test]
fn what_it_names_stays_trusted_when_the_record_is_gone() {
    let dir = cloned();
    let folder = text_of(&dir.path("."));
    let dir = dir.variable("SPECKIT_TRUST", &folder);
    dir.run("trust speckit.toml --yes").succeeds();
    dir.run("untrust speckit.toml").succeeds().stderr_has("SPECKIT_TRUST names it");
    dir.run(GATE).succeeds();
}
