//! `speckit bench run` beside hyperfine: the same commands, in turn, in one run.
//!
//! Both run a command without a shell, wait for it, and keep each time. The overhead is what a tool takes beyond the times that it measured:
//! once, for a use of the tool with one run, and for each further run. What a tool adds within the times that it measured is not part of it, so
//! the whole time of each further run is compared too: with that of a bare loop, which starts the command and waits for it. Then a drift is
//! imposed on equal commands.
//!
//!     cargo bench -p speckit-tests --bench commands
//!     cargo bench -p speckit-tests --bench commands -- drift

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value as Json;
use speckit_core::bench::report::sentence;
use speckit_core::bench::stats::{Criteria, Samples, compare};
use speckit_core::text::duration;

const COMMANDS: [&str; 3] = ["true", "sleep 0.005", "ls /usr/bin"];
const ROUNDS: usize = 15;
/// Few runs and many, in turn.
const RUNS: [u32; 2] = [1, 101];

/// What a tool measured, how long it took beyond that, and how long it took.
#[derive(Default)]
struct Measured {
    /// The median of each round with many runs.
    medians_ns: Vec<u64>,
    /// The time outside of the measured runs in each round, for each number of runs.
    outside_ns: [Vec<u64>; 2],
    /// The time of the whole tool in each round, for each number of runs.
    whole_ns: [Vec<u64>; 2],
}

impl Measured {
    /// Adds a round: a tool measured these times, and took so long.
    fn add(&mut self, times_ns: Vec<u64>, took: Duration) {
        let inside: u64 = times_ns.iter().sum();
        let whole = u64::try_from(took.as_nanos()).unwrap();
        let number = usize::from(times_ns.len() != RUNS[0] as usize);
        self.outside_ns[number].push(whole.saturating_sub(inside));
        self.whole_ns[number].push(whole);
        if number == 1 {
            self.medians_ns.push(median(times_ns) as u64);
        }
    }

    /// The time outside of the runs, for a use of the tool and for each run.
    fn overhead_ns(&self) -> [f64; 2] {
        [median(self.outside_ns[0].clone()), middle(each_run(&self.outside_ns))]
    }

    /// The whole time of each run beyond that of another loop in the same round.
    fn beyond_ns(&self, other: &Self) -> f64 {
        let pairs = each_run(&self.whole_ns).into_iter().zip(each_run(&other.whole_ns));
        middle(pairs.map(|(own, other)| own - other).collect())
    }
}

/// What each further run adds, in each round: from few and many runs, which a drift affects alike.
fn each_run([few, many]: &[Vec<u64>; 2]) -> Vec<f64> {
    let of_round = |(few, many): (&u64, &u64)| (*many as f64 - *few as f64) / f64::from(RUNS[1] - RUNS[0]);
    few.iter().zip(many).map(of_round).collect()
}

/// The median of differences, which may be negative.
fn middle(mut differences: Vec<f64>) -> f64 {
    differences.sort_by(f64::total_cmp);
    differences[differences.len() / 2]
}

fn median(times_ns: Vec<u64>) -> f64 {
    Samples::new(times_ns).expect("there are times").median()
}

fn timed(mut command: Command) -> (Vec<u8>, Duration) {
    let start = Instant::now();
    let done = command.stdin(Stdio::null()).stderr(Stdio::null()).output().expect("the tool starts");
    assert!(done.status.success(), "{command:?}");
    (done.stdout, start.elapsed())
}

fn speckit(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_speckit-under-test"));
    // Outside of a repository, as hyperfine does not ask for the commit.
    command.current_dir(folder).env("HOME", folder).args([
        "bench",
        "--format",
        "json",
        "--database",
        "runs.db",
    ]);
    command.args(arguments);
    command
}

fn with_speckit(line: &str, runs: u32, is_kept: bool, folder: &Path) -> (Vec<u64>, Duration) {
    let runs = runs.to_string();
    let mut arguments = vec!["run", "-n", &runs];
    arguments.extend((!is_kept).then_some("--no-store"));
    arguments.push("--");
    arguments.extend(line.split(' '));
    let (document, took) = timed(speckit(folder, &arguments));
    let document: Json = serde_json::from_slice(&document).expect("a document");
    let times = document["benchmarks"][0]["samples_ns"].as_array().expect("samples");
    (times.iter().map(|time| time.as_u64().unwrap()).collect(), took)
}

