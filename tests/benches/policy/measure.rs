//! Whole processes that take turns.

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};

use speckit::bench::CommandRunner;
use speckit_core::bench::stats::Samples;

use super::rules::RuleSet;

/// The program that is measured.
pub(crate) const SPECKIT: &str = env!("CARGO_BIN_EXE_speckit-under-test");

/// A command with a name.
pub(crate) struct Contender {
    name: String,
    words: Vec<String>,
}

impl Contender {
    pub(crate) fn new(name: impl Into<String>, words: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { name: name.into(), words: words.into_iter().map(Into::into).collect() }
    }

    /// The check of the current folder with the rules of a file.
    pub(crate) fn check(name: &str, config: &Path) -> Self {
        let config = config.display().to_string();
        Self::new(name, [SPECKIT, "policy", "check", "--format", "json", "--config", &config])
    }

    /// ripgrep in the current folder; `None` if it is missing.
    pub(crate) fn ripgrep(rules: &RuleSet) -> Option<Self> {
        let program = env::var("RG").unwrap_or_else(|_| "rg".into());
        let version = Command::new(&program).arg("--version").output().ok()?;
        let version = String::from_utf8_lossy(&version.stdout);
        let mut words =
            [&program, "--no-config", "--hidden", "--no-require-git", "--max-filesize", "10M", "-n"]
                .map(String::from)
                .to_vec();
        words.extend(rules.patterns().flat_map(|pattern| ["-e".to_owned(), pattern.to_owned()]));
        words.push(".".into());
        Some(Self::new(version.split(" (").next().unwrap_or("ripgrep").lines().next()?, words))
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.words[0]);
        command.args(&self.words[1..]).stdin(Stdio::null());
        command
    }
}

/// Runs each command once in each round, and prints medians, peaks of memory, and the ratio of the first one to each.
///
/// A different one comes first in each round. The first round fills the caches of the system and does not count.
pub(crate) fn print_in_turns<const N: usize>(contenders: [Contender; N], rounds: usize) {
    let mut runners = contenders.each_ref().map(|one| CommandRunner::new(&one.words[0], &one.words[1..]));
    let mut times = [const { Vec::new() }; N];
    let mut peaks = [0; N];
    for round in 0..=rounds {
        for turn in 0..N {
            let which = (turn + round) % N;
            let run = runners[which].run().expect("the program starts");
            assert!(run.outcome.is_success(), "{}: {}", contenders[which].name, run.outcome);
            if round > 0 {
                times[which].push(run.elapsed_ns);
            }
            peaks[which] = run.peak_rss_bytes.unwrap_or_default().max(peaks[which]);
        }
    }
    let ratio = |which: usize| {
        let ratios = times[0].iter().zip(&times[which]).map(|(own, other)| own * 1000 / other);
        median(ratios.collect()) / 1e3
    };
    for (which, contender) in contenders.iter().enumerate() {
        let (time, peak) = (median(times[which].clone()) / 1e6, peaks[which] as f64 / 1e6);
        print!("  {:<28} {time:>8.1} ms   at most {peak:>6.1} MB", contender.name);
        if which > 0 {
            print!("   {} takes {:.2} of it", contenders[0].name, ratio(which));
        }
        println!();
    }
}

fn median(values: Vec<u64>) -> f64 {
    Samples::new(values).expect("there are rounds").median()
}
