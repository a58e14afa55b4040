//! Real commands, run and measured.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use speckit::bench::{CommandError, CommandRunner, CommandStopper, memory_floor_bytes};
use speckit_core::bench::{Outcome, RunRecord};
use speckit_core::retry::Seed;

use crate::executable::write_executable;
use crate::test_dir::TestDir;

/// A limit that no test reaches, so that a mistake fails and does not hang.
const LIMIT: Duration = Duration::from_secs(60);

const SIGNALLED: Outcome = Outcome { exit: None, signal: Some(9), timed_out: false };

fn shell(script: &str) -> CommandRunner {
    CommandRunner::new("sh", ["-c", script]).timeout(LIMIT)
}

#[track_caller]
fn run(script: &str) -> RunRecord {
    shell(script).run().unwrap()
}

fn elapsed(run: &RunRecord) -> Duration {
    Duration::from_nanos(run.elapsed_ns)
}

/// Its processor times, in its own code and in the kernel.
fn processor_times(run: &RunRecord) -> [Duration; 2] {
    [run.user_ns, run.system_ns].map(|time| Duration::from_nanos(time.unwrap()))
}

#[test]
fn a_run_has_its_elapsed_and_processor_times() {
    let waits = run("sleep 0.3");
    assert_eq!((waits.outcome, &waits.last_line), (Outcome::exited(0), &None));
    assert!(elapsed(&waits) >= Duration::from_millis(300), "{waits:?}");
    let [user, system] = processor_times(&waits);
    assert!(user + system < Duration::from_millis(150), "{waits:?}");

    let computes = run("i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done");
    assert!(processor_times(&computes)[0] > Duration::from_millis(20), "{computes:?}");
}

/// In a process that needs little memory itself.
#[test]
fn the_peak_memory_is_that_of_the_run_and_not_of_earlier_ones() {
    let peaks = |script: &str| {
        let mut runner = std::process::Command::new(env!("CARGO_BIN_EXE_speckit-command-runner"));
        let ran = runner.args(["1", "sh", "-c", script, "+", "sh", "-c", "exit 0"]).output().unwrap();
        let lines = String::from_utf8(ran.stdout).unwrap();
        let peak = |line: &str| line.split(' ').nth(1).unwrap().parse::<u64>().unwrap();
        lines.lines().map(peak).collect::<Vec<_>>()
    };
    // `tail` keeps all of it in its memory, and `sh` waits for it.
    let [large, small] = peaks("head -c 67108864 /dev/zero | tail -c 67108864 >/dev/null")[..] else {
        panic!()
    };
    assert!(large > 64 << 20, "{large}");
    assert!(small < 32 << 20, "{small}");
}

/// On Linux a new process inherits the peak of its parent.
#[cfg(target_os = "linux")]
#[test]
fn a_peak_below_that_of_this_process_is_marked_as_the_floor() {
    let run = run("true");
    assert!(run.peak_rss_bytes <= memory_floor_bytes(), "{run:?} {:?}", memory_floor_bytes());
    assert!(memory_floor_bytes().unwrap() > 1 << 20);
}

#[test]
fn a_failing_run_has_its_exit_and_the_last_line_of_its_standard_error() {
    let failed = run("echo out; echo first >&2; echo last >&2; exit 3");
    assert_eq!((failed.outcome, failed.last_line.as_deref()), (Outcome::exited(3), Some("last")));
    let killed = run("echo before >&2; kill -9 $$");
    assert_eq!((killed.outcome, killed.last_line.as_deref()), (SIGNALLED, Some("before")));
    assert_eq!(run("exit 1").last_line, None);
}

#[test]
fn the_last_line_of_a_run_is_not_that_of_the_run_before() {
    let dir = TestDir::new();
    let script = format!(
        "echo x >>{0}; case $(wc -l <{0}) in 1) echo fine >&2; sleep 0.1;; 2) exit 2;; 3) echo why >&2; exit 3;; 4) exit 4;; esac",
        dir.path("n").display()
    );
    let mut runner = shell(&script);
    let lines: Vec<_> = (0..4).map(|_| runner.run().unwrap().last_line).collect();
    assert_eq!(lines, [None, None, Some("why".into()), None]);
}

