//! The input and the output of processes.

use speckit_core::Key;
use speckit_core::agents::OutputMode;
use speckit_core::agents::consensus::{AnswerScanner, OutputReader};
use speckit_core::config::redact::Masks;

use super::*;

#[test]
fn a_long_prompt_is_written_while_the_output_is_read() {
    run_isolated(|| {
        let prompt = "0123456789abcde\n".repeat(1 << 16);
        let mut job = with_prompt(agent(&["echo"]), &prompt);
        job.output_bytes = 4 << 20;
        let attempt = run(job);
        assert_eq!(attempt.ending, exited(0));
        assert!(stdout(&attempt) == prompt, "{} bytes came back", attempt.stdout.head().len());
    });
}

#[test]
fn an_unread_prompt_is_no_error() {
    run_isolated(|| {
        let prompt = "x".repeat(1 << 20);
        assert_eq!(run(with_prompt(sh("exit 0"), &prompt)).ending, exited(0));
        let attempt = run(with_prompt(sh("exec <&-; sleep 0.2; echo done"), &prompt));
        assert_eq!((attempt.ending.clone(), stdout(&attempt)), (exited(0), "done\n".to_owned()));
        let attempt = run(with_prompt(sh("head -c 3"), &prompt));
        assert_eq!((attempt.ending.clone(), stdout(&attempt)), (exited(0), "xxx".to_owned()));
    });
}

#[test]
fn the_input_is_empty_if_there_is_no_prompt() {
    run_isolated(|| {
        assert_eq!(stdout(&run(sh("cat; echo end"))), "end\n");
        assert_eq!(stdout(&run(with_prompt(sh("cat; echo end"), ""))), "end\n");
    });
}

#[test]
fn invalid_utf8_is_kept_as_bytes_and_reported_as_text() {
    run_isolated(|| {
        let recorded = RecordedLines::default();
        let attempt = run_and_record(sh(r"printf 'a\377b\n\303'"), &recorded);
        assert_eq!(attempt.stdout.head(), b"a\xffb\n\xc3");
        assert_eq!(recorded.lines(Stream::Stdout), ["a\u{fffd}b", "\u{fffd}"]);
    });
}

#[test]
fn an_answer_is_found_in_output_that_is_not_kept() {
    run_isolated(|| {
        let lines = |text: &str| format!("yes '{text}' | head -n 20000");
        let script = format!(
            "{}; printf '{{\"verdict\": \"o'; sleep 0.1; echo 'k\"}}'; {}",
            lines("a {b"),
            lines("c } d")
        );
        let mut job = sh(&script);
        let key = Key::of(["verdict"]);
        let scanner = AnswerScanner::new(key.clone(), [], Masks::default().into());
        job.reader = OutputReader::new(OutputMode::Text, None, None, Some(scanner));
        let attempt = run(job);
        assert!(!attempt.stdout.to_text().contains("verdict"));
        assert_eq!(attempt.reading.answer, Ok(Some("\"ok\"".into())));
        assert_eq!(run(sh(&script)).reading.answer, Ok(None), "without a scanner, no answer is searched");
    });
}

#[test]
fn a_process_that_closes_its_streams_is_awaited() {
    run_isolated(|| {
        let recorded = RecordedLines::default();
        let attempt = run_and_record(sh("printf early; exec >&- 2>&-; sleep 0.4; exit 6"), &recorded);
        assert_eq!(attempt.ending, exited(6));
        assert!(attempt.elapsed >= Duration::from_millis(400), "{attempt:?}");
        assert_eq!(recorded.lines(Stream::Stdout), ["early"]);
    });
}

#[test]
fn lines_are_reported_while_the_process_runs() {
    run_isolated(|| {
        let recorded = RecordedLines::default();
        let (order_sender, orders) = watch::channel(Order::Run);
        let running = ProcessManager::new().run(sh("echo here; sleep 60"), recorded.listener(), orders);
        let attempt = runtime().block_on(async {
            let running = tokio::spawn(running);
            assert_eq!(recorded.wait_for_lines(1).await, "here");
            order_sender.send(Order::Kill).unwrap();
            running.await.unwrap()
        });
        assert_eq!(attempt.ending, Ending::Cancelled);
    });
}
