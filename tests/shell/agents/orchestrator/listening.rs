//! Who listens to a gate, and how fast.

use std::sync::mpsc::{RecvTimeoutError, TryRecvError};

use super::*;

#[tokio::test(start_paused = true)]
async fn a_slow_listener_misses_lines_and_no_state_and_is_told_how_many() {
    let (orchestrator, _) = orchestrator(1);
    let agents = [agent("a", &["flood 3000; exit 75", "say again"]), agent("b", &["flood 2000"])];
    let gate = orchestrator.begin(plan(agents));
    let (slow, mut quick) = (gate.events(), gate.events());
    let reading = tokio::spawn(async move {
        let mut told = Vec::new();
        while let Some(event) = quick.recv().await {
            told.push(words(&event));
        }
        told
    });
    let run = gate.finish().await;
    assert!(run.is_ok());
    let told = all_words(slow);
    let missed =
        |words: &String| words.strip_prefix("missed ").map_or(0, |count| count.parse::<usize>().unwrap());
    let lines = told.iter().filter(|words| words.contains(": ")).count();
    assert_eq!(lines + told.iter().map(missed).sum::<usize>(), 5001);
    assert_eq!(told[told.len() - 3..], ["a: again", "a Ok after 2", "finished Full"]);
    let states = |told: &[String]| -> Vec<String> {
        told.iter().filter(|words| !words.contains(": ") && missed(words) == 0).cloned().collect()
    };
    assert_eq!(states(&told).len() + lines, 1024);
    let first = told.iter().position(|words| words.starts_with("missed")).unwrap();
    assert_eq!(told[first - 1..=first + 1], ["a started 1", "missed 3000", "a failed 1, waits 100"]);
    let all = reading.await.unwrap();
    assert_eq!(states(&all), states(&told));
}

#[tokio::test(start_paused = true)]
async fn a_listener_waits_as_long_as_it_likes() {
    let (orchestrator, _) = orchestrator(1);
    let gate = orchestrator.begin(plan([agent("a", &["wait 10"])]));
    let mut events = gate.events();
    assert_eq!(events.try_recv(), Err(TryRecvError::Empty));
    assert_eq!(events.recv_timeout(MS(1)), Err(RecvTimeoutError::Timeout));
    gate.finish().await;
    assert_eq!(words(&events.recv().await.unwrap()), "started 1 of 1");
    assert_eq!(words(&events.recv_timeout(Duration::MAX).unwrap()), "a started 1");
    assert_eq!(words(&events.try_recv().unwrap()), "a Ok after 1");
    assert_eq!(words(&events.next().unwrap()), "finished Full");
    assert_eq!(events.recv_timeout(Duration::MAX), Err(RecvTimeoutError::Disconnected));
    assert_eq!((events.recv().await, events.next()), (None, None));
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_gate_is_heard_though_a_door_keeps_what_hears_its_jobs() {
    let (orchestrator, door) = orchestrator(1);
    door.keep_ears();
    let gate = orchestrator.begin(plan([agent("a", &["say hello"])]));
    let events = gate.events();
    gate.finish().await;
    assert_eq!(events.count(), 5);
}
