//! Tokens in a credential helper, which processes share.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::Duration;

use speckit_core::auth::token::TokenRecord;
use speckit_core::auth::token::helper::{loaded, server, store_input};
use speckit_tests::fakes::provider::{Dialect, Reply, Route};

use super::{HOUR, Login, tokens_of};
use crate::auth::storage::helper::KEEPER;
use crate::executable::write_executable;

/// A login whose tokens `docker-credential-test` keeps in a file.
struct HelperLogin {
    login: Login,
    kept: PathBuf,
}

impl HelperLogin {
    fn new() -> Self {
        let login = Login::with(Dialect::plain(), "store = \"helper\"\nhelper = \"test\"");
        let (bin, kept) = (login.folder.path().join("bin"), login.folder.path().join("kept"));
        fs::create_dir(&bin).unwrap();
        fs::create_dir(&kept).unwrap();
        let new = Self { login, kept };
        new.install(KEEPER);
        new
    }

    fn install(&self, script: &str) {
        let program = self.login.folder.path().join("bin/docker-credential-test");
        write_executable(&program, script);
    }

    /// What the helper keeps.
    fn file(&self) -> PathBuf {
        self.kept.join(server("work").replace('/', "_"))
    }

    /// Gives the helper tokens that were issued so long ago.
    fn grant(&self, age: u64) -> TokenRecord {
        let record = self.login.issued(age, &self.login.client().endpoints().unwrap());
        fs::write(self.file(), store_input("work", &record).unwrap().expose()).unwrap();
        record
    }

    fn stored(&self) -> TokenRecord {
        loaded(Some(0), &fs::read(self.file()).unwrap()).unwrap().unwrap()
    }

    fn worker(&self, command: &str, more: &[&str]) -> Child {
        let path = format!("{}:/usr/bin:/bin", self.login.folder.path().join("bin").display());
        let mut worker = self.login.worker_command(command, more);
        worker.env("PATH", path).env("STORE", &self.kept).spawn().unwrap()
    }

    fn calls(&self) -> usize {
        fs::read_to_string(self.kept.join("calls")).unwrap().lines().count()
    }
}

#[test]
fn processes_that_share_a_helper_send_one_refresh_at_expiry() {
    let shared = HelperLogin::new();
    let old = shared.grant(HOUR);
    shared.login.provider.script(Route::Token, [Reply::model().after(Duration::from_millis(100))]);
    let new = tokens_of((0..5).map(|_| shared.worker("token", &["4"])).collect());
    assert_eq!(shared.login.provider.refreshes().len(), 1);
    let stored = shared.stored();
    assert_ne!(stored.access_token, old.access_token);
    assert_eq!(new, [stored.access_token.expose().as_str(); 20]);
    assert_only_the_helper_has_tokens(shared.login.folder.path());
}

#[test]
fn the_threads_of_a_process_share_one_renewal() {
    let shared = HelperLogin::new();
    shared.grant(HOUR);
    shared.login.provider.script(Route::Token, [Reply::model().after(Duration::from_millis(300))]);
    tokens_of(vec![shared.worker("token", &["50"])]);
    let calls = fs::read_to_string(shared.kept.join("calls")).unwrap();
    let [load, prove, store] = ["get\n", "get\nstore\nget\n", "store\nget\n"];
    assert_eq!(calls, [load, load, prove, store].concat(), "load, load under the lock, prove, store");
}

/// There is no file of tokens whose stamp could differ: the lock file's does.
#[test]
fn a_cached_token_of_a_helper_is_used_until_another_process_stores_one() {
    let shared = HelperLogin::new();
    let first = shared.grant(0);
    let mut watcher = shared.worker("watch", &[]);
    let mut lines = BufReader::new(watcher.stdout.take().unwrap()).lines();
    let mut token = || {
        writeln!(watcher.stdin.as_ref().unwrap()).unwrap();
        lines.next().unwrap().unwrap()
    };
    assert_eq!(token(), *first.access_token.expose());
    assert_eq!(token(), *first.access_token.expose());
    assert_eq!(shared.calls(), 1, "the helper is not started for a cached token");
    // The first renewal makes the lock file, and the second one only changes it.
    for _ in 0..2 {
        let renewed = shared.worker("renew", &[]).wait_with_output().unwrap();
        let new = String::from_utf8(renewed.stdout).unwrap();
        assert_eq!(new.trim_end(), shared.stored().access_token.expose());
        assert_eq!(token(), new.trim_end());
    }
    drop(watcher.stdin.take());
    assert!(watcher.wait().unwrap().success());
}

#[test]
fn a_helper_that_stops_working_stops_the_refresh_before_it_is_sent() {
    // It loads, loads again under the lock, and reserves.
    for working in 0..3 {
        let shared = HelperLogin::new();
        let old = shared.grant(HOUR);
        let limit = format!("get) [ $(wc -l < \"$STORE/calls\") -le {working} ] || exit 1;");
        shared.install(&KEEPER.replace("get)", &limit));
        let mut worker = shared.worker("token", &["1"]);
        drop(worker.stdin.take());
        let output = worker.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(
            !output.status.success() && text.contains("`docker-credential-test get` did not work"),
            "{text}"
        );
        assert_eq!((shared.calls(), shared.login.provider.requests().len()), (working + 1, 0));
        assert_eq!(shared.stored(), old);
    }
}

#[test]
fn a_helper_that_reads_and_does_not_store_stops_the_refresh_before_it_is_sent() {
    let shared = HelperLogin::new();
    let old = shared.grant(HOUR);
    shared.install(&KEEPER.replace("store)", "store) cat > /dev/null; exit 1;"));
    let mut worker = shared.worker("token", &["1"]);
    drop(worker.stdin.take());
    let output = worker.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        !output.status.success() && text.contains("`docker-credential-test store` did not work"),
        "{text}"
    );
    assert_eq!((shared.login.provider.requests().len(), shared.stored()), (0, old));
}

fn assert_only_the_helper_has_tokens(folder: &Path) {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = names.collect();
    names.sort();
    assert_eq!(names, ["bin", "kept", "work.lock"]);
}