/// Opening one takes as long as everything else between two runs.
#[cfg(target_os = "linux")]
#[test]
fn the_runs_of_a_command_share_a_pipe_until_something_is_left_in_it() {
    let dir = TestDir::new();
    let script = format!("readlink /proc/$$/fd/2 >>{}", dir.path("pipes").display());
    // The background process writes after the exit of the run, when nobody reads.
    let leaves = format!(
        "{script}; [ $(wc -l <{0}) != 2 ] || {{ (trap '' TERM; exec setsid sh -c 'sleep 0.2; echo left >&2; echo >{1}') & }}; sleep 0.1",
        dir.path("pipes").display(),
        dir.path("has-written").display(),
    );
    let mut runner = shell(&leaves);
    for number in 1..=4 {
        assert!(runner.run().unwrap().outcome.is_success());
        let started = Instant::now();
        while number == 2 && !dir.path("has-written").exists() {
            assert!(started.elapsed() < LIMIT);
            thread::sleep(Duration::from_millis(5));
        }
    }
    let pipes = dir.read("pipes");
    let [first, second, third, fourth] = pipes.lines().collect::<Vec<_>>()[..] else { panic!("{pipes}") };
    assert!(first.starts_with("pipe:["), "{first}");
    assert_eq!((second, fourth), (first, third));
    assert_ne!(third, second);
}

#[test]
fn gigabytes_of_output_neither_block_the_run_nor_fill_the_memory() {
    let loud =
        run("head -c 2000000000 /dev/zero; head -c 300000000 /dev/zero >&2; echo >&2; echo end >&2; exit 1");
    assert_eq!((loud.outcome, loud.last_line.as_deref()), (Outcome::exited(1), Some("end")));
}

/// Its last words are in the pipe when it exits.
#[cfg(target_os = "linux")]
#[test]
fn runs_that_write_much_share_a_pipe() {
    let dir = TestDir::new();
    let script = format!(
        "readlink /proc/$$/fd/2 >>{}; head -c 10000000 /dev/zero >&2; echo >&2; echo end >&2; exit 1",
        dir.path("pipes").display()
    );
    // Without a time-out and a stopper.
    let mut runner = CommandRunner::new("sh", ["-c", &script]);
    for _ in 0..5 {
        let loud = runner.run().unwrap();
        assert_eq!((loud.outcome, loud.last_line.as_deref()), (Outcome::exited(1), Some("end")));
    }
    let pipes = dir.read("pipes").lines().map(str::to_owned).collect::<BTreeSet<_>>();
    assert_eq!(pipes.len(), 1, "{pipes:?}");
}

#[test]
fn a_run_that_reaches_its_time_out_is_ended_with_everything_that_it_started() {
    let dir = TestDir::new();
    let script = format!("sleep 60 & echo $! >{}; wait", dir.path("pid").display());
    let hangs = shell(&script).timeout(Duration::from_millis(300)).run().unwrap();
    assert!(hangs.outcome.timed_out, "{hangs:?}");
    assert!(elapsed(&hangs) >= Duration::from_millis(300) && elapsed(&hangs) < LIMIT, "{hangs:?}");
    assert_process_ends(dir.read("pid").trim().parse().unwrap());
}

#[test]
fn a_run_that_ignores_sigterm_is_killed_after_the_grace_period() {
    let mut runner = shell("trap '' TERM; while :; do sleep 0.1; done");
    runner = runner.timeout(Duration::from_millis(200)).grace(Duration::from_millis(300));
    let hangs = runner.run().unwrap();
    assert!(hangs.outcome.timed_out, "{hangs:?}");
    assert!(elapsed(&hangs) >= Duration::from_millis(500), "{hangs:?}");
}

