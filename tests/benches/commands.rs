//! `speckit bench run` beside hyperfine: the same commands, in turn, in one run.
//!
//! Both run a command without a shell, wait for it, and keep each time. The overhead of a run is what a tool takes beyond the times that
//! it measured.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value as Json;
use speckit_core::bench::report::sentence;
use speckit_core::bench::stats::{Criteria, Samples, compare};
use speckit_core::text::duration;

const COMMANDS: [&str; 3] = ["true", "sleep 0.005", "ls /usr/bin"];
const ROUNDS: usize = 10;
const RUNS: u32 = 50;

/// The measured times of a tool, and its overhead in each round.
#[derive(Default)]
struct Measured {
    times_ns: Vec<u64>,
    overhead_ns: Vec<u64>,
}

impl Measured {
    /// Adds a round: a tool measured these times, and took so long.
    fn add(&mut self, times_ns: Vec<u64>, took: Duration) {
        let inside: u64 = times_ns.iter().sum();
        let outside = u64::try_from(took.as_nanos()).unwrap().saturating_sub(inside);
        self.overhead_ns.push(outside / times_ns.len() as u64);
        self.times_ns.extend(times_ns);
    }
}

fn timed(mut command: Command) -> (Vec<u8>, Duration) {
    let start = Instant::now();
    let done = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output().expect("the tool starts");
    assert!(done.status.success(), "{command:?}");
    (done.stdout, start.elapsed())
}

fn with_speckit(line: &str, folder: &Path, measured: &mut Measured) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_speckit-under-test"));
    command.args(["bench", "run", "--format", "json", "-n", &RUNS.to_string(), "--database"]);
    command.arg(folder.join("runs.db")).arg("--").args(line.split(' '));
    let (document, took) = timed(command);
    let document: Json = serde_json::from_slice(&document).expect("a document");
    let times = document["benchmarks"][0]["samples_ns"].as_array().expect("samples");
    measured.add(times.iter().map(|time| time.as_u64().unwrap()).collect(), took);
}

fn with_hyperfine(line: &str, folder: &Path, measured: &mut Measured) {
    let file = folder.join("hyperfine.json");
    let mut command = Command::new("hyperfine");
    command.args(["--shell=none", "--style=none", "--runs", &RUNS.to_string(), "--export-json"]);
    let (_, took) = timed({
        command.arg(&file).arg(line);
        command
    });
    let document: Json = serde_json::from_slice(&std::fs::read(&file).unwrap()).expect("a document");
    let times = document["results"][0]["times"].as_array().expect("times");
    measured.add(times.iter().map(|time| (time.as_f64().unwrap() * 1e9) as u64).collect(), took);
}

fn main() {
    let Ok(version) = Command::new("hyperfine").arg("--version").output() else {
        println!("hyperfine is not installed: `apt-get install hyperfine`, or `cargo install hyperfine`");
        return;
    };
    println!("speckit compared with {}", String::from_utf8_lossy(&version.stdout).trim());
    let folder = tempfile::tempdir().expect("there is room for a folder");
    for line in COMMANDS {
        let (mut ours, mut theirs) = (Measured::default(), Measured::default());
        for round in 0..ROUNDS {
            // Which is first changes, so that a drift affects both.
            if round % 2 == 0 {
                with_speckit(line, folder.path(), &mut ours);
            }
            with_hyperfine(line, folder.path(), &mut theirs);
            if round % 2 == 1 {
                with_speckit(line, folder.path(), &mut ours);
            }
        }
        let samples = |times: &[u64]| Samples::new(times.to_vec()).expect("there are rounds");
        let shown = |times: &[u64]| duration(Duration::from_nanos(samples(times).median() as u64));
        let compared = |ours: &[u64], theirs: &[u64]| {
            sentence(&compare(&samples(theirs), &samples(ours), Criteria::default()))
        };
        println!("{line}");
        println!(
            "  median       {} / {}: {}",
            shown(&ours.times_ns),
            shown(&theirs.times_ns),
            compared(&ours.times_ns, &theirs.times_ns)
        );
        println!(
            "  overhead     {} / {}: {}",
            shown(&ours.overhead_ns),
            shown(&theirs.overhead_ns),
            compared(&ours.overhead_ns, &theirs.overhead_ns)
        );
    }
}
