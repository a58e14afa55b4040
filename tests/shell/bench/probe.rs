//! Without the feature `instrumentation`, `measure_time!` leaves no instruction in the program.

use std::path::Path;
use std::process::Command;

use speckit_tests::workspace;

/// The number of instructions of `counted_work` in a program, by callgrind.
fn instructions(program: &Path, folder: &Path) -> u64 {
    let run = Command::new("valgrind")
        .args(["--tool=callgrind", "--toggle-collect=*counted_work*", "--callgrind-out-file=callgrind.out"])
        .arg(program)
        .current_dir(folder)
        .output()
        .unwrap();
    let report = String::from_utf8_lossy(&run.stderr).into_owned();
    let line = report.lines().find_map(|line| line.split_once("Collected :"));
    let count = line.and_then(|(_, count)| count.trim().parse().ok());
    count.unwrap_or_else(|| panic!("callgrind reports no count: {report}"))
}

/// Builds the package of the probe alone, so that no other package switches on features of speckit.
fn build(target: &Path, features: &str) {
    let mut command = Command::new(env!("CARGO"));
    command.args(["build", "--package", "speckit-probe", "--release", "--offline", "--features", features]);
    let built = command.arg("--target-dir").arg(target).current_dir(workspace()).output().unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
}

#[test]
fn measure_time_has_the_instructions_of_the_bare_expression_when_it_is_off() {
    if Command::new("valgrind").arg("--version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "valgrind is not installed: run `.ci/run valgrind tests`");
        println!("skipped: valgrind is not installed");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let target = workspace().join("target/probe");
    let count = |name: &str| instructions(&target.join("release").join(name), folder.path());

    build(&target, "");
    let (bare, off) = (count("bare"), count("measured"));
    assert!(bare > 10, "{bare} instructions: callgrind did not find the function");
    assert_eq!(bare, off);

    build(&target, "instrumentation");
    let on = count("measured");
    assert!(on > bare, "the feature adds no instruction: {on}, {bare} without it");
}
