//! The page of `bench report --html` in a browser.

use std::path::Path;
use std::process::Command;

use super::bench_dir;
use crate::test_dir::TestDir;

/// What a browser makes of a page: its document, and the messages of its console.
struct Loaded {
    document: String,
    console: Vec<String>,
}

fn load(page: &Path, dir: &TestDir) -> Loaded {
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

#[test]
fn a_browser_shows_both_plots_and_a_command_with_markup_as_text() {
    if Command::new("chromium").arg("--version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "chromium is not installed: run `.ci/run chromium tests`");
        println!("skipped: chromium is not installed");
        return;
    }
    let dir = bench_dir();
    let markup = "<script>console.error(1)</script><b title=\"";
    let run = ["bench", "run", "-n", "6", "--save", "both", "--vs", "sleep 0.01", "--", "echo", markup];
    dir.run_with(&run).succeeds();
    dir.run("bench report both --html page.html").succeeds();
    let Loaded { document, console } = load(&dir.path("page.html"), &dir);
    assert_eq!(console, [""; 0]);
    for heading in ["Comparisons", "Distributions", "Samples in the order of time"] {
        let (_, after) =
            document.split_once(&format!("<h2>{heading}</h2>")).unwrap_or_else(|| panic!("{heading}"));
        let (section, _) = after.split_once("<h2>").unwrap_or((after, ""));
        assert!(section.contains("</svg>"), "{heading}: {section}");
    }
    let figures = document.split_once("<h2>Figures</h2>").unwrap().1;
    assert!(figures.contains("&lt;script&gt;console.error(1)&lt;/script&gt;&lt;b title="), "{figures}");
    assert!(!document.contains("<script") && !document.contains("<b "), "{document}");
    // A page with an error has a message, so that its absence above means something.
    dir.write("bad.html", "<!doctype html><script>console.error('ran')</script>");
    assert_eq!(load(&dir.path("bad.html"), &dir).console.len(), 1);
}
