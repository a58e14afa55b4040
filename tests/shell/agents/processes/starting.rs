//! Processes that cannot be started, and the environment of those that can.

use std::os::unix::fs::PermissionsExt as _;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use speckit::retry::ErrorClass;

use super::*;

#[track_caller]
fn run_failing_start(job: Job) -> (ErrorClass, String) {
    let attempt = run(job);
    match attempt.ending {
        Ending::NotStarted { class, reason } => (class, reason),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn assert_permanent(job: Job, part: &str) {
    let (class, reason) = run_failing_start(job);
    assert_eq!(class, ErrorClass::Permanent);
    assert!(reason.contains(part), "{reason}");
}

#[test]
fn a_program_that_is_missing_or_not_executable_has_a_clear_reason() {
    run_isolated(|| {
        let folder = tempfile::TempDir::new().unwrap();
        let file = |name: &str, text: &str, mode: u32| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            path.display().to_string()
        };
        assert_permanent(job("speckit-no-such-agent", &[]), "`speckit-no-such-agent` is not found in PATH");
        assert_permanent(job("/nowhere/agent", &[]), "`/nowhere/agent` does not exist");
        assert_permanent(job(&file("plain", "#!/bin/sh\n", 0o644), &[]), "permission denied");
        assert_permanent(job(&file("lost", "#!/nowhere/sh\n", 0o755), &[]), "interpreter");
        #[cfg(target_os = "linux")]
        assert_permanent(
            job(&file("script", "echo no\n", 0o755), &[]),
            "a script needs a first line such as `#!/bin/sh`",
        );
        assert_permanent(job(&folder.path().display().to_string(), &[]), "permission denied");
        assert_permanent(job("/bin/sh", &["-c", "a\0b"]), "NUL");
        assert_permanent(job("", &[]), "``");
        let long = "x".repeat(3 << 20);
        let (class, reason) = run_failing_start(job("/bin/sh", &["-c", &long]));
        assert_eq!(class, ErrorClass::Permanent);
        assert!(reason.contains("longer than the system allows") && reason.len() < 300, "{}", reason.len());
    });
}

#[test]
fn a_program_file_that_is_open_for_writing_is_retryable() {
    run_isolated(|| {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("agent");
        fs::copy("/bin/sh", &path).unwrap();
        let open_for_writing = fs::OpenOptions::new().append(true).open(&path).unwrap();
        let (class, _) = run_failing_start(job(path.to_str().unwrap(), &["-c", "exit 0"]));
        assert_eq!(class, ErrorClass::Retryable);
        drop(open_for_writing);
        assert_eq!(run(job(path.to_str().unwrap(), &["-c", "exit 0"])).ending, exited(0));
    });
}

#[test]
fn a_lack_of_descriptors_is_retryable_and_leaks_none() {
    run_isolated(|| {
        let runtime = runtime();
        let limit = getrlimit(Resource::Nofile);
        let used = descriptors().len() as u64;
        let mut failed = 0;
        let mut started = 0;
        for free in 0..16 {
            setrlimit(Resource::Nofile, Rlimit { current: Some(used + free), ..limit }).unwrap();
            let (_order_sender, orders) = watch::channel(Order::Run);
            let running = ProcessManager::new().run(
                sh("sleep 60 & exit 7"),
                RecordedLines::default().listener(),
                orders,
            );
            let ending = runtime.block_on(running).ending;
            setrlimit(Resource::Nofile, limit).unwrap();
            match ending {
                Ending::NotStarted { class, reason } => {
                    assert_eq!(class, ErrorClass::Retryable, "{reason}");
                    failed += 1;
                }
                ending => {
                    assert_eq!(ending, exited(7));
                    started += 1;
                }
            }
            assert_eq!(children(), [""; 0]);
            assert_eq!(descriptors().len() as u64, used);
        }
        assert!(failed >= 4 && started >= 4, "{failed} failed, {started} started");
    });
}

#[test]
fn the_environment_is_inherited_except_for_withheld_variables() {
    run_isolated(|| {
        let mut job = sh("echo ${HOME-none} ${SPECKIT_TEST_ALONE:+marked}");
        job.command.withheld = vec!["HOME".to_owned(), "SPECKIT_NOT_SET".to_owned()];
        assert_eq!(stdout(&run(job)), "none marked\n");
    });
}

#[cfg(target_os = "linux")]
#[test]
fn a_command_without_path_is_found_in_the_path_of_this_process() {
    run_isolated(|| {
        let mut job = job("env", &[]);
        job.command.withheld = vec!["PATH".to_owned()];
        job.command.environment.insert("SPECKIT_TEST_ADDED".into(), "added".to_owned().into());
        let environment = stdout(&run(job));
        let has = |start: &str| environment.lines().any(|line| line.starts_with(start));
        assert!(!has("PATH=") && has("SPECKIT_TEST_ADDED=added") && has("HOME="), "{environment}");
    });
}

#[test]
fn a_process_inherits_what_the_standard_library_lets_it_inherit() {
    run_isolated(|| {
        let listed = Command::new("ls").arg("/proc/self/fd").stdin(Stdio::null()).output().unwrap();
        let prompted = with_prompt(job("ls", &["/proc/self/fd"]), "prompt");
        for job in [job("ls", &["/proc/self/fd"]), prompted] {
            assert_eq!(stdout(&run(job)), String::from_utf8(listed.stdout.clone()).unwrap());
        }
        // A Rust program ignores SIGPIPE.
        assert_eq!(run(sh("kill -PIPE $$; exit 3")).ending, Ending::Signalled { signal: 13 });
    });
}

#[test]
fn a_process_leads_a_session_and_a_group_of_its_own() {
    run_isolated(|| {
        // The fields of proc_pid_stat(5): the process id, its group, its session and its terminal.
        let attempt = run(job("cut", &["-d", " ", "-f", "1,5,6,7", "/proc/self/stat"]));
        let text = stdout(&attempt);
        let fields: Vec<&str> = text.split_whitespace().collect();
        assert_eq!(fields, [fields[0], fields[0], fields[0], "0"]);
    });
}

#[test]
fn a_command_is_found_in_path_and_started_without_a_shell() {
    run_isolated(|| {
        assert_eq!(
            stdout(&run(job("echo", &["found", "$HOME", "a b"]))),
            "found $HOME a b\n",
            "no shell expands the arguments"
        );
    });
}
