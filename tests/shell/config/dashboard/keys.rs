//! Keys, pasted text and bytes that are neither.

use std::time::Duration;

use super::{SIZE, dashboard, wait_until_drawn, watch_dir};
use crate::pseudo_terminal::{PseudoTerminal, without_sequences};
use crate::test_dir::TestDir;

/// Waits until the screen has this text, in which there are no spaces: a frame skips them. It is all of the screen only if the
/// size has changed.
#[track_caller]
fn shows(terminal: &mut PseudoTerminal, wanted: &str) {
    for _ in 0..100 {
        for width in [79, 80] {
            terminal.forget();
            terminal.resize(width, 24);
            terminal.wait_until("a new frame", |terminal| {
                let shown = terminal.shown();
                shown.rsplit_once("\u{1b}[2J").is_some_and(|(_, frame)| frame.contains("\u{1b}[24;"))
            });
        }
        if without_sequences(&terminal.shown()).contains(wanted) {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("never: {wanted:?} in {:?}", terminal.shown());
}

#[test]
fn keys_reach_the_dashboard() {
    let dir = TestDir::new().file("app.schema.json", "{}").file("app.toml", "a = 1\nb = 2\nc = 3\n");
    let watch = "watch --schema app.schema.json --config app.toml";
    let mut terminal = PseudoTerminal::start(&dir, SIZE, watch);
    wait_until_drawn(&mut terminal);
    shows(&mut terminal, "1/3");
    terminal.press("\u{1b}[B");
    shows(&mut terminal, "2/3");
    terminal.press("\u{1b}OA");
    shows(&mut terminal, "1/3");
    terminal.press("/世");
    shows(&mut terminal, "/世_");
    terminal.press("界");
    shows(&mut terminal, "/世界_");
    terminal.press("\u{1b}");
    shows(&mut terminal, "1/3");
    terminal.press("?");
    shows(&mut terminal, "Ctrl-C");
    terminal.press("q");
    shows(&mut terminal, "1/3");
    terminal.press("q");
    assert_eq!(terminal.wait_for_exit().0, 0);
}

#[test]
fn pasted_text_is_no_key() {
    let dir = watch_dir();
    let mut terminal = dashboard(&dir);
    assert!(terminal.shown().contains("\u{1b}[?2004h"), "the terminal marks pasted text");
    terminal.press("\u{1b}[200~q\u{3}/rq\r\u{1b}[201~");
    terminal.press("?");
    shows(&mut terminal, "Ctrl-C");
    terminal.press("\u{3}");
    let (code, shown) = terminal.wait_for_exit();
    assert!(code == 0 && shown.contains("\u{1b}[?2004l"), "{shown:?}");
}

#[test]
fn any_bytes_leave_a_dashboard_that_ctrl_c_ends() {
    let dir = watch_dir();
    let mut terminal = dashboard(&dir);
    // Without the keys that quit or stop it.
    let bytes: Vec<u8> = (0..=u8::MAX).filter(|byte| ![3, 26, b'q'].contains(byte)).collect();
    for _ in 0..20 {
        terminal.press(&bytes);
        terminal.press("\u{1b}[999999999999999999;;;<=>?!\"#$%&'()*+,-./~\u{1b}[[[\u{1b}O");
    }
    terminal.press("\u{1b}\\\u{1b}[");
    std::thread::sleep(Duration::from_millis(300));
    terminal.press("\u{3}");
    assert_eq!(terminal.wait_for_exit().0, 0);
}
