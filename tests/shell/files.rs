//! Files as they are found: absent, unreadable, empty, with marks and endings of other systems.

use crate::place::Place;

#[test]
fn a_file_that_is_named_must_be_there() {
    let place = Place::new();
    let answer = place.run("check --config gone.toml --format json").failed();
    assert_eq!(
        (answer.codes(), answer.json()["ok"].as_bool()),
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
        place.run(&format!("{command} --config gone.toml")).failed().says("does not exist");
    }
}

#[test]
fn a_folder_is_no_file_to_check_or_to_migrate() {
    let place = Place::new().file("folder.toml/right.toml", "[retry]\nmax_attempts = 2\n");
    place.run("check folder.toml").failed().only_says("`folder.toml` cannot be read").says("name the files");
    let json = place.run("check folder.toml --format json").failed().json();
    assert_eq!(json["files"][0]["diagnostics"][0]["code"], "file/unreadable");
    place.run("migrate folder.toml").failed().only_says("cannot be read");
    place.run("check --schema folder.toml").failed().only_says("cannot be read");
}

#[test]
fn bytes_that_are_no_utf8_are_pointed_at() {
    let place = Place::new().file("bad.toml", b"[retry]\nmax_attempts = 2 # caf\xe9\n");
    let answer = place.run("check --config bad.toml --format json").no();
    assert_eq!(answer.codes(), ["parse/not-utf8"]);
    let origin = &answer.json()["diagnostics"][0]["origin"];
    assert_eq!((origin["line"].as_i64(), origin["column"].as_i64()), (Some(2), Some(23)));
    place.run("check bad.toml").no().only_says("bad.toml:2:23");
    place.run("migrate bad.toml").failed().only_says("expected UTF-8");
}

#[test]
fn an_empty_file_is_a_warning() {
    let place = Place::new().file("empty.toml", "");
    place.run("check empty.toml").yes().says("warning[file/empty]");
    place.run("check --config empty.toml").yes().says("warning[file/empty]");
    place.run("check empty.toml --strict").no().only_says("error[file/empty]");
    place.run("show --config empty.toml --strict").no().only_says("error[file/empty]");
    place.write("empty.toml", "# nothing yet\n");
    place.run("check empty.toml --strict").yes().silent();
}

#[test]
fn a_byte_order_mark_and_crlf_change_no_place() {
    let place =
        Place::new().file("dos.toml", "\u{feff}[retry]\r\nmax_attempts = \"x\"\r\njitter = \"none\"\r\n");
    let answer = place.run("check --config dos.toml --format json").no();
    let origin = &answer.json()["diagnostics"][0]["origin"];
    assert_eq!((origin["line"].as_i64(), origin["column"].as_i64()), (Some(2), Some(16)));
    assert!(!answer.both().contains('\r'), "{answer:?}");
    place.write("dos.toml", "\u{feff}jitter = 1\r\n[retry]\r\n");
    let json = place.run("check dos.toml --format json").no().json();
    let origin = &json["files"][0]["diagnostics"][0]["origin"];
    assert_eq!((origin["line"].as_i64(), origin["column"].as_i64()), (Some(1), Some(1)));
    place.write("mark.json", "\u{feff}{\"retry\": {\"max_attempts\": 9}}");
    assert_eq!(place.run("show retry.max_attempts --config mark.json").yes().out, "9\n");
}

#[cfg(unix)]
#[test]
fn a_link_to_nothing_is_a_missing_file() {
    let place = Place::new();
    std::os::unix::fs::symlink("gone", place.path("link.toml")).unwrap();
    place.run("check --config link.toml").failed().only_says("`link.toml` does not exist");
    place.run("check link.toml").failed().only_says("`link.toml` does not exist");
    std::os::unix::fs::symlink("gone", place.path("speckit.toml")).unwrap();
    place.run("show").yes().silent();
}

#[cfg(unix)]
#[test]
fn a_link_to_itself_cannot_be_read() {
    let place = Place::new();
    std::os::unix::fs::symlink("loop.toml", place.path("loop.toml")).unwrap();
    place.run("check --config loop.toml").failed().only_says("cannot be read");
}

#[cfg(unix)]
#[test]
fn a_file_without_permission_cannot_be_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::new().file("locked.toml", "");
    std::fs::set_permissions(place.path("locked.toml"), std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::read(place.path("locked.toml")).is_ok() {
        println!("skipped: this user (root?) may read every file");
        return;
    }
    place.run("check --config locked.toml").failed().only_says("check its permissions");
    place.run("check locked.toml").failed().only_says("check its permissions");
}

#[test]
fn a_huge_file_is_refused_before_it_is_parsed() {
    let place = Place::new().file("huge.toml", vec![b'#'; speckit_core::config::source::MAX_BYTES + 1]);
    place.run("check --config huge.toml").failed().only_says("file/too-large");
    place.run("check huge.toml").failed().only_says("file/too-large");
    place.run("migrate huge.toml").failed().only_says("file/too-large");
}

#[test]
fn syntax_errors_are_a_no_with_a_caret() {
    let place = Place::with_config("[retry]\nmax_attempts = \n");
    let answer = place.run("check --format json").no();
    assert!(answer.codes().iter().all(|code| code.starts_with("parse/")), "{:?}", answer.codes());
    answer.says("speckit.toml:2").says("^");
    place.run("show").no().only_says("error[parse/");
}

#[test]
fn nesting_without_end_is_refused_and_not_a_crash() {
    let place = Place::new().file("deep.json", "[".repeat(200_000)).file("any.json", "{}");
    place.run("check deep.json --schema any.json").no().only_says("error[parse/");
    place.write("deep.toml", format!("a = {}", "[".repeat(200_000)));
    place.run("check deep.toml --schema any.json").no().only_says("error[parse/");
}
