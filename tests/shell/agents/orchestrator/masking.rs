//! Secrets in the output of agents.

use speckit_core::config::redact::Masks;
use speckit_core::config::source::{Language, parse};
use speckit_core::{Key, LayerKind, Source, Value};

use super::*;

const SECRET: &str = "sk-hunter2-hunter2";

fn masks() -> Masks {
    let text = format!("key = '{SECRET}'\n");
    let layer = parse(&Source::document(LayerKind::File, "a.toml", text.as_str()), Language::Toml).unwrap();
    Masks::of([&layer], &|key: &Key, _: &Value| key.last_name() == Some("key"))
}

/// Runs a gate of one agent, and returns its events and its run.
async fn run_script(script: &str, output_bytes: usize) -> (Vec<String>, Run) {
    run_plan(Plan { output_bytes, ..plan([agent("a", &[script])]) }).await
}

async fn run_plan(plan: Plan) -> (Vec<String>, Run) {
    let (orchestrator, _) = orchestrator(1);
    let gate = orchestrator.masking(masks()).begin(plan);
    let events = gate.events();
    let run = gate.finish().await;
    let mut all_text = format!("{run:?}");
    let events = events.map(|event| {
        all_text.push_str(&format!("{event:?}"));
        summarize(&event)
    });
    let events = events.collect();
    assert!(!all_text.contains("hunter"), "{all_text}");
    (events, run)
}

#[tokio::test(start_paused = true)]
async fn a_secret_is_masked_in_events_and_in_the_kept_output() {
    let script = format!("stdout my key is {SECRET}!; stderr {SECRET}; exit 1");
    let (events, run) = run_script(&script, 65_536).await;
    assert_eq!(events[2..4], ["a: my key is [redacted]!", "a: [redacted]"]);
    assert_eq!(run.agents[0].output.stdout, "my key is [redacted]!\n");
    assert_eq!(run.agents[0].output.stderr, "[redacted]");
}

#[tokio::test(start_paused = true)]
async fn a_secret_across_both_halves_of_the_kept_output_is_masked() {
    // The output keeps two halves of ten bytes each. The secret fills parts of both, without a gap.
    let (_, run) = run_script(&format!("stdout {SECRET}"), 20).await;
    assert_eq!(run.agents[0].output.stdout, "[redacted]\n");
    // The first half ends within one copy of the secret, and the second half begins within the other.
    let (_, run) = run_script(&format!("stdout abc{SECRET}{}{SECRET}", "-".repeat(100)), 40).await;
    assert_eq!(run.agents[0].dropped_bytes, 100);
    assert!(run.agents[0].output.stdout.starts_with("abc[redacted]"), "{run:?}");
    let (_, run) = run_script(&format!("stdout {}{SECRET}{}", "-".repeat(10), "-".repeat(100)), 40).await;
    assert!(run.agents[0].output.stdout.starts_with("----------[redacted]\n"), "{run:?}");
}

#[tokio::test(start_paused = true)]
async fn a_secret_is_masked_if_the_gap_splits_one_of_its_characters() {
    // The gap begins within the ü, or ends within the ä.
    let secret = "gehäusetür";
    for (before, after) in [(10, 90), (90, 11)] {
        let (orchestrator, _) = orchestrator(1);
        let script = format!("stdout {}{secret}{}", "-".repeat(before), "-".repeat(after));
        let gate = Plan { output_bytes: 40, ..plan([agent("a", &[&script])]) };
        let run = orchestrator.masking(Masks::of_texts([secret.into()])).begin(gate).finish().await;
        let kept = &run.agents[0].output.stdout;
        assert!(kept.contains("[redacted]") && !kept.contains("geh") && !kept.contains("eset"), "{kept}");
        // The line end counts, and so does the other byte of the split character.
        let dropped_bytes = (before + secret.len() + after + 1) - 40 + 1;
        assert_eq!(run.agents[0].dropped_bytes, dropped_bytes as u64);
        assert!(kept.contains(&format!("\n[{dropped_bytes} bytes are not kept]\n")), "{kept}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_secret_with_json_escapes_is_not_accepted_as_an_answer() {
    let script = format!("stdout {{\"verdict\": \"{}\"}}", SECRET.replace('h', "\\u0068"));
    let agree_on = Some("verdict".parse().unwrap());
    let (_, run) = run_plan(Plan { agree_on, ..plan([agent("a", &[&script])]) }).await;
    let reason = "its answer at `verdict` contains a masked secret";
    assert_eq!(
        run.decision.unanswered.iter().map(|unanswered| unanswered.reason.as_str()).collect::<Vec<_>>(),
        [reason]
    );
}

#[tokio::test(start_paused = true)]
async fn a_secret_across_two_parts_of_a_long_line_is_masked() {
    let long = format!("{}{}", "-".repeat(8192 - 9), &SECRET[..9]);
    let (events, _) = run_script(&format!("report {long}; report {}", &SECRET[9..]), 64).await;
    assert!(events[2].ends_with("-[redacted]") && events[3] == "a: [redacted]", "{events:?}");
}

#[tokio::test(start_paused = true)]
async fn a_secret_is_masked_in_the_reason_of_a_failed_start() {
    for script in ["missing no file", "panic dead"] {
        let (_, run) = run_script(&format!("{script} {SECRET}"), 64).await;
        assert_eq!(statuses(&run), [Status::NotStarted]);
        assert!(run.agents[0].reason.as_ref().unwrap().contains("[redacted]"), "{run:?}");
    }
}
