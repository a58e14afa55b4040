//! What processes read and write.

use speckit_core::Key;
use speckit_core::agents::consensus::{AnswerScanner, NoAnswer};
use speckit_core::config::redact::Masks;

use super::*;

#[test]
fn a_long_prompt_is_echoed_while_it_is_written() {
    alone(|| {
        let prompt = "0123456789abcde\n".repeat(1 << 16);
        let mut job = with_prompt(agent(&["echo"]), &prompt);
        job.output_bytes = 4 << 20;
        let attempt = run(job);
        assert_eq!(attempt.ending, exited(0));
        assert!(stdout(&attempt) == prompt, "{} bytes came back", attempt.stdout.head().len());
    });
}

#[test]
fn a_prompt_that_nobody_reads_is_no_error() {
    alone(|| {
        let prompt = "x".repeat(1 << 20);
        assert_eq!(run(with_prompt(sh("exit 0"), &prompt)).ending, exited(0));
        let attempt = run(with_prompt(sh("exec <&-; sleep 0.2; echo done"), &prompt));
        assert_eq!((attempt.ending.clone(), stdout(&attempt)), (exited(0), "done\n".to_owned()));
        let attempt = run(with_prompt(sh("head -c 3"), &prompt));
        assert_eq!((attempt.ending.clone(), stdout(&attempt)), (exited(0), "xxx".to_owned()));
    });
}

#[test]
fn an_input_ends_where_there_is_no_prompt_or_an_empty_one() {
    alone(|| {
        assert_eq!(stdout(&run(sh("cat; echo end"))), "end\n");
        assert_eq!(stdout(&run(with_prompt(sh("cat; echo end"), ""))), "end\n");
    });
}

#[test]
fn bytes_that_are_no_text_are_kept_as_they_are_and_told_as_text() {
    alone(|| {
        let heard = Heard::default();
        let attempt = run_hearing(sh(r"printf 'a\377b\n\303'"), &heard);
        assert_eq!(attempt.stdout.head(), b"a\xffb\n\xc3");
        assert_eq!(heard.of(Stream::Stdout), ["a\u{fffd}b", "\u{fffd}"]);
    });
}

#[test]
fn an_answer_is_found_where_nothing_of_it_is_kept() {
    alone(|| {
        let lines = |text: &str| format!("yes '{text}' | head -n 20000");
        let script = format!(
            "{}; printf '{{\"verdict\": \"o'; sleep 0.1; echo 'k\"}}'; {}",
            lines("a {b"),
            lines("c } d")
        );
        let mut job = sh(&script);
        let key = Key::of(["verdict"]);
        job.scanner = Some(AnswerScanner::new(key.clone(), [], Masks::default().into()));
        let attempt = run(job);
        assert!(!attempt.stdout.to_text().contains("verdict"));
        assert_eq!(attempt.answer.as_deref(), Ok("\"ok\""));
        assert_eq!(run(sh(&script)).answer, Err(NoAnswer::NoObject), "nobody looks for one");
    });
}

#[test]
fn one_that_closes_its_streams_and_goes_on_is_waited_for() {
    alone(|| {
        let heard = Heard::default();
        let attempt = run_hearing(sh("printf early; exec >&- 2>&-; sleep 0.4; exit 6"), &heard);
        assert_eq!(attempt.ending, exited(6));
        assert!(attempt.elapsed >= Duration::from_millis(400), "{attempt:?}");
        assert_eq!(heard.of(Stream::Stdout), ["early"]);
    });
}

#[test]
fn lines_are_told_while_the_process_runs() {
    alone(|| {
        let heard = Heard::default();
        let (orders, ordered) = watch::channel(Order::Run);
        let running = ProcessManager::new().run(sh("echo here; sleep 60"), heard.hear(), ordered);
        let attempt = runtime().block_on(async {
            let running = tokio::spawn(running);
            assert_eq!(heard.first_of(1).await, "here");
            orders.send(Order::Kill).unwrap();
            running.await.unwrap()
        });
        assert_eq!(attempt.ending, Ending::Cancelled);
    });
}
