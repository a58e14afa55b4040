//! `migrate FILE` replaces `[[agents]]` by `[models]`.

use serde_json::json;

use crate::test_dir::{NO_MACHINE_CHECKS, TestDir, member_names};

const OLD: &str = r#"# my agents
[retry]   # kept
max_attempts = 4

[[agents]]
name = "Claude-Opus"   # the best
model = "claude-opus-4"
command = "claude"
"#;

#[test]
fn migrate_without_write_only_shows_a_diff() {
    let dir = TestDir::new().file("old.toml", OLD);
    let result = dir.run("migrate old.toml").succeeds();
    assert!(result.out.starts_with("--- old.toml\n+++ old.toml\n@@"), "{}", result.out);
    assert!(result.out.contains("\n-[[agents]]\n"), "{}", result.out);
    assert!(result.out.contains("\n+[models.claude_opus]\n"), "{}", result.out);
    result.stderr_has("speckit migrate old.toml --write");
    assert_eq!(dir.read("old.toml"), OLD);
    assert_eq!(dir.names(), ["old.toml"]);
}

#[test]
fn write_keeps_comments_and_a_backup() {
    let dir = TestDir::new().file("old.toml", OLD);
    let result = dir.run("migrate old.toml --write").succeeds();
    assert_eq!(result.out, "wrote old.toml, kept the old one as old.toml.bak\n");
    assert_eq!(dir.read("old.toml.bak"), OLD);
    let new = dir.read("old.toml");
    for kept in ["# my agents\n[retry]   # kept\nmax_attempts = 4\n", "# the best", "[models.claude_opus]"] {
        assert!(new.contains(kept), "no `{kept}` in\n{new}");
    }
    dir.run("check old.toml").succeeds().no_stderr();
    assert_eq!(dir.names(), ["old.toml", "old.toml.bak"], "no temporary file is left");
    let again = dir.run("migrate old.toml --write").succeeds().no_stderr();
    assert_eq!(again.out, "old.toml has nothing to migrate\n");
    assert_eq!(dir.read("old.toml"), new);
}

#[test]
fn an_old_file_gives_the_same_configuration_as_its_migration() {
    let old = TestDir::new().file("c.toml", OLD);
    let before = old.run("show --config c.toml").succeeds();
    old.run("migrate c.toml --write").succeeds();
    let after = old.run("show --config c.toml").succeeds().no_stderr();
    assert_eq!(before.out, after.out);
    before
        .stderr_has("warning[migrate/v1]")
        .stderr_has("c.toml:5:1")
        .stderr_has("speckit migrate c.toml --write");
}

#[test]
fn json_output_has_the_fields_needed_and_written() {
    let dir = TestDir::new().file("old.toml", OLD).file("new.toml", NO_MACHINE_CHECKS);
    let json = dir.run("migrate old.toml --format json").succeeds().json();
    assert_eq!(member_names(&json), ["diff", "needed", "written"]);
    assert_eq!((&json["needed"], &json["written"]), (&json!(true), &json!(false)));
    let json = dir.run("migrate old.toml --write --format json").succeeds().json();
    assert_eq!((&json["needed"], &json["written"]), (&json!(true), &json!(true)));
    let json = dir.run("migrate new.toml --write --format json").succeeds().no_stderr().json();
    assert_eq!(json, json!({"needed": false, "written": false, "diff": ""}));
    assert!(!dir.path("new.toml.bak").exists());
}

#[test]
fn a_backup_is_never_overwritten() {
    let dir = TestDir::new().file("old.toml", OLD).file("old.toml.bak", "precious");
    dir.run("migrate old.toml --write").exits_2().only_stderr("`old.toml.bak` exists already");
    assert_eq!((dir.read("old.toml").as_str(), dir.read("old.toml.bak").as_str()), (OLD, "precious"));
}

#[test]
fn a_file_that_cannot_be_migrated_exits_with_1_and_does_not_change() {
    let text = "[[agents]]\nname = \"x\"\nmodel = \"unheard-of\"\n\n[[agents]]\nname = \"y\"\n";
    let dir = TestDir::new().file("old.toml", text);
    dir.run("migrate old.toml --write").exits_1().only_stderr("migrate/provider").stderr_has("migrate/agent");
    let codes = dir.run("migrate old.toml --format json").exits_1().codes();
    assert_eq!(codes, ["migrate/provider", "migrate/agent"]);
    assert_eq!(dir.names(), ["old.toml"]);
    dir.write("old.toml", "[[agents]\n");
    dir.run("migrate old.toml").exits_1().only_stderr("parse/");
}

#[cfg(unix)]
#[test]
fn symbolic_links_and_permissions_are_kept() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = TestDir::new().file("dotfiles/real.toml", OLD);
    let real = dir.path("dotfiles/real.toml");
    std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::os::unix::fs::symlink("dotfiles/real.toml", dir.path("speckit.toml")).unwrap();
    dir.run("migrate speckit.toml --write").succeeds();
    assert!(dir.path("speckit.toml").is_symlink());
    assert!(dir.read("dotfiles/real.toml").contains("[models.claude_opus]"));
    for file in [real, dir.path("speckit.toml.bak")] {
        assert_eq!(
            std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o600,
            "{}",
            file.display()
        );
    }
}
