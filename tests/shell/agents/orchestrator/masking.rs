//! Secrets in what agents write.

use speckit_core::config::redact::Masks;
use speckit_core::config::source::{Language, parse};
use speckit_core::{Key, LayerKind, Source};

use super::*;

const SECRET: &str = "sk-hunter2-hunter2";

fn masks() -> Masks {
    let text = format!("key = '{SECRET}'\n");
    let layer = parse(&Source::document(LayerKind::File, "a.toml", text.as_str()), Language::Toml).unwrap();
    Masks::of([&layer], &|key: &Key| key.last_name() == Some("key"))
}

/// What a gate of one agent tells and keeps.
async fn everything(script: &str, output_bytes: usize) -> (Vec<String>, Run) {
    told(Plan { output_bytes, ..plan([agent("a", &[script])]) }).await
}

async fn told(plan: Plan) -> (Vec<String>, Run) {
    let (orchestrator, _) = orchestrator(1);
    let gate = orchestrator.masking(masks()).begin(plan);
    let events = gate.events();
    let run = gate.finish().await;
    let mut all = format!("{run:?}");
    let words = events.map(|event| {
        all.push_str(&format!("{event:?}"));
        words(&event)
    });
    let words = words.collect();
    assert!(!all.contains("hunter"), "{all}");
    (words, run)
}

#[tokio::test(start_paused = true)]
async fn nobody_sees_a_secret_in_a_line_or_in_what_is_kept() {
    let script = format!("say my key is {SECRET}!; err {SECRET}; exit 1");
    let (words, run) = everything(&script, 65_536).await;
    assert_eq!(words[2..4], ["a: my key is [redacted]!", "a: [redacted]"]);
    assert_eq!(run.agents[0].output.stdout, "my key is [redacted]!\n");
    assert_eq!(run.agents[0].output.stderr, "[redacted]");
}

#[tokio::test(start_paused = true)]
async fn a_secret_across_the_halves_of_what_is_kept_is_masked() {
    // 20 bytes, of which ten are the first half: the secret lies across, whole.
    let (_, run) = everything(&format!("say {SECRET}"), 20).await;
    assert_eq!(run.agents[0].output.stdout, "[redacted]\n");
    // What is kept ends within it, and begins again within it.
    let (_, run) = everything(&format!("say abc{SECRET}{}{SECRET}", "-".repeat(100)), 40).await;
    assert_eq!(run.agents[0].dropped_bytes, 100);
    assert!(run.agents[0].output.stdout.starts_with("abc[redacted]"), "{run:?}");
    let (_, run) = everything(&format!("say {}{SECRET}{}", "-".repeat(10), "-".repeat(100)), 40).await;
    assert!(run.agents[0].output.stdout.starts_with("----------[redacted]\n"), "{run:?}");
}

#[tokio::test(start_paused = true)]
async fn a_secret_whose_character_the_gap_cuts_in_two_is_masked() {
    // The gap begins within the ü, or ends within the ä.
    let secret = "gehäusetür";
    for (before, behind) in [(10, 90), (90, 11)] {
        let (orchestrator, _) = orchestrator(1);
        let script = format!("say {}{secret}{}", "-".repeat(before), "-".repeat(behind));
        let gate = Plan { output_bytes: 40, ..plan([agent("a", &[&script])]) };
        let run = orchestrator.masking(Masks::of_texts([secret.into()])).begin(gate).finish().await;
        let kept = &run.agents[0].output.stdout;
        assert!(kept.contains("[redacted]") && !kept.contains("geh") && !kept.contains("eset"), "{kept}");
        // Of a line, and the byte of the character that is left.
        let dropped_bytes = (before + secret.len() + behind + 1) - 40 + 1;
        assert_eq!(run.agents[0].dropped_bytes, dropped_bytes as u64);
        assert!(kept.contains(&format!("\n[{dropped_bytes} bytes are not kept]\n")), "{kept}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_is_written_with_escapes_is_nobodys_answer() {
    let script = format!("say {{\"verdict\": \"{}\"}}", SECRET.replace('h', "\\u0068"));
    let agree_on = Some("verdict".parse().unwrap());
    let (_, run) = told(Plan { agree_on, ..plan([agent("a", &[&script])]) }).await;
    let reason = "its answer at `verdict` contains a masked secret";
    assert_eq!(run.decision.unanswered.iter().map(|of| of.reason.as_str()).collect::<Vec<_>>(), [reason]);
}

#[tokio::test(start_paused = true)]
async fn a_secret_across_the_pieces_of_a_long_line_is_masked() {
    let long = format!("{}{}", "-".repeat(8192 - 9), &SECRET[..9]);
    let (words, _) = everything(&format!("hear {long}; hear {}", &SECRET[9..]), 64).await;
    assert!(words[2].ends_with("-[redacted]") && words[3] == "a: [redacted]", "{words:?}");
}

#[tokio::test(start_paused = true)]
async fn nobody_sees_a_secret_in_the_reason_why_an_agent_did_not_start() {
    for script in ["missing no file", "panic dead"] {
        let (_, run) = everything(&format!("{script} {SECRET}"), 64).await;
        assert_eq!(statuses(&run), [Status::NotStarted]);
        assert!(run.agents[0].reason.as_ref().unwrap().contains("[redacted]"), "{run:?}");
    }
}
