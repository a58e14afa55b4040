//! Files that are no texts, that cannot be read, or that change while they are read.

use std::fs::{File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::{findings, folder};
use crate::policy::repository::not_utf8;

#[test]
fn a_file_that_is_no_text_or_too_large_is_counted() {
    let dir = folder()
        .file("nul.py", "print(1)\n\0")
        .file("late.py", [&vec![b' '; 8000][..], b"\nprint(1)\n\0"].concat());
    let sparse = File::create(dir.path("sparse.py")).unwrap();
    sparse.set_len(1 << 30).unwrap();
    dir.write("at_limit.py", [&vec![b' '; (10 << 20) - 10][..], b"\nprint(1)\n"].concat());
    dir.write("above_limit.py", [&vec![b' '; (10 << 20) - 9][..], b"\nprint(1)\n"].concat());
    let result = dir.run("policy check --format json").exits_1();
    assert_eq!(findings(&result), ["at_limit.py:2:1 no_print", "late.py:2:1 no_print"]);
    let skipped = &result.json()["summary"]["skipped"];
    assert_eq!(
        (&skipped["binary"], &skipped["too_large"], &skipped["unreadable"]),
        (&1.into(), &2.into(), &0.into())
    );
    let text = dir.run("policy check").exits_1();
    assert!(text.out.contains("skipped: 1 binary, 2 too large"), "{}", text.out);
}

#[test]
fn a_pipe_is_not_read() {
    let dir = folder().file("a.py", "print(1)\n");
    assert!(Command::new("mkfifo").arg(dir.path("pipe.py")).status().unwrap().success());
    let result = dir.run("policy check --format json").exits_1();
    assert_eq!(findings(&result), ["a.py:1:1 no_print"]);
    assert_eq!(result.json()["summary"]["skipped"]["unreadable"], 1);
    let named = dir.run("policy check --format json pipe.py").succeeds();
    assert_eq!(named.json()["summary"]["skipped"]["unreadable"], 1);
}

#[test]
fn a_file_without_permission_is_counted() {
    let dir = folder().file("a.py", "print(1)\n").file("closed.py", "print(1)\n");
    std::fs::set_permissions(dir.path("closed.py"), Permissions::from_mode(0o000)).unwrap();
    if File::open(dir.path("closed.py")).is_ok() {
        println!("skipped: this user may read every file");
        return;
    }
    let result = dir.run("policy check --format json").exits_1();
    assert_eq!(findings(&result), ["a.py:1:1 no_print"]);
    assert_eq!(result.json()["summary"]["skipped"]["unreadable"], 1);
}

#[test]
fn bytes_and_names_that_are_not_utf8_are_checked() {
    let dir = folder().file("latin.py", b"s = 'caf\xe9'; print(1)\n");
    std::fs::write(dir.path("").join(not_utf8()), b"\xff\xff print(1)\n").unwrap();
    let result = dir.run("policy check --format json").exits_1();
    assert_eq!(findings(&result), ["latin.py:1:13 no_print", "not-\u{fffd}\u{fffd}-utf8:1:4 no_print"]);
    for format in ["text", "sarif", "markdown", "html", "github"] {
        dir.run(&format!("policy check --format {format}")).exits_1();
    }
}

#[test]
fn a_file_that_is_replaced_and_removed_meanwhile_does_not_stop_the_check() {
    let dir = folder().file("a.py", "print(1)\n");
    for number in 0..50 {
        dir.write(&format!("src/{number}.py"), "x = 1\n".repeat(1000));
    }
    let is_done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_done.load(Ordering::Relaxed) {
                for number in 0..50 {
                    let path = dir.path(&format!("src/{number}.py"));
                    std::fs::write(dir.path("new.tmp"), "y = 2\n".repeat(number * 100)).unwrap();
                    std::fs::rename(dir.path("new.tmp"), &path).unwrap();
                    if number % 7 == 0 {
                        std::fs::remove_file(path).unwrap();
                    }
                }
            }
        });
        for _ in 0..5 {
            let result = dir.run("policy check --format json");
            // The flag is set before a failed assertion, so that the other thread ends.
            is_done.store(result.code != 1, Ordering::Relaxed);
            assert_eq!(findings(&result), ["a.py:1:1 no_print"]);
        }
        is_done.store(true, Ordering::Relaxed);
    });
}
