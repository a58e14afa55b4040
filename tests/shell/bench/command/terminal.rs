//! Progress on a terminal, by util-linux's `script`, which gives the program one.

use std::process::Command;

use super::bench_dir;

#[test]
fn progress_is_shown_on_a_terminal_and_nowhere_else() {
    let dir = bench_dir();
    let program = dir.command(&[]).get_program().to_str().unwrap().to_owned();
    let line = format!("{program} bench run -n 8 -- sleep 0.15");
    let mut command = Command::new("script");
    command.args(["-qec", &line, "/dev/null"]).current_dir(dir.path(".")).env("HOME", dir.path("."));
    let shown = command.stdin(std::process::Stdio::null()).output().unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    let progress: Vec<&str> = shown.split('\r').filter(|line| line.contains(" of about 8 runs")).collect();
    assert!(progress.len() >= 4, "{shown:?}");
    let last = progress.last().unwrap();
    assert!(last.contains(" left; sleep 0.15: median 1"), "{last:?}");
    assert!(shown.contains("\r\u{1b}[K"), "the line is removed: {shown:?}");

    let piped = dir.run("bench run -n 8 -- sleep 0.05").succeeds();
    assert!(!piped.both().contains(" of about "), "{}", piped.both());
}
