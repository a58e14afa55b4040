//! Counts the instructions of the hot paths. Unlike times, counts do not depend on the load of the machine, so they can fail a build.
//!
//!     .ci/run counts                   # compare with counts/counts.toml
//!     .ci/run counts --accept          # write that file
//!
//! The step calls this program:
//!
//!     speckit-counts count                                                          # print the counts
//!     speckit-counts compare ACCEPTED COUNTED [BASE_ACCEPTED BASE_COUNTED]          # exit with 0, 1 or 3
//!     speckit-counts call HOT_PATH                                                  # what valgrind runs

mod counts {
    pub(crate) mod callgrind;
    pub(crate) mod compare;
    pub(crate) mod environment;
    pub(crate) mod hot_paths;
    pub(crate) mod table;
}

use std::process::ExitCode;

use counts::compare::{Base, Verdict, compare};
use counts::hot_paths::{HOT_PATHS, HotPath};
use counts::table::Counts;
use counts::{callgrind, environment};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let result = match words[..] {
        ["count"] => count().map(|counts| {
            print!("{}", counts.to_toml());
            ExitCode::SUCCESS
        }),
        ["compare", accepted, counted] => print_comparison(accepted, counted, None),
        ["compare", accepted, counted, base_accepted, base_counted] => {
            print_comparison(accepted, counted, Some([base_accepted, base_counted]))
        }
        ["call", name] => HotPath::find(name).map(|hot_path| {
            (hot_path.call)();
            ExitCode::SUCCESS
        }),
        _ => Err("expected count, compare or call; see tests/benches/counts.rs".into()),
    };
    result.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::from(2)
    })
}

fn count() -> Result<Counts, String> {
    let count_one = |hot_path: &HotPath| Ok((hot_path.name.into(), callgrind::instructions(hot_path)?));
    Ok(Counts {
        environment: environment::read()?,
        instructions: HOT_PATHS.iter().map(count_one).collect::<Result<_, String>>()?,
    })
}

fn print_comparison(accepted: &str, counted: &str, base: Option<[&str; 2]>) -> Result<ExitCode, String> {
    let read = |path: &str| {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
        Counts::of_toml(&text).map_err(|error| format!("{path}: {error}"))
    };
    let base = match base {
        Some([accepted, counted]) => Some(Base { accepted: read(accepted)?, counted: read(counted)? }),
        None => None,
    };
    let comparison = compare(&read(accepted)?, &read(counted)?, base.as_ref());
    print!("{}", comparison.to_text());
    Ok(match comparison.verdict() {
        Verdict::Unchanged => ExitCode::SUCCESS,
        Verdict::Failed => ExitCode::FAILURE,
        Verdict::NeedsBase => ExitCode::from(3),
    })
}
