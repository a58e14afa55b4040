//! Threads and processes that write and read, and the time of each call.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use speckit::store::SynchronousMode;
use speckit_core::bench::stats::Samples;

use super::peers::{PeerConnection, SharedPeer, SqlitePeer, mode_name, mode_of, prepare};

/// The times of the calls of one round.
pub(crate) struct Timings {
    calls: Samples,
    elapsed: Duration,
}

impl Timings {
    fn of(calls: Vec<u64>, elapsed: Duration) -> Self {
        Self { calls: Samples::new(calls).expect("there were calls"), elapsed }
    }

    /// The time of the round for each of its calls, on all threads together.
    pub(crate) fn per_call(&self) -> Duration {
        self.elapsed.div_f64(self.calls.count() as f64)
    }

    /// The time that this many of a thousand calls do not exceed (nearest rank).
    pub(crate) fn within(&self, of_thousand: usize) -> Duration {
        let rank = (self.calls.count() * of_thousand).div_ceil(1000).max(1);
        Duration::from_nanos(self.calls.sorted()[rank - 1])
    }
}

/// Threads that write for this time.
pub(crate) fn threads(
    peer: SqlitePeer,
    synchronous: SynchronousMode,
    count: usize,
    round: Duration,
) -> Timings {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("bench.db");
    prepare(&path);
    run_threads(&SharedPeer::open(peer, &path, synchronous), count, round, |connection, thread, _| {
        connection.write(i64::try_from(thread).expect("threads are few"));
    })
}

/// Threads that read for this time.
pub(crate) fn reads(peer: SqlitePeer, count: usize, round: Duration) -> Timings {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("bench.db");
    prepare(&path);
    run_threads(
        &SharedPeer::open(peer, &path, SynchronousMode::Normal),
        count,
        round,
        |connection, thread, call| {
            let id = (call * 7919 + thread) % 1000 + 1;
            assert!(connection.read(i64::try_from(id).expect("ids are small")) > 0);
        },
    )
}

fn run_threads(
    shared: &SharedPeer,
    count: usize,
    round: Duration,
    call: impl Fn(&mut PeerConnection, usize, usize) + Send + Clone + 'static,
) -> Timings {
    let start = Arc::new(Barrier::new(count + 1));
    let threads: Vec<_> = (0..count)
        .map(|thread| {
            let (mut connection, start, call) = (shared.connection(), Arc::clone(&start), call.clone());
            std::thread::spawn(move || {
                start.wait();
                let begun = Instant::now();
                let mut calls = Vec::with_capacity(1 << 16);
                let mut before = begun;
                while before.duration_since(begun) < round {
                    call(&mut connection, thread, calls.len());
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
    Timings::of(calls, begun.elapsed())
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Processes with one thread each that write for this time.
pub(crate) fn processes(
    peer: SqlitePeer,
    synchronous: SynchronousMode,
    count: usize,
    round: Duration,
) -> Timings {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("bench.db");
    prepare(&path);
    let program = std::env::current_exe().expect("it has a path");
    let begin = |_| {
        let arguments = ["process", peer.name(), mode_name(synchronous), &round.as_millis().to_string()];
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
    Timings::of(calls, round)
}

/// One of these processes: it prints the time of each call.
pub(crate) fn be_process(words: &[String]) {
    let [_, peer, synchronous, round, path] = words else { panic!("process PEER SYNCHRONOUS MS PATH") };
    let shared = SharedPeer::open(SqlitePeer::of(peer), Path::new(path), mode_of(synchronous));
    let round = Duration::from_millis(round.parse().expect("a number"));
    let timings = run_threads(&shared, 1, round, |connection, _, _| connection.write(1));
    let bytes: Vec<u8> = timings.calls.sorted().iter().flat_map(|nanos| nanos.to_le_bytes()).collect();
    std::io::stdout().write_all(&bytes).expect("the output is read");
}