#[test]
fn a_time_out_counts_from_the_start_of_each_run() {
    let dir = TestDir::new();
    let timeout = Duration::from_millis(300);
    // Short runs for longer than the time-out, and then one that hangs.
    let script = format!("[ ! -e {} ] || exec sleep 60", dir.path("hang").display());
    let mut runner = shell(&script).timeout(timeout);
    let started = Instant::now();
    while started.elapsed() < timeout * 3 / 2 {
        let short = runner.run().unwrap();
        // On a machine with much load a run may be as long as the time-out.
        assert!(short.outcome.is_success() || elapsed(&short) >= timeout, "{short:?}");
    }
    std::fs::write(dir.path("hang"), "").unwrap();
    let hangs = runner.run().unwrap();
    assert!(hangs.outcome.timed_out && elapsed(&hangs) >= timeout, "{hangs:?}");
}

#[test]
fn a_run_that_ends_before_its_grace_period_does_not_delay_the_time_out_of_the_next_one() {
    let mut runner = CommandRunner::new("sleep", ["600"]).timeout(Duration::from_millis(100)).grace(LIMIT);
    for _ in 0..2 {
        let hangs = runner.run().unwrap();
        assert!(hangs.outcome.timed_out && elapsed(&hangs) < LIMIT / 2, "{hangs:?}");
    }
}

/// The time-out of each of them comes while a later one runs.
#[test]
fn a_time_out_ends_no_later_run() {
    let timeout = Duration::from_millis(5);
    let mut runner = CommandRunner::new("true", [""; 0]).timeout(timeout);
    for _ in 0..200 {
        let run = runner.run().unwrap();
        // One that exits just as its time is up may have exited with 0.
        assert!(run.outcome.is_success() || elapsed(&run) >= timeout, "{run:?}");
    }
}

#[test]
fn a_process_in_the_background_is_ended_with_the_run_and_does_not_delay_it() {
    let dir = TestDir::new();
    let left = run(&format!("sleep 60 & echo $! >{}; exit 0", dir.path("pid").display()));
    assert_eq!(left.outcome, Outcome::exited(0));
    assert!(elapsed(&left) < LIMIT / 2, "{left:?}");
    assert_process_ends(dir.read("pid").trim().parse().unwrap());
}

#[test]
fn a_process_that_keeps_the_standard_error_open_in_a_session_of_its_own_does_not_delay_the_run() {
    let started = Instant::now();
    let failed = run("setsid sleep 5 & sleep 0.2; echo why >&2; exit 2");
    assert_eq!((failed.outcome, failed.last_line.as_deref()), (Outcome::exited(2), Some("why")));
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
}

#[test]
fn a_stopper_ends_a_run_and_prevents_those_that_follow() {
    let stopper = CommandStopper::new().unwrap();
    let mut runner = shell("exec sleep 60").stopped_by(&stopper);
    let elsewhere = thread::spawn({
        let stopper = stopper.clone();
        move || {
            thread::sleep(Duration::from_millis(200));
            stopper.stop();
        }
    });
    let started = Instant::now();
    for _ in 0..2 {
        assert_eq!(runner.run(), Err(CommandError::Stopped));
    }
    assert!(started.elapsed() < LIMIT / 2, "{:?}", started.elapsed());
    elsewhere.join().unwrap();
    assert!(stopper.is_stopped());
}

#[test]
fn a_stopped_run_that_ignores_sigterm_is_killed_after_the_grace_period() {
    let dir = TestDir::new();
    let script = format!("trap '' TERM; echo $$ >{}; while :; do sleep 0.1; done", dir.path("pid").display());
    let stopper = CommandStopper::new().unwrap();
    // Without a time-out nothing but the stop wakes who ends it.
    let mut runner = CommandRunner::new("sh", ["-c", &script]).stopped_by(&stopper);
    runner = runner.grace(Duration::from_millis(300));
    let elsewhere = thread::spawn(move || runner.run());
    let started = Instant::now();
    while !std::fs::read_to_string(dir.path("pid")).is_ok_and(|pid| pid.ends_with('\n')) {
        assert!(started.elapsed() < LIMIT);
        thread::sleep(Duration::from_millis(5));
    }
    let stopped = Instant::now();
    stopper.stop();
    assert_eq!(elsewhere.join().unwrap(), Err(CommandError::Stopped));
    assert!(stopped.elapsed() >= Duration::from_millis(300), "{:?}", stopped.elapsed());
    assert_process_ends(dir.read("pid").trim().parse().unwrap());
}

