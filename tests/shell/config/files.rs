//! Unusual files: missing, unreadable, empty, too large, or with a byte order mark and CRLF.

use crate::test_dir::TestDir;

#[test]
fn a_named_file_must_exist() {
    let dir = TestDir::new();
    let result = dir.run("check --config gone.toml --format json").exits_2();
    assert_eq!(
        (result.codes(), result.json()["ok"].as_bool()),
        (vec!["file/missing".to_owned()], Some(false))
    );
    for command in [
        "show",
        "show --format json",
        "explain retry",
        "resolve claude",
        "migrate gone.toml",
        "check gone.toml",
    ] {
        dir.run(&format!("{command} --config gone.toml")).exits_2().stderr_has("does not exist");
    }
}

#[test]
fn a_folder_cannot_be_checked_or_migrated_as_a_file() {
    let dir = TestDir::new().file("folder.toml/right.toml", "[retry]\nmax_attempts = 2\n");
    dir.run("check folder.toml")
        .exits_2()
        .only_stderr("`folder.toml` cannot be read")
        .stderr_has("name the files");
    let json = dir.run("check folder.toml --format json").exits_2().json();
    assert_eq!(json["files"][0]["diagnostics"][0]["code"], "file/unreadable");
    dir.run("migrate folder.toml").exits_2().only_stderr("cannot be read");
    dir.run("check --schema folder.toml").exits_2().only_stderr("cannot be read");
}

#[test]
fn invalid_utf8_is_reported_with_its_location() {
    let dir = TestDir::new().file("bad.toml", b"[retry]\nmax_attempts = 2 # caf\xe9\n");
    let result = dir.run("check --config bad.toml --format json").exits_1();
    assert_eq!(result.codes(), ["parse/not-utf8"]);
    let origin = &result.json()["diagnostics"][0]["origin"];
    assert_eq!((origin["line"].as_i64(), origin["column"].as_i64()), (Some(2), Some(23)));
    dir.run("check bad.toml").exits_1().only_stderr("bad.toml:2:23");
    dir.run("migrate bad.toml").exits_2().only_stderr("expected UTF-8");
}

#[test]
fn an_empty_file_gives_a_warning() {
    let dir = TestDir::new().file("empty.toml", "");
    dir.run("check empty.toml").succeeds().stderr_has("warning[file/empty]");
    dir.run("check --config empty.toml").succeeds().stderr_has("warning[file/empty]");
    dir.run("check empty.toml --strict").exits_1().only_stderr("error[file/empty]");
    dir.run("show --config empty.toml --strict").exits_1().only_stderr("error[file/empty]");
    dir.write("empty.toml", "# nothing yet\n");
    dir.run("check empty.toml --strict").succeeds().no_stderr();
}

#[test]
fn a_byte_order_mark_and_crlf_do_not_change_locations() {
    let dir =
        TestDir::new().file("dos.toml", "\u{feff}[retry]\r\nmax_attempts = \"x\"\r\njitter = \"none\"\r\n");
    let result = dir.run("check --config dos.toml --format json").exits_1();
    let origin = &result.json()["diagnostics"][0]["origin"];
    assert_eq!((origin["line"].as_i64(), origin["column"].as_i64()), (Some(2), Some(16)));
    assert!(!result.both().contains('\r'), "{result:?}");
    dir.write("dos.toml", "\u{feff}jitter = 1\r\n[retry]\r\n");
    let json = dir.run("check dos.toml --format json").exits_1().json();
    let origin = &json["files"][0]["diagnostics"][0]["origin"];
    assert_eq!((origin["line"].as_i64(), origin["column"].as_i64()), (Some(1), Some(1)));
    dir.write("mark.json", "\u{feff}{\"retry\": {\"max_attempts\": 9}}");
    assert_eq!(dir.run("show retry.max_attempts --config mark.json").succeeds().out, "9\n");
}

#[cfg(unix)]
#[test]
fn a_dangling_link_is_a_missing_file() {
    let dir = TestDir::new();
    std::os::unix::fs::symlink("gone", dir.path("link.toml")).unwrap();
    dir.run("check --config link.toml").exits_2().only_stderr("`link.toml` does not exist");
    dir.run("check link.toml").exits_2().only_stderr("`link.toml` does not exist");
    std::os::unix::fs::symlink("gone", dir.path("speckit.toml")).unwrap();
    dir.run("show").succeeds().no_stderr();
}

#[cfg(unix)]
#[test]
fn a_link_to_itself_cannot_be_read() {
    let dir = TestDir::new();
    std::os::unix::fs::symlink("loop.toml", dir.path("loop.toml")).unwrap();
    dir.run("check --config loop.toml").exits_2().only_stderr("cannot be read");
}

#[cfg(unix)]
#[test]
fn a_file_without_permission_cannot_be_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = TestDir::new().file("locked.toml", "");
    std::fs::set_permissions(dir.path("locked.toml"), std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::read(dir.path("locked.toml")).is_ok() {
        println!("skipped: this user (root?) may read every file");
        return;
    }
    dir.run("check --config locked.toml").exits_2().only_stderr("check its permissions");
    dir.run("check locked.toml").exits_2().only_stderr("check its permissions");
}

#[test]
fn a_huge_file_is_refused_before_it_is_parsed() {
    let dir = TestDir::new().file("huge.toml", vec![b'#'; speckit_core::config::source::MAX_BYTES + 1]);
    dir.run("check --config huge.toml").exits_2().only_stderr("file/too-large");
    dir.run("check huge.toml").exits_2().only_stderr("file/too-large");
    dir.run("migrate huge.toml").exits_2().only_stderr("file/too-large");
}

#[test]
fn a_syntax_error_exits_with_1_and_shows_a_caret() {
    let dir = TestDir::with_config("[retry]\nmax_attempts = \n");
    let result = dir.run("check --format json").exits_1();
    assert!(result.codes().iter().all(|code| code.starts_with("parse/")), "{:?}", result.codes());
    result.stderr_has("speckit.toml:2").stderr_has("^");
    dir.run("show").exits_1().only_stderr("error[parse/");
}

#[test]
fn very_deep_nesting_is_refused_without_a_crash() {
    let dir = TestDir::new().file("deep.json", "[".repeat(200_000)).file("any.json", "{}");
    dir.run("check deep.json --schema any.json").exits_1().only_stderr("error[parse/");
    dir.write("deep.toml", format!("a = {}", "[".repeat(200_000)));
    dir.run("check deep.toml --schema any.json").exits_1().only_stderr("error[parse/");
}
