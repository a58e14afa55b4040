//! The latency of a reload after the debounce time: speckit beside `notify-debouncer-mini`, which only reports that a file
//! changed. Each edit is one write in place; the result is the time from the write to the event, less the debounce time.
//!
//! It is no criterion bench, since it prints percentiles.

use std::fs;
use std::path::Path;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use notify_debouncer_mini::new_debouncer;
use notify_debouncer_mini::notify::RecursiveMode;
use speckit::{Config, ConfigReloadEvent};
use speckit_tests::samples;

const QUIET: Duration = Duration::from_millis(50);
const EDITS: usize = 400;

/// A different pause for each edit, so that edits do not follow a timer.
fn pause(edit: usize) {
    std::thread::sleep(Duration::from_micros(997 * (edit as u64 % 13)));
}

fn edit(path: &Path, number: usize) -> Instant {
    pause(number);
    let text = format!("n = {number}\n");
    let written = Instant::now();
    fs::write(path, text).expect("the file can be written");
    written
}

fn speckit(path: &Path) -> Vec<Duration> {
    let shell = Config::<std::collections::BTreeMap<String, usize>>::builder().file(path).debounce(QUIET);
    let shell = shell.open().expect("the configuration is right");
    let events = shell.subscribe();
    let _watcher = shell.watch().expect("it can be watched");
    std::thread::sleep(QUIET * 3);
    let latency = |number| {
        let written = edit(path, number);
        let event = events.recv_timeout(Duration::from_secs(10)).expect("an event");
        let took = written.elapsed();
        assert!(matches!(*event, ConfigReloadEvent::FileChanged { .. }), "{event:?}");
        let event = events.recv_timeout(Duration::from_secs(10)).expect("an event");
        assert!(matches!(*event, ConfigReloadEvent::ReloadSuccess { .. }), "{event:?}");
        assert_eq!(shell.load()["n"], number, "the event follows the reload");
        took.saturating_sub(QUIET)
    };
    (1..=EDITS).map(latency).collect()
}

fn debouncer(path: &Path) -> Vec<Duration> {
    let (sender, events) = channel();
    let mut debouncer = new_debouncer(QUIET, sender).expect("it can be made");
    let folder = path.parent().expect("it lies in a folder");
    debouncer.watcher().watch(folder, RecursiveMode::NonRecursive).expect("it can be watched");
    let latency = |number| {
        let written = edit(path, number);
        events.recv_timeout(Duration::from_secs(10)).expect("an event").expect("and no error");
        let took = written.elapsed();
        // It may report the same edit again.
        std::thread::sleep(QUIET * 3);
        events.try_iter().count();
        took.saturating_sub(QUIET)
    };
    (1..=EDITS / 4).map(latency).collect()
}

fn show(name: &str, latencies: Vec<Duration>) {
    let latencies = samples(latencies);
    let ms = |percent| latencies.percentile(percent) / 1e6;
    println!(
        "{name:<24} {:>5} edits   median {:>7.2} ms   p95 {:>7.2} ms   p99 {:>7.2} ms   max {:>7.2} ms",
        latencies.count(),
        ms(50),
        ms(95),
        ms(99),
        ms(100),
    );
}

fn main() {
    // `cargo test --benches` only checks that it starts.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let path = folder.path().join("app.toml");
    for round in 1..=3 {
        println!("round {round}");
        fs::write(&path, "n = 0\n").expect("the file can be written");
        show("speckit", speckit(&path));
        show("notify-debouncer-mini", debouncer(&path));
    }
}
