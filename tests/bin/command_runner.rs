//! `speckit-command-runner RUNS COMMAND… [+ COMMAND…]…` runs each command with the runner of the benchmarks, and writes a line for each run: the
//! elapsed nanoseconds, the bytes of its peak memory, and how it ended.

use speckit::bench::CommandRunner;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (runs, commands) = arguments.split_first().unwrap();
    for words in commands.split(|word| word == "+") {
        let (program, rest) = words.split_first().unwrap();
        let mut runner = CommandRunner::new(program, rest);
        for _ in 0..runs.parse().unwrap() {
            let run = runner.run().unwrap();
            println!("{} {} {}", run.elapsed_ns, run.peak_rss_bytes.unwrap_or(0), run.outcome);
        }
    }
}
