//! Threads and processes that write and read for a while, and what each call took.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use super::peers::{Common, Hand, Peer, Sync, prepare};

/// What the calls of one round took.
pub(crate) struct Figures {
    /// Nanoseconds of each call, sorted.
    calls: Vec<u64>,
    elapsed: Duration,
}

impl Figures {
    fn of(mut calls: Vec<u64>, elapsed: Duration) -> Self {
        calls.sort_unstable();
        Self { calls, elapsed }
    }

    pub(crate) fn per_second(&self) -> f64 {
        self.calls.len() as f64 / self.elapsed.as_secs_f64()
    }

    /// The time in milliseconds that so many of a thousand calls stay within (nearest rank).
    pub(crate) fn within_ms(&self, of_thousand: usize) -> f64 {
        let rank = (self.calls.len() * of_thousand).div_ceil(1000).max(1);
        self.calls[rank - 1] as f64 / 1e6
    }
}

/// So many threads write for so long.
pub(crate) fn threads(peer: Peer, synchronous: Sync, count: usize, round: Duration) -> Figures {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("bench.db");
    prepare(&path);
    together(&Common::open(peer, &path, synchronous), count, round, |hand, thread, _| {
        hand.write(i64::try_from(thread).expect("threads are few"));
    })
}

/// So many threads read for so long.
pub(crate) fn reads(peer: Peer, count: usize, round: Duration) -> Figures {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("bench.db");
    prepare(&path);
    together(&Common::open(peer, &path, Sync::Normal), count, round, |hand, thread, call| {
        let id = (call * 7919 + thread) % 1000 + 1;
        assert!(hand.read(i64::try_from(id).expect("ids are small")) > 0);
    })
}

fn together(
    common: &Common,
    count: usize,
    round: Duration,
    call: impl Fn(&mut Hand, usize, usize) + Send + Clone + 'static,
) -> Figures {
    let start = Arc::new(Barrier::new(count + 1));
    let threads: Vec<_> = (0..count)
        .map(|thread| {
            let (mut hand, start, call) = (common.hand(), Arc::clone(&start), call.clone());
            std::thread::spawn(move || {
                start.wait();
                let begun = Instant::now();
                let mut calls = Vec::with_capacity(1 << 16);
                let mut before = begun;
                while before.duration_since(begun) < round {
                    call(&mut hand, thread, calls.len());
                    let after = Instant::now();
                    calls.push(nanos(after.duration_since(before)));
                    before = after;
                }
                calls
            })
        })
        .collect();
    start.wait();
    let begun = Instant::now();
    let calls = threads.into_iter().flat_map(|thread| thread.join().expect("no thread panics")).collect();
    Figures::of(calls, begun.elapsed())
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// So many processes of one thread write for so long.
pub(crate) fn processes(peer: Peer, synchronous: Sync, count: usize, round: Duration) -> Figures {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("bench.db");
    prepare(&path);
    let program = std::env::current_exe().expect("it has a path");
    let begin = |_| {
        let arguments = ["process", peer.name(), synchronous.name(), &round.as_millis().to_string()];
        let mut command = Command::new(&program);
        command.args(arguments).arg(&path).stdout(Stdio::piped());
        command.spawn().expect("it can be started")
    };
    let children: Vec<_> = (0..count).map(begin).collect();
    let mut calls = Vec::new();
    for child in children {
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "a process failed");
        calls.extend(
            output.stdout.chunks_exact(8).map(|bytes| u64::from_le_bytes(bytes.try_into().expect("8 bytes"))),
        );
    }
    Figures::of(calls, round)
}

/// One of those processes: it prints what each call took.
pub(crate) fn be_process(words: &[String]) {
    let [_, peer, synchronous, round, path] = words else { panic!("process PEER SYNCHRONOUS MS PATH") };
    let common = Common::open(Peer::of(peer), Path::new(path), Sync::of(synchronous));
    let round = Duration::from_millis(round.parse().expect("a number"));
    let figures = together(&common, 1, round, |hand, _, _| hand.write(1));
    let bytes: Vec<u8> = figures.calls.iter().flat_map(|nanos| nanos.to_le_bytes()).collect();
    std::io::stdout().write_all(&bytes).expect("somebody reads");
}
