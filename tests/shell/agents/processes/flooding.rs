//! Output without end, and without lines.

use std::sync::atomic::{AtomicU64, Ordering};

use super::*;

/// Far more than all buffers; as much as is asked for where the code is fast.
const FLOOD: u64 = if cfg!(debug_assertions) { 64 << 20 } else { 1 << 30 };

#[test]
fn a_flood_without_lines_takes_no_memory_and_every_byte_is_counted() {
    alone(|| {
        let before = most_memory_kib();
        let mut job = agent(&["flood", &FLOOD.to_string()]);
        job.limits.timeout = None;
        let (_orders, ordered) = watch::channel(Order::Run);
        let mut told = 0;
        let (tell, count) = std::sync::mpsc::channel();
        let hear = Box::new(move |_: Stream, line: &str| {
            told += line.len() as u64;
            let _ = tell.send(told);
        });
        let running = ProcessManager::new().run(job, hear, ordered);
        let counting = thread::spawn(move || count.into_iter().last().unwrap_or_default());
        let attempt =
            runtime().block_on(async { tokio::time::timeout(MAX_TIME, running).await.expect("it ends") });
        let grown = most_memory_kib() - before;
        assert_eq!(attempt.ending, exited(0));
        assert_eq!((attempt.stdout.head().len(), attempt.stdout.tail().len()), (32 * 1024, 32 * 1024));
        assert_eq!(attempt.stdout.dropped_bytes(), FLOOD - 64 * 1024);
        assert_eq!(counting.join().unwrap(), FLOOD, "every byte was told");
        assert!(grown < 8 * 1024, "{grown} KiB more than before");
    });
}

#[test]
fn a_flood_holds_up_neither_a_time_out_nor_others_of_the_runtime() {
    alone(|| {
        let (_orders, ordered) = watch::channel(Order::Run);
        let job = with_timeout(agent(&["flood", &u64::MAX.to_string()]), 500);
        let running = ProcessManager::new().run(job, Heard::deaf(), ordered);
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
        assert!(attempt.stdout.dropped_bytes() > 1 << 20, "{}", attempt.stdout.dropped_bytes());
        assert!(attempt.elapsed < Duration::from_millis(500) + AT_ONCE, "{:?}", attempt.elapsed);
        assert!(ticks >= 10, "another one of the runtime had {ticks} turns");
    });
}

#[test]
fn an_order_is_obeyed_in_a_flood_that_ignores_it() {
    alone(|| {
        let (orders, ordered) = watch::channel(Order::Run);
        let mut job = sh("trap '' TERM; yes & yes >&2; wait");
        job.limits.grace = Duration::from_secs(60);
        let (heard, hear) = counting();
        let running = ProcessManager::new().run(job, hear, ordered);
        let (attempt, ordered_at) = runtime().block_on(async {
            let running = tokio::spawn(running);
            // More than is kept of each stream.
            while heard.iter().any(|lines| lines.load(Ordering::Relaxed) < 100_000) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            orders.send(Order::Stop).unwrap();
            tokio::time::sleep(Duration::from_millis(100)).await;
            orders.send(Order::Kill).unwrap();
            let ordered_at = Instant::now();
            (running.await.unwrap(), ordered_at)
        });
        let elapsed = ordered_at.elapsed();
        assert_eq!(attempt.ending, Ending::Cancelled);
        assert!(
            attempt.stdout.dropped_bytes() > 0 && attempt.stderr.dropped_bytes() > 0,
            "both streams are read"
        );
        assert!(elapsed < AT_ONCE, "{elapsed:?}");
    });
}

/// Counts the lines of each stream.
fn counting() -> (Arc<[AtomicU64; 2]>, OnLine) {
    let heard = Arc::new([AtomicU64::new(0), AtomicU64::new(0)]);
    let counted = Arc::clone(&heard);
    let hear = move |stream, _: &str| {
        counted[usize::from(stream == Stream::Stderr)].fetch_add(1, Ordering::Relaxed);
    };
    (heard, Box::new(hear))
}

impl Heard {
    fn deaf() -> OnLine {
        Box::new(|_, _| ())
    }
}

/// The most memory that this process ever had (proc(5), VmHWM).
fn most_memory_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
