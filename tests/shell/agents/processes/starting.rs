//! Processes that cannot be started, and what those that can are given.

use std::os::unix::fs::PermissionsExt as _;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use speckit::retry::ErrorClass;

use super::*;

#[track_caller]
fn refused(job: Job) -> (ErrorClass, String) {
    let attempt = run(job);
    match attempt.ending {
        Ending::NotStarted { class, reason } => (class, reason),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn is_permanent(job: Job, words: &str) {
    let (class, reason) = refused(job);
    assert_eq!(class, ErrorClass::Permanent);
    assert!(reason.contains(words), "{reason}");
}

#[test]
fn what_is_not_there_or_cannot_be_run_is_told_in_words() {
    alone(|| {
        let folder = tempfile::TempDir::new().unwrap();
        let file = |name: &str, text: &str, mode: u32| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            path.display().to_string()
        };
        is_permanent(job("speckit-no-such-agent", &[]), "`speckit-no-such-agent` is not found in PATH");
        is_permanent(job("/nowhere/agent", &[]), "`/nowhere/agent` does not exist");
        is_permanent(job(&file("plain", "#!/bin/sh\n", 0o644), &[]), "permission denied");
        is_permanent(job(&file("lost", "#!/nowhere/sh\n", 0o755), &[]), "interpreter");
        is_permanent(job(&file("noise", "\u{1}\u{2}", 0o755), &[]), "first line such as `#!/bin/sh`");
        is_permanent(job(&folder.path().display().to_string(), &[]), "permission denied");
        is_permanent(job("/bin/sh", &["-c", "a\0b"]), "NUL");
        is_permanent(job("", &[]), "``");
        let long = "x".repeat(3 << 20);
        let (class, reason) = refused(job("/bin/sh", &["-c", &long]));
        assert_eq!(class, ErrorClass::Permanent);
        assert!(reason.contains("longer than the system allows") && reason.len() < 300, "{}", reason.len());
    });
}

#[test]
fn a_program_that_is_being_written_is_worth_another_attempt() {
    alone(|| {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("agent");
        fs::copy("/bin/sh", &path).unwrap();
        let written = fs::OpenOptions::new().append(true).open(&path).unwrap();
        let (class, _) = refused(job(path.to_str().unwrap(), &["-c", "exit 0"]));
        assert_eq!(class, ErrorClass::Retryable);
        drop(written);
        assert_eq!(run(job(path.to_str().unwrap(), &["-c", "exit 0"])).ending, exited(0));
    });
}

#[test]
fn a_process_without_free_descriptors_may_try_again_and_loses_none() {
    alone(|| {
        let runtime = runtime();
        let limit = getrlimit(Resource::Nofile);
        let used = descriptors().len() as u64;
        let mut refusals = 0;
        let mut started = 0;
        for more in 0..16 {
            setrlimit(Resource::Nofile, Rlimit { current: Some(used + more), ..limit }).unwrap();
            let (_orders, ordered) = watch::channel(Order::Run);
            let running =
                ProcessManager::new().run(sh("sleep 60 & exit 7"), Heard::default().hear(), ordered);
            let ending = runtime.block_on(running).ending;
            setrlimit(Resource::Nofile, limit).unwrap();
            match ending {
                Ending::NotStarted { class, reason } => {
                    assert_eq!(class, ErrorClass::Retryable, "{reason}");
                    refusals += 1;
                }
                ending => {
                    assert_eq!(ending, exited(7));
                    started += 1;
                }
            }
            assert_eq!(children(), [""; 0]);
            assert_eq!(descriptors().len() as u64, used);
        }
        assert!(refusals >= 4 && started >= 4, "{refusals} refusals, {started} started");
    });
}

#[test]
fn an_environment_is_inherited_without_what_is_withheld() {
    alone(|| {
        let mut job = sh("echo ${HOME-none} ${SPECKIT_TEST_ALONE:+marked}");
        job.command.withheld = vec!["HOME".to_owned(), "SPECKIT_NOT_SET".to_owned()];
        assert_eq!(stdout(&run(job)), "none marked\n");
    });
}

#[test]
fn a_command_is_looked_for_in_the_path_of_this_process() {
    alone(|| {
        assert_eq!(
            stdout(&run(job("echo", &["found", "$HOME", "a b"]))),
            "found $HOME a b\n",
            "no shell sees it"
        );
    });
}
