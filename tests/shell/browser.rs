//! A browser without a window.

use std::path::Path;
use std::process::Command;

use crate::test_dir::TestDir;

/// What a browser makes of a page: its document, and the messages of its console.
pub struct Loaded {
    pub document: String,
    pub console: Vec<String>,
}

/// Whether the browser is installed. CI has to have it.
pub fn is_installed() -> bool {
    let is_installed = Command::new("chromium").arg("--version").output().is_ok();
    if !is_installed {
        assert!(std::env::var_os("CI").is_none(), "chromium is not installed: run `.ci/run chromium tests`");
        println!("skipped: chromium is not installed");
    }
    is_installed
}

pub fn load(page: &Path, dir: &TestDir) -> Loaded {
    let mut browser = Command::new("chromium");
    browser.args([
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--enable-logging=stderr",
    ]);
    browser.arg(format!("--user-data-dir={}", dir.path("browser").display()));
    let loaded = browser.arg("--dump-dom").arg(format!("file://{}", page.display())).output().unwrap();
    let log = String::from_utf8_lossy(&loaded.stderr).into_owned();
    let console = log.lines().filter(|line| line.contains(":CONSOLE:")).map(String::from).collect();
    Loaded { document: String::from_utf8(loaded.stdout).unwrap(), console }
}

/// A page with an error has a message, so that the absence of messages means something.
#[test]
fn a_script_that_a_browser_runs_writes_to_the_console() {
    if !is_installed() {
        return;
    }
    let dir = TestDir::new().file("bad.html", "<!doctype html><script>console.error('ran')</script>");
    assert_eq!(load(&dir.path("bad.html"), &dir).console.len(), 1);
}