fn with_hyperfine(line: &str, runs: u32, folder: &Path) -> (Vec<u64>, Duration) {
    let file = folder.join("hyperfine.json");
    let mut command = Command::new("hyperfine");
    command.args(["--shell=none", "--style=none", "--runs", &runs.to_string(), "--export-json"]);
    command.arg(&file).arg(line);
    let (_, took) = timed(command);
    let document: Json = serde_json::from_slice(&std::fs::read(&file).unwrap()).expect("a document");
    let times = document["results"][0]["times"].as_array().expect("times");
    (times.iter().map(|time| (time.as_f64().unwrap() * 1e9) as u64).collect(), took)
}

/// What a tool cannot go below: start and wait.
fn with_bare_loop(line: &str, runs: u32) -> (Vec<u64>, Duration) {
    let mut words = line.split(' ');
    let mut command = Command::new(words.next().expect("a program"));
    let null = || std::fs::File::options().read(true).write(true).open("/dev/null").expect("there is one");
    command.args(words).stdin(null()).stdout(null()).stderr(null());
    let start = Instant::now();
    let mut run = || {
        let start = Instant::now();
        let status = command.spawn().and_then(|mut child| child.wait()).expect("it runs");
        let took = start.elapsed();
        assert!(status.success(), "{line}");
        u64::try_from(took.as_nanos()).unwrap()
    };
    let times = (0..runs).map(|_| run()).collect();
    (times, start.elapsed())
}

fn main() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let only_drift = std::env::args().any(|word| word == "drift");
    match Command::new("hyperfine").arg("--version").output() {
        _ if only_drift => {}
        Ok(version) => {
            println!("speckit compared with {}", String::from_utf8_lossy(&version.stdout).trim());
            COMMANDS.iter().for_each(|line| compare_tools(line, folder.path()));
        }
        Err(_) => {
            println!("hyperfine is not installed: `apt-get install hyperfine`, or `cargo install hyperfine`");
        }
    }
    impose_drift(folder.path());
}

fn compare_tools(line: &str, folder: &Path) {
    let names = ["speckit", "speckit --no-store", "hyperfine", "bare loop"];
    let mut tools = names.map(|_| Measured::default());
    for round in 0..ROUNDS {
        for turn in 0..names.len() {
            // Which is first changes, so that a drift affects all alike.
            let which = (turn + round) % names.len();
            for runs in RUNS {
                let (times_ns, took) = match which {
                    2 => with_hyperfine(line, runs, folder),
                    3 => with_bare_loop(line, runs),
                    _ => with_speckit(line, runs, which == 0, folder),
                };
                tools[which].add(times_ns, took);
            }
        }
    }
    println!("{line}");
    for (name, tool) in names.iter().zip(&tools) {
        let [once, each] = tool.overhead_ns();
        let median = duration(Duration::from_nanos(median(tool.medians_ns.clone()) as u64));
        println!(
            "  {name:<20} median {median:>9}   overhead once {:>6.2} ms, for each run {:>6.1} µs; \
             whole run beyond the bare loop {:>6.1} µs",
            once / 1e6,
            each / 1e3,
            tool.beyond_ns(&tools[3]) / 1e3
        );
    }
    let [own, _, other, _] = tools.map(|tool| Samples::new(tool.medians_ns).expect("there are rounds"));
    println!("  medians of speckit and hyperfine: {}", sentence(&compare(&other, &own, Criteria::default())));
}

/// Measures two equal commands that become slower with each run: in turn, and one after the other.
fn impose_drift(folder: &Path) {
    // 20 ms, and 0.2 ms more with each run.
    let line = "n=$(cat runs); echo $((n + 1)) > runs; sleep 0.0$((200 + 2 * n))";
    let begin = || std::fs::write(folder.join("runs"), "0").expect("it can be written");
    let verdict = |document: Vec<u8>, pointer: &str| {
        let document: Json = serde_json::from_slice(&document).expect("a document");
        let compared = document.pointer(pointer).expect("a comparison");
        format!("{}, {:+.1} %", compared["verdict"], compared["delta_percent"].as_f64().expect("a figure"))
    };
    begin();
    let (in_turn, _) = timed(speckit(folder, &["run", "-n", "30", "--shell", "--vs", line, "--", line]));
    println!("equal commands that become slower");
    println!("  in turn              {}", verdict(in_turn, "/comparison"));
    begin();
    for name in ["first", "second"] {
        timed(speckit(folder, &["run", "-n", "30", "--shell", "--save", name, "--", line]));
    }
    // It exits with 1 on a regression.
    let blocks = speckit(folder, &["compare", "first", "second"]).output().expect("speckit starts");
    println!("  one after the other  {}", verdict(blocks.stdout, "/comparisons/0"));
}
