//! Helpers that the suites of speckit share.
//!
//! A suite is a folder with a root called `all.rs` and one folder for each domain. Accepted texts are stored in
//! `snapshots/<domain>/<area>/`, seeds of shrunk failures in `proptest-regressions/<suite>/<domain>/`, both at the top
//! level.

use std::path::{Path, PathBuf};
use std::time::Duration;

pub use insta;
use speckit_core::bench::stats::Samples;

pub mod fakes;
pub mod models;

/// Compares a text with the accepted one in `snapshots/<area>/<name>.snap`.
///
/// The area is a literal such as `"config/explain"`, since the path is made at compile time.
///
/// ```ignore
/// golden!("config/explain", "a_variable_wins", report);
/// ```
#[macro_export]
macro_rules! golden {
    ($area:literal, $name:expr, $text:expr $(,)?) => {{
        let mut settings = $crate::insta::Settings::clone_current();
        settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../snapshots/", $area));
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| $crate::insta::assert_snapshot!($name, $text));
    }};
}

/// Compares a picture with the accepted one in `snapshots/pictures/`; `report.svg` is kept as `report.snap.svg`.
#[macro_export]
macro_rules! picture {
    ($name:literal, $svg:expr $(,)?) => {{
        let mut settings = $crate::insta::Settings::clone_current();
        settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../snapshots/pictures"));
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| $crate::insta::assert_binary_snapshot!($name, $svg.into_bytes()));
    }};
}

/// The settings of laws whose cases are expensive: `number` cases, unless `PROPTEST_CASES` sets another number.
pub fn cases(number: u32) -> proptest::test_runner::Config {
    let config = proptest::test_runner::Config::default();
    let is_set = std::env::var_os("PROPTEST_CASES").is_some();
    proptest::test_runner::Config { cases: if is_set { config.cases } else { number }, ..config }
}

/// Measured times as samples, for their statistics.
pub fn samples(times: impl IntoIterator<Item = Duration>) -> Samples {
    let nanos = |time: Duration| u64::try_from(time.as_nanos()).expect("no run takes centuries");
    Samples::new(times.into_iter().map(nanos).collect()).expect("something was measured")
}

/// The folder of the workspace.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests crate lies in the workspace")
}

/// The files of the workspace that git tracks, relative to it and sorted. If git cannot list them, every file
/// outside `target`.
pub fn tracked_files() -> Vec<PathBuf> {
    let listed = std::process::Command::new("git")
        .args(["ls-files", "-z", "--cached"])
        .current_dir(workspace())
        .output()
        .ok()
        .filter(|output| output.status.success())
        .and_then(|output| String::from_utf8(output.stdout).ok());
    let mut files: Vec<PathBuf> = match listed {
        Some(names) => names.split_terminator('\0').map(PathBuf::from).collect(),
        None => {
            let mut found = Vec::new();
            walk(workspace(), &mut found);
            found.iter().filter_map(|path| path.strip_prefix(workspace()).ok()).map(Path::to_owned).collect()
        }
    };
    // git also lists a file whose deletion is not staged yet.
    files.retain(|file| workspace().join(file).is_file());
    files.sort();
    files
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).expect("a folder of the workspace can be read");
    for entry in entries {
        let path = entry.expect("an entry of the workspace can be read").path();
        let skipped = path.file_name().is_some_and(|name| name == "target" || name == ".git");
        if path.is_dir() && !skipped {
            walk(&path, found);
        } else if path.is_file() {
            found.push(path);
        }
    }
}