#[test]
fn a_stop_at_any_moment_of_a_start_ends_the_run() {
    for micros in (0..1500).step_by(15) {
        let stopper = CommandStopper::new().unwrap();
        let mut runner = CommandRunner::new("sleep", ["60"]).stopped_by(&stopper);
        let elsewhere = thread::spawn(move || {
            thread::sleep(Duration::from_micros(micros));
            stopper.stop();
        });
        let started = Instant::now();
        assert_eq!(runner.run(), Err(CommandError::Stopped));
        assert!(started.elapsed() < LIMIT / 2, "{:?}", started.elapsed());
        elsewhere.join().unwrap();
    }
}

#[test]
fn a_limit_that_changes_after_a_run_applies_to_the_next_one() {
    let mut runner = shell("sleep 0.3");
    assert!(runner.run().unwrap().outcome.is_success());
    runner = runner.timeout(Duration::from_millis(100));
    assert!(runner.run().unwrap().outcome.timed_out);
}

#[test]
fn the_standard_input_is_empty_and_the_environment_is_padded_by_the_seed() {
    let dir = TestDir::new();
    let file = dir.path("lengths");
    let script = format!("cat; printf '%s\\n' ${{#SPECKIT_BENCH_PADDING}} >>{}", file.display());
    let lengths_of = |seed: u64| {
        let mut runner = shell(&script).seed(Seed::new(seed));
        (0..8).for_each(|_| assert!(runner.run().unwrap().outcome.is_success()));
        let lengths = dir.read("lengths");
        std::fs::remove_file(&file).unwrap();
        lengths.lines().map(|line| line.parse::<u64>().unwrap()).collect::<Vec<_>>()
    };
    let lengths = lengths_of(1);
    assert!(lengths.iter().collect::<BTreeSet<_>>().len() > 4, "{lengths:?}");
    assert!(lengths.iter().all(|length| *length <= 4096), "{lengths:?}");
    assert_eq!(lengths, lengths_of(1));
    assert_ne!(lengths, lengths_of(2));
}

#[test]
fn a_command_that_does_not_exist_is_an_error_with_the_nearest_name_in_path() {
    let error = CommandRunner::new("slepe", ["1"]).run().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the command `slepe` is not found in PATH: install it, or give its whole path; did you mean `sleep`?"
    );
    let CommandError::NotStarted { nearest, .. } = CommandRunner::new("./slepe", [""; 0]).run().unwrap_err()
    else {
        panic!("it was started");
    };
    assert_eq!(nearest, None);
}

#[test]
fn a_file_that_cannot_be_run_is_an_error_that_says_why() {
    let dir = TestDir::new().file("data", "x");
    let path = dir.path("data").display().to_string();
    let error = CommandRunner::new(&*path, [""; 0]).run().unwrap_err();
    assert!(error.to_string().contains("make the file executable"), "{error}");
    write_executable(&dir.path("script"), "#!/bin/false\n");
    let run = CommandRunner::new(dir.path("script").display().to_string(), [""; 0]).run().unwrap();
    assert_eq!(run.outcome, Outcome::exited(1));
}

#[test]
fn a_script_without_a_first_line_is_an_error_that_says_what_it_needs() {
    let dir = TestDir::new();
    write_executable(&dir.path("script"), "exit 0\n");
    let error = CommandRunner::new(dir.path("script").display().to_string(), [""; 0]).run().unwrap_err();
    assert!(error.to_string().contains("a script needs a first line such as `#!/bin/sh`"), "{error}");
}

#[track_caller]
fn assert_process_ends(pid: i32) {
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    let started = Instant::now();
    while rustix::process::test_kill_process(pid).is_ok() {
        assert!(started.elapsed() < LIMIT, "{pid:?} still runs");
        thread::sleep(Duration::from_millis(5));
    }
}
