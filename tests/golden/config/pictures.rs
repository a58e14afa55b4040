//! The pictures of the README, rendered from the real output.

use speckit_core::config::report::{Style, render};
use speckit_core::config::resolve::Inputs;
use speckit_tests::picture;

use crate::{application, defaults_and, resolve};

const MISTAKES: &str = "\
[hot_reload]
debounce_ms = \"fast\"

[models.claude_opus]
provider = \"anthropic\"
model = \"claude-opus-4\"
teir = \"high\"

[quality_gates]
plan = [\"claude_opus\", \"gemni\"]
";

#[test]
fn a_report_is_drawn_with_its_colours() {
    let rules = application();
    let inputs = Inputs { documents: defaults_and("speckit.toml", MISTAKES), ..Inputs::default() };
    let refused = resolve(&rules, &inputs).unwrap_err();
    let report = render(refused.diagnostics(), &refused.masks(&rules), Style { color: true, width: 100 });
    picture!("report.svg", anstyle_svg::Term::new().render_svg(&format!("$ speckit check\n{report}")));
}
