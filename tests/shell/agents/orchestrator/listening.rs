//! Listeners of a gate that read slowly, late or in other ways.

use std::sync::mpsc::{RecvTimeoutError, TryRecvError};

use super::*;

#[tokio::test(start_paused = true)]
async fn a_slow_listener_receives_every_state_and_the_number_of_missed_lines() {
    let (orchestrator, _) = orchestrator(1);
    let agents = [agent("a", &["flood 3000; exit 75", "stdout again"]), agent("b", &["flood 2000"])];
    let gate = orchestrator.begin(plan(agents));
    let (slow, mut fast) = (gate.events(), gate.events());
    let fast_reader = tokio::spawn(async move {
        let mut received = Vec::new();
        while let Some(event) = fast.recv().await {
            received.push(summarize(&event));
        }
        received
    });
    let run = gate.finish().await;
    assert!(run.is_ok());
    let received = summarize_all(slow);
    let missed_count =
        |summary: &String| summary.strip_prefix("missed ").map_or(0, |count| count.parse::<usize>().unwrap());
    let lines = received.iter().filter(|summary| summary.contains(": ")).count();
    assert_eq!(lines + received.iter().map(missed_count).sum::<usize>(), 5001);
    assert_eq!(received[received.len() - 3..], ["a: again", "a Ok after 2", "finished Full"]);
    let states = |received: &[String]| -> Vec<String> {
        received
            .iter()
            .filter(|summary| !summary.contains(": ") && missed_count(summary) == 0)
            .cloned()
            .collect()
    };
    assert_eq!(states(&received).len() + lines, 1024);
    let first = received.iter().position(|summary| summary.starts_with("missed")).unwrap();
    assert_eq!(received[first - 1..=first + 1], ["a started 1", "missed 3000", "a failed 1, waits 100"]);
    let received_by_fast = fast_reader.await.unwrap();
    assert_eq!(states(&received_by_fast), states(&received));
}

#[tokio::test(start_paused = true)]
async fn a_listener_chooses_how_long_it_waits() {
    let (orchestrator, _) = orchestrator(1);
    let gate = orchestrator.begin(plan([agent("a", &["wait 10"])]));
    let mut events = gate.events();
    assert_eq!(events.try_recv(), Err(TryRecvError::Empty));
    assert_eq!(events.recv_timeout(MS(1)), Err(RecvTimeoutError::Timeout));
    gate.finish().await;
    assert_eq!(summarize(&events.recv().await.unwrap()), "started 1 of 1");
    assert_eq!(summarize(&events.recv_timeout(Duration::MAX).unwrap()), "a started 1");
    assert_eq!(summarize(&events.try_recv().unwrap()), "a Ok after 1");
    assert_eq!(summarize(&events.next().unwrap()), "finished Full");
    assert_eq!(events.recv_timeout(Duration::MAX), Err(RecvTimeoutError::Disconnected));
    assert_eq!((events.recv().await, events.next()), (None, None));
}

#[tokio::test(start_paused = true)]
async fn the_events_of_a_gate_end_even_if_a_job_keeps_its_listener() {
    let (orchestrator, processes) = orchestrator(1);
    processes.keep_listeners();
    let gate = orchestrator.begin(plan([agent("a", &["stdout hello"])]));
    let events = gate.events();
    gate.finish().await;
    assert_eq!(events.count(), 5);
}
