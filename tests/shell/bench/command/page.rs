//! The page of `bench report --html` in a browser.

use super::bench_dir;
use crate::browser::{self, Loaded};

#[test]
fn a_browser_shows_both_plots_and_a_command_with_markup_as_text() {
    if !browser::is_installed() {
        return;
    }
    let dir = bench_dir();
    let markup = "<script>console.error(1)</script><b title=\"";
    let run = ["bench", "run", "-n", "6", "--save", "both", "--vs", "sleep 0.01", "--", "echo", markup];
    dir.run_with(&run).succeeds();
    dir.run("bench report both --html page.html").succeeds();
    let Loaded { document, console } = browser::load(&dir.path("page.html"), &dir);
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
}
