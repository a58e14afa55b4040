//! Endless output, and output without line ends.

use std::sync::atomic::{AtomicU64, Ordering};

use super::*;

/// Far more bytes than all buffers hold. A debug build is slow, so it gets fewer.
const FLOOD: u64 = if cfg!(debug_assertions) { 64 << 20 } else { 1 << 30 };

#[test]
fn endless_output_takes_no_memory_and_every_byte_is_reported() {
    run_isolated(|| {
        let before = peak_memory_kib();
        let mut job = agent(&["flood", &FLOOD.to_string()]);
        job.limits.timeout = None;
        let (_order_sender, order_receiver) = watch::channel(Order::Run);
        let reported_bytes = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&reported_bytes);
        let listener = Box::new(move |_: Stream, line: &str| {
            count.fetch_add(line.len() as u64, Ordering::Relaxed);
        });
        let running = ProcessManager::new().run(job, listener, order_receiver);
        let attempt = runtime()
            .block_on(async { tokio::time::timeout(TEST_TIMEOUT, running).await.expect("the job ends") });
        let grown = peak_memory_kib() - before;
        assert_eq!(attempt.ending, exited(0));
        assert_eq!((attempt.stdout.head().len(), attempt.stdout.tail().len()), (32 * 1024, 32 * 1024));
        assert_eq!(attempt.stdout.dropped_bytes(), FLOOD - 64 * 1024);
        assert_eq!(reported_bytes.load(Ordering::Relaxed), FLOOD, "every byte was reported");
        // A quarter of the output; pages of the test program itself count too.
        assert!(grown < 16 * 1024, "{grown} KiB more than before");
    });
}

#[test]
fn endless_output_delays_neither_the_timeout_nor_other_tasks() {
    run_isolated(|| {
        let (_order_sender, order_receiver) = watch::channel(Order::Run);
        let job = with_timeout(agent(&["flood", &u64::MAX.to_string()]), 500);
        let running = ProcessManager::new().run(job, RecordedLines::discard_lines(), order_receiver);
        let (attempt, ticks) = runtime().block_on(async {
            let mut running = tokio::spawn(running);
            let mut ticks = 0;
            let attempt = loop {
                tokio::select! {
                    attempt = &mut running => break attempt.unwrap(),
                    () = tokio::time::sleep(Duration::from_millis(5)) => ticks += 1,
                }
            };
            (attempt, ticks)
        });
        assert_eq!(attempt.ending, Ending::TimedOut);
        assert!(attempt.stdout.dropped_bytes() > 64 * 1024, "{}", attempt.stdout.dropped_bytes());
        assert!(attempt.elapsed < Duration::from_millis(500) + AT_ONCE, "{:?}", attempt.elapsed);
        assert!(ticks >= 10, "the other task ran {ticks} times");
    });
}

#[test]
fn a_kill_order_is_obeyed_during_endless_output() {
    run_isolated(|| {
        let (order_sender, order_receiver) = watch::channel(Order::Run);
        let mut job = sh("trap '' TERM; yes & yes >&2; wait");
        job.limits.grace = Duration::from_secs(60);
        let (line_counts, listener) = line_counters();
        let running = ProcessManager::new().run(job, listener, order_receiver);
        let (attempt, kill_time) = runtime().block_on(async {
            let running = tokio::spawn(running);
            // More lines than are kept of each stream.
            while line_counts.iter().any(|lines| lines.load(Ordering::Relaxed) < 100_000) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            order_sender.send(Order::Stop).unwrap();
            tokio::time::sleep(Duration::from_millis(100)).await;
            order_sender.send(Order::Kill).unwrap();
            let kill_time = Instant::now();
            (running.await.unwrap(), kill_time)
        });
        let elapsed = kill_time.elapsed();
        assert_eq!(attempt.ending, Ending::Cancelled);
        assert!(
            attempt.stdout.dropped_bytes() > 0 && attempt.stderr.dropped_bytes() > 0,
            "both streams were read"
        );
        assert!(elapsed < AT_ONCE, "{elapsed:?}");
    });
}

/// A counter of lines for each stream, and the listener that counts.
fn line_counters() -> (Arc<[AtomicU64; 2]>, OnLine) {
    let line_counts = Arc::new([AtomicU64::new(0), AtomicU64::new(0)]);
    let counters = Arc::clone(&line_counts);
    let listener = move |stream, _: &str| {
        counters[usize::from(stream == Stream::Stderr)].fetch_add(1, Ordering::Relaxed);
    };
    (line_counts, Box::new(listener))
}

impl RecordedLines {
    fn discard_lines() -> OnLine {
        Box::new(|_, _| ())
    }
}

/// The peak of the memory of this process (proc(5), VmHWM).
fn peak_memory_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
