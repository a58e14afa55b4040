//! What a terminal shows of a login.

use speckit_tests::fakes::provider::{Decision, Provider};
use speckit_tests::golden;

use super::{comparable, dialect, dir_with, on_terminal, stored_files};
use crate::pseudo_terminal::{PseudoTerminal, send};

#[test]
fn the_time_left_is_redrawn_on_a_terminal_and_removed_at_the_end() {
    let provider = Provider::start(dialect());
    provider.decide_at_poll(2, Decision::Approve);
    let dir = dir_with(&provider);
    let (code, shown) = on_terminal(&dir, (100, 30), "auth login");
    assert_eq!(code, 0, "{shown}");
    assert!(
        shown.contains("\rwaiting until you confirm; 9 min 58 s left; Ctrl-C ends the login\u{1b}[K"),
        "{shown:?}"
    );
    assert!(shown.contains("9 min 59 s left"), "{shown:?}");
    let (_, end) = shown.rsplit_once("left; Ctrl-C").unwrap();
    assert!(end.contains("\r\u{1b}[K") && end.contains("logged in"), "{end:?}");
}

#[test]
fn a_qr_code_is_shown_only_if_asked_for_and_if_it_fits() {
    let provider = Provider::start(dialect());
    provider.decide_at_poll(1, Decision::Approve);
    let dir = dir_with(&provider);
    let (_, without) = on_terminal(&dir, (100, 40), "auth login");
    assert!(!without.contains('▀'), "{without}");
    let (code, shown) = on_terminal(&dir, (100, 40), "auth login --qr");
    assert_eq!(code, 0, "{shown}");
    let lines: Vec<&str> = shown.lines().filter(|line| line.contains("\u{1b}[38;5;16;48;5;231m")).collect();
    assert!((17..25).contains(&lines.len()), "{}: {shown}", lines.len());
    assert!(shown.contains("Code  "), "the code is shown too: {shown}");
    let (code, narrow) = on_terminal(&dir, (30, 40), "auth login --qr");
    assert!(code == 0 && !narrow.contains('▀'), "{narrow}");
    let note = narrow.lines().find(|line| line.starts_with("note: ")).unwrap();
    golden!("auth/program", "qr_on_a_narrow_terminal", comparable(note.trim_end(), &provider, &dir));
    let piped = dir.run("auth login --qr").succeeds();
    piped.stderr_has("note: there is no QR code: the standard error is not a terminal\n");
}

#[test]
fn no_color_leaves_the_picture_without_control_sequences() {
    let provider = Provider::start(dialect());
    provider.decide_at_poll(1, Decision::Approve);
    let dir = dir_with(&provider).variable("NO_COLOR", "1").variable("TERM", "dumb");
    let (code, shown) = on_terminal(&dir, (100, 40), "auth login --qr");
    assert!(code == 0 && shown.contains('▀') && !shown.contains('\u{1b}'), "{shown:?}");
    assert!(!shown.contains("left; Ctrl-C"), "a terminal that cannot overwrite a line: {shown}");
}

#[test]
fn a_terminal_that_is_closed_ends_the_login_and_stores_nothing() {
    let provider = Provider::start(dialect());
    let dir = dir_with(&provider);
    for (arguments, is_closed) in
        [("auth login", true), ("auth login --format json", true), ("auth login", false)]
    {
        let mut terminal = PseudoTerminal::start(&dir, (100, 30), arguments);
        terminal.wait_for("USER-0");
        if is_closed {
            terminal.close();
        } else {
            send("HUP", terminal.id());
        }
        assert_eq!(terminal.wait_for_exit().0, 2, "{arguments}");
        assert_eq!(stored_files(&dir), [""; 0]);
    }
}

#[test]
fn a_terminal_without_a_name_gets_no_line_that_is_redrawn() {
    let provider = Provider::start(dialect());
    provider.decide_at_poll(1, Decision::Approve);
    let dir = dir_with(&provider).variable("TERM", "");
    let (code, shown) = on_terminal(&dir, (100, 30), "auth login");
    assert!(code == 0 && shown.contains("logged in"), "{shown:?}");
    assert!(!shown.contains('\u{1b}') && !shown.contains("left; Ctrl-C"), "{shown:?}");
}
